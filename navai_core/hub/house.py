"""What one YAML makes: replaced as a whole when the YAML changes, so that a request never sees half of two."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from ..client import ProviderClient
from ..connection import ProviderConnection
from ..exceptions import StartError
from ..functions import FunctionSet, load_functions
from ..minter import Minter
from ..models import Settings
from ..running_tools import RunningTools
from ..warm import WarmSecrets
from .auth import HubTokens
from .limits import HubLimiter
from .metrics import Metrics

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class House:
    """Everything that answers requests."""

    settings: Settings
    tokens: HubTokens
    minter: Minter
    warm: WarmSecrets
    functions: FunctionSet
    connection: ProviderConnection
    stack: contextlib.AsyncExitStack


async def build_house(settings: Settings, base: Path) -> House:
    """Open what the settings need.

    Args:
        settings: The checked settings.
        base: The folder that the functions' files are relative to.
    """
    # Importing somebody's code may read files and take its time.
    functions = await asyncio.to_thread(load_functions, settings.hub.functions, base)
    for warning in functions.warnings:
        _LOGGER.warning("%s", warning)
    warm = WarmSecrets(settings.client_secret_ttl)
    stack = contextlib.AsyncExitStack()
    connection = await stack.enter_async_context(ProviderConnection(settings.base_url))
    stack.push_async_callback(warm.close)
    client = ProviderClient.of(settings, connection.session)
    return House(settings, HubTokens(settings), Minter(settings, client, warm), warm, functions, connection, stack)


class Hub:
    """The house as it is now, and what outlives a change of it.

    Args:
        house: The first one.
        base: The folder that the functions' files are relative to.
        limiter: What is used up in it stays used up when the YAML changes.
        sleep: Injected by tests.
    """

    def __init__(
        self,
        house: House,
        base: Path,
        limiter: HubLimiter,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.house = house
        self.limiter = limiter
        self.metrics = Metrics()
        self.tools = RunningTools()
        self.stopping = False
        self._base = base
        self._sleep = sleep
        self._closing = asyncio.Event()
        self._leaving: set[asyncio.Task[None]] = set()
        self._ending: asyncio.Task[None] | None = None

    async def move(self, settings: Settings) -> None:
        """Change to other settings. Requests under way end in the old house."""
        old = self.house
        house = await build_house(settings, self._base)
        try:
            limiter = self.limiter.changed_to(settings.hub)
        except StartError:
            await house.stack.aclose()
            raise
        self.house = house
        if limiter is not self.limiter:
            former, self.limiter = self.limiter, limiter
            await former.close()
        task = asyncio.ensure_future(self._leave(old))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    def stop(self) -> None:
        """Start no more functions; those that run have as long to end as requests under way."""
        self.stopping = True
        self._ending = asyncio.ensure_future(self.tools.close(self.house.settings.hub.shutdown_timeout))

    async def close(self) -> None:
        """Close everything."""
        if self._ending is not None:
            await self._ending
        self._closing.set()
        await asyncio.gather(*self._leaving)
        await self.house.stack.aclose()
        await self.limiter.close()

    async def _leave(self, old: House) -> None:
        # No mint takes longer than its deadline. Closing itself is never cut off half-way.
        waits = [asyncio.ensure_future(wait) for wait in (self._sleep(old.settings.timeout + 1), self._closing.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        await old.stack.aclose()

    def measure(self) -> bytes:
        """The metrics' text, with what is so at this moment."""
        house = self.house
        self.metrics.connected.set(house.connection.is_warm)
        self.metrics.dials.set(house.connection.dials)
        self.metrics.warm_secrets.set(house.warm.ready())
        return self.metrics.exposition()
