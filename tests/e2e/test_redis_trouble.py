"""Replicas of the hub whose shared Redis restarts, hangs, is full, is read-only or refuses the password."""

import asyncio
import logging
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from e2e_support import PATIENCE_S
from redis_support import BACK, GONE, PASSWORD, Redis
from secret_watch import WATCH

from navai_core.hub.limits import RedisCounter
from navai_core.hub.redis_storage import RedisStorage
from navai_core.sessions.rate_limits import MAX_EXACT

pytestmark = [pytest.mark.redis, pytest.mark.once]

LIMIT = 50
KEY = "profile:kitchen"
OTHER_PASSWORD = WATCH.secret("tok_redis_other_0123456789")


class Clock:
    """Stands still, so that no minute ends in the middle of a test."""

    def __init__(self) -> None:
        self.now = 600.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def redis(folder: Path) -> Iterator[Redis]:
    made = Redis(folder, "--appendonly", "yes", "--appendfsync", "always", "--enable-debug-command", "yes")
    made.start()
    yield made
    made.end()


class Replicas:
    """Three hubs' counters over one Redis."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.all: list[RedisCounter] = []

    async def hit(self, each: int) -> int:
        """How many of so many hits on each are allowed."""
        return sum(await asyncio.gather(*(self._hit(replica, each) for replica in self.all)))

    async def _hit(self, replica: RedisCounter, times: int) -> int:
        return sum([await replica.hit(KEY, LIMIT) == 0.0 for _ in range(times)])

    async def use_up(self) -> int:
        """How many are allowed until every replica refuses."""
        return await self.hit(LIMIT + 1)


@pytest.fixture
async def replicas(redis: Redis, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Replicas]:
    made = Replicas()
    async with AsyncExitStack() as stack:
        with caplog.at_level(logging.INFO):
            for _ in range(3):
                made.all.append(RedisCounter(redis.url, made.clock, pause=0.05))
                stack.push_async_callback(made.all[-1].close)
            yield made
    assert PASSWORD not in caplog.text
    assert OTHER_PASSWORD not in caplog.text


async def heard(caplog: pytest.LogCaptureFixture, text: str, times: int) -> None:
    """Wait until the log says something so many times; then it must not say it more often."""
    ends = time.monotonic() + PATIENCE_S
    while caplog.text.count(text) < times:
        assert time.monotonic() < ends, caplog.text
        await asyncio.sleep(0.01)
    assert caplog.text.count(text) == times


async def test_replicas_keep_an_exact_limit_in_every_window(redis: Redis) -> None:
    limit, window = 5, 0.5
    replicas = [RedisStorage(redis.url, window=window) for _ in range(2)]
    allowed: list[tuple[float, float]] = []
    while len(allowed) < 4 * limit:
        for replica in replicas:
            began = time.monotonic()
            seconds = await replica.ask("hit", KEY, limit)
            if not seconds:
                allowed.append((began, time.monotonic()))
                # Spread over the window, so that some of each window's events are at its end.
                await asyncio.sleep(0.03)
            else:
                assert 0 < seconds <= window + 0.001
                assert await replica.ask("test", KEY, limit) > 0 or time.monotonic() - began >= seconds
                await asyncio.sleep(seconds)
                assert await replica.ask("test", KEY, limit) == 0.0, "the wait is as long as it says"
    for number, (_, ended) in enumerate(allowed[limit:]):
        assert ended - allowed[number][0] > window
    # A limit that is lowered counts what was allowed before.
    assert await replicas[0].ask("test", KEY, 1) > 0
    for replica in replicas:
        await replica.close()


async def test_a_high_limit_is_kept_approximately(redis: Redis) -> None:
    storage, limit = RedisStorage(redis.url), MAX_EXACT + 1
    waits = [await storage.ask("hit", KEY, limit) for _ in range(2 * limit + 1)]
    await storage.close()
    assert waits[0] == 0.0
    assert 1 <= waits[-1] <= 60
    # Where two minutes meet, up to twice as many get through.
    assert limit // 2 <= waits.count(0.0) <= 2 * limit


async def test_a_restart_while_nobody_asks_is_not_even_noticed(
    redis: Redis, replicas: Replicas, caplog: pytest.LogCaptureFixture
) -> None:
    assert await replicas.hit(10) == 30
    await asyncio.to_thread(redis.restart)
    assert await replicas.use_up() == LIMIT - 30
    await asyncio.to_thread(redis.restart)
    assert await replicas.use_up() == 0
    assert caplog.text == ""


async def test_connections_that_redis_closes_are_replaced(
    redis: Redis, replicas: Replicas, caplog: pytest.LogCaptureFixture
) -> None:
    assert await replicas.hit(10) == 30
    redis.ask("CLIENT KILL TYPE normal")
    assert await replicas.use_up() == LIMIT - 30
    assert caplog.text == ""


async def test_a_busy_process_does_not_take_its_own_delay_for_an_outage(
    replicas: Replicas, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        for _ in range(4):
            time.sleep(0.8)  # noqa: ASYNC251  # as a slow function of a user would
            await asyncio.sleep(0)

    first = replicas.all[0]
    assert await first.hit(KEY, LIMIT) == 0.0
    answers, _ = await asyncio.gather(asyncio.gather(*(first.hit(KEY, LIMIT) for _ in range(20))), work())
    assert answers == [0.0] * 20
    assert caplog.text == ""


async def test_a_crowd_waits_for_its_turn(replicas: Replicas, caplog: pytest.LogCaptureFixture) -> None:
    answers = await asyncio.gather(*(replicas.all[0].hit(KEY, LIMIT) for _ in range(300)))
    assert answers.count(0.0) == LIMIT
    assert caplog.text == ""


async def test_an_outage_gives_each_replica_one_share_at_most(
    redis: Redis, replicas: Replicas, caplog: pytest.LogCaptureFixture
) -> None:
    assert await replicas.hit(10) == 30
    await asyncio.to_thread(redis.end)
    assert await replicas.use_up() == 3 * LIMIT - 30, "what a replica gave out before counts"
    assert await replicas.use_up() == 0
    await heard(caplog, GONE, 3)
    await asyncio.to_thread(redis.start)
    await heard(caplog, BACK, 3)
    assert await replicas.use_up() == 0, "what it gave out meanwhile counts, too, which Redis does not know"
    # A minute later only Redis counts again; it knows of the 30, for as long as they last.
    replicas.clock.now += 60.1
    assert await replicas.use_up() == LIMIT - 30
    assert caplog.text.count(GONE) == 3


async def test_a_limit_that_is_used_up_stays_so_when_redis_is_gone(
    redis: Redis, replicas: Replicas, caplog: pytest.LogCaptureFixture
) -> None:
    assert await replicas.use_up() == LIMIT
    await asyncio.to_thread(redis.end)
    assert await replicas.use_up() == 0
    assert [await replica.wait(KEY, LIMIT) > 0 for replica in replicas.all] == [True] * 3
    await asyncio.to_thread(redis.start)
    await heard(caplog, BACK, 3)
    assert await replicas.use_up() == 0


def fill_and_restart(redis: Redis) -> None:
    """It loads for seconds: the keys of its file, each with a pause."""
    redis.ask("DEBUG POPULATE 4000 key 1000\r\nBGREWRITEAOF")
    assert redis.process
    redis.process.line("stdout", "Background AOF rewrite finished successfully")
    options = ["--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024"]
    redis.restart(*options, ready="Loading RDB produced by")


def fail_to_save(redis: Redis) -> None:
    (redis.folder / "dump.rdb").mkdir()
    redis.ask('CONFIG SET save "3600 1"\r\nBGSAVE')
    assert redis.process
    redis.process.line("stdout", "Background saving error")


TROUBLES: dict[str, tuple[str, Callable[[Redis], object], Callable[[Redis], object]]] = {
    "full": (
        "Redis is full",
        lambda redis: redis.ask("CONFIG SET maxmemory 1"),
        lambda redis: redis.ask("CONFIG SET maxmemory 0"),
    ),
    "read-only": (
        "Redis is a read-only replica",
        lambda redis: redis.ask("REPLICAOF 127.0.0.1 1"),
        lambda redis: redis.ask("REPLICAOF NO ONE"),
    ),
    "not permitted": (
        "Redis does not let this user count",
        lambda redis: redis.ask("ACL SETUSER default -@scripting"),
        lambda redis: redis.ask("ACL SETUSER default +@all"),
    ),
    "may not write": (
        "Redis does not let this user count",
        lambda redis: redis.ask("ACL SETUSER default -@write"),
        lambda redis: redis.ask("ACL SETUSER default +@all"),
    ),
    "hangs": (
        "Redis does not answer in time",
        lambda redis: redis.send(signal.SIGSTOP),
        lambda redis: redis.send(signal.SIGCONT),
    ),
    "slow": ("Redis does not answer in time", lambda redis: redis.tell("DEBUG SLEEP 3"), lambda redis: None),
    "loads": (
        "Redis is still loading its data",
        fill_and_restart,
        lambda redis: None,
    ),
    "cannot save": (
        "Redis cannot save its data",
        fail_to_save,
        lambda redis: redis.ask("CONFIG SET stop-writes-on-bgsave-error no"),
    ),
    "other password": (
        "Redis refuses the user name or the password",
        lambda redis: redis.ask(
            f"ACL SETUSER default resetpass >{OTHER_PASSWORD}\r\nCLIENT KILL TYPE normal SKIPME no"
        ),
        lambda redis: redis.restart(),
    ),
}


@pytest.mark.parametrize("kind", TROUBLES)
async def test_no_trouble_of_redis_gives_more_than_one_share_each(
    redis: Redis, replicas: Replicas, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    sentence, begin, end = TROUBLES[kind]
    assert await replicas.hit(10) == 30
    await asyncio.to_thread(begin, redis)
    assert await replicas.use_up() <= 3 * LIMIT - 30
    assert await replicas.use_up() == 0
    await heard(caplog, sentence, 3)
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) <= 6, "one line for each kind of trouble, not for each request"
    await asyncio.to_thread(end, redis)
    await heard(caplog, BACK, 3)
    assert await replicas.use_up() == 0
    assert caplog.text.count(BACK) == 3
