"""The hub as an aiohttp application: routes, errors, headers, CORS."""

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from time import perf_counter
from typing import Final, cast

import aiohttp_cors
from aiohttp import hdrs, web
from aiohttp.abc import AbstractAccessLogger

from ..const import MAX_REQUEST_BODY_BYTES
from ..exceptions import NavaiError
from ..redact import SAFE
from ..web.responses import new_request_id
from .errors import add_headers, from_aiohttp, response_of
from .keys import ADDRESS, CALLER, HUB, REQUEST_ID
from .open_views import PAGES
from .openapi import describe
from .protocol import HubProtocol
from .routes import OPENAPI_PATH, ROUTES
from .runtime import Hub

_LOGGER = logging.getLogger(__name__)
ACCESS_LOGGER: Final = logging.getLogger("navai_core.hub.access")


_METHODS: Final = frozenset(hdrs.METH_ALL)
_SAFE: Final = {SAFE: True}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build_app(hub: Hub) -> web.Application:
    """The application for a hub. It does not close the hub."""
    app = web.Application(middlewares=[_outermost], client_max_size=MAX_REQUEST_BODY_BYTES)
    app[HUB] = hub
    origins = hub.runtime.settings.hub.cors
    cors = _cors(app, origins) if origins else None
    for method, path, handler in [*((r.method, r.path, r.handler) for r in ROUTES), ("GET", OPENAPI_PATH, _openapi)]:
        # aiohttp would add HEAD, which CORS and the OpenAPI description do not have.
        route = app.router.add_route(method, path, handler)
        if cors is not None:
            cors.add(route)
    for path, page in PAGES:
        # Only for this origin.
        app.router.add_get(path, page, allow_head=False)
    return app


async def _openapi(_: web.Request) -> web.Response:
    return web.Response(body=_description(), content_type="application/json", charset="utf-8")


@cache
def _description() -> bytes:
    return json.dumps(describe()).encode()


def _cors(app: web.Application, origins: Sequence[str]) -> aiohttp_cors.CorsConfig:
    options = aiohttp_cors.ResourceOptions(  # type: ignore[no-untyped-call]
        allow_headers=("Authorization", "Content-Type"), expose_headers=("Retry-After", "X-Request-Id"), max_age=600
    )
    return aiohttp_cors.setup(app, defaults=dict.fromkeys(origins, options))


@web.middleware
async def _outermost(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Gives every request an id, every error its shape, and every answer its headers. Counts all requests."""
    start = perf_counter()
    request_id = request[REQUEST_ID] = new_request_id()
    # Nothing else serves this application.
    connection = cast(HubProtocol, request.protocol).connection
    connection.asked()
    request[ADDRESS] = await _address_of(request)
    try:
        response = await handler(request)
    except NavaiError as error:
        response = response_of(error, request_id)
    except web.HTTPException as error:
        response = response_of(from_aiohttp(error), request_id)
    except Exception:  # the last wall: no traceback may reach a client
        _LOGGER.exception("Request %s failed", request_id)
        response = response_of(
            NavaiError("Something went wrong in navai. Look for the request id in the hub's log."), request_id
        )
    if not response.prepared:
        add_headers(response, request_id)
    if connection.must_make_room:
        response.force_close()
    resource = request.match_info.route.resource
    request.app[HUB].metrics.request(
        resource.canonical if resource else "none",
        request.method if resource else "any",
        response.status,
        perf_counter() - start,
    )
    return response


async def _address_of(request: web.Request) -> str:
    """The route of a request, with the name of the profile or display if it exists, and nothing else."""
    found = request.match_info
    refusal = found.http_exception
    if isinstance(refusal, web.HTTPMethodNotAllowed):
        # The address exists: look it up with a method that it accepts.
        found = await request.app.router.resolve(request.clone(method=min(refusal.allowed_methods)))
    resource = found.route.resource
    if resource is None:
        return "(no such address)"
    settings, address = request.app[HUB].runtime.settings, resource.canonical
    for name, known in (("profile", settings.profiles), ("display", settings.displays)):
        if found.get(name) in known:
            address = address.replace(f"{{{name}}}", found[name])
    return address


class AccessLogger(AbstractAccessLogger):
    """One line per request: who, what, outcome, time, request id. No query, no header, no body.

    Built to be cheap: aiohttp's own format costs more than the rest of a request.
    """

    @property
    def enabled(self) -> bool:
        """Whether the log is written."""
        return self.logger.isEnabledFor(logging.INFO)

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Write the line. `time` is in seconds."""
        self.logger.info(
            "%s %s %s %d %.1fms %s",
            request.get(CALLER, request.remote),
            request.method if request.method in _METHODS else "?",
            request.get(ADDRESS, "(not HTTP)"),
            response.status,
            time * 1000,
            request.get(REQUEST_ID, "-"),
            extra=_SAFE,
        )
