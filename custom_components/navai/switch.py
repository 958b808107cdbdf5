"""A switch per profile: off, it gives out no secrets and runs no tools."""

from typing import Any, Final

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

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


class EnabledSwitch(ProfileEntity, SwitchEntity):
    """Lets a profile give out secrets and use the house's tools. `enabled: false` in the YAML is stronger."""

    @property
    def is_on(self) -> bool:
        """Whether it gives out secrets."""
        return self._profile.enabled and self._profile.key not in self._data.switched_off

    @property
    def available(self) -> bool:
        """What the YAML switches off cannot be switched on here."""
        return self._profile.enabled

    async def async_turn_on(self, **_: Any) -> None:
        """Let it give out secrets again."""
        self._data.switch(self._profile.key, on=True)
        self.async_write_ha_state()

    async def async_turn_off(self, **_: Any) -> None:
        """Refuse from now on, tools included.

        Conversations under way talk on, but do nothing in the house; secrets that are out stay good until they expire.
        """
        self._data.switch(self._profile.key, on=False)
        self.async_write_ha_state()
