"""The logbook's sentences about conversations."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.components.logbook import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback

from .const import DOMAIN, EVENT_SESSION
from .data import DATA
from .navai_core.sessions.session import SessionEvent

# The logbook does not translate these sentences.
_SENTENCES: Final[dict[str, str]] = {
    SessionEvent.STARTED: "started a conversation with {profile}",
    SessionEvent.ENDED: "ended a conversation with {profile} after {seconds}",
    SessionEvent.FAILED: "lost the connection during a conversation with {profile} ({code})",
    SessionEvent.REFUSED: "was denied a conversation with {profile} ({code})",
    SessionEvent.MISSED: "rang for a conversation with {profile}, but nobody answered",
    SessionEvent.PROBLEM: "had a problem during a conversation with {profile} ({code})",
}


@callback
def async_describe_events(
    hass: HomeAssistant, async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None]
) -> None:
    """Describe our event for the logbook."""

    @callback
    def describe(event: Event) -> dict[str, str]:
        # The event may be from an older version, or fired by hand: anything may be missing.
        data = event.data
        settings = hass.data[DATA].settings
        display, profile = str(data.get("display", "navai")), str(data.get("profile", "navai"))
        if settings and display in settings.displays:
            display = settings.displays[display].name
        if settings and profile in settings.profiles:
            profile = settings.profiles[profile].name
        sentence = _SENTENCES.get(str(data.get("type")), "had a conversation with {profile}")
        message = sentence.format(profile=profile, seconds=_duration(data.get("seconds")), code=_reason(data))
        return {LOGBOOK_ENTRY_NAME: display, LOGBOOK_ENTRY_MESSAGE: message}

    async_describe_event(DOMAIN, EVENT_SESSION, describe)


def _reason(data: Mapping[str, Any]) -> str:
    """Return our code, then the provider's code and request id if there are any."""
    code = str(data.get("code", "error"))
    provider = [str(data[key]) for key in ("provider_code", "request_id") if key in data]
    return ", ".join([code, *(each for each in provider if each != code)])


def _duration(seconds: Any) -> str:
    minutes, rest = divmod(round(seconds) if isinstance(seconds, int | float) else 0, 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
