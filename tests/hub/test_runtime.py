import asyncio
import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hub_support import ANNA, HALL, KEY, bearer, open_hub, settings_for
from secret_watch import WATCH

from navai_core.exceptions import ConfigError, Problem
from navai_core.hub.runtime import Hub
from navai_core.hub.server import Running, reload_hub
from navai_core.models import Settings
from navai_core.sessions.model_check import CHECK_AGAIN_S, FIRST_CHECK_S, RETRY_CHECK_S
from navai_core.simulator import Simulator
from navai_core.simulator.rules import Rules


async def mint(http: aiohttp.ClientSession, url: str, profile: str, token: str) -> dict[str, Any]:
    async with http.post(f"{url}/navai/profiles/{profile}/client-secret", headers=bearer(token)) as response:
        answer: dict[str, Any] = await response.json()
        assert response.status == 200, answer["code"]
        return answer


async def test_a_good_reload_is_in_force_at_once(
    running: Running, simulator: Simulator, http: aiohttp.ClientSession
) -> None:
    changed = settings_for(
        simulator, profiles={"kitchen": {"model": "gpt-realtime-2.1", "voice": "cedar"}}, displays={}
    )
    assert await reload_hub(running.hub, lambda: changed)
    assert (await mint(http, running.url, "kitchen", ANNA))["voice"] == "cedar"
    async with http.get(f"{running.url}/navai/profiles", headers=bearer(HALL)) as response:
        assert response.status == 401


async def test_a_browser_gets_the_servers_for_networks_without_udp(
    running: Running, simulator: Simulator, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    assert "ice_servers" not in await mint(http, running.url, "kitchen", ANNA)
    credential = WATCH.secret("tok_turn_Xq7mZt2LxW9bRk4N")
    servers = [
        {"urls": ["turns:turn.test:443?transport=tcp"], "username": "navai", "credential": credential},
        {"urls": ["stun:stun.test"]},
    ]
    changed = settings_for(simulator, ice_servers=servers)
    assert await reload_hub(running.hub, lambda: changed)
    assert (await mint(http, running.url, "kitchen", ANNA))["ice_servers"] == servers
    url = f"{running.url}/navai/realtime/client-secret"
    async with http.post(url, json={}, headers=bearer(ANNA)) as response:
        assert set(await response.json()) == {"value", "expires_at"}
    assert credential not in caplog.text


async def test_a_bad_reload_keeps_the_old_and_says_why(
    running: Running, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    def reload() -> Settings:
        raise ConfigError([Problem(("navai", "voice"), "is not a valid option", "unknown_key", "config.yaml", 3)])

    assert not await reload_hub(running.hub, reload)
    assert "The old one stays in use:\nconfig.yaml:3: navai.voice: is not a valid option" in caplog.text
    await mint(http, running.url, "kitchen", ANNA)
    async with http.get(f"{running.url}/metrics") as response:
        assert 'navai_config_reloads_total{outcome="refused"} 1.0' in await response.text()


async def test_a_reload_that_fails_for_any_other_reason_keeps_the_old(
    running: Running, simulator: Simulator, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise OSError("no more files")

    monkeypatch.setattr(Hub, "_build", fail)
    assert not await reload_hub(running.hub, lambda: settings_for(simulator))
    await mint(http, running.url, "kitchen", ANNA)


async def test_a_yaml_that_cannot_be_read_at_all_keeps_the_old(
    running: Running, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    def reload() -> Settings:
        raise MemoryError

    assert not await reload_hub(running.hub, reload)
    assert "The old one stays" in caplog.text
    await mint(http, running.url, "kitchen", ANNA)
    async with http.get(f"{running.url}/metrics") as response:
        assert 'navai_config_reloads_total{outcome="refused"} 1.0' in await response.text()


async def test_limits_that_cannot_be_kept_where_the_yaml_says_keep_the_old(
    running: Running, simulator: Simulator, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    changed = settings_for(simulator, hub={"redis_url": "redis://127.0.0.1:1/0"})
    assert not await reload_hub(running.hub, lambda: changed)
    await mint(http, running.url, "kitchen", ANNA)


async def test_what_needs_a_restart_is_named_and_warnings_are_repeated(
    running: Running, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    changed = settings_for(
        simulator,
        hub={"port": 9999, "cors": ["https://panel.example"]},
        profiles={"kitchen": {"model": "gpt-realtime"}, "warm": {"model": "gpt-realtime-2.1", "transport": "brokered"}},
    )
    with caplog.at_level(logging.WARNING):
        assert await reload_hub(running.hub, lambda: changed)
    assert "Restart the hub for these changes: hub.port, hub.cors" in caplog.text
    assert "has no effect yet" in caplog.text


async def test_a_reload_may_not_open_a_public_hub_to_everybody(simulator: Simulator, tmp_path: Path) -> None:
    public = settings_for(simulator, hub={"host": "0.0.0.0"})
    hub = await open_hub(public, tmp_path)
    nobody = settings_for(simulator, displays={}, hub={"users": {}})
    assert not await reload_hub(hub, lambda: nobody)
    await hub.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


async def test_requests_under_way_end_in_the_old_runtime(simulator: Simulator, tmp_path: Path) -> None:
    waiting: list[float] = []
    over = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waiting.append(seconds)
        await over.wait()

    settings = settings_for(simulator)
    hub = await open_hub(settings, tmp_path, sleep=sleep)
    old = hub.runtime
    await hub.move(settings_for(simulator))
    assert hub.runtime is not old
    await until(lambda: waiting == [old.settings.timeout + 1])
    assert not old.connection.session.closed
    over.set()
    await until(lambda: old.connection.session.closed)
    await hub.close()
    assert hub.runtime.connection.session.closed


async def test_closing_does_not_wait_for_the_old_runtime_to_be_left(simulator: Simulator, tmp_path: Path) -> None:
    settings = settings_for(simulator)
    hub = await open_hub(settings, tmp_path)
    old = hub.runtime
    await hub.move(settings_for(simulator))
    await asyncio.wait_for(hub.close(), 5)
    assert old.connection.session.closed


async def test_a_sign_of_a_display_makes_its_secrets_ready(
    running: Running, simulator: Simulator, http: aiohttp.ClientSession
) -> None:
    async with http.get(f"{running.url}/navai/profiles", headers=bearer(HALL)) as response:
        answer = await response.json()
    assert answer["default_profile"] == "warm"
    first = await mint(http, running.url, "warm", HALL)
    second = await mint(http, running.url, "warm", HALL)
    assert first["value"] != second["value"]
    async with http.get(f"{running.url}/metrics") as response:
        text = await response.text()
    assert 'navai_mints_total{outcome="warm",profile="warm"} 2.0' in text
    assert "navai_provider_connected 1.0" in text


async def test_a_profile_that_is_named_twice(running: Running, http: aiohttp.ClientSession) -> None:
    url = f"{running.url}/navai/realtime/client-secret"
    async with http.post(f"{url}?profile=kitchen&profile=warm", headers=bearer(HALL)) as response:
        assert response.status == 400
        assert "twice" in (await response.json())["error"]
    async with http.post(f"{url}?profil=kitchen", headers=bearer(HALL)) as response:
        assert (await response.json())["problems"][0]["field"] == "profil"
    async with http.post(f"{url}?profile=kitchen", headers=bearer(HALL)) as response:
        assert response.status == 200


async def test_functions_that_do_not_load_are_warnings(
    simulator: Simulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hub = await open_hub(settings_for(simulator, hub={"functions": ["missing.py"]}), tmp_path)
    assert "missing.py" in caplog.text
    await hub.close()


async def test_an_error_that_nobody_expected_tells_the_client_nothing(
    running: Running, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("an inner matter")

    monkeypatch.setattr(running.hub.runtime.service, "profiles_for", fail)
    async with http.get(f"{running.url}/navai/profiles", headers=bearer(HALL)) as response:
        answer = await response.json()
    assert response.status == 500
    assert answer["code"] == "internal_error"
    assert "inner" not in str(answer)
    assert answer["request_id"] in caplog.text


class Nights:
    """The waits between checks of the models. Each ends when a test says so."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._over: list[asyncio.Event] = []

    async def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        over = asyncio.Event()
        self._over.append(over)
        await over.wait()

    async def pass_(self, expected: int) -> None:
        """End the latest wait, and wait until the check is over."""
        self._over[-1].set()
        await until(lambda: len(self.waits) == expected)


async def test_once_a_day_the_log_says_which_models_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rules = Rules(shutdown_dates={"gpt-realtime-2.1": "2027-09-01"}, forbidden_models={"gpt-realtime-2"})
    async with Simulator(api_keys={KEY}, rules=rules) as simulator:
        nights = Nights()
        profiles = {"kitchen": {"model": "gpt-realtime-2.1"}, "warm": {"model": "gpt-realtime-2"}}
        settings = settings_for(simulator, profiles=profiles)
        hub = await open_hub(settings, tmp_path, sleep_until_check=nights, today=lambda: date(2027, 8, 31))
        await until(lambda: nights.waits == [FIRST_CHECK_S])
        assert "shut down" not in caplog.text
        await nights.pass_(2)
        assert "navai.profiles.kitchen.model: gpt-realtime-2.1 will be shut down on 2027-09-01" in caplog.text
        assert "navai.profiles.warm.model: gpt-realtime-2 is not in the provider's list of models" in caplog.text
        simulator.faults.push("on=models; error=missing_scope")
        with caplog.at_level(logging.INFO):
            await nights.pass_(3)
        assert "The provider's list of models cannot be read: The API key may not read" in caplog.text
        await hub.move(settings)
        await until(lambda: len(nights.waits) == 4)
        assert nights.waits == [FIRST_CHECK_S, CHECK_AGAIN_S, RETRY_CHECK_S, FIRST_CHECK_S]
        await hub.close()


async def test_a_hub_without_a_key_has_nobody_to_ask(simulator: Simulator, tmp_path: Path) -> None:
    nights = Nights()
    settings = replace(settings_for(simulator), api_key=None)
    hub = await open_hub(settings, tmp_path, sleep_until_check=nights)
    await until(lambda: nights.waits == [FIRST_CHECK_S])
    await nights.pass_(2)
    assert simulator.connections <= 1, "only the connection for a fast start"
    await hub.close()


async def test_the_contracts_route_follows_its_profile(
    running: Running, simulator: Simulator, http: aiohttp.ClientSession
) -> None:
    changed = settings_for(simulator, profiles={"kitchen": {}, "warm": {"model": "gpt-realtime-1.5"}}, displays={})
    assert await reload_hub(running.hub, lambda: changed)
    url = f"{running.url}/navai/realtime/client-secret"
    async with http.post(url, headers=bearer(ANNA)) as response:
        assert response.status == 200
    assert simulator.requests[-1].body["session"]["model"] == "gpt-realtime-2.1"
