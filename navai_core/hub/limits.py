"""Rate limits by the library `limits`: in memory, or in Redis so that several replicas share them."""

import logging
import time
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError, StorageError

from ..exceptions import RateLimitedError, StartError, TooManyFailuresError
from ..models import Caller, VoiceProfile
from ..redact import Secret

_LOGGER = logging.getLogger(__name__)
_REDIS_TIMEOUT_S: Final = 0.5


class Limiter:
    """Counts in windows of a minute that slide.

    Where Redis is configured and does not answer, this process counts by itself until it does: a house whose Redis is
    down still talks, and still has limits.

    Args:
        redis_url: `redis://…` or `rediss://…`.
        failures_per_minute: How many wrong tokens one address may try.
    """

    def __init__(self, redis_url: Secret | None, *, failures_per_minute: int) -> None:
        self._failures = RateLimitItemPerMinute(failures_per_minute)
        self._local = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared = SlidingWindowCounterRateLimiter(_redis(redis_url)) if redis_url else None
        self._shared_is_down = False
        self._items: dict[int, RateLimitItem] = {}

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
        if not await self._ask("test", self._failures, f"failures:{address}"):
            raise TooManyFailuresError(
                "Too many wrong tokens came from this address — correct the token and wait a minute.",
                retry_after=await self._wait(self._failures, f"failures:{address}"),
            )

    async def count_failure(self, address: str) -> None:
        """An address tried a wrong token."""
        await self._ask("hit", self._failures, f"failures:{address}")

    async def _count(self, per_minute: int, key: str, who: str) -> None:
        item = self._items.setdefault(per_minute, RateLimitItemPerMinute(per_minute))
        if not await self._ask("hit", item, key):
            raise RateLimitedError(
                f"{who} for conversations too often — at most {per_minute} in a minute; wait a little.",
                retry_after=await self._wait(item, key),
            )

    async def _ask(self, method: str, item: RateLimitItem, key: str) -> bool:
        if self._shared is not None:
            try:
                allowed: bool = await getattr(self._shared, method)(item, key)
            except StorageError as error:
                self._note(down=True, reason=type(error.storage_error).__name__)
            else:
                self._note(down=False)
                return allowed
        local: bool = await getattr(self._local, method)(item, key)
        return local

    async def _wait(self, item: RateLimitItem, key: str) -> float:
        strategy = self._local if self._shared is None or self._shared_is_down else self._shared
        try:
            stats = await strategy.get_window_stats(item, key)
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


def _redis(url: Secret) -> RedisStorage:
    try:
        return RedisStorage(
            f"async+{url.reveal()}",
            implementation="redispy",
            wrap_exceptions=True,
            socket_timeout=_REDIS_TIMEOUT_S,
            socket_connect_timeout=_REDIS_TIMEOUT_S,
        )
    except ConfigurationError:
        # The client library is an extra: whoever configures Redis installs it.
        raise StartError(
            '`hub.redis_url` needs the package redis, which is not installed — `pip install "navai[hub,redis]"`.'
        ) from None
