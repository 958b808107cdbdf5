from dataclasses import replace
from pathlib import Path

import pytest
from hub_support import settings_for
from limits.errors import StorageError
from secret_watch import WATCH

from navai_core.exceptions import RateLimitedError
from navai_core.hub.house import Hub, build_house
from navai_core.hub.limits import HubLimiter, RedisCounter
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
    with pytest.raises(RateLimitedError, match="This profile") as caught:
        await limiter.count_mint(Caller(kind="owner", key="shell"), once)
    assert 1 <= caught.value.retry_after <= 61


class Gone:
    """Stands for the library's limiter over a Redis that answers so many questions, and then no more."""

    def __init__(self, answers: int) -> None:
        self.asked = 0
        self._answers = answers

    async def hit(self, *_: object) -> bool:
        self.asked += 1
        if self.asked > self._answers:
            raise StorageError(ConnectionError())
        return False

    get_window_stats = hit


@pytest.mark.parametrize("answers", [0, 1])
async def test_a_redis_that_is_gone_is_not_asked_by_every_tap(answers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    counter = RedisCounter(GONE.reveal(), lambda: now)
    gone = Gone(answers)
    monkeypatch.setattr(counter, "_limiter", gone)
    assert [await counter.hit("user:anna", 20) for _ in range(5)] == [0.0] * 5
    assert gone.asked == answers + 1
    now += 3.1
    await counter.hit("user:anna", 20)
    assert gone.asked == answers + 2
    await counter.close()


async def test_counts_survive_a_reload_unless_they_move(simulator: Simulator, tmp_path: Path) -> None:
    base = tmp_path
    settings = settings_for(simulator)
    hub = Hub(await build_house(settings, base), base, HubLimiter(settings.hub))
    first = hub.limiter
    await hub.move(settings_for(simulator, hub={"sign_in_failures_per_minute": 3}))
    assert hub.limiter is first
    await hub.move(settings_for(simulator, hub={"redis_url": GONE.reveal()}))
    assert hub.limiter is not first
    await hub.close()
