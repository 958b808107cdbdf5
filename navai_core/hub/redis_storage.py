"""The rate limits in Redis: the connections, how long an answer may take, and the kinds of problems.

redis-py and `limits` do the counting of high limits. Up to `MAX_EXACT` a script of ours counts exactly: it keeps the
times of the latest events, by the clock of Redis, which all replicas share. The rest is here:

- A connection that Redis closed while it was unused is noticed before it is used again. redis-py 8 only checks this
  while its maintenance notifications are off. These need version 3 of the protocol, so we use version 2.
- A connection that breaks during use is replaced at once, a few times.
- An answer is late if this process was free to read it and there was none. With a clock alone, it would also count as
  late when this process was busy.
"""

import asyncio
import time
from collections.abc import Coroutine
from functools import cache
from typing import Any, Final, Literal

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import RedisStorage as LimitsStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError

from ..exceptions import StartError
from ..sessions.rate_limits import MAX_EXACT, WINDOW_S

CONNECTIONS: Final = 16
"""More commands at the same time wait in line."""

_TURN_S: Final = 0.05
_TURNS: Final = 20
"""How many turns of the event loop to wait for an answer: a second if it is free, longer if it is busy."""

_TURNS_OF_A_PROBE: Final = 10
"""A Redis that was too slow must be much faster before it is used again."""

_BROKEN_S: Final = 5.0
"""Much longer than an answer may take: for background work such as closing a connection."""

_RETRIES: Final = 3
_RETRY_AFTER_S: Final = 0.05

_PROTOCOL: Final = 2

_LATE: Final = "Redis does not answer in time. Check the load of Redis and of the network"
_NOT_PERMITTED: Final = "Redis does not let this user count. Allow it scripts, reads, writes and `TIME` in its ACL"
_MEANINGS: Final = (
    ("NOAUTH", "Redis needs a password. Add it to `hub.redis_url`"),
    ("WRONGPASS", "Redis refuses the user name or the password. Correct them in `hub.redis_url`"),
    ("OOM command", "Redis is full. Increase its `maxmemory`, or set its `maxmemory-policy` to `volatile-ttl`"),
    ("READONLY", "Redis is a read-only replica. Use the primary in `hub.redis_url`"),
    ("MASTERDOWN", "Redis is a replica that has lost its primary. Use the primary in `hub.redis_url`"),
    ("LOADING", "Redis is still loading its data. Wait a moment"),
    ("MISCONF", "Redis cannot save its data. Check its log; its disk may be full"),
    ("NOPERM", _NOT_PERMITTED),
    ("user executing the script", _NOT_PERMITTED),
)
"""A part of an answer of Redis, and what it means. The answer itself is never logged."""

_COUNT_EXACTLY: Final = """
local time = redis.call('TIME')
local now, window, limit = time[1] * 1000000 + time[2], tonumber(ARGV[1]), tonumber(ARGV[2])
local blocking = redis.call('LINDEX', KEYS[1], limit - 1)
if blocking and blocking + window >= now then
  return blocking + window - now + 1
end
if ARGV[3] == 'hit' then
  redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
  redis.call('LTRIM', KEYS[1], 0, ARGV[4] - 1)
  redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000) + 1)
end
return 0
"""
"""The microseconds to wait, or 0. The list has the times of the latest events, the latest first."""
_MICROSECONDS: Final = 1_000_000

_CODES: Final = {
    "AuthenticationError": "WRONGPASS",
    "OutOfMemoryError": "OOM command",
    "ReadOnlyError": "READONLY",
    "MasterDownError": "MASTERDOWN",
    "BusyLoadingError": "LOADING",
    "NoPermissionError": "NOPERM",
}
"""redis-py turns the first word of an answer into a class, and removes it."""


class RedisTroubleError(Exception):
    """Redis does not work. The text is for the log: the problem and the cure."""


def trouble_of(error: Exception) -> RedisTroubleError:
    """The problem with Redis, without its own message, which may quote the password."""
    name = type(error).__name__
    if isinstance(error, OSError) or name in {"ConnectionError", "TimeoutError"}:
        return RedisTroubleError(
            f"Redis does not answer ({name}). Check that it runs and that `hub.redis_url` is correct"
        )
    said = f"{getattr(error, 'status_code', '')} {_CODES.get(name, '')} {error}"
    for text, meaning in _MEANINGS:
        if text in said:
            return RedisTroubleError(meaning)
    return RedisTroubleError(f"Redis cannot count ({name}). Check its log")


class RedisStorage:
    """Counts in Redis.

    Args:
        url: May hold a password.
        window: Seconds of the window of exact limits; shorter in tests.

    Raises:
        StartError: the client library is not installed, or the address cannot be used.
    """

    def __init__(self, url: str, *, window: float = WINDOW_S) -> None:
        try:
            # The client library is an extra, for those who configure Redis.
            from redis.asyncio import BlockingConnectionPool, Redis  # noqa: PLC0415
            from redis.asyncio.connection import parse_url  # noqa: PLC0415
            from redis.asyncio.retry import Retry  # noqa: PLC0415
            from redis.backoff import ConstantBackoff  # noqa: PLC0415
        except ImportError:
            raise StartError('`hub.redis_url` needs the package redis. Run `pip install "navai[hub,redis]"`.') from None
        settings: dict[str, Any] = {
            "max_connections": CONNECTIONS,
            "timeout": _BROKEN_S,
            "socket_timeout": _BROKEN_S,
            "socket_connect_timeout": _BROKEN_S,
            "retry": Retry(ConstantBackoff(_RETRY_AFTER_S), _RETRIES),
        }
        try:
            settings.update(parse_url(url), protocol=_PROTOCOL)
            self._pool = BlockingConnectionPool(**settings)
        except (ValueError, TypeError):
            raise StartError(
                "`hub.redis_url` is not valid. Write an address such as redis://localhost:6379/0."
            ) from None
        # The library also reads the address, more strictly, and then uses the pool.
        options: dict[str, Any] = {"connection_pool": self._pool}
        storage = LimitsStorage(
            "async+redis://127.0.0.1:6379", implementation="redispy", wrap_exceptions=True, **options
        )
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._window_us = round(window * _MICROSECONDS)
        self._count_exactly = Redis(connection_pool=self._pool).register_script(_COUNT_EXACTLY)
        self._asked: set[asyncio.Task[float]] = set()

    async def ask(self, method: Literal["hit", "test"], key: str, per_minute: int) -> float:
        """Zero if it is allowed, else the seconds to wait.

        Raises:
            RedisTroubleError: Redis does not work.
        """
        return await self._answer(self._count(method, key, per_minute), _TURNS)

    async def probe(self) -> None:
        """Count a test key over a new connection: old ones may lead to a Redis that no longer exists.

        Raises:
            RedisTroubleError: Redis does not work.
        """
        await self._answer(self._probe(), _TURNS_OF_A_PROBE)

    async def close(self) -> None:
        """Close the connections. Running commands get no answer."""
        while self._asked:
            # More than once: Python 3.11 may lose the cancellation of a task that waits with a time limit.
            for task in self._asked:
                task.cancel()
            await asyncio.wait(self._asked, timeout=_TURN_S)
        await self._pool.aclose()

    async def _count(self, method: str, key: str, per_minute: int) -> float:
        if per_minute <= MAX_EXACT:
            left = await self._count_exactly([f"navai:latest:{key}"], [self._window_us, per_minute, method, MAX_EXACT])
            return int(left) / _MICROSECONDS
        item = _per_minute(per_minute)
        if await getattr(self._limiter, method)(item, key):
            return 0.0
        stats = await self._limiter.get_window_stats(item, key)
        return max(1.0, stats.reset_time - time.time())

    async def _probe(self) -> float:
        await self._pool.disconnect(inuse_connections=False)
        return await self._count("hit", "probe", 1_000_000)

    async def _answer(self, work: Coroutine[Any, Any, float], turns: int) -> float:
        task = asyncio.ensure_future(work)
        self._asked.add(task)
        task.add_done_callback(self._forget)
        try:
            for _ in range(turns):
                await asyncio.wait({task}, timeout=_TURN_S)
                if task.cancelled():
                    break
                if task.done():
                    return task.result()
        except StorageError as error:
            raise trouble_of(error.storage_error) from None
        except Exception as error:  # noqa: BLE001  # whatever it is, a limit is still counted
            raise trouble_of(error) from None
        finally:
            task.cancel()
        raise RedisTroubleError(_LATE)

    def _forget(self, task: asyncio.Task[float]) -> None:
        self._asked.discard(task)
        if not task.cancelled():
            # Nobody waits for the result; asyncio must not log that.
            task.exception()


@cache
def _per_minute(times: int) -> RateLimitItem:
    return RateLimitItemPerMinute(times)
