"""Reading requests and writing answers: what all views share."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from aiohttp.http import HttpProcessingError

from ..exceptions import InvalidInputError, NotSignedInError, RequestTimeoutError, TooManyFailuresError
from ..models import Caller
from .auth import address_of, sign_in
from .keys import CALLER, HUB

BODY_TIMEOUT_S: Final = 10.0
_JSON: Final = {"Content-Type": "application/json; charset=utf-8"}


async def caller_of(request: web.Request) -> Caller:
    """Who sends a request.

    Raises:
        NotSignedInError, TooManyFailuresError: see `auth.sign_in`.
    """
    hub = request.app[HUB]
    house = hub.house
    try:
        caller = await sign_in(
            request, house.tokens, hub.limiter, address_of(request, house.settings.hub.trusted_proxies)
        )
    except (NotSignedInError, TooManyFailuresError):
        hub.metrics.sign_in_failures.inc()
        raise
    request[CALLER] = caller.id
    return caller


async def body_of(request: web.Request) -> bytes:
    """The request's whole body.

    Raises:
        RequestTimeoutError: it did not arrive in time.
        InvalidInputError: it did not arrive whole.
    """
    try:
        if request.content.is_eof():
            # It came along with the headers, as nearly always.
            return await request.read()
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await request.read()
    except TimeoutError:
        raise RequestTimeoutError("The request's body did not arrive in time — send it at once.") from None
    except (HttpProcessingError, web.RequestPayloadError, ConnectionError):
        # Packed wrongly, or the client went away.
        raise InvalidInputError("The request's body did not arrive whole — send it again.") from None


def answer(body: Mapping[str, Any]) -> web.Response:
    """A JSON answer."""
    return web.Response(body=json.dumps(body).encode(), headers=_JSON)
