"""navai is configured in YAML: the interface explains how to start, and never creates a second entry."""

import json
from pathlib import Path
from typing import Any

import yaml
from component_support import KEY, Folder
from homeassistant.config_entries import SOURCE_IMPORT, SOURCE_USER, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component

import custom_components.navai
from custom_components.navai.const import DOCS_URL, DOMAIN

ABORTS = json.loads(Path(custom_components.navai.__path__[0], "strings.json").read_text("utf-8"))["config"]["abort"]


async def test_adding_by_hand_explains_the_yaml_with_a_snippet_that_works(hass: HomeAssistant, folder: Folder) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "yaml_only"
    placeholders = result["description_placeholders"]
    assert placeholders["docs"] == DOCS_URL
    assert "configuration.yaml" in ABORTS["yaml_only"].format(**placeholders)
    assert not hass.config_entries.async_entries(DOMAIN)

    folder.write(configuration=placeholders["snippet"], secrets=yaml.safe_dump({"openai_api_key": KEY}))
    await folder.start()
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    assert list(entry.runtime_data.settings.profiles) == ["kitchen"]
    assert not entry.runtime_data.settings.warnings


async def test_adding_it_again_says_that_it_exists(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    for source in (SOURCE_USER, SOURCE_IMPORT):
        result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": source})
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "single_instance_allowed"
    assert hass.config_entries.async_entries(DOMAIN) == [entry]
