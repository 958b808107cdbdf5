"""What people see of navai in the interface. NAVAI_TEST_PICTURES names a folder to keep the pictures in."""

import json
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from ha_browser import HaBrowser
from home_assistant import User
from house_support import House, block, configuration
from playwright.async_api import Page, expect

from scripts.lib.bundling import ROOT

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.newest]

TRANSLATIONS = ROOT / "custom_components" / "navai" / "translations"
RETIRING = "gpt-4o-realtime-preview"
ACTION_STATE = "panel-dev-action-state-service-data"
"""Where the interface remembers the action that somebody was about to perform."""


def words(language: str) -> dict[str, Any]:
    """Our texts, as they should be on the page."""
    return dict(json.loads((TRANSLATIONS / f"{language}.json").read_text()))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(os.environ.get("NAVAI_TEST_PICTURES") or tmp_path_factory.mktemp("pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser(house: House) -> AsyncIterator[HaBrowser]:
    async with HaBrowser(house.running) as browser:
        yield browser


@asynccontextmanager
async def opened(browser: HaBrowser, path: str) -> AsyncIterator[Page]:
    """A page. Nothing of ours is wrong in its console, and no text of ours is missing on it."""
    page = await browser.open(path)
    yield page
    assert await page.get_by_text("component.navai").count() == 0
    assert not [problem for problem in browser.problems if "navai" in problem]
    await page.close()


@asynccontextmanager
async def conversation(house: House, anna: User) -> AsyncIterator[None]:
    """Somebody speaks with the tablet in the hall, as the second time today."""
    async with house.running.websocket(anna.token) as tablet:
        await tablet.subscribe("navai/subscribe", display="hall")
        for states in (["listening", "ended"], ["listening", "speaking"]):
            # An id belongs to the connection that it was first heard over.
            session = secrets.token_hex(8)
            for state in states:
                about = {"session": session, "display": "hall", "profile": "kitchen"}
                await tablet.call("navai/session/report", state=state, **about)
        yield


async def device_page(house: House, name: str) -> str:
    return f"/config/devices/device/{(await house.devices())[name]}"


async def test_the_page_of_a_display_shows_its_conversation(
    house: House, browser: HaBrowser, anna: User, pictures: Path
) -> None:
    entity = words("en")["entity"]
    async with conversation(house, anna), opened(browser, await device_page(house, "Hall tablet")) as page:
        await expect(page.get_by_text("Hallway")).not_to_have_count(0)
        for kind, key in (("sensor", "session"), ("event", "conversation"), ("button", "stop")):
            await expect(page.get_by_text(entity[kind][key]["name"], exact=True)).not_to_have_count(0)
        talking = entity["sensor"]["session"]["state"]["in_conversation"]
        await expect(page.locator("hui-sensor-entity-row, hui-simple-entity-row").get_by_text(talking)).to_be_visible()
        await expect(page.get_by_role("button", name="Press")).to_be_enabled()
        await expect(page.get_by_text("Download diagnostics")).to_be_visible()
        await browser.picture(page, pictures / "display.png")


async def test_the_page_of_the_service_shows_every_profile(house: House, browser: HaBrowser, pictures: Path) -> None:
    entity = words("en")["entity"]
    async with opened(browser, await device_page(house, "navai")) as page:
        for profile in ("Kitchen helper", "Office"):
            for kind, key in (("sensor", "conversation_time_today"), ("sensor", "cost_today"), ("switch", "enabled")):
                name = entity[kind][key]["name"].replace("{profile}", profile)
                await expect(page.get_by_text(name, exact=True)).not_to_have_count(0)
        await expect(page.get_by_text("$0.00")).not_to_have_count(0)
        await browser.picture(page, pictures / "service.png")


async def test_the_action_is_performed_in_the_tools(house: House, pictures: Path) -> None:
    service = words("en")["services"]["create_client_secret"]
    chosen = json.dumps({"action": "navai.create_client_secret", "data": {"profile": "kitchen"}})
    async with HaBrowser(house.running, height=980) as browser:
        remember = f"localStorage.setItem({json.dumps(ACTION_STATE)}, {json.dumps(chosen)})"
        await browser.context.add_init_script(remember)
        async with opened(browser, "/developer-tools/action") as page:
            for text in (service["name"], service["description"], service["fields"]["profile"]["name"]):
                await expect(page.get_by_text(text, exact=True)).not_to_have_count(0)
            await page.get_by_text(service["sections"]["overrides"]["name"]).click()
            for key in ("language", "tone", "instructions"):
                await expect(page.get_by_text(service["fields"][key]["description"])).to_be_visible()
            await page.get_by_text(service["sections"]["overrides"]["name"]).click()
            await page.get_by_role("button", name="Perform action").click()
            response = page.locator("ha-yaml-editor .cm-content").last
            await expect(response).to_contain_text("value: ek_")
            await expect(response).to_contain_text("profile: kitchen")
            await expect(response).to_contain_text("expires_at_iso")
            await browser.picture(page, pictures / "action.png")


async def test_a_repair_says_what_to_do(house: House, browser: HaBrowser, pictures: Path) -> None:
    changed = block(house.base_url)
    changed["profiles"]["stories"] = {"name": "Bedtime stories", "model": RETIRING}
    house.running.config.configure(configuration(changed))
    await house.running.call_action("navai", "reload")
    (issue,) = (each for each in (await house.call("repairs/list_issues"))["issues"] if each["domain"] == "navai")
    text = words("en")["issues"][issue["translation_key"]]
    title = text["title"].format(**issue["translation_placeholders"])
    async with opened(browser, "/config/repairs") as page:
        await page.get_by_text(title).first.click()
        successor = issue["translation_placeholders"]["successor"]
        await expect(page.locator("code").get_by_text(successor)).to_be_visible()
        await expect(page.get_by_text("navai: Reload")).to_be_visible()
        await expect(page.get_by_text("Learn more")).to_be_visible()
        await browser.picture(page, pictures / "repairs.png")


async def test_all_of_it_speaks_spanish(house: House, anna: User, pictures: Path) -> None:
    entity = words("es")["entity"]
    await house.call("config/core/update", language="es")
    await house.running.call_action("navai", "reload")
    page_of_hall = await device_page(house, "Hall tablet")
    async with HaBrowser(house.running, language="es") as browser, conversation(house, anna):
        async with opened(browser, page_of_hall) as page:
            for kind, key in (("sensor", "session"), ("event", "conversation"), ("button", "stop")):
                await expect(page.get_by_text(entity[kind][key]["name"], exact=True)).not_to_have_count(0)
            await expect(page.get_by_text(entity["sensor"]["session"]["state"]["in_conversation"])).not_to_have_count(0)
            await browser.picture(page, pictures / "display-es.png")
        async with opened(browser, await device_page(house, "navai")) as page:
            name = entity["sensor"]["cost_today"]["name"].replace("{profile}", "Office")
            await expect(page.get_by_text(name, exact=True)).not_to_have_count(0)
            await browser.picture(page, pictures / "service-es.png")
