import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import pytest

from navai_core.exceptions import UpstreamTimeoutError, UpstreamUnavailableError
from navai_core.models import RealtimeClientSecret
from navai_core.sessions.warm_secrets import (
    NEAR_S,
    RETRY_AFTER_FAILURE_S,
    SETTLE_S,
    TEMPLATE_FRESH_S,
    ReadySecret,
    WarmSecrets,
)

TTL = 600.0


class Timer:
    def __init__(self, at: float, call: Callable[[], None]) -> None:
        self.at, self.call, self.cancelled = at, call, False

    def cancel(self) -> None:
        self.cancelled = True


class Time:
    """A clock and timers that only `pass_` moves."""

    def __init__(self) -> None:
        self.now = 5000.0
        self.timers: list[Timer] = []

    def __call__(self) -> float:
        return self.now

    def call_later(self, delay: float, call: Callable[[], None]) -> Timer:
        timer = Timer(self.now + delay, call)
        self.timers.append(timer)
        return timer

    async def pass_(self, seconds: float) -> None:
        ends = self.now + seconds
        while due := sorted((t for t in self.timers if t.at <= ends and not t.cancelled), key=lambda t: t.at):
            self.timers.remove(due[0])
            self.now = due[0].at
            due[0].call()
            await settle()
        self.now = ends


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Provider:
    def __init__(self) -> None:
        self.minted = 0
        self.fails = False
        self.tools = b""
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> ReadySecret:
        self.minted += 1
        tools = self.tools
        number = self.minted
        await self.gate.wait()
        if self.fails:
            raise UpstreamUnavailableError("down")
        return ReadySecret(RealtimeClientSecret(f"secret{number}", 1), tools)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def warm(time: Time) -> AsyncIterator[WarmSecrets]:
    warm = WarmSecrets(TTL, clock=time, call_later=time.call_later)
    yield warm
    await warm.close()


async def test_one_stands_ready_and_is_handed_out_once(warm: WarmSecrets, provider: Provider) -> None:
    warm.touch("kitchen", "display:a", provider)
    await settle()
    assert warm.ready() == 1
    first = await warm.take("kitchen", "display:a")
    assert first is not None
    assert first.value == "secret1"
    assert await warm.take("kitchen", "display:a") is None
    assert warm.ready() == 0
    assert provider.minted == 1


async def test_a_touch_after_a_take_makes_the_next(warm: WarmSecrets, provider: Provider) -> None:
    warm.touch("kitchen", "display:a", provider)
    await warm.take("kitchen", "display:a")
    warm.touch("kitchen", "display:a", provider)
    second = await warm.take("kitchen", "display:a")
    assert second is not None
    assert second.value == "secret2"


async def test_many_takes_at_once_get_it_once(warm: WarmSecrets, provider: Provider) -> None:
    warm.touch("kitchen", "display:a", provider)
    taken = await asyncio.gather(*(warm.take("kitchen", "display:a") for _ in range(20)))
    assert len([secret for secret in taken if secret]) == 1


async def test_many_touches_make_only_one(warm: WarmSecrets, provider: Provider) -> None:
    for _ in range(20):
        warm.touch("kitchen", "display:a", provider)
    await settle()
    assert provider.minted == 1


async def test_what_gets_old_sooner_is_kept_for_a_shorter_time(
    warm: WarmSecrets, provider: Provider, time: Time
) -> None:
    warm.touch("kitchen", "display:a", provider, fresh_s=TEMPLATE_FRESH_S)
    await settle()
    await time.pass_(TEMPLATE_FRESH_S - 1)
    assert provider.minted == 1
    await time.pass_(2)
    assert provider.minted == 2
    second = await warm.take("kitchen", "display:a")
    assert second is not None
    assert second.value == "secret2"
    warm.touch("kitchen", "display:a", provider, fresh_s=TEMPLATE_FRESH_S)
    await time.pass_(NEAR_S + TEMPLATE_FRESH_S)
    assert warm.ready() == 0


async def test_never_across_callers_or_profiles(warm: WarmSecrets, provider: Provider) -> None:
    warm.touch("kitchen", "display:a", provider)
    await settle()
    assert await warm.take("kitchen", "display:b") is None
    assert await warm.take("office", "display:a") is None
    assert warm.ready() == 1


async def test_never_with_other_tools_than_the_caller_has_now(warm: WarmSecrets, provider: Provider) -> None:
    provider.tools = b"lamp"
    for tools, found in ((b"lamp, lock", None), (b"lamp", "secret2")):
        warm.touch("kitchen", "display:a", provider)
        await settle()
        secret = await warm.take("kitchen", "display:a", tools)
        assert (secret.value if secret else None) == found
        assert warm.ready() == 0


async def test_a_dropped_one_is_replaced_soon_while_somebody_is_near(
    warm: WarmSecrets, provider: Provider, time: Time
) -> None:
    warm.touch("kitchen", "display:a", provider)
    await settle()
    provider.gate.clear()
    warm.touch("office", "display:a", provider)  # this one is on its way
    await settle()
    for _ in range(3):
        warm.drop()
        await time.pass_(SETTLE_S / 2)
    provider.gate.set()
    await settle()
    assert (provider.minted, warm.ready()) == (2, 0)
    await time.pass_(SETTLE_S / 2)
    assert (provider.minted, warm.ready()) == (4, 2)
    secret = await warm.take("kitchen", "display:a")
    assert secret is not None
    assert secret.value == "secret3"


async def test_a_dropped_one_is_not_replaced_when_nobody_is_near(
    warm: WarmSecrets, provider: Provider, time: Time
) -> None:
    warm.touch("kitchen", "display:a", provider)
    await settle()
    time.now += NEAR_S
    warm.drop()
    await time.pass_(TTL)
    assert (provider.minted, warm.ready()) == (1, 0)


async def test_one_on_its_way_is_waited_for(warm: WarmSecrets, provider: Provider) -> None:
    provider.gate.clear()
    warm.touch("kitchen", "display:a", provider)
    taking = asyncio.ensure_future(warm.take("kitchen", "display:a"))
    await settle()
    assert not taking.done()
    assert warm.ready() == 0
    provider.gate.set()
    secret = await taking
    assert secret is not None
    assert provider.minted == 1


async def test_it_is_replaced_at_half_its_life_while_somebody_is_near(
    warm: WarmSecrets, provider: Provider, time: Time
) -> None:
    warm.touch("kitchen", "display:a", provider)
    await settle()
    await time.pass_(TTL / 2 - 1)
    warm.touch("kitchen", "display:a", provider)
    assert provider.minted == 1
    await time.pass_(1)
    assert provider.minted == 2
    secret = await warm.take("kitchen", "display:a")
    assert secret is not None
    assert secret.value == "secret2"


async def test_it_is_forgotten_when_nobody_is_near(warm: WarmSecrets, provider: Provider, time: Time) -> None:
    assert TTL / 2 >= NEAR_S
    warm.touch("kitchen", "display:a", provider)
    await settle()
    await time.pass_(10 * TTL)
    assert provider.minted == 1
    assert await warm.take("kitchen", "display:a") is None
    assert warm.ready() == 0


async def test_a_forgotten_place_is_begun_again(warm: WarmSecrets, provider: Provider, time: Time) -> None:
    warm.touch("kitchen", "display:a", provider)
    await time.pass_(10 * TTL)
    warm.touch("kitchen", "display:a", provider)
    await settle()
    assert warm.ready() == 1


async def test_never_with_less_than_half_its_time_left(warm: WarmSecrets, provider: Provider, time: Time) -> None:
    warm.touch("kitchen", "display:a", provider)
    await settle()
    time.now += TTL / 2  # the clock jumps and no timer has run yet, as after a suspended laptop
    assert warm.ready() == 0
    assert await warm.take("kitchen", "display:a") is None


async def test_a_failure_is_noted_and_not_repeated_at_once(
    warm: WarmSecrets, provider: Provider, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    provider.fails = True
    with caplog.at_level(logging.WARNING):
        warm.touch("kitchen", "display:a", provider)
        await settle()
    assert "upstream_unavailable" in caplog.text
    assert await warm.take("kitchen", "display:a") is None
    provider.fails = False
    warm.touch("kitchen", "display:a", provider)
    assert provider.minted == 1
    await time.pass_(RETRY_AFTER_FAILURE_S)
    assert warm.ready() == 1


async def test_a_failure_is_tried_again_while_somebody_is_near_and_then_leaves_nothing(
    warm: WarmSecrets, provider: Provider, time: Time
) -> None:
    def waiting() -> list[float]:
        return [timer.at - time.now for timer in time.timers if not timer.cancelled]

    provider.fails = True
    warm.touch("kitchen", "display:a", provider)
    await settle()
    assert waiting() == [RETRY_AFTER_FAILURE_S]
    await time.pass_(NEAR_S - 1)
    assert provider.minted == NEAR_S / RETRY_AFTER_FAILURE_S
    await time.pass_(1)
    assert waiting() == []
    assert warm._places == {}
    await time.pass_(TTL)
    assert provider.minted == NEAR_S / RETRY_AFTER_FAILURE_S


async def test_a_failure_that_a_tap_has_seen_is_tried_again_too(
    warm: WarmSecrets, provider: Provider, time: Time
) -> None:
    provider.fails = True
    provider.gate.clear()
    warm.touch("kitchen", "display:a", provider)
    taking = asyncio.ensure_future(warm.take("kitchen", "display:a"))
    await settle()
    provider.gate.set()
    assert await taking is None
    provider.fails = False
    await time.pass_(RETRY_AFTER_FAILURE_S)
    assert warm.ready() == 1


async def test_a_failure_at_the_end_leaves_no_timer(warm: WarmSecrets, provider: Provider, time: Time) -> None:
    provider.fails = True
    provider.gate.clear()
    warm.touch("kitchen", "display:a", provider)
    await settle()
    provider.gate.set()
    (place,) = warm._places.values()
    assert place.secret
    task = place.secret
    while not task.done():
        await asyncio.sleep(0)
    await warm.close()
    await settle()
    assert all(timer.cancelled for timer in time.timers)


async def test_a_trouble_is_noted_once_until_it_is_over(
    warm: WarmSecrets, provider: Provider, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    for noted, fails in ((1, True), (1, True), (1, False), (2, True)):
        provider.fails = fails
        warm.touch("kitchen", "display:a", provider)
        await time.pass_(RETRY_AFTER_FAILURE_S)
        await warm.take("kitchen", "display:a")
        assert caplog.text.count("upstream_unavailable") == noted


async def test_a_failure_while_somebody_waits_lets_them_mint_themselves(warm: WarmSecrets, provider: Provider) -> None:
    provider.fails = True
    provider.gate.clear()
    warm.touch("kitchen", "display:a", provider)
    taking = asyncio.ensure_future(warm.take("kitchen", "display:a"))
    await settle()
    provider.gate.set()
    assert await taking is None


async def test_closing_ends_all_and_begins_nothing(warm: WarmSecrets, provider: Provider, time: Time) -> None:
    provider.gate.clear()
    warm.touch("kitchen", "display:a", provider)
    await settle()
    await warm.close()
    assert all(timer.cancelled for timer in time.timers)
    warm.touch("kitchen", "display:a", provider)
    assert provider.minted == 1
    assert await warm.take("kitchen", "display:a") is None


async def test_a_shorter_life_than_was_asked_for_counts(time: Time, warm: WarmSecrets) -> None:
    async def mint() -> ReadySecret:
        return ReadySecret(RealtimeClientSecret("secret", 1, lifetime=60))

    warm.touch("kitchen", "display:a", mint)
    await settle()
    await time.pass_(30)
    assert await warm.take("kitchen", "display:a") is None


async def test_a_time_out_is_told_at_once(time: Time, warm: WarmSecrets) -> None:
    """A caller that has waited the whole deadline for a running mint does not wait for another one."""

    async def mint() -> ReadySecret:
        raise UpstreamTimeoutError("slow")

    warm.touch("kitchen", "display:a", mint)
    with pytest.raises(UpstreamTimeoutError):
        await warm.take("kitchen", "display:a")


async def test_a_failure_leaves_nothing_to_end(warm: WarmSecrets, provider: Provider, time: Time) -> None:
    provider.fails = True
    warm.touch("kitchen", "display:a", provider)
    await settle()
    await warm.close()
    assert await warm.take("kitchen", "display:a") is None


async def test_a_failure_of_short_lived_secrets_is_not_repeated_at_once(provider: Provider, time: Time) -> None:
    warm = WarmSecrets(20, clock=time, call_later=time.call_later)
    provider.fails = True
    warm.touch("kitchen", "display:a", provider)
    await settle()
    await time.pass_(10)
    assert provider.minted == 1
    await warm.close()


async def test_one_that_fails_after_it_was_taken_blocks_no_other(
    warm: WarmSecrets, provider: Provider, time: Time
) -> None:
    provider.fails = True
    provider.gate.clear()
    warm.touch("kitchen", "display:a", provider)
    taking = asyncio.ensure_future(warm.take("kitchen", "display:a"))
    await settle()
    taking.cancel()
    await settle()
    provider.gate.set()
    provider.fails = False
    warm.touch("kitchen", "display:a", provider)
    await settle()
    assert warm.ready() == 1


async def test_on_the_event_loops_own_clock(provider: Provider) -> None:
    warm = WarmSecrets(TTL)
    warm.touch("kitchen", "display:a", provider)
    assert await warm.take("kitchen", "display:a") is not None
    warm.touch("kitchen", "display:a", provider)
    await warm.close()
