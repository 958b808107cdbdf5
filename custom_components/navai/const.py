"""Names that several modules share."""

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from homeassistant.util.hass_dict import HassKey

if TYPE_CHECKING:
    from .house import House
    from .navai_core.pages import WebFiles

DOMAIN: Final = "navai"
HOUSE: HassKey["House"] = HassKey(DOMAIN)
"""What outlives a reload of the config entry."""
WEB_FILES: HassKey["WebFiles"] = HassKey(f"{DOMAIN}_web_files")
"""What browsers load, read once."""
PREFIX: Final = f"/api/{DOMAIN}"
"""Where our routes begin."""

USER_SECRETS_PER_MINUTE: Final = 20
"""Of a signed-in person; what a display and a profile get is in the YAML."""

EVENT_SESSION: Final = "navai_session"
"""On the bus when something happens to a conversation; docs/home-assistant.md has the types and the fields."""
SIGNAL_USAGE: Final = "navai_usage"
"""Today's counts changed."""
SIGNAL_DISPLAYS: Final = "navai_displays"
"""What displays do changed."""


def display_identifier(key: str) -> tuple[str, str]:
    """The display's device in the registry."""
    return DOMAIN, f"display:{key}"


DOCS_URL: Final = "https://github.com/navai-home/navai/blob/main/docs/home-assistant.md"


class SessionState(StrEnum):
    """What a conversation is doing; the values are those of the display's sensor."""

    IDLE = "idle"
    CONNECTING = "connecting"
    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"
    ERROR = "error"


class SessionEvent(StrEnum):
    """What happens to a conversation; the values are those of the display's event entity."""

    STARTED = "started"
    ENDED = "ended"
    FAILED = "failed"
    REFUSED = "refused"
    MISSED = "missed"
    """The display rang, and nobody answered."""
    PROBLEM = "problem"
    """Something went wrong in a conversation that goes on: an answer failed, or the assistant heard itself."""
