"""Rate limits by the library `limits`: in memory, or in Redis so that several replicas share them."""

import logging
import time
from time import monotonic
from typing import Any, Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError

from ..exceptions import RateLimitedError, StartError, TooManyFailuresError
from ..models import Caller, HubSettings, VoiceProfile

_LOGGER = logging.getLogger(__name__)
_REDIS_TIMEOUT_S: Final = 0.5
_REDIS_PAUSE_S: Final = 3.0
_WINDOW_S: Final = 60.0


class Limiter:
    """Counts in windows of a minute that slide.

    Where Redis is configured and does not answer, this process counts by itself until it does: a house whose Redis is
    down still talks, and still has limits.

    Args:
        settings: `redis_url` says where to count, `sign_in_failures_per_minute` how many wrong tokens one address may
            try.

    Raises:
        StartError: Redis is configured and its client library is not installed.
    """

    def __init__(self, settings: HubSettings) -> None:
        self._redis_url = settings.redis_url
        self._failures = RateLimitItemPerMinute(settings.sign_in_failures_per_minute)
        # The library's other memory, the synchronous one, starts a thread for a tap, which then waits a millisecond.
        self._local = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._redis = _Redis(settings.redis_url.reveal()) if settings.redis_url else None
        self._shared = SlidingWindowCounterRateLimiter(self._redis.storage) if self._redis else None
        self._shared_is_down = False
        self._shared_again = 0.0
        self._failures_until = 0.0
        self._items: dict[int, RateLimitItem] = {}

    def changed_to(self, settings: HubSettings) -> "Limiter":
        """The limiter for other settings: this one, with its counts, unless they are kept elsewhere now."""
        if settings.redis_url != self._redis_url:
            return Limiter(settings)
        self._failures = RateLimitItemPerMinute(settings.sign_in_failures_per_minute)
        return self

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._redis is not None:
            await self._redis.close()

    async def count_mint(self, caller: Caller, profile: VoiceProfile) -> None:
        """Count one secret for its caller and for its profile.

        Raises:
            RateLimitedError: one of the two has had its share of this minute.
        """
        if caller.secrets_per_minute is not None:
            await self._count(caller.secrets_per_minute, caller.id, "You ask")
        await self._count(profile.limits.secrets_per_minute, f"profile:{profile.key}", "This profile is asked")

    async def check_failures(self, address: str) -> None:
        """Whether an address may still try a token.

        Raises:
            TooManyFailuresError: it guessed too often.
        """
        if self._shared is None and monotonic() >= self._failures_until:
            # Nobody guesses here: nothing to look up.
            return
        if not await self._ask("test", self._failures, f"failures:{address}"):
            raise TooManyFailuresError(
                "Too many wrong tokens came from this address — correct the token and wait a minute.",
                retry_after=await self._wait(self._failures, f"failures:{address}"),
            )

    async def count_failure(self, address: str) -> None:
        """An address tried a wrong token."""
        self._failures_until = monotonic() + 2 * _WINDOW_S
        await self._ask("hit", self._failures, f"failures:{address}")

    async def _count(self, per_minute: int, key: str, who: str) -> None:
        item = self._items.setdefault(per_minute, RateLimitItemPerMinute(per_minute))
        if not await self._ask("hit", item, key):
            raise RateLimitedError(
                f"{who} for conversations too often — at most {per_minute} in a minute; wait a little.",
                retry_after=await self._wait(item, key),
            )

    async def _ask(self, method: str, item: RateLimitItem, key: str) -> bool:
        if self._shared is not None and monotonic() >= self._shared_again:
            try:
                allowed: bool = await getattr(self._shared, method)(item, key)
            except StorageError as error:
                self._note(down=True, reason=type(error.storage_error).__name__)
                # A Redis that hangs must not cost every tap its time-out.
                self._shared_again = monotonic() + _REDIS_PAUSE_S
            else:
                self._note(down=False)
                return allowed
        local: bool = await getattr(self._local, method)(item, key)
        return local

    async def _wait(self, item: RateLimitItem, key: str) -> float:
        if self._shared is None or self._shared_is_down:
            stats = await self._local.get_window_stats(item, key)
        else:
            try:
                stats = await self._shared.get_window_stats(item, key)
            except StorageError:
                return 1.0
        return max(1.0, stats.reset_time - time.time())

    def _note(self, *, down: bool, reason: str = "") -> None:
        """Say once that Redis is gone, and once that it is back."""
        if down and not self._shared_is_down:
            _LOGGER.warning("Redis does not answer (%s); this process counts its rate limits by itself", reason)
        elif self._shared_is_down and not down:
            _LOGGER.info("Redis answers again; the rate limits are shared")
        self._shared_is_down = down


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
