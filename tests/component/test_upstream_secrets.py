"""A provider may put a secret into any part of its answers: Home Assistant never shows it."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from component_support import HALL, Browser
from conftest import SetUp
from homeassistant.auth.models import User
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import MATCH_ALL
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from leaky_provider import (
    AZURE_KEY,
    GIFTS,
    OPENAI_KEY,
    REFUSALS,
    STRANGERS,
    LeakyProvider,
    forms_of,
    found_in,
    leaky_provider,
    text_of,
)
from pytest_homeassistant_custom_component.common import async_capture_events, get_system_health_info

from custom_components.navai.data import NavaiData
from custom_components.navai.diagnostics import async_get_config_entry_diagnostics

Open = Callable[..., Awaitable[Browser]]
Clients = Callable[..., Awaitable[TestClient[Any, Any]]]

MINT = "/api/navai/profiles/kitchen/client-secret"


@pytest.fixture
async def leaky() -> AsyncIterator[LeakyProvider]:
    async with leaky_provider() as provider:
        yield provider


class Seen:
    """Everything of navai that Home Assistant shows and stores."""

    def __init__(self, hass: HomeAssistant, house: NavaiData, caplog: pytest.LogCaptureFixture) -> None:
        self._hass = hass
        self._house = house
        self._caplog = caplog
        self._events = async_capture_events(hass, MATCH_ALL)
        self.answers: list[str] = []

    async def everything(self, entry: ConfigEntry[Any]) -> dict[str, str]:
        await self._hass.async_block_till_done()
        health = await get_system_health_info(self._hass, "navai")
        health["provider_reachable"] = await health["provider_reachable"]
        assert any(event.event_type == "navai_session" for event in self._events)
        return {
            "answers": "\n".join(self.answers),
            "log": self._caplog.text,
            "events": text_of([event.as_dict() for event in self._events]),
            "repairs": text_of([repr(issue) for issue in ir.async_get(self._hass).issues.values()]),
            "states": text_of([state.as_dict() for state in self._hass.states.async_all()]),
            "diagnostics": text_of(await async_get_config_entry_diagnostics(self._hass, entry)),
            "health": text_of(health),
            "store": text_of(self._house._dump()),
            "notifications": text_of(self._hass.data.get("persistent_notification", {})),
        }


async def set_up_on(hass: HomeAssistant, set_up: SetUp, leaky: LeakyProvider, **changes: Any) -> NavaiData:
    assert await async_setup_component(hass, "http", {})
    assert await async_setup_component(hass, "system_health", {})
    return await set_up(base_url=leaky.base_url, **changes)


@pytest.mark.parametrize(("kind", "key"), [("azure", AZURE_KEY), ("openai", OPENAI_KEY)])
@pytest.mark.parametrize("form", [*forms_of(AZURE_KEY)])
async def test_the_key_stays_here(
    hass: HomeAssistant,
    set_up: SetUp,
    anna: User,
    hass_client_no_auth: Clients,
    browser: Open,
    leaky: LeakyProvider,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    key: str,
    form: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    display = {"profile": "kitchen", "token": HALL, "secrets_per_minute": 1000}
    profiles = {"kitchen": {"automations": True, "limits": {"secrets_per_minute": 10_000}}}
    house = await set_up_on(
        hass, set_up, leaky, provider=kind, api_key=key, profiles=profiles, displays={"hall": display}
    )
    seen = Seen(hass, house, caplog)
    client, page = await hass_client_no_auth(), await browser()
    leak = forms_of(key)[form]
    for place in REFUSALS:
        leaky.leaks(place, leak)
        response = await client.post(MINT, headers={"Authorization": f"Bearer {HALL}"})
        assert response.status >= 400, place
        assert (await response.json())["code"] != "rate_limited"
        seen.answers.append(text_of([*response.headers.items()]) + await response.text())
        # A person may make fewer requests per minute than there are places.
        if place in {"param", "all of 401", "quota", "request id", "secret"}:
            answer = await page.ask("navai/client_secret", profile="kitchen")
            assert not answer["success"]
            seen.answers.append(text_of(answer))
            with pytest.raises(HomeAssistantError) as raised:
                await hass.services.async_call(
                    "navai", "create_client_secret", {"profile": "kitchen"}, blocking=True, return_response=True
                )
            seen.answers.append(f"{raised.value!r} {raised.value} {raised.value.translation_placeholders}")
    for place in GIFTS:
        leaky.leaks(place, leak)
        response = await client.post(MINT, headers={"Authorization": f"Bearer {HALL}"})
        assert response.status == 200, place
        seen.answers.append(text_of([*response.headers.items()]) + await response.text())
        # So that the next failure is reported again.
        leaky.leaks("request id of 401", leak)
        await client.post(MINT, headers={"Authorization": f"Bearer {HALL}"})
    (entry,) = hass.config_entries.async_entries("navai")
    found = await seen.everything(entry)
    assert "No client secret for kitchen" in found["log"]
    assert "api_key_refused" in found["repairs"] + found["events"]
    assert {where: found_in(text, key) for where, text in found.items()} == dict.fromkeys(found)


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_what_looks_like_somebodys_key_stays_here_too(
    hass: HomeAssistant,
    set_up: SetUp,
    hass_client_no_auth: Clients,
    leaky: LeakyProvider,
    caplog: pytest.LogCaptureFixture,
    stranger: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    display = {"profile": "kitchen", "token": HALL, "secrets_per_minute": 1000}
    profiles = {"kitchen": {"limits": {"secrets_per_minute": 10_000}}}
    house = await set_up_on(hass, set_up, leaky, profiles=profiles, displays={"hall": display})
    seen = Seen(hass, house, caplog)
    client = await hass_client_no_auth()
    for place in REFUSALS.keys() - {"secret"}:  # there, any such text counts as a secret
        leaky.leaks(place, stranger)
        response = await client.post(MINT, headers={"Authorization": f"Bearer {HALL}"})
        assert response.status >= 400, place
        assert (await response.json())["code"] != "rate_limited"
        seen.answers.append(text_of([*response.headers.items()]) + await response.text())
    (entry,) = hass.config_entries.async_entries("navai")
    found = await seen.everything(entry)
    assert {where: found_in(text, stranger) for where, text in found.items()} == dict.fromkeys(found)


async def test_what_a_browser_passes_on_is_looked_at_too(
    hass: HomeAssistant,
    set_up: SetUp,
    anna: User,
    browser: Open,
    leaky: LeakyProvider,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Home Assistant's own debug log shows everything that a browser sends.
    caplog.set_level(logging.INFO, logger="homeassistant.components.websocket_api")
    house = await set_up_on(hass, set_up, leaky, provider="azure", api_key=AZURE_KEY)
    seen = Seen(hass, house, caplog)
    page = await browser()
    for number, code in enumerate((AZURE_KEY, STRANGERS[0], AZURE_KEY[:12], "quota_exhausted")):
        await page.report(f"s{number}", "connecting", profile="kitchen")
        await page.report(f"s{number}", "failed", code=code)
    (entry,) = hass.config_entries.async_entries("navai")
    found = await seen.everything(entry)
    assert "quota_exhausted" in found["events"]
    for secret in (AZURE_KEY, STRANGERS[0]):
        assert {where: found_in(text, secret) for where, text in found.items()} == dict.fromkeys(found)
