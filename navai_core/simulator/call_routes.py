"""The HTTP side of calls.

| method | path | who may call it |
|---|---|---|
| POST | `/v1/realtime/calls`, an SDP offer | `Authorization: Bearer ek_…`; also `sk-…`, with `?model=` |
| POST | the same, a form with `sdp` and `session` | `Authorization: Bearer sk-…` |
| POST | `/v1/realtime/calls/{id}/hangup` | `Authorization: Bearer sk-…` |
| OPTIONS | `/v1/realtime/calls` | a browser, before it posts from another origin |

Azure's addresses, below `/openai`, also accept `api-key: sk-…`.
"""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from navai_core.simulator.answering import Make, meet, send
from navai_core.simulator.delivery import Answer, refusal
from navai_core.simulator.errors import method_not_allowed, unknown_url
from navai_core.simulator.faults import CALL, HANGUP, Fault
from navai_core.simulator.mint import check_key, project_of
from navai_core.simulator.offers import SDP, is_azure, read_offer
from navai_core.simulator.rules import XAI
from navai_core.simulator.sideband import Sideband
from navai_core.simulator.state import State

PREFIXES: Final = ("/v1/realtime", "/openai/v1/realtime")
CORS: Final = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Location, x-request-id"}
_PREFLIGHT: Final = {
    **CORS,
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "authorization, content-type, x-openai-agents-sdk",
    "Access-Control-Max-Age": "600",
}


class _Routes:
    """The routes of one simulator's calls."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def preflight(self, request: web.Request) -> web.StreamResponse:
        """Tell a browser what it may send from another origin."""
        return await send(request, self._state, Answer(200, b""), headers=_PREFLIGHT)

    async def refuse(self, request: web.Request) -> web.StreamResponse:
        """Answer a method that is not allowed here."""
        answer = refusal(method_not_allowed(request.method, request.path))
        return await send(request, self._state, answer, headers=CORS)

    async def create(self, request: web.Request) -> web.StreamResponse:
        """Open a call."""
        return await self._met(request, CALL, self._open, headers=CORS)

    async def _open(self, request: web.Request, fault: Fault | None) -> Answer:
        offer = await read_offer(self._state, request)
        call, sdp = await self._state.calls.open(
            offer.session, offer.sdp, fault, project=offer.project, by_secret=offer.by_secret
        )
        return Answer(201, sdp.encode(), SDP, {"Location": f"{request.path}/{call.id}"})

    async def hangup(self, request: web.Request) -> web.StreamResponse:
        """End a call."""
        return await self._met(request, HANGUP, self._end)

    async def _end(self, request: web.Request, _: Fault | None) -> Answer:
        azure = is_azure(request)
        check_key(self._state, request.headers, azure=azure)
        self._state.calls.on(request.match_info["id"], project_of(request.headers, azure=azure)).end("hangup")
        return Answer(200, b"")

    async def _met(
        self, request: web.Request, on: str, make: Make, headers: Mapping[str, str] | None = None
    ) -> web.StreamResponse:
        # xAI's Realtime only has WebSockets.
        if self._state.rules.dialect == XAI:
            return await send(request, self._state, refusal(unknown_url(request.method, request.path)))
        return await meet(request, self._state, on, make, headers)

    async def watch(self, request: web.Request) -> web.StreamResponse:
        """Serve a sideband."""
        return await Sideband(self._state).serve(request)

    async def close(self, _: web.Application) -> None:
        """End all calls."""
        await self._state.calls.close()


def add(app: web.Application, state: State) -> None:
    """Add the routes of calls."""
    routes = _Routes(state)
    for prefix in PREFIXES:
        app.router.add_route("OPTIONS", f"{prefix}/calls", routes.preflight)
        app.router.add_route("POST", f"{prefix}/calls", routes.create)
        app.router.add_route("*", f"{prefix}/calls", routes.refuse)
        app.router.add_route("POST", f"{prefix}/calls/{{id}}/hangup", routes.hangup)
        app.router.add_route("GET", prefix, routes.watch)
    app.on_shutdown.append(routes.close)
