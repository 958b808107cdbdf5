"""Starts and stops listening, with aiohttp's server."""

import asyncio
import contextlib
import errno
import logging
import resource
import socket
import ssl
from collections.abc import AsyncIterator
from typing import Final, cast

from aiohttp import web

from ..exceptions import StartError
from ..models import HubSettings
from .accepting import Acceptor, Connection
from .app import ACCESS_LOGGER, AccessLogger
from .auth import is_within
from .keys import HUB
from .protocol import HubProtocol, without_expectations

_LOGGER = logging.getLogger(__name__)

BACKLOG: Final = 1024
"""Many tablets at once after a power cut must not overflow the queue of connections."""

_FILES: Final = 65_536
"""Open files that the hub requests from the system: far more than a home needs."""

_OTHER_FILES: Final = 256
"""Files for other things: connections to the provider and to Redis, the configuration."""


@contextlib.asynccontextmanager
async def listening(app: web.Application, listen: HubSettings, tls: ssl.SSLContext | None) -> AsyncIterator[str]:
    """Serve an application until the block ends. Then let running requests end.

    Args:
        app: The application.
        listen: `host`, `port` (0 uses a free one), `shutdown_timeout`.
        tls: None serves plain HTTP.

    Yields:
        The URL.

    Raises:
        StartError: the hub cannot listen on the address.
    """
    # To aiohttp, 0 means no limit.
    runner = web.AppRunner(app, shutdown_timeout=max(listen.shutdown_timeout, 0.01))
    await runner.setup()
    # Now it has one.
    server = cast(web.Server, runner.server)
    server.request_factory = without_expectations(server.request_factory)

    def make(connection: Connection) -> HubProtocol:
        return HubProtocol(server, connection, AccessLogger, ACCESS_LOGGER)

    def trusts(host: str) -> bool:
        return is_within(host, app[HUB].runtime.settings.hub.trusted_proxies)

    try:
        listeners = await _listen(listen)
        acceptor = Acceptor(listeners, make, tls, trusts, _most_connections())
        host = f"[{listen.host}]" if ":" in listen.host else listen.host
        try:
            yield f"{'https' if tls else 'http'}://{host}:{listeners[0].getsockname()[1]}"
        finally:
            await acceptor.close()
    finally:
        await runner.cleanup()


def raise_file_limit() -> None:
    """Allow this process more open files, as far as the system permits. Each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError) as error:
        _LOGGER.info("The limit of open files stays at %d (%s)", soft, type(error).__name__)


def _most_connections() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _FILES if soft == resource.RLIM_INFINITY else min(soft, _FILES)
    return files - min(_OTHER_FILES, files // 4)


async def _listen(listen: HubSettings) -> list[socket.socket]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            listen.host or None, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        return _bound([(family, address) for family, _, _, _, address in dict.fromkeys(found)])
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no such address"
        raise StartError(
            f"Cannot listen on {listen.host} port {listen.port} ({reason}). Choose another `hub.port` or `hub.host`."
        ) from None


def _bound(addresses: list[tuple[int, tuple[object, ...]]]) -> list[socket.socket]:
    """Listening sockets. An address family that this machine does not have is left out, if another one works."""
    listeners: list[socket.socket] = []
    missing: OSError | None = None
    with contextlib.ExitStack() as stack:
        for family, address in addresses:
            try:
                listeners.append(socket.create_server(address, family=family, backlog=BACKLOG))
            except OSError as error:
                if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    raise
                missing = error
            else:
                stack.callback(listeners[-1].close)
        if not listeners and missing is not None:
            raise missing
        stack.pop_all()
    return listeners
