"""Where the hub counts its rate limits: in this process, or in Redis, which several replicas share."""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from typing import Final, Literal

from ..models import HubSettings
from ..sessions.rate_limits import WINDOW_S, Counter, Limiter, LocalCounter
from .redis_storage import CONNECTIONS, RedisStorage, RedisTroubleError

_LOGGER = logging.getLogger(__name__)
_PAUSE_S: Final = 3.0


class HubLimiter(Limiter):
    """The limits, counted as the hub's settings say.

    Args:
        settings: `redis_url` says where to count, `sign_in_failures_per_minute` how many wrong tokens one address may
            try.

    Raises:
        StartError: Redis is configured and its client library is not installed.
    """

    def __init__(self, settings: HubSettings) -> None:
        counter: Counter = RedisCounter(settings.redis_url.reveal()) if settings.redis_url else LocalCounter()
        super().__init__(counter, settings.sign_in_failures_per_minute)
        self._redis_url = settings.redis_url

    def changed_to(self, settings: HubSettings) -> "HubLimiter":
        """The limiter for new settings: the same one with its counts, unless they are now counted elsewhere."""
        if settings.redis_url != self._redis_url:
            return HubLimiter(settings)
        self._failures = settings.sign_in_failures_per_minute
        return self


class RedisCounter:
    """Counts in Redis, and in this process too.

    While Redis does not work, this process counts alone: people can still talk, and the limits still apply. It starts
    with what it has allowed so far and with the limits that were used up, so it never allows more than one share. For
    a minute after Redis works again, its own count still applies, because Redis does not know all of it.

    Args:
        url: May hold a password.
        clock: Monotonic seconds.
        pause: Seconds between two checks whether Redis works again.

    Raises:
        StartError: the client library is not installed, or the address cannot be used.
    """

    def __init__(self, url: str, clock: Callable[[], float] = monotonic, *, pause: float = _PAUSE_S) -> None:
        self._redis = RedisStorage(url)
        self._local = LocalCounter(clock)
        self._clock = clock
        self._pause = pause
        # Waiting in line is not a failure of Redis.
        self._turns = asyncio.Semaphore(CONNECTIONS)
        self._troubles: set[str] = set()
        self._looking: asyncio.Task[None] | None = None
        self._both_until = 0.0
        self._closed = False

    async def hit(self, key: str, per_minute: int) -> float:
        """See `Counter.hit`."""
        seconds = await self._ask("hit", key, per_minute)
        if seconds is None:
            return await self._local.hit(key, per_minute)
        if not seconds:
            self._local.add(key)
        return seconds

    async def wait(self, key: str, per_minute: int) -> float:
        """See `Counter.wait`."""
        seconds = await self._ask("test", key, per_minute)
        return await self._local.wait(key, per_minute) if seconds is None else seconds

    async def close(self) -> None:
        """Close the connections to Redis."""
        self._closed = True
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self._redis.close()

    async def _ask(self, method: Literal["hit", "test"], key: str, per_minute: int) -> float | None:
        """Zero if it is allowed, else the seconds to wait. None if Redis does not work."""
        if self._clock() < self._both_until and (seconds := await self._local.wait(key, per_minute)):
            return seconds
        async with self._turns:
            if self._looking is not None or self._closed:
                # Another request has found the problem: a Redis that hangs must not delay every tap.
                return None
            try:
                seconds = await self._redis.ask(method, key, per_minute)
            except RedisTroubleError as trouble:
                if not self._closed:
                    self._note(trouble)
                return None
        if seconds:
            self._local.fill(key, per_minute, seconds)
        return seconds

    def _note(self, trouble: RedisTroubleError) -> None:
        """Log the problem once, and check from time to time whether it is over."""
        text = str(trouble)
        if text not in self._troubles:
            self._troubles.add(text)
            _LOGGER.warning("%s. Until then, each process counts its rate limits alone.", text)
        if self._looking is None:
            self._looking = asyncio.ensure_future(self._look())

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            try:
                await self._redis.probe()
            except RedisTroubleError as trouble:
                self._note(trouble)
            else:
                break
        _LOGGER.info("Redis works again. The rate limits are shared")
        self._both_until = self._clock() + WINDOW_S
        self._troubles.clear()
        self._looking = None
