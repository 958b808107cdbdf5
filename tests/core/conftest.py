from collections.abc import AsyncIterator

import aiohttp
import pytest
from secret_watch import WATCH

from navai_core.simulator import Simulator

KEY = WATCH.secret("sk-core-0123456789abcdef")


@pytest.fixture
def key() -> str:
    return KEY


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(api_keys={KEY}) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session
