"""The routes, over real connections: who has access, what is returned, and how a refusal looks."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, WSMsgType
from aiohttp.test_utils import TestClient
from component_support import HALL, KEY, KITCHEN_TABLET, Person
from conftest import SetUp
from homeassistant.auth.models import User
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_capture_events, async_fire_time_changed
from secret_watch import WATCH

from custom_components.navai.data import DATA, NavaiData
from custom_components.navai.identity import WrongTokens
from custom_components.navai.navai_core.sessions.rate_limits import Limiter, LocalCounter
from navai_core.simulator import Simulator

Client = TestClient[Any, Any]
Clients = Callable[..., Awaitable[Client]]

PROFILES = "/api/navai/profiles"
MINT = "/api/navai/profiles/{}/client-secret"
CONTRACT = "/api/navai/realtime/client-secret"
FUNCTIONS = "/api/navai/functions"
EXECUTE = "/api/navai/functions/execute"
WRONG = WATCH.secret("tok_wrong_Xq7mZt2LxW9bRk4N")
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def answer_of(response: ClientResponse, status: int = 200) -> dict[str, Any]:
    """Return the body of an answer, which must have this status and the headers of all answers."""
    body: dict[str, Any] = await response.json()
    assert response.status == status, body
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
    assert response.headers["X-Frame-Options"] in {"DENY", "SAMEORIGIN"}
    assert response.headers["X-Request-Id"].startswith("req_")
    if status >= 400:
        assert body["request_id"] == response.headers["X-Request-Id"]
        assert body["error"]
    WATCH.text(f"answer of {response.url.path}", json.dumps({**body, "value": None}))
    return body


async def refused(response: ClientResponse, status: int, code: str) -> dict[str, Any]:
    """Return the body of a refusal."""
    body = await answer_of(response, status)
    assert body["code"] == code
    return body


@pytest.fixture
async def anybody(house: NavaiData, hass_client_no_auth: Clients) -> Client:
    """A client that has not signed in."""
    return await hass_client_no_auth()


@pytest.fixture
async def annas(house: NavaiData, anna: User, hass_client: Clients) -> Client:
    return await hass_client()


@pytest.fixture
async def bobs(house: NavaiData, bob: Person, hass_client: Clients) -> Client:
    return await hass_client(bob.token)


async def test_people_see_the_profiles_that_are_open_to_them(annas: Client, bobs: Client, bob: Person) -> None:
    body = await answer_of(await annas.get(PROFILES))
    assert body["default_profile"] == "kitchen"
    assert body["profiles"] == [
        {
            "profile": "kitchen",
            "name": "Kitchen helper",
            "model": "gpt-realtime-2.1",
            "voice": "marin",
            "language": "",
            "transport": "client_secret",
            "allow_overrides": ["language"],
        },
        {
            "profile": "office",
            "name": "Office",
            "model": "gpt-realtime-2.1-mini",
            "voice": "cedar",
            "language": "",
            "transport": "client_secret",
            "allow_overrides": [],
        },
    ]
    body = await answer_of(await bobs.get(PROFILES))
    assert [profile["profile"] for profile in body["profiles"]] == ["kitchen"]


async def test_people_fetch_secrets(annas: Client, bobs: Client, simulator: Simulator, house: NavaiData) -> None:
    body = await answer_of(await annas.post(MINT.format("office")))
    assert body.keys() == {
        "value",
        "expires_at",
        "profile",
        "model",
        "voice",
        "url",
        "idle_timeout",
        "session_length",
        "tool_timeout",
    }
    record = simulator.secrets.lookup(body["value"])
    assert record
    assert body["expires_at"] == record.expires_at
    assert body["url"] == f"{simulator.base_url}/realtime/calls"
    await refused(await bobs.post(MINT.format("office")), 403, "profile_not_allowed")
    body = await answer_of(await bobs.post(MINT.format("kitchen"), json={"language": "Spanish", "voice": None}))
    record = simulator.secrets.lookup(body["value"])
    assert record
    assert "Always reply in Spanish." in record.session["instructions"]
    assert house.usage.of("office").secrets == house.usage.of("kitchen").secrets == 1


async def test_a_display_has_its_profiles_and_nothing_else(anybody: Client, simulator: Simulator) -> None:
    body = await answer_of(await anybody.get(PROFILES, headers=bearer(HALL)))
    assert [profile["profile"] for profile in body["profiles"]] == ["kitchen"]
    body = await answer_of(await anybody.post(MINT.format("kitchen"), headers=bearer(HALL)))
    assert simulator.secrets.lookup(body["value"])
    await refused(await anybody.post(MINT.format("office"), headers=bearer(HALL)), 403, "profile_not_allowed")
    await refused(await anybody.post(MINT.format("attic"), headers=bearer(HALL)), 404, "unknown_profile")


async def test_a_displays_token_gives_access_to_nothing_else(
    hass: HomeAssistant, set_up: SetUp, hass_client_no_auth: Clients
) -> None:
    assert await async_setup_component(hass, "api", {})
    await set_up()
    client = await hass_client_no_auth()
    for path in ("/api/", "/api/states", "/api/config", "/api/services", "/api/events"):
        assert (await client.get(path, headers=bearer(HALL))).status == 401, path
    assert (await client.post("/api/services/navai/reload", headers=bearer(HALL))).status == 401
    assert (await client.post("/api/template", json={"template": "x"}, headers=bearer(HALL))).status == 401


@pytest.mark.parametrize("expected_lingering_timers", [True])  # of Home Assistant, for the connection that it closes
async def test_a_displays_token_is_not_a_login(house: NavaiData, anybody: Client) -> None:
    socket = await anybody.ws_connect("/api/websocket")
    assert (await socket.receive_json())["type"] == "auth_required"
    await socket.send_json({"type": "auth", "access_token": HALL})
    assert (await socket.receive_json())["type"] == "auth_invalid"
    assert (await socket.receive()).type is WSMsgType.CLOSE


async def test_a_display_whose_token_stands_as_a_hash(
    hass: HomeAssistant, set_up: SetUp, hass_client_no_auth: Clients
) -> None:
    digest = hashlib.sha256(KITCHEN_TABLET.encode()).hexdigest()
    await set_up(displays={"tablet": {"profile": "kitchen", "token": f"sha256:{digest}"}})
    client = await hass_client_no_auth()
    await answer_of(await client.get(PROFILES, headers=bearer(KITCHEN_TABLET)))
    await answer_of(await client.get(PROFILES, headers={"Authorization": f"bearer  {KITCHEN_TABLET} "}))
    await refused(await client.get(PROFILES, headers=bearer(f"sha256:{digest}")), 401, "not_signed_in")


async def test_a_person_before_a_display(annas: Client, bobs: Client) -> None:
    at_desk = {"X-Navai-Display": "desk"}
    body = await answer_of(await annas.get(PROFILES, headers=at_desk))
    assert [profile["profile"] for profile in body["profiles"]] == ["office", "kitchen"]
    assert body["default_profile"] == "office"
    assert "expires_at" in await answer_of(await annas.post(CONTRACT, headers=at_desk))
    await refused(await bobs.get(PROFILES, headers=at_desk), 403, "not_allowed")
    await refused(await annas.get(PROFILES, headers={"X-Navai-Display": "attic"}), 404, "unknown_display")
    at_hall = {"X-Navai-Display": "hall"}
    await refused(await annas.post(MINT.format("office"), headers=at_hall), 403, "profile_not_allowed")
    await answer_of(await bobs.post(MINT.format("kitchen"), headers=at_hall))


async def test_a_display_does_not_become_another_one(anybody: Client) -> None:
    headers = {**bearer(HALL), "X-Navai-Display": "desk"}
    body = await answer_of(await anybody.get(PROFILES, headers=headers))
    assert [profile["profile"] for profile in body["profiles"]] == ["kitchen"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic aGFsbDpoYWxs"},
        {"Authorization": f"Token {HALL}"},
        {"Authorization": f"Bearer {HALL}{' ' * 2000}x"},
        {"X-Navai-Display": "hall"},
    ],
)
async def test_without_a_token_nobody_is_let_in_and_nobody_guessed(
    hass: HomeAssistant, anybody: Client, headers: dict[str, str]
) -> None:
    for method, path in (
        ("GET", PROFILES),
        ("POST", MINT.format("kitchen")),
        ("POST", MINT.format("attic")),
        ("POST", CONTRACT),
        ("GET", FUNCTIONS),
        ("POST", EXECUTE),
    ):
        response = await anybody.request(method, path, headers=headers)
        await refused(response, 401, "not_signed_in")
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="navai"'
    assert "http-login" not in hass.data.get("persistent_notification", {})


async def test_a_wrong_token_is_a_failed_login(
    hass: HomeAssistant, anybody: Client, freezer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(10):
        response = await anybody.get(PROFILES, headers=bearer(f"{WRONG}-{number}"))
        await refused(response, 401, "not_signed_in")
    assert "http-login" in hass.data["persistent_notification"]
    assert caplog.text.count("Login attempt or request with invalid authentication") == 10
    # After that, Home Assistant is not notified of each one. A known token still works.
    response = await anybody.get(PROFILES, headers=bearer(WRONG))
    await refused(response, 429, "too_many_failures")
    assert 1 <= int(response.headers["Retry-After"]) <= 120
    assert caplog.text.count("Login attempt or request with invalid authentication") == 10
    await answer_of(await anybody.get(PROFILES, headers=bearer(HALL)))


async def test_a_stale_token_never_blocks_others_at_the_same_address(
    hass: HomeAssistant,
    set_up: SetUp,
    hass_client_no_auth: Clients,
    hass_access_token: str,
    hass_storage: dict[str, Any],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A tablet whose token was changed asks every 2 seconds, for five minutes. Home Assistant bans guessing."""
    hass.config.config_dir = str(tmp_path)  # where a ban would be written
    options = {"ip_ban_enabled": True, "login_attempts_threshold": 3}
    hass_storage["http"] = {"version": 1, "minor_version": 1, "key": "http", "data": options}
    assert await async_setup_component(hass, "http", {"http": options})
    house = await set_up()
    now = [1000.0]
    house.limiter = Limiter(LocalCounter(lambda: now[0]), 10)
    client = await hass_client_no_auth()
    stale, good = [], []
    for _ in range(150):
        response = await client.get(PROFILES, headers=bearer(WRONG))
        stale.append(response.status)
        if response.status == 429:
            assert 1 <= int(response.headers["Retry-After"]) <= 61
        good += [(await client.get(PROFILES, headers=bearer(token))).status for token in (HALL, hass_access_token)]
        now[0] += 2
    assert set(good) == {200}
    assert set(stale) == {401, 429}
    assert stale.count(401) <= 60, "the wrong one is still slowed down"
    assert caplog.text.count("Login attempt or request with invalid authentication") == 1
    assert "ip-ban" not in hass.data["persistent_notification"]


async def test_only_the_latest_wrong_tokens_are_remembered() -> None:
    wrong = WrongTokens()
    assert [wrong.is_new("192.0.2.1", "a"), wrong.is_new("192.0.2.1", "a")] == [True, False]
    assert wrong.is_new("192.0.2.2", "a")
    for number in range(1022):
        assert wrong.is_new("192.0.2.3", str(number))
    assert not wrong.is_new("192.0.2.1", "a"), "one that comes again is kept"
    assert wrong.is_new("192.0.2.3", "one more")
    assert wrong.is_new("192.0.2.2", "a"), "the oldest is gone"


async def test_wrong_tokens_do_not_block_signed_in_people(annas: Client, anybody: Client) -> None:
    for _ in range(11):
        await anybody.get(PROFILES, headers=bearer(WRONG))
    await answer_of(await annas.get(PROFILES))


async def test_an_address_that_guesses_is_banned_if_bans_are_enabled(
    hass: HomeAssistant, set_up: SetUp, hass_client_no_auth: Clients, hass_storage: dict[str, Any], tmp_path: Path
) -> None:
    hass.config.config_dir = str(tmp_path)  # where the ban is written
    options = {"ip_ban_enabled": True, "login_attempts_threshold": 3}
    hass_storage["http"] = {"version": 1, "minor_version": 1, "key": "http", "data": options}
    assert await async_setup_component(hass, "http", {"http": options})
    await set_up()
    client = await hass_client_no_auth()
    for number in range(3):
        await refused(await client.get(PROFILES, headers=bearer(f"{WRONG}-{number}")), 401, "not_signed_in")
    assert (await client.get(PROFILES, headers=bearer(HALL))).status == 403
    assert "ip-ban" in hass.data["persistent_notification"]


async def test_too_many_requests_are_answered_with_the_time_to_wait(
    set_up: SetUp, hass_client_no_auth: Clients
) -> None:
    display = {"profile": "kitchen", "token": HALL, "secrets_per_minute": 2}
    await set_up(profiles={"kitchen": {}}, displays={"hall": display})
    client = await hass_client_no_auth()
    for _ in range(2):
        await answer_of(await client.post(CONTRACT, headers=bearer(HALL)))
    response = await client.post(CONTRACT, headers=bearer(HALL))
    await refused(response, 429, "rate_limited")
    assert 1 <= int(response.headers["Retry-After"]) <= 120


async def test_a_profile_that_is_switched_off_gives_nothing(house: NavaiData, annas: Client) -> None:
    house.switch("kitchen", on=False)
    await refused(await annas.post(MINT.format("kitchen")), 403, "profile_not_allowed")
    body = await answer_of(await annas.get(PROFILES))
    assert [profile["profile"] for profile in body["profiles"]] == ["office"]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "invalid_request"),
        (b"\xff\xfe", "application/json", 400, "invalid_request"),
        (b"[]", "application/json", 400, "invalid_request"),
        (b'"ek_"', "application/json", 400, "invalid_request"),
        (b'{"speed": NaN}', "application/json", 400, "invalid_request"),
        pytest.param(b"[" * 60_000, "application/json", 400, "invalid_request", id="deep"),
        (b'{"voice": 5}', "application/json", 400, "invalid_request"),
        (b'{"voice": ["ash"]}', "application/json", 400, "invalid_request"),
        (b'{"colour": "blue"}', "application/json", 400, "invalid_request"),
        (b'{"voice": "ash"}', "application/json", 403, "override_not_allowed"),
        (b'{"apiKey": "sk-of-a-request-0123"}', "application/json", 403, "request_key_not_allowed"),
        (b"voice=ash", "application/x-www-form-urlencoded", 415, "unsupported_content_type"),
        (b"{}", "text/plain", 415, "unsupported_content_type"),
        pytest.param(b" " * (64 * 1024 + 1), "application/json", 413, "body_too_large", id="large"),
    ],
)
async def test_a_body_that_does_not_fit_is_refused_by_name(
    annas: Client, body: bytes, content_type: str, status: int, code: str
) -> None:
    WATCH.secret("sk-of-a-request-0123")
    for path in (MINT.format("kitchen"), CONTRACT):
        response = await annas.post(path, data=body, headers={"Content-Type": content_type})
        refusal = await refused(response, status, code)
        if b"colour" in body:
            assert [problem["field"] for problem in refusal["problems"]] == ["colour"]


async def test_a_body_of_the_largest_size_is_read(annas: Client) -> None:
    body = b"{}".ljust(64 * 1024)
    await answer_of(await annas.post(CONTRACT, data=body, headers={"Content-Type": "application/json"}))


async def test_a_body_that_comes_in_pieces_is_counted(annas: Client) -> None:
    async def pieces(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b" " * 16 * 1024

    headers = {"Content-Type": "application/json"}
    await refused(await annas.post(CONTRACT, data=pieces(3), headers=headers), 400, "invalid_request")
    await refused(await annas.post(CONTRACT, data=pieces(5), headers=headers), 413, "body_too_large")


async def test_a_body_that_does_not_come_is_not_waited_for(
    hass: HomeAssistant, annas: Client, hass_access_token: str
) -> None:
    assert annas.server.port
    reader, writer = await asyncio.open_connection("127.0.0.1", annas.server.port)
    head = f"POST {CONTRACT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {hass_access_token}\r\n"
    writer.write(f"{head}Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{{".encode())
    await writer.drain()
    for _ in range(20):
        await asyncio.sleep(0)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=11))
    assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
    writer.close()


async def test_a_body_with_invalid_compression_is_refused(annas: Client, hass_access_token: str) -> None:
    assert annas.server.port
    reader, writer = await asyncio.open_connection("127.0.0.1", annas.server.port)
    head = f"POST {CONTRACT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {hass_access_token}\r\n"
    writer.write(
        f"{head}Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd".encode()
    )
    assert (await reader.readline()).startswith(b"HTTP/1.1 400 ")
    writer.close()


async def test_a_request_brings_its_own_key_where_that_is_allowed(
    set_up: SetUp, anna: User, hass_client: Clients, simulator: Simulator
) -> None:
    await set_up(api_key=None, allow_request_api_key=True)
    client = await hass_client()
    for path in (MINT.format("office"), CONTRACT):
        await refused(await client.post(path), 503, "api_key_missing")
        body = await answer_of(await client.post(path, json={"apiKey": KEY}))
        assert simulator.secrets.lookup(body["value"])
        wrong = WATCH.secret("sk-somebody-elses-0123")
        await refused(await client.post(path, json={"apiKey": wrong}), 503, "api_key_refused")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("error=invalid_api_key", 503, "api_key_refused"),
        ("error=insufficient_quota", 503, "quota_exhausted"),
        ("error=invalid_request", 502, "upstream_refused"),
        ("error=rate_limit_exceeded; should-retry=false; retry-after=7", 429, "upstream_rate_limited"),
        ("status=500; should-retry=false", 502, "upstream_unavailable"),
        ("body=array", 502, "upstream_invalid_response"),
    ],
)
async def test_the_providers_errors_have_their_own_status(
    annas: Client, simulator: Simulator, fault: str, status: int, code: str
) -> None:
    simulator.faults.push(fault)
    response = await annas.post(CONTRACT)
    body = await refused(response, status, code)
    assert body["upstream_request_id"].startswith("req_")
    assert (response.headers.get("Retry-After") == "7") is (status == 429)


async def test_the_contracts_clients_work_unchanged(annas: Client, anybody: Client, simulator: Simulator) -> None:
    for client, headers in ((annas, {}), (anybody, bearer(HALL))):
        body = await answer_of(await client.post(CONTRACT, json={"language": "Spanish"}, headers=headers))
        assert body.keys() == {"value", "expires_at"}
        record = simulator.secrets.lookup(body["value"])
        assert record
        assert record.session["model"] == "gpt-realtime-2.1"
        assert "Always reply in Spanish." in record.session["instructions"]
    for named in ({"params": {"profile": "office"}}, {"json": {"profile": "office"}}):
        body = await answer_of(await annas.post(CONTRACT, **named))  # type: ignore[arg-type]
        record = simulator.secrets.lookup(body["value"])
        assert record
        assert record.session["model"] == "gpt-realtime-2.1-mini"
    refusal = await refused(
        await annas.post(CONTRACT, json={"voiceAccent": "Mexican", "voiceTone": "calm"}), 403, "override_not_allowed"
    )
    assert refusal["refused"] == ["accent", "tone"]
    await refused(await annas.post(CONTRACT, params={"profil": "office"}), 400, "invalid_request")
    await refused(
        await annas.post(CONTRACT, params=[("profile", "office"), ("profile", "kitchen")]), 400, "invalid_request"
    )
    await refused(
        await annas.post(CONTRACT, json={"profile": "kitchen"}, params={"profil": "x"}), 400, "invalid_request"
    )


async def test_a_signed_path_reads_and_never_mints(hass: HomeAssistant, annas: Client, anybody: Client) -> None:
    user = next(user for user in await hass.auth.async_get_users() if user.name == "Anna")
    (refresh,) = user.refresh_tokens.values()

    def sign(path: str) -> str:
        return async_sign_path(hass, path, timedelta(minutes=5), refresh_token_id=refresh.id)

    body = await answer_of(await anybody.get(sign(PROFILES)))
    assert [profile["profile"] for profile in body["profiles"]] == ["kitchen", "office"]
    await answer_of(await anybody.get(sign(FUNCTIONS)))
    await answer_of(await anybody.get(sign(f"{FUNCTIONS}?profile=office")))
    await refused(await anybody.get(sign(f"{FUNCTIONS}?profile=attic")), 404, "unknown_profile")
    for path in (MINT.format("kitchen"), CONTRACT, EXECUTE):
        await refused(await anybody.post(sign(path)), 401, "not_signed_in")
    await refused(await anybody.get(sign(PROFILES).replace("profiles", "functions")), 401, "not_signed_in")


async def test_other_methods_and_pages_elsewhere_get_nothing(annas: Client) -> None:
    elsewhere = {"Origin": "https://elsewhere.example"}
    for method, path in (
        ("HEAD", PROFILES),
        ("POST", PROFILES),
        ("GET", CONTRACT),
        ("GET", MINT.format("kitchen")),
        ("DELETE", MINT.format("kitchen")),
        ("PUT", FUNCTIONS),
        ("GET", EXECUTE),
    ):
        assert (await annas.request(method, path)).status == 405, (method, path)
    for path in (PROFILES, MINT.format("kitchen"), CONTRACT, FUNCTIONS, EXECUTE):
        asked = {
            **elsewhere,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        }
        response = await annas.options(path, headers=asked)
        assert response.status in {403, 405}
        assert "Access-Control-Allow-Origin" not in response.headers
    response = await annas.get(PROFILES, headers=elsewhere)
    assert response.status == 200
    assert "Access-Control-Allow-Origin" not in response.headers


async def test_without_a_loaded_entry_it_is_not_ready(hass: HomeAssistant, annas: Client, anybody: Client) -> None:
    (entry,) = hass.config_entries.async_entries("navai")
    await hass.config_entries.async_unload(entry.entry_id)
    await refused(await annas.get(PROFILES), 503, "not_ready")
    await refused(await anybody.post(CONTRACT, headers=bearer(HALL)), 503, "not_ready")
    await hass.config_entries.async_setup(entry.entry_id)
    await answer_of(await anybody.post(CONTRACT, headers=bearer(HALL)))


async def test_an_internal_error_is_reported_without_details(
    hass: HomeAssistant, annas: Client, caplog: pytest.LogCaptureFixture
) -> None:
    house = hass.data.pop(DATA)
    body = await refused(await annas.get(PROFILES), 500, "internal_error")
    hass.data[DATA] = house
    assert f"Request {body['request_id']} failed" in caplog.text
    caplog.clear()


async def test_what_is_refused_at_a_display_is_an_event(
    hass: HomeAssistant, anybody: Client, bobs: Client, bob: Person
) -> None:
    events = async_capture_events(hass, "navai_session")
    await refused(await anybody.post(MINT.format("office"), headers=bearer(HALL)), 403, "profile_not_allowed")
    await refused(
        await bobs.post(MINT.format("kitchen"), json={"voice": "ash"}, headers={"X-Navai-Display": "hall"}),
        403,
        "override_not_allowed",
    )
    await hass.async_block_till_done()
    found = [
        {key: event.data.get(key) for key in ("type", "display", "profile", "user_id", "code")} for event in events
    ]
    assert found == [
        {"type": "refused", "display": "hall", "profile": None, "user_id": None, "code": "profile_not_allowed"},
        {
            "type": "refused",
            "display": "hall",
            "profile": "kitchen",
            "user_id": bob.user.id,
            "code": "override_not_allowed",
        },
    ]
