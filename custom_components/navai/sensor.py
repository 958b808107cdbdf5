"""Sensors: what a display's conversation is doing, and what a profile used today."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import DATA
from .entity import DisplayEntity, ProfileEntity
from .navai_core.sessions.session import SessionState
from .navai_core.sessions.usage import DayUsage
from .runtime import NavaiConfigEntry

PARALLEL_UPDATES: Final = 0


@dataclass(frozen=True, kw_only=True)
class UsageDescription(SensorEntityDescription):
    """A count of today's usage."""

    value: Callable[[DayUsage], float | int | None]


USAGE: Final = (
    UsageDescription(
        key="secrets_today",
        translation_key="secrets_today",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda usage: usage.secrets,
    ),
    UsageDescription(
        key="conversation_time_today",
        translation_key="conversation_time_today",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MINUTES,
        suggested_display_precision=1,
        state_class=SensorStateClass.TOTAL_INCREASING,
        value=lambda usage: round(usage.seconds, 1),
    ),
    UsageDescription(
        key="tokens_today",
        translation_key="tokens_today",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda usage: usage.tokens,
    ),
    UsageDescription(
        key="cost_today",
        translation_key="cost_today",
        device_class=SensorDeviceClass.MONETARY,
        native_unit_of_measurement="USD",
        suggested_display_precision=2,
        # Home Assistant accepts money only as a total with the time of its last reset.
        state_class=SensorStateClass.TOTAL,
        value=lambda usage: None if usage.cost is None else round(usage.cost, 6),
    ),
)

IN_CONVERSATION: Final = "in_conversation"
RESTING: Final = (SessionState.IDLE, SessionState.ERROR)
"""The states without a conversation."""
SESSION: Final = SensorEntityDescription(
    key="session",
    translation_key="session",
    device_class=SensorDeviceClass.ENUM,
    options=[SessionState.IDLE.value, IN_CONVERSATION, SessionState.ERROR.value],
)


async def async_setup_entry(
    hass: HomeAssistant, entry: NavaiConfigEntry, add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of all profiles and displays."""
    data, settings = hass.data[DATA], entry.runtime_data.settings
    add_entities(
        UsageSensor(data, profile, description) for profile in settings.profiles.values() for description in USAGE
    )
    add_entities(SessionSensor(data, display, SESSION) for display in settings.displays.values())


class UsageSensor(ProfileEntity, SensorEntity):
    """A count that starts at zero every day."""

    entity_description: UsageDescription

    @property
    def native_value(self) -> float | int | None:
        """The count. A cost is unknown if the price of the model is."""
        return self.entity_description.value(self._data.usage.of(self._profile.key))

    @property
    def last_reset(self) -> datetime | None:
        """When the counts started at zero, for totals."""
        return self._data.day.since if self.entity_description.state_class is SensorStateClass.TOTAL else None


class SessionSensor(DisplayEntity, SensorEntity):
    """Whether there is a conversation on a display, and what it is doing.

    Listening, thinking and speaking change every few seconds. The history only needs the conversation.
    """

    _unrecorded_attributes = frozenset({"activity"})

    @property
    def native_value(self) -> str:
        """`idle`, `in_conversation` or `error`."""
        state = self._data.sessions.state_of(self._display.key)
        return state.value if state in RESTING else IN_CONVERSATION

    @property
    def extra_state_attributes(self) -> dict[str, str | bool | None]:
        """What the conversation is doing, its profile, and whether a browser shows the display."""
        state = self._data.sessions.state_of(self._display.key)
        session = self._data.sessions.of_display(self._display.key)
        return {
            "activity": None if state in RESTING else state.value,
            "profile": session.profile if session else None,
            "connected": self._data.displays.connected(self._display.key),
        }
