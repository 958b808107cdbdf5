"""The websocket commands, over real connections: what the card and the displays say and hear."""

import asyncio
from typing import Any
from unittest.mock import patch

import pytest
from component_support import KEY, Browser, Person, add_user, block
from conftest import Open, SetUp
from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.const import GROUP_ID_READ_ONLY
from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import async_capture_events
from secret_watch import WATCH

from custom_components.navai.const import WEB_FILES, SessionState
from custom_components.navai.house import House
from custom_components.navai.navai_core import VERSION
from navai_core.simulator import Simulator

USAGE = {
    "total_tokens": 30,
    "input_tokens": 10,
    "output_tokens": 20,
    "input_token_details": {"audio_tokens": 10},
    "output_token_details": {"text_tokens": 5, "audio_tokens": 15},
}


@pytest.fixture
async def annas(house: House, anna: User, browser: Open) -> Browser:
    return await browser()


@pytest.fixture
async def bobs(house: House, bob: Person, browser: Open) -> Browser:
    return await browser(bob.token)


async def reload(hass: HomeAssistant, yaml: dict[str, Any]) -> None:
    with patch("homeassistant.config.load_yaml_config_file", return_value=yaml):
        await hass.services.async_call("navai", "reload", blocking=True)
        await hass.async_block_till_done(wait_background_tasks=True)


def profiles_in(body: Any) -> list[str]:
    names = [profile["profile"] for profile in body["profiles"]]
    assert body["default_profile"] == (names[0] if names else None)
    return names


async def test_people_see_their_profiles_and_a_displays_default_first(annas: Browser, bobs: Browser) -> None:
    assert profiles_in(await annas.call("navai/profiles")) == ["kitchen", "office"]
    assert profiles_in(await annas.call("navai/profiles", display="desk")) == ["office", "kitchen"]
    assert profiles_in(await annas.call("navai/profiles", display="hall")) == ["kitchen"]
    assert profiles_in(await bobs.call("navai/profiles")) == ["kitchen"]
    assert await bobs.refused("navai/profiles", display="desk") == "not_allowed"
    assert await annas.refused("navai/profiles", display="attic") == "unknown_display"


async def test_people_fetch_secrets(annas: Browser, bobs: Browser, simulator: Simulator, house: House) -> None:
    minted = await annas.call("navai/client_secret", profile="office")
    assert minted.keys() == {"value", "expires_at", "profile", "model", "voice", "url", "tool_timeout"}
    assert simulator.secrets.lookup(minted["value"])
    assert (await annas.call("navai/client_secret"))["profile"] == "kitchen"
    assert (await annas.call("navai/client_secret", display="desk"))["profile"] == "office"
    minted = await bobs.call("navai/client_secret", profile="kitchen", language="Spanish")
    record = simulator.secrets.lookup(minted["value"])
    assert record
    assert "Always reply in Spanish." in record.session["instructions"]
    assert await bobs.refused("navai/client_secret", profile="office") == "profile_not_allowed"
    assert await bobs.refused("navai/client_secret", profile="attic") == "unknown_profile"
    assert await bobs.refused("navai/client_secret", display="desk") == "not_allowed"
    assert await annas.refused("navai/client_secret", display="hall", profile="office") == "profile_not_allowed"
    assert await annas.refused("navai/client_secret", profile="kitchen", voice="ash") == "override_not_allowed"
    assert await annas.refused("navai/client_secret", profile="kitchen", language="x" * 500) == "invalid_request"
    assert house.usage.of("kitchen").secrets == 2


async def test_somebody_who_may_only_look_talks_like_anybody(
    hass: HomeAssistant, house: House, local_auth: Any, browser: Open
) -> None:
    guest = await browser((await add_user(hass, "Guest", group=GROUP_ID_READ_ONLY)).token)
    assert profiles_in(await guest.call("navai/profiles")) == ["kitchen"]
    assert (await guest.call("navai/client_secret"))["profile"] == "kitchen"
    assert await guest.refused("navai/subscribe", display="desk") == "not_allowed"
    assert (await guest.show("hall"))["display"] == "hall"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("error=invalid_api_key", "api_key_refused"),
        ("error=insufficient_quota", "quota_exhausted"),
        ("body=not-json", "upstream_invalid_response"),
    ],
)
async def test_the_providers_trouble_comes_with_its_code(
    annas: Browser, simulator: Simulator, fault: str, code: str
) -> None:
    simulator.faults.push(fault)
    assert await annas.refused("navai/client_secret") == code


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("navai/profiles", {"display": ""}),
        ("navai/profiles", {"display": 5}),
        ("navai/client_secret", {"profile": ["kitchen"]}),
        ("navai/client_secret", {"profile": "x" * 101}),
        ("navai/subscribe", {}),
        ("navai/subscribe", {"display": None}),
        ("navai/subscribe", {"display": "hall", "secure": "perhaps"}),
        ("navai/session/report", {}),
        ("navai/session/report", {"session": "s1", "state": "dancing", "profile": "kitchen"}),
        ("navai/session/report", {"session": "s1", "state": "idle", "profile": "kitchen"}),
        ("navai/session/report", {"session": "", "state": "listening", "profile": "kitchen"}),
        ("navai/session/report", {"session": "s" * 65, "state": "listening", "profile": "kitchen"}),
        ("navai/session/report", {"session": "s/1", "state": "listening", "profile": "kitchen"}),
        ("navai/session/report", {"session": "s1", "state": "listening", "profile": "kitchen", "code": "It broke."}),
        ("navai/session/report", {"session": "s1", "state": "listening", "profile": "kitchen", "model": ""}),
        ("navai/session/report", {"session": "s1", "state": "listening", "profile": "kitchen", "usage": [1]}),
        ("navai/session/report", {"session": "s1", "state": "listening", "profile": "kitchen", "request": "a b"}),
        ("navai/session/report", {"session": "s1", "state": "listening", "profile": "kitchen", "said": "hello"}),
    ],
)
async def test_what_does_not_fit_is_refused(annas: Browser, house: House, command: str, fields: dict[str, Any]) -> None:
    assert await annas.refused(command, **fields) == "invalid_request"
    assert not house.sessions.all()
    assert not house.displays.connected("hall")


async def test_a_key_in_the_wrong_place_is_not_quoted(annas: Browser) -> None:
    key = WATCH.secret("sk-in-a-command-0123456")
    for code, fields in (
        ("request_key_not_allowed", {"apiKey": key}),
        ("invalid_request", {"api_key": key}),
        ("invalid_request", {"voice": {"key": key}}),
        ("invalid_request", {"language": key * 100}),
    ):
        answer = await annas.ask("navai/client_secret", profile="kitchen", **fields)
        assert answer["error"]["code"] == code
        WATCH.text("error", str(answer))


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("navai/profiles", {"display": "KEY"}),
        ("navai/client_secret", {"profile": "KEY"}),
        ("navai/client_secret", {"display": "KEY"}),
        ("navai/subscribe", {"display": "KEY"}),
        ("navai/subscribe", {"display": "hall", "secure": "KEY"}),
        ("navai/session/report", {"session": "s1", "state": "listening", "profile": "KEY"}),
        ("navai/session/report", {"session": "s1", "state": "listening", "display": "KEY"}),
        ("navai/session/report", {"session": "KEY", "state": "listening"}),
        ("navai/session/report", {"session": "s1", "state": "KEY"}),
    ],
)
async def test_a_key_in_a_name_does_not_get_into_the_log(
    annas: Browser, command: str, fields: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    key = WATCH.secret("sk-in-a-name-0123456789-" + "a" * 100)
    answer = await annas.ask(command, **{name: key if value == "KEY" else value for name, value in fields.items()})
    assert answer["error"]["code"] == "invalid_request"
    WATCH.text("error and log", f"{answer} {caplog.text}")


async def test_a_command_brings_its_own_key_where_that_is_allowed(set_up: SetUp, anna: User, browser: Open) -> None:
    await set_up(api_key=None, allow_request_api_key=True)
    page = await browser()
    assert await page.refused("navai/client_secret") == "api_key_missing"
    assert (await page.call("navai/client_secret", apiKey=KEY))["profile"] == "kitchen"


async def test_a_display_hears_its_configuration_first(
    hass: HomeAssistant, annas: Browser, bobs: Browser, house: House
) -> None:
    assert await annas.show("desk") == {
        "type": "configuration",
        "display": "desk",
        "name": "Desk",
        "profile": "office",
        "profiles": ["office", "kitchen"],
        "version": VERSION,
        "modules": hass.data[WEB_FILES].tag,
    }
    assert house.displays.connected("desk")
    assert await bobs.refused("navai/subscribe", display="desk") == "not_allowed"
    assert await bobs.refused("navai/subscribe", display="attic") == "unknown_display"
    assert (await bobs.show("hall"))["display"] == "hall"


async def test_after_a_reload_a_display_hears_its_configuration_again(
    hass: HomeAssistant, annas: Browser, bobs: Browser, house: House, simulator: Simulator
) -> None:
    await annas.show("desk")
    await bobs.show("hall")
    displays: dict[str, Any]
    displays = {"hall": {"name": "Hallway", "profile": "kitchen", "profiles": ["office"], "area": "Hallway"}}
    await reload(hass, {"navai": block(simulator, displays=displays)})
    assert await annas.event() == {"type": "removed"}
    changed = await bobs.event()
    assert changed["type"] == "configuration"
    assert changed["name"] == "Hallway"
    assert changed["profiles"] == ["kitchen", "office"]
    # A conversation of before goes on, and the display still hears what it is told.
    call = hass.async_create_task(hass.services.async_call("navai", "stop_session", {"display": "hall"}, blocking=True))
    command = await bobs.event()
    assert command["type"] == "stop"
    await bobs.report("none", "ended", request=command["request"])
    await call


async def test_a_display_is_its_browser_only_as_long_as_the_yaml_says_so(
    hass: HomeAssistant, bobs: Browser, house: House, simulator: Simulator
) -> None:
    await bobs.show("hall")
    for displays, kind in (
        ({"hall": {"profile": "kitchen", "users": ["Anna"]}}, "removed"),
        ({"hall": {"profile": "kitchen", "users": ["bob"]}}, "configuration"),
        ({}, "removed"),
        ({"hall": {"profile": "kitchen"}}, "configuration"),
    ):
        await reload(hass, {"navai": block(simulator, displays=displays)})
        assert (await bobs.event())["type"] == kind
        assert house.displays.connected("hall") is (kind == "configuration")


async def test_while_navai_is_not_loaded_a_conversation_goes_on(
    hass: HomeAssistant, annas: Browser, house: House
) -> None:
    await annas.report("s1", "listening", profile="kitchen")
    (entry,) = hass.config_entries.async_entries("navai")
    await hass.config_entries.async_unload(entry.entry_id)
    await annas.report("s1", "speaking", usage=USAGE)
    assert (
        await annas.refused("navai/session/report", session="s2", state="listening", profile="kitchen") == "not_ready"
    )
    await annas.report("s1", "ended")
    assert house.usage.of("kitchen").tokens == 30
    assert not house.sessions.all()


async def test_when_the_block_is_gone_displays_are_told(
    hass: HomeAssistant, annas: Browser, simulator: Simulator
) -> None:
    await annas.show("hall")
    await annas.report("s1", "listening", profile="kitchen", display="hall")
    await reload(hass, {})
    assert await annas.event() == {"type": "removed"}
    assert await annas.refused("navai/profiles") == "not_ready"
    assert await annas.refused("navai/subscribe", display="hall") == "not_ready"
    assert await annas.refused("navai/session/report", session="s1", state="ended") == "not_ready"


async def test_a_display_that_leaves_is_not_connected_any_more(
    hass: HomeAssistant, annas: Browser, bobs: Browser, house: House
) -> None:
    await annas.show("hall")
    await annas.call("unsubscribe_events", subscription=1)
    assert not house.displays.connected("hall")
    await annas.show("hall")
    await bobs.show("hall")
    await bobs.close()
    while len(house.displays._screens) > 1:
        await asyncio.sleep(0)
    assert house.displays.connected("hall")
    await annas.close()
    while house.displays.connected("hall"):
        await asyncio.sleep(0)


async def test_of_two_pages_that_show_a_display_the_latest_is_told(
    hass: HomeAssistant, annas: Browser, bobs: Browser
) -> None:
    await annas.show("hall")
    await bobs.show("hall")
    call = hass.async_create_task(
        hass.services.async_call("navai", "start_session", {"display": "hall"}, blocking=True)
    )
    command = await bobs.event()
    await bobs.report("s1", "connecting", display="hall", profile="kitchen", request=command["request"])
    await call
    await annas.heard_nothing_else()


async def test_of_two_pages_the_latest_with_a_microphone_is_told(
    hass: HomeAssistant, annas: Browser, bobs: Browser
) -> None:
    await annas.show("hall", secure=True)
    await bobs.show("hall", secure=False)
    call = hass.async_create_task(
        hass.services.async_call("navai", "start_session", {"display": "hall"}, blocking=True)
    )
    command = await annas.event()
    await annas.report("s1", "connecting", display="hall", profile="kitchen", request=command["request"])
    await call
    await bobs.heard_nothing_else()
    await annas.close()
    call = hass.async_create_task(
        hass.services.async_call("navai", "start_session", {"display": "hall"}, blocking=True)
    )
    # It says itself what is wrong, which is better than silence.
    command = await bobs.event()
    await bobs.report("s2", "connecting", display="hall", profile="kitchen", request=command["request"])
    await call


async def test_a_page_tells_whether_it_may_use_the_microphone(annas: Browser, hass: HomeAssistant) -> None:
    issues = ir.async_get(hass)
    await annas.show("hall", secure=False)
    assert issues.async_get_issue("navai", "display_insecure_hall")
    await annas.show("hall", secure=True)
    assert not issues.async_get_issue("navai", "display_insecure_hall")


async def test_a_conversation_from_its_beginning_to_its_end(
    hass: HomeAssistant, annas: Browser, house: House, anna: User
) -> None:
    events = async_capture_events(hass, "navai_session")
    for state in ("connecting", "listening", "thinking", "speaking", "listening"):
        await annas.report("s1", state, display="hall", profile="kitchen")
        assert house.sessions.state_of("hall") == state
    await annas.report("s1", "speaking", usage=USAGE)
    await annas.report("s1", "speaking", usage={**USAGE, "novelty": {}}, model="gpt-realtime-2.1")
    assert house.usage.of("kitchen").tokens == 60
    assert house.usage.of("kitchen").cost is not None
    await annas.report("s1", "ended")
    assert house.sessions.state_of("hall") == "idle"
    assert house.usage.of("kitchen").sessions == 1
    assert [(event.data["type"], event.data["user_id"], event.data["session"]) for event in events] == [
        ("started", anna.id, "s1"),
        ("ended", anna.id, "s1"),
    ]
    # The display may be left out where nobody stands before one, and a failure says why.
    await annas.report("s2", "connecting", profile="office")
    await annas.report("s2", "failed", code="microphone_denied")
    assert events[-1].data["type"] == "failed"
    assert events[-1].data["code"] == "microphone_denied"
    assert "display" not in events[-1].data


async def test_an_unknown_model_has_no_price(annas: Browser, house: House) -> None:
    await annas.report("s1", "speaking", profile="kitchen", usage=USAGE, model="sk-not-a-model")
    assert house.usage.of("kitchen").tokens == 30
    assert house.usage.of("kitchen").cost is None


async def test_reports_that_cannot_be_are_refused(annas: Browser, bobs: Browser, house: House) -> None:
    async def refused(browser: Browser, **fields: Any) -> str:
        return await browser.refused("navai/session/report", **{"session": "s1", "state": "listening"} | fields)

    assert await refused(annas) == "invalid_request"
    assert await refused(annas, state="ended") == "invalid_request"
    assert await refused(annas, profile="kitchen", state="ended") == "unknown_session"
    assert await refused(annas, profile="kitchen", state="failed") == "unknown_session"
    assert await refused(annas, profile="attic") == "unknown_profile"
    assert await refused(bobs, profile="office") == "profile_not_allowed"
    assert await refused(bobs, profile="kitchen", display="desk") == "not_allowed"
    assert await refused(annas, profile="office", display="hall") == "profile_not_allowed"
    assert await refused(annas, profile="kitchen", display="attic") == "unknown_display"
    for usage in ({}, {"input_tokens": -1, "output_tokens": 0}, {"input_tokens": 1e9, "output_tokens": "3"}):
        assert await refused(annas, profile="kitchen", usage=usage) == "invalid_request"
    assert not house.sessions.all()
    await annas.report("s1", "listening", profile="kitchen")
    assert await refused(bobs, state="ended") == "not_allowed"
    assert await refused(bobs, profile="kitchen") == "not_allowed"
    for number in range(2, 9):
        await annas.report(f"s{number}", "connecting", profile="kitchen")
    assert await refused(annas, session="s9", profile="kitchen") == "rate_limited"
    assert len(house.sessions.all()) == 8


async def test_a_page_that_closes_ends_its_conversations(
    hass: HomeAssistant, annas: Browser, bobs: Browser, house: House
) -> None:
    events = async_capture_events(hass, "navai_session")
    await annas.report("s1", "listening", display="hall", profile="kitchen")
    await bobs.report("s2", "listening", profile="kitchen")
    await annas.close()
    while len(house.sessions.all()) > 1:
        await asyncio.sleep(0)
    assert [session.id for session in house.sessions.all()] == ["s2"]
    assert events[-1].data["type"] == "ended"
    assert events[-1].data["code"] == "connection_lost"
    assert house.sessions.state_of("hall") == "idle"


async def test_a_conversation_outlives_a_reload_even_without_its_profile_and_its_display(
    hass: HomeAssistant, annas: Browser, house: House, simulator: Simulator
) -> None:
    await annas.report("s1", "listening", display="hall", profile="kitchen")
    await reload(hass, {"navai": block(simulator, profiles={"garden": {}}, displays={})})
    await annas.report("s1", "speaking", display="hall", profile="kitchen", usage=USAGE)
    await annas.report("s1", "ended", display="hall")
    assert not house.sessions.all()


async def test_a_profile_that_keeps_warm_is_ready_when_a_page_asks(
    set_up: SetUp, hass: HomeAssistant, browser: Open, anna: User, simulator: Simulator
) -> None:
    await set_up(profiles={"kitchen": {"keep_warm": True}}, displays={"hall": {"profile": "kitchen"}})
    page = await browser()
    await page.call("navai/profiles", display="hall")
    await hass.async_block_till_done(wait_background_tasks=True)
    while len(simulator.requests) < 1:
        await asyncio.sleep(0)
    first = await page.call("navai/client_secret", display="hall")
    assert simulator.secrets.lookup(first["value"])
    second = await page.call("navai/client_secret", display="hall")
    assert second["value"] != first["value"]


async def test_a_display_that_is_opened_anew_shows_no_old_error(annas: Browser, house: House) -> None:
    await annas.show("hall")
    await annas.report("s1", "listening", profile="kitchen", display="hall")
    await annas.report("s1", "failed", code="microphone_denied")
    assert house.sessions.state_of("hall") is SessionState.ERROR
    await annas.show("hall")
    assert house.sessions.state_of("hall") is SessionState.IDLE


async def test_a_tablet_that_tries_again_and_again_is_told_of_once(
    hass: HomeAssistant, annas: Browser, house: House, freezer: FrozenDateTimeFactory
) -> None:
    events = async_capture_events(hass, "navai_session")
    for _ in range(5):
        assert await annas.refused("navai/client_secret", profile="attic", display="hall") == "unknown_profile"
    assert [event.data["type"] for event in events] == ["refused"]
    freezer.tick(11)
    await annas.refused("navai/client_secret", profile="attic", display="hall")
    assert len(events) == 2
