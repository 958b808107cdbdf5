"""The YAML is the truth: the config entry comes and goes with the `navai:` block."""

import logging

from homeassistant.config_entries import SOURCE_IMPORT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN, HOUSE
from .navai_core import Settings

_LOGGER = logging.getLogger(__name__)


async def follow_yaml(hass: HomeAssistant, config: ConfigType) -> None:
    """Make the config entry what the YAML says: there, or not. A loaded one is not reloaded here."""
    settings = config.get(DOMAIN)
    house = hass.data[HOUSE]
    house.settings = settings if isinstance(settings, Settings) else None
    entries = hass.config_entries.async_entries(DOMAIN)
    if house.settings is None:
        for entry in entries:
            _LOGGER.info("There is no `navai:` block in the YAML any more: its devices and entities are removed")
            # Not awaited: while Home Assistant starts, an entry is removed only after this set-up has ended.
            hass.async_create_task(hass.config_entries.async_remove(entry.entry_id), f"remove {DOMAIN}")
    elif not entries:
        hass.async_create_task(
            hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_IMPORT}), f"import {DOMAIN}"
        )
