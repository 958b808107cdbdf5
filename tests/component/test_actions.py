"""Actions: who may run them, what they return, and what a refusal says."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import time
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
import yaml
from component_support import KEY, Browser, Folder, Person, add_user, block, sentence_key
from conftest import Open, SetUp
from homeassistant.auth.const import GROUP_ID_READ_ONLY
from homeassistant.auth.models import User
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import floor_registry as fr
from homeassistant.helpers import label_registry as lr
from homeassistant.helpers.json import JSONEncoder
from homeassistant.helpers.network import NoURLAvailableError
from homeassistant.helpers.selector import TargetSelector, validate_selector
from homeassistant.helpers.service import async_get_all_descriptions
from homeassistant.helpers.target import TargetSelection
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events, async_fire_time_changed
from secret_watch import WATCH
from voluptuous import Invalid

import custom_components.navai
from custom_components.navai.data import DATA, NavaiData
from custom_components.navai.entity import make_devices
from navai_core.simulator import Simulator

SECRET = "create_client_secret"
START = "start_conversation"
STOP = "stop_conversation"


async def act(hass: HomeAssistant, action: str, user: User | None = None, **data: Any) -> dict[str, Any]:
    """Run an action as a person, or as an automation that ran by itself."""
    context = Context(user_id=user.id if user else None)
    response = await hass.services.async_call(
        "navai", action, data, blocking=True, context=context, return_response=True
    )
    assert isinstance(response, dict)
    return response


async def refused(hass: HomeAssistant, action: str, user: User | None = None, **data: Any) -> str:
    """Run an action that fails because of the caller's mistake, and return the key of the error's sentence."""
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, action, user, **data)
    return sentence_key(error.value)


async def failed(hass: HomeAssistant, action: str, user: User | None = None, **data: Any) -> str:
    """Run an action that fails for another reason, and return the key of the error's sentence."""
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, action, user, **data)
    assert not isinstance(error.value, ServiceValidationError)
    return sentence_key(error.value)


async def test_a_person_gets_a_secret_and_what_is_needed_to_connect(
    hass: HomeAssistant, house: NavaiData, anna: User, simulator: Simulator
) -> None:
    answer = await act(hass, SECRET, anna, profile="office")
    assert answer.keys() == {
        "value",
        "expires_at",
        "expires_at_iso",
        "profile",
        "model",
        "voice",
        "url",
        "idle_timeout",
        "session_length",
        "tool_timeout",
    }
    record = simulator.secrets.lookup(answer["value"])
    assert record is not None
    assert record.session["model"] == answer["model"] == "gpt-realtime-2.1-mini"
    assert record.session["audio"]["output"]["voice"] == answer["voice"] == "cedar"
    assert answer["profile"] == "office"
    assert answer["expires_at"] == record.expires_at
    assert datetime.fromisoformat(answer["expires_at_iso"]) == datetime.fromtimestamp(record.expires_at, UTC)
    assert answer["url"] == f"{simulator.base_url}/realtime/calls"
    assert house.usage.of("office").secrets == 1


async def test_the_forms_list_profiles_and_displays(hass: HomeAssistant, folder: Folder, simulator: Simulator) -> None:
    folder.write_block(block(simulator))
    await folder.start()

    async def forms() -> dict[str, Any]:
        descriptions = await async_get_all_descriptions(hass)
        return descriptions["navai"]

    def offered(form: dict[str, Any], field: str) -> list[tuple[str, str]]:
        choice = form["fields"][field]["selector"]["select"]
        assert choice["custom_value"] is True
        assert choice["multiple"] is (field == "display")
        validate_selector(form["fields"][field]["selector"])
        return [(option["value"], option["label"]) for option in choice["options"]]

    found = await forms()
    for action in (SECRET, START):
        assert offered(found[action], "profile") == [("kitchen", "Kitchen helper"), ("office", "Office")]
    for action in (START, STOP):
        assert offered(found[action], "display") == [("desk", "Desk"), ("hall", "Hall tablet")]
        assert found[action]["target"] == TargetSelector.CONFIG_SCHEMA({"entity": {"integration": "navai"}})
        assert found[action]["response"] == {"optional": True}
    # Everything else is as the file has it.
    file = yaml.safe_load((Path(custom_components.navai.__path__[0]) / "services.yaml").read_text("utf-8"))
    for action in (SECRET, START, STOP):
        assert found[action]["fields"].keys() == file[action]["fields"].keys()
    assert found[SECRET]["fields"]["overrides"] == file[SECRET]["fields"]["overrides"]

    changed = block(simulator)
    changed["displays"] = {"shed": {"profile": "kitchen"}}
    folder.write_block(changed)
    await folder.reload()
    assert offered((await forms())[STOP], "display") == [("shed", "Shed")]
    del changed["displays"]
    folder.write_block(changed)
    await folder.reload()
    assert (await forms())[STOP]["fields"]["display"]["selector"] == {"text": {"multiple": True}}
    folder.write_block(None)
    await folder.reload()
    assert "select" not in (await forms())[SECRET]["fields"]["profile"]["selector"]


ONE_TIME = "/api/navai/one-time/"


async def test_a_one_time_address_hands_out_the_secret_once(
    hass: HomeAssistant,
    house: NavaiData,
    anna: User,
    simulator: Simulator,
    hass_client_no_auth: Callable[[], Awaitable[Any]],
) -> None:
    clock = SimpleNamespace(now=100.0)
    house.one_time._clock = lambda: clock.now
    client = await hass_client_no_auth()

    async def get(path: str) -> tuple[int, str, dict[str, Any]]:
        response = await client.get(path)
        return response.status, response.headers["Cache-Control"], await response.json()

    answer = await act(hass, SECRET, anna, profile="office", response="url")
    assert answer.keys() == {"url", "path", "expires_at", "expires_at_iso", "profile"}
    assert "ek_" not in json.dumps(answer)
    assert answer["url"].endswith(answer["path"])
    assert answer["url"].startswith("http")
    assert 58 <= answer["expires_at"] - time() <= 60
    assert datetime.fromisoformat(answer["expires_at_iso"]) == datetime.fromtimestamp(answer["expires_at"], UTC)
    status, caching, body = await get(answer["path"])
    assert (status, caching) == (200, "no-store")
    assert simulator.secrets.lookup(body["value"])
    assert body.keys() == (await act(hass, SECRET, anna, profile="office", response="secret")).keys()

    late = await act(hass, SECRET, anna, profile="office", response="url")
    clock.now += 60
    for path in (answer["path"], late["path"], f"{ONE_TIME}x"):
        status, caching, body = await get(path)
        assert (status, caching, body["code"]) == (404, "no-store", "one_time_address_used")
        assert "already used, or has expired" in body["error"]
    assert (await client.head(late["path"])).status == 405
    with pytest.raises(Invalid):
        await act(hass, SECRET, anna, profile="office", response="both")


async def test_a_one_time_address_without_an_address_of_home_assistant_is_a_path(
    hass: HomeAssistant, house: NavaiData, anna: User
) -> None:
    with patch("custom_components.navai.services.get_url", side_effect=NoURLAvailableError):
        answer = await act(hass, SECRET, anna, profile="office", response="url")
    assert answer["url"] == answer["path"]
    assert answer["path"].startswith(ONE_TIME)


async def test_a_removed_entry_takes_its_one_time_addresses_along(
    hass: HomeAssistant, house: NavaiData, anna: User, hass_client_no_auth: Callable[[], Awaitable[Any]]
) -> None:
    answer = await act(hass, SECRET, anna, profile="office", response="url")
    (entry,) = hass.config_entries.async_entries("navai")
    await hass.config_entries.async_remove(entry.entry_id)
    client = await hass_client_no_auth()
    assert (await client.get(answer["path"])).status == 404


async def test_traces_keep_no_secret_with_a_one_time_address_and_a_warning_without(
    hass: HomeAssistant, hass_storage: dict[str, Any], house: NavaiData, caplog: pytest.LogCaptureFixture
) -> None:
    def action(**more: str) -> list[dict[str, Any]]:
        data = {"profile": "office", **more}
        return [{"action": f"navai.{SECRET}", "data": data, "response_variable": "got"}, {"event": "got_it"}]

    go = {"trigger": "event", "event_type": "go"}
    automations = [{"id": "morning", "alias": "Morning", "triggers": go, "actions": action()}]
    assert await async_setup_component(hass, "automation", {"automation": automations})
    scripts = {"plain": {"sequence": action()}, "careful": {"sequence": action(response="url")}}
    assert await async_setup_component(hass, "script", {"script": scripts})
    await act(hass, SECRET, profile="office")
    said = "creates client secrets"
    assert said not in caplog.text, "nothing keeps what the developer tools show"
    for _ in range(2):
        await hass.services.async_call("script", "careful", blocking=True)
    assert said not in caplog.text
    for _ in range(2):
        hass.bus.async_fire("go")
        await hass.async_block_till_done()
        await hass.services.async_call("script", "plain", blocking=True)
    warned = [record.getMessage() for record in caplog.records if said in record.getMessage()]
    assert [message.split()[0] for message in warned] == ["automation.morning", "script.plain"]
    assert "`response: url`" in warned[0]
    WATCH.text("the log", caplog.text)
    # What Home Assistant stores at its end. The docs say where it is.
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    stored = hass_storage["trace.saved_traces"]["data"]
    with_secret = {key for key, traces in stored.items() if '"ek_' in json.dumps(traces, cls=JSONEncoder)}
    assert with_secret == {"automation.morning", "script.plain"}
    assert "script.careful" in stored


async def test_without_a_profile_it_is_the_first_that_is_open(
    hass: HomeAssistant, house: NavaiData, bob: Person
) -> None:
    assert (await act(hass, SECRET, bob.user))["profile"] == "kitchen"
    assert (await act(hass, SECRET, bob.user, profile=""))["profile"] == "kitchen"
    assert (await act(hass, SECRET))["profile"] == "office"


@pytest.mark.parametrize("named", ["Anna", "anna", "ANNA", "a.smith", "A.Smith"])
async def test_users_name_people_by_their_name_or_how_they_sign_in(
    hass: HomeAssistant, set_up: SetUp, bob: Person, named: str
) -> None:
    profiles = {"office": {"users": [named]}}
    await set_up(profiles=profiles, displays={})
    anna = await add_user(hass, "Anna", username="a.smith")
    assert (await act(hass, SECRET, anna.user))["profile"] == "office"
    assert await refused(hass, SECRET, bob.user, profile="office") == "profile_not_allowed"


async def test_users_name_people_by_their_id(hass: HomeAssistant, set_up: SetUp, bob: Person, anna: User) -> None:
    await set_up(profiles={"office": {"users": [anna.id]}}, displays={})
    assert (await act(hass, SECRET, anna))["profile"] == "office"
    assert await refused(hass, SECRET, bob.user) == "profile_not_allowed"


async def test_an_administrator_is_let_in_like_anybody(hass: HomeAssistant, set_up: SetUp, anna: User) -> None:
    await set_up(profiles={"office": {"users": ["Bob"]}}, displays={})
    assert await refused(hass, SECRET, anna, profile="office") == "profile_not_allowed"


async def test_automations_need_permission(hass: HomeAssistant, house: NavaiData) -> None:
    assert (await act(hass, SECRET, profile="office"))["profile"] == "office"
    assert await refused(hass, SECRET, profile="kitchen") == "profile_not_allowed"


async def test_a_removed_person_is_not_an_automation(hass: HomeAssistant, house: NavaiData, bob: Person) -> None:
    await hass.auth.async_remove_user(bob.user)
    assert await refused(hass, SECRET, bob.user, profile="office") == "person_gone"
    assert await refused(hass, STOP, bob.user, display="hall") == "person_gone"
    assert await refused(hass, START, bob.user, display="hall") == "person_gone"


async def test_a_profile_that_is_not_there_or_switched_off(hass: HomeAssistant, house: NavaiData, anna: User) -> None:
    assert await refused(hass, SECRET, anna, profile="bathroom") == "unknown_profile"
    with pytest.raises(ServiceValidationError, match=r"profile kitchn does not exist\. Did you mean kitchen") as error:
        await act(hass, SECRET, anna, profile="kitchn")
    assert sentence_key(error.value) == "unknown_profile_near"
    key = WATCH.secret("sk-for-a-profile-0123456789")
    with pytest.raises(ServiceValidationError, match="profile … does not exist") as error:
        await act(hass, SECRET, anna, profile=key)
    WATCH.text("a refusal", str(error.value.translation_placeholders))
    house.switch("office", on=False)
    assert await refused(hass, SECRET, anna, profile="office") == "profile_not_allowed"
    assert await refused(hass, "start_conversation", anna, display="desk", profile="office") == "profile_not_allowed"


async def test_a_request_changes_what_the_profile_lets_it(
    hass: HomeAssistant, house: NavaiData, anna: User, simulator: Simulator
) -> None:
    answer = await act(hass, SECRET, anna, profile="kitchen", language="Spanish", tone=" ")
    record = simulator.secrets.lookup(answer["value"])
    assert record is not None
    assert "Always reply in Spanish." in record.session["instructions"]
    with pytest.raises(ServiceValidationError, match="voice, tone") as error:
        await act(hass, SECRET, anna, profile="kitchen", voice="ash", tone="calm", language="German")
    assert sentence_key(error.value) == "override_not_allowed"


async def test_a_field_that_does_not_fit_is_named_and_not_quoted(
    hass: HomeAssistant, house: NavaiData, anna: User
) -> None:
    secret = WATCH.secret("sk-in-the-wrong-place-0001")
    with pytest.raises(ServiceValidationError, match="language") as error:
        await act(hass, SECRET, anna, profile="kitchen", language=secret * 10)
    assert sentence_key(error.value) == "other"
    assert secret not in str(error.value)
    with pytest.raises(Invalid):
        await act(hass, SECRET, anna, profile="kitchen", colour="blue")
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call("navai", SECRET, {"profile": "office"}, blocking=True)


async def test_a_removed_field_names_what_to_use_instead(hass: HomeAssistant, house: NavaiData, anna: User) -> None:
    with pytest.raises(Invalid, match=r"`opening_line` was removed in 0\.1\.0 — use `start_message` instead"):
        await act(hass, "start_conversation", anna, display="hall", opening_line="Hello")


async def test_too_often_says_how_long_to_wait(hass: HomeAssistant, set_up: SetUp, anna: User) -> None:
    await set_up(profiles={"kitchen": {"limits": {"secrets_per_minute": 2}}}, displays={})
    for _ in range(2):
        await act(hass, SECRET, anna)
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, SECRET, anna)
    assert sentence_key(error.value) == "rate_limited"
    assert error.value.translation_placeholders
    assert 1 <= int(error.value.translation_placeholders["seconds"]) <= 120


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        ("error=invalid_api_key", "api_key_refused"),
        ("status=403; error=invalid_request", "permission_refused"),
        ("error=unsupported_country_region_territory", "country_not_supported"),
        ("error=missing_scope", "missing_scope"),
        ("error=invalid_model", "invalid_model"),
        ("error=DeploymentNotFound", "deployment_not_found"),
        ("error=beta_api_shape_disabled", "beta_api_retired"),
        ("body=sign-in", "upstream_sign_in"),
        ("error=model_not_found", "model_not_found"),
        ("error=insufficient_quota", "quota_exhausted"),
        ("error=invalid_request", "upstream_refused"),
        ("error=rate_limit_exceeded; should-retry=false; retry-after=7", "upstream_rate_limited"),
        ("error=server_is_overloaded; should-retry=false", "upstream_unavailable"),
        ("body=not-json", "upstream_sign_in"),
        ("body=huge", "upstream_invalid_response"),
        ("truncate", "upstream_invalid_response"),
    ],
)
async def test_the_providers_errors_have_our_own_sentences(
    hass: HomeAssistant,
    house: NavaiData,
    anna: User,
    simulator: Simulator,
    fault: str,
    key: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(2):
        simulator.faults.push(fault)
        assert await failed(hass, SECRET, anna, profile="office") == key
    assert house.last_error == key
    assert caplog.text.count("No client secret for office") == 1
    assert house.usage.of("office").secrets == 0
    await act(hass, SECRET, anna, profile="office")
    await act(hass, SECRET, anna, profile="office")
    assert caplog.text.count("issues client secrets again") == 1


async def test_a_provider_that_echoes_the_key_is_not_quoted(
    hass: HomeAssistant, house: NavaiData, anna: User, simulator: Simulator
) -> None:
    simulator.faults.push(f"error-body=Your key {KEY} is wrong")
    assert await failed(hass, SECRET, anna, profile="office") == "upstream_refused"


async def test_a_provider_that_is_slow(hass: HomeAssistant, set_up: SetUp, anna: User, simulator: Simulator) -> None:
    house = await set_up(timeout=5, profiles={"kitchen": {}}, displays={})
    simulator.faults.push("latency-ms=60000")
    call = hass.async_create_task(failed(hass, SECRET, anna))
    while not simulator.requests:
        await asyncio.sleep(0)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=6))
    assert await call == "upstream_timeout"
    assert house.usage.of("kitchen").secrets == 0
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=61))


async def test_a_provider_that_is_not_there(
    hass: HomeAssistant, set_up: SetUp, anna: User, unused_tcp_port: int
) -> None:
    await set_up(base_url=f"http://127.0.0.1:{unused_tcp_port}/v1", timeout=1)
    assert await failed(hass, SECRET, anna) == "upstream_unreachable"


async def test_without_a_key_there_is_no_secret(hass: HomeAssistant, set_up: SetUp, anna: User) -> None:
    await set_up(api_key=None)
    assert await failed(hass, SECRET, anna, profile="office") == "api_key_missing"


async def answer_commands(tablet: Browser, count: int = 1) -> list[dict[str, Any]]:
    """Respond to commands like a display that follows them, and return them without their ids."""
    commands = []
    for number in range(count):
        command = await tablet.event()
        kind, request = command["type"], command.pop("request")
        profile = {"profile": command["profile"]} if kind == "start" else {}
        await tablet.report(f"s{number}", "connecting" if kind == "start" else "ended", request=request, **profile)
        commands.append(command)
    return commands


async def test_an_automation_starts_and_stops_a_conversation(
    hass: HomeAssistant, house: NavaiData, anna: User, browser: Open
) -> None:
    tablet = await browser()
    await tablet.show("hall")
    for fields in ({}, {"start_message": "Welcome home!"}, {"extra_system_prompt": "The washing machine has ended."}):
        call = hass.async_create_task(act(hass, START, display="hall", **fields))
        assert await answer_commands(tablet) == [{"type": "start", "profile": "kitchen", **fields}]
        assert await call == {"responded": ["hall"], "no_response": []}
        call = hass.async_create_task(act(hass, STOP, display="hall"))
        assert await answer_commands(tablet) == [{"type": "stop"}]
        assert await call == {"responded": ["hall"], "ended": [], "no_response": []}
    assert not house.sessions.all()


async def test_a_display_without_a_conversation_responds_to_a_stop(
    hass: HomeAssistant, house: NavaiData, anna: User, browser: Open
) -> None:
    tablet = await browser()
    await tablet.show("hall")
    call = hass.async_create_task(act(hass, STOP, display="hall"))
    command = await tablet.event()
    await tablet.report("none", "ended", request=command["request"])
    assert (await call)["responded"] == ["hall"]


async def test_only_the_display_itself_answers(
    hass: HomeAssistant, house: NavaiData, anna: User, browser: Open, bob: Person
) -> None:
    tablet, phone, former = await browser(), await browser(bob.token), await browser()
    await former.show("hall")
    await tablet.show("hall")
    call = hass.async_create_task(failed(hass, START, display="hall"))
    command = await tablet.event()
    # Even the same person at the same display does not count: only the page that got the command does.
    for number, other in enumerate((phone, former)):
        report = {"display": "hall", "profile": "kitchen", "request": command["request"]}
        await other.report(f"s{number}", "connecting", **report)
        await other.report(f"t{number}", "ended", request=command["request"])
    await tablet.report("mine", "connecting", display="hall", profile="kitchen", request="01JANOTHER")
    assert not call.done()
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=6))
    assert await call == "display_no_answer"
    # A late response does not count, but is not an error.
    await tablet.report("mine", "listening", request=command["request"])
    # The tablet's conversation replaced its own, so that it must release the microphone.
    assert await former.event() == {"type": "stop", "session": "s1", "code": "replaced"}
    await former.received_nothing_else()


async def test_a_stop_reaches_the_page_that_holds_the_conversation(
    hass: HomeAssistant, house: NavaiData, anna: User, browser: Open
) -> None:
    tablet, shadow = await browser(), await browser()
    await tablet.show("hall")
    await tablet.report("s1", "listening", profile="kitchen", display="hall")
    await shadow.show("hall")
    call = hass.async_create_task(act(hass, STOP, display="hall"))
    # The response of a page without a conversation stops nothing.
    command = await shadow.event()
    await shadow.report("none", "ended", request=command["request"])
    assert not call.done()
    command = await tablet.event()
    await tablet.report("s1", "ended", request=command["request"])
    assert (await call)["responded"] == ["hall"]
    assert not house.sessions.all()
    await hass.services.async_call("button", "press", {"entity_id": entity_of(hass, "hall")}, blocking=True)
    assert [await page.event() for page in (tablet, shadow)] == [{"type": "stop"}] * 2


async def test_a_display_that_cannot_start_responds_at_once(
    hass: HomeAssistant, house: NavaiData, anna: User, browser: Open
) -> None:
    tablet = await browser()
    await tablet.show("hall")
    call = hass.async_create_task(failed(hass, START, display="hall"))
    command = await tablet.event()
    await tablet.report("none", "failed", request=command["request"], code="microphone_denied")
    assert await call == "display_no_answer"


async def test_people_control_the_displays_that_they_may_use(
    hass: HomeAssistant, set_up: SetUp, bob: Person, anna: User, browser: Open
) -> None:
    await set_up()
    tablet = await browser()
    await tablet.show("desk")
    assert await refused(hass, START, bob.user, display="desk", profile="kitchen") == "display_not_theirs"
    assert await refused(hass, STOP, bob.user, display="desk") == "display_not_theirs"
    await tablet.show("hall")
    guest = await add_user(hass, "Guest", group=GROUP_ID_READ_ONLY)
    for action in (START, STOP):
        assert await refused(hass, action, guest.user, display="hall") == "display_not_controlled"
    await tablet.received_nothing_else()


@pytest.fixture
async def rooms(hass: HomeAssistant, set_up: SetUp, browser: Open, anna: User) -> dict[str, Browser]:
    """Three displays in two rooms, and the browsers of two of them."""
    await set_up(
        displays={
            "hall": {"name": "Hall tablet", "profile": "kitchen", "area": "Hallway"},
            "desk": {"name": "Desk", "profile": "office", "profiles": ["kitchen"], "area": "Study"},
            "shelf": {"name": "Shelf", "profile": "kitchen", "area": "Study"},
        }
    )
    tablets = {name: await browser() for name in ("hall", "desk")}
    for name, tablet in tablets.items():
        await tablet.show(name)
    return tablets


def devices_of(hass: HomeAssistant) -> list[dr.DeviceEntry]:
    """The devices of navai."""
    (entry,) = hass.config_entries.async_entries("navai")
    return dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)


def entity_of(hass: HomeAssistant, display: str) -> str:
    """Return the stop button of a display. Its entity id depends on the release."""
    return next(
        entity.entity_id
        for entity in er.async_get(hass).entities.values()
        if entity.platform == "navai" and entity.domain == "button" and f"display:{display}:" in entity.unique_id
    )


async def assert_stopped(hass: HomeAssistant, rooms: dict[str, Browser], *expected: str, **target: Any) -> None:
    """Stop displays, and assert which ones get the command."""
    call = hass.async_create_task(act(hass, STOP, **target))
    for name in expected:
        await answer_commands(rooms[name])
    assert await call == {"responded": list(expected), "ended": [], "no_response": []}
    for tablet in rooms.values():
        await tablet.received_nothing_else()


async def test_displays_are_found_by_name_and_by_target(
    hass: HomeAssistant, rooms: dict[str, Browser], device_registry: dr.DeviceRegistry
) -> None:
    areas, floors, labels = ar.async_get(hass), fr.async_get(hass), lr.async_get(hass)
    hall, shelf = (
        next(device for device in devices_of(hass) if ("navai", f"display:{name}") in device.identifiers)
        for name in ("hall", "shelf")
    )
    await assert_stopped(hass, rooms, "hall", display="hall")
    await assert_stopped(hass, rooms, "hall", display="HALL TABLET")
    await assert_stopped(hass, rooms, "hall", "desk", display=["Hall tablet", "desk", "hall"])
    await assert_stopped(hass, rooms, "hall", device_id=hall.id)
    await assert_stopped(hass, rooms, "hall", entity_id=entity_of(hass, "hall"))
    await assert_stopped(hass, rooms, "hall", area_id=hall.area_id)
    floor = floors.async_create("Downstairs")
    areas.async_update(hall.area_id, floor_id=floor.floor_id)
    await assert_stopped(hass, rooms, "hall", floor_id=floor.floor_id)
    label = labels.async_create("Walls")
    device_registry.async_update_device(hall.id, labels={label.label_id})
    await assert_stopped(hass, rooms, "hall", label_id=[label.label_id])
    await assert_stopped(hass, rooms, "hall", "desk", display="hall", entity_id=[entity_of(hass, "desk")])
    # A display that was moved is found in its new area, and one that shares its area with other devices, too.
    device_registry.async_update_device(shelf.id, area_id=hall.area_id)
    study = areas.async_get_area_by_name("Study")
    assert study
    entry = MockConfigEntry(domain="test")
    entry.add_to_hass(hass)
    other = device_registry.async_get_or_create(config_entry_id=entry.entry_id, identifiers={("test", "1")})
    device_registry.async_update_device(other.id, area_id=study.id)
    await assert_stopped(hass, rooms, "desk", area_id=[study.id])


async def test_a_target_leaves_out_what_it_excludes(hass: HomeAssistant, rooms: dict[str, Browser]) -> None:
    hall, desk = (
        next(device for device in devices_of(hass) if device.name == name) for name in ("Hall tablet", "Desk")
    )
    target = {"device_id": [hall.id, desk.id], "exclude": {"area_id": hall.area_id}}
    if hasattr(TargetSelection, "exclude"):
        await assert_stopped(hass, rooms, "desk", **target)
    else:  # older releases: a refusal is better than stopping both
        with pytest.raises(Invalid):
            await act(hass, STOP, **target)


async def test_without_a_display_an_action_is_refused(hass: HomeAssistant, rooms: dict[str, Browser]) -> None:
    service = next(device for device in devices_of(hass) if device.model == "Realtime voice")
    targets: tuple[dict[str, Any], ...] = (
        {},
        {"display": []},
        {"area_id": "attic"},
        {"entity_id": "sun.sun"},
        {"device_id": service.id},
        {"device_id": "0123"},
    )
    for target in targets:
        assert await refused(hass, STOP, **target) == "no_display_meant", target
    for display in ("bathroom", ["hall", "bathroom"]):
        with pytest.raises(ServiceValidationError, match="display bathroom does not exist") as error:
            await act(hass, STOP, display=display)
        assert sentence_key(error.value) == "unknown_display"
    with pytest.raises(ServiceValidationError, match=r"display Hal does not exist\. Did you mean hall") as error:
        await act(hass, STOP, display="Hal")
    assert sentence_key(error.value) == "unknown_display_near"
    key = WATCH.secret("sk-for-a-display-0123456789")
    with pytest.raises(ServiceValidationError, match="display … does not exist") as error:
        await act(hass, STOP, display=key)
    WATCH.text("a refusal", str(error.value.translation_placeholders))
    for tablet in rooms.values():
        await tablet.received_nothing_else()


async def test_a_name_that_two_displays_have_is_refused(hass: HomeAssistant, set_up: SetUp) -> None:
    twins = {key: {"name": "Tablet", "profile": "kitchen"} for key in ("one", "two")}
    await set_up(displays={**twins, "tablet": {"name": "Else", "profile": "kitchen"}})
    with pytest.raises(ServiceValidationError, match=r"called TABLET\. Use one of these names: one, two") as error:
        await act(hass, STOP, display="TABLET")
    assert sentence_key(error.value) == "several_displays"
    assert await failed(hass, STOP, display="tablet") == "display_not_connected", "a key comes before a name"


async def test_a_display_that_is_not_connected_is_an_error_that_says_so(
    hass: HomeAssistant, rooms: dict[str, Browser]
) -> None:
    house = hass.data[DATA]
    with pytest.raises(HomeAssistantError, match="Shelf is not connected") as error:
        await act(hass, START, display="shelf")
    assert sentence_key(error.value) == "display_not_connected"
    # A sleeping display does not affect the others.
    call = hass.async_create_task(act(hass, START, display=["shelf", "hall"]))
    await answer_commands(rooms["hall"])
    assert await call == {"responded": ["hall"], "no_response": ["shelf"]}
    await rooms["hall"].close()
    while house.displays.connected("hall"):
        await asyncio.sleep(0)
    assert await failed(hass, START, display="hall") == "display_not_connected"


async def test_some_displays_answer_and_some_do_not(hass: HomeAssistant, rooms: dict[str, Browser]) -> None:
    call = hass.async_create_task(act(hass, START, display=["hall", "desk"], profile="kitchen"))
    await answer_commands(rooms["desk"])
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=6))
    assert await call == {"responded": ["desk"], "no_response": ["hall"]}
    call = hass.async_create_task(act(hass, START, display=["hall", "desk"], profile="kitchen"))
    await rooms["hall"].event()
    await rooms["desk"].event()
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=12))
    with pytest.raises(HomeAssistantError) as error:
        await call
    assert sentence_key(error.value) == "display_no_answer"
    assert "Hall tablet, Desk" in str(error.value)


async def test_who_may_start_what_where(
    hass: HomeAssistant, rooms: dict[str, Browser], bob: Person, anna: User
) -> None:
    with pytest.raises(ServiceValidationError, match="Hall tablet cannot use the profile office") as error:
        await act(hass, START, display="hall", profile="office")
    assert sentence_key(error.value) == "display_lacks_profile"
    assert await refused(hass, START, display="hall", profile="bathroom") == "unknown_profile"
    assert await refused(hass, START, bob.user, display="desk") == "profile_not_allowed"
    for who, profile in ((bob.user, "kitchen"), (anna, "office"), (None, "office"), (anna, "")):
        call = hass.async_create_task(act(hass, START, who, display="desk", profile=profile))
        await answer_commands(rooms["desk"])
        assert (await call)["responded"] == ["desk"]


@pytest.mark.parametrize(
    "fields", [{"start_message": "x" * 501}, {"extra_system_prompt": "x" * 4001}, {"start_message": ""}]
)
async def test_what_a_conversation_opens_with_has_bounds(
    hass: HomeAssistant, rooms: dict[str, Browser], fields: dict[str, str]
) -> None:
    with pytest.raises(Invalid):
        await act(hass, START, display="hall", **fields)
    await rooms["hall"].received_nothing_else()


async def test_each_caller_sees_their_own_profiles(
    hass: HomeAssistant, house: NavaiData, anna: User, bob: Person
) -> None:
    async def listed(user: User | None) -> list[str]:
        answer = await act(hass, "list_profiles", user)
        names = [profile["profile"] for profile in answer["profiles"]]
        assert answer["default_profile"] == (names[0] if names else None)
        assert all("instructions" not in profile for profile in answer["profiles"])
        return names

    assert await listed(anna) == ["kitchen", "office"]
    assert await listed(bob.user) == ["kitchen"]
    assert await listed(None) == ["office"]
    house.switch("office", on=False)
    assert await listed(None) == []


async def test_an_automation_runs_the_actions(
    hass: HomeAssistant, house: NavaiData, browser: Open, anna: User, simulator: Simulator
) -> None:
    tablet = await browser()
    await tablet.show("hall")
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": [
                {
                    "alias": "Secret",
                    "triggers": {"trigger": "event", "event_type": "wanted"},
                    "actions": [
                        {
                            "action": "navai.create_client_secret",
                            "data": {"profile": "{{ trigger.event.data.profile }}"},
                            "response_variable": "secret",
                        },
                        {
                            "event": "made",
                            "event_data": {"value": "{{ secret.value }}", "at": "{{ secret.expires_at }}"},
                        },
                    ],
                },
                {
                    "alias": "Greet",
                    "triggers": {"trigger": "event", "event_type": "at_the_door"},
                    "actions": [
                        {
                            "action": "navai.start_conversation",
                            "target": {"entity_id": "{{ ['" + entity_of(hass, "hall") + "'] }}"},
                            "data": {"start_message": "Welcome home, {{ trigger.event.data.name }}!"},
                            "response_variable": "answer",
                        },
                        {"event": "greeted", "event_data": {"responded": "{{ answer.responded }}"}},
                    ],
                },
            ]
        },
    )
    made, greeted = async_capture_events(hass, "made"), async_capture_events(hass, "greeted")
    hass.bus.async_fire("wanted", {"profile": "office"})
    hass.bus.async_fire("wanted", {"profile": "kitchen"})
    await hass.async_block_till_done()
    (event,) = made
    assert simulator.secrets.lookup(event.data["value"])
    assert isinstance(event.data["at"], int)
    hass.bus.async_fire("at_the_door", {"name": "Anna"})
    assert await answer_commands(tablet) == [
        {"type": "start", "profile": "kitchen", "start_message": "Welcome home, Anna!"}
    ]
    await hass.async_block_till_done()
    assert greeted[0].data["responded"] == ["hall"]


async def test_without_a_block_the_actions_say_so(hass: HomeAssistant, house: NavaiData, anna: User) -> None:
    (entry,) = hass.config_entries.async_entries("navai")
    await hass.config_entries.async_unload(entry.entry_id)
    assert await failed(hass, SECRET, anna) == "not_ready"
    assert await failed(hass, "list_profiles", anna) == "not_ready"
    assert await failed(hass, START, anna, display="hall") == "not_ready"
    assert await failed(hass, STOP, anna, display="hall") == "not_ready"


async def reload(hass: HomeAssistant, user: User | None, yaml: Any) -> None:
    with patch("homeassistant.config.load_yaml_config_file", return_value=yaml):
        context = Context(user_id=user.id if user else None)
        await hass.services.async_call("navai", "reload", blocking=True, context=context)
        await hass.async_block_till_done(wait_background_tasks=True)


async def test_administrators_and_automations_reload(
    hass: HomeAssistant, house: NavaiData, anna: User, bob: Person, simulator: Simulator
) -> None:
    new = {"navai": block(simulator, profiles={"garden": {}}, displays={})}
    with pytest.raises(Unauthorized):
        await reload(hass, bob.user, new)
    assert await refused(hass, SECRET, anna, profile="garden") == "unknown_profile"
    await reload(hass, anna, new)
    assert (await act(hass, SECRET, anna))["profile"] == "garden"
    await reload(hass, None, {"navai": block(simulator)})
    assert (await act(hass, SECRET, anna))["profile"] == "kitchen"


async def test_a_reload_loads_what_was_not_loaded(
    hass: HomeAssistant, house: NavaiData, anna: User, simulator: Simulator
) -> None:
    (entry,) = hass.config_entries.async_entries("navai")
    await hass.config_entries.async_unload(entry.entry_id)
    await reload(hass, anna, {"navai": block(simulator)})
    assert (await act(hass, SECRET, anna))["profile"] == "kitchen"


async def test_a_reload_with_mistakes_reports_them_and_changes_nothing(
    hass: HomeAssistant, house: NavaiData, anna: User, simulator: Simulator
) -> None:
    wrong = {"navai": block(simulator, profiles={"garden": {"voice": "bariton", "modle": "x"}}, displays={})}
    with pytest.raises(HomeAssistantError) as error:
        await reload(hass, anna, wrong)
    assert KEY not in str(error.value)
    assert (await act(hass, SECRET, anna))["profile"] == "kitchen"


async def test_a_reload_without_the_block_and_with_it_again(
    hass: HomeAssistant, house: NavaiData, anna: User, simulator: Simulator
) -> None:
    await reload(hass, anna, {})
    assert await failed(hass, SECRET, anna) == "not_ready"
    with patch("custom_components.navai.make_devices", wraps=make_devices) as made:
        await reload(hass, anna, {"navai": block(simulator)})
    assert made.call_count == 1, "it is set up once"
    assert (await act(hass, SECRET, anna))["profile"] == "kitchen"
