"""Finds the caller of a token. Tokens are compared in constant time, and kept only as hashes."""

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Final

from .exceptions import NotSignedInError
from .models import Caller, Settings
from .redact import Secret

HASH_PREFIX: Final = "sha256:"
_HASH_HEX_CHARS: Final = 64
_SCHEME: Final = "bearer "
_MAX_HEADER_CHARS: Final = 1024
_SENDABLE: Final = re.compile(r"[!-~]*")


class Tokens:
    """Tokens and their callers.

    Args:
        callers: The configured tokens, plain or as `sha256:` hashes.
    """

    def __init__(self, callers: Iterable[tuple[Secret, Caller]]) -> None:
        self._callers = [(token_digest(token), caller) for token, caller in callers]

    def __len__(self) -> int:
        return len(self._callers)

    def caller_of(self, token: str) -> Caller | None:
        """The caller of a token; None if it is unknown. Takes the same time for every token."""
        digest = digest_of(token)
        found = None
        for known, caller in self._callers:
            if hmac.compare_digest(known, digest):
                found = caller
        return found


def callers_of_displays(settings: Settings) -> Iterator[tuple[Secret, Caller]]:
    """The tokens of displays, and their callers."""
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
    """The SHA-256 of a token from a request."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


async def sign_in(header: str, tokens: Tokens, failed: Callable[[str], Awaitable[None]]) -> Caller:
    """The caller for an `Authorization` header. A known token always works, whatever else came from its address.

    Args:
        header: As received.
        tokens: The known tokens.
        failed: Called with an unknown token; it may raise `TooManyFailuresError`.

    Raises:
        NotSignedInError: there is no token, or it is unknown.
    """
    token = bearer_of(header)
    # Only wrong tokens count, not missing ones.
    if not token:
        raise NotSignedInError("This request needs a token. Send the header `Authorization: Bearer …`.")
    caller = tokens.caller_of(token)
    if caller is None:
        await failed(token)
        if token.startswith(HASH_PREFIX):
            raise NotSignedInError("This is the hash of a token. Send the token itself.")
        raise NotSignedInError("This token is unknown. Check that it is complete and still configured.")
    return caller


def bearer_of(header: str) -> str:
    """The token of an `Authorization: Bearer …` header, or an empty string."""
    if header[: len(_SCHEME)].lower() != _SCHEME or len(header) > _MAX_HEADER_CHARS:
        return ""
    return header[len(_SCHEME) :].strip()


def fits_header(token: str) -> bool:
    """Whether a client can send a token or a key in an HTTP header: printable ASCII without spaces."""
    return _SENDABLE.fullmatch(token) is not None


def is_token_hash(token: str) -> bool:
    """Whether a configured token is a hash of the real one."""
    digits = token.removeprefix(HASH_PREFIX)
    return (
        digits != token
        and len(digits) == _HASH_HEX_CHARS
        and all(digit in "0123456789abcdef" for digit in digits.lower())
    )


def token_digest(token: Secret) -> bytes:
    """The SHA-256 of a configured token, whether the YAML has the token itself or its hash."""
    text = token.reveal()
    if is_token_hash(text):
        return bytes.fromhex(text.removeprefix(HASH_PREFIX))
    return hashlib.sha256(text.encode()).digest()
