"""An event entity for each display: conversations start, end, fail, are denied or missed, or have a problem."""

from typing import Any, Final

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import DATA, event_signal
from .entity import DisplayEntity
from .navai_core.sessions.session import SessionEvent
from .runtime import NavaiConfigEntry

PARALLEL_UPDATES: Final = 0
CONVERSATION: Final = EventEntityDescription(
    key="conversation",
    translation_key="conversation",
    event_types=[event.value for event in SessionEvent],
)
_SHOWN: Final = ("profile", "code", "provider_code", "request_id", "seconds")


async def async_setup_entry(
    hass: HomeAssistant, entry: NavaiConfigEntry, add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the event entities."""
    displays = entry.runtime_data.settings.displays.values()
    add_entities(ConversationEvent(hass.data[DATA], display, CONVERSATION) for display in displays)


class ConversationEvent(DisplayEntity, EventEntity):
    """The latest event of a conversation on the display."""

    async def async_added_to_hass(self) -> None:
        """Connect to the signal."""
        await super().async_added_to_hass()
        signal = event_signal(self._display.key)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self._happened))

    @callback
    def _happened(self, event: SessionEvent, data: dict[str, Any]) -> None:
        self._trigger_event(event.value, {key: data[key] for key in _SHOWN if key in data})
        self.async_write_ha_state()
