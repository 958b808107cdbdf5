"""Addresses that hand out a client secret once, for callers whose answers are stored where others can read them."""

from collections.abc import Callable, Mapping
from secrets import token_urlsafe
from time import monotonic
from typing import Any, Final

from ..exceptions import AddressUsedError
from ..tokens import digest_of

VALID_S: Final = 60
"""How long an address is valid."""
_TOKEN_BYTES: Final = 32


class OneTimeSecrets:
    """Keeps client secrets until someone asks for them, or until they expire.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._kept: dict[bytes, tuple[float, Mapping[str, Any]]] = {}
        """By the hash of the token: when it expires, and the answer."""

    def add(self, body: Mapping[str, Any]) -> str:
        """Keep an answer with a client secret; return the token, which is the last part of its address."""
        now = self._clock()
        self._kept = {token: kept for token, kept in self._kept.items() if kept[0] > now}
        token = token_urlsafe(_TOKEN_BYTES)
        self._kept[digest_of(token)] = now + VALID_S, body
        return token

    def take(self, token: str) -> dict[str, Any]:
        """Return the answer, and forget it.

        Raises:
            AddressUsedError: the token is unknown, was used, or has expired.
        """
        until, body = self._kept.pop(digest_of(token), (0.0, None))
        if body is None or until <= self._clock():
            raise AddressUsedError(
                "This address was already used, or has expired. It works once, for 60 seconds. Get a new one."
            )
        return dict(body)

    def clear(self) -> None:
        """Forget all of them."""
        self._kept.clear()
