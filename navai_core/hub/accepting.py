"""Taking connections, and closing those that never ask for anything.

asyncio's own server would do less and say more: it cannot tell who holds connections before TLS is agreed on, has no
time limit for the first request, and logs a traceback for each connection that finds no free file, a thousand times a
second.
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
"""From the start of a connection to the end of its first request's header, TLS included."""

SILENT_PER_MACHINE: Final = 64
"""Connections that one address may hold without having sent a whole header. One more closes the oldest of them."""

_AT_ONCE: Final = 32
_AGAIN_S: Final = 1.0
_TLS_GOODBYE_S: Final = 5.0
_TOLD_S: Final = 60.0
_TURNS_TO_SETTLE: Final = 20
_CROWDED: Final = 0.8


class Connection:
    """One that was taken. It is silent until it has sent the header of a request.

    Args:
        acceptor: What took it.
        machine: Whose it is; None for a trusted proxy, which may hold any number.
        since: When it began, by the loop's clock.
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
        """Called when it is closed: an answer that goes on for long has nobody who reads it then."""

    @property
    def must_make_room(self) -> bool:
        """Whether so many are open that this one should not be kept for a further request."""
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
            # Not `close`: with TLS it would wait for the other side's farewell.
            self.transport.abort()
        elif self.opening is not None:
            self.opening.cancel()


class Acceptor:
    """Takes connections from listening sockets, until it is closed.

    Args:
        listeners: They belong to the acceptor from now on.
        make: The protocol of a new connection. It tells the `Connection` what happens.
        tls: None for plain HTTP.
        trusts: Whether an address is that of a trusted proxy.
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
        """Whether little room is left."""
        return len(self._open) > self._most * _CROWDED

    async def close(self) -> None:
        """Take no new connections. Those that are open stay so.

        aiohttp closes the idle ones when it cleans up, but one that was taken a moment ago is not idle yet, and would
        be waited for in vain: a few turns of the loop bring it there.
        """
        self._stop()
        for listener in self._listeners:
            listener.close()
        for _ in range(_TURNS_TO_SETTLE):
            await asyncio.sleep(0)
        # TLS is not agreed on yet with these.
        opening = [each.opening for each in self._open if each.opening is not None and each.transport is None]
        for task in opening:
            task.cancel()
        await asyncio.gather(*opening, return_exceptions=True)

    def quieten(self, connection: Connection) -> None:
        """A connection is not counted as silent any more."""
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
                # It went away while it waited.
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
                "%s holds %d connections that have sent no request; the oldest are closed. If it is your proxy, name "
                "it in `hub.trusted_proxies`.",
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
            # It was dropped, went away, or could not agree on TLS.
            taken.close()
            self.forget(connection)
        if not task.cancelled() and not isinstance(task.exception(), OSError | None):
            _LOGGER.error("A connection could not be served", exc_info=task.exception())

    def _make_room(self, why: str) -> None:
        """Wait a little with new connections. Those that have sent nothing for some time go."""
        self._stop()
        self._pause = self._loop.call_later(_AGAIN_S, self._resume)
        self._tell(
            "room",
            "New connections must wait (%s, %d are open); those that have sent no request are closed. Allow more open "
            "files (`ulimit -n`, `LimitNOFILE`), or see who opens so many.",
            why,
            len(self._open),
        )
        before = self._loop.time() - _AGAIN_S
        for connection in [each for silent in self._silent.values() for each in silent if each.since < before]:
            connection.drop()

    def _tell(self, kind: str, text: str, *values: object) -> None:
        """Log a warning, at most once a minute of its kind."""
        now = self._loop.time()
        if now >= self._told.get(kind, now):
            self._told[kind] = now + _TOLD_S
            _LOGGER.warning(text, *values)
