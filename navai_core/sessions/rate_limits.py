"""Rate limits: how many secrets a minute, how many guesses. Where they are counted is the host's choice."""

import ipaddress
from collections.abc import Callable
from functools import lru_cache
from math import floor
from time import monotonic
from typing import Final, Protocol

from ..exceptions import RateLimitedError, TooManyFailuresError
from ..models import Caller, VoiceProfile

WINDOW_S: Final = 60.0
_MOMENT_S: Final = 0.001
"""What slides out still counts at that very moment, and not a moment later."""


@lru_cache(maxsize=1024)
def machine_of(address: str) -> str:
    """What counts as one guesser: an IPv4 address; of IPv6 the /64, since a single machine has all of it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))


class Counter(Protocol):
    """Counts what happened in the last minute, by key."""

    async def hit(self, key: str, per_minute: int) -> float:
        """Count once more, unless that were more than allowed. Zero, or the seconds until it is allowed again."""

    async def wait(self, key: str, per_minute: int) -> float:
        """What `hit` would answer. Counts nothing."""

    async def close(self) -> None:
        """Let go of what it holds."""


class LocalCounter:
    """Counts in this process, in windows of a minute that slide.

    The window before counts by the part of it that the last minute still covers, rounded down, as the library `limits`
    counts in Redis: a low limit would otherwise allow half of what it says. A restart forgets; what must outlive one is
    a budget, not a rate.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._number = 0
        self._before: dict[str, int] = {}
        self._now: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._before) + len(self._now)

    async def hit(self, key: str, per_minute: int) -> float:
        """See `Counter.hit`."""
        seconds = self._wait(key, per_minute)
        if not seconds:
            self._now[key] = self._now.get(key, 0) + 1
        return seconds

    async def wait(self, key: str, per_minute: int) -> float:
        """See `Counter.wait`."""
        return self._wait(key, per_minute)

    async def close(self) -> None:
        """It holds nothing."""

    def add(self, key: str) -> None:
        """Count once more what was allowed elsewhere, even if that is more than allowed here."""
        self._slide()
        self._now[key] = self._now.get(key, 0) + 1

    def fill(self, key: str, per_minute: int) -> None:
        """Nothing more is allowed for now, as was found elsewhere."""
        before = self._weight_before(key, self._slide())
        self._now[key] = max(self._now.get(key, 0), per_minute - before)

    def _slide(self) -> float:
        """Begin another window when it is time. The part of the present one that has passed, from 0 to 1."""
        time = self._clock()
        number = int(time // WINDOW_S)
        if number != self._number:
            # Who has not asked for two minutes is forgotten here: guesses from many addresses do not fill the memory.
            self._before = self._now if number == self._number + 1 else {}
            self._now = {}
            self._number = number
        return time / WINDOW_S - number

    def _weight_before(self, key: str, passed: float) -> int:
        return floor(self._before.get(key, 0) * (1 - passed))

    def _wait(self, key: str, per_minute: int) -> float:
        passed = self._slide()
        before, now = self._before.get(key, 0), self._now.get(key, 0)
        if self._weight_before(key, passed) + now < per_minute:
            return 0.0
        # When enough of the window before has slid out; else the same of this window, once it is the one before.
        until = 1 - (per_minute - now) / before if now < per_minute else 1 + max(0.0, 1 - per_minute / now)
        return (until - passed) * WINDOW_S + _MOMENT_S


class Limiter:
    """The limits of callers, profiles and guesses.

    Args:
        counter: Where to count.
        failures_per_minute: How many wrong tokens one address may try.
    """

    def __init__(self, counter: Counter, failures_per_minute: int) -> None:
        self._counter = counter
        self._failures = failures_per_minute

    async def close(self) -> None:
        """Close the counter."""
        await self._counter.close()

    async def count_mint(self, caller: Caller, profile: VoiceProfile) -> None:
        """Count one secret for its caller and for its profile.

        Raises:
            RateLimitedError: one of the two has had its share of this minute.
        """
        if caller.secrets_per_minute is not None:
            await self._count(caller.secrets_per_minute, caller.id, "You ask")
        await self._count(profile.limits.secrets_per_minute, f"profile:{profile.key}", "This profile is asked")

    async def count_failure(self, address: str) -> None:
        """An address sent a token that is not known here.

        Look the token up first and call this only for one that is not found. A known token is never held back by what
        others send from its address: behind a proxy that may be the address of every display.

        Raises:
            TooManyFailuresError: the address has sent too many of them. This one is not counted.
        """
        if seconds := await self._counter.hit(f"failures:{address}", self._failures):
            raise TooManyFailuresError(
                "This token is not known here, and too many wrong tokens came from this address — correct the token: "
                "a known one works at once, other wrong ones have to wait.",
                retry_after=max(1.0, seconds),
            )

    async def _count(self, per_minute: int, key: str, who: str) -> None:
        if seconds := await self._counter.hit(key, per_minute):
            raise RateLimitedError(
                f"{who} for conversations too often — at most {per_minute} in a minute; wait a little.",
                retry_after=max(1.0, seconds),
            )
