"""What all entities share: their devices, and how they are updated."""

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

# No identifier contains the entry's id: if people remove the block and add it again, their names and areas are kept.
_SERVICE: Final = (DOMAIN, "service")


def identifiers_of(settings: Settings) -> set[tuple[str, str]]:
    """Return the identifiers of all devices."""
    return {_SERVICE, *(display_identifier(key) for key in settings.displays)}


def make_devices(hass: HomeAssistant, entry: NavaiConfigEntry, settings: Settings) -> dict[str, str]:
    """Create the service's device, which has the profiles' entities, and below it one device for each display.

    Returns:
        The device ids of the displays.
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
        # To create a device, releases need different arguments for this. To update it, they all need the same.
        registry.async_update_device(device.id, via_device_id=service.id, area_id=area.id if area else device.area_id)
        made[display.key] = device.id
    return made


class NavaiEntity(Entity):
    """An entity that is updated by a dispatcher signal."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, data: NavaiData, unique_id: str, description: EntityDescription, signal: str) -> None:
        self._data = data
        self._signal = signal
        self.entity_description = description
        self._attr_unique_id = unique_id
        data.entities.add(unique_id)

    async def async_added_to_hass(self) -> None:
        """Connect to the signal."""
        self.async_on_remove(async_dispatcher_connect(self.hass, self._signal, self.async_write_ha_state))


class ProfileEntity(NavaiEntity):
    """An entity of a profile. It belongs to the service's device."""

    def __init__(self, data: NavaiData, profile: VoiceProfile, description: EntityDescription) -> None:
        super().__init__(data, f"profile:{profile.key}:{description.key}", description, SIGNAL_USAGE)
        self._profile = profile
        self._attr_translation_placeholders = {"profile": profile.name}
        self._attr_device_info = DeviceInfo(identifiers={_SERVICE})


class DisplayEntity(NavaiEntity):
    """An entity of a display. It belongs to the display's device."""

    def __init__(self, data: NavaiData, display: Display, description: EntityDescription) -> None:
        unique_id = f"display:{display.key}:{description.key}"
        super().__init__(data, unique_id, description, display_signal(display.key))
        self._display = display
        self._attr_device_info = DeviceInfo(identifiers={display_identifier(display.key)})
