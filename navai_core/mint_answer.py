"""The provider's 200 to a mint → a client secret, or the error that it is none."""

import json
from typing import Any, Final

from .dates import moment_of
from .exceptions import UpstreamInvalidResponseError
from .models import RealtimeClientSecret

_MAX_SECRET_CHARS: Final = 16_384
_MAX_EPOCH_S: Final = 10**11


def read_secret(body: bytes, request_id: str | None, date: str | None = None) -> RealtimeClientSecret:
    """Check the shape of a 200: `{value, expires_at, session?}`.

    Args:
        body: The answer's.
        request_id: The provider's.
        date: The answer's `Date`, against which its own clock measures the expiry.

    Raises:
        UpstreamInvalidResponseError: when it is anything else.
    """
    try:
        answer: Any = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict):
        value, expires_at, session = answer.get("value"), answer.get("expires_at"), answer.get("session")
        if (
            isinstance(value, str)
            and 0 < len(value) <= _MAX_SECRET_CHARS
            and value.isprintable()
            and " " not in value
            and type(expires_at) is int
            and 0 < expires_at < _MAX_EPOCH_S
        ):
            effective = session if isinstance(session, dict) else None
            return RealtimeClientSecret(value, expires_at, effective, request_id, _lifetime(expires_at, date))
    raise UpstreamInvalidResponseError(
        "The provider answered with something that is not a client secret — check `base_url`.",
        status=200,
        request_id=request_id,
    )


def _lifetime(expires_at: int, date: str | None) -> float | None:
    moment = moment_of(date or "")
    return None if moment is None else expires_at - moment
