"""A button for each display, which ends its conversation."""

from typing import Final

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import DATA
from .entity import DisplayEntity
from .runtime import NavaiConfigEntry

PARALLEL_UPDATES: Final = 0
STOP: Final = ButtonEntityDescription(key="stop", translation_key="stop")


async def async_setup_entry(
    hass: HomeAssistant, entry: NavaiConfigEntry, add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the buttons."""
    displays = entry.runtime_data.settings.displays.values()
    add_entities(StopButton(hass.data[DATA], display, STOP) for display in displays)


class StopButton(DisplayEntity, ButtonEntity):
    """Ends the conversation on the display."""

    @property
    def available(self) -> bool:
        """See `SessionManager.can_stop`."""
        return self._data.can_stop(self._display.key)

    async def async_press(self) -> None:
        """End the conversation. Home Assistant does not press an unavailable button."""
        display = self._display.key
        if self._data.sessions.of_display(display):
            await self._data.stop_at(display)
        else:
            self._data.displays.send(display, {"type": "stop"})
