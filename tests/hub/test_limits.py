from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
from hub_support import settings_for
from limits.errors import StorageError
from secret_watch import WATCH

from navai_core.exceptions import RateLimitedError
from navai_core.hub.house import Hub, build_house
from navai_core.hub.limits import Limiter
from navai_core.models import Caller, HubSettings
from navai_core.redact import Secret
from navai_core.simulator import Simulator

PASSWORD = WATCH.secret("tok_redis_0123456789")
GONE = Secret(f"redis://:{PASSWORD}@127.0.0.1:1/0")


async def test_the_owner_at_the_shell_has_no_share_of_their_own(simulator: Simulator) -> None:
    profile = settings_for(simulator).profiles["kitchen"]
    limiter = Limiter(HubSettings())
    once = replace(profile, limits=replace(profile.limits, secrets_per_minute=1))
    await limiter.count_mint(Caller(kind="owner", key="shell"), once)
    with pytest.raises(RateLimitedError, match="This profile") as caught:
        await limiter.count_mint(Caller(kind="owner", key="shell"), once)
    assert 1 <= caught.value.retry_after <= 120


async def test_a_redis_that_goes_between_the_count_and_the_wait(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = Limiter(HubSettings(redis_url=GONE))

    async def full(*_: object) -> bool:
        return False

    async def gone(*_: object) -> NoReturn:
        raise StorageError(ConnectionError())

    monkeypatch.setattr(limiter._shared, "hit", full)
    monkeypatch.setattr(limiter._shared, "get_window_stats", gone)
    profile = settings_for(simulator).profiles["kitchen"]
    with pytest.raises(RateLimitedError) as caught:
        await limiter.count_mint(Caller(kind="owner", key="shell"), profile)
    assert caught.value.retry_after == 1.0
    await limiter.close()


async def test_a_redis_that_is_gone_is_not_asked_by_every_tap(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = Limiter(HubSettings(redis_url=GONE))
    asked = []

    async def gone(*_: object) -> NoReturn:
        asked.append(1)
        raise StorageError(ConnectionError())

    monkeypatch.setattr(limiter._shared, "hit", gone)
    profile = settings_for(simulator).profiles["kitchen"]
    for _ in range(5):
        await limiter.count_mint(Caller(kind="user", key="anna", secrets_per_minute=20), profile)
    assert len(asked) == 1
    await limiter.close()


async def test_counts_survive_a_reload_unless_they_move(simulator: Simulator, tmp_path: Path) -> None:
    base = tmp_path
    settings = settings_for(simulator)
    hub = Hub(await build_house(settings, base), base, Limiter(settings.hub))
    first = hub.limiter
    await hub.move(settings_for(simulator, hub={"sign_in_failures_per_minute": 3}))
    assert hub.limiter is first
    await hub.move(settings_for(simulator, hub={"redis_url": GONE.reveal()}))
    assert hub.limiter is not first
    await hub.close()
