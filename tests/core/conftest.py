from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from secret_watch import WATCH

from navai_core.redact import _REMEMBERED, _remembered_parts
from navai_core.simulator import Simulator

KEY = WATCH.secret("sk-core-0123456789abcdef")


@pytest.fixture(autouse=True)
def _each_test_has_its_own_secrets() -> Iterator[None]:
    # Hypothesis also uses words of the code as examples: a secret of one test is not a secret in the next.
    before = dict(_REMEMBERED)
    yield
    if before != _REMEMBERED:
        _REMEMBERED.clear()
        _REMEMBERED.update(before)
        _remembered_parts.cache_clear()


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
