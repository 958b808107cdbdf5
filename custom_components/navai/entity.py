"""What all entities share: the devices they belong to, and how they hear of changes."""

from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity, EntityDescription

from .const import DOCS_URL, DOMAIN, SIGNAL_USAGE, display_identifier
from .data import NavaiData, display_signal
from .navai_core import VERSION, Settings, VoiceProfile
from .navai_core.models import Display
from .runtime import NavaiConfigEntry

# No identifier has the entry's id in it: a block that was taken out and comes back finds what people named and placed.
_SERVICE: Final = (DOMAIN, "service")


def identifiers_of(settings: Settings) -> set[tuple[str, str]]:
    """The devices that the settings make."""
    return {_SERVICE, *(display_identifier(key) for key in settings.displays)}


def make_devices(hass: HomeAssistant, entry: NavaiConfigEntry, settings: Settings) -> dict[str, str]:
    """Make the device of the service, which the profiles' entities belong to, and below it those of the displays.

    Returns:
        The displays' devices, by their ids.
    """
    made: dict[str, str] = {}
    registry = dr.async_get(hass)
    service = registry.async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={_SERVICE},
        name="navai",
        manufacturer="navai",
        model="Realtime voice",
        sw_version=VERSION,
        entry_type=dr.DeviceEntryType.SERVICE,
        configuration_url=DOCS_URL,
    )
    areas = ar.async_get(hass)
    for display in settings.displays.values():
        area = None
        if display.area:
            area = areas.async_get_area(display.area) or areas.async_get_or_create(display.area)
        device = registry.async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={display_identifier(display.key)},
            name=display.name,
            manufacturer="navai",
            model="Display",
        )
        # Older and newer releases take it in different words when a device is made, and in the same ones afterwards.
        registry.async_update_device(device.id, via_device_id=service.id, area_id=area.id if area else device.area_id)
        made[display.key] = device.id
    return made


class NavaiEntity(Entity):
    """Has a name of its own below its device's, and is told when to look again."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, data: NavaiData, unique_id: str, description: EntityDescription, signal: str) -> None:
        self._data = data
        self._signal = signal
        self.entity_description = description
        self._attr_unique_id = unique_id
        data.entities.add(unique_id)

    async def async_added_to_hass(self) -> None:
        """Listen."""
        self.async_on_remove(async_dispatcher_connect(self.hass, self._signal, self.async_write_ha_state))


class ProfileEntity(NavaiEntity):
    """An entity of a profile; it belongs to the device of the service."""

    def __init__(self, data: NavaiData, profile: VoiceProfile, description: EntityDescription) -> None:
        super().__init__(data, f"profile:{profile.key}:{description.key}", description, SIGNAL_USAGE)
        self._profile = profile
        self._attr_translation_placeholders = {"profile": profile.name}
        self._attr_device_info = DeviceInfo(identifiers={_SERVICE})


class DisplayEntity(NavaiEntity):
    """An entity of a display; it belongs to the display's own device, in the display's room."""

    def __init__(self, data: NavaiData, display: Display, description: EntityDescription) -> None:
        unique_id = f"display:{display.key}:{description.key}"
        super().__init__(data, unique_id, description, display_signal(display.key))
        self._display = display
        self._attr_device_info = DeviceInfo(identifiers={display_identifier(display.key)})
