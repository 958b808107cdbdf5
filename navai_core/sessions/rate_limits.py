"""Rate limits: how many secrets a minute, how many guesses. The host decides where they are counted."""

import ipaddress
from collections.abc import Callable
from functools import lru_cache
from math import ceil, floor
from time import monotonic
from typing import Final, Protocol

from ..exceptions import RateLimitedError, TooManyFailuresError
from ..models import Caller, VoiceProfile

WINDOW_S: Final = 60.0
MAX_EXACT: Final = 100
"""The highest limit that is counted exactly. Above, the times of all events would take much memory; a window that
slides from minute to minute may then allow up to twice the limit within some 60 seconds."""
_MOMENT_S: Final = 0.001
"""At the exact end of a window, the entry still counts. A moment later it does not."""


@lru_cache(maxsize=1024)
def machine_of(address: str) -> str:
    """The address that counts: an IPv4 address; for IPv6 the /64, because a single machine has all of it."""
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
    """Counts events of the last minute, by key."""

    async def hit(self, key: str, per_minute: int) -> float:
        """Count one more, unless that is too many. Returns zero, or the seconds until it is allowed again."""

    async def wait(self, key: str, per_minute: int) -> float:
        """The result that `hit` would return. Counts nothing."""

    async def close(self) -> None:
        """Release its resources."""


class LocalCounter:
    """Counts in this process. A restart resets the counts.

    Low limits are exact: the times of the latest events are kept, and no 60 seconds have more than the limit. Higher
    ones are counted in sliding windows, as the library `limits` counts in Redis: the previous window counts by the part
    of it that is in the last minute, rounded down.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._number = 0
        self._before: dict[str, int] = {}
        self._now: dict[str, int] = {}
        self._times: dict[str, list[float]] = {}
        """The latest events of each key, the latest last: as many as the highest exact limit needs."""

    def __len__(self) -> int:
        return len(self._times.keys() | self._before.keys() | self._now.keys())

    async def hit(self, key: str, per_minute: int) -> float:
        """See `Counter.hit`."""
        seconds = self._wait(key, per_minute)
        if not seconds:
            self.add(key)
        return seconds

    async def wait(self, key: str, per_minute: int) -> float:
        """See `Counter.wait`."""
        return self._wait(key, per_minute)

    async def close(self) -> None:
        """There is nothing to release."""

    def add(self, key: str) -> None:
        """Count an event that was allowed elsewhere, even if it is too many here."""
        self._slide()
        self._now[key] = self._now.get(key, 0) + 1
        times = self._times.setdefault(key, [])
        times.append(self._clock())
        del times[:-MAX_EXACT]

    def fill(self, key: str, per_minute: int, seconds: float) -> None:
        """Allow nothing more for so many seconds, because the limit was reached elsewhere."""
        if self._wait(key, per_minute) >= seconds - _MOMENT_S:
            return
        before = self._weight_before(key, self._slide())
        self._now[key] = max(self._now.get(key, 0), per_minute - before)
        # As if so many events had happened when they would stop counting at that time.
        filled = [self._clock() + seconds - WINDOW_S - _MOMENT_S] * min(per_minute, MAX_EXACT)
        self._times[key] = sorted([*self._times.get(key, ()), *filled])[-MAX_EXACT:]

    def _slide(self) -> float:
        """Start a new window when it is time. Returns the part of the current one that has passed, from 0 to 1."""
        time = self._clock()
        number = int(time // WINDOW_S)
        if number != self._number:
            # Keys that were not used for two minutes are removed: guesses from many addresses must not fill the memory.
            self._before = self._now if number == self._number + 1 else {}
            self._now = {}
            self._times = {key: times for key, times in self._times.items() if times[-1] >= time - WINDOW_S}
            self._number = number
        return time / WINDOW_S - number

    def _weight_before(self, key: str, passed: float) -> int:
        return floor(self._before.get(key, 0) * (1 - passed))

    def _wait(self, key: str, per_minute: int) -> float:
        passed = self._slide()
        if per_minute <= MAX_EXACT:
            times = self._times.get(key, ())
            left = times[-per_minute] + WINDOW_S - self._clock() if len(times) >= per_minute else -1.0
            return left + _MOMENT_S if left >= 0 else 0.0
        before, now = self._before.get(key, 0), self._now.get(key, 0)
        if self._weight_before(key, passed) + now < per_minute:
            return 0.0
        # When enough of the previous window has passed; else the same for this window, when it is the previous one.
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
            RateLimitedError: one of the two has reached its limit.
        """
        if caller.secrets_per_minute is not None:
            await self._count(caller.secrets_per_minute, caller.id, "Too many requests")
        await self._count(
            profile.limits.secrets_per_minute, f"profile:{profile.key}", "Too many requests for this profile"
        )

    async def count_failure(self, address: str) -> None:
        """An address sent an unknown token.

        Look the token up first, and call this only if it is unknown. A known token always works, whatever others send
        from its address: behind a proxy, all displays may have the same address.

        Raises:
            TooManyFailuresError: the address has sent too many of them. This one is not counted.
        """
        if seconds := await self._counter.hit(f"failures:{address}", self._failures):
            raise TooManyFailuresError(
                "This token is unknown, and too many wrong tokens came from this address. Correct the token. A known "
                "token works at once.",
                retry_after=max(1.0, seconds),
            )

    async def _count(self, per_minute: int, key: str, problem: str) -> None:
        if seconds := await self._counter.hit(key, per_minute):
            wait = max(1.0, seconds)
            raise RateLimitedError(
                f"{problem}. Try again in {ceil(wait)} seconds. (The limit is `secrets_per_minute`, {per_minute}.)",
                retry_after=wait,
            )
