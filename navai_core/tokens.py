"""Whose token is it? Compared in constant time, and kept as hashes only."""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from typing import Final

from .models import Caller, Settings
from .redact import Secret
from .token_hashes import token_digest

_SCHEME: Final = "bearer "
_MAX_HEADER_CHARS: Final = 1024


class Tokens:
    """Tokens, each with whom it stands for.

    Args:
        callers: The configured tokens, plain or as `sha256:` hashes.
    """

    def __init__(self, callers: Iterable[tuple[Secret, Caller]]) -> None:
        self._callers = [(token_digest(token), caller) for token, caller in callers]

    def __len__(self) -> int:
        return len(self._callers)

    def caller_of(self, token: str) -> Caller | None:
        """Whose token it is. Takes the same time whichever it is, and whether or not it is one."""
        digest = digest_of(token)
        found = None
        for known, caller in self._callers:
            if hmac.compare_digest(known, digest):
                found = caller
        return found


def callers_of_displays(settings: Settings) -> Iterator[tuple[Secret, Caller]]:
    """The displays that have a token, each with what it may do."""
    for display in settings.displays.values():
        if display.token:
            caller = Caller(
                kind="display",
                key=display.key,
                display=display.key,
                profiles=display.profiles,
                secrets_per_minute=display.secrets_per_minute,
                functions=display.functions,
            )
            yield display.token, caller


def digest_of(token: str) -> bytes:
    """The SHA-256 of a token as it came in a request."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def bearer_of(header: str) -> str:
    """The token of an `Authorization: Bearer …` header, or an empty text."""
    if header[: len(_SCHEME)].lower() != _SCHEME or len(header) > _MAX_HEADER_CHARS:
        return ""
    return header[len(_SCHEME) :].strip()
