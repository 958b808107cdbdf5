"""Displays: their state, and their commands.

| route | who |
|---|---|
| `GET  /navai/displays` | a user: the displays and their state; a display: itself |
| `POST /navai/displays/{display}/start` | a user in the display's `users`: starts a conversation there |
| `POST /navai/displays/{display}/stop` | the same: ends it |
| `GET  /navai/display/commands` | a display: a stream of each start, stop and change |
"""

from collections.abc import Callable
from typing import cast

from aiohttp import web

from ..config.options import START_REQUEST
from ..exceptions import NotAllowedError
from ..models import Caller, Display
from ..web.bodies import body_of, read_body
from ..web.streams import commands_response
from .errors import headers_of
from .keys import HUB, REQUEST_ID
from .protocol import HubProtocol
from .requests import answer, caller_of
from .runtime import Hub


async def list_displays(request: web.Request) -> web.Response:
    """The displays that the caller may control, or the display itself; by name, with their state."""
    hub = request.app[HUB]
    caller = await caller_of(request)
    return answer({"displays": [_body(hub, display) for display in hub.service.access.displays_of(caller)]})


async def start_conversation(request: web.Request) -> web.Response:
    """Start a conversation on a display: in its browser that already talks, or else in the latest one."""
    hub = request.app[HUB]
    caller, display = await _commanded(request, hub)
    body = read_body(await body_of(request), request.content_type, START_REQUEST)
    profile, opening = body.pop("profile", ""), {name: value for name, value in body.items() if value}
    found = await hub.start_conversation([display], profile, caller, opening)
    return answer({"result": found[display.key]})


async def stop_conversation(request: web.Request) -> web.Response:
    """End the conversation on a display, even if no page responds."""
    hub = request.app[HUB]
    _, display = await _commanded(request, hub)
    read_body(await body_of(request), request.content_type, ())
    return answer({"result": (await hub.stop_conversation([display]))[display.key]})


async def display_commands(request: web.Request) -> web.StreamResponse:
    """Be the display while the answer is open."""
    hub = request.app[HUB]
    caller = await caller_of(request)
    # Nothing else serves this application.
    connection = cast(HubProtocol, request.protocol).connection

    def when_gone(gone: Callable[[], None]) -> None:
        connection.gone = gone

    headers = headers_of(request[REQUEST_ID])
    return await commands_response(request, hub, caller, headers, when_gone=when_gone)


async def _commanded(request: web.Request, hub: Hub) -> tuple[Caller, Display]:
    caller = await caller_of(request)
    if caller.kind != "user":
        raise NotAllowedError("A display's token cannot control displays. Use the token of a user (`hub.users`).")
    return caller, hub.service.access.display_for(request.match_info["display"], caller)


def _body(hub: Hub, display: Display) -> dict[str, object]:
    session = hub.sessions.of_display(display.key)
    return {
        "display": display.key,
        "name": display.name,
        "connected": hub.displays.connected(display.key),
        "state": hub.sessions.state_of(display.key).value,
        "profile": session.profile if session else None,
    }
