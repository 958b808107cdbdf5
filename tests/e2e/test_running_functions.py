"""Slow functions of the hub: no client stops one, and its result is available later."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from e2e_house import House, Open
from e2e_support import ANNA, HALL, Simulated, ask, block, served, write_config

from navai_core.config.load import load_settings
from navai_core.hub.server import reload_hub
from navai_core.tools.running import MAX_RUNNING

FUNCTIONS = '''
import asyncio
import time
from pathlib import Path

HERE = Path(__file__).parent

def water(valve: str = "valve") -> str:
    """Water the plants."""
    (HERE / valve).write_text("open")
    while not (HERE / "enough").exists():
        time.sleep(0.002)
    (HERE / valve).write_text("closed")
    return "watered"

async def water_async(valve: str = "valve") -> str:
    """Water the plants."""
    (HERE / valve).write_text("open")
    while not (HERE / "enough").exists():
        await asyncio.sleep(0.002)
    (HERE / valve).write_text("closed")
    return "watered"

async def leak() -> None:
    await asyncio.sleep(0.2)
    raise RuntimeError("the hose leaks")

def quick(context) -> str:
    return f"{context.caller} {context.profile}"
'''
BOTH = pytest.mark.parametrize("function", ["water", "water_async"])


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    """Where the functions' valves are."""
    (tmp_path / "garden.py").write_text(FUNCTIONS)
    return tmp_path


def valve(garden: Path, name: str = "valve") -> str:
    file = garden / name
    return file.read_text() if file.exists() else ""


async def wait_for(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.002)


@pytest.fixture
def open_garden(open_house: Open, garden: Path) -> Open:
    @contextlib.asynccontextmanager
    async def opened(hub: dict[str, Any] | None = None, **more: Any) -> AsyncIterator[House]:
        async with open_house({"functions": ["garden.py"]} | (hub or {}), **more) as house:
            try:
                yield house
            finally:
                # Whatever happened, nothing waits any more.
                (garden / "enough").touch()

    return opened


async def execute(
    house: House, name: str, payload: Any = None, *, query: str = "", token: str = ANNA, **more: Any
) -> Any:
    body = {"function_name": name, "payload": payload, **more}
    return (await house.ask("POST", f"/navai/functions/execute{query}", json=body, token=token)).body


async def result(house: House, running: str, token: str = ANNA) -> Any:
    """Ask until it is there."""
    while "status" in (body := (await house.ask("GET", f"/navai/functions/running/{running}", token=token)).body):
        assert body == {"ok": True, "status": "still running", "running": running}
    return body


@BOTH
async def test_a_client_that_goes_away_stops_no_function(open_garden: Open, garden: Path, function: str) -> None:
    async with open_garden({"function_timeout": 0.1}) as house:
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {ANNA}"}) as http:
            url = f"{house.running.url}/navai/functions/execute"
            asked = asyncio.ensure_future(http.post(url, json={"function_name": function}))
            await wait_for(lambda: valve(garden) == "open")
            asked.cancel()
        # Its time is over when the time of one that began later is.
        await execute(house, function, {"valve": "other"})
        (garden / "enough").touch()
        await wait_for(lambda: valve(garden) == "closed")


@BOTH
async def test_the_model_is_told_that_a_function_still_runs_and_the_result_follows(
    open_garden: Open, garden: Path, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("navai_core.tools.running.POLL_S", 0.01)
    async with open_garden(defaults={"model": "gpt-realtime-2.1", "tool_timeout": 0.1}) as house:
        body = await execute(house, function)
        running = body.pop("running")
        assert body == {
            "ok": True,
            "function_name": function,
            "source": f"garden.py#{function}",
            "result": {"status": "still running", "note": "It was started and goes on. Do not call it again."},
        }
        waiting = await house.ask("GET", f"/navai/functions/running/{running}")
        assert waiting.body == {"ok": True, "status": "still running", "running": running}
        (garden / "enough").touch()
        body["result"] = "watered"
        # Twice: a page may lose the first answer.
        assert [await result(house, running) for _ in range(2)] == [body, body]
        assert valve(garden) == "closed"


async def test_a_function_that_fails_later_is_told_later(open_garden: Open) -> None:
    async with open_garden(defaults={"model": "gpt-realtime-2.1", "tool_timeout": 0.1}) as house:
        body = await result(house, (await execute(house, "leak"))["running"])
        assert (body["ok"], body["code"], body["details"]) == (False, "function_failed", "the hose leaks")


async def test_nobody_else_gets_the_result(open_garden: Open) -> None:
    async with open_garden(defaults={"model": "gpt-realtime-2.1", "tool_timeout": 0.1}) as house:
        running = (await execute(house, "water"))["running"]
        assert (await execute(house, "water", call="call_1"))["running"] == "call_1"
        for each in (running, "call_1", "nonsense"):
            reply = await house.ask("GET", f"/navai/functions/running/{each}", token=HALL)
            assert (reply.status, reply.code) == (404, "unknown_running_tool")


async def test_a_display_without_leave_asks_for_no_result(open_garden: Open) -> None:
    async with open_garden(displays={"hall": {"profile": "kitchen", "token": HALL}}) as house:
        reply = await house.ask("GET", "/navai/functions/running/call_1", token=HALL)
        assert (reply.status, reply.code) == (403, "not_allowed")


async def test_the_same_call_sent_again_runs_once(open_garden: Open, garden: Path) -> None:
    async with open_garden() as house:
        calls = [asyncio.create_task(execute(house, "water", call="call_1")) for _ in range(3)]
        await wait_for(lambda: valve(garden) == "open")
        (garden / "enough").touch()
        first, *others = [await call for call in calls]
        assert first["result"] == "watered"
        (garden / "valve").unlink()
        assert [*others, await execute(house, "water", call="call_1")] == [first] * 3
        assert valve(garden) == ""
        refused = await execute(house, "quick", call="call_1")
        assert (refused["code"], refused["problems"][0]["code"]) == ("invalid_request", "duplicate")
        assert (await execute(house, "quick", call="no spaces"))["problems"][0]["field"] == "call"
        assert "function_name" not in (await execute(house, "quick", call=""))["error"]


async def test_a_reload_stops_no_function(open_garden: Open, garden: Path, tmp_path: Path) -> None:
    async with open_garden({"function_timeout": 0.1}) as house:
        running = [(await execute(house, name, {"valve": name}))["running"] for name in ("water", "water_async")]
        changed = load_settings(write_config(tmp_path, block("https://api.example/v1")), environ={})
        assert await reload_hub(house.running.hub, lambda: changed)
        assert (await execute(house, "water"))["code"] == "unknown_function"
        (garden / "enough").touch()
        assert [(await result(house, each))["result"] for each in running] == ["watered", "watered"]


async def test_the_profile_says_how_long_a_function_may_take(open_garden: Open) -> None:
    users = {"anna": {"token": ANNA, "profiles": ["kitchen", "quick"]}}
    profiles = {"kitchen": {}, "quick": {"tool_timeout": "00:00.1"}}
    async with open_garden({"users": users}, profiles=profiles) as house:
        assert (await execute(house, "quick"))["result"] == "user:anna kitchen"
        assert (await execute(house, "quick", query="?profile=quick"))["result"] == "user:anna quick"
        assert "running" in await execute(house, "water", query="?profile=quick")
        assert (await execute(house, "quick", query="?profile=nosuch"))["code"] == "unknown_profile"
        assert (await execute(house, "quick", query="?nonsense=1"))["code"] == "invalid_request"
        secret = await house.ask("POST", "/navai/profiles/quick/client-secret")
        assert secret.body["tool_timeout"] == 0.1


async def test_too_many_at_a_time_are_refused_and_only_for_who_started_them(open_garden: Open) -> None:
    async with open_garden(defaults={"model": "gpt-realtime-2.1", "tool_timeout": 0.1}) as house:
        bodies = await asyncio.gather(*[execute(house, "water_async") for _ in range(MAX_RUNNING)])
        assert all("running" in body for body in bodies)
        refused = await execute(house, "quick")
        assert (refused["ok"], refused["code"]) == (False, "too_many_functions")
        assert (await execute(house, "quick", token=HALL))["ok"]


def test_a_hub_that_is_stopped_lets_a_function_end(simulator: Simulated, garden: Path) -> None:
    options = block(simulator.base_url, {"functions": ["garden.py"]}, profiles={"kitchen": {"tool_timeout": 0.1}})
    with served(write_config(garden, options)) as (hub, url):
        body = {"function_name": "water_async"}
        assert "running" in ask("POST", f"{url}/navai/functions/execute", json_body=body, token=ANNA).body
        hub.send(15)
        hub.line("stderr", "Stopping")
        (garden / "enough").touch()
        assert hub.end() == 0
        assert valve(garden) == "closed"
        assert "still running" not in hub.err


def test_a_function_that_does_not_end_is_named_when_the_hub_stops(simulator: Simulated, garden: Path) -> None:
    hub_options = {"functions": ["garden.py"], "shutdown_timeout": 0.1}
    options = block(simulator.base_url, hub_options, profiles={"kitchen": {"tool_timeout": 0.1}})
    with served(write_config(garden, options)) as (hub, url):
        for name in ("water", "water_async"):
            body = {"function_name": name}
            assert "running" in ask("POST", f"{url}/navai/functions/execute", json_body=body, token=HALL).body
        assert hub.stop() == 0
        told = "still running: water (for display:hall), water_async (for display:hall)"
        assert told in hub.err
