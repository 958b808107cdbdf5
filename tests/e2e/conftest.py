from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from e2e_house import House, Open
from e2e_support import KEY, REQUEST_KEY, Simulated, block, write_config

from navai_core.config.load import load_settings
from navai_core.hub.server import running_hub
from navai_core.simulator import Simulator


@pytest.fixture(scope="module")
def shared_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    simulated = Simulated(tmp_path_factory.mktemp("simulator"))
    with simulated.process:
        yield simulated
        assert simulated.process.stop() == 0
        assert simulated.process.trouble == ""


@pytest.fixture
def simulator(shared_simulator: Simulated) -> Simulated:
    """One process for a whole module; every test finds it without requests and faults."""
    shared_simulator.forget()
    return shared_simulator


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
async def provider() -> AsyncIterator[Simulator]:
    """A simulator in this process."""
    async with Simulator(api_keys={KEY, REQUEST_KEY}) as running:
        yield running


@pytest.fixture
def open_house(provider: Simulator, tmp_path: Path) -> Open:
    """Opens hubs in this process; None takes an option of the block away."""

    @asynccontextmanager
    async def opened(hub: Mapping[str, Any] | None = None, **more: Any) -> AsyncIterator[House]:
        options = block(provider.base_url, {"port": 0} | dict(hub or {})) | more
        options = {name: value for name, value in options.items() if value is not None}
        settings = load_settings(write_config(tmp_path, options), environ={})
        jar = aiohttp.DummyCookieJar()
        async with running_hub(settings, tmp_path) as running, aiohttp.ClientSession(cookie_jar=jar) as http:
            yield House(running, http)

    return opened
