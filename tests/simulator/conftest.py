import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from simulator_support import KEY, Clock, Post, Reply

from navai_core.simulator import Simulator


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Simulator]:
    async with Simulator(api_keys={KEY}, clock=clock, seed=1) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10)) as session:
        yield session


@pytest.fixture
def post(simulator: Simulator, http: aiohttp.ClientSession) -> Post:
    """Ask for a client secret. Without `json` or `data`, the body is an empty object."""

    async def send(
        *,
        json: Any = None,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
        fault: str | None = None,
        authorization: str | None = f"Bearer {KEY}",
        url: str | None = None,
        method: str = "POST",
    ) -> Reply:
        sent = dict(headers or {})
        if authorization is not None:
            sent["Authorization"] = authorization
        if fault is not None:
            sent["x-simulator-fault"] = fault
        body: dict[str, Any] = {"json": {} if json is None else json}
        if data is not None:
            body = {"data": io.BytesIO(data) if data else None, "skip_auto_headers": ["Content-Type"]}
        target = url or f"{simulator.base_url}/realtime/client_secrets"
        async with http.request(method, target, headers=sent, allow_redirects=False, **body) as response:
            raw = await response.read()
            parsed = await response.json() if response.content_type == "application/json" and raw else None
            return Reply(response.status, response.headers, raw, parsed)

    return send
