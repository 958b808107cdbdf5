"""Slow tools: closing the browser does not stop them, and their results can be requested later."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from aiohttp import ClientSession, web
from component_support import HALL, KITCHEN_TABLET, Person, block
from conftest import SetUp
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_capture_events, async_fire_time_changed
from secret_watch import WATCH

from custom_components.navai.const import DOMAIN
from custom_components.navai.data import DATA
from navai_core.simulator import Simulator

VALVE = "input_boolean.valve"
SCRIPT = {
    "water": {
        "alias": "Water",
        "description": "Water the plants.",
        "mode": "parallel",
        "sequence": [
            {"action": "input_boolean.turn_on", "target": {"entity_id": VALVE}},
            {"delay": 20},
            {"action": "input_boolean.turn_off", "target": {"entity_id": VALVE}},
            {"stop": "Done.", "response_variable": "answer"},
        ],
        "variables": {"answer": {"watered": True}},
    }
}


class Server:
    """Home Assistant's HTTP server as in production: it cancels the handler of a client that disconnects."""

    def __init__(self, runner: web.AppRunner, http: ClientSession) -> None:
        self._runner = runner
        self._http = http
        self._url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/navai/functions"

    async def ask(self, method: str, path: str, token: str = HALL, status: int = 200, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        async with self._http.request(method, self._url + path, headers=headers, **more) as response:
            body = await response.json()
        assert response.status == status, body
        WATCH.text("answer of a function", json.dumps(body))
        return body

    async def water(self, token: str = HALL, *, status: int = 200, query: str = "", **more: Any) -> Any:
        """Run the script. Its name depends on the release."""
        items = (await self.ask("GET", f"{query}", token))["items"]
        (name,) = (item["name"] for item in items if item["name"].endswith("water"))
        return await self.ask("POST", f"/execute{query}", token, status, json={"function_name": name, **more})

    async def end_of(self, running: str, token: str = HALL) -> Any:
        """Request a result until it is available."""
        while "status" in (body := await self.ask("GET", f"/running/{running}", token)):
            assert body == {"ok": True, "status": "still running", "running": running}
        return body

    async def gone(self) -> None:
        """Wait until the server has noticed that all clients are disconnected."""
        await self._http.close()
        server = self._runner.server
        assert server
        await until(lambda: not server.connections)
        for _ in range(20):
            await asyncio.sleep(0)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


Watering = Callable[..., Awaitable[Server]]


@pytest.fixture
async def watering(hass: HomeAssistant, set_up: SetUp) -> AsyncIterator[Watering]:
    """Set navai up with a script that opens a valve, and with a time limit for tools."""
    runners: list[web.AppRunner] = []
    sessions: list[ClientSession] = []

    async def watering(tool_timeout: float | None = None, **changes: Any) -> Server:
        assert await async_setup_component(hass, "homeassistant", {})
        assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"valve": {}}})
        assert await async_setup_component(hass, "script", {"script": SCRIPT})
        async_expose_entity(hass, "conversation", "script.water", True)
        options = {} if tool_timeout is None else {"tool_timeout": tool_timeout}
        profiles = {"kitchen": {"llm_api": ["assist"], **options}}
        await set_up(**{"profiles": profiles, "displays": DISPLAYS} | changes)
        runner = web.AppRunner(hass.http.app, handler_cancellation=True)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        sessions.append(ClientSession())
        return Server(runner, sessions[-1])

    yield watering
    for session in sessions:
        await session.close()
    for runner in runners:
        await runner.cleanup()


DISPLAYS = {
    "hall": {"profile": "kitchen", "token": HALL, "functions": True},
    "tablet": {"profile": "kitchen", "token": KITCHEN_TABLET, "functions": True},
}


def is_open(hass: HomeAssistant) -> bool:
    state = hass.states.get(VALVE)
    assert state
    return state.state == "on"


def later(hass: HomeAssistant, seconds: float) -> None:
    """Let the time pass."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=seconds))


async def test_a_page_that_is_closed_leaves_no_valve_open(hass: HomeAssistant, watering: Watering) -> None:
    server = await watering()
    asked = asyncio.create_task(server.water())
    await until(lambda: is_open(hass))
    asked.cancel()
    await server.gone()
    later(hass, 21)
    await until(lambda: not is_open(hass))


async def test_the_model_learns_that_a_tool_still_runs_and_gets_the_result_later(
    hass: HomeAssistant, watering: Watering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.navai.navai_core.tools.running.POLL_S", 0.01)
    server = await watering(0.1)
    body = await server.water()
    running = body.pop("running")
    assert body.pop("function_name").endswith("water")
    assert body == {
        "ok": True,
        "source": "home_assistant",
        "result": {"status": "still running", "note": "It was started and goes on. Do not call it again."},
    }
    assert (await server.ask("GET", f"/running/{running}"))["status"] == "still running"
    assert is_open(hass)
    later(hass, 21)
    body = await server.end_of(running)
    assert not is_open(hass)
    assert body.pop("function_name").endswith("water")
    assert (body["ok"], body["source"], body["result"]["result"]) == (True, "home_assistant", {"watered": True})
    # The result is kept, in case the page lost this answer.
    assert (await server.end_of(running))["result"] == body["result"]


async def test_nobody_else_gets_the_result(
    hass: HomeAssistant, watering: Watering, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.navai.navai_core.tools.running.POLL_S", 0.01)
    server = await watering(0.1)
    running = (await server.water())["running"]
    bobs = (await server.water(bob.token, call="call_1"))["running"]
    for token in (KITCHEN_TABLET, bob.token):
        body = await server.ask("GET", f"/running/{running}", token, 404)
        assert body["code"] == "unknown_running_tool"
    assert bobs == "call_1"
    assert (await server.ask("GET", f"/running/{bobs}", HALL, 404))["code"] == "unknown_running_tool"
    later(hass, 21)
    await server.end_of(running)
    assert (await server.end_of(bobs, bob.token))["ok"]


async def test_the_same_call_sent_again_opens_the_valve_once(hass: HomeAssistant, watering: Watering) -> None:
    server = await watering(300)
    opened = async_capture_events(hass, "script_started")
    calls = [asyncio.create_task(server.water(call="call_1")) for _ in range(3)]
    await until(lambda: is_open(hass))
    later(hass, 21)
    bodies = [await call for call in calls]
    assert bodies[0] == bodies[1] == bodies[2] == await server.water(call="call_1")
    assert bodies[0]["result"]["result"] == {"watered": True}
    assert len(opened) == 1
    body = await server.water(call="call_1", payload={"when": "now"}, status=400)
    assert (body["code"], body["problems"][0]["field"]) == ("invalid_request", "call")


async def test_a_reload_stops_no_tool(hass: HomeAssistant, watering: Watering, simulator: Simulator) -> None:
    server = await watering(0.1)
    running = (await server.water())["running"]
    changed = block(simulator, displays=DISPLAYS)
    with patch("homeassistant.config.load_yaml_config_file", return_value={DOMAIN: changed}):
        await hass.services.async_call(DOMAIN, "reload", blocking=True)
    assert is_open(hass)
    later(hass, 21)
    assert (await server.end_of(running))["ok"]
    assert not is_open(hass)


async def test_the_profile_of_the_query_says_how_long_a_tool_may_take(hass: HomeAssistant, watering: Watering) -> None:
    displays = {"hall": {**DISPLAYS["hall"], "profiles": ["quick"]}}
    quick = {"llm_api": ["assist"], "tool_timeout": 0.1}
    server = await watering(profiles={"kitchen": {"llm_api": ["assist"]}, "quick": quick}, displays=displays)
    running = (await server.water(query="?profile=quick"))["running"]
    later(hass, 21)
    await server.end_of(running)


async def test_a_display_without_permission_cannot_ask_for_a_result(watering: Watering) -> None:
    server = await watering(displays={"hall": {"profile": "kitchen", "token": HALL}})
    assert (await server.ask("GET", "/running/call_1", status=403))["code"] == "not_allowed"


async def test_home_assistant_waits_for_a_tool_before_it_stops(hass: HomeAssistant, watering: Watering) -> None:
    server = await watering(0.1)
    await server.water()
    stopping = asyncio.create_task(hass.async_stop(force=True))
    await until(lambda: hass.data[DATA].running_tools._closing)
    assert (await server.water(status=503))["code"] == "stopping"
    later(hass, 21)
    await stopping
    assert not is_open(hass)


async def test_a_tool_that_does_not_end_is_named_when_home_assistant_stops(
    hass: HomeAssistant, watering: Watering, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("custom_components.navai.data._TOOLS_END_S", 0.01)
    server = await watering(0.1)
    name = (await server.water())["function_name"]
    await hass.async_stop(force=True)
    assert f"The server stops while these functions are still running: {name} (for display:hall)" in caplog.text
