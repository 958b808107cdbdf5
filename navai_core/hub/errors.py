"""Errors as aiohttp responses, and aiohttp's own errors as ours."""

import json

from aiohttp import web

from .. import exceptions as errors
from ..web.responses import HEADERS, error_body, error_headers, status_of


def response_of(error: errors.NavaiError, request_id: str) -> web.Response:
    """The whole answer to a request that failed."""
    body = json.dumps(error_body(error, request_id)).encode()
    response = web.Response(status=status_of(error), body=body, content_type="application/json", charset="utf-8")
    response.headers.update(error_headers(error))
    return response


def headers_of(request_id: str) -> dict[str, str]:
    """The headers of every answer."""
    return {**HEADERS, "X-Request-Id": request_id}


def add_headers(response: web.StreamResponse, request_id: str) -> None:
    """The headers of every answer, except those that the answer sets itself."""
    for name, value in headers_of(request_id).items():
        response.headers.setdefault(name, value)


def from_aiohttp(error: web.HTTPException) -> errors.NavaiError:
    """Our error for one of aiohttp's own errors."""
    if isinstance(error, web.HTTPMethodNotAllowed):
        return errors.MethodNotAllowedError(
            f"Use {' or '.join(sorted(error.allowed_methods))} for this address.",
            allowed=sorted(error.allowed_methods),
        )
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return errors.BodyTooLargeError("The request is too large. Send at most 64 KiB.")
    if isinstance(error, web.HTTPForbidden):
        return errors.OriginNotAllowedError("Pages of this origin may not call the hub. Add the origin to `hub.cors`.")
    if isinstance(error, web.HTTPNotFound):
        return errors.NotFoundError("There is nothing at this address. See /navai/openapi.json for all addresses.")
    return errors.InvalidInputError("The request is not valid. Send HTTP with a JSON body.")
