"""Displays on the hub: the commands for their pages, who may send them, and what the hub publishes."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from display_page import RULES, DisplayPage, Host, refusal, until
from hub_support import ANNA, HALL, bearer, settings_for
from secret_watch import WATCH

from navai_core.const import VERSION
from navai_core.hub.runtime import FILES
from navai_core.hub.server import Running, reload_hub, running_hub
from navai_core.simulator import Simulator
from navai_core.web import streams
from navai_core.web.streams import MAX_PER_DISPLAY

DISPLAYS = {"hall": {"name": "Hall tablet", "profile": "kitchen", "token": HALL}, "desk": {"profile": "warm"}}
NEW = WATCH.secret("tok_hall_new_Xq7mZt2LxW9")


@asynccontextmanager
async def serving(simulator: Simulator, folder: Path, **more: Any) -> AsyncIterator[Running]:
    settings = settings_for(simulator, **({"displays": DISPLAYS} | more))
    async with running_hub(settings, folder) as running:
        yield running


@pytest.fixture
async def running(simulator: Simulator, tmp_path: Path) -> AsyncIterator[Running]:
    async with serving(simulator, tmp_path) as running:
        yield running


@pytest.fixture
async def http(running: Running) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(running.url) as session:
        yield session
        DisplayPage.leave_all()


@pytest.fixture
def events(caplog: pytest.LogCaptureFixture) -> Callable[[], list[dict[str, Any]]]:
    caplog.set_level(logging.INFO, "navai_core.hub.events")
    return lambda: [json.loads(each.message) for each in caplog.records if each.name == "navai_core.hub.events"]


async def open_page(http: aiohttp.ClientSession, **query: str) -> DisplayPage:
    return await DisplayPage.opened(http, HALL, prefix="/navai", **query)


class OfHub:
    """The display on the hub; see `Host`."""

    def __init__(
        self, running: Running, http: aiohttp.ClientSession, events: Callable[[], list[dict[str, Any]]]
    ) -> None:
        self._hub, self._http, self._events = running.hub, http, events

    @property
    def events(self) -> list[dict[str, Any]]:
        return self._events()

    async def open(self) -> DisplayPage:
        return await open_page(self._http)

    async def start(self, **fields: str) -> str:
        return await self._post("start", fields)

    async def stop(self) -> str:
        return await self._post("stop", None)

    async def _post(self, what: str, body: Any) -> str:
        response = await self._http.post(f"/navai/displays/hall/{what}", json=body, headers=bearer(ANNA))
        assert response.status == 200, await response.text()
        return str((await response.json())["result"])

    async def state(self) -> str:
        response = await self._http.get("/navai/displays", headers=bearer(ANNA))
        found = {each["display"]: each for each in (await response.json())["displays"]}
        assert found["hall"]["connected"] == self.connected()
        return str(found["hall"]["state"])

    def connected(self) -> bool:
        return self._hub.displays.connected("hall")

    def tokens(self) -> int:
        return self._hub.usage.of("kitchen").tokens


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
async def test_a_display(
    running: Running,
    http: aiohttp.ClientSession,
    events: Callable[[], list[dict[str, Any]]],
    rule: Callable[[Host], Awaitable[None]],
) -> None:
    await rule(OfHub(running, http, events))


async def test_its_configuration_and_its_headers(running: Running, http: aiohttp.ClientSession) -> None:
    page = await open_page(http, secure="0")
    assert page.configuration == {
        "type": "configuration",
        "display": "hall",
        "name": "Hall tablet",
        "profile": "kitchen",
        "profiles": ["kitchen"],
        "version": VERSION,
        "modules": FILES.tag,
        "session": None,
    }
    assert running.hub.displays.is_secure("hall") is False
    headers = page.response.headers
    assert headers["Content-Type"] == "application/x-ndjson"
    assert headers["Cache-Control"] == "no-store, no-transform"
    assert headers["X-Accel-Buffering"] == "no"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Request-Id"].startswith("req_")


async def test_server_sent_events_for_who_wants_them(
    running: Running, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("navai_core.web.streams.BEAT_S", 0.01)
    response = await http.get("/navai/display/commands", headers={**bearer(HALL), "Accept": "text/event-stream"})
    assert response.headers["Content-Type"] == "text/event-stream"
    for kind in ("stream", "configuration"):
        line = await response.content.readline()
        assert json.loads(line.removeprefix(b"data: "))["type"] == kind
        assert await response.content.readline() == b"\n"
    # A comment keeps it open.
    assert await response.content.readline() == b":\n"
    response.close()


@pytest.mark.parametrize("what", ["start", "stop"])
async def test_nothing_is_sent_while_no_page_is_connected(http: aiohttp.ClientSession, what: str) -> None:
    response = await http.post(f"/navai/displays/hall/{what}", json={}, headers=bearer(ANNA))
    assert await refusal(response) == (409, "display_not_connected")


@pytest.mark.parametrize(
    ("token", "display", "body", "status", "code"),
    [
        (HALL, "hall", {}, 403, "not_allowed"),
        ("tok_nobody", "hall", {}, 401, "not_signed_in"),
        (ANNA, "nosuch", {}, 404, "unknown_display"),
        (ANNA, "hall", {"profile": "nosuch"}, 404, "unknown_profile"),
        (ANNA, "hall", {"profile": "warm"}, 403, "profile_not_allowed"),
        (ANNA, "desk", {}, 403, "profile_not_allowed"),
        (ANNA, "hall", {"start_message": "x" * 501}, 400, "invalid_request"),
        (ANNA, "hall", {"opening_line": "x"}, 400, "invalid_request"),
    ],
)
async def test_who_may_begin_what(
    http: aiohttp.ClientSession, token: str, display: str, body: dict[str, str], status: int, code: str
) -> None:
    page = await open_page(http)
    response = await http.post(f"/navai/displays/{display}/start", json=body, headers=bearer(token))
    assert await refusal(response) == (status, code)
    page.leave()


async def test_a_display_sees_itself_and_a_persons_token_opens_none(http: aiohttp.ClientSession) -> None:
    response = await http.get("/navai/displays", headers=bearer(HALL))
    assert [each["display"] for each in (await response.json())["displays"]] == ["hall"]
    response = await http.get("/navai/display/commands", headers=bearer(ANNA))
    assert await refusal(response) == (403, "not_allowed")
    response = await http.get("/navai/display/commands?secure=2", headers=bearer(HALL))
    assert await refusal(response) == (400, "invalid_request")


async def test_a_conversation_that_no_page_answers_for_is_ended(
    running: Running, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("navai_core.sessions.displays.ANSWER_TIMEOUT_S", 0.01)
    page = await open_page(http)
    await page.report("s1", "listening", profile="kitchen")
    response = await http.post("/navai/displays/hall/stop", headers=bearer(ANNA))
    assert await response.json() == {"result": "ended"}
    assert not running.hub.sessions.all()


async def test_a_reload_is_told_and_a_token_that_is_changed_closes_the_page(
    running: Running, simulator: Simulator, http: aiohttp.ClientSession
) -> None:
    page = await open_page(http)
    named = settings_for(simulator, displays={"hall": {**DISPLAYS["hall"], "name": "Another name"}})
    assert await reload_hub(running.hub, lambda: named)
    assert (await page.event())["name"] == "Another name"
    changed = settings_for(simulator, displays={"hall": {**DISPLAYS["hall"], "token": NEW}})
    assert await reload_hub(running.hub, lambda: changed)
    assert (await page.event()) == {"type": "removed"}
    await page.over()


@pytest.mark.parametrize(
    ("displays", "code"),
    [
        ({"hall": {"profile": "warm", "token": HALL}}, "unknown_profile"),
        ({"desk": {"profile": "warm"}}, "stream_not_open"),
    ],
    ids=["profile", "display"],
)
async def test_a_reload_during_a_report_is_no_internal_error(
    running: Running, simulator: Simulator, http: aiohttp.ClientSession, displays: dict[str, Any], code: str
) -> None:
    page = await open_page(http)
    report = json.dumps({"stream": page.stream, "session": "s1", "state": "listening", "profile": "kitchen"}).encode()

    async def in_two_parts() -> AsyncIterator[bytes]:
        yield report[:10]
        # The hub knows the caller when it waits for the rest.
        await reading.wait()
        hub = {"users": {"anna": {"token": ANNA, "profiles": ["warm"]}}}
        changed = settings_for(simulator, displays=displays, profiles={"warm": {}}, hub=hub)
        assert await reload_hub(running.hub, lambda: changed)
        yield report[10:]

    reading = asyncio.Event()
    body_of = streams.body_of

    async def read(request: web.Request) -> bytes:
        reading.set()
        return await body_of(request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "body_of", read)
        headers = {**bearer(HALL), "Content-Type": "application/json"}
        response = await http.post("/navai/session/report", data=in_two_parts(), headers=headers)
    assert await refusal(response) == (404, code)


async def test_conversations_are_counted(running: Running, http: aiohttp.ClientSession) -> None:
    page = await open_page(http)
    await page.report("s1", "listening", profile="kitchen", number=1)
    assert "navai_sessions 1.0" in (await (await http.get("/metrics")).text())
    await page.report("s1", "ended", number=2)
    text = await (await http.get("/metrics")).text()
    assert 'navai_session_events_total{display="hall",event="started",profile="kitchen"} 1.0' in text
    assert 'navai_session_events_total{display="hall",event="ended",profile="kitchen"} 1.0' in text
    assert 'navai_session_seconds_total{profile="kitchen"}' in text


@pytest.mark.parametrize("header", [{"Host": "evil.example"}, {"Via": "1.1 proxy"}, {"X-Forwarded-Host": "hub.lan"}])
async def test_the_metrics_are_for_this_machine_only(http: aiohttp.ClientSession, header: dict[str, str]) -> None:
    assert (await http.get("/metrics")).status == 200
    assert await refusal(await http.get("/metrics", headers=header)) == (401, "not_signed_in")


async def test_a_hub_that_stops_waits_for_no_page(simulator: Simulator, tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as client:
        async with serving(simulator, tmp_path) as running:
            headers = bearer(HALL)
            response = await client.get(f"{running.url}/navai/display/commands", headers=headers)
            began = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - began < 5
        async with asyncio.timeout(5):
            await response.read()
    await until(lambda: not running.hub.displays.connected("hall"))


async def test_time_is_counted_while_somebody_talks(running: Running, http: aiohttp.ClientSession) -> None:
    page = await open_page(http)
    await page.report("s1", "listening", profile="kitchen", number=1)
    later = running.hub.sessions._clock() + 100
    running.hub.sessions._clock = lambda: later
    running.hub.sessions.tick()
    assert not running.hub.sessions.all(), "no sign of life for 90 s"
    assert 90 < running.hub.usage.of("kitchen").seconds < 101


async def test_a_start_without_a_profile_goes_on_with_the_one_under_way(simulator: Simulator, tmp_path: Path) -> None:
    both = {"hall": {"profile": "warm", "profiles": ["kitchen"], "token": HALL}}
    users = {"anna": {"token": ANNA, "profiles": ["kitchen", "warm"]}}
    async with (
        serving(simulator, tmp_path, displays=both, hub={"users": users}) as running,
        aiohttp.ClientSession(running.url) as client,
    ):
        page = await open_page(client)
        await page.report("s1", "listening", profile="kitchen")
        asked = asyncio.ensure_future(client.post("/navai/displays/hall/start", json={}, headers=bearer(ANNA)))
        command = await page.event()
        assert (command["profile"], command["session"]) == ("kitchen", "s1")
        await page.report("s1", "speaking", request=command["request"])
        assert (await (await asked).json())["result"] == "responded"
        DisplayPage.leave_all()


async def test_a_stop_takes_no_fields(http: aiohttp.ClientSession) -> None:
    for body, code in ((b'{"profile": "kitchen"}', "invalid_request"), (b"{", "invalid_request")):
        headers = {**bearer(ANNA), "Content-Type": "application/json"}
        response = await http.post("/navai/displays/hall/stop", data=body, headers=headers)
        assert await refusal(response) == (400, code)


async def test_only_who_is_listed_may_command(simulator: Simulator, tmp_path: Path) -> None:
    hall = {"hall": {**DISPLAYS["hall"], "users": ["bob"]}}
    settings = settings_for(simulator, displays=hall)
    assert not [warning for warning in settings.warnings if "users" in warning.path]
    async with serving(simulator, tmp_path, displays=hall) as running, aiohttp.ClientSession(running.url) as client:
        response = await client.post("/navai/displays/hall/stop", headers=bearer(ANNA))
        assert await refusal(response) == (403, "not_allowed")
        assert await (await client.get("/navai/displays", headers=bearer(ANNA))).json() == {"displays": []}


async def test_the_log_says_which_display_was_meant(
    http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "navai_core.hub.access")
    for display in ("hall", "nosuch"):
        await http.post(f"/navai/displays/{display}/stop", headers=bearer(ANNA))
    assert "user:anna POST /navai/displays/hall/stop 409" in caplog.text
    assert "nosuch" not in caplog.text


async def test_a_page_that_hangs_up_while_it_is_looked_up_leaves_nothing(
    running: Running, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What aiohttp says of a connection that is gone.
    monkeypatch.setattr(web.BaseRequest, "transport", None)
    response = await http.get("/navai/display/commands", headers=bearer(HALL))
    assert await refusal(response) == (404, "stream_not_open")
    assert not running.hub.displays.connected("hall")


async def test_of_too_many_pages_the_oldest_is_let_go(http: aiohttp.ClientSession) -> None:
    pages = [await open_page(http) for _ in range(MAX_PER_DISPLAY + 1)]
    await pages[0].over()
    assert await pages[0].refused(profile="kitchen") == (404, "stream_not_open")


async def test_a_page_that_breaks_off_while_it_is_told_something_leaves(
    running: Running, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(web.StreamResponse, "write", broken)
    with contextlib.suppress(aiohttp.ClientError):
        response = await http.get("/navai/display/commands", headers=bearer(HALL))
        await response.read()
    await until(lambda: not running.hub.displays.connected("hall"))
