"""A hub in the tests' own process, for tests with many hubs or with its internals; still over real HTTP."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
from e2e_support import ANNA, Reply, check_answer, parsed

from navai_core.hub.server import Running


class House:
    """A hub, and a client of it."""

    def __init__(self, running: Running, http: aiohttp.ClientSession) -> None:
        self.running = running
        self._http = http

    async def ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = ANNA,
        json: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request. `check_answer` checks its answer."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        more = {"json": json} if data is None else {"data": data}
        async with self._http.request(method, self.running.url + path, headers=sent, **more) as response:
            raw = await response.read()
        check_answer(response.status, response.headers, raw)
        return Reply(response.status, response.headers, raw, parsed(response.headers, raw))


Open = Callable[..., AbstractAsyncContextManager[House]]
