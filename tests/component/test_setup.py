"""The entry, its devices and its entities are created, changed and removed with the `navai:` block."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from component_support import HALL, KEY, Browser, Folder, activity, block, entity_id, state
from homeassistant import block_async_io
from homeassistant.config_entries import SOURCE_IMPORT, ConfigEntry, ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import (
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_HOMEASSISTANT_STOP,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigValidationError, HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import DATA_DISPATCHER
from homeassistant.setup import async_setup_component
from homeassistant.util.async_ import get_scheduled_timer_handles
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.navai.const import DOMAIN
from custom_components.navai.data import DATA, NavaiData
from custom_components.navai.navai_core import Caller
from custom_components.navai.navai_core.exceptions import ProfileNotAllowedError
from custom_components.navai.navai_core.sessions.session import Report, SessionState
from custom_components.navai.runtime import find_runtime
from navai_core.simulator import Simulator

Open = Callable[..., Awaitable[Browser]]

SECRETS = "profile:kitchen:secrets_today"
SWITCH = "profile:kitchen:enabled"
SESSION = "display:hall:session"
OWNER = Caller(kind="owner", key="test")


def devices(hass: HomeAssistant) -> dict[str, str | None]:
    """The names of our devices, with their areas."""
    registry = dr.async_get(hass)
    # Older releases return their ids.
    found = (registry.async_get(item) if isinstance(item, str) else item for item in registry.devices)
    return {
        str(device.name): device.area_id
        for device in found
        if device and any(domain == DOMAIN for domain, *_ in device.identifiers)
    }


def entities(hass: HomeAssistant) -> set[str]:
    """The unique ids of our entities."""
    return {entity.unique_id for entity in er.async_get(hass).entities.values() if entity.platform == DOMAIN}


def issues(hass: HomeAssistant) -> set[str]:
    return {issue for domain, issue in ir.async_get(hass).issues if domain == DOMAIN}


async def display_users(hass: HomeAssistant) -> set[str]:
    names = {user.name or "" for user in await hass.auth.async_get_users() if user.system_generated}
    return {name for name in names if "display" in name}


@pytest.fixture
def start_navai(hass: HomeAssistant, simulator: Simulator, folder: Folder) -> Callable[..., Awaitable[NavaiData]]:
    """Set navai up from a real `configuration.yaml`."""

    async def start(**changes: Any) -> NavaiData:
        folder.write_block(block(simulator, **changes))
        await folder.start()
        return hass.data[DATA]

    return start


Start = Callable[..., Awaitable[NavaiData]]


async def test_the_block_makes_one_entry(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    assert entry.state is ConfigEntryState.LOADED
    assert entry.title == "navai"
    assert entry.source == SOURCE_IMPORT
    assert not entry.data
    assert not entry.options


async def test_a_restart_makes_no_second_entry(hass: HomeAssistant, start_navai: Start) -> None:
    known = MockConfigEntry(domain=DOMAIN, title="navai", unique_id=DOMAIN, source=SOURCE_IMPORT)
    known.add_to_hass(hass)
    await start_navai()
    assert hass.config_entries.async_entries(DOMAIN) == [known]
    assert known.state is ConfigEntryState.LOADED


async def test_a_start_without_the_block_removes_what_it_had_made(
    hass: HomeAssistant, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    known = MockConfigEntry(domain=DOMAIN, title="navai", unique_id=DOMAIN, source=SOURCE_IMPORT)
    known.add_to_hass(hass)
    dr.async_get(hass).async_get_or_create(config_entry_id=known.entry_id, identifiers={(DOMAIN, "display:hall")})
    er.async_get(hass).async_get_or_create("sensor", DOMAIN, "display:hall:session", config_entry=known)
    hass_storage[DOMAIN] = {"version": 1, "data": {"switched_off": ["kitchen"]}}
    await hass.auth.async_create_system_user("navai display hall")
    await hass.auth.async_create_system_user("my display panel")
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()
    assert not hass.config_entries.async_entries(DOMAIN)
    assert not devices(hass)
    assert not entities(hass)
    assert hass_storage[DOMAIN]["data"]["switched_off"] == ["kitchen"], "the block may come back"
    assert await display_users(hass) == {"my display panel"}
    assert not [record for record in caplog.records if "navai" in record.getMessage() and record.levelname == "ERROR"]


async def test_a_reload_without_the_block_leaves_nothing_behind(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    start_navai: Start,
    folder: Folder,
    browser: Open,
    hass_client_no_auth: Callable[[], Awaitable[Any]],
) -> None:
    house = await start_navai(api_key=None)
    page = await browser()
    await page.show("hall", secure=False)
    await page.report("one", "speaking", profile="kitchen", display="hall")
    client = await hass_client_no_auth()
    await client.get("/api/navai/functions", headers={"Authorization": f"Bearer {HALL}"})
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert DOMAIN in hass_storage
    assert await display_users(hass) == {"navai display hall"}
    assert issues(hass) == {"api_key_missing", "display_insecure_hall"}

    folder.write_block(None)
    await folder.reload()
    assert not hass.config_entries.async_entries(DOMAIN)
    assert not devices(hass)
    assert not entities(hass)
    assert not issues(hass)
    assert not await display_users(hass)
    assert not [each for each in hass.states.async_entity_ids() if "hall" in each or "navai" in each]
    assert await page.event() == {"type": "removed"}
    assert not house.sessions.all()
    # A client that is still connected may send anything.
    assert await page.refused("navai/session/report", session="one", state="ended") == "unknown_session"
    await page.close()
    await hass.async_block_till_done()
    assert not issues(hass)
    assert not await display_users(hass)


@pytest.mark.parametrize("restart", [False, True], ids=["while it runs", "over a restart"])
async def test_a_block_that_comes_back_is_as_it_was_switched_and_counted(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    start_navai: Start,
    folder: Folder,
    simulator: Simulator,
    restart: bool,
) -> None:
    house = await start_navai()
    switch = {"entity_id": entity_id(hass, SWITCH)}
    await hass.services.async_call("switch", "turn_off", switch, blocking=True)
    house.usage.secret("kitchen")
    since = house.day.since
    folder.write_block(None)
    await folder.reload()
    assert not entities(hass)
    if restart:
        hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
        await hass.async_block_till_done()
        house = hass.data[DATA] = NavaiData(hass)
        await house.load()
    folder.write_block(block(simulator))
    await folder.reload()
    assert state(hass, SWITCH).state == STATE_OFF
    assert state(hass, SECRETS).state == "1"
    assert house.day.since == since
    with pytest.raises(ProfileNotAllowedError):
        await house.service.mint(OWNER, "kitchen")


async def test_a_block_that_comes_back_finds_what_people_had_named_and_placed(
    hass: HomeAssistant, start_navai: Start, folder: Folder, simulator: Simulator
) -> None:
    await start_navai()
    er.async_get(hass).async_update_entity(entity_id(hass, SESSION), new_entity_id="sensor.the_voice")
    folder.write_block(None)
    await folder.reload()
    folder.write_block(block(simulator))
    await folder.reload()
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    assert entry.state is ConfigEntryState.LOADED
    assert state(hass, SESSION).entity_id == "sensor.the_voice"
    assert activity(hass, SESSION) == SessionState.IDLE
    assert set(devices(hass)) == {"navai", "Hall tablet", "Desk"}


async def test_a_reload_applies_what_changed_and_only_that(
    hass: HomeAssistant, start_navai: Start, folder: Folder, simulator: Simulator
) -> None:
    await start_navai()
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    before, known = entities(hass), entity_id(hass, SECRETS)
    changed = block(simulator)
    del changed["profiles"]["office"]
    del changed["displays"]["desk"]
    changed["profiles"]["kitchen"]["name"] = "Cook"
    changed["profiles"]["garden"] = {"model": "gpt-realtime-2.1"}
    changed["displays"]["hall"] |= {"name": "Entrance", "area": "Porch"}
    changed["displays"]["shed"] = {"profile": "garden"}
    folder.write_block(changed)
    await folder.reload()
    await hass.async_block_till_done()
    assert hass.config_entries.async_entries(DOMAIN) == [entry]
    after = entities(hass)
    assert {unique_id.rsplit(":", 1)[0] for unique_id in after - before} == {"profile:garden", "display:shed"}
    assert {unique_id.rsplit(":", 1)[0] for unique_id in before - after} == {"profile:office", "display:desk"}
    assert devices(hass) == {"navai": None, "Entrance": "porch", "Shed": None}
    assert state(hass, SECRETS).entity_id == known, "automations use it"
    assert state(hass, SECRETS).name == "navai Client secrets today: Cook"
    assert hass.states.get("sensor.navai_client_secrets_today_garden")
    assert not hass.states.get("sensor.navai_client_secrets_today_office")
    assert set(entry.runtime_data.settings.profiles) == {"kitchen", "garden"}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("navai:\n  profiles:\n    kitchen:\n      modle: x\n", ConfigValidationError),
        ("navai:\n", ConfigValidationError),
        ("navai: [\n", HomeAssistantError),
        ("navai: !include nowhere.yaml\n", HomeAssistantError),
        (f"navai kitchen:\n  api_key: {KEY}\n", ConfigValidationError),
    ],
    ids=["a mistake", "an empty block", "no YAML", "no file", "a label"],
)
async def test_a_reload_of_a_bad_block_is_an_error_and_changes_nothing(
    hass: HomeAssistant, start_navai: Start, folder: Folder, text: str, error: type[Exception]
) -> None:
    house = await start_navai()
    runtime, before = find_runtime(house.hass), entities(hass)
    folder.write(configuration=text)
    with pytest.raises(error):
        await folder.reload()
    await hass.async_block_till_done()
    assert find_runtime(house.hass) is runtime
    assert house.settings is runtime.settings
    assert entities(hass) == before
    assert (await runtime.service.mint(OWNER, "office")).profile == "office"


async def test_a_reload_keeps_displays_connected_and_conversations_going(
    hass: HomeAssistant, start_navai: Start, folder: Folder, simulator: Simulator, browser: Open
) -> None:
    await start_navai()
    page = await browser()
    await page.show("hall")
    await page.report("one", "speaking", profile="kitchen", display="hall")
    changed = block(simulator)
    changed["displays"]["hall"]["name"] = "Entrance"
    folder.write_block(changed)
    await folder.reload()
    event = await page.event()
    assert event["type"] == "configuration"
    assert event["name"] == "Entrance"
    assert activity(hass, SESSION) == SessionState.SPEAKING
    assert state(hass, SESSION).attributes["connected"] is True
    await page.report("one", "thinking")
    await page.report("one", "ended")
    assert activity(hass, SESSION) == SessionState.IDLE


async def test_reloads_leave_nothing_behind(hass: HomeAssistant, start_navai: Start, folder: Folder) -> None:
    house = await start_navai(profiles={"kitchen": {"model": "gpt-realtime-2.1", "keep_warm": True}}, displays=None)
    (entry,) = hass.config_entries.async_entries(DOMAIN)

    async def what_is_left() -> tuple[Any, ...]:
        runtime = find_runtime(house.hass)
        assert runtime is not None
        runtime.service.profiles_for(OWNER)
        assert await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        # What waits to be written has a listener. How much that is depends on the machine.
        hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
        await hass.async_block_till_done()
        signals = {str(signal): len(calls) for signal, calls in hass.data[DATA_DISPATCHER].items() if calls}
        timers = sorted(
            str(timer)
            for timer in get_scheduled_timer_handles(hass.loop)
            if "components/navai" in str(timer) and not timer.cancelled()
        )
        tasks = sorted(str(task.get_coro()) for task in asyncio.all_tasks() if "navai" in str(task.get_coro()))
        # Home Assistant's own stores listen until they are saved, which is a matter of time.
        listeners = {name: count for name, count in hass.bus.async_listeners().items() if "final_write" not in name}
        return listeners, signals, timers, tasks

    first = await what_is_left()
    assert first[2:] == ([], []), "unloaded, it has no timers and no tasks"
    assert not [signal for signal in first[1] if "navai" in signal]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await folder.reload()
    await folder.reload()
    assert await what_is_left() == first


async def test_an_entry_that_is_removed_by_hand_returns_with_a_reload(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    start_navai: Start,
    folder: Folder,
    anna: object,
    browser: Open,
) -> None:
    house = await start_navai()
    page = await browser()
    await page.show("desk")
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    switch = {"entity_id": entity_id(hass, SWITCH)}
    await hass.services.async_call("switch", "turn_off", switch, blocking=True)
    house.usage.secret("kitchen")
    before = house.day.since
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert DOMAIN in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    assert not devices(hass)
    assert not entities(hass)
    assert DOMAIN not in hass_storage
    assert await page.event() == {"type": "removed"}
    assert await page.refused("navai/profiles") == "not_ready"
    await folder.reload()
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    assert entry.state is ConfigEntryState.LOADED
    # Somebody deleted everything on purpose. The statistics must not see a refund.
    assert (state(hass, SWITCH).state, state(hass, SECRETS).state) == (STATE_ON, "0")
    assert house.day.since > before
    assert (await page.event())["type"] == "configuration"


async def test_an_entry_can_be_removed_while_its_block_has_mistakes(
    hass: HomeAssistant, hass_storage: dict[str, Any], folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    known = MockConfigEntry(domain=DOMAIN, unique_id=DOMAIN, source=SOURCE_IMPORT)
    known.add_to_hass(hass)
    hass_storage[DOMAIN] = {"version": 1, "data": {"switched_off": ["kitchen"]}}
    assert await async_setup_component(hass, "homeassistant", {})
    assert not await async_setup_component(hass, DOMAIN, {DOMAIN: {}})
    assert known.state is ConfigEntryState.NOT_LOADED
    caplog.clear()
    await hass.config_entries.async_remove(known.entry_id)
    assert DOMAIN not in hass_storage
    assert not [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]


async def test_without_a_block_an_entry_is_not_set_up(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, DOMAIN, {})
    stray = MockConfigEntry(domain=DOMAIN)
    stray.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(stray.entry_id)
    assert stray.state is ConfigEntryState.SETUP_ERROR
    assert stray.error_reason_translation_key == "not_ready"


async def test_a_disabled_entry_stays_so_over_a_reload_and_shows_no_repairs(
    hass: HomeAssistant, start_navai: Start, folder: Folder, anna: object, browser: Open
) -> None:
    house = await start_navai(api_key=None)
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    page = await browser()
    await page.show("hall")
    await page.report("one", "listening", profile="kitchen", display="hall")
    assert issues(hass) == {"api_key_missing"}
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert not issues(hass)
    assert await page.event() == {"type": "removed"}
    assert not house.sessions.all()
    await folder.reload()
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert find_runtime(house.hass) is None
    assert not issues(hass)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    assert entry.state is ConfigEntryState.LOADED
    assert issues(hass) == {"api_key_missing"}
    assert (await page.event())["type"] == "configuration"


async def test_a_reload_fixes_an_error_while_setting_up(
    hass: HomeAssistant, start_navai: Start, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("custom_components.navai.make_devices", lambda *_: 1 / 0)
        house = await start_navai()
        (entry,) = hass.config_entries.async_entries(DOMAIN)
        assert entry.state is ConfigEntryState.SETUP_ERROR
        assert find_runtime(house.hass) is None
    await folder.reload()
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert state(hass, SECRETS)


async def test_a_platform_that_fails_does_not_affect_the_others(
    hass: HomeAssistant, start_navai: Start, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("custom_components.navai.event.async_setup_entry", lambda *_: 1 / 0)
        house = await start_navai()
        assert state(hass, SECRETS)
        assert not hass.states.async_entity_ids("event")
        runtime = find_runtime(house.hass)
        assert runtime is not None
        assert (await runtime.service.mint(OWNER, "kitchen")).profile == "kitchen"
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    await folder.reload()
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert state(hass, "display:hall:conversation")


async def test_when_home_assistant_stops_conversations_end_and_their_time_is_kept(
    hass: HomeAssistant, hass_storage: dict[str, Any], house: NavaiData
) -> None:
    now = 100.0
    house.sessions._clock = lambda: now
    house.sessions.report(
        "tablet", Report(session="one", state="listening", profile="kitchen", model="", display="hall")
    )
    now += 90
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert hass_storage[DOMAIN]["data"]["usage"]["profiles"]["kitchen"]["seconds"] == 90
    assert activity(hass, SESSION) == SessionState.IDLE


async def test_nothing_blocks_the_event_loop(
    hass: HomeAssistant,
    simulator: Simulator,
    folder: Folder,
    disable_block_async_io: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder.write_block(block(simulator))
    monkeypatch.setattr(block_async_io, "_IN_TESTS", False)
    block_async_io.enable()
    await folder.start()
    runtime = find_runtime(hass)
    assert runtime is not None
    await runtime.service.mint(OWNER, "kitchen")
    await folder.reload()
    await hass.async_add_executor_job(folder.write_block, None)
    await folder.reload()
    assert not hass.config_entries.async_entries(DOMAIN)
    assert "blocking call" not in caplog.text


async def test_entities_are_unavailable_while_the_entry_is_not_loaded(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert state(hass, SECRETS).state == state(hass, SESSION).state == STATE_UNAVAILABLE
