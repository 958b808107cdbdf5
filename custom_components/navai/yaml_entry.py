"""The YAML is the truth: the config entry comes and goes with the `navai:` block."""

import logging

from homeassistant.config_entries import SOURCE_IMPORT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN
from .data import DATA
from .navai_core import Settings

_LOGGER = logging.getLogger(__name__)


async def follow_yaml(hass: HomeAssistant, config: ConfigType) -> None:
    """Make the config entry what the YAML says: there, or not. One that is there already is not reloaded here."""
    settings: Settings | None = config.get(DOMAIN)
    data = hass.data[DATA]
    data.settings = settings
    entries = hass.config_entries.async_entries(DOMAIN)
    if data.settings is None:
        for entry in entries:
            # It may be that Home Assistant left out a package that has a mistake elsewhere.
            _LOGGER.warning("There is no `navai:` block in the YAML any more: its devices and entities are removed")
            await hass.config_entries.async_remove(entry.entry_id)
    elif not entries:
        importing = hass.async_create_task(
            hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_IMPORT}), f"import {DOMAIN}"
        )
        # While Home Assistant starts, an entry is set up only after this set-up has ended.
        if DOMAIN in hass.config.components:
            await importing
