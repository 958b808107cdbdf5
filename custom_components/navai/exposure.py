"""Notices changes of what Home Assistant tells a model about your home: exposed entities, their names and rooms."""

from collections.abc import Callable
from typing import Any, Final

from homeassistant.components.homeassistant.exposed_entities import async_listen_entity_updates
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import floor_registry as fr

from .const import ASSISTANT

_EVENTS: Final = (
    er.EVENT_ENTITY_REGISTRY_UPDATED,
    dr.EVENT_DEVICE_REGISTRY_UPDATED,
    ar.EVENT_AREA_REGISTRY_UPDATED,
    fr.EVENT_FLOOR_REGISTRY_UPDATED,
)
_TOLD: Final = frozenset(
    {
        *("aliases", "area_id", "device_id", "disabled_by", "entity_id", "floor_id", "hidden_by", "name"),
        *("name_by_user", "original_name"),
    }
)
"""The fields of the registries that a model may know. Others change often."""


@callback
def follow(hass: HomeAssistant, entry: ConfigEntry[Any], changed: Callable[[], None]) -> None:
    """Call `changed` after each change, while the entry is loaded."""

    @callback
    def on_event(event: Event[Any]) -> None:
        changes = event.data.get("changes")
        if changes is None or not _TOLD.isdisjoint(changes):
            changed()

    entry.async_on_unload(async_listen_entity_updates(hass, ASSISTANT, changed))
    for name in _EVENTS:
        entry.async_on_unload(hass.bus.async_listen(name, on_event))
