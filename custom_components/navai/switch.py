"""A switch for each profile. When it is off, the profile creates no secrets and runs no tools."""

from typing import Any, Final

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity

from .data import DATA
from .entity import ProfileEntity
from .runtime import NavaiConfigEntry

PARALLEL_UPDATES: Final = 0
ENABLED: Final = SwitchEntityDescription(
    key="enabled", translation_key="enabled", entity_category=EntityCategory.CONFIG
)


async def async_setup_entry(
    hass: HomeAssistant, entry: NavaiConfigEntry, add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the switches."""
    profiles = entry.runtime_data.settings.profiles.values()
    add_entities(EnabledSwitch(hass.data[DATA], profile, ENABLED) for profile in profiles)


class EnabledSwitch(ProfileEntity, SwitchEntity, RestoreEntity):
    """Lets a profile create secrets and use Home Assistant's tools. `enabled: false` in the YAML takes precedence.

    navai's own file stores the switch. What Home Assistant keeps with its state is used if that file cannot be read.
    """

    async def async_added_to_hass(self) -> None:
        """Recover what was lost."""
        await super().async_added_to_hass()
        if kept := await self.async_get_last_extra_data():
            self._data.recover(self._profile.key, kept.as_dict())

    @property
    def extra_restore_state_data(self) -> RestoredExtraData:
        """What Home Assistant keeps with the state."""
        return RestoredExtraData(self._data.to_recover(self._profile.key))

    @property
    def is_on(self) -> bool:
        """Whether the profile creates secrets."""
        return self._profile.enabled and self._profile.key not in self._data.switched_off

    @property
    def available(self) -> bool:
        """If the YAML turns a profile off, it cannot be turned on here."""
        return self._profile.enabled

    async def async_turn_on(self, **_: Any) -> None:
        """Turn the profile on."""
        self._data.switch(self._profile.key, on=True)
        self.async_write_ha_state()

    async def async_turn_off(self, **_: Any) -> None:
        """Turn the profile off.

        Running conversations continue, but without tools. Secrets that were created stay valid until they expire.
        """
        self._data.switch(self._profile.key, on=False)
        self.async_write_ha_state()
