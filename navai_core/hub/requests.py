"""What all views share: the caller, by the token of the request, and the writing of answers."""

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, Final

from aiohttp import web

from ..exceptions import NotSignedInError, TooManyFailuresError
from ..models import Caller
from ..tokens import sign_in
from ..web.api import ApiRequest
from .auth import address_of
from .keys import CALLER, HUB

_JSON: Final = {"Content-Type": "application/json; charset=utf-8"}


async def caller_of(request: web.Request) -> Caller:
    """The caller of a request.

    Raises:
        TooManyFailuresError: the token is unknown, and its address has sent too many unknown tokens.
        NotSignedInError: no token, or an unknown one.
    """
    hub = request.app[HUB]
    runtime = hub.runtime

    async def failed(_: str) -> None:
        await hub.limiter.count_failure(address_of(request, runtime.settings.hub.trusted_proxies))

    try:
        caller = await sign_in(request.headers.get("Authorization", ""), runtime.tokens, failed)
    except (NotSignedInError, TooManyFailuresError):
        hub.metrics.sign_in_failures.inc()
        raise
    request[CALLER] = caller.id
    return caller


def view(
    handler: Callable[[ApiRequest], Awaitable[Mapping[str, Any]]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A route of both hosts, as a handler for aiohttp."""

    @wraps(handler)
    async def handle(request: web.Request) -> web.Response:
        return answer(await handler(ApiRequest(request.app[HUB], request, await caller_of(request), request.query)))

    return handle


def answer(body: Mapping[str, Any]) -> web.Response:
    """A JSON answer."""
    return web.Response(body=json.dumps(body).encode(), headers=_JSON)
