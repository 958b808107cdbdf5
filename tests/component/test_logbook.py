"""Conversations in the logbook, and in the logbook of each display."""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from component_support import Browser
from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, RecorderInstanceContextManager

from custom_components.navai.const import DOMAIN, EVENT_SESSION
from custom_components.navai.data import NavaiData

Open = Callable[..., Awaitable[Browser]]


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """A database, which must exist before Home Assistant. Its thread does not write into the test report."""
    for name in ("sqlalchemy.engine", "homeassistant.components.recorder"):
        logging.getLogger(name).setLevel(logging.WARNING)


async def test_the_logbook_describes_conversations_in_sentences(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    house: NavaiData,
    hass_client: ClientSessionGenerator,
) -> None:
    assert await async_setup_component(hass, "logbook", {})
    await hass.async_block_till_done()
    start = dt_util.utcnow() - timedelta(seconds=1)
    for data in (
        {"type": "started", "display": "hall", "profile": "kitchen"},
        {"type": "ended", "display": "hall", "profile": "kitchen", "seconds": 61.2},
        {"type": "ended", "display": "hall", "profile": "kitchen", "seconds": 12.0, "code": "replaced"},
        {"type": "failed", "display": "desk", "profile": "office", "code": "ice_failed"},
        {"type": "failed", "display": "desk", "code": "provider_refused", "provider_code": "x", "request_id": "req_1"},
        {"type": "failed", "display": "desk", "code": "model_not_found", "provider_code": "model_not_found"},
        {"type": "refused", "display": "gone", "profile": "gone"},
        {"type": "missed", "display": "hall", "profile": "kitchen"},
        {"type": "problem", "display": "hall", "profile": "kitchen", "code": "response_failed", "provider_code": "x"},
        {"type": "started"},
        # Fired by hand, or by another version.
        {},
        {"type": "sang", "display": ["hall"], "profile": 7, "seconds": "long"},
        {"type": ["ended"], "seconds": None},
    ):
        hass.bus.async_fire(EVENT_SESSION, data)
    await async_wait_recording_done(hass)
    client = await hass_client()
    response = await client.get(f"/api/logbook/{start.isoformat()}")
    entries = [entry for entry in await response.json() if entry.get("domain") == DOMAIN]
    assert [f"{entry['name']} {entry['message']}" for entry in entries] == [
        "Hall tablet started a conversation with Kitchen helper",
        "Hall tablet ended a conversation with Kitchen helper after 1 min 1 s",
        "Hall tablet ended a conversation with Kitchen helper after 12 s",
        "Desk lost the connection during a conversation with Office (ice_failed)",
        "Desk lost the connection during a conversation with navai (provider_refused, x, req_1)",
        "Desk lost the connection during a conversation with navai (model_not_found)",
        "gone was denied a conversation with gone (error)",
        "Hall tablet rang for a conversation with Kitchen helper, but nobody answered",
        "Hall tablet had a problem during a conversation with Kitchen helper (response_failed, x)",
        "navai started a conversation with navai",
        "navai had a conversation with navai",
        "['hall'] had a conversation with 7",
        "navai had a conversation with navai",
    ]


async def test_the_logbook_of_a_display_has_its_conversations(
    recorder_mock: Recorder, hass: HomeAssistant, house: NavaiData, browser: Open
) -> None:
    assert await async_setup_component(hass, "logbook", {})
    await hass.async_block_till_done()
    start = dt_util.utcnow() - timedelta(seconds=1)
    page = await browser()
    await page.report("one", "connecting", profile="kitchen", display="hall")
    await async_wait_recording_done(hass)
    events = await page.call("logbook/get_events", start_time=start.isoformat(), device_ids=[house.devices["hall"]])
    assert "started a conversation with Kitchen helper" in [event.get("message") for event in events]
