from math import ceil
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerMinute
from limits.aio.storage import memory
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from navai_core.exceptions import TooManyFailuresError
from navai_core.sessions.rate_limits import MAX_EXACT, Limiter, LocalCounter, machine_of


class Clock:
    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


async def test_no_minute_has_more_than_the_limit() -> None:
    clock = Clock(119.9)
    counter = LocalCounter(clock)
    assert [await counter.hit("a", 4) for _ in range(4)] == [0.0] * 4
    # Another minute of the clock begins, but they all happened within the last 60 seconds.
    clock.now = 120.1
    assert await counter.hit("a", 4) == pytest.approx(59.801)
    clock.now = 179.8
    assert await counter.hit("a", 4) == pytest.approx(0.101)
    assert await counter.hit("b", 4) == 0.0
    clock.now = 179.902
    assert [await counter.hit("a", 4) for _ in range(4)] == [0.0] * 4
    assert await counter.hit("a", 4) > 0


async def test_a_high_limit_is_counted_in_windows() -> None:
    clock = Clock(60.0)
    counter = LocalCounter(clock)
    assert [await counter.hit("a", 400) for _ in range(400)] == [0.0] * 400
    assert await counter.hit("a", 400) == pytest.approx(60.001)
    clock.now = 120.0
    assert await counter.hit("a", 400) == pytest.approx(0.001)
    # A moment later, one of them no longer counts; after a quarter of the minute, a quarter.
    clock.now = 120.1
    assert await counter.hit("a", 400) == 0.0
    clock.now = 135.1
    assert [await counter.hit("a", 400) for _ in range(100)] == [0.0] * 100
    assert await counter.hit("a", 400) > 0


async def test_a_low_limit_allows_what_it_says() -> None:
    clock = Clock(60.0)
    counter = LocalCounter(clock)
    allowed = 0
    for second in range(610):
        clock.now = 60.5 + second
        allowed += await counter.hit("a", 1) == 0.0
    assert allowed == 10


async def test_a_limit_that_is_changed_applies_to_what_was_counted() -> None:
    clock = Clock(60.0)
    counter = LocalCounter(clock)
    for second in range(4):
        clock.now = 60.0 + second
        await counter.hit("a", 4)
    assert await counter.wait("a", 1) == pytest.approx(60.001)
    assert await counter.wait("a", 4) == pytest.approx(57.001)
    assert await counter.wait("a", 5) == 0.0
    # A high limit knows them, too, and the other way round.
    assert [await counter.hit("a", 101) for _ in range(97)] == [0.0] * 97
    assert await counter.hit("a", 101) > 0
    assert await counter.wait("a", 100) > 0


async def test_asking_counts_nothing() -> None:
    counter = LocalCounter(Clock())
    assert [await counter.wait("a", 1) for _ in range(3)] == [0.0] * 3
    await counter.hit("a", 1)
    assert await counter.wait("a", 1) == pytest.approx(60.001)


async def test_who_is_gone_for_two_minutes_is_forgotten() -> None:
    clock = Clock()
    counter = LocalCounter(clock)
    for number in range(1000):
        await counter.hit(str(number), 9)
    assert len(counter) == 1000
    clock.now = 61.0
    await counter.hit("a", 9)
    assert len(counter) == 1001
    clock.now = 121.0
    await counter.hit("a", 9)
    assert len(counter) == 1
    clock.now = 1000.0
    assert await counter.wait("a", 1) == 0.0
    assert len(counter) == 0


async def test_what_was_allowed_elsewhere_counts_even_beyond_the_limit() -> None:
    clock = Clock(60.0)
    counter = LocalCounter(clock)
    for _ in range(6):
        counter.add("a")
    assert await counter.hit("a", 4) == pytest.approx(60.001)
    clock.now = 119.9
    assert await counter.hit("a", 7) == 0.0
    assert await counter.hit("a", 7) > 0


@pytest.mark.parametrize("per_minute", [4, 400])
async def test_what_was_refused_elsewhere_is_refused_here(per_minute: int) -> None:
    clock = Clock(60.0)
    counter = LocalCounter(clock)
    await counter.hit("a", per_minute)
    counter.fill("a", per_minute, 20.0)
    assert await counter.wait("a", per_minute) > 19
    assert await counter.wait("b", per_minute) == 0.0
    # Later ones change nothing: the limit is reached anyway.
    counter.fill("a", per_minute, 10.0)
    assert await counter.wait("a", per_minute) > 19


async def test_what_was_refused_elsewhere_is_refused_for_as_long_as_there() -> None:
    clock = Clock(60.0)
    counter = LocalCounter(clock)
    await counter.hit("a", 4)
    counter.fill("a", 4, 20.0)
    assert await counter.wait("a", 4) == pytest.approx(20.0)
    clock.now = 80.1
    assert await counter.hit("a", 4) == 0.0
    counter.fill("a", 4, 5.0)
    assert await counter.wait("a", 4) == pytest.approx(5.0)
    # What happened here counts for the whole minute.
    clock.now = 119.0
    assert [await counter.hit("a", 4) for _ in range(3)] == [0.0, 0.0, pytest.approx(1.001)]


@given(
    per_minute=st.integers(1, MAX_EXACT),
    gaps=st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.1, 1.0, 29.9, 30.0, 59.9, 60.0, 60.001]), min_size=1, max_size=300),
    start=st.floats(0.0, 1e6),
)
async def test_any_sixty_seconds_have_at_most_the_limit(per_minute: int, gaps: list[float], start: float) -> None:
    clock = Clock(start)
    counter = LocalCounter(clock)
    allowed: list[float] = []
    for gap in gaps:
        clock.now += gap
        if await counter.hit("a", per_minute):
            # It is refused only if the last 60 seconds have as many as the limit says.
            assert sum(1 for moment in allowed if clock.now - moment <= 60.001) >= per_minute
        else:
            allowed.append(clock.now)
            assert sum(1 for moment in allowed if clock.now - moment <= 60.0) <= per_minute


@given(
    per_minute=st.integers(1, 30) | st.integers(MAX_EXACT + 1, MAX_EXACT + 5),
    gaps=st.lists(st.floats(0.0, 100.0), min_size=1, max_size=60),
    start=st.floats(0.0, 1e6),
)
async def test_never_more_than_allowed_in_a_window_and_the_wait_is_right(
    per_minute: int, gaps: list[float], start: float
) -> None:
    clock = Clock(start)
    counter = LocalCounter(clock)
    counted: list[float] = []
    for gap in gaps:
        clock.now += gap
        seconds = await counter.hit("a", per_minute)
        if seconds:
            assert 0 < seconds < 60.002
            clock.now += seconds
            assert await counter.hit("a", per_minute) == 0.0
        counted.append(clock.now)
        window = clock.now // 60
        assert sum(1 for moment in counted if moment // 60 == window) <= per_minute


@given(
    per_minute=st.integers(MAX_EXACT + 1, MAX_EXACT + 30),
    gaps_ms=st.lists(st.integers(0, 2_000), min_size=1, max_size=60),
    # In the first minute of the epoch the library also uses the current window as the previous one.
    start_s=st.integers(60, 10**6),
)
async def test_it_decides_as_the_library_that_counts_in_redis(
    per_minute: int, gaps_ms: list[int], start_s: int
) -> None:
    # Never at the exact end of a window, where rounding may differ.
    clock = Clock(start_s + 0.000123)
    counter = LocalCounter(clock)
    item = RateLimitItemPerMinute(per_minute)
    with patch.object(memory, "time", SimpleNamespace(time=clock)):
        library = SlidingWindowCounterRateLimiter(memory.MemoryStorage())
        for number, gap in enumerate(gaps_ms):
            clock.now += gap / 1000
            # Ahead of each step, as many as bring it near the limit.
            for _ in range(MAX_EXACT if number == 0 else 0):
                assert await library.hit(item, "a") == (await counter.hit("a", per_minute) == 0.0)
            seconds = await counter.wait("a", per_minute)
            assert await library.test(item, "a") == (seconds == 0.0)
            assert await library.hit(item, "a") == (await counter.hit("a", per_minute) == 0.0)
            if seconds:
                # Its wait is the shortest that the library accepts.
                now = clock.now
                clock.now = now + max(seconds - 0.002, 0.0)
                assert not await library.test(item, "a")
                clock.now = now + seconds
                assert await library.test(item, "a")
                clock.now = ceil((now + seconds) * 1000) / 1000 + 0.000123


async def test_guesses_are_throttled_per_address() -> None:
    clock = Clock()
    limiter = Limiter(LocalCounter(clock), 2)
    for _ in range(2):
        await limiter.count_failure("192.0.2.1")
    for _ in range(5):
        with pytest.raises(TooManyFailuresError) as caught:
            await limiter.count_failure("192.0.2.1")
        assert caught.value.retry_after == pytest.approx(60.001)
    await limiter.count_failure("192.0.2.2")
    clock.now = 60.1
    await limiter.count_failure("192.0.2.1")
    await limiter.close()


@pytest.mark.parametrize(
    ("address", "machine"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_one_machine_is_one_guesser(address: str, machine: str) -> None:
    assert machine_of(address) == machine
