"""The rate limits in Redis: the connections, how long an answer may take, and what kinds of trouble there are.

redis-py and `limits` do the counting. What they leave to us is here:

- A connection that Redis closed while nobody used it is noticed before it is used again. redis-py 8 looks only while
  its maintenance notifications are off; these need the third version of the protocol, so we ask for the second.
- A connection that breaks in use is replaced at once, a few times.
- An answer is late when this process was free to read it and there was none. A clock alone would also call it late when
  this process was busy.
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

CONNECTIONS: Final = 16
"""More questions at a time wait for their turn."""

_TURN_S: Final = 0.05
_TURNS: Final = 20
"""How often the event loop may come by without an answer: a second if it is free, longer if it is busy."""

_TURNS_OF_A_PROBE: Final = 10
"""A Redis that was too slow must be clearly faster before it is used again."""

_BROKEN_S: Final = 5.0
"""Far more than an answer may take: for what happens behind the scenes, such as closing a connection."""

_RETRIES: Final = 3
_RETRY_AFTER_S: Final = 0.05

_PROTOCOL: Final = 2

_LATE: Final = "Redis does not answer in time — see what keeps it or the network busy"
_NOT_PERMITTED: Final = "Redis does not let this user count — allow it scripts, reads and writes in Redis' ACL"
_MEANINGS: Final = (
    ("NOAUTH", "Redis asks for a password — add it to `hub.redis_url`"),
    ("WRONGPASS", "Redis refuses the user name or the password — correct them in `hub.redis_url`"),
    ("OOM command", "Redis is full — raise its `maxmemory`, or set its `maxmemory-policy` to `volatile-ttl`"),
    ("READONLY", "Redis is a read-only replica — name the primary in `hub.redis_url`"),
    ("MASTERDOWN", "Redis is a replica that has lost its primary — name the primary in `hub.redis_url`"),
    ("LOADING", "Redis is still loading its data — wait a little"),
    ("MISCONF", "Redis cannot save its data and refuses to count — look into its log; its disk may be full"),
    ("NOPERM", _NOT_PERMITTED),
    ("user executing the script", _NOT_PERMITTED),
)
"""What stands in an answer of Redis, and what it means. The answer itself is never logged."""

_CODES: Final = {
    "AuthenticationError": "WRONGPASS",
    "OutOfMemoryError": "OOM command",
    "ReadOnlyError": "READONLY",
    "MasterDownError": "MASTERDOWN",
    "BusyLoadingError": "LOADING",
    "NoPermissionError": "NOPERM",
}
"""redis-py makes a class of the first word of an answer, and takes it away."""


class RedisTroubleError(Exception):
    """Redis does not count. The text is for the log: what is wrong, and the cure."""


def trouble_of(error: Exception) -> RedisTroubleError:
    """What is wrong with Redis, without what it said, which may quote the password."""
    name = type(error).__name__
    if isinstance(error, OSError) or name in {"ConnectionError", "TimeoutError"}:
        return RedisTroubleError(f"Redis does not answer ({name}) — see that it runs where `hub.redis_url` says")
    said = f"{getattr(error, 'status_code', '')} {_CODES.get(name, '')} {error}"
    for text, meaning in _MEANINGS:
        if text in said:
            return RedisTroubleError(meaning)
    return RedisTroubleError(f"Redis cannot count ({name}) — look into its log")


class RedisStorage:
    """Counts in Redis.

    Args:
        url: May hold a password.

    Raises:
        StartError: the client library is not installed, or the address cannot be used.
    """

    def __init__(self, url: str) -> None:
        try:
            # The client library is an extra, installed by those who configure Redis.
            from redis.asyncio import BlockingConnectionPool  # noqa: PLC0415
            from redis.asyncio.connection import parse_url  # noqa: PLC0415
            from redis.asyncio.retry import Retry  # noqa: PLC0415
            from redis.backoff import ConstantBackoff  # noqa: PLC0415
        except ImportError:
            raise StartError(
                '`hub.redis_url` needs the package redis, which is not installed — `pip install "navai[hub,redis]"`.'
            ) from None
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
            raise StartError("`hub.redis_url` cannot be used — write e.g. redis://localhost:6379/0.") from None
        # The library reads the address too, more strictly, and then uses the pool.
        options: dict[str, Any] = {"connection_pool": self._pool}
        storage = LimitsStorage(
            "async+redis://127.0.0.1:6379", implementation="redispy", wrap_exceptions=True, **options
        )
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._asked: set[asyncio.Task[float]] = set()

    async def ask(self, method: Literal["hit", "test"], key: str, per_minute: int) -> float:
        """Zero where it is allowed, else the seconds to wait.

        Raises:
            RedisTroubleError: it does not count.
        """
        return await self._answer(self._count(method, key, per_minute), _TURNS)

    async def probe(self) -> None:
        """Count something of no importance, over a new connection: old ones may lead to a Redis that is no more.

        Raises:
            RedisTroubleError: it does not count.
        """
        await self._answer(self._probe(), _TURNS_OF_A_PROBE)

    async def close(self) -> None:
        """Close the connections. Questions under way are not answered any more."""
        while self._asked:
            # Not once and for all: Python 3.11 may lose the cancellation of a task that waits with a time limit.
            for task in self._asked:
                task.cancel()
            await asyncio.wait(self._asked, timeout=_TURN_S)
        await self._pool.aclose()

    async def _count(self, method: str, key: str, per_minute: int) -> float:
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
            # Nobody waits for it any more; asyncio must not complain about that.
            task.exception()


@cache
def _per_minute(times: int) -> RateLimitItem:
    return RateLimitItemPerMinute(times)
