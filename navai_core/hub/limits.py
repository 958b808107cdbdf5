"""Where the hub counts: in this process, or by the library `limits` in Redis, which several replicas share."""

import logging
import time
from collections.abc import Callable
from functools import cache
from time import monotonic
from typing import Any, Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError

from ..exceptions import StartError
from ..models import HubSettings
from ..rates import Counter, Limiter, LocalCounter

_LOGGER = logging.getLogger(__name__)
_REDIS_TIMEOUT_S: Final = 0.5
_REDIS_PAUSE_S: Final = 3.0


class HubLimiter(Limiter):
    """The limits, counted where the hub's settings say.

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
        """The limiter for other settings: this one, with its counts, unless they are kept elsewhere now."""
        if settings.redis_url != self._redis_url:
            return HubLimiter(settings)
        self._failures = settings.sign_in_failures_per_minute
        return self


class RedisCounter:
    """Counts in Redis.

    While it does not answer, this process counts by itself: a house whose Redis is down still talks, and still has
    limits.

    Args:
        url: May hold a password.
        clock: Seconds that only grow.

    Raises:
        StartError: the client library is not installed, or the address cannot be used.
    """

    def __init__(self, url: str, clock: Callable[[], float] = monotonic) -> None:
        self._redis = _Redis(url)
        self._limiter = SlidingWindowCounterRateLimiter(self._redis.storage)
        self._local = LocalCounter(clock)
        self._clock = clock
        self._is_down = False
        self._again = 0.0

    async def hit(self, key: str, per_minute: int) -> float:
        """See `Counter.hit`."""
        seconds = await self._ask("hit", key, per_minute)
        return await self._local.hit(key, per_minute) if seconds is None else seconds

    async def wait(self, key: str, per_minute: int) -> float:
        """See `Counter.wait`."""
        seconds = await self._ask("test", key, per_minute)
        return await self._local.wait(key, per_minute) if seconds is None else seconds

    async def close(self) -> None:
        """Close the connections to Redis."""
        await self._redis.close()

    async def _ask(self, method: str, key: str, per_minute: int) -> float | None:
        """Zero where it is allowed, else the seconds to wait. None: Redis does not answer."""
        if self._clock() < self._again:
            # A Redis that hangs must not cost every tap its time-out.
            return None
        item = _per_minute(per_minute)
        try:
            if await getattr(self._limiter, method)(item, key):
                seconds = 0.0
            else:
                stats = await self._limiter.get_window_stats(item, key)
                seconds = max(1.0, stats.reset_time - time.time())
        except StorageError as error:
            self._note(down=True, reason=type(error.storage_error).__name__)
            self._again = self._clock() + _REDIS_PAUSE_S
            return None
        self._note(down=False)
        return seconds

    def _note(self, *, down: bool, reason: str = "") -> None:
        """Say once that Redis is gone, and once that it is back."""
        if down and not self._is_down:
            _LOGGER.warning("Redis does not answer (%s); this process counts its rate limits by itself", reason)
        elif self._is_down and not down:
            _LOGGER.info("Redis answers again; the rate limits are shared")
        self._is_down = down


@cache
def _per_minute(times: int) -> RateLimitItem:
    return RateLimitItemPerMinute(times)


class _Redis:
    """A storage in Redis, over a pool of connections that can be closed."""

    def __init__(self, url: str) -> None:
        try:
            # The client library is an extra: whoever configures Redis installs it.
            from redis.asyncio import ConnectionPool  # noqa: PLC0415
        except ImportError:
            raise StartError(
                '`hub.redis_url` needs the package redis, which is not installed — `pip install "navai[hub,redis]"`.'
            ) from None
        try:
            self._pool = ConnectionPool.from_url(
                url, socket_timeout=_REDIS_TIMEOUT_S, socket_connect_timeout=_REDIS_TIMEOUT_S
            )
        except (ValueError, TypeError):
            raise StartError("`hub.redis_url` cannot be used — write e.g. redis://localhost:6379/0.") from None
        # The library reads the address too, more strictly, and then uses the pool.
        options: dict[str, Any] = {"connection_pool": self._pool}
        self.storage = RedisStorage(
            "async+redis://127.0.0.1:6379", implementation="redispy", wrap_exceptions=True, **options
        )

    async def close(self) -> None:
        await self._pool.aclose()
