"""A configured token may be written as its hash, so that the YAML tells nobody the token."""

import hashlib
from typing import Final

from .redact import Secret

HASH_PREFIX: Final = "sha256:"
_HASH_HEX_CHARS: Final = 64


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
