"""What docs/home-assistant.md shows does what it says."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from component_support import Browser
from conftest import Open, SetUp
from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component

DOCS = Path(__file__).parents[2] / "docs" / "home-assistant.md"
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(actions:.*?)```", DOCS.read_text(), re.DOTALL)]


@pytest.fixture
async def told(hass: HomeAssistant, set_up: SetUp) -> list[ServiceCall]:
    """The docs' automations, and what the family was told by notification."""
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


async def take(tablet: Browser) -> dict[str, Any]:
    command = await tablet.event()
    await tablet.report("s1", "connecting", profile=command["profile"], request=command["request"])
    return command


async def test_the_hallway_welcomes(hass: HomeAssistant, told: list[ServiceCall], anna: User, browser: Open) -> None:
    tablet = await browser()
    await tablet.show("hallway_tablet")
    hass.bus.async_fire("go_0")
    assert (await take(tablet))["start_message"].startswith("Welcome home!")
    await hass.async_block_till_done()
    assert told == []


async def test_the_family_is_notified_unless_a_display_tells_them(
    hass: HomeAssistant, told: list[ServiceCall], anna: User, browser: Open
) -> None:
    hass.bus.async_fire("go_1")
    await hass.async_block_till_done()
    assert [call.data["message"] for call in told] == ["The washing machine has ended."]
    tablet = await browser()
    await tablet.show("hallway_tablet")
    hass.bus.async_fire("go_1")
    assert "washing machine" in (await take(tablet))["extra_system_prompt"]
    await hass.async_block_till_done()
    assert len(told) == 1
