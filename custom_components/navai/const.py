"""Names that several modules share."""

from typing import Final

DOMAIN: Final = "navai"
PREFIX: Final = f"/api/{DOMAIN}"
"""Where our routes begin."""

USER_SECRETS_PER_MINUTE: Final = 20
"""Of a signed-in person; what a display and a profile get is in the YAML."""

EVENT_SESSION: Final = "navai_session"
"""On the bus when something happens to a conversation; docs/home-assistant.md has the types and the fields."""
SIGNAL_USAGE: Final = "navai_usage"
"""Today's counts changed."""


def display_identifier(key: str) -> tuple[str, str]:
    """The display's device in the registry."""
    return DOMAIN, f"display:{key}"


DOCS_URL: Final = "https://github.com/navai-home/navai/blob/main/docs/home-assistant.md"
