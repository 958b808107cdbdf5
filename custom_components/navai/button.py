"""A button per display: ends its conversation."""

from typing import Final

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import HOUSE
from .entity import DisplayEntity
from .runtime import NavaiConfigEntry

PARALLEL_UPDATES: Final = 0
STOP: Final = ButtonEntityDescription(key="stop", translation_key="stop")


async def async_setup_entry(
    hass: HomeAssistant, entry: NavaiConfigEntry, add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the buttons."""
    displays = entry.runtime_data.settings.displays.values()
    add_entities(StopButton(hass.data[HOUSE], display, STOP) for display in displays)


class StopButton(DisplayEntity, ButtonEntity):
    """Tells the display to end its conversation."""

    @property
    def available(self) -> bool:
        """Only a connected display can be told; a conversation that nobody answers for can be ended all the same."""
        key = self._display.key
        return self._house.displays.connected(key) or self._house.sessions.of_display(key) is not None

    async def async_press(self) -> None:
        """Tell every browser that shows it. Home Assistant presses no button that is not available."""
        display = self._display.key
        if self._house.sessions.of_display(display):
            await self._house.stop(display)
        else:
            self._house.displays.tell(display, {"type": "stop"})
