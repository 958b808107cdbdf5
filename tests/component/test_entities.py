"""Devices, their entities, and how these are updated."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from component_support import Browser, Folder, activity, block, entity_id, state
from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import User
from homeassistant.components.recorder import get_instance
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import async_initialize_recorder
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_capture_events, async_fire_time_changed

from custom_components.navai.const import DOMAIN, EVENT_SESSION
from custom_components.navai.data import NavaiData
from custom_components.navai.navai_core import VERSION, Caller
from custom_components.navai.navai_core.exceptions import ProfileNotAllowedError
from custom_components.navai.navai_core.sessions.usage import read_usage
from custom_components.navai.runtime import find_runtime
from navai_core.simulator import Simulator

Open = Callable[..., Awaitable[Browser]]
SetUp = Callable[..., Awaitable[NavaiData]]

OWNER = Caller(kind="owner", key="test")
USAGE = {
    "input_tokens": 1000,
    "output_tokens": 500,
    "input_token_details": {"audio_tokens": 1000},
    "output_token_details": {"audio_tokens": 500},
}
SECRETS, TIME, TOKENS, COST, SWITCH = (
    f"profile:kitchen:{name}"
    for name in ("secrets_today", "conversation_time_today", "tokens_today", "cost_today", "enabled")
)
SESSION, CONVERSATION, STOP = (f"display:hall:{name}" for name in ("session", "conversation", "stop"))


async def mint(house: NavaiData, profile: str = "kitchen") -> None:
    runtime = find_runtime(house.hass)
    assert runtime is not None
    await runtime.service.mint(OWNER, profile)


def device_of(hass: HomeAssistant, identifier: str) -> dr.DeviceEntry:
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return next(device for device in devices if (DOMAIN, identifier) in device.identifiers)


async def write(hass: HomeAssistant) -> None:
    """Save everything that is waiting to be saved."""
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()


async def show_all(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Enable the entities that are disabled by default."""
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        registry.async_update_entity(entity.entity_id, disabled_by=None)
    # Home Assistant then reloads the entry, half a minute later.
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=31))
    await hass.async_block_till_done()


# For each: its name, its category, whether it is disabled by default, and state attributes.
EXPECTED: dict[str, tuple[str, str | None, bool, dict[str, Any]]] = {
    SECRETS: ("Client secrets today: Kitchen helper", "diagnostic", False, {"state_class": "total_increasing"}),
    TIME: (
        "Talk time today: Kitchen helper",
        None,
        False,
        {"state_class": "total_increasing", "device_class": "duration", "unit_of_measurement": "min"},
    ),
    TOKENS: ("Tokens today: Kitchen helper", "diagnostic", True, {"state_class": "total_increasing"}),
    COST: (
        "Cost today: Kitchen helper",
        None,
        False,
        {"state_class": "total", "device_class": "monetary", "unit_of_measurement": "USD"},
    ),
    SWITCH: ("Enabled: Kitchen helper", "config", False, {}),
    SESSION: (
        "Status",
        None,
        False,
        {
            "device_class": "enum",
            "options": ["idle", "in_conversation", "error"],
            "activity": None,
            "profile": None,
            "connected": False,
        },
    ),
    CONVERSATION: (
        "Conversation",
        None,
        False,
        {"event_types": ["started", "ended", "failed", "refused", "missed", "problem"]},
    ),
    STOP: ("Stop conversation", None, False, {}),
}


async def test_each_entity_is_what_it_should_be(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    registry = er.async_get(hass)
    ours = {each.unique_id: each for each in er.async_entries_for_config_entry(registry, entry.entry_id)}
    assert set(ours) == {
        unique_id.replace("kitchen", profile).replace("hall", display)
        for unique_id in EXPECTED
        for profile in ("kitchen", "office")
        for display in ("hall", "desk")
    }
    disabled = {unique_id for unique_id, each in ours.items() if each.disabled_by}
    await show_all(hass, entry)
    for unique_id, (name, category, is_disabled, attributes) in EXPECTED.items():
        each = ours[unique_id]
        assert each.original_name == name, unique_id
        assert each.has_entity_name, unique_id
        assert each.entity_category == category, unique_id
        assert (unique_id in disabled) is is_disabled, unique_id
        found = state(hass, unique_id).attributes
        assert {key: found.get(key) for key in attributes} == attributes, unique_id


@pytest.mark.parametrize("language", ["en", "es"])
async def test_every_name_state_and_attribute_has_a_text(
    hass: HomeAssistant, entry: ConfigEntry[Any], language: str
) -> None:
    texts = await async_get_translations(hass, language, "entity", [DOMAIN])
    for each in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        key = f"component.navai.entity.{each.domain}.{each.translation_key}"
        assert texts[f"{key}.name"], each.unique_id
        assert ("{profile}" in texts[f"{key}.name"]) is each.unique_id.startswith("profile:")
        for option in (each.capabilities or {}).get("options") or ():
            assert texts[f"{key}.state.{option}"]
        if each.unique_id.endswith(":session"):
            for name in ("connecting", "listening", "thinking", "speaking"):
                assert texts[f"{key}.state_attributes.activity.state.{name}"]
        for option in (each.capabilities or {}).get("event_types") or ():
            assert texts[f"{key}.state_attributes.event_type.state.{option}"]


async def test_the_service_is_a_device_and_each_display_one_below_it_in_its_area(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    porch = ar.async_get(hass).async_create("Front porch")
    displays = {
        "by_name": {"profile": "kitchen", "area": "Front Porch"},
        "by_id": {"profile": "kitchen", "area": porch.id},
        "by_new_name": {"profile": "kitchen", "area": "Attic"},
        "nowhere": {"name": "In the hand", "profile": "kitchen"},
    }
    await set_up(displays=displays)
    service = device_of(hass, "service")
    assert service.entry_type is dr.DeviceEntryType.SERVICE
    assert service.sw_version == VERSION
    areas = {}
    for key in displays:
        device = device_of(hass, f"display:{key}")
        assert device.via_device_id == service.id
        areas[device.name] = device.area_id
    assert areas == {"By name": porch.id, "By id": porch.id, "By new name": "attic", "In the hand": None}
    entities = er.async_get(hass).entities
    assert entities[entity_id(hass, SECRETS)].device_id == service.id
    assert entities[entity_id(hass, "display:nowhere:stop")].device_id == device_of(hass, "display:nowhere").id


async def test_entity_ids_do_not_repeat_the_area(hass: HomeAssistant, set_up: SetUp) -> None:
    await hass.config.async_update(language="es")
    displays = {
        "one": {"name": "Hallway tablet", "area": "Hallway"},
        "two": {"name": "Tablet of the front porch", "area": "Front Porch"},
        "three": {"name": "Hallways", "area": "Hall"},
        "four": {"name": "Nowhere"},
    }
    await set_up(displays={key: {"profile": "kitchen", **display} for key, display in displays.items()})
    # Older releases do not put the area into entity ids at all.
    area = "hall_" if entity_id(hass, "display:three:session").startswith("sensor.hall_") else ""
    found = {key: entity_id(hass, f"display:{key}:session") for key in displays}
    assert found == {
        "one": "sensor.hallway_tablet_estado",
        "two": "sensor.tablet_of_the_front_porch_estado",
        "three": f"sensor.{area}hallways_estado",
        "four": "sensor.nowhere_estado",
    }
    assert entity_id(hass, "display:one:conversation") == "event.hallway_tablet_conversacion"
    registry = er.async_get(hass)
    known = registry.async_get(found["one"])
    assert known
    assert registry.async_regenerate_entity_id(known) == found["one"], "also if people let it be made again"


async def test_an_area_that_people_chose_stays_where_the_yaml_names_none(
    hass: HomeAssistant, house: NavaiData, entry: ConfigEntry[Any]
) -> None:
    areas, registry = ar.async_get(hass), dr.async_get(hass)
    attic = areas.async_create("Attic")
    for key, area in (("desk", attic.id), ("hall", "hallway")):
        device = device_of(hass, f"display:{key}")
        registry.async_update_device(device.id, area_id=attic.id)
        assert await hass.config_entries.async_reload(entry.entry_id)
        assert device_of(hass, f"display:{key}").area_id == area, key


async def test_minted_secrets_are_counted_and_refused_ones_are_not(
    hass: HomeAssistant, house: NavaiData, browser: Open, simulator: Simulator
) -> None:
    page = await browser()
    assert state(hass, SECRETS).state == "0"
    for _ in range(2):
        await page.call("navai/client_secret", profile="kitchen")
    assert await page.refused("navai/client_secret", profile="office") == "profile_not_allowed"
    simulator.faults.push("status=500", times=9)
    await page.refused("navai/client_secret", profile="kitchen")
    assert state(hass, SECRETS).state == "2"
    assert state(hass, "profile:office:secrets_today").state == "0"


async def test_the_sensor_of_a_display_follows_its_conversation(
    hass: HomeAssistant, house: NavaiData, browser: Open
) -> None:
    page = await browser()
    assert activity(hass, SESSION) == "idle"
    for step in ("connecting", "listening", "thinking", "speaking"):
        await page.report("one", step, profile="kitchen", display="hall")
        assert activity(hass, SESSION) == step
        assert state(hass, SESSION).attributes["profile"] == "kitchen"
    await page.report("one", "failed", code="microphone_denied")
    assert activity(hass, SESSION) == "error"
    assert state(hass, SESSION).attributes["profile"] is None
    await page.report("two", "connecting", profile="kitchen", display="hall")
    await page.report("two", "ended")
    assert activity(hass, SESSION) == "idle"
    assert state(hass, "display:desk:session").state == "idle"


async def test_what_is_recorded_of_a_conversation(
    hass: HomeAssistant, tmp_path: Path, set_up: SetUp, browser: Open
) -> None:
    # A real recorder with a real database, as every home has.
    async_initialize_recorder(hass)
    database = tmp_path / "recorder.db"
    assert await async_setup_component(
        hass, "recorder", {"recorder": {"db_url": f"sqlite:///{database}", "commit_interval": 0}}
    )
    await set_up()
    recorder, page = get_instance(hass), await browser()

    def read(query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(database)) as connection:
            return connection.execute(query).fetchall()

    await recorder.async_block_till_done()
    rows = "select s.state, a.shared_attrs from states s join states_meta m using (metadata_id)"
    rows += f" join state_attributes a using (attributes_id) where m.entity_id = '{entity_id(hass, SESSION)}'"
    before = len(await hass.async_add_executor_job(read, rows))
    turns = 5
    await page.report("one", "connecting", profile="kitchen", display="hall")
    for step in ("listening", "thinking", "speaking") * turns:
        await page.report("one", step)
    await page.report("one", "ended")
    await hass.async_block_till_done()
    await recorder.async_block_till_done()
    found = (await hass.async_add_executor_job(read, rows))[before:]
    # As docs/home-assistant.md says: a row without text for each step, and one set of attributes for all of them.
    assert [state for state, _ in found] == ["in_conversation"] * (1 + 3 * turns) + ["idle"]
    assert len({attributes for _, attributes in found}) == 2
    assert not [attributes for _, attributes in found if "activity" in attributes or "listening" in attributes]
    changes = {state for state, _ in await hass.async_add_executor_job(read, rows)}
    assert changes == {"idle", "in_conversation"}


async def test_time_tokens_and_cost_are_counted(
    hass: HomeAssistant, house: NavaiData, entry: ConfigEntry[Any], browser: Open
) -> None:
    await show_all(hass, entry)
    clock = SimpleNamespace(now=500.0)
    house.sessions._clock = lambda: clock.now
    page = await browser()
    await page.report("one", "listening", profile="kitchen", display="hall")
    clock.now += 90
    await page.report("one", "speaking", usage=USAGE)
    assert state(hass, TIME).state == "1.5"
    assert state(hass, TOKENS).state == "1500"
    assert float(state(hass, COST).state) == pytest.approx((1000 * 32 + 500 * 64) / 1e6)
    clock.now += 30
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=70))
    assert state(hass, TIME).state == "2.0", "time goes on between two reports"
    await page.report("one", "listening", model="a-model-of-tomorrow", usage=USAGE)
    assert state(hass, TOKENS).state == "3000"
    assert state(hass, COST).state == STATE_UNKNOWN
    assert state(hass, "profile:office:cost_today").state == "0.0"


async def test_a_conversation_without_reports_ends_by_itself(
    hass: HomeAssistant, house: NavaiData, browser: Open
) -> None:
    clock = SimpleNamespace(now=500.0)
    house.sessions._clock = lambda: clock.now
    page = await browser()
    await page.report("one", "listening", profile="kitchen", display="hall")
    clock.now += 3700
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=70))
    assert activity(hass, SESSION) == "idle"
    assert state(hass, TIME).state == "60.0"
    assert state(hass, CONVERSATION).attributes["code"] == "expired"


async def test_at_midnight_all_counts_begin_again(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, set_up: SetUp
) -> None:
    await hass.config.async_set_time_zone("Europe/Madrid")
    freezer.move_to("2026-11-24 22:58:00+00:00")
    house = await set_up()
    await mint(house)
    began = state(hass, COST).attributes["last_reset"]
    assert dt_util.parse_datetime(began) == dt_util.parse_datetime("2026-11-24T22:58:00+00:00"), "the first start"
    house.usage.time("kitchen", 60)
    assert (state(hass, SECRETS).state, state(hass, TIME).state) == ("1", "1.0")
    freezer.move_to("2026-11-24 22:59:59+00:00")
    async_fire_time_changed(hass)
    assert state(hass, SECRETS).state == "1"
    freezer.move_to("2026-11-24 23:00:00+00:00")
    async_fire_time_changed(hass)
    assert (state(hass, SECRETS).state, state(hass, TIME).state, state(hass, COST).state) == ("0", "0.0", "0.0")
    ends = state(hass, COST).attributes["last_reset"]
    assert dt_util.parse_datetime(ends) == dt_util.parse_datetime("2026-11-24T23:00:00+00:00")


# For each: the time in Madrid, the other zone, and what the counts do there at once.
MOVES = {
    "to the west, into the day before": ("2026-11-24T23:30", "America/New_York", "reset"),
    "to the east, into the next day": ("2026-11-24T15:30", "Asia/Tokyo", "reset"),
    "to the east, on the same day": ("2026-11-24T12:30", "Asia/Tokyo", "kept"),
    "to the west, on the same day": ("2026-11-24T12:30", "America/New_York", "kept"),
}


@pytest.mark.parametrize(("now", "zone", "then"), MOVES.values(), ids=MOVES.keys())
async def test_another_time_zone_moves_midnight_at_once(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, set_up: SetUp, now: str, zone: str, then: str
) -> None:
    await hass.config.async_set_time_zone("Europe/Madrid")
    freezer.move_to(datetime.fromisoformat(now).replace(tzinfo=UTC))
    house = await set_up()
    began = house.day.since
    steps: list[tuple[float, str]] = []

    def note(event: Event[Any]) -> None:
        if event.data["entity_id"] == entity_id(hass, COST):
            found = event.data["new_state"]
            assert found
            steps.append((float(found.state), found.attributes["last_reset"]))

    stop_noting = hass.bus.async_listen("state_changed", note)
    freezer.tick(60)
    house.usage.tokens("kitchen", "gpt-realtime-2.1", read_usage(USAGE))
    await hass.async_block_till_done()
    assert len(steps) == 1
    freezer.tick(60)
    await hass.config.async_update(time_zone=zone)
    await hass.async_block_till_done()
    if then == "reset":
        assert state(hass, COST).state == "0.0"
        assert began < house.day.since <= dt_util.utcnow()
    else:
        assert float(state(hass, COST).state) > 0
        assert house.day.since == began
    # The next midnight is the new zone's.
    midnight = dt_util.as_utc(dt_util.start_of_local_day() + timedelta(days=1))
    freezer.move_to(midnight - timedelta(seconds=1))
    async_fire_time_changed(hass)
    house.usage.tokens("kitchen", "gpt-realtime-2.1", read_usage(USAGE))
    assert float(state(hass, COST).state) > 0
    freezer.move_to(midnight)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert state(hass, COST).state == "0.0"
    assert house.day.since == midnight
    stop_noting()
    # As the statistics see it: a sum only drops together with a new time of the last reset.
    for (before, since), (after, new_since) in pairwise(steps):
        assert after >= before or new_since > since


def stored_today(**changes: Any) -> dict[str, Any]:
    counts = {"secrets": 7, "sessions": 3, "seconds": 120.0, "tokens": 900, "cost": None}
    usage = {"version": 1, "date": dt_util.now().date().isoformat(), "profiles": {"kitchen": counts}}
    return {
        "version": 1,
        "minor_version": 1,
        "key": DOMAIN,
        "data": {"usage": usage, "switched_off": ["office"]} | changes,
    }


async def test_a_restart_finds_todays_counts_and_switches(
    hass: HomeAssistant, hass_storage: dict[str, Any], set_up: SetUp
) -> None:
    hass_storage[DOMAIN] = stored_today()
    house = await set_up()
    assert (state(hass, SECRETS).state, state(hass, TIME).state, state(hass, COST).state) == ("7", "2.0", STATE_UNKNOWN)
    assert state(hass, "profile:office:enabled").state == STATE_OFF
    assert state(hass, SWITCH).state == STATE_ON
    await mint(house)
    with pytest.raises(ProfileNotAllowedError):
        await mint(house, "office")
    await write(hass)
    kept = hass_storage[DOMAIN]["data"]
    assert kept["usage"]["profiles"]["kitchen"]["secrets"] == 8
    assert kept["switched_off"] == ["office"]


@pytest.mark.parametrize(
    "stored",
    [
        {"version": 1, "data": rubbish}
        for rubbish in (
            None,
            [],
            7,
            "kitchen",
            {},
            {"usage": 7, "switched_off": 7},
            {"switched_off": "kitchen"},
            {"usage": {"version": 9}, "switched_off": [7, None, ["kitchen"]]},
            {"usage": {"profiles": []}},
        )
    ]
    + [{"version": 99, "data": {"what": "a later version wrote"}}],
    ids=str,
)
async def test_invalid_data_in_the_store_resets_the_counts_and_never_stops_the_start(
    hass: HomeAssistant, hass_storage: dict[str, Any], set_up: SetUp, stored: dict[str, Any]
) -> None:
    hass_storage[DOMAIN] = stored
    house = await set_up()
    assert state(hass, SECRETS).state == "0"
    assert state(hass, SWITCH).state == STATE_ON
    await mint(house)
    await write(hass)
    assert hass_storage[DOMAIN]["version"] == 1
    assert hass_storage[DOMAIN]["data"]["usage"]["profiles"]["kitchen"]["secrets"] == 1


async def test_a_profile_that_comes_back_is_as_it_was_switched_and_counted(
    hass: HomeAssistant, hass_storage: dict[str, Any], set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    hass_storage[DOMAIN] = stored_today(switched_off=["office", "garage"])
    house = await set_up(profiles={"office": {"automations": True}}, displays=None)
    house.usage.secret("office")
    await write(hass)
    kept = hass_storage[DOMAIN]["data"]
    assert kept["switched_off"] == ["garage", "office"]
    assert kept["usage"]["profiles"]["kitchen"]["secrets"] == 7, "the daily limit still counts it"
    freezer.tick(86_400)
    house.usage.secret("office")
    await write(hass)
    assert list(hass_storage[DOMAIN]["data"]["usage"]["profiles"]) == ["office"], "but only for the day"


async def test_a_profile_that_is_turned_off_creates_no_secrets_until_it_is_on_again(
    hass: HomeAssistant, hass_storage: dict[str, Any], house: NavaiData, entry: ConfigEntry[Any], browser: Open
) -> None:
    page = await browser()
    await page.report("one", "speaking", profile="kitchen", display="hall")
    switch = {"entity_id": entity_id(hass, SWITCH)}
    await hass.services.async_call("switch", "turn_off", switch, blocking=True)
    assert state(hass, SWITCH).state == STATE_OFF
    with pytest.raises(ProfileNotAllowedError):
        await mint(house)
    assert await page.refused("navai/client_secret", profile="kitchen") == "profile_not_allowed"
    assert (await page.call("navai/profiles"))["profiles"] == []
    assert activity(hass, SESSION) == "speaking", "a running conversation continues"
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert state(hass, SWITCH).state == STATE_OFF
    await write(hass)
    assert hass_storage[DOMAIN]["data"]["switched_off"] == ["kitchen"]

    await hass.services.async_call("switch", "turn_on", switch, blocking=True)
    assert state(hass, SWITCH).state == STATE_ON
    assert (await page.call("navai/client_secret", profile="kitchen"))["profile"] == "kitchen"
    await write(hass)
    assert hass_storage[DOMAIN]["data"]["switched_off"] == []


async def test_what_the_yaml_switches_off_cannot_be_switched_on(hass: HomeAssistant, set_up: SetUp) -> None:
    house = await set_up(profiles={"kitchen": {"enabled": False}, "office": {}}, displays=None)
    assert state(hass, SWITCH).state == STATE_UNAVAILABLE
    await hass.services.async_call("switch", "turn_on", {"entity_id": entity_id(hass, SWITCH)}, blocking=True)
    assert state(hass, SWITCH).state == STATE_UNAVAILABLE
    with pytest.raises(ProfileNotAllowedError):
        await mint(house)
    await mint(house, "office")


async def test_a_display_shows_whether_it_is_connected_and_can_be_stopped_then(
    hass: HomeAssistant, house: NavaiData, browser: Open
) -> None:
    assert state(hass, STOP).state == STATE_UNAVAILABLE
    page, other = await browser(), await browser()
    await page.show("hall")
    assert state(hass, SESSION).attributes["connected"] is True
    assert state(hass, STOP).state == STATE_UNKNOWN
    assert state(hass, "display:desk:stop").state == STATE_UNAVAILABLE
    await hass.services.async_call("button", "press", {"entity_id": entity_id(hass, STOP)}, blocking=True)
    assert await page.event() == {"type": "stop"}

    await other.show("hall")
    await page.close()
    await hass.async_block_till_done()
    assert state(hass, SESSION).attributes["connected"] is True, "another browser shows it"
    await hass.services.async_call("button", "press", {"entity_id": entity_id(hass, STOP)}, blocking=True)
    assert await other.event() == {"type": "stop"}
    await other.close()
    await hass.async_block_till_done()
    assert state(hass, SESSION).attributes["connected"] is False
    assert state(hass, STOP).state == STATE_UNAVAILABLE


async def test_what_happens_to_a_conversation_is_an_event(
    hass: HomeAssistant, house: NavaiData, anna: User, browser: Open, simulator: Simulator
) -> None:
    clock = SimpleNamespace(now=500.0)
    house.sessions._clock = lambda: clock.now
    fired: list[Event[dict[str, Any]]] = async_capture_events(hass, EVENT_SESSION)
    device = device_of(hass, "display:hall")
    page = await browser()

    def last() -> dict[str, Any]:
        attributes = state(hass, CONVERSATION).attributes
        shown = ("event_type", "profile", "code", "provider_code", "request_id", "seconds")
        return {key: attributes[key] for key in shown if key in attributes}

    def common(kind: str) -> dict[str, Any]:
        return {"type": kind, "display": "hall", "profile": "kitchen", "user_id": anna.id, "device_id": device.id}

    await page.report("one", "connecting", profile="kitchen", display="hall")
    assert last() == {"event_type": "started", "profile": "kitchen"}
    assert fired[-1].data == common("started") | {"session": "one"}
    assert fired[-1].context.user_id == anna.id

    clock.now += 61.234
    await page.report("one", "ended")
    assert last() == {"event_type": "ended", "profile": "kitchen", "seconds": 61.2}
    assert fired[-1].data == common("ended") | {"session": "one", "seconds": 61.2}

    await page.report("two", "connecting", profile="kitchen", display="hall")
    await page.report("two", "failed", code="ice_failed")
    assert last() == {"event_type": "failed", "profile": "kitchen", "code": "ice_failed", "seconds": 0.0}
    assert fired[-1].data == common("failed") | {"session": "two", "seconds": 0.0, "code": "ice_failed"}

    await page.report("three", "connecting", profile="kitchen", display="hall")
    theirs = {"provider_code": "insufficient_quota", "request_id": "req_7Kd2PqLmZxWv8RtY"}
    await page.report("three", "failed", code="quota_exhausted", **theirs)
    ours = {"code": "quota_exhausted", "seconds": 0.0, **theirs}
    assert last() == {"event_type": "failed", "profile": "kitchen", **ours}
    assert fired[-1].data == common("failed") | {"session": "three", **ours}

    simulator.faults.push("error=insufficient_quota", times=9)
    await page.refused("navai/client_secret", profile="kitchen", display="hall")
    refused = {"code": "quota_exhausted", "request_id": simulator.requests[-1].request_id}
    assert last() == {"event_type": "refused", "profile": "kitchen", **refused}
    assert fired[-1].data == common("refused") | refused
    assert [event.data["type"] for event in fired] == ["started", "ended", *["started", "failed"] * 2, "refused"]


async def test_a_conversation_without_a_display_is_an_event_of_the_bus_only(
    hass: HomeAssistant, house: NavaiData, browser: Open
) -> None:
    fired: list[Event[dict[str, Any]]] = async_capture_events(hass, EVENT_SESSION)
    page = await browser()
    await page.report("one", "connecting", profile="kitchen")
    await page.close()
    await hass.async_block_till_done()
    assert [(event.data["type"], event.data.get("code")) for event in fired] == [
        ("started", None),
        ("ended", "connection_lost"),
    ]
    assert "device_id" not in fired[0].data
    assert state(hass, CONVERSATION).state == STATE_UNKNOWN


async def test_a_reload_applies_new_names(hass: HomeAssistant, folder: Folder, simulator: Simulator) -> None:
    folder.write_block(block(simulator))
    await folder.start()
    changed = block(simulator)
    changed["profiles"]["kitchen"]["name"] = "Cook"
    changed["displays"]["hall"]["name"] = "Entrance"
    folder.write_block(changed)
    await folder.reload()
    assert state(hass, COST).name == "navai Cost today: Cook"
    assert state(hass, SESSION).name.endswith("Entrance Status")
