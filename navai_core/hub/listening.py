"""Listening and ceasing to listen, with aiohttp's server behind it."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from ..exceptions import StartError
from ..models import HubSettings
from .app import ACCESS_LOGGER, AccessLogger
from .protocol import HTTP_LOGGER, HubProtocol

BACKLOG: Final = 1024
"""A burst of tablets after a power cut must not overflow the queue of connections."""

_TURNS_TO_SETTLE: Final = 20


@contextlib.asynccontextmanager
async def listening(app: web.Application, listen: HubSettings, tls: ssl.SSLContext | None) -> AsyncIterator[str]:
    """Serve an application until the block ends; then let requests under way end.

    Args:
        app: What answers.
        listen: `host`, `port` (0 takes a free one), `shutdown_timeout`.
        tls: None serves plain HTTP.

    Yields:
        The URL.

    Raises:
        StartError: the address cannot be listened on.
    """
    runner = web.AppRunner(
        app,
        access_log_class=AccessLogger,
        access_log=ACCESS_LOGGER,
        logger=HTTP_LOGGER,
        # aiohttp takes 0 for no limit at all.
        shutdown_timeout=max(listen.shutdown_timeout, 0.01),
    )
    await runner.setup()
    try:
        server = await _listen(runner, listen, tls)
        try:
            host = f"[{listen.host}]" if ":" in listen.host else listen.host
            yield f"{'https' if tls else 'http'}://{host}:{server.sockets[0].getsockname()[1]}"
        finally:
            await _stop_accepting(server)
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, listen: HubSettings, tls: ssl.SSLContext | None) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    try:
        return await loop.create_server(
            lambda: HubProtocol.made_by(runner), listen.host, listen.port, ssl=tls, backlog=BACKLOG
        )
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no such address"
        raise StartError(
            f"Cannot listen on {listen.host} port {listen.port} ({reason}) — choose another `hub.port` or `hub.host`."
        ) from None


async def _stop_accepting(server: asyncio.Server) -> None:
    """Take no new connections.

    aiohttp closes the idle ones when it cleans up, but one that was accepted a moment ago is not idle yet, and would be
    waited for in vain: a few turns of the loop bring it there.
    """
    server.close()
    for _ in range(_TURNS_TO_SETTLE):
        await asyncio.sleep(0)
