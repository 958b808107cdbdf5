"""Exceptions → HTTP, in one table, and the one shape of an error body.

`{"error": "a sentence with the cure", "code": "stable", "request_id": "…", …data}`: the sentence stands under the name
that the NAVAI contract gives it.
"""

import json
import os
from collections.abc import Mapping
from math import ceil
from types import MappingProxyType
from typing import Final

from aiohttp import web

from .. import exceptions as errors
from ..functions import FunctionFailedError

STATUS: Final[Mapping[type[errors.NavaiError], int]] = MappingProxyType(
    {
        errors.NavaiError: 500,
        errors.InvalidInputError: 400,
        errors.NotSignedInError: 401,
        errors.NotAllowedError: 403,
        errors.NotFoundError: 404,
        errors.MethodNotAllowedError: 405,
        errors.RequestTimeoutError: 408,
        errors.BodyTooLargeError: 413,
        errors.UnsupportedContentTypeError: 415,
        errors.RateLimitedError: 429,
        errors.UpstreamRateLimitedError: 429,
        errors.UpstreamError: 502,
        FunctionFailedError: 502,
        errors.ApiKeyMissingError: 503,
        errors.ApiKeyRefusedError: 503,
        errors.PermissionRefusedError: 503,
        errors.QuotaExhaustedError: 503,
        errors.StartError: 503,
        errors.StoppingError: 503,
        errors.UpstreamTimeoutError: 504,
    }
)


_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    # What runs here is nobody's business.
    "Server": "navai",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def new_request_id() -> str:
    """An id for one request, which stands in its answer and in the log."""
    return f"req_{os.urandom(8).hex()}"


def status_of(error: errors.NavaiError) -> int:
    """The HTTP status of an error: that of the nearest class above it in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def response_of(error: errors.NavaiError, request_id: str) -> web.Response:
    """The whole answer to a request that failed."""
    body = {**error.data, "error": error.message, "code": error.code, "request_id": request_id}
    response = web.Response(
        status=status_of(error), body=json.dumps(body).encode(), content_type="application/json", charset="utf-8"
    )
    if isinstance(error, errors.RateLimitedError | errors.UpstreamRateLimitedError):
        response.headers["Retry-After"] = str(max(1, ceil(error.retry_after)))
    if isinstance(error, errors.MethodNotAllowedError):
        response.headers["Allow"] = ", ".join(error.data["allowed"])
    if isinstance(error, errors.NotSignedInError):
        response.headers["WWW-Authenticate"] = 'Bearer realm="navai"'
    return response


def add_headers(response: web.StreamResponse, request_id: str) -> None:
    """The headers of every answer."""
    response.headers.update(_HEADERS)
    response.headers["X-Request-Id"] = request_id


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
