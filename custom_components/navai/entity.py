"""What all entities share: their devices, and how they are updated."""

import asyncio
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import EntityPlatform
from homeassistant.util import slugify

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
    """An entity of a display. It belongs to the display's device.

    Newer releases of Home Assistant put the area's name before the device's in an entity id. A display that is named
    after its room would have the room twice.
    """

    def __init__(self, data: NavaiData, display: Display, description: EntityDescription) -> None:
        unique_id = f"display:{display.key}:{description.key}"
        super().__init__(data, unique_id, description, display_signal(display.key))
        self._display = display
        self._attr_device_info = DeviceInfo(identifiers={display_identifier(display.key)})

    @callback
    def add_to_platform_start(
        self, hass: HomeAssistant, platform: EntityPlatform, parallel_updates: asyncio.Semaphore | None
    ) -> None:
        """Suggest the entity id, before Home Assistant makes one; only now are the translated names known."""
        super().add_to_platform_start(hass, platform, parallel_updates)
        device = dr.async_get(hass).async_get(self._data.device_of(self._display.key) or "")
        area = ar.async_get(hass).async_get_area(device.area_id) if device and device.area_id else None
        name = device and (device.name_by_user or device.name)
        if area and name and f"_{slugify(area.name)}_" in f"_{slugify(name)}_":
            self.entity_id = f"{platform.domain}.{slugify(f'{name} {self.suggested_object_id}')}"
