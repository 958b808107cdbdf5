"""The block makes an entry, and the entry follows the block."""

from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant


async def test_the_block_makes_an_entry(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    assert entry.state is ConfigEntryState.LOADED
    assert entry.title == "navai"
    assert entry.source == "import"
    assert not entry.data
