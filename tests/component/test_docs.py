"""The examples for Home Assistant in the documents work."""

import re
import textwrap
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from component_support import Browser
from conftest import Open, SetUp
from homeassistant.auth.models import User
from homeassistant.components.blueprint.importer import fetch_blueprint_from_url
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker

DOCS = Path(__file__).parents[2] / "docs" / "home-assistant.md"
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(actions:.*?)```", DOCS.read_text(), re.DOTALL)]


@pytest.fixture
async def notifications(hass: HomeAssistant, set_up: SetUp) -> list[ServiceCall]:
    """Set up the docs' automations, and collect the notifications to the family."""
    await set_up(
        displays={"hallway_tablet": {"profile": "kitchen", "area": "Kitchen"}, "shelf": {"profile": "kitchen"}}
    )
    calls: list[ServiceCall] = []
    hass.services.async_register("notify", "family", calls.append)
    automations = [
        {"alias": f"Example {number}", "triggers": {"trigger": "event", "event_type": f"go_{number}"}, **example}
        for number, example in enumerate(EXAMPLES)
    ]
    assert await async_setup_component(hass, "automation", {"automation": automations})
    return calls


async def accept(tablet: Browser) -> dict[str, Any]:
    command = await tablet.event()
    await tablet.report("s1", "connecting", profile=command["profile"], request=command["request"])
    return command


async def test_the_hallway_welcomes(
    hass: HomeAssistant, notifications: list[ServiceCall], anna: User, browser: Open
) -> None:
    tablet = await browser()
    await tablet.show("hallway_tablet")
    hass.bus.async_fire("go_0")
    assert (await accept(tablet))["start_message"].startswith("Welcome home!")
    await hass.async_block_till_done()
    assert notifications == []


async def test_the_family_is_notified_if_no_display_responds(
    hass: HomeAssistant, notifications: list[ServiceCall], anna: User, browser: Open
) -> None:
    hass.bus.async_fire("go_1")
    await hass.async_block_till_done()
    assert [call.data["message"] for call in notifications] == ["The washing machine has finished."]
    tablet = await browser()
    await tablet.show("hallway_tablet")
    hass.bus.async_fire("go_1")
    assert "washing machine" in (await accept(tablet))["extra_system_prompt"]
    await hass.async_block_till_done()
    assert len(notifications) == 1


ROOT = Path(__file__).parents[2]
BLOCKS = [
    yaml.safe_load(textwrap.dedent(block))
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    for block in re.findall(r"```yaml\n((?:triggers|conditions):.*?)```", page.read_text(), re.DOTALL)
]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: next(iter(block)))
async def test_triggers_and_conditions_are_taken(hass: HomeAssistant, set_up: SetUp, block: dict[str, Any]) -> None:
    await set_up(displays={"hallway_tablet": {"profile": "kitchen"}})
    whole = {"triggers": {"trigger": "event", "event_type": "go"}, "actions": [{"stop": "done"}], **block}
    assert await async_setup_component(hass, "automation", {"automation": [{"alias": "Example", **whole}]})
    await hass.async_block_till_done()
    assert hass.states.get("automation.example").state == "on"


def test_the_card_takes_what_is_shown() -> None:
    (block,) = re.findall(r"```yaml\n(type: custom:navai-card.*?)```", DOCS.read_text(), re.DOTALL)
    known = (ROOT / "custom_components" / "navai" / "www" / "card" / "config.js").read_text()
    for option in yaml.safe_load(block):
        assert option == "type" or re.search(rf"\b{option}\b", known), option


LINKS = re.findall(r"\]\((https://my\.home-assistant\.io/redirect/blueprint_import/[^)]+)\)", DOCS.read_text())


async def test_the_links_import_every_blueprint(hass: HomeAssistant, aioclient_mock: AiohttpClientMocker) -> None:
    folder = ROOT / "blueprints" / "automation" / "navai"
    files = {path.name: path.read_text() for path in folder.glob("*.yaml")}
    for name, text in files.items():
        path = f"/navai-home/navai/main/blueprints/automation/navai/{name}"
        aioclient_mock.get(f"https://raw.githubusercontent.com{path}", text=text)
    imported = set()
    for link in LINKS:
        (address,) = parse_qs(urlsplit(link).query)["blueprint_url"]
        found = await fetch_blueprint_from_url(hass, address)
        name = found.suggested_filename.removeprefix("navai-home/") + ".yaml"
        imported.add(name)
        # A file that is copied by hand can also be imported again from there.
        written = yaml.safe_load(re.sub(r"!\w+ ?", "", files[name]))["blueprint"]["source_url"]
        assert written == found.blueprint.metadata["source_url"] == address
    assert imported == files.keys()
