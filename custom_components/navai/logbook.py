"""Sentences of the logbook about conversations."""

from collections.abc import Callable
from typing import Any, Final

from homeassistant.components.logbook import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback

from .const import DOMAIN, EVENT_SESSION, HOUSE

# The logbook has no translations of its own.
_SENTENCES: Final = {
    "started": "began a conversation with {profile}",
    "ended": "ended a conversation with {profile} after {seconds}",
    "failed": "lost a conversation with {profile} ({code})",
    "refused": "was refused a conversation with {profile} ({code})",
}


@callback
def async_describe_events(
    hass: HomeAssistant, async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None]
) -> None:
    """Tell the logbook about our event."""

    @callback
    def describe(event: Event) -> dict[str, str]:
        data = event.data
        settings = hass.data[HOUSE].settings
        display = settings.displays.get(data.get("display", "")) if settings else None
        profile = settings.profiles.get(data.get("profile", "")) if settings else None
        message = _SENTENCES[data["type"]].format(
            profile=profile.name if profile else data.get("profile", "navai"),
            seconds=_duration(data.get("seconds", 0.0)),
            code=data.get("code", "error"),
        )
        name = display.name if display else data.get("display", "navai")
        return {LOGBOOK_ENTRY_NAME: name, LOGBOOK_ENTRY_MESSAGE: message}

    async_describe_event(DOMAIN, EVENT_SESSION, describe)


def _duration(seconds: Any) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
