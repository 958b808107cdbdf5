"""Names that several modules share."""

from typing import Final

DOMAIN: Final = "navai"
PREFIX: Final = f"/api/{DOMAIN}"
"""All our routes start with this."""

ASSISTANT: Final = "conversation"
"""The model can use the entities that people exposed to Assist."""
USER_SECRETS_PER_MINUTE: Final = 20
"""The limit for a signed-in person. The YAML has the limits of displays and profiles."""

EVENT_SESSION: Final = "navai_session"
"""Fired when something happens to a conversation. docs/home-assistant.md lists the types and fields."""
SIGNAL_USAGE: Final = "navai_usage"
"""Today's counts changed."""


def display_identifier(key: str) -> tuple[str, str]:
    """Return the identifier of a display's device."""
    return DOMAIN, f"display:{key}"


DOCS_URL: Final = "https://github.com/navai-home/navai/blob/main/docs/home-assistant.md"
