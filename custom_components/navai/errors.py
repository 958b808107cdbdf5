"""Turns the core's errors into translated errors of Home Assistant, of the right class."""

from math import ceil
from typing import Final

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN, USER_SECRETS_PER_MINUTE
from .navai_core import NavaiError
from .navai_core.exceptions import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    RateLimitedError,
    UnknownDisplayError,
)

SENTENCES: Final = frozenset(
    {
        "api_key_missing",
        "api_key_refused",
        "beta_api_retired",
        "country_not_supported",
        "deployment_not_found",
        "display_lacks_profile",
        "display_not_connected",
        "display_not_controlled",
        "display_not_theirs",
        "invalid_model",
        "missing_scope",
        "model_not_found",
        "no_display_meant",
        "not_allowed",
        "not_ready",
        "override_not_allowed",
        "permission_refused",
        "person_gone",
        "profile_not_allowed",
        "quota_exhausted",
        "rate_limited",
        "several_displays",
        "unknown_display",
        "unknown_display_near",
        "unknown_profile",
        "unknown_profile_near",
        "upstream_invalid_response",
        "upstream_rate_limited",
        "upstream_refused",
        "upstream_sign_in",
        "upstream_timeout",
        "upstream_unavailable",
        "upstream_unreachable",
    }
)
"""These have their own translated sentence. All others show the core's message."""
_CALLERS_MISTAKES: Final = (InvalidInputError, NotAllowedError, NotFoundError, RateLimitedError)


class DisplayNotControlledError(NotAllowedError):
    """The person can view the display but not control it."""

    sentence = "display_not_controlled"


class PersonGoneError(NotAllowedError):
    """The caller is a person whose user no longer exists."""

    sentence = "person_gone"


class NoDisplayMeantError(UnknownDisplayError):
    """The action does not select any display."""

    sentence = "no_display_meant"


class SeveralDisplaysError(UnknownDisplayError):
    """Several displays have this name."""

    sentence = "several_displays"


def as_action_error(error: NavaiError) -> HomeAssistantError:
    """Return what an action raises for an error of the core."""
    # Other errors, such as a sleeping display, are not the caller's mistake.
    kind = ServiceValidationError if isinstance(error, _CALLERS_MISTAKES) else HomeAssistantError
    sentence = _sentence_of(error)
    if sentence in SENTENCES:
        return kind(
            translation_domain=DOMAIN, translation_key=sentence, translation_placeholders=placeholders_of(error)
        )
    return kind(translation_domain=DOMAIN, translation_key="other", translation_placeholders={"message": error.message})


def _sentence_of(error: NavaiError) -> str:
    """Return the key of the sentence. Errors with the same code can have different sentences."""
    sentence = str(getattr(error, "sentence", error.code))
    return f"{sentence}_near" if "nearest" in error.data else sentence


def placeholders_of(error: NavaiError) -> dict[str, str]:
    """Return the placeholders. Every sentence can use all of them."""
    return {
        "asked": str(error.data.get("asked", "")),
        "display": str(error.data.get("display", "")),
        "displays": ", ".join(error.data.get("displays", ())),
        "limit": str(USER_SECRETS_PER_MINUTE),
        "message": error.message,
        "nearest": str(error.data.get("nearest", "")),
        "profile": str(error.data.get("profile", "")),
        "refused": ", ".join(error.data.get("refused", ())),
        "seconds": str(max(1, ceil(getattr(error, "retry_after", 0.0)))),
    }
