"""The routes for callers, the same as in the standalone hub, and the commands for displays that have a token.

`GET display/commands` is for a display that does not run Home Assistant's interface, such as the kiosk page. It is an
endless response with each start, stop and change. `secure=0` in the query means that its page has no microphone access.
The first event is `{"type": "stream", "stream": "…"}`; reports need this id. The second event is the display's
configuration. The others are the same as those of `navai/subscribe` over the websocket.

`GET one-time/{token}` is for anyone who has the address, which the action `navai.create_client_secret` returns: it
sends the client secret, once.
"""

from aiohttp import web
from homeassistant.components.http import KEY_HASS
from homeassistant.components.http.auth import SIGN_QUERY_PARAM
from homeassistant.core import HomeAssistant
from multidict import MultiDict

from ..const import PREFIX
from ..data import DATA, NavaiData
from ..navai_core import Caller
from ..navai_core.web.api import API, ApiRequest, Route
from ..navai_core.web.responses import new_request_id
from ..navai_core.web.streams import commands_response
from .base import OUR_HEADERS, Answer, NavaiView


def register(hass: HomeAssistant) -> None:
    """Register all views, once."""
    for route in API:
        hass.http.register_view(ApiView(route))
    hass.http.register_view(CommandsView())
    hass.http.register_view(OneTimeView())


class ApiView(NavaiView):
    """One route that both hosts have."""

    def __init__(self, route: Route) -> None:
        self.url = f"{PREFIX}/{route.path}"
        self.name = f"api:navai:{route.path}"

        async def handle(request: web.Request, data: NavaiData, caller: Caller) -> Answer:
            query = MultiDict(request.query)
            # Home Assistant adds this to a signed path.
            query.popall(SIGN_QUERY_PARAM, None)
            answer: Answer = await route.handler(ApiRequest(data, request, caller, query))
            return answer

        async def view(request: web.Request, **_: str) -> web.StreamResponse:
            return await self.answer_caller(request, handle)

        setattr(self, route.method.lower(), view)


class CommandsView(NavaiView):
    """The client is the display for as long as this response is open."""

    url = f"{PREFIX}/display/commands"
    name = "api:navai:display/commands"

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Send the display's commands."""

        async def handle(request: web.Request, data: NavaiData, caller: Caller) -> web.StreamResponse:
            return await commands_response(request, data, caller, {**OUR_HEADERS, "X-Request-Id": new_request_id()})

        return await self.answer_caller(request, handle)


class OneTimeView(NavaiView):
    """Sends a client secret once. Nobody can guess the address."""

    url = f"{PREFIX}/one-time/{{token}}"
    name = "api:navai:one-time"

    async def get(self, request: web.Request, token: str) -> web.StreamResponse:
        """Send the secret, and forget it."""

        async def handle() -> Answer:
            return request.app[KEY_HASS].data[DATA].one_time.take(token)

        return await self.answer(request, handle)
