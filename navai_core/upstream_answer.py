"""The one place where a provider's answer is read: what comes out of here may be shown, logged and counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .dates import moment_of
from .retry import is_retried, retry_after_of
from .upstream_errors import Refusal, read_refusal
from .upstream_text import safe_request_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the rest of navai may know of an answer. No text of it is as the provider wrote it, but for `body`."""

    status: int
    request_id: str | None
    """The provider's `x-request-id`, for its support."""
    refusal: Refusal
    is_retried: bool
    """Whether a refusal may pass by itself."""
    retry_after: float | None
    """Seconds that the provider asks to wait."""
    sent_at: float | None
    """Epoch seconds by the provider's clock."""
    body: bytes = field(repr=False)
    """Of a 200 only, for `mint_answer`, which lets nothing but a client secret through."""


def read_answer(status: int, headers: Mapping[str, str], body: bytes, *, api_key: str) -> Answer:
    """Read an answer. Whatever may quote a secret is left out; see `upstream_text`.

    Args:
        status: The HTTP status.
        headers: As they came.
        body: As it came.
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
    """The provider's id of the request, where it is nothing else."""
    return safe_request_id(headers.get("x-request-id", ""), api_key)
