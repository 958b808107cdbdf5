"""Whose token is it? Compared in constant time, and kept as hashes only: the YAML may hold nothing else."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Final

from .exceptions import NotSignedInError
from .models import Caller, Settings
from .redact import Secret

HASH_PREFIX: Final = "sha256:"
_HASH_HEX_CHARS: Final = 64
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


async def sign_in(header: str, tokens: Tokens, failed: Callable[[str], Awaitable[None]]) -> Caller:
    """Who sends a token in an `Authorization` header. A known one always works, whatever else came from its address.

    Args:
        header: As it came.
        tokens: Those that are known.
        failed: Told of a token that nobody owns; it may raise `TooManyFailuresError`.

    Raises:
        NotSignedInError: there is no token, or it is not known.
    """
    token = bearer_of(header)
    # Guesses count; having forgotten the token does not.
    if not token:
        raise NotSignedInError("A token is needed — send the header `Authorization: Bearer …`.")
    caller = tokens.caller_of(token)
    if caller is None:
        await failed(token)
        if token.startswith(HASH_PREFIX):
            raise NotSignedInError("This is the hash of a token — send the token itself.")
        raise NotSignedInError("This token is not known here — check that it is complete and still configured.")
    return caller


def bearer_of(header: str) -> str:
    """The token of an `Authorization: Bearer …` header, or an empty text."""
    if header[: len(_SCHEME)].lower() != _SCHEME or len(header) > _MAX_HEADER_CHARS:
        return ""
    return header[len(_SCHEME) :].strip()


def is_token_hash(token: str) -> bool:
    """Whether a configured token is a hash of the real one."""
    digits = token.removeprefix(HASH_PREFIX)
    return (
        digits != token
        and len(digits) == _HASH_HEX_CHARS
        and all(digit in "0123456789abcdef" for digit in digits.lower())
    )


def token_digest(token: Secret) -> bytes:
    """The SHA-256 of a configured token, whether it was written plainly or as its hash."""
    text = token.reveal()
    if is_token_hash(text):
        return bytes.fromhex(text.removeprefix(HASH_PREFIX))
    return hashlib.sha256(text.encode()).digest()
