"""Errors as aiohttp's responses, and what aiohttp itself refuses in our terms."""

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
    """The headers of every answer, but for those that it has in other words."""
    for name, value in headers_of(request_id).items():
        response.headers.setdefault(name, value)


def from_aiohttp(error: web.HTTPException) -> errors.NavaiError:
    """What aiohttp itself refuses, in our terms."""
    if isinstance(error, web.HTTPMethodNotAllowed):
        return errors.MethodNotAllowedError(
            f"This address takes {', '.join(sorted(error.allowed_methods))} only.",
            allowed=sorted(error.allowed_methods),
        )
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return errors.BodyTooLargeError("The request is too large — send at most 64 KiB.")
    if isinstance(error, web.HTTPForbidden):
        return errors.OriginNotAllowedError("Pages of this origin may not call the hub — list it in `hub.cors`.")
    if isinstance(error, web.HTTPNotFound):
        return errors.NotFoundError("There is nothing at this address — see /navai/openapi.json for what there is.")
    return errors.InvalidInputError("The request cannot be understood — send HTTP with a JSON body.")
