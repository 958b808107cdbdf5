"""Displays with a token and without Home Assistant's interface: their commands, and their reports."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from component_support import HALL, KITCHEN_TABLET, Browser, Folder, Person, activity, block, sentence_key, state
from display_page import RULES, DisplayPage, Host, refusal, until
from homeassistant.auth.models import User
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_capture_events, async_fire_time_changed
from secret_watch import WATCH

from custom_components.navai.data import DATA, FILES, NavaiData
from custom_components.navai.navai_core import VERSION
from custom_components.navai.navai_core.web.streams import BEAT_S, MAX_PER_DISPLAY, WRITE_TIMEOUT_S, Stream
from navai_core.simulator import Simulator

Client = TestClient[Any, Any]
Clients = Callable[..., Awaitable[Client]]

COMMANDS = "/api/navai/display/commands"
REPORT = "/api/navai/session/report"
WRONG = WATCH.secret("tok_wrong_kiosk_Xq7mZt2LxW9")
NEW = WATCH.secret("tok_hall_new_Xq7mZt2LxW9")
SESSION, CONVERSATION = "display:hall:session", "display:hall:conversation"
TWO_DISPLAYS = {
    "hall": {"profile": "kitchen", "token": HALL},
    "oven": {"profile": "kitchen", "token": KITCHEN_TABLET},
}


async def open_page(client: Client, token: str = HALL, **query: str) -> DisplayPage:
    return await DisplayPage.opened(client, token, **query)


class HomeAssistantHost:
    """The display in Home Assistant; see `Host`."""

    def __init__(self, hass: HomeAssistant, house: NavaiData, client: Client) -> None:
        self._hass, self._house, self._client = hass, house, client
        self._events = async_capture_events(hass, "navai_session")

    @property
    def events(self) -> list[dict[str, Any]]:
        assert not any("user_id" in event.data for event in self._events)
        return [dict(event.data) for event in self._events]

    async def open(self) -> DisplayPage:
        return await open_page(self._client)

    async def start(self, **fields: str) -> str:
        return await self._act("start_conversation", **fields)

    async def stop(self) -> str:
        return await self._act("stop_conversation")

    async def _act(self, action: str, **fields: str) -> str:
        data = {"display": "hall", **fields}
        try:
            answer = await self._hass.services.async_call("navai", action, data, blocking=True, return_response=True)
        except HomeAssistantError as error:
            assert sentence_key(error) == "display_no_answer"
            return "no_response"
        assert answer
        return next(outcome for outcome, displays in answer.items() if displays == ["hall"])

    async def state(self) -> str:
        return activity(self._hass, SESSION)

    def connected(self) -> bool:
        return self._house.displays.connected("hall")

    def tokens(self) -> int:
        return self._house.usage.of("kitchen").tokens


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
async def test_a_display(
    hass: HomeAssistant, house: NavaiData, client: Client, rule: Callable[[Host], Awaitable[None]]
) -> None:
    await rule(HomeAssistantHost(hass, house, client))


@pytest.fixture
async def client(house: NavaiData, hass_client_no_auth: Clients) -> Client:
    """A browser without a signed-in person."""
    return await hass_client_no_auth()


@pytest.fixture
async def hall(client: Client) -> DisplayPage:
    return await open_page(client)


@pytest.fixture
async def yaml_page(
    hass: HomeAssistant, folder: Folder, simulator: Simulator, hass_client_no_auth: Clients
) -> Callable[[], Awaitable[DisplayPage]]:
    """The display's page, with a real `configuration.yaml`."""

    async def start() -> DisplayPage:
        folder.write_block(block(simulator))
        await folder.start()
        return await open_page(await hass_client_no_auth())

    return start


async def test_a_display_receives_its_stream_and_its_configuration(
    hass: HomeAssistant, house: NavaiData, client: Client
) -> None:
    assert not house.displays.connected("hall")
    page = await open_page(client)
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
    assert state(hass, SESSION).attributes["connected"] is True
    headers = page.response.headers
    assert headers["Content-Type"] == "application/x-ndjson"
    assert headers["Cache-Control"] == "no-store, no-transform"
    assert headers["X-Accel-Buffering"] == "no"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Request-Id"].startswith("req_")
    assert "Access-Control-Allow-Origin" not in headers
    another = await open_page(client)
    assert another.stream != page.stream
    WATCH.text("streams", json.dumps([page.configuration, another.configuration]))


async def test_a_display_that_rang_without_an_answer_reports_it_once(
    hass: HomeAssistant, set_up: Callable[..., Awaitable[NavaiData]], hass_client_no_auth: Clients
) -> None:
    await set_up(displays=TWO_DISPLAYS)
    client = await hass_client_no_auth()
    hall = await open_page(client)
    events = async_capture_events(hass, "navai_session")
    call = hass.async_create_task(
        hass.services.async_call("navai", "start_conversation", {"display": "hall"}, blocking=True)
    )
    request = (await hall.event())["request"]
    about = {"session": f"none-{request}", "request": request}
    # It cannot have rung for the command before it responded to it.
    assert await hall.refused(**about, state="missed") == (404, "unknown_session")
    await hall.report(about["session"], "ended", request=request)
    await call
    assert events == []
    oven = await open_page(client, KITCHEN_TABLET)
    assert await oven.refused(**about, state="missed") == (404, "unknown_session")
    assert await hall.refused(session="s1", state="missed") == (404, "unknown_session")
    # Its connection was lost in the meantime.
    hall.leave()
    hall = await open_page(client)
    await hall.report(about["session"], "missed", request=request)
    assert await hall.refused(**about, state="missed") == (404, "unknown_session")
    assert [event.data["type"] for event in events] == ["missed"]
    assert (events[0].data["display"], events[0].data["profile"]) == ("hall", "kitchen")
    assert state(hass, CONVERSATION).attributes["event_type"] == "missed"
    assert activity(hass, SESSION) == "idle"


async def test_only_the_display_itself_answers_a_command(
    hass: HomeAssistant, house: NavaiData, hall: DisplayPage, client: Client, bob: Person, browser: Callable[..., Any]
) -> None:
    other, page = await open_page(client), await browser(bob.token)
    call = hass.async_create_task(
        hass.services.async_call(
            "navai", "start_conversation", {"display": "hall"}, blocking=True, return_response=True
        )
    )
    # The latest page gets the command.
    request = (await other.event())["request"]
    await hall.report("none-x", "ended", request=request)
    await page.report("none-y", "ended", request=request)
    assert not call.done()
    await other.report("s1", "connecting", profile="kitchen", request=request)
    await call
    assert await hall.refused(state="ended") == (403, "not_allowed")
    assert await page.refused("navai/session/report", session="s1", state="ended") == "not_allowed"
    # A page that takes over ends the conversation of the other one.
    await hall.report("s2", "connecting", profile="kitchen")
    assert await other.event() == {"type": "stop", "session": "s1", "code": "replaced"}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer "}, {"X-Navai-Display": "hall"}])
async def test_without_a_token_nobody_is_a_display(
    hass: HomeAssistant, house: NavaiData, client: Client, headers: dict[str, str]
) -> None:
    for response in (await client.get(COMMANDS, headers=headers), await client.post(REPORT, headers=headers)):
        assert await refusal(response) == (401, "not_signed_in")
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="navai"'
    assert not house.displays.connected("hall")
    assert "http-login" not in hass.data.get("persistent_notification", {})


async def test_a_wrong_token_is_a_failed_login_and_soon_slowed_down(
    hass: HomeAssistant, house: NavaiData, client: Client
) -> None:
    headers = {"Authorization": f"Bearer {WRONG}"}
    for _ in range(5):
        assert await refusal(await client.get(COMMANDS, headers=headers)) == (401, "not_signed_in")
        assert await refusal(await client.post(REPORT, headers=headers)) == (401, "not_signed_in")
    assert "http-login" in hass.data["persistent_notification"]
    assert await refusal(await client.get(COMMANDS, headers=headers)) == (429, "too_many_failures")
    assert not house.displays.connected("hall")


async def test_people_must_use_the_websocket(house: NavaiData, anna: User, hass_client: Clients) -> None:
    client = await hass_client()
    for headers in ({}, {"X-Navai-Display": "hall"}):
        assert await refusal(await client.get(COMMANDS, headers=headers)) == (403, "not_allowed")
        assert await refusal(await client.post(REPORT, headers=headers)) == (403, "not_allowed")
    assert not house.displays.connected("hall")


@pytest.mark.parametrize(
    "query", ["secure=2", "secure=", "secure=true", "secure=1&secure=1", "secure=1&display=desk", "display=desk"]
)
async def test_a_query_that_does_not_fit_is_refused(house: NavaiData, client: Client, query: str) -> None:
    response = await client.get(f"{COMMANDS}?{query}", headers={"Authorization": f"Bearer {HALL}"})
    assert await refusal(response) == (400, "invalid_request")
    assert not house.displays.connected("hall")


async def test_other_methods_get_nothing(client: Client) -> None:
    headers = {"Authorization": f"Bearer {HALL}"}
    for method, path in (("POST", COMMANDS), ("HEAD", COMMANDS), ("DELETE", COMMANDS), ("GET", REPORT)):
        assert (await client.request(method, path, headers=headers)).status == 405, (method, path)


async def test_a_page_reports_whether_it_can_use_the_microphone(hass: HomeAssistant, client: Client) -> None:
    issues = ir.async_get(hass)
    await open_page(client, secure="0")
    assert issues.async_get_issue("navai", "display_insecure_hall")
    await open_page(client, secure="1")
    assert not issues.async_get_issue("navai", "display_insecure_hall")
    await open_page(client, secure="0")
    await open_page(client)
    assert not issues.async_get_issue("navai", "display_insecure_hall")


async def test_a_display_that_is_opened_again_shows_no_old_error(
    house: NavaiData, hall: DisplayPage, client: Client
) -> None:
    await hall.report("s1", "listening", profile="kitchen")
    await hall.report("s1", "failed", code="microphone_denied")
    assert house.sessions.state_of("hall") == "error"
    await open_page(client)
    assert house.sessions.state_of("hall") == "idle"


async def test_the_conversation_of_a_silent_page_ends(
    hass: HomeAssistant, hall: DisplayPage, house: NavaiData, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(house.sessions, "_clock", lambda: now)
    await hall.report("s1", "listening", profile="kitchen", number=1)
    now += 60
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=61))
    assert activity(hass, SESSION) == "listening"
    now += 60
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=122))
    assert activity(hass, SESSION) == "idle"


async def test_of_too_many_pages_the_oldest_is_closed(house: NavaiData, set_up: Any, client: Client) -> None:
    pages = [await open_page(client) for _ in range(MAX_PER_DISPLAY)]
    latest = await open_page(client)
    await pages[0].over()
    assert await pages[0].refused(profile="kitchen") == (404, "stream_not_open")
    house.displays.send("hall", {"type": "stop", "request": "r1"})
    for page in (*pages[1:], latest):
        assert (await page.event())["type"] == "stop"
    await pages[1].report("s1", "listening", profile="kitchen")


async def test_pages_of_one_display_leave_those_of_another_alone(
    set_up: Callable[..., Awaitable[NavaiData]], hass_client_no_auth: Clients
) -> None:
    house = await set_up(displays=TWO_DISPLAYS)
    client = await hass_client_no_auth()
    oven = await open_page(client, KITCHEN_TABLET)
    halls = [await open_page(client) for _ in range(MAX_PER_DISPLAY + 2)]
    await halls[1].over()
    # One cannot use the stream of the other, either.
    assert await oven.refused(profile="kitchen", stream=halls[-1].stream) == (404, "stream_not_open")
    assert await halls[-1].refused(profile="kitchen", stream=oven.stream) == (404, "stream_not_open")
    await oven.report("s1", "listening", profile="kitchen")
    assert await halls[-1].refused(state="ended") == (403, "not_allowed")
    assert house.sessions.state_of("oven") == "listening"
    assert house.sessions.state_of("hall") == "idle"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"stream": None}, "stream"),
        ({"stream": 5}, "stream"),
        ({"stream": "a b"}, "stream"),
        ({"session": ""}, "session"),
        ({"session": "s/1"}, "session"),
        ({"session": "s" * 65}, "session"),
        ({"state": "dancing"}, "state"),
        ({"state": "idle"}, "state"),
        ({"state": ["listening"]}, "state"),
        ({"profile": ""}, "profile"),
        ({"profile": "x" * 101}, "profile"),
        ({"display": 5}, "display"),
        ({"model": ""}, "model"),
        ({"request": "a b"}, "request"),
        ({"code": "It broke."}, "code"),
        ({"provider_code": "Model not found"}, "provider_code"),
        ({"provider_code": "sk-in-a-report-0123456"}, "provider_code"),
        ({"provider_code": "ek_68af296e8e40819"}, "provider_code"),
        ({"provider_code": "sk_live_abcdef"}, "provider_code"),
        ({"provider_code": "0123456789abcdef0123456789abcdef"}, "provider_code"),
        ({"provider_code": 5}, "provider_code"),
        ({"request_id": "sk-in-a-report-0123456"}, "request_id"),
        ({"request_id": "0123456789abcdef0123456789abcdef"}, "request_id"),
        ({"request_id": "req_ with words in it"}, "request_id"),
        ({"request_id": None}, "request_id"),
        ({"said": "hello"}, "said"),
        ({"sk-in-a-report-0123456": 1}, "…"),
    ],
)
async def test_a_report_that_does_not_fit_is_refused_by_name(
    house: NavaiData, hall: DisplayPage, fields: dict[str, Any], field: str
) -> None:
    WATCH.secret("sk-in-a-report-0123456")
    body = {"stream": hall.stream, "session": "s1", "state": "listening", "profile": "kitchen"} | fields
    response = await hall.send(body)
    assert await refusal(response) == (400, "invalid_request")
    answer = await response.json()
    assert [problem["field"] for problem in answer["problems"]] == [field]
    WATCH.text("refusal", json.dumps(answer))
    assert not house.sessions.all()


async def test_every_field_that_does_not_fit_is_named(hall: DisplayPage) -> None:
    answer = await (await hall.send({"state": 5, "model": 5})).json()
    assert {problem["field"] for problem in answer["problems"]} == {"stream", "session", "state", "model"}


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"", "application/json", 400, "invalid_request"),
        (b"{", "application/json", 400, "invalid_request"),
        (b"[]", "application/json", 400, "invalid_request"),
        (b'{"usage": NaN}', "application/json", 400, "invalid_request"),
        (b"{}", "text/plain", 415, "unsupported_content_type"),
        pytest.param(b" " * (64 * 1024 + 1), "application/json", 413, "body_too_large", id="large"),
    ],
)
async def test_a_body_that_is_not_a_report_is_refused(
    client: Client, hall: DisplayPage, body: bytes, content_type: str, status: int, code: str
) -> None:
    headers = {"Authorization": f"Bearer {HALL}", "Content-Type": content_type}
    assert await refusal(await client.post(REPORT, data=body, headers=headers)) == (status, code)


async def test_reports_that_cannot_be_are_refused(house: NavaiData, hall: DisplayPage) -> None:
    assert await hall.refused() == (400, "invalid_request")
    assert await hall.refused(profile="attic") == (404, "unknown_profile")
    assert await hall.refused(profile="office") == (403, "profile_not_allowed")
    assert await hall.refused(profile="kitchen", state="ended") == (404, "unknown_session")
    assert await hall.refused(profile="kitchen", display="desk") == (403, "not_allowed")
    assert await hall.refused(profile="kitchen", stream="none") == (404, "stream_not_open")
    assert not house.sessions.all()
    for number in range(8):
        # A display has one conversation at a time: each one ends the previous one.
        await hall.report(f"n{number}", "connecting", profile="kitchen", display="hall")
    assert [session.id for session in house.sessions.all()] == ["n7"]


async def test_a_reload_changes_a_display_and_keeps_its_stream(
    hass: HomeAssistant, yaml_page: Callable[[], Awaitable[DisplayPage]], folder: Folder, simulator: Simulator
) -> None:
    page = await yaml_page()
    await page.report("s1", "speaking", profile="kitchen")
    changed = block(simulator)
    changed["displays"]["hall"] |= {"name": "Entrance", "users": ["Anna"]}
    folder.write_block(changed)
    await folder.reload()
    event = await page.event()
    assert event["type"] == "configuration"
    assert event["name"] == "Entrance"
    await page.report("s1", "thinking")
    assert activity(hass, SESSION) == "thinking"
    assert state(hass, SESSION).attributes["connected"] is True


@pytest.mark.parametrize("now", ["another token", "no token", "no display", "no block"])
async def test_a_token_that_is_no_longer_valid_ends_its_stream(
    hass: HomeAssistant, yaml_page: Callable[[], Awaitable[DisplayPage]], folder: Folder, simulator: Simulator, now: str
) -> None:
    page = await yaml_page()
    house = hass.data[DATA]
    await page.report("s1", "speaking", profile="kitchen")
    changed = block(simulator)
    if now == "another token":
        changed["displays"]["hall"]["token"] = NEW
    elif now == "no token":
        del changed["displays"]["hall"]["token"]
    elif now == "no display":
        del changed["displays"]["hall"]
    folder.write_block(None if now == "no block" else changed)
    await folder.reload()
    assert not house.displays.connected("hall")
    assert await page.event() == {"type": "removed"}
    await page.over()
    await until(lambda: not house.sessions.all())
    assert await page.refused(profile="kitchen") in {(401, "not_signed_in"), (503, "not_ready")}


async def test_while_navai_is_not_loaded_a_stream_waits(
    hass: HomeAssistant, client: Client, hall: DisplayPage, house: NavaiData
) -> None:
    (entry,) = hass.config_entries.async_entries("navai")
    await hass.config_entries.async_unload(entry.entry_id)
    response = await client.get(COMMANDS, headers={"Authorization": f"Bearer {HALL}"})
    assert await refusal(response) == (503, "not_ready")
    assert await hall.refused(profile="kitchen") == (503, "not_ready")
    await hass.config_entries.async_setup(entry.entry_id)
    assert (await hall.event())["type"] == "configuration"
    await hall.report("s1", "listening", profile="kitchen")


async def test_home_assistant_stops_without_waiting_for_streams(
    hass: HomeAssistant, house: NavaiData, hall: DisplayPage
) -> None:
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hall.over()
    await until(lambda: not house.displays.connected("hall"))


async def test_an_empty_line_keeps_a_stream_open(hass: HomeAssistant, hall: DisplayPage, house: NavaiData) -> None:
    for number in range(1, 3):
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=number * BEAT_S + 1))
        assert await hall.line() == b"\n"
    house.displays.send("hall", {"type": "stop", "request": "r1"})
    assert (await hall.event())["type"] == "stop"


async def test_a_page_that_does_not_read_is_closed(hass: HomeAssistant, client: Client, house: NavaiData) -> None:
    assert client.server.port
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", client.server.port))
    head = f"GET {COMMANDS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {HALL}\r\n\r\n"
    await asyncio.get_running_loop().sock_sendall(connection, head.encode())
    await until(lambda: house.displays.connected("hall"))
    for _ in range(16):
        house.displays.send("hall", {"type": "start", "extra_system_prompt": "x" * 1_000_000})
    (stream,) = house.streams._open["hall"].values()
    # It writes until the system's buffers are full. Then it waits for the page.
    await until(lambda: stream._events.qsize() < 16)
    left = -1
    while left != (left := stream._events.qsize()):
        for _ in range(100):
            await asyncio.sleep(0)
    assert left
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=WRITE_TIMEOUT_S + 1))
    await until(lambda: not house.displays.connected("hall"))
    assert not house.streams._open
    connection.close()


async def test_a_page_that_closes_before_its_stream_starts_is_not_an_error(
    client: Client, house: NavaiData, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def gone(*_: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(Stream, "write_to", gone)
    response = await client.get(COMMANDS, headers={"Authorization": f"Bearer {HALL}"})
    assert await response.read() == b""
    await until(lambda: not house.displays.connected("hall"))
    assert "failed" not in caplog.text


async def test_it_works_without_a_timeout_for_lost_connections(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "TCP_USER_TIMEOUT", raising=False)
    page = await open_page(client)
    assert page.configuration["display"] == "hall"


async def test_a_browser_with_the_interface_and_a_kiosk_page_are_the_same_display(
    hass: HomeAssistant, house: NavaiData, hall: DisplayPage, anna: User, browser: Callable[..., Awaitable[Browser]]
) -> None:
    page = await browser()
    await page.show("hall")
    call = hass.async_create_task(
        hass.services.async_call("navai", "start_conversation", {"display": "hall"}, blocking=True)
    )
    command = await page.event()
    await page.report("s1", "connecting", profile="kitchen", display="hall", request=command["request"])
    await call
    call = hass.async_create_task(
        hass.services.async_call("navai", "stop_conversation", {"display": "hall"}, blocking=True)
    )
    assert (await page.event())["type"] == "stop"
    command = await hall.event()
    assert command["type"] == "stop"
    # Only the page that holds the conversation can end it.
    await hall.report("none-h", "ended", request=command["request"])
    assert not call.done()
    await page.report("s1", "ended", request=command["request"])
    await call


async def test_a_page_that_hangs_up_while_it_is_looked_up_leaves_nothing(
    house: NavaiData, client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # This is how aiohttp shows a closed connection.
    monkeypatch.setattr(web.BaseRequest, "transport", None)
    response = await client.get(COMMANDS, headers={"Authorization": f"Bearer {HALL}"})
    assert await refusal(response) == (404, "stream_not_open")
    assert not house.displays.connected("hall")
    assert "Traceback" not in caplog.text
