"""Creates and removes the config entry: it exists while the YAML has a `navai:` block."""

import logging

from homeassistant.config_entries import SOURCE_IMPORT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN
from .data import DATA
from .navai_core import Settings

_LOGGER = logging.getLogger(__name__)


async def follow_yaml(hass: HomeAssistant, config: ConfigType) -> None:
    """Create or remove the config entry, as the YAML says. An existing entry is not reloaded here."""
    settings: Settings | None = config.get(DOMAIN)
    data = hass.data[DATA]
    data.settings = settings
    entries = hass.config_entries.async_entries(DOMAIN)
    if data.settings is None:
        for entry in entries:
            # Perhaps Home Assistant skipped a package because of another mistake in it.
            _LOGGER.warning(
                "The YAML no longer has a `navai:` block. Removing its devices and entities; "
                "what was turned off stays off if the block comes back"
            )
            await hass.config_entries.async_remove(entry.entry_id)
    elif not entries:
        importing = hass.async_create_task(
            hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_IMPORT}), f"import {DOMAIN}"
        )
        # While Home Assistant starts, entries are set up only after this set-up has finished.
        if DOMAIN in hass.config.components:
            await importing
