"""What all entities share: the devices they belong to, and how they hear of changes."""

from collections.abc import Iterator
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity, EntityDescription

from .const import DOCS_URL, DOMAIN, SIGNAL_DISPLAYS, SIGNAL_USAGE
from .house import House
from .navai_core import VERSION, Display, Settings, VoiceProfile
from .runtime import NavaiConfigEntry

PROFILE_KEYS: Final = ("secrets_today", "conversation_time_today", "tokens_today", "cost_today", "enabled")
"""The entities of a profile."""
DISPLAY_KEYS: Final = ("session", "conversation", "stop")
"""The entities of a display."""


def _service_identifier(entry: NavaiConfigEntry) -> tuple[str, str]:
    return DOMAIN, entry.entry_id


def _display_identifier(key: str) -> tuple[str, str]:
    return DOMAIN, f"display:{key}"


def identifiers_of(entry: NavaiConfigEntry, settings: Settings) -> set[tuple[str, str]]:
    """The devices that the settings make."""
    return {_service_identifier(entry), *(_display_identifier(key) for key in settings.displays)}


def unique_ids_of(entry: NavaiConfigEntry, settings: Settings) -> set[str]:
    """The entities that the settings make."""

    def found() -> Iterator[str]:
        for key in settings.profiles:
            yield from (_profile_id(entry, key, name) for name in PROFILE_KEYS)
        for key in settings.displays:
            yield from (_display_id(entry, key, name) for name in DISPLAY_KEYS)

    return set(found())


def _profile_id(entry: NavaiConfigEntry, profile: str, name: str) -> str:
    return f"{entry.entry_id}:profile:{profile}:{name}"


def _display_id(entry: NavaiConfigEntry, display: str, name: str) -> str:
    return f"{entry.entry_id}:display:{display}:{name}"


def make_devices(hass: HomeAssistant, entry: NavaiConfigEntry, settings: Settings) -> None:
    """Make the device of the service, which the profiles' entities belong to, and below it those of the displays."""
    registry = dr.async_get(hass)
    service = registry.async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={_service_identifier(entry)},
        name="navai",
        manufacturer="navai",
        model="Realtime voice",
        sw_version=VERSION,
        entry_type=dr.DeviceEntryType.SERVICE,
        configuration_url=DOCS_URL,
    )
    for display in settings.displays.values():
        device = registry.async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={_display_identifier(display.key)},
            name=display.name,
            manufacturer="navai",
            model="Display",
            sw_version=VERSION,
            suggested_area=_area_name(hass, display.area),
        )
        # Older and newer releases take it in different words when a device is made, and in the same ones afterwards.
        registry.async_update_device(device.id, via_device_id=service.id)


def _area_name(hass: HomeAssistant, area: str) -> str | None:
    """The name of an area that the YAML names, by its id or its name."""
    found = ar.async_get(hass).async_get_area(area)
    return found.name if found else area or None


class NavaiEntity(Entity):
    """Has a name of its own below its device's, and is told when to look again."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    signal: str

    def __init__(self, house: House) -> None:
        self._house = house

    async def async_added_to_hass(self) -> None:
        """Listen."""
        self.async_on_remove(async_dispatcher_connect(self.hass, self.signal, self.async_write_ha_state))


class ProfileEntity(NavaiEntity):
    """An entity of a profile; it belongs to the device of the service."""

    signal = SIGNAL_USAGE

    def __init__(
        self, house: House, entry: NavaiConfigEntry, profile: VoiceProfile, description: EntityDescription
    ) -> None:
        super().__init__(house)
        self.entity_description = description
        self._profile = profile
        self._attr_unique_id = _profile_id(entry, profile.key, description.key)
        self._attr_translation_placeholders = {"profile": profile.name}
        self._attr_device_info = DeviceInfo(identifiers={_service_identifier(entry)})


class DisplayEntity(NavaiEntity):
    """An entity of a display; it belongs to the display's own device, in the display's room."""

    signal = SIGNAL_DISPLAYS

    def __init__(self, house: House, entry: NavaiConfigEntry, display: Display, description: EntityDescription) -> None:
        super().__init__(house)
        self.entity_description = description
        self._display = display
        self._attr_unique_id = _display_id(entry, display.key, description.key)
        self._attr_device_info = DeviceInfo(identifiers={_display_identifier(display.key)})
