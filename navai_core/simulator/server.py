"""A simulator as a server: it only listens on this machine, on a free port if none is given."""

import asyncio
import ipaddress
import ssl
import time
from collections.abc import Callable, Collection
from typing import Final, Self

from aiohttp import web

from navai_core.simulator import routes
from navai_core.simulator.call.call import Call
from navai_core.simulator.call.context import CallSettings
from navai_core.simulator.faults import FaultQueue
from navai_core.simulator.rules import Rules
from navai_core.simulator.state import State
from navai_core.simulator.store import Mint, SecretStore

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_KEEPALIVE_TIMEOUT_S: Final = 75.0
_BACKLOG: Final = 1024
_SHUTDOWN_S: Final = 0.25


def loopback_address(host: str) -> str:
    """Return the address to listen on. `localhost` is 127.0.0.1, so that one port serves one address.

    Raises:
        ValueError: The host is not this machine's loopback: a simulator accepts keys that everybody knows.

    """
    if host == "localhost":
        return DEFAULT_HOST
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError(f"the simulator listens on loopback only (127.0.0.1, ::1 or localhost), not on {host!r}")
    return host


class Simulator:
    """A simulated OpenAI Realtime on loopback, as strict as the real one.

    Use it as ``async with Simulator() as simulator``, or call `start` and `stop`.

    Args:
        api_keys: The keys that may mint; None means only `DEMO_API_KEY`.
        clock: Returns the time in seconds since the epoch.
        latency_s: The minimum time of every mint, in seconds.
        seed: Makes ids and client secrets the same in every run. Without it they are unguessable.
        record: Whether to keep the requests. Benchmarks do not need them.
        keepalive_timeout_s: When the server closes an idle connection, in seconds.
        call_settings: What the simulated model hears, says and thinks; by default, a few sentences as a melody.
        rules: The models, the API that the mint follows, and how strict it is; by default, the current OpenAI API.

    """

    def __init__(
        self,
        *,
        api_keys: Collection[str] | None = None,
        clock: Callable[[], float] = time.time,
        latency_s: float = 0.0,
        seed: int | None = None,
        record: bool = True,
        keepalive_timeout_s: float = DEFAULT_KEEPALIVE_TIMEOUT_S,
        call_settings: CallSettings | None = None,
        rules: Rules | None = None,
    ) -> None:
        self._state = State(
            api_keys=api_keys,
            clock=clock,
            latency_s=latency_s,
            seed=seed,
            record=record,
            call_settings=call_settings,
            rules=rules,
        )
        self._keepalive_timeout_s = keepalive_timeout_s
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None
        self._base_url: str | None = None

    def __repr__(self) -> str:
        return f"<Simulator {self._base_url or 'stopped'}>"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def base_url(self) -> str:
        """The base URL for clients: `http://127.0.0.1:PORT/v1`.

        Raises:
            RuntimeError: The simulator is not running.

        """
        if self._base_url is None:
            raise RuntimeError("the simulator is not running")
        return self._base_url

    @property
    def requests(self) -> list[Mint]:
        """The requests for client secrets so far, oldest first."""
        return self._state.requests.to_list()

    @property
    def calls(self) -> list[Call]:
        """The calls so far, oldest first, also those that are over."""
        return self._state.calls.to_list()

    @property
    def secrets(self) -> SecretStore:
        """The client secrets that were created."""
        return self._state.secrets

    @property
    def faults(self) -> FaultQueue:
        """The faults of the next requests."""
        return self._state.faults

    @property
    def connections(self) -> int:
        """How many TCP connections were opened so far, also those that never sent a request."""
        return self._state.connections.opened

    @property
    def state(self) -> State:
        """What `build_app` embeds."""
        return self._state

    async def start(
        self, *, host: str = DEFAULT_HOST, port: int = 0, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        """Listen. Port 0 uses any free one.

        Raises:
            ValueError: The host is not loopback.
            OSError: The port is in use.
            RuntimeError: The simulator is running already.

        """
        if self._runner is not None:
            raise RuntimeError("the simulator is running already")
        address = loopback_address(host)
        runner = web.AppRunner(
            routes.build(self._state),
            access_log=None,
            handle_signals=False,
            keepalive_timeout=self._keepalive_timeout_s,
            shutdown_timeout=_SHUTDOWN_S,
        )
        await runner.setup()
        try:
            self._listener = await self._listen(runner, address, port, ssl_context)
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        bound = self._listener.sockets[0].getsockname()[1]
        shown = f"[{address}]" if ":" in address else address
        self._base_url = f"{'https' if ssl_context else 'http'}://{shown}:{bound}/v1"

    async def stop(self) -> None:
        """Close the port and every connection. Waiting requests are cut off. It may be called twice."""
        runner, self._runner = self._runner, None
        listener, self._listener = self._listener, None
        self._base_url = None
        if listener is not None:
            listener.close()
        if runner is not None:
            await runner.cleanup()

    async def _listen(
        self, runner: web.AppRunner, address: str, port: int, ssl_context: ssl.SSLContext | None
    ) -> asyncio.Server:
        """Open the port. Every connection is counted at once, even without a request."""
        protocol_factory = runner.server
        if protocol_factory is None:  # pragma: no cover - setup() has created it
            raise RuntimeError("the runner is not set up")

        def accept() -> asyncio.Protocol:
            self._state.connections.accept()
            return protocol_factory()

        loop = asyncio.get_running_loop()
        return await loop.create_server(accept, address, port, ssl=ssl_context, backlog=_BACKLOG)


def build_app(simulator: Simulator | None = None) -> web.Application:
    """Build the routes of a simulator, to embed them into your own server. Then do not `start` the simulator."""
    return routes.build((simulator or Simulator()).state)
