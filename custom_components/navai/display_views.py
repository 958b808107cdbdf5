"""The routes of displays that have a token and do not run Home Assistant's interface, such as the kiosk page.

| route | who |
|---|---|
| `GET  /api/navai/display/commands` | a display: an endless answer, a line of JSON for each start, stop and change |
| `POST /api/navai/session/report` | a display over such a stream: the state and usage of its conversation |

`secure=0` in the query of the first says that the page may not use the microphone. Its first line is
`{"type": "stream", "stream": "…"}`, which reports name, its second the display's configuration; the other lines are
what `navai/subscribe` sends over the websocket.
"""

import asyncio
import logging
import socket
from contextlib import suppress
from functools import partial
from typing import Final

from aiohttp import web
from homeassistant.components.http import KEY_HASS
from homeassistant.core import HomeAssistant

from .const import HOUSE, PREFIX
from .displays import Screen
from .identity import display_of_caller, display_of_token
from .navai_core import Caller
from .navai_core.answers import new_request_id
from .navai_core.exceptions import DisplayNotConnectedError, InvalidInputError, NotAllowedError
from .navai_core.requests import read_json
from .reports import REPORT_OF_STREAM, check_fields, take_report
from .runtime import Runtime
from .views import OUR_HEADERS, Answer, NavaiView, body_of

_LOGGER = logging.getLogger(__name__)
_LOST_AFTER_MS: Final = 60_000
"""How long what was written may stay unconfirmed; the system's own patience is a quarter of an hour."""
_STREAM_HEADERS: Final = {
    **OUR_HEADERS,
    "Cache-Control": "no-store, no-transform",
    # A proxy that collects lines would keep the display waiting.
    "X-Accel-Buffering": "no",
}


def register(hass: HomeAssistant) -> None:
    """Register all views, once."""
    for view in (CommandsView, ReportView):
        hass.http.register_view(view())


def _secure_in(request: web.Request) -> bool:
    query = list(request.query.items())
    if query not in ([], [("secure", "0")], [("secure", "1")]):
        raise InvalidInputError("The query may say `secure=0` or `secure=1`, and nothing else.")
    return query != [("secure", "0")]


def _miss_soon(transport: asyncio.Transport) -> None:
    """Let the connection break soon after a tablet has lost its power or its network."""
    # Only Linux can; elsewhere it takes longer.
    with suppress(AttributeError, OSError):
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _LOST_AFTER_MS)


class CommandsView(NavaiView):
    """Be the display, for as long as the answer is open."""

    url = f"{PREFIX}/display/commands"
    name = "api:navai:display:commands"

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Send what concerns the display."""

        async def handle(request: web.Request, runtime: Runtime, caller: Caller) -> web.StreamResponse:
            hass = request.app[KEY_HASS]
            house, settings = hass.data[HOUSE], runtime.settings
            transport = request.transport
            if transport is None:
                # It hung up while we looked who it is, and nobody hears the answer.
                raise DisplayNotConnectedError("The page is gone — ask again.")
            display, secure = display_of_caller(settings, caller), _secure_in(request)
            find = partial(display_of_token, opened=display)
            stream = house.streams.open(display.key)
            stream.send(house.configuration(settings, find))
            house.sessions.forgive(display.key)
            leave = house.displays.add(Screen(display.key, stream.send, owner=stream, find=find, secure=secure))
            response = web.StreamResponse(headers=_STREAM_HEADERS)
            response.headers["X-Request-Id"] = new_request_id()
            response.content_type = "application/x-ndjson"
            try:
                _miss_soon(transport)
                await response.prepare(request)
                await stream.write_to(response, transport.abort)
            except ConnectionError:
                _LOGGER.debug("The page of %s is gone; it asks for another stream when it is back", display.key)
            finally:
                leave()
                house.streams.end(stream)
                house.sessions.owner_left(stream)
            return response

        return await self.answer_caller(request, handle)


class ReportView(NavaiView):
    """Tell how the conversation goes."""

    url = f"{PREFIX}/session/report"
    name = "api:navai:session:report"

    async def post(self, request: web.Request) -> web.StreamResponse:
        """Take a report."""

        async def handle(request: web.Request, runtime: Runtime, caller: Caller) -> Answer:
            house = request.app[KEY_HASS].data[HOUSE]
            display = display_of_caller(runtime.settings, caller)
            fields = check_fields(read_json(await body_of(request), request.content_type), REPORT_OF_STREAM)
            if fields.get("display", display.key) != display.key:
                raise NotAllowedError("This token is another display's — leave `display` out.")
            take_report(house, house.streams.find(fields["stream"], display.key), fields, lambda _: caller)
            return {}

        return await self.answer_caller(request, handle)
