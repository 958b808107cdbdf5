import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Self

import pytest
from hub_support import open_hub, settings_for
from redis.exceptions import AuthenticationError, MasterDownError, NoPermissionError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from secret_watch import WATCH

from navai_core.exceptions import RateLimitedError
from navai_core.hub.limits import HubLimiter, RedisCounter
from navai_core.hub.redis_storage import trouble_of
from navai_core.models import Caller, HubSettings
from navai_core.redact import Secret
from navai_core.simulator import Simulator

PASSWORD = WATCH.secret("tok_redis_Xq7mZt2LxW9")
GONE = Secret(f"redis://:{PASSWORD}@127.0.0.1:1/0")


async def test_the_owner_at_the_shell_has_no_share_of_their_own(simulator: Simulator) -> None:
    profile = settings_for(simulator).profiles["kitchen"]
    limiter = HubLimiter(HubSettings())
    once = replace(profile, limits=replace(profile.limits, secrets_per_minute=1))
    await limiter.count_mint(Caller(kind="owner", key="shell"), once)
    with pytest.raises(RateLimitedError, match="for this profile") as caught:
        await limiter.count_mint(Caller(kind="owner", key="shell"), once)
    assert 1 <= caught.value.retry_after <= 61


class Silent:
    """A server that accepts connections and says nothing: a Redis that hangs."""

    def __init__(self) -> None:
        self.asked = 0
        self.url = ""
        self._writers: list[asyncio.StreamWriter] = []

    async def _accept(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        self._writers.append(writer)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"redis://:{PASSWORD}@127.0.0.1:{self._server.sockets[0].getsockname()[1]}/0"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in self._writers), return_exceptions=True)


async def test_a_redis_that_hangs_costs_one_tap_its_time_and_not_every_tap(caplog: pytest.LogCaptureFixture) -> None:
    async with Silent() as silent:
        counter = RedisCounter(silent.url, lambda: 1000.0, pause=3600)
        assert [await counter.hit("user:anna", 20) for _ in range(21)] == [0.0] * 20 + [pytest.approx(60.001)]
        assert silent.asked == 1
        assert caplog.text.count("Redis does not answer in time") == 1
        await counter.close()
    assert PASSWORD not in caplog.text


async def test_a_redis_that_hangs_is_looked_at_over_new_connections(caplog: pytest.LogCaptureFixture) -> None:
    async with Silent() as silent:
        counter = RedisCounter(silent.url, lambda: 1000.0, pause=0.01)
        await counter.hit("user:anna", 20)
        ends = time.monotonic() + 20
        while silent.asked < 3:
            assert time.monotonic() < ends
            await asyncio.sleep(0.01)
        assert caplog.text.count("Redis does not answer") == 1
        await counter.close()


async def test_a_request_that_outlives_its_counter_counts_here_and_says_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with Silent() as silent:
        counter = RedisCounter(silent.url, lambda: 1000.0)
        under_way = asyncio.ensure_future(counter.hit("user:anna", 1))
        while not silent.asked:
            await asyncio.sleep(0)
        await counter.close()
        assert await under_way == 0.0
        assert await counter.hit("user:anna", 1) > 0
        assert silent.asked == 1
    assert caplog.text == ""


async def test_a_request_that_is_given_up_leaves_nothing_behind() -> None:
    async with Silent() as silent:
        counter = RedisCounter(silent.url, lambda: 1000.0)
        under_way = asyncio.ensure_future(counter.hit("user:anna", 1))
        while not silent.asked:
            await asyncio.sleep(0)
        under_way.cancel()
        with pytest.raises(asyncio.CancelledError):
            await under_way
        await counter.close()
        assert [task for task in asyncio.all_tasks() if "_count" in repr(task)] == []


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ResponseError(f"ERR Error running script (call to f_0): @user_script:1: -OOM command not {PASSWORD}"), "full"),
        (
            ResponseError(f"ERR Error running script (call to f_0): @user_script:1: -READONLY You {PASSWORD}"),
            "read-only",
        ),
        (AuthenticationError("Authentication required.", status_code="NOAUTH"), "needs a password"),
        (AuthenticationError("AUTH <password> called", status_code="ERR"), "refuses the user name or the password"),
        (MasterDownError("Link with MASTER is down"), "has lost its primary"),
        (NoPermissionError("this user has no permissions"), "does not let this user count"),
        (ResponseError(f"ERR unknown command {PASSWORD}"), "cannot count (ResponseError)"),
        (RuntimeError(PASSWORD), "cannot count (RuntimeError)"),
        (RedisConnectionError(f"Error 111 connecting to READONLY-LIVINGROOM {PASSWORD}"), "does not answer (Conn"),
        (OSError(PASSWORD), "does not answer (OSError)"),
    ],
)
def test_trouble_is_named_without_what_redis_said(error: Exception, text: str) -> None:
    said = str(trouble_of(error))
    assert text in said
    assert PASSWORD not in said


async def test_whatever_the_library_raises_a_limit_is_counted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> bool:
        raise RuntimeError(PASSWORD)

    counter = RedisCounter(GONE.reveal(), lambda: 1000.0)
    monkeypatch.setattr(counter._redis, "_count_exactly", fail)
    assert await counter.hit("user:anna", 1) == 0.0
    assert await counter.hit("user:anna", 1) > 0
    assert "Redis cannot count (RuntimeError)" in caplog.text
    assert PASSWORD not in caplog.text
    await counter.close()


async def test_counts_survive_a_reload_unless_they_move(simulator: Simulator, tmp_path: Path) -> None:
    base = tmp_path
    settings = settings_for(simulator)
    hub = await open_hub(settings, base)
    first = hub.limiter
    await hub.move(settings_for(simulator, hub={"sign_in_failures_per_minute": 3}))
    assert hub.limiter is first
    await hub.move(settings_for(simulator, hub={"redis_url": GONE.reveal()}))
    assert hub.limiter is not first
    await hub.close()
