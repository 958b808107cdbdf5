"""Two hubs share their rate limits in a real Redis, and each continues alone without Redis."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from e2e_support import ANNA, HALL, WRONG, Process, Reply, Simulated, ask, block, served, until, write_config
from redis_support import BACK, GONE, PASSWORD, Redis
from secret_watch import WATCH

pytestmark = [pytest.mark.redis, pytest.mark.once]

LIMIT = 5


@pytest.fixture
def redis(folder: Path) -> Iterator[Redis]:
    made = Redis(folder, "--appendonly", "yes", "--appendfsync", "always")
    made.start()
    yield made
    made.end()


Hub = tuple[Process, str]


@pytest.fixture
def hubs(redis: Redis, simulator: Simulated, folder: Path) -> Iterator[tuple[Hub, Hub]]:
    """Two hubs of one YAML."""
    limits = {"limits": {"secrets_per_minute": LIMIT}}
    users = {"anna": {"token": ANNA, "profiles": ["kitchen", "office"]}}
    hub = {"redis_url": redis.url, "users": users, "sign_in_failures_per_minute": LIMIT}
    config = write_config(
        folder, block(simulator.base_url, hub, profiles={"kitchen": limits, "office": limits}, timeout=1)
    )
    with ExitStack() as stack:
        first, second = (stack.enter_context(served(config)) for _ in range(2))
        yield first, second
    for process, _ in (first, second):
        assert PASSWORD not in process.out + process.err


def mint(hub: Hub, profile: str = "kitchen", token: str = ANNA) -> Reply:
    return ask("POST", f"{hub[1]}/navai/profiles/{profile}/client-secret", token=token)


def mint_until_refused(*hubs: Hub, profile: str = "kitchen") -> int:
    """How many secrets there are, asking the hubs in turn. A minute that ends meanwhile may allow one or two more."""
    for count in range(LIMIT * 4):
        reply = mint(hubs[count % len(hubs)], profile)
        if reply.status == 429:
            assert reply.code == "rate_limited"
            assert 1 <= int(reply.headers["Retry-After"]) <= 61
            return count
        assert reply.status == 200
    return LIMIT * 4


def test_three_hubs_keep_their_limit_when_redis_restarts(redis: Redis, hubs: tuple[Hub, Hub], folder: Path) -> None:
    config = max(folder.glob("config-*.yaml"))
    with served(config) as third:
        three = (*hubs, third)
        assert mint_until_refused(*three) in SHARED
        redis.restart()
        assert sum(mint_until_refused(hub) for hub in three) <= 2
        assert [process.err.count(GONE) for process, _ in three] == [0] * 3


SHARED = range(LIMIT, LIMIT + 3)
"""What all hubs together give out where they share the limit; it would be twice as much if they did not."""


def test_two_hubs_share_the_rate_limit(hubs: tuple[Hub, Hub]) -> None:
    first, second = hubs
    assert mint_until_refused(first, second) in SHARED
    assert mint_until_refused(second) <= 2
    assert mint_until_refused(first) <= 2
    assert mint(second, "office").status == 200, "each profile has a limit of its own"


def test_two_hubs_share_what_they_know_of_wrong_tokens(hubs: tuple[Hub, Hub]) -> None:
    statuses = [ask("GET", f"{hubs[number % 2][1]}/navai/profiles", token=WRONG).status for number in range(LIMIT * 2)]
    assert statuses[:LIMIT] == [401] * LIMIT
    assert 429 in statuses[LIMIT : LIMIT + 3]


def test_without_redis_each_hub_counts_by_itself_and_says_so_once(redis: Redis, hubs: tuple[Hub, Hub]) -> None:
    first, second = hubs
    assert mint(first).status == 200
    redis.send(signal.SIGKILL)
    redis.end()
    assert mint_until_refused(first) in range(LIMIT - 1, LIMIT + 2), "what it gave out before counts"
    assert mint_until_refused(second) in SHARED
    for process, _ in hubs:
        assert process.err.count(GONE) == 1
        assert " WARNING " in process.line("stderr", GONE)
    redis.start()
    for process, url in hubs:
        until(lambda url=url: ask("GET", f"{url}/navai/profiles", token=HALL).status == 200)
        until(lambda process=process, url=url: came_back(process, url))
        assert process.err.count(BACK) == 1
    assert mint_until_refused(first, second, profile="office") in SHARED
    for process, _ in hubs:
        assert process.err.count(GONE) == 1


def came_back(process: Process, url: str) -> bool:
    ask("GET", f"{url}/navai/profiles", token=ANNA)
    return BACK in process.err


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_tap_does_not_wait_long_for_a_redis_that_is_gone(
    redis: Redis, hubs: tuple[Hub, Hub], number: signal.Signals
) -> None:
    assert mint(hubs[0]).status == 200
    redis.send(number)
    for _ in range(2):
        began = time.monotonic()
        assert mint(hubs[0]).status == 200
        assert time.monotonic() - began < 2.5


def test_a_hub_starts_without_redis_and_finds_it_later(redis: Redis, simulator: Simulated, folder: Path) -> None:
    redis.end()
    config = write_config(folder, block(simulator.base_url, {"redis_url": redis.url}))
    with served(config) as (process, url):
        assert mint((process, url)).status == 200
        process.line("stderr", GONE)
        redis.start()
        until(lambda: came_back(process, url))


def test_a_wrong_password_of_redis_stops_nobody_and_is_not_logged(
    redis: Redis, simulator: Simulated, folder: Path
) -> None:
    wrong = WATCH.secret("tok_redis_wrong_Xq7mZt2LxW9")
    config = write_config(folder, block(simulator.base_url, {"redis_url": redis.url.replace(PASSWORD, wrong)}))
    with served(config) as (process, url):
        for _ in range(3):
            assert mint((process, url)).status == 200
        process.line("stderr", "Redis refuses the user name or the password. Correct them in `hub.redis_url`.")
        assert process.err.count("Redis refuses") == 1
        assert wrong not in process.err


def test_a_hub_closes_its_connections_to_redis(redis: Redis, hubs: tuple[Hub, Hub]) -> None:
    def connections() -> int:
        return redis.ask("CLIENT LIST TYPE normal").count("cmd=evalsha")

    hub, _ = hubs
    process, _ = hub
    assert mint(hub).status == 200
    assert connections() == 1
    for _ in range(2):
        skip = process.count("stderr")
        process.send(signal.SIGHUP)
        process.line("stderr", "is in use", after=skip)
        assert mint(hub).status == 200
    # The old ones go when no mint can be under way there any more: `timeout` and a second after the reload.
    until(lambda: connections() == 1)
    assert process.stop() == 0
    until(lambda: connections() == 0)
