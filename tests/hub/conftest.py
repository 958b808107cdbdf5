from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from hub_support import KEY, settings_for

from navai_core.hub.server import Running, running_hub
from navai_core.simulator import Simulator


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(api_keys={KEY}) as running:
        yield running


@pytest.fixture
async def running(simulator: Simulator, tmp_path: Path) -> AsyncIterator[Running]:
    async with running_hub(settings_for(simulator), tmp_path) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10)) as session:
        yield session
