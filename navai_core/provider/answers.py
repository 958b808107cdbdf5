"""The only place that reads a provider's answer. Its results may be shown, logged and counted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..exceptions import UpstreamInvalidResponseError
from ..models import RealtimeClientSecret
from ..redact import shares_secret
from .errors import Refusal, read_refusal
from .retry import is_retried, moment_of, retry_after_of
from .texts import safe_request_id

_MAX_SECRET_CHARS: Final = 16_384
_MAX_EPOCH_S: Final = 10**11
_MAX_SHARED_CHARS: Final = 11
"""A client secret and the key may start with the same letters, such as the name of the provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the rest of navai may know of an answer. Only `body` has text as the provider wrote it."""

    status: int
    request_id: str | None
    """The provider's `x-request-id`, for its support."""
    refusal: Refusal
    is_retried: bool
    """Whether a retry may help."""
    retry_after: float | None
    """Seconds that the provider asks to wait."""
    sent_at: float | None
    """Epoch seconds by the provider's clock."""
    body: bytes = field(repr=False)
    """Only of a 200, for `read_secret`, which returns nothing but a client secret."""


def read_answer(status: int, headers: Mapping[str, str], body: bytes, *, api_key: str) -> Answer:
    """Read an answer. Everything that may quote a secret is left out; see `texts`.

    Args:
        status: The HTTP status.
        headers: As received.
        body: As received.
        api_key: The key that was sent.
    """
    refusal = read_refusal(status, body, api_key=api_key)
    return Answer(
        status=status,
        request_id=read_request_id(headers, api_key=api_key),
        refusal=refusal,
        is_retried=is_retried(refusal, headers),
        retry_after=retry_after_of(headers),
        sent_at=moment_of(headers.get("Date", "")),
        body=body if status == 200 else b"",
    )


def read_request_id(headers: Mapping[str, str], *, api_key: str) -> str | None:
    """The provider's id of the request, if it can be nothing else."""
    return safe_request_id(headers.get("x-request-id", ""), api_key)


def read_secret(
    body: bytes, request_id: str | None, sent_at: float | None = None, *, api_key: str
) -> RealtimeClientSecret:
    """Check the shape of a 200: `{value, expires_at, session?}`.

    Args:
        body: The body of the answer.
        request_id: The provider's id of the request.
        sent_at: When it was sent, in epoch seconds by the provider's clock, which also decides about the expiry.
        api_key: The key that was sent. A display must never get it, or a part of it, as a client secret.

    Raises:
        UpstreamInvalidResponseError: it is anything else.
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
        "The provider answered with something that is not a client secret. Check `base_url`.",
        status=200,
        request_id=request_id,
    )
