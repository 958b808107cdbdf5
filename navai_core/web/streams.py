"""The open answers with commands for displays that have a token, on both hosts.

An answer is lines of JSON, one for each event. Clients that accept `text/event-stream` get server-sent events. An empty
line now and then keeps it open, and shows which clients are gone.
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
"""The longest time without a line: shorter than the timeout of any proxy."""
WRITE_TIMEOUT_S: Final = 20.0
"""How long a client may take to receive a line."""
MAX_PER_DISPLAY: Final = 8
"""More than one: the stream of a lost page stays open for a while."""
_ID_BYTES: Final = 16
_LOST_AFTER_MS: Final = 60_000
"""How long written data may stay unconfirmed. The system's own limit is a quarter of an hour."""
_EVENTS: Final = "text/event-stream"
_LINES: Final = "application/x-ndjson"
_HEADERS: Final = {
    "Cache-Control": "no-store, no-transform",
    # A proxy that buffers lines would make the display wait.
    "X-Accel-Buffering": "no",
}


class Stream:
    """One connected page of a display.

    Args:
        display: The display's key.
        events: Whether it gets server-sent events instead of lines.
    """

    def __init__(self, display: str, *, events: bool = False) -> None:
        self.id = token_urlsafe(_ID_BYTES)
        self.display = display
        self.content_type = _EVENTS if events else _LINES
        self._beat, self._frame = (b":\n\n", b"data: %b\n\n") if events else (b"\n", b"%b\n")
        self._events: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self.send({"type": "stream", "stream": self.id})

    def send(self, event: dict[str, Any]) -> None:
        """Send an event. After the display was removed, the stream ends: its token is no longer valid."""
        self._events.put_nowait(event)
        if event["type"] == "removed":
            self.close()

    def close(self) -> None:
        """End the stream when everything is written."""
        self._events.put_nowait(None)

    async def write_to(self, response: web.StreamResponse, give_up: Callable[[], None]) -> None:
        """Write the events until the stream is closed.

        Args:
            response: The answer to write to.
            give_up: Closes the connection; called when the page no longer reads.

        Raises:
            ConnectionError: the page is gone.
        """
        while (piece := await self._next()) is not None:
            # Cancelling a write would leave it half done.
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
    """The open streams."""

    def __init__(self) -> None:
        self._open: dict[str, dict[str, Stream]] = {}
        """By display and id, the oldest first."""

    def open(self, display: str, *, events: bool = False) -> Stream:
        """Open a stream. If a display has too many, the oldest one ends: people look at the latest."""
        others = self._open.setdefault(display, {})
        stream = Stream(display, events=events)
        others[stream.id] = stream
        if len(others) > MAX_PER_DISPLAY:
            self.end(next(iter(others.values())))
        return stream

    def find(self, stream_id: str, display: str) -> Stream:
        """A display's own stream.

        Raises:
            StreamNotOpenError: it has none with that id.
        """
        stream = self._open.get(display, {}).get(stream_id)
        if stream is None:
            raise StreamNotOpenError("This stream is not open. Request the display's commands again.")
        return stream

    def end(self, stream: Stream) -> None:
        """The stream has ended: it takes no more reports."""
        others = self._open.get(stream.display, {})
        if others.pop(stream.id, None) and not others:
            del self._open[stream.display]
        stream.close()

    def end_all(self) -> None:
        """The host stops: end all streams."""
        for others in list(self._open.values()):
            for stream in list(others.values()):
                self.end(stream)


class StreamHost(SessionManager):
    """A session manager whose displays may have streams."""

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
    """Let a page be its display while the answer is open.

    `secure=0` in the query means that the page cannot use the microphone.

    Args:
        request: The request of the display.
        host: The host of the display.
        caller: Who asks.
        headers: The host's headers for every answer.
        when_gone: Registers a function to call when the connection is lost, if the host does not cancel this task then.

    Raises:
        NotAllowedError: the token does not belong to a display.
        InvalidInputError: the query is not valid.
        StreamNotOpenError: the page has already disconnected.
    """
    transport = request.transport
    if transport is None:
        # It disconnected while we identified the caller, so nobody receives the answer.
        raise StreamNotOpenError("The page has disconnected. Send the request again.")
    settings = host.service.settings
    display = Access(settings).own_display(caller)
    secure = check_query(request.query, SECURE_QUERY).get("secure") != "0"
    stream = host.streams.open(display.key, events=_EVENTS in request.headers.get("Accept", ""))
    screen = Screen(
        display.key,
        stream.send,
        owner=stream,
        find=lambda settings: Access(settings).current_display(display),
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
        _LOGGER.debug("The page of %s is gone. It requests another stream when it is back", display.key)
    finally:
        leave()
        host.streams.end(stream)
        host.sessions.owner_left(stream)
    return response


async def take_report_of_stream(request: web.Request, host: StreamHost, caller: Caller) -> dict[str, Any]:
    """Take a report with its stream; see `take_report`.

    Raises:
        NavaiError: it is not valid, or the caller may not report it.
    """
    display = host.service.access.own_display(caller)
    fields = check_fields(read_json(await body_of(request), request.content_type), REPORT_OF_STREAM)
    if fields.get("display", display.key) != display.key:
        raise NotAllowedError("This token belongs to another display. Leave `display` out.")
    take_report(host, host.streams.find(fields["stream"], display.key), fields, lambda _: caller)
    return {}


def _miss_soon(transport: asyncio.Transport) -> None:
    """Close the connection soon after a tablet has lost its power or its network."""
    # Only Linux supports this; elsewhere it takes longer.
    with suppress(AttributeError, OSError):
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _LOST_AFTER_MS)
