"""Diagnostics, which people send when something is wrong, and system health, which they read."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from component_support import Browser, Folder, block
from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import User
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import get_system_health_info
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from secret_watch import WATCH

from custom_components.navai.const import DOMAIN
from custom_components.navai.data import NavaiData
from custom_components.navai.navai_core import VERSION, Caller
from custom_components.navai.navai_core.exceptions import NavaiError
from custom_components.navai.runtime import find_runtime
from navai_core.simulator import Simulator

Open = Callable[..., Awaitable[Browser]]
SetUp = Callable[..., Awaitable[NavaiData]]

OWNER = Caller(kind="owner", key="test")
PRIVATE = (
    "The safe is behind the painting",
    "Anna",
    "Annette",
    "a very private tone",
    "org_of_anna",
    "proj_of_anna",
)


@pytest.fixture
async def talkative(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> NavaiData:
    """navai with much private data in its YAML."""
    profiles = block(simulator)["profiles"]
    profiles["kitchen"] |= {
        "instructions": "The safe is behind the painting.",
        "users": ["Annette"],
        "tone": "a very private tone",
        "transport": "brokered",
        "limits": {"daily_cost": 2.5},
    }
    # A running server accepts no new routes.
    assert await async_setup_component(hass, "http", {})
    assert await async_setup_component(hass, "diagnostics", {})
    return await set_up(profiles=profiles, organization="org_of_anna", project="proj_of_anna")


async def of_entry(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> dict[str, Any]:
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    return check(await get_diagnostics_for_config_entry(hass, hass_client, entry))


async def of_device(hass: HomeAssistant, hass_client: ClientSessionGenerator, identifier: str) -> dict[str, Any]:
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    device = next(device for device in devices if (DOMAIN, identifier) in device.identifiers)
    return check(await get_diagnostics_for_device(hass, hass_client, entry, device))


def check(found: Any) -> dict[str, Any]:
    """Assert that nothing in it is secret or private."""
    text = json.dumps(found)
    WATCH.text("diagnostics", text)
    assert not [private for private in PRIVATE if private in text]
    assert isinstance(found, dict)
    return found


async def test_the_entrys_diagnostics_show_everything_that_helps(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    talkative: NavaiData,
    simulator: Simulator,
    anna: User,
    browser: Open,
    freezer: FrozenDateTimeFactory,
) -> None:
    runtime = find_runtime(talkative.hass)
    assert runtime is not None
    await runtime.service.mint(OWNER, "kitchen")
    simulator.faults.push("error=invalid_api_key")
    with pytest.raises(NavaiError):
        await runtime.service.mint(OWNER, "kitchen")
    page = await browser()
    await page.show("desk", secure=False)
    await page.report("one", "listening", profile="office", display="desk")
    found = await of_entry(hass, hass_client)
    assert list(found["profiles"]) == ["kitchen", "office"]
    kitchen, office = found["profiles"].pop("kitchen"), found["profiles"].pop("office")
    desk, hall = found["displays"].pop("desk"), found["displays"].pop("hall")
    now = dt_util.utcnow().isoformat()
    assert found == {
        "version": VERSION,
        "state": "loaded",
        "repairs": ["api_key_refused", "display_insecure_desk"],
        "provider": "openai",
        "base_url": simulator.base_url,
        "api_key": True,
        "organization": True,
        "project": True,
        "client_secret_ttl": 600,
        "timeout": 10.0,
        "allow_request_api_key": False,
        "default_profile": "kitchen",
        "warnings": [
            {"option": "navai.profiles.kitchen.transport", "code": "not_yet_active"},
            {"option": "navai.profiles.kitchen.limits.daily_cost", "code": "not_yet_active"},
        ],
        "last_mint": now,
        "last_error": "api_key_refused",
        "last_error_at": now,
        "conversations": [{"profile": "office", "display": "desk", "state": "listening"}],
        "profiles": {},
        "displays": {},
    }
    assert kitchen["model"] == "gpt-realtime-2.1"
    assert kitchen["instructions_characters"] == len("The safe is behind the painting.")
    assert kitchen["users"] == 1
    assert kitchen["limits"]["daily_cost"] == 2.5
    assert kitchen["today"]["secrets"] == 1
    assert kitchen["switched_off"] is False
    assert office["automations"] is True
    assert desk == {
        "profile": "office",
        "profiles": ["office", "kitchen"],
        "area": "",
        "token": False,
        "users": 1,
        "functions": False,
        "secrets_per_minute": 20,
        "connected": True,
        "plain_http": True,
        "state": "listening",
    }
    assert (hall["token"], hall["connected"], hall["plain_http"], hall["state"]) == (True, False, False, "idle")


async def test_after_a_fresh_start_diagnostics_have_no_errors(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, house: NavaiData
) -> None:
    found = await of_entry(hass, hass_client)
    assert (found["last_mint"], found["last_error"], found["last_error_at"]) == (None, None, None)
    assert (found["repairs"], found["warnings"], found["conversations"]) == ([], [], [])
    assert (found["organization"], found["project"]) == (False, False)


async def test_the_device_of_a_display_shows_that_display(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, talkative: NavaiData, anna: User, browser: Open
) -> None:
    page = await browser()
    await page.report("one", "listening", profile="office", display="desk")
    hall, desk = await of_device(hass, hass_client, "display:hall"), await of_device(hass, hass_client, "display:desk")
    assert (list(hall["displays"]), list(hall["profiles"]), hall["conversations"]) == (["hall"], ["kitchen"], [])
    assert (list(desk["displays"]), list(desk["profiles"])) == (["desk"], ["office", "kitchen"])
    assert len(desk["conversations"]) == 1
    assert desk["last_error"] is None


async def test_the_device_of_the_service_shows_the_same_as_the_entry(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, talkative: NavaiData
) -> None:
    assert await of_device(hass, hass_client, "service") == await of_entry(hass, hass_client)


async def test_an_entry_that_is_not_set_up_has_diagnostics_too(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.navai.async_track_time_interval", lambda *_: 1 / 0)
    await set_up(api_key=None)
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    expected = {"version": VERSION, "state": "setup_error", "repairs": ["api_key_missing"]}
    assert await of_entry(hass, hass_client) == expected
    assert await of_device(hass, hass_client, "display:hall") == expected


async def test_system_health_shows_whether_it_works(
    hass: HomeAssistant,
    house: NavaiData,
    entry: ConfigEntry[Any],
    simulator: Simulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()

    async def health() -> dict[str, Any]:
        info = await get_system_health_info(hass, DOMAIN)
        return info | {"provider_reachable": await info["provider_reachable"]}

    assert await health() == {
        "provider_reachable": "ok",
        "profiles": 2,
        "displays": 2,
        "llm_apis_not_working": "none",
        "last_mint": None,
        "last_error": "none",
        "last_error_at": None,
    }
    runtime = find_runtime(house.hass)
    assert runtime is not None
    await runtime.service.mint(OWNER, "kitchen")
    simulator.faults.push("error=insufficient_quota")
    with pytest.raises(NavaiError):
        await runtime.service.mint(OWNER, "kitchen")
    failed_at = dt_util.utcnow()
    freezer.tick(60)
    assert await hass.config_entries.async_reload(entry.entry_id)
    found = await health()
    assert found["last_mint"] == found["last_error_at"] == failed_at, "a reload fixes nothing"
    assert found["last_error"] == "quota_exhausted"
    runtime = find_runtime(house.hass)
    assert runtime is not None
    await runtime.service.mint(OWNER, "kitchen")
    found = await health()
    assert found["last_mint"] == dt_util.utcnow(), "the two times show that it works again"
    assert (found["last_error"], found["last_error_at"]) == ("quota_exhausted", failed_at)
    await hass.config_entries.async_remove(entry.entry_id)
    assert (house.last_mint, house.last_error, house.last_error_at) == (None, None, None)


async def test_system_health_of_a_provider_that_is_away_or_of_no_block(
    hass: HomeAssistant, folder: Folder, simulator: Simulator
) -> None:
    folder.write_block(block(simulator, base_url="http://127.0.0.1:9/v1"))
    await folder.start()
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info = await get_system_health_info(hass, DOMAIN)
    assert await info["provider_reachable"] == {"type": "failed", "error": "unreachable"}
    folder.write_block(None)
    await folder.reload()
    assert await get_system_health_info(hass, DOMAIN) == {"profiles": 0}
