"""The core's errors as Home Assistant's: translated, and of the kind that tells whose mistake it was."""

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
"""What has a sentence of its own in every language; the rest is told in the core's words."""
_CALLERS_MISTAKES: Final = (InvalidInputError, NotAllowedError, NotFoundError, RateLimitedError)


class DisplayNotControlledError(NotAllowedError):
    """The person may look at the display, and not control it."""

    sentence = "display_not_controlled"


class PersonGoneError(NotAllowedError):
    """It was a person, who is not there any more."""

    sentence = "person_gone"


class NoDisplayMeantError(UnknownDisplayError):
    """Nothing that the action names is a display."""

    sentence = "no_display_meant"


class SeveralDisplaysError(UnknownDisplayError):
    """The name is that of several displays."""

    sentence = "several_displays"


def as_action_error(error: NavaiError) -> HomeAssistantError:
    """What an action raises for an error of the core."""
    # A display that sleeps is nobody's mistake.
    kind = ServiceValidationError if isinstance(error, _CALLERS_MISTAKES) else HomeAssistantError
    sentence = _sentence_of(error)
    if sentence in SENTENCES:
        return kind(
            translation_domain=DOMAIN, translation_key=sentence, translation_placeholders=placeholders_of(error)
        )
    return kind(translation_domain=DOMAIN, translation_key="other", translation_placeholders={"message": error.message})


def _sentence_of(error: NavaiError) -> str:
    """Several mistakes may share a code, which programs read; each of ours has a sentence with its own cure."""
    sentence = str(getattr(error, "sentence", error.code))
    return f"{sentence}_near" if "nearest" in error.data else sentence


def placeholders_of(error: NavaiError) -> dict[str, str]:
    """What the sentences name: every one of them may name any of these."""
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
