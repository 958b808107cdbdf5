"""The connection to the provider: opened before the first tap, watched, and opened again when it closes.

Conversations are rare, so without this nearly every mint would first wait for DNS, TCP and TLS. Only TCP's own
keep-alive keeps the connection open. It also shows within seconds when a router has dropped it.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, Final, Self
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from ..addresses import is_loopback
from ..const import CONNECT_TIMEOUT_S, VERSION
from .client import NoCookies

_LOGGER = logging.getLogger(__name__)

POOL_KEEPALIVE_S: Final = 3600.0
"""How long the pool keeps unused connections. The provider closes them earlier; then a new one is opened."""
SHORT_LIFE_S: Final = 3.0
"""A connection that closes sooner than this does not help: try less and less often, to spare the provider."""
FIRST_DELAY_S: Final = 1.0
MAX_DELAY_S: Final = 300.0

_TCP_OPTIONS: Final = (
    ("TCP_NODELAY", 1),
    ("TCP_KEEPIDLE", 20),
    ("TCP_KEEPALIVE", 20),  # the same on macOS
    ("TCP_KEEPINTVL", 5),
    ("TCP_KEEPCNT", 3),
    # Sent data without a confirmation counts as lost after so many ms, so that a retry still meets the deadline.
    ("TCP_USER_TIMEOUT", 3000),
)


class _WatchedSocket(socket.socket):
    """Shows when it is closed, by either side."""

    on_close: Callable[["_WatchedSocket"], None] | None = None

    def close(self) -> None:
        super().close()
        if self.on_close is not None:
            tell, self.on_close = self.on_close, None
            tell(self)


class ProviderConnection:
    """A client session that keeps a connection to the provider open.

    Args:
        base_url: The provider's address.
        clock, sleep: For tests.

    Use `async with`; `session` is the session for the `ProviderClient`.
    """

    session: aiohttp.ClientSession
    _keeper: asyncio.Task[None]

    def __init__(
        self,
        base_url: str,
        *,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._url = URL(base_url)
        self._clock, self._sleep = clock, sleep
        self._open: set[_WatchedSocket] = set()
        self._changed = asyncio.Event()
        self.dials = 0
        """How often the connection was opened before a request."""

    @property
    def is_warm(self) -> bool:
        """Whether a connection is open now."""
        return bool(self._open)

    async def __aenter__(self) -> Self:
        # Loading the system's certificates takes tens of milliseconds: do it once, and not on the event loop.
        tls: Any = await asyncio.to_thread(ssl.create_default_context) if self._url.scheme == "https" else True
        connector = aiohttp.TCPConnector(
            limit=0, keepalive_timeout=POOL_KEEPALIVE_S, ssl=tls, socket_factory=self._socket
        )
        self.session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=NoCookies(),
            # Looked up once: aiohttp's `trust_env` would do it for every request.
            proxy=proxy_for(self._url),
            auto_decompress=True,
        )
        self._keeper = asyncio.ensure_future(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._keeper.cancel()
        await asyncio.gather(self._keeper, return_exceptions=True)
        await self.session.close()

    def _socket(self, address: Any) -> socket.socket:
        family, kind, proto = address[:3]
        made = _WatchedSocket(family, kind, proto)
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _TCP_OPTIONS:
            if hasattr(socket, name):
                # Some systems know the option and refuse the value; the connection works without it.
                with contextlib.suppress(OSError):
                    made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        made.on_close = self._closed
        self._open.add(made)
        return made

    def _closed(self, closed: _WatchedSocket) -> None:
        self._open.discard(closed)
        self._changed.set()

    async def _keep(self) -> None:
        delay = 0.0
        while True:
            self.dials += 1
            await self._dial()
            started = self._clock()
            while self._open:
                self._changed.clear()
                await self._changed.wait()
            lived = self._clock() - started
            delay = 0.0 if lived >= SHORT_LIFE_S else min(max(delay * 2, FIRST_DELAY_S), MAX_DELAY_S)
            await self._sleep(delay)

    async def _dial(self) -> None:
        """Request anything: only the connection that the pool keeps afterwards matters. No key is sent."""
        timeout = aiohttp.ClientTimeout(total=2 * CONNECT_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        headers = {"User-Agent": f"navai/{VERSION}"}
        try:
            async with self.session.head(self._url, headers=headers, timeout=timeout, allow_redirects=False) as answer:
                await answer.read()
        except Exception as error:  # noqa: BLE001  # whatever the error is, try again
            _LOGGER.debug("The provider cannot be reached in advance: %s", type(error).__name__)


def proxy_for(url: URL) -> URL | None:
    """The proxy for an address from the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`)."""
    proxy = getproxies().get(url.scheme)
    if not proxy or not url.host or is_loopback(url.host) or proxy_bypass(url.host):
        return None
    return URL(proxy)
