import pytest
from hypothesis import given
from hypothesis import strategies as st

from navai_core.exceptions import TooManyFailuresError
from navai_core.rates import Limiter, LocalCounter, machine_of


class Clock:
    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


async def test_a_window_slides() -> None:
    clock = Clock(60.0)
    counter = LocalCounter(clock)
    assert [await counter.hit("a", 4) for _ in range(4)] == [0.0] * 4
    # One of the four has slid out when a quarter of the next window has passed.
    assert await counter.hit("a", 4) == pytest.approx(75.0)
    clock.now = 60.0 + 74.9
    assert await counter.hit("a", 4) > 0
    clock.now = 60.0 + 75.1
    assert await counter.hit("a", 4) == 0.0
    assert await counter.hit("a", 4) == pytest.approx(14.9)
    assert await counter.hit("b", 4) == 0.0


async def test_asking_counts_nothing() -> None:
    counter = LocalCounter(Clock())
    assert [await counter.wait("a", 1) for _ in range(3)] == [0.0] * 3
    await counter.hit("a", 1)
    assert await counter.wait("a", 1) == pytest.approx(120.0)


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
    assert len(counter) == 2
    clock.now = 1000.0
    assert await counter.wait("a", 1) == 0.0
    assert len(counter) == 0


@given(
    per_minute=st.integers(1, 30),
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
            assert 0 < seconds <= 120
            clock.now += seconds + 1e-3
            assert await counter.hit("a", per_minute) == 0.0
        counted.append(clock.now)
        window = clock.now // 60
        assert sum(1 for moment in counted if moment // 60 == window) <= per_minute


async def test_guesses_are_throttled_per_address() -> None:
    clock = Clock()
    limiter = Limiter(LocalCounter(clock), 2)
    for _ in range(2):
        await limiter.check_failures("192.0.2.1")
        await limiter.count_failure("192.0.2.1")
    with pytest.raises(TooManyFailuresError) as caught:
        await limiter.check_failures("192.0.2.1")
    assert caught.value.retry_after == pytest.approx(90.0)
    await limiter.check_failures("192.0.2.2")
    clock.now = 90.1
    await limiter.check_failures("192.0.2.1")
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
