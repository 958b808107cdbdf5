"""The routes for callers, as the standalone hub has them, and the commands of displays that have a token.

`GET display/commands` is for a display that does not run Home Assistant's interface, such as the kiosk page: an endless
answer with each start, stop and change, for as long as it is open. `secure=0` in the query says that its page may not
use the microphone. Its first event is `{"type": "stream", "stream": "…"}`, which reports name, its second the display's
configuration; the others are what `navai/subscribe` sends over the websocket.
"""

from aiohttp import web
from homeassistant.components.http.auth import SIGN_QUERY_PARAM
from homeassistant.core import HomeAssistant
from multidict import MultiDict

from ..const import PREFIX
from ..data import NavaiData
from ..navai_core import Caller
from ..navai_core.web.api import API, Asked, Route
from ..navai_core.web.responses import new_request_id
from ..navai_core.web.streams import commands_response
from .base import OUR_HEADERS, Answer, NavaiView


def register(hass: HomeAssistant) -> None:
    """Register all views, once."""
    for route in API:
        hass.http.register_view(ApiView(route))
    hass.http.register_view(CommandsView())


class ApiView(NavaiView):
    """One route that both hosts have."""

    def __init__(self, route: Route) -> None:
        self.url = f"{PREFIX}/{route.path}"
        self.name = f"api:navai:{route.path}"

        async def handle(request: web.Request, data: NavaiData, caller: Caller) -> Answer:
            query = MultiDict(request.query)
            # Home Assistant's own, of a signed path.
            query.popall(SIGN_QUERY_PARAM, None)
            answer: Answer = await route.handler(Asked(data, request, caller, query))
            return answer

        async def view(request: web.Request, **_: str) -> web.StreamResponse:
            return await self.answer_caller(request, handle)

        setattr(self, route.method.lower(), view)


class CommandsView(NavaiView):
    """Be the display, for as long as the answer is open."""

    url = f"{PREFIX}/display/commands"
    name = "api:navai:display/commands"

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Send what concerns the display."""

        async def handle(request: web.Request, data: NavaiData, caller: Caller) -> web.StreamResponse:
            return await commands_response(request, data, caller, {**OUR_HEADERS, "X-Request-Id": new_request_id()})

        return await self.answer_caller(request, handle)
