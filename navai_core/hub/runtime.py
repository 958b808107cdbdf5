"""The hub, and everything that depends on one YAML. It is replaced as a whole, so that a request never sees a mix."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from ..exceptions import StartError, UpstreamError
from ..models import Settings
from ..provider.connection import ProviderConnection
from ..sessions.model_check import CHECK_AGAIN_S, FIRST_CHECK_S, RETRY_CHECK_S, check_models
from ..sessions.service import MintResult, SessionService
from ..sessions.session import SessionChange
from ..sessions.usage import UsageBook
from ..tools.base import ToolSource
from ..tools.functions import FunctionSource, load_functions
from ..web.pages import load_web_files
from ..web.streams import StreamHost
from .auth import HubTokens
from .limits import HubLimiter
from .metrics import Metrics

_LOGGER = logging.getLogger(__name__)
EVENT_LOGGER: Final = logging.getLogger("navai_core.hub.events")
"""One line of JSON for each event of a conversation."""
FILES: Final = load_web_files(Path(__file__).parents[1] / "www")
"""The files that browsers load. The hub reads them once, when it starts."""
_TICK_S: Final = 60.0
"""How often the time of the running conversations is counted."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything that answers requests."""

    settings: Settings
    tokens: HubTokens
    service: SessionService
    tools: ToolSource
    connection: ProviderConnection
    stack: contextlib.AsyncExitStack


class Hub(StreamHost):
    """The current runtime, and what remains when it is replaced. Call `open` before you use it.

    Args:
        base: The folder of the function files.
        limiter: Its counts remain when the YAML changes.
        sleep: Injected by tests.
        sleep_until_check: Injected by tests: waits for the next check of the models.
        today: Injected by tests.
    """

    runtime: Runtime
    _ticking: asyncio.Task[None]
    _checking: asyncio.Task[None] | None = None

    def __init__(
        self,
        base: Path,
        limiter: HubLimiter,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        sleep_until_check: Callable[[float], Awaitable[None]] = asyncio.sleep,
        today: Callable[[], date] = date.today,
    ) -> None:
        super().__init__(UsageBook(today), limiter, FILES.tag)
        self.limiter: HubLimiter = limiter
        self.metrics = Metrics()
        self.stopping = False
        self._base = base
        self._sleep = sleep
        self._sleep_until_check = sleep_until_check
        self._today = today
        self._closing = asyncio.Event()
        self._leaving: set[asyncio.Task[None]] = set()
        self._ending: asyncio.Task[None] | None = None

    async def open(self, settings: Settings) -> None:
        """Start with these settings."""
        self._use(await self._build(settings))
        self._ticking = asyncio.ensure_future(self._tick())

    async def move(self, settings: Settings) -> None:
        """Change to other settings. Running requests end in the old runtime."""
        old = self.runtime
        runtime = await self._build(settings)
        try:
            limiter = self.limiter.changed_to(settings.hub)
        except StartError:
            await runtime.stack.aclose()
            raise
        self._use(runtime)
        if limiter is not self.limiter:
            former, self.limiter = self.limiter, limiter
            await former.close()
        self.configured(settings)
        task = asyncio.ensure_future(self._leave(old))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    def stop(self) -> None:
        """Start no more functions. The running ones have as long to end as running requests."""
        self.stopping = True
        self.sessions.end_all()
        self.streams.end_all()
        self._ending = asyncio.ensure_future(self.running_tools.close(self.runtime.settings.hub.shutdown_timeout))

    async def close(self) -> None:
        """Close everything."""
        self._ticking.cancel()
        self._stop_checking()
        if self._ending is not None:
            await self._ending
        self._closing.set()
        await asyncio.gather(*self._leaving)
        await self.runtime.stack.aclose()
        await self.limiter.close()

    def publish(self, change: SessionChange) -> None:
        """Write it as a line of JSON, and count it."""
        fields = change.fields()
        EVENT_LOGGER.info("%s", json.dumps(fields))
        self.metrics.session(change)

    def display_changed(self, display: str) -> None:
        """Nothing to do: callers ask for the state."""

    def measure(self) -> bytes:
        """The metrics as text, with the current values."""
        runtime = self.runtime
        self.metrics.connected.set(runtime.connection.is_warm)
        self.metrics.dials.set(runtime.connection.dials)
        self.metrics.warm_secrets.set(runtime.service.ready())
        self.metrics.sessions_now.set(len(self.sessions.all()))
        return self.metrics.exposition()

    def _use(self, runtime: Runtime) -> None:
        self.runtime, self.settings = runtime, runtime.settings
        self.serve((runtime.service, runtime.tools))
        self._stop_checking()
        self._checking = asyncio.ensure_future(self._check_models(runtime))

    def _stop_checking(self) -> None:
        if self._checking is not None:
            self._checking.cancel()

    async def _build(self, settings: Settings) -> Runtime:
        """Open what the settings need."""
        # Importing a user's code may read files and take a while.
        functions = await asyncio.to_thread(load_functions, settings.hub.functions, self._base)
        for warning in functions.warnings:
            _LOGGER.warning("%s", warning)
        stack = contextlib.AsyncExitStack()
        connection = await stack.enter_async_context(ProviderConnection(settings.base_url))
        service = SessionService(settings, connection.session, allowance=self, on_mint=self._count)
        stack.push_async_callback(service.close)
        return Runtime(settings, HubTokens(settings), service, FunctionSource(functions), connection, stack)

    def _count(self, result: MintResult) -> None:
        self.refused(result)
        if result.profile is not None:
            self.metrics.mint(result.profile, result.outcome, result.seconds)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self.sessions.tick()

    async def _check_models(self, runtime: Runtime) -> None:
        """Log once a day what the provider says about the models."""
        wait = FIRST_CHECK_S
        while True:
            await self._sleep_until_check(wait)
            today = self._today()
            try:
                troubles = await check_models(runtime.settings, runtime.connection.session, today)
            except UpstreamError as error:
                _LOGGER.info("The provider's list of models cannot be read: %s", error)
                wait = RETRY_CHECK_S
                continue
            for problem in (problem for trouble in troubles or () for problem in trouble.problems(today)):
                _LOGGER.warning("%s", problem)
            wait = CHECK_AGAIN_S

    async def _leave(self, old: Runtime) -> None:
        # No mint takes longer than its deadline. Closing is never interrupted.
        waits = [asyncio.ensure_future(wait) for wait in (self._sleep(old.settings.timeout + 1), self._closing.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        await old.stack.aclose()
