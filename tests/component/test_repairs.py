"""Repairs: a problem that only an administrator can fix is shown once, and disappears when it is fixed."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from component_support import KEY, Browser, Folder, block
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.issue_registry import IssueSeverity
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_capture_events, async_fire_time_changed
from secret_watch import WATCH

import custom_components.navai
from custom_components.navai.const import DOCS_URL, DOMAIN
from custom_components.navai.data import DATA, NavaiData
from custom_components.navai.navai_core import Caller, Overrides
from custom_components.navai.navai_core.exceptions import NavaiError
from custom_components.navai.navai_core.sessions.model_check import CHECK_AGAIN_S, FIRST_CHECK_S, RETRY_CHECK_S
from custom_components.navai.runtime import find_runtime
from navai_core.simulator import Simulator
from navai_core.simulator.rules import Rules

Open = Callable[..., Awaitable[Browser]]
SetUp = Callable[..., Awaitable[NavaiData]]

REVOKED = WATCH.secret("sk-revoked-0123456789")
WARM = {"model": "gpt-realtime-2.1", "keep_warm": True}
OWNER = Caller(kind="owner", key="test")
_TEXTS = {
    language: json.loads(
        Path(custom_components.navai.__path__[0], "translations", f"{language}.json").read_text("utf-8")
    )
    for language in ("en", "es")
}


def shown(hass: HomeAssistant) -> dict[str, str]:
    """Return our repairs with their English texts. All languages must have texts for them."""
    found = {}
    for (domain, issue_id), issue in ir.async_get(hass).issues.items():
        if domain != DOMAIN:
            continue
        assert issue.active
        assert not issue.is_persistent
        assert issue.learn_more_url == f"{DOCS_URL}#repairs"
        placeholders = issue.translation_placeholders or {}
        for texts in _TEXTS.values():
            sentences = texts["issues"][issue.translation_key]
            found[issue_id] = f"{sentences['title']}\n{sentences['description']}".format(**placeholders)
        sentences = _TEXTS["en"]["issues"][issue.translation_key]
        found[issue_id] = f"{sentences['title']}\n{sentences['description']}".format(**placeholders)
    return found


async def mint(house: NavaiData, **more: Any) -> None:
    runtime = find_runtime(house.hass)
    assert runtime is not None
    await runtime.service.mint(OWNER, "kitchen", **more)


async def fail(house: NavaiData, **more: Any) -> str:
    with pytest.raises(NavaiError) as raised:
        await mint(house, **more)
    return raised.value.code


async def test_without_problems_there_are_no_repairs(hass: HomeAssistant, house: NavaiData) -> None:
    await mint(house)
    assert shown(hass) == {}


@pytest.mark.parametrize(
    ("provider", "variable"),
    [("openai", "OPENAI_API_KEY"), ("azure", "AZURE_OPENAI_API_KEY"), ("compatible", "NAVAI_API_KEY")],
)
async def test_a_missing_key_shows_until_there_is_one(
    hass: HomeAssistant, folder: Folder, simulator: Simulator, provider: str, variable: str
) -> None:
    folder.write_block(block(simulator, api_key=None, provider=provider))
    await folder.start()
    (text,) = shown(hass).values()
    assert "Add `api_key: !secret openai_api_key` to the `navai:` block" in text
    assert f"`{variable}`" in text
    folder.write_block(block(simulator, provider=provider))
    await folder.reload()
    assert shown(hass) == {}


async def test_a_key_of_the_environment_is_one(
    hass: HomeAssistant, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    await mint(await set_up(api_key=None))
    assert shown(hass) == {}


async def test_where_requests_may_bring_a_key_none_is_missing(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(api_key=None, allow_request_api_key=True)
    assert shown(hass) == {}


async def test_a_refused_key_shows_once_until_a_reload_or_a_mint(
    hass: HomeAssistant, folder: Folder, simulator: Simulator
) -> None:
    folder.write_block(block(simulator, api_key=REVOKED))
    await folder.start()
    house = hass.data[DATA]
    changes = async_capture_events(hass, ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED)
    for _ in range(2):
        assert await fail(house) == "api_key_refused"
    (text,) = shown(hass).values()
    assert "Add a valid key to `secrets.yaml`, then run the action **navai: Reload**" in text
    assert len(changes) == 1
    assert ir.async_get(hass).issues[DOMAIN, "api_key_refused"].severity is IssueSeverity.ERROR
    folder.write_block(block(simulator))
    await folder.reload()
    assert shown(hass) == {}
    await mint(house)
    assert shown(hass) == {}


async def test_the_repair_of_a_key_disappears_when_the_key_works_again(
    hass: HomeAssistant, house: NavaiData, simulator: Simulator
) -> None:
    simulator.faults.push("error=invalid_api_key")
    assert await fail(house) == "api_key_refused"
    assert set(shown(hass)) == {"api_key_refused"}
    await mint(house)
    assert shown(hass) == {}


@pytest.mark.parametrize("error", ["insufficient_quota", "credit_balance_exhausted"])
async def test_an_exhausted_quota_shows_until_a_mint_works(
    hass: HomeAssistant, house: NavaiData, entry: ConfigEntry[Any], simulator: Simulator, error: str
) -> None:
    simulator.faults.push(f"error={error}", times=2)
    for _ in range(2):
        assert await fail(house) == "quota_exhausted"
    (text,) = shown(hass).values()
    assert "Add credit to your account at the provider" in text
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert set(shown(hass)) == {"quota_exhausted"}, "a reload does not add credit"
    await mint(house)
    assert shown(hass) == {}


@pytest.mark.parametrize(
    ("fault", "code", "issue", "words"),
    [
        ("error=missing_scope", "missing_scope", "permission_refused", "A restricted key needs this"),
        (
            "status=403; error=invalid_request",
            "permission_refused",
            "permission_refused",
            "permission to use Realtime",
        ),
        (
            "error=unsupported_country_region_territory",
            "country_not_supported",
            "country_not_supported",
            "uses a VPN or a proxy",
        ),
        ("error=model_not_found", "model_not_found", "model_refused_kitchen", "`gpt-realtime-2.1` does not exist"),
        ("error=invalid_model", "invalid_model", "model_refused_kitchen", "Correct `model` in the profile"),
        ("error=DeploymentNotFound", "deployment_not_found", "model_refused_kitchen", "the name of the deployment"),
    ],
)
async def test_what_only_an_administrator_can_change_shows_until_a_mint_works(
    hass: HomeAssistant, house: NavaiData, simulator: Simulator, fault: str, code: str, issue: str, words: str
) -> None:
    simulator.faults.push(fault, times=2)
    for _ in range(2):
        assert await fail(house) == code
    assert set(shown(hass)) == {issue}
    assert words in shown(hass)[issue]
    await mint(house)
    assert shown(hass) == {}


REQUEST = "req_7Kd2PqLmZxWv8RtYhN3c"
CALLS = [
    ("model_not_found", "model_not_found", "model_refused_kitchen"),
    ("invalid_model", "invalid_model", "model_refused_kitchen"),
    ("api_key_refused", "invalid_api_key", "api_key_refused"),
    ("quota_exhausted", "insufficient_quota", "quota_exhausted"),
    ("missing_scope", "missing_scope", "permission_refused"),
    ("country_not_supported", "unsupported_country_region_territory", "country_not_supported"),
]


async def converse(page: Browser, session: str, *states: str, **fields: Any) -> None:
    """Report a conversation from its start. The last report has the fields."""
    await page.report(session, "connecting", profile="kitchen", display="hall")
    for state in states[:-1]:
        await page.report(session, state)
    await page.report(session, states[-1], **fields)


@pytest.mark.parametrize(("code", "provider_code", "issue"), CALLS)
async def test_a_call_that_is_refused_shows_until_an_answer_comes_whatever_is_minted_meanwhile(
    hass: HomeAssistant,
    house: NavaiData,
    anna: object,
    browser: Open,
    caplog: pytest.LogCaptureFixture,
    code: str,
    provider_code: str,
    issue: str,
) -> None:
    page = await browser()
    for session in ("one", "two"):
        await mint(house)
        await converse(page, session, "failed", code=code, provider_code=provider_code, request_id=REQUEST)
    line = f"refused a conversation with kitchen: {code} (the provider's code {provider_code}, request id {REQUEST})"
    assert caplog.text.count(line) == 1
    await mint(house)
    assert set(shown(hass)) == {issue}
    # Calls can also start without credit.
    await converse(page, "three", "listening", "thinking", "ended")
    assert set(shown(hass)) == {issue}
    await converse(page, "four", "listening", "speaking")
    assert shown(hass) == {}
    assert caplog.text.count("The provider accepts conversations with kitchen again") == 1
    await converse(page, "five", "failed", code=code, provider_code=provider_code)
    assert set(shown(hass)) == {issue}
    assert caplog.text.count(f"refused a conversation with kitchen: {code}") == 2
    written = {"total_tokens": 3, "input_tokens": 1, "output_tokens": 2}
    await converse(page, "six", "listening", usage={**written, "total_tokens": 1, "output_tokens": 0})
    assert set(shown(hass)) == {issue}
    await page.report("six", "thinking", usage=written)
    assert shown(hass) == {}, "an answer in text is one, too"


async def test_a_conversation_from_before_the_refusal_proves_nothing(
    hass: HomeAssistant, house: NavaiData, anna: object, browser: Open
) -> None:
    before, page = await browser(), await browser()
    await before.report("old", "listening", profile="kitchen", display="desk")
    await converse(page, "new", "failed", code="api_key_refused", provider_code="invalid_api_key")
    await before.report("old", "speaking")
    assert set(shown(hass)) == {"api_key_refused"}
    await converse(page, "newer", "listening", "speaking")
    assert shown(hass) == {}


async def test_a_refusal_at_mint_and_call_shows_until_both_work(
    hass: HomeAssistant, house: NavaiData, anna: object, browser: Open, simulator: Simulator
) -> None:
    page = await browser()
    simulator.faults.push("error=insufficient_quota")
    assert await fail(house) == "quota_exhausted"
    await converse(page, "one", "failed", code="quota_exhausted", provider_code="insufficient_quota")
    await mint(house)
    assert set(shown(hass)) == {"quota_exhausted"}
    await converse(page, "two", "listening", "speaking")
    assert shown(hass) == {}


async def test_a_refused_model_is_the_profiles_own_and_goes_with_a_reload(
    hass: HomeAssistant, folder: Folder, simulator: Simulator, anna: object, browser: Open
) -> None:
    folder.write_block(block(simulator))
    await folder.start()
    page = await browser()
    await converse(page, "one", "failed", code="model_not_found", provider_code="model_not_found")
    await page.report("two", "connecting", profile="office", display="desk")
    await page.report("two", "failed", code="quota_exhausted", provider_code="insufficient_quota")
    await page.report("three", "speaking", profile="office", display="desk")
    assert set(shown(hass)) == {"model_refused_kitchen"}, "another profile has another model"
    await page.report("three", "failed", code="quota_exhausted", provider_code="insufficient_quota")
    await folder.reload()
    assert set(shown(hass)) == {"quota_exhausted"}, "a reload does not add credit"
    await mint(hass.data[DATA])
    assert set(shown(hass)) == {"quota_exhausted"}, "and a mint proves none"
    await converse(page, "four", "speaking")
    assert shown(hass) == {}


async def test_a_failure_of_the_device_or_of_a_profile_that_is_gone_shows_nothing(
    hass: HomeAssistant,
    folder: Folder,
    simulator: Simulator,
    anna: object,
    browser: Open,
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder.write_block(block(simulator))
    await folder.start()
    page = await browser()
    await converse(page, "one", "failed", code="microphone_denied")
    assert "refused a conversation" not in caplog.text
    await converse(page, "two", "failed", code="provider_refused", provider_code="invalid_offer")
    await converse(page, "three", "failed", code="provider_refused")
    assert "provider_refused (the provider's code invalid_offer, request id None)" in caplog.text
    assert "provider_refused (the provider's code None, request id None)" in caplog.text
    await page.report("four", "listening", profile="kitchen", display="hall")
    changed = block(simulator, profiles={"office": {"model": "gpt-realtime-2.1"}}, displays=None)
    folder.write_block(changed)
    await folder.reload()
    await page.report("four", "failed", code="model_not_found", provider_code="model_not_found")
    assert shown(hass) == {}


@pytest.mark.parametrize("fault", ["status=500", "error=rate_limit_exceeded", "drop", "body=not-json"])
async def test_a_temporary_error_is_not_a_repair(
    hass: HomeAssistant, house: NavaiData, simulator: Simulator, fault: str
) -> None:
    simulator.faults.push(fault, times=9)
    await fail(house)
    assert shown(hass) == {}


async def test_a_key_of_a_request_says_nothing_of_ours(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    house = await set_up(api_key=None, allow_request_api_key=True)
    assert await fail(house, request_key=REVOKED) == "api_key_refused"
    simulator.faults.push("error=insufficient_quota")
    assert await fail(house, request_key=KEY) == "quota_exhausted"
    assert shown(hass) == {}


async def test_the_configured_key_is_used_and_checked_even_if_a_request_has_one(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    house = await set_up(allow_request_api_key=True)
    simulator.faults.push("error=invalid_api_key")
    assert await fail(house, request_key=REVOKED) == "api_key_refused"
    assert set(shown(hass)) == {"api_key_refused"}
    assert house.last_error == "api_key_refused"
    assert "No client secret for kitchen" in caplog.text
    await mint(house, request_key=REVOKED)
    assert shown(hass) == {}


async def test_a_secret_created_in_advance_proves_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    house = await set_up(profiles={"kitchen": WARM, "office": {"model": "gpt-realtime-2.1"}}, displays=None)
    runtime = find_runtime(house.hass)
    assert runtime is not None
    runtime.service.profiles_for(OWNER)
    await hass.async_block_till_done(wait_background_tasks=True)
    while not runtime.service.ready():
        await asyncio.sleep(0)
    simulator.faults.push("error=insufficient_quota", times=2)
    with pytest.raises(NavaiError):
        await runtime.service.mint(OWNER, "office")
    assert (await runtime.service.mint(OWNER, "kitchen")).warm
    while simulator.faults:
        await asyncio.sleep(0)
    assert set(shown(hass)) == {"quota_exhausted"}
    assert "issues client secrets again" not in caplog.text
    await runtime.service.mint(OWNER, "office")
    assert shown(hass) == {}


async def test_a_secret_that_cannot_be_created_in_advance_is_shown_before_anyone_taps(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    house = await set_up(profiles={"kitchen": WARM}, displays=None)
    runtime = find_runtime(house.hass)
    assert runtime is not None
    simulator.faults.push("error=invalid_api_key")
    runtime.service.profiles_for(OWNER)
    while not shown(hass):
        await asyncio.sleep(0)
    assert set(shown(hass)) == {"api_key_refused"}
    assert house.last_error == "api_key_refused"
    assert caplog.text.count("No client secret for kitchen") == 1


async def slow_mint(house: NavaiData, simulator: Simulator, fault: str) -> asyncio.Task[None]:
    """Start a mint: the provider has its request, but has not answered yet."""
    simulator.faults.push(f"latency-ms=300; {fault}" if fault else "latency-ms=300")
    known = len(simulator.requests)
    minting = asyncio.create_task(mint(house))
    while len(simulator.requests) == known:
        await asyncio.sleep(0)
    return minting


async def test_an_answer_to_a_key_from_before_the_reload_is_ignored(
    hass: HomeAssistant, house: NavaiData, entry: ConfigEntry[Any], simulator: Simulator
) -> None:
    minting = await slow_mint(house, simulator, "error=invalid_api_key")
    assert await hass.config_entries.async_reload(entry.entry_id)
    with pytest.raises(NavaiError):
        await minting
    assert shown(hass) == {}
    assert house.last_error is None


async def test_a_secret_from_before_a_reload_counts_and_one_from_before_a_removal_does_not(
    hass: HomeAssistant, house: NavaiData, entry: ConfigEntry[Any], simulator: Simulator
) -> None:
    minting = await slow_mint(house, simulator, "")
    assert await hass.config_entries.async_reload(entry.entry_id)
    await minting
    assert house.usage.of("kitchen").secrets == 1
    minting = await slow_mint(house, simulator, "")
    await hass.config_entries.async_remove(entry.entry_id)
    await minting
    assert house.usage.of("kitchen").secrets == 0
    assert house.last_mint is None


async def test_an_override_that_is_not_allowed_is_not_a_repair(hass: HomeAssistant, house: NavaiData) -> None:
    assert await fail(house, overrides=Overrides(model="gpt-realtime")) == "override_not_allowed"
    assert shown(hass) == {}


async def test_a_model_that_retires_shows_with_date_and_successor_until_it_is_replaced(
    hass: HomeAssistant, folder: Folder, simulator: Simulator
) -> None:
    profiles = {
        "kitchen": {"model": "gpt-realtime"},
        "office": {"model": "gpt-realtime"},
        "garden": {"model": "gpt-realtime-2.1", "transcription": "whisper-1"},
    }
    folder.write_block(block(simulator, profiles=profiles, displays=None))
    await folder.start()
    found = shown(hass)
    assert set(found) == {"model_retires_gpt-realtime", "model_retires_whisper-1"}
    assert "shuts down `gpt-realtime` on 2027-01-20" in found["model_retires_gpt-realtime"]
    assert "Replace `gpt-realtime` with `gpt-realtime-2.1`" in found["model_retires_gpt-realtime"]
    assert "Replace `whisper-1` with `gpt-transcribe`" in found["model_retires_whisper-1"]
    assert ir.async_get(hass).issues[DOMAIN, "model_retires_gpt-realtime"].severity is IssueSeverity.WARNING
    profiles["kitchen"]["model"] = "gpt-realtime-2.1"
    folder.write_block(block(simulator, profiles=profiles, displays=None))
    await folder.reload()
    assert "model_retires_gpt-realtime" in shown(hass), "the office still has it"
    profiles["office"]["model"] = "gpt-realtime-2.1"
    del profiles["garden"]
    folder.write_block(block(simulator, profiles=profiles, displays=None))
    await folder.reload()
    assert shown(hass) == {}


async def test_a_repair_that_is_ignored_stays_ignored_after_reloads_and_restarts(
    hass: HomeAssistant, set_up: SetUp, issue_registry: ir.IssueRegistry
) -> None:
    await set_up(profiles={"kitchen": {"model": "gpt-realtime"}}, displays=None)
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    key = (DOMAIN, "model_retires_gpt-realtime")
    ir.async_ignore_issue(hass, *key, ignore=True)
    ignored = issue_registry.issues[key]
    assert ignored.dismissed_version
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert issue_registry.issues[key] == ignored
    # As the registry loads it from its file after a restart.
    issue_registry.issues[key] = replace(ignored, active=False)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert issue_registry.issues[key] == ignored


async def test_a_display_over_plain_http_shows_until_it_comes_securely(
    hass: HomeAssistant, house: NavaiData, anna: object, browser: Open
) -> None:
    page = await browser()
    await page.show("hall", secure=False)
    await (await browser()).show("desk", secure=True)
    (text,) = shown(hass).values()
    assert "Hall tablet was opened over plain HTTP" in text
    assert "Open its dashboard with an address that starts with `https://`" in text
    await page.close()
    await hass.async_block_till_done()
    assert set(shown(hass)) == {"display_insecure_hall"}, "a sleeping tablet is not fixed"
    await (await browser()).show("hall", secure=True)
    assert shown(hass) == {}


async def test_a_display_that_may_stay_insecure_is_ignored_over_a_restart(
    hass: HomeAssistant, set_up: SetUp, browser: Open, issue_registry: ir.IssueRegistry
) -> None:
    key = (DOMAIN, "display_insecure_hall")
    ir.async_create_issue(
        hass, *key, is_fixable=False, severity=IssueSeverity.WARNING, translation_key="display_insecure"
    )
    ir.async_ignore_issue(hass, *key, ignore=True)
    # As the registry loads it from its file after a restart.
    issue_registry.issues[key] = replace(issue_registry.issues[key], active=False)
    await set_up()
    assert not issue_registry.issues[key].active
    await (await browser()).show("hall", secure=False)
    assert issue_registry.issues[key].active
    assert issue_registry.issues[key].dismissed_version
    await (await browser()).show("hall", secure=True)
    assert key not in issue_registry.issues


async def test_the_repair_of_a_display_goes_with_the_display(
    hass: HomeAssistant, folder: Folder, simulator: Simulator, browser: Open
) -> None:
    folder.write_block(block(simulator))
    await folder.start()
    page = await browser()
    await page.show("hall", secure=False)
    changed = block(simulator)
    changed["displays"]["hall"]["name"] = "Entrance"
    folder.write_block(changed)
    await folder.reload()
    assert "Entrance was opened over plain HTTP" in shown(hass)["display_insecure_hall"]
    del changed["displays"]["hall"]
    folder.write_block(changed)
    await folder.reload()
    assert shown(hass) == {}
    await page.close()
    await hass.async_block_till_done()
    assert shown(hass) == {}
    folder.write_block(changed)
    await folder.reload()
    folder.write_block(block(simulator))
    await folder.reload()
    assert shown(hass) == {}, "nobody has opened the new display yet"


async def night(hass: HomeAssistant, seconds: float) -> None:
    """Let the time for the next check of the models come, and wait for its answer."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=seconds + 1))
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
def rules(simulator: Simulator) -> Callable[..., None]:
    """Change what the provider says about models."""

    def change(**rules: Any) -> None:
        simulator.state.rules = Rules(**rules)

    return change


async def test_the_provider_is_asked_once_a_day_about_the_models(
    hass: HomeAssistant, folder: Folder, simulator: Simulator, rules: Callable[..., None]
) -> None:
    rules(shutdown_dates={"gpt-realtime-2.1": "2027-09-01"}, forbidden_models={"gpt-realtime-2.1-mini"})
    folder.write_block(block(simulator))
    await folder.start()
    assert shown(hass) == {}, "nothing waits for the answer"
    await night(hass, FIRST_CHECK_S)
    found = shown(hass)
    assert set(found) == {"model_retires_gpt-realtime-2.1", "model_unavailable_gpt-realtime-2.1-mini"}
    assert "shuts down `gpt-realtime-2.1` on 2027-09-01" in found["model_retires_gpt-realtime-2.1"]
    assert "conversations with `office` fail" in found["model_unavailable_gpt-realtime-2.1-mini"]
    await folder.reload()
    assert set(shown(hass)) == set(found), "a reload proves nothing"
    rules(shutdown_dates={"gpt-realtime-2.1-mini": "2027-12-01"})
    await night(hass, FIRST_CHECK_S)
    assert set(shown(hass)) == {"model_retires_gpt-realtime-2.1-mini"}
    rules()
    await night(hass, CHECK_AGAIN_S)
    assert shown(hass) == {}


async def test_an_end_of_the_table_stays_without_the_providers_date(
    hass: HomeAssistant, set_up: SetUp, rules: Callable[..., None]
) -> None:
    rules(shutdown_dates={})
    await set_up(profiles={"kitchen": {"model": "gpt-realtime"}}, displays=None)
    await night(hass, FIRST_CHECK_S)
    assert "shuts down `gpt-realtime` on 2027-01-20" in shown(hass)["model_retires_gpt-realtime"]
    rules(shutdown_dates={"gpt-realtime": "2027-02-01"})
    await night(hass, CHECK_AGAIN_S)
    assert "shuts down `gpt-realtime` on 2027-02-01" in shown(hass)["model_retires_gpt-realtime"]


async def test_a_check_that_fails_says_so_and_is_repeated_in_an_hour(
    hass: HomeAssistant,
    house: NavaiData,
    simulator: Simulator,
    rules: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    rules(forbidden_models={"gpt-realtime-2.1"})
    simulator.faults.push("on=models; error=missing_scope")
    with caplog.at_level("INFO"):
        await night(hass, FIRST_CHECK_S)
    assert "The provider's list of models cannot be read: The API key may not read" in caplog.text
    assert shown(hass) == {}
    await night(hass, RETRY_CHECK_S)
    assert set(shown(hass)) == {"model_unavailable_gpt-realtime-2.1"}


async def test_an_answer_for_former_settings_shows_nothing(
    hass: HomeAssistant, house: NavaiData, entry: ConfigEntry[Any], simulator: Simulator, rules: Callable[..., None]
) -> None:
    rules(forbidden_models={"gpt-realtime-2.1"})
    arrived, unblocked = asyncio.Event(), asyncio.Event()
    request = house.http._request

    async def slow(*args: Any, **more: Any) -> Any:
        arrived.set()
        await unblocked.wait()
        return await request(*args, **more)

    with patch.object(house.http, "_request", slow):
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=FIRST_CHECK_S + 1))
        await arrived.wait()
        assert await hass.config_entries.async_unload(entry.entry_id)
        unblocked.set()
        await hass.async_block_till_done(wait_background_tasks=True)
    assert shown(hass) == {}


async def test_other_providers_are_not_asked(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(provider="compatible")
    opened = simulator.connections
    await night(hass, FIRST_CHECK_S)
    assert simulator.connections == opened
    assert shown(hass) == {}
