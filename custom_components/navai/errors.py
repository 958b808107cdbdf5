"""The core's errors as Home Assistant's: translated, and of the kind that tells whose mistake it was."""

from math import ceil
from typing import Final

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .navai_core import NavaiError
from .navai_core.exceptions import (
    DisplayNotConnectedError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    RateLimitedError,
)

TRANSLATED: Final = frozenset(
    {
        "api_key_missing",
        "api_key_refused",
        "display_not_connected",
        "model_not_found",
        "not_allowed",
        "not_ready",
        "override_not_allowed",
        "permission_refused",
        "profile_not_allowed",
        "quota_exhausted",
        "rate_limited",
        "unknown_display",
        "unknown_profile",
        "upstream_invalid_response",
        "upstream_rate_limited",
        "upstream_refused",
        "upstream_timeout",
        "upstream_unavailable",
        "upstream_unreachable",
    }
)
"""The codes that have a sentence of their own in every language; the others are told in the core's words."""
_CALLERS_MISTAKES: Final = (InvalidInputError, NotAllowedError, NotFoundError, RateLimitedError)


def as_action_error(error: NavaiError) -> HomeAssistantError:
    """What an action raises for an error of the core."""
    # A display that sleeps is nobody's mistake.
    theirs = isinstance(error, _CALLERS_MISTAKES) and not isinstance(error, DisplayNotConnectedError)
    kind = ServiceValidationError if theirs else HomeAssistantError
    if error.code in TRANSLATED:
        return kind(
            translation_domain=DOMAIN, translation_key=error.code, translation_placeholders=placeholders_of(error)
        )
    return kind(translation_domain=DOMAIN, translation_key="other", translation_placeholders={"message": error.message})


def placeholders_of(error: NavaiError) -> dict[str, str]:
    """What the sentences name: every one of them may name any of these."""
    return {
        "display": str(error.data.get("display", "")),
        "message": error.message,
        "refused": ", ".join(error.data.get("refused", ())),
        "seconds": str(max(1, ceil(getattr(error, "retry_after", 0.0)))),
    }
