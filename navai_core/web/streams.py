"""The open answers that carry the commands of displays which have a token, on both hosts.

An answer is lines of JSON, one for each event, or, for who accepts `text/event-stream`, server-sent events. Something
empty now and then keeps it open, and finds who is gone.
"""

import asyncio
import json
import logging
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from secrets import token_urlsafe
from typing import Any, Final

from aiohttp import web

from ..access import Access
from ..config.options import SECURE_QUERY
from ..exceptions import NotAllowedError, StreamNotOpenError
from ..models import Caller
from ..sessions.displays import Screen
from ..sessions.manager import SessionManager
from ..sessions.rate_limits import Limiter
from ..sessions.reports import REPORT_OF_STREAM, check_fields, take_report
from ..sessions.usage import UsageBook
from .bodies import body_of, check_query, read_json

_LOGGER = logging.getLogger(__name__)
BEAT_S: Final = 15.0
"""How long nothing is written at most: less than the patience of any proxy."""
WRITE_TIMEOUT_S: Final = 20.0
"""How long a client may take to make room for a line."""
MAX_PER_DISPLAY: Final = 8
"""A page that is lost without a word leaves its stream behind for a while."""
_ID_BYTES: Final = 16
_LOST_AFTER_MS: Final = 60_000
"""How long what was written may stay unconfirmed; the system's own patience is a quarter of an hour."""
_EVENTS: Final = "text/event-stream"
_LINES: Final = "application/x-ndjson"
_HEADERS: Final = {
    "Cache-Control": "no-store, no-transform",
    # A proxy that collects lines would keep the display waiting.
    "X-Accel-Buffering": "no",
}


class Stream:
    """One page of a display, as far as it can be reached.

    Args:
        display: The display's key.
        events: Whether it takes server-sent events instead of lines.
    """

    def __init__(self, display: str, *, events: bool = False) -> None:
        self.id = token_urlsafe(_ID_BYTES)
        self.display = display
        self.content_type = _EVENTS if events else _LINES
        self._beat, self._frame = (b":\n\n", b"data: %b\n\n") if events else (b"\n", b"%b\n")
        self._events: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self.send({"type": "stream", "stream": self.id})

    def send(self, event: dict[str, Any]) -> None:
        """Pass an event on. After it was removed, a display's token opens nothing any more."""
        self._events.put_nowait(event)
        if event["type"] == "removed":
            self.close()

    def close(self) -> None:
        """End it, once all is written."""
        self._events.put_nowait(None)

    async def write_to(self, response: web.StreamResponse, give_up: Callable[[], None]) -> None:
        """Write what is sent, until it is closed.

        Args:
            response: Where to.
            give_up: Breaks the connection; called when the page does not read any more.

        Raises:
            ConnectionError: the page is gone.
        """
        while (piece := await self._next()) is not None:
            # To cancel a write would leave aiohttp in the middle of it.
            patience = asyncio.get_running_loop().call_later(WRITE_TIMEOUT_S, give_up)
            try:
                await response.write(piece)
            finally:
                patience.cancel()

    async def _next(self) -> bytes | None:
        try:
            async with asyncio.timeout(BEAT_S):
                event = await self._events.get()
        except TimeoutError:
            return self._beat
        return None if event is None else self._frame % json.dumps(event).encode()


class Streams:
    """Those that are open now."""

    def __init__(self) -> None:
        self._open: dict[str, dict[str, Stream]] = {}
        """By display and id, the oldest first."""

    def open(self, display: str, *, events: bool = False) -> Stream:
        """Open one. Of too many of a display, the oldest ends: the latest is the one that somebody looks at."""
        others = self._open.setdefault(display, {})
        stream = Stream(display, events=events)
        others[stream.id] = stream
        if len(others) > MAX_PER_DISPLAY:
            self.end(next(iter(others.values())))
        return stream

    def find(self, stream_id: str, display: str) -> Stream:
        """A display's own stream.

        Raises:
            StreamNotOpenError: it has none of that id.
        """
        stream = self._open.get(display, {}).get(stream_id)
        if stream is None:
            raise StreamNotOpenError("This stream is not open here — ask for the display's commands again.")
        return stream

    def end(self, stream: Stream) -> None:
        """It is over: nothing is reported over it any more."""
        others = self._open.get(stream.display, {})
        if others.pop(stream.id, None) and not others:
            del self._open[stream.display]
        stream.close()

    def end_all(self) -> None:
        """The host stops, and waits for nobody."""
        for others in list(self._open.values()):
            for stream in list(others.values()):
                self.end(stream)


class StreamHost(SessionManager):
    """A session manager whose displays may hold streams."""

    def __init__(self, usage: UsageBook, limiter: Limiter, modules: str) -> None:
        super().__init__(usage, limiter, modules)
        self.streams = Streams()


async def commands_response(
    request: web.Request,
    host: StreamHost,
    caller: Caller,
    headers: Mapping[str, str],
    *,
    when_gone: Callable[[Callable[[], None]], None] = lambda _: None,
) -> web.StreamResponse:
    """Let a page be its display, for as long as the answer is open.

    `secure=0` in the query says that the page may not use the microphone.

    Args:
        request: The display's.
        host: Where it is a display.
        caller: Who asks.
        headers: What the host says in every answer.
        when_gone: Takes what to call when the connection is lost, where the host does not cancel this then.

    Raises:
        NotAllowedError: it is no display's token.
        InvalidInputError: the query says something else.
        StreamNotOpenError: it has hung up already.
    """
    transport = request.transport
    if transport is None:
        # It hung up while we looked who it is, and nobody hears the answer.
        raise StreamNotOpenError("The page is gone — ask again.")
    settings = host.service.settings
    display = Access(settings).display_at(caller)
    secure = check_query(request.query, SECURE_QUERY).get("secure") != "0"
    stream = host.streams.open(display.key, events=_EVENTS in request.headers.get("Accept", ""))
    screen = Screen(
        display.key,
        stream.send,
        owner=stream,
        find=lambda settings: Access(settings).display_still(display),
        secure=secure,
    )
    stream.send(host.configuration(settings, screen.find))
    host.sessions.forgive(display.key)
    leave = host.displays.add(screen)
    when_gone(stream.close)
    response = web.StreamResponse(headers={**headers, **_HEADERS})
    response.content_type = stream.content_type
    try:
        _miss_soon(transport)
        await response.prepare(request)
        await stream.write_to(response, transport.abort)
    except ConnectionError:
        _LOGGER.debug("The page of %s is gone; it asks for another stream when it is back", display.key)
    finally:
        leave()
        host.streams.end(stream)
        host.sessions.owner_left(stream)
    return response


async def take_report_of_stream(request: web.Request, host: StreamHost, caller: Caller) -> dict[str, Any]:
    """Take a report that names its stream; see `take_report`.

    Raises:
        NavaiError: it does not fit, or is not theirs to report.
    """
    display = host.service.access.display_at(caller)
    fields = check_fields(read_json(await body_of(request), request.content_type), REPORT_OF_STREAM)
    if fields.get("display", display.key) != display.key:
        raise NotAllowedError("This token is another display's — leave `display` out.")
    take_report(host, host.streams.find(fields["stream"], display.key), fields, lambda _: caller)
    return {}


def _miss_soon(transport: asyncio.Transport) -> None:
    """Let the connection break soon after a tablet has lost its power or its network."""
    # Only Linux can; elsewhere it takes longer.
    with suppress(AttributeError, OSError):
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _LOST_AFTER_MS)
