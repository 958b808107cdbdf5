"""The websocket commands, over real connections: what the card and the displays send and receive."""

import asyncio
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from component_support import KEY, Browser, Person, add_user, block, entity_id
from conftest import Open, SetUp
from homeassistant.auth.const import GROUP_ID_READ_ONLY
from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_capture_events, async_fire_time_changed
from secret_watch import WATCH

from custom_components.navai.data import FILES, NavaiData
from custom_components.navai.navai_core import VERSION
from custom_components.navai.navai_core.sessions.session import SessionState
from navai_core.simulator import Simulator

USAGE = {
    "total_tokens": 30,
    "input_tokens": 10,
    "output_tokens": 20,
    "input_token_details": {"audio_tokens": 10},
    "output_token_details": {"text_tokens": 5, "audio_tokens": 15},
}


@pytest.fixture
async def annas(house: NavaiData, anna: User, browser: Open) -> Browser:
    return await browser()


@pytest.fixture
async def bobs(house: NavaiData, bob: Person, browser: Open) -> Browser:
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


async def test_people_fetch_secrets(annas: Browser, bobs: Browser, simulator: Simulator, house: NavaiData) -> None:
    minted = await annas.call("navai/client_secret", profile="office")
    assert minted.keys() == {
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


async def test_a_read_only_person_can_talk_like_everyone(
    hass: HomeAssistant, house: NavaiData, local_auth: Any, browser: Open
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
        ("body=not-json", "upstream_sign_in"),
    ],
)
async def test_the_providers_errors_have_codes(annas: Browser, simulator: Simulator, fault: str, code: str) -> None:
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
        ("navai/session/report", {"session": "s1", "state": "listening", "profile": "kitchen", "model": [1]}),
        ("navai/session/report", {"session": "s1", "state": "listening", "profile": "kitchen", "request": "a b"}),
        ("navai/session/report", {"session": "s1", "state": "listening", "profile": "kitchen", "said": "hello"}),
        *(
            ("navai/session/report", {"session": "s1", "state": "listening", "profile": "kitchen", "number": number})
            for number in (0, -1, True, "1", 1.0, 2**53)
        ),
        ("navai/displays", {"display": "hall"}),
    ],
)
async def test_what_does_not_fit_is_refused(
    annas: Browser, house: NavaiData, command: str, fields: dict[str, Any]
) -> None:
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


async def test_a_display_receives_its_configuration_first(
    hass: HomeAssistant, annas: Browser, bobs: Browser, house: NavaiData
) -> None:
    assert await annas.show("desk") == {
        "type": "configuration",
        "display": "desk",
        "name": "Desk",
        "profile": "office",
        "profiles": ["office", "kitchen"],
        "version": VERSION,
        "modules": FILES.tag,
        "session": None,
    }
    assert house.displays.connected("desk")
    assert await bobs.refused("navai/subscribe", display="desk") == "not_allowed"
    assert await bobs.refused("navai/subscribe", display="attic") == "unknown_display"
    assert (await bobs.show("hall"))["display"] == "hall"


async def test_after_a_reload_a_display_receives_its_configuration_again(
    hass: HomeAssistant, annas: Browser, bobs: Browser, house: NavaiData, simulator: Simulator
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
    # An earlier conversation continues, and the display still receives commands.
    call = hass.async_create_task(
        hass.services.async_call("navai", "stop_conversation", {"display": "hall"}, blocking=True)
    )
    command = await bobs.event()
    assert command["type"] == "stop"
    await bobs.report("none", "ended", request=command["request"])
    await call


async def test_a_display_is_its_browser_only_as_long_as_the_yaml_says_so(
    hass: HomeAssistant, bobs: Browser, house: NavaiData, simulator: Simulator
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
    hass: HomeAssistant, annas: Browser, house: NavaiData
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


async def test_displays_are_notified_when_the_block_is_removed(
    hass: HomeAssistant, annas: Browser, simulator: Simulator
) -> None:
    await annas.show("hall")
    await annas.report("s1", "listening", profile="kitchen", display="hall")
    await reload(hass, {})
    assert await annas.event() == {"type": "removed"}
    assert await annas.refused("navai/profiles") == "not_ready"
    assert await annas.refused("navai/subscribe", display="hall") == "not_ready"
    assert await annas.refused("navai/session/report", session="s1", state="ended") == "unknown_session"


async def test_a_display_that_leaves_is_not_connected_any_more(
    hass: HomeAssistant, annas: Browser, bobs: Browser, house: NavaiData
) -> None:
    await annas.show("hall")
    await annas.call("unsubscribe_events", subscription=1)
    assert not house.displays.connected("hall")
    await annas.show("hall")
    await bobs.show("hall")
    await bobs.close()
    while len(house.displays._screens["hall"]) > 1:
        await asyncio.sleep(0)
    assert house.displays.connected("hall")
    await annas.close()
    while house.displays.connected("hall"):
        await asyncio.sleep(0)


async def test_of_two_pages_that_show_a_display_the_latest_is_asked(
    hass: HomeAssistant, annas: Browser, bobs: Browser
) -> None:
    await annas.show("hall")
    await bobs.show("hall")
    call = hass.async_create_task(
        hass.services.async_call("navai", "start_conversation", {"display": "hall"}, blocking=True)
    )
    command = await bobs.event()
    await bobs.report("s1", "connecting", display="hall", profile="kitchen", request=command["request"])
    await call
    await annas.received_nothing_else()


async def test_of_two_pages_the_latest_with_a_microphone_is_asked(
    hass: HomeAssistant, annas: Browser, bobs: Browser
) -> None:
    await annas.show("hall", secure=True)
    await bobs.show("hall", secure=False)
    call = hass.async_create_task(
        hass.services.async_call("navai", "start_conversation", {"display": "hall"}, blocking=True)
    )
    command = await annas.event()
    await annas.report("s1", "connecting", display="hall", profile="kitchen", request=command["request"])
    await call
    await bobs.received_nothing_else()
    await annas.close()
    call = hass.async_create_task(
        hass.services.async_call("navai", "start_conversation", {"display": "hall"}, blocking=True)
    )
    # The page itself shows what is wrong, which is better than no response.
    command = await bobs.event()
    await bobs.report("s2", "connecting", display="hall", profile="kitchen", request=command["request"])
    await call


async def test_a_page_reports_whether_it_can_use_the_microphone(annas: Browser, hass: HomeAssistant) -> None:
    issues = ir.async_get(hass)
    await annas.show("hall", secure=False)
    assert issues.async_get_issue("navai", "display_insecure_hall")
    await annas.show("hall", secure=True)
    assert not issues.async_get_issue("navai", "display_insecure_hall")


async def test_a_conversation_from_its_beginning_to_its_end(
    hass: HomeAssistant, annas: Browser, house: NavaiData, anna: User
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
    # A report may have no display, and a failure has a code.
    await annas.report("s2", "connecting", profile="office")
    await annas.report("s2", "failed", code="microphone_denied")
    assert events[-1].data["type"] == "failed"
    assert events[-1].data["code"] == "microphone_denied"
    assert "display" not in events[-1].data


async def test_a_problem_in_a_conversation_is_reported_once(
    hass: HomeAssistant, annas: Browser, house: NavaiData, caplog: pytest.LogCaptureFixture
) -> None:
    events = async_capture_events(hass, "navai_session")
    await annas.report("s1", "listening", display="hall", profile="kitchen", number=1)
    wrong = {"problem": "response_failed", "provider_code": "server_error"}
    for number in (3, 3, 2):
        await annas.report("s1", "thinking", number=number, **(wrong if number == 3 else {}))
    await annas.report("s1", "thinking", number=4, problem="hears_itself")
    assert house.sessions.state_of("hall") == "thinking"
    await annas.report("s1", "ended", number=5)
    found = [(event.data["type"], event.data.get("code"), event.data.get("provider_code")) for event in events]
    assert found == [
        ("started", None, None),
        ("problem", "response_failed", "server_error"),
        ("problem", "hears_itself", None),
        ("ended", None, None),
    ]
    line = "A conversation with kitchen has a problem: response_failed (the provider's code server_error)"
    assert caplog.text.count(line) == 1


async def test_an_unknown_model_has_no_price(annas: Browser, house: NavaiData) -> None:
    await annas.report("s1", "speaking", profile="kitchen", usage=USAGE, model="sk-not-a-model")
    assert house.usage.of("kitchen").tokens == 30
    assert house.usage.of("kitchen").cost is None


async def test_reports_that_cannot_be_are_refused(annas: Browser, bobs: Browser, house: NavaiData) -> None:
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
    assert not house.sessions.all()
    await annas.report("s1", "listening", profile="kitchen")
    assert await refused(bobs, state="ended") == "not_allowed"
    assert await refused(bobs, profile="kitchen") == "not_allowed"
    for number in range(2, 9):
        await annas.report(f"s{number}", "connecting", profile="kitchen")
    assert await refused(annas, session="s9", profile="kitchen") == "rate_limited"
    assert len(house.sessions.all()) == 8


async def test_a_page_that_closes_ends_its_conversations(
    hass: HomeAssistant, annas: Browser, bobs: Browser, house: NavaiData
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
    hass: HomeAssistant, annas: Browser, house: NavaiData, simulator: Simulator
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


async def test_a_display_that_is_opened_again_shows_no_old_error(annas: Browser, house: NavaiData) -> None:
    await annas.show("hall")
    await annas.report("s1", "listening", profile="kitchen", display="hall")
    await annas.report("s1", "failed", code="microphone_denied")
    assert house.sessions.state_of("hall") is SessionState.ERROR
    await annas.show("hall")
    assert house.sessions.state_of("hall") is SessionState.IDLE


async def test_a_tablet_that_keeps_trying_is_reported_once(
    hass: HomeAssistant, annas: Browser, house: NavaiData
) -> None:
    now = 100.0
    house._clock = lambda: now
    events = async_capture_events(hass, "navai_session")
    for _ in range(5):
        assert await annas.refused("navai/client_secret", profile="attic", display="hall") == "unknown_profile"
    assert [event.data["type"] for event in events] == ["refused"]
    now += 11
    await annas.refused("navai/client_secret", profile="attic", display="hall")
    assert len(events) == 2


# --- several browsers of one display


def act(hass: HomeAssistant, action: str) -> asyncio.Task[Any]:
    """Run an action on the display in the hall."""
    call = hass.services.async_call("navai", action, {"display": "hall"}, blocking=True, return_response=True)
    return hass.async_create_task(call)


async def test_people_see_the_displays_that_they_may_use(annas: Browser, bobs: Browser) -> None:
    hall, desk = {"display": "hall", "name": "Hall tablet"}, {"display": "desk", "name": "Desk"}
    assert await annas.call("navai/displays") == {"displays": [desk, hall]}
    assert await bobs.call("navai/displays") == {"displays": [hall]}


async def test_a_start_goes_to_the_browser_that_talks(hass: HomeAssistant, annas: Browser, bobs: Browser) -> None:
    await annas.show("hall")
    await bobs.show("hall")
    await annas.report("s1", "listening", display="hall", profile="kitchen", number=1)
    call = act(hass, "start_conversation")
    command = await annas.event()
    assert (command["type"], command["session"]) == ("start", "s1")
    await annas.report("s1", "thinking", request=command["request"], number=2)
    assert await call == {"responded": ["hall"], "no_response": []}
    await bobs.received_nothing_else()


@pytest.mark.parametrize("alone", [False, True])
async def test_where_the_browser_that_talks_is_silent_another_one_begins(
    hass: HomeAssistant, annas: Browser, bobs: Browser, alone: bool
) -> None:
    await annas.show("hall")
    if not alone:
        await bobs.show("hall")
    await annas.report("s1", "listening", display="hall", profile="kitchen", number=1)
    call = act(hass, "start_conversation")
    first = await annas.event()
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=6))
    other = annas if alone else bobs
    command = await other.event()
    assert "session" not in command
    await other.report("s2", "connecting", display="hall", profile="kitchen", number=1, request=command["request"])
    assert await call == {"responded": ["hall"], "no_response": []}
    assert await annas.event() == {"type": "stop", "session": "s1", "code": "replaced"}
    assert first["request"] == command["request"]


async def test_a_tap_on_a_second_browser_moves_the_conversation_and_notifies_the_first(
    hass: HomeAssistant, annas: Browser, bobs: Browser, house: NavaiData
) -> None:
    events = async_capture_events(hass, "navai_session")
    moved = {"type": "stop", "session": "s1", "code": "replaced"}
    await annas.show("hall")
    await bobs.show("hall")
    await annas.report("s1", "listening", display="hall", profile="kitchen", number=1)
    await bobs.report("s2", "connecting", display="hall", profile="kitchen", number=1)
    assert await annas.event() == moved
    # A late report does not change this, and the page is notified again.
    await annas.report("s1", "speaking", display="hall", profile="kitchen", number=2, usage=USAGE)
    assert await annas.event() == moved
    await annas.report("s1", "ended", number=3)
    assert [(event.data["type"], event.data["session"]) for event in events] == [
        ("started", "s1"),
        ("ended", "s1"),
        ("started", "s2"),
    ]
    assert events[1].data["code"] == "replaced"
    assert [session.id for session in house.sessions.all()] == ["s2"]
    assert house.usage.of("kitchen").tokens == 30
    await bobs.received_nothing_else()


async def test_of_two_taps_at_once_one_wins_and_the_other_is_notified(
    annas: Browser, bobs: Browser, house: NavaiData
) -> None:
    pages = {"s1": annas, "s2": bobs}
    for page in pages.values():
        await page.show("hall")
    for state, number in (("connecting", 1), ("listening", 2), ("speaking", 3)):
        await asyncio.gather(
            *(
                page.report(session, state, display="hall", profile="kitchen", number=number)
                for session, page in pages.items()
            )
        )
    (talking,) = house.sessions.all()
    await pages.pop(talking.id).received_nothing_else()
    ((lost, other),) = pages.items()
    for _ in range(3):
        assert await other.event() == {"type": "stop", "session": lost, "code": "replaced"}


async def test_a_display_that_rings_is_notified_when_someone_answers_elsewhere(
    hass: HomeAssistant, annas: Browser, bobs: Browser
) -> None:
    events = async_capture_events(hass, "navai_session")
    await annas.show("hall")
    await bobs.show("hall")
    call = act(hass, "start_conversation")
    request = (await bobs.event())["request"]
    await bobs.report(f"none-{request}", "ended", request=request)
    await call
    await annas.report("s1", "connecting", display="hall", profile="kitchen", number=1)
    assert await bobs.event() == {"type": "elsewhere"}
    about = {"session": f"none-{request}", "state": "missed", "request": request, "display": "hall"}
    assert await bobs.refused("navai/session/report", **about) == "unknown_session"
    assert [event.data["type"] for event in events] == ["started"]


async def test_a_page_that_is_back_over_another_connection_goes_on(
    annas: Browser, bobs: Browser, browser: Open, house: NavaiData
) -> None:
    page = {"session": "s1", "state": "speaking", "display": "hall", "profile": "kitchen"}
    await annas.report("s1", "listening", display="hall", profile="kitchen", number=1)
    again = await browser()
    # The server has not noticed yet that the old connection is lost. No other person can take over.
    assert await again.refused("navai/session/report", **page) == "not_allowed"
    assert await bobs.refused("navai/session/report", **page, number=2) == "not_allowed"
    await again.report(**page, number=2)
    await annas.close()
    assert (await again.show("hall"))["session"] == "s1"
    assert house.sessions.state_of("hall") == "speaking"
    await again.close()
    while house.sessions.all():
        await asyncio.sleep(0)
    once_more = await browser()
    await once_more.report(**page, number=3)
    assert house.sessions.state_of("hall") == "speaking"
    assert house.usage.of("kitchen").sessions == 1


# --- a stop without a response


async def test_a_stop_ends_what_its_page_does_not_know(hass: HomeAssistant, annas: Browser, house: NavaiData) -> None:
    events = async_capture_events(hass, "navai_session")
    await annas.show("hall")
    await annas.report("s1", "listening", display="hall", profile="kitchen", number=1)
    call = act(hass, "stop_conversation")
    request = (await annas.event())["request"]
    await annas.report(f"none-{request}", "ended", request=request)
    assert await call == {"responded": ["hall"], "ended": [], "no_response": []}
    assert not house.sessions.all()
    assert events[-1].data["code"] == "no_answer"
    await annas.report("s1", "speaking", number=2)
    assert await annas.event() == {"type": "stop", "session": "s1", "code": "no_answer"}
    assert not house.sessions.all()


async def test_a_stop_ends_what_no_page_answers_for_and_says_so(
    hass: HomeAssistant, annas: Browser, bobs: Browser, house: NavaiData
) -> None:
    # The page of the conversation no longer shows the display.
    await annas.report("s1", "listening", display="hall", profile="kitchen", number=1)
    assert await act(hass, "stop_conversation") == {"responded": [], "ended": ["hall"], "no_response": []}
    assert not house.sessions.all()
    # The page shows the display, but does not respond.
    await annas.show("hall")
    await bobs.show("hall")
    await annas.report("s2", "listening", display="hall", profile="kitchen", number=1)
    call = act(hass, "stop_conversation")
    request = (await bobs.event())["request"]
    await bobs.report(f"none-{request}", "ended", request=request)
    assert not call.done()
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=6))
    assert await call == {"responded": [], "ended": ["hall"], "no_response": []}
    assert not house.sessions.all()
    # Without a conversation, no response is an error.
    call = act(hass, "stop_conversation")
    await annas.event()
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=12))
    with pytest.raises(HomeAssistantError):
        await call


async def test_the_button_ends_what_no_page_answers_for(hass: HomeAssistant, annas: Browser, house: NavaiData) -> None:
    await annas.report("s1", "listening", display="hall", profile="kitchen", number=1)
    button = entity_id(hass, "display:hall:stop")
    await hass.services.async_call("button", "press", {"entity_id": button}, blocking=True)
    assert not house.sessions.all()


async def test_of_several_cards_in_a_browser_the_one_that_talks_answers_a_stop(
    hass: HomeAssistant, annas: Browser, house: NavaiData
) -> None:
    events = async_capture_events(hass, "navai_session")
    for _ in range(2):
        await annas.show("hall")
    await annas.report("s1", "listening", display="hall", profile="kitchen", number=1)
    call = act(hass, "stop_conversation")
    for _ in range(2):
        request = (await annas.event())["request"]
    await annas.report(f"none-{request}", "ended", request=request)
    assert not call.done()
    await annas.report("s1", "ended", request=request, number=2)
    assert (await call)["responded"] == ["hall"]
    assert "code" not in events[-1].data
