"""Reading requests and writing answers: what all views share."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from aiohttp import web
from aiohttp.http import HttpProcessingError

from ..exceptions import InvalidInputError, NotSignedInError, RequestTimeoutError, UnsupportedContentTypeError
from ..models import Caller
from ..options import Option
from ..schema import check_request
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
    except NotSignedInError:
        hub.metrics.sign_in_failures.inc()
        raise
    request[CALLER] = caller.id
    return caller


async def body_of(request: web.Request, fields: Sequence[Option]) -> dict[str, Any]:
    """The request's checked JSON body; an empty body is an empty object.

    Raises:
        UnsupportedContentTypeError: there is a body and it is not declared as JSON.
        RequestTimeoutError: it did not arrive in time.
        InvalidInputError: it is not JSON, not an object, or its fields do not fit.
    """
    try:
        if request.content.is_eof():
            # It came along with the headers, as nearly always.
            raw = await request.read()
        else:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                raw = await request.read()
    except TimeoutError:
        raise RequestTimeoutError("The request's body did not arrive in time — send it at once.") from None
    except (HttpProcessingError, web.RequestPayloadError, ConnectionError):
        # Packed wrongly, or the client went away.
        raise InvalidInputError("The request's body did not arrive whole — send it again.") from None
    if not raw:
        return check_request({}, fields)
    if request.content_type != "application/json":
        raise UnsupportedContentTypeError("The body must be JSON — send the header `Content-Type: application/json`.")
    try:
        body = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise InvalidInputError("The body is not JSON — send an object such as {}.") from None
    if not isinstance(body, dict):
        raise InvalidInputError("The body must be a JSON object such as {}.")
    return check_request(body, fields)


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def answer(body: Mapping[str, Any]) -> web.Response:
    """A JSON answer."""
    return web.Response(body=json.dumps(body).encode(), headers=_JSON)
