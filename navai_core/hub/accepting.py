"""Accepts connections, and closes those that send no request.

asyncio's own server is not enough: it does not know who holds connections before the TLS handshake is done, has no time
limit for the first request, and logs a traceback for each connection when no file is free, a thousand times a second.
"""

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from ..sessions.rate_limits import machine_of

_LOGGER = logging.getLogger(__name__)

FIRST_REQUEST_S: Final = 10.0
"""From the start of a connection to the end of the first request's header, including TLS."""

SILENT_PER_MACHINE: Final = 64
"""Connections of one address without a complete request header. One more closes the oldest of them."""

_AT_ONCE: Final = 32
_AGAIN_S: Final = 1.0
_TLS_GOODBYE_S: Final = 5.0
_TOLD_S: Final = 60.0
_TURNS_TO_SETTLE: Final = 20
_CROWDED: Final = 0.8


class Connection:
    """An accepted connection. It is silent until it has sent the header of a request.

    Args:
        acceptor: Its acceptor.
        machine: The address that it counts for; None for a trusted proxy, which may have any number.
        since: When it started, by the loop's clock.
    """

    __slots__ = ("_acceptor", "gone", "machine", "opening", "since", "timer", "transport")

    def __init__(self, acceptor: "Acceptor", machine: str | None, since: float) -> None:
        self._acceptor = acceptor
        self.machine = machine
        self.since = since
        self.timer: asyncio.TimerHandle | None = None
        self.opening: asyncio.Task[object] | None = None
        self.transport: asyncio.WriteTransport | None = None
        self.gone: Callable[[], None] = lambda: None
        """Called when the connection closes, so that a long answer can stop."""

    @property
    def must_make_room(self) -> bool:
        """Whether so many are open that this one should not be kept for another request."""
        return self._acceptor.is_crowded

    def asked(self) -> None:
        """It has sent the header of a request."""
        self._acceptor.quieten(self)

    def ended(self) -> None:
        """It is closed."""
        self.gone()
        self._acceptor.forget(self)

    def drop(self) -> None:
        """Close it at once."""
        self._acceptor.quieten(self)
        if self.transport is not None:
            # Not `close`: with TLS it would wait for the other side to close.
            self.transport.abort()
        elif self.opening is not None:
            self.opening.cancel()


class Acceptor:
    """Accepts connections from listening sockets, until it is closed.

    Args:
        listeners: The acceptor owns them from now on.
        make: Creates the protocol of a new connection, which reports to the `Connection`.
        tls: None for plain HTTP.
        trusts: Whether an address belongs to a trusted proxy.
        most: How many connections may be open.
    """

    def __init__(
        self,
        listeners: Sequence[socket.socket],
        make: Callable[[Connection], asyncio.Protocol],
        tls: ssl.SSLContext | None,
        trusts: Callable[[str], bool],
        most: int,
    ) -> None:
        self._listeners = listeners
        self._make = make
        self._tls = tls
        self._trusts = trusts
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._open: set[Connection] = set()
        self._silent: dict[str | None, dict[Connection, None]] = {}
        self._pause: asyncio.TimerHandle | None = None
        self._told: dict[str, float] = {}
        for listener in listeners:
            listener.setblocking(False)
        self._resume()

    @property
    def is_crowded(self) -> bool:
        """Whether few connections are left."""
        return len(self._open) > self._most * _CROWDED

    async def close(self) -> None:
        """Accept no new connections. The open ones stay open.

        aiohttp closes idle connections when it cleans up. A connection that was just accepted is not idle yet, and
        aiohttp would wait for it. After a few turns of the loop it is idle.
        """
        self._stop()
        for listener in self._listeners:
            listener.close()
        for _ in range(_TURNS_TO_SETTLE):
            await asyncio.sleep(0)
        # The TLS handshake of these is not done yet.
        opening = [each.opening for each in self._open if each.opening is not None and each.transport is None]
        for task in opening:
            task.cancel()
        await asyncio.gather(*opening, return_exceptions=True)

    def quieten(self, connection: Connection) -> None:
        """A connection no longer counts as silent."""
        if connection.timer is not None:
            connection.timer.cancel()
            connection.timer = None
        silent = self._silent.get(connection.machine, {})
        if silent.pop(connection, connection) is None and not silent:
            del self._silent[connection.machine]

    def forget(self, connection: Connection) -> None:
        """A connection is closed."""
        self.quieten(connection)
        self._open.discard(connection)
        if self._pause is not None:
            # There is room again.
            self._pause.cancel()
            self._pause = self._loop.call_later(0, self._resume)

    def _resume(self) -> None:
        self._pause = None
        for listener in self._listeners:
            self._loop.add_reader(listener, self._take, listener)

    def _stop(self) -> None:
        for listener in self._listeners:
            self._loop.remove_reader(listener)
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    def _take(self, listener: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            if len(self._open) >= self._most:
                self._make_room("so many are allowed")
                return
            try:
                taken, address = listener.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionError:
                # It closed while it waited.
                continue
            except OSError as error:
                self._make_room(os.strerror(error.errno or 0))
                return
            self._begin(taken, address[0])

    def _begin(self, taken: socket.socket, host: str) -> None:
        taken.setblocking(False)
        machine = None if self._trusts(host) else machine_of(host)
        silent = self._silent.setdefault(machine, {})
        if machine is not None and len(silent) >= SILENT_PER_MACHINE:
            self._tell(
                "machine",
                "%s has %d open connections without a request. navai closes the oldest. If this is your proxy, add it "
                "to `hub.trusted_proxies`.",
                machine,
                len(silent),
            )
            next(iter(silent)).drop()
            silent = self._silent.setdefault(machine, {})
        connection = Connection(self, machine, self._loop.time())
        silent[connection] = None
        self._open.add(connection)
        connection.timer = self._loop.call_later(FIRST_REQUEST_S, connection.drop)
        connection.opening = self._loop.create_task(
            self._loop.connect_accepted_socket(
                partial(self._make, connection),
                taken,
                ssl=self._tls,
                ssl_shutdown_timeout=_TLS_GOODBYE_S if self._tls else None,
            )
        )
        connection.opening.add_done_callback(partial(self._opened, connection, taken))

    def _opened(self, connection: Connection, taken: socket.socket, task: "asyncio.Task[object]") -> None:
        connection.opening = None
        if connection.transport is None:
            # It was dropped, it closed, or the TLS handshake failed.
            taken.close()
            self.forget(connection)
        if not task.cancelled() and not isinstance(task.exception(), OSError | None):
            _LOGGER.error("A connection could not be served", exc_info=task.exception())

    def _make_room(self, why: str) -> None:
        """Accept no connections for a short time. Close those that have sent nothing for a while."""
        self._stop()
        self._pause = self._loop.call_later(_AGAIN_S, self._resume)
        self._tell(
            "room",
            "New connections must wait (%s, %d are open). navai closes those without a request. Allow more open files "
            "(`ulimit -n`, `LimitNOFILE`), or find out who opens so many.",
            why,
            len(self._open),
        )
        before = self._loop.time() - _AGAIN_S
        for connection in [each for silent in self._silent.values() for each in silent if each.since < before]:
            connection.drop()

    def _tell(self, kind: str, text: str, *values: object) -> None:
        """Log a warning; one of the same kind at most once a minute."""
        now = self._loop.time()
        if now >= self._told.get(kind, now):
            self._told[kind] = now + _TOLD_S
            _LOGGER.warning(text, *values)
