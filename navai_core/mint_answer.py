"""The provider's 200 to a mint → a client secret, or the error that it is none."""

import json
from typing import Any, Final

from .exceptions import UpstreamInvalidResponseError
from .models import RealtimeClientSecret
from .redact import shares_secret

_MAX_SECRET_CHARS: Final = 16_384
_MAX_EPOCH_S: Final = 10**11
_MAX_SHARED_CHARS: Final = 11
"""A client secret may begin as the key does, with the name of whoever made both."""


def read_secret(
    body: bytes, request_id: str | None, sent_at: float | None = None, *, api_key: str
) -> RealtimeClientSecret:
    """Check the shape of a 200: `{value, expires_at, session?}`.

    Args:
        body: The answer's.
        request_id: The provider's.
        sent_at: When it was sent, in epoch seconds by the provider's clock, against which it measures the expiry.
        api_key: The key that was sent. A display must never get it, or a part of it, in a client secret's place.

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
            and not shares_secret(value, api_key, part=_MAX_SHARED_CHARS + 1)
        ):
            effective = session if isinstance(session, dict) and api_key.encode() not in body else None
            lifetime = None if sent_at is None else expires_at - sent_at
            return RealtimeClientSecret(value, expires_at, effective, request_id, lifetime)
    raise UpstreamInvalidResponseError(
        "The provider answered with something that is not a client secret — check `base_url`.",
        status=200,
        request_id=request_id,
    )
