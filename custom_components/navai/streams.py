"""The open answers that carry the commands of displays which have a token and no Home Assistant interface.

An answer is lines of JSON, one for each event; an empty line now and then keeps it open, and finds who is gone.
"""

import asyncio
import json
from collections.abc import Callable
from secrets import token_urlsafe
from typing import Any, Final

from aiohttp import web

from .navai_core.exceptions import DisplayNotConnectedError

BEAT_S: Final = 20.0
"""How long nothing is written at most: less than the patience of any proxy."""
WRITE_TIMEOUT_S: Final = 20.0
"""How long a client may take to make room for a line."""
MAX_PER_DISPLAY: Final = 8
"""A page that is lost without a word leaves its stream behind for a while."""
_ID_BYTES: Final = 16


class Stream:
    """One page of a display, as far as it can be reached.

    Args:
        display: The display's key.
    """

    def __init__(self, display: str) -> None:
        self.id = token_urlsafe(_ID_BYTES)
        self.display = display
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
        while (line := await self._next_line()) is not None:
            # To cancel a write would leave aiohttp in the middle of it.
            patience = asyncio.get_running_loop().call_later(WRITE_TIMEOUT_S, give_up)
            try:
                await response.write(line)
            finally:
                patience.cancel()

    async def _next_line(self) -> bytes | None:
        try:
            async with asyncio.timeout(BEAT_S):
                event = await self._events.get()
        except TimeoutError:
            return b"\n"
        return None if event is None else json.dumps(event).encode() + b"\n"


class Streams:
    """Those that are open now."""

    def __init__(self) -> None:
        self._open: dict[str, Stream] = {}

    def open(self, display: str) -> Stream:
        """Open one. Of too many of a display, the oldest ends: the latest is the one that somebody looks at."""
        others = [stream for stream in self._open.values() if stream.display == display]
        if len(others) >= MAX_PER_DISPLAY:
            self.end(others[0])
        stream = Stream(display)
        self._open[stream.id] = stream
        return stream

    def find(self, stream_id: str, display: str) -> Stream:
        """A display's own stream.

        Raises:
            DisplayNotConnectedError: it has none of that id.
        """
        stream = self._open.get(stream_id)
        if stream is None or stream.display != display:
            raise DisplayNotConnectedError("This stream is not open here — ask for the display's commands again.")
        return stream

    def end(self, stream: Stream) -> None:
        """It is over: nothing is reported over it any more."""
        self._open.pop(stream.id, None)
        stream.close()

    def end_all(self) -> None:
        """Home Assistant stops, and waits for nobody."""
        for stream in list(self._open.values()):
            self.end(stream)
