"""How both hosts read an HTTP request."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from aiohttp import web
from aiohttp.http import HttpProcessingError

from ..config.options import EXECUTE_REQUEST, PROFILE_QUERY, Option
from ..config.schema import check_request
from ..const import MAX_REQUEST_BODY_BYTES
from ..exceptions import BodyTooLargeError, InvalidInputError, RequestTimeoutError, UnsupportedContentTypeError
from ..models import Overrides

BODY_TIMEOUT_S: Final = 10.0
_CONTRACT_NAMES: Final = {"voiceAccent": "accent", "voiceTone": "tone"}


async def body_of(request: web.Request) -> bytes:
    """The body of a request. It must be small and must arrive in time.

    Raises:
        BodyTooLargeError: it is too large.
        RequestTimeoutError: it does not arrive in time.
        InvalidInputError: it is incomplete.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > MAX_REQUEST_BODY_BYTES:
                    raise BodyTooLargeError("The request is too large. Send at most 64 KiB.")
    except TimeoutError:
        raise RequestTimeoutError("The request body did not arrive in time. Send it at once.") from None
    except (HttpProcessingError, web.RequestPayloadError, ConnectionError):
        # Wrong compression, or the client disconnected.
        raise InvalidInputError("The request body is incomplete. Send it again.") from None
    return bytes(body)


def read_body(raw: bytes, content_type: str, fields: Sequence[Option]) -> dict[str, Any]:
    """The checked JSON body; an empty body is an empty object.

    Raises:
        UnsupportedContentTypeError: there is a body and it is not declared as JSON.
        InvalidInputError: it is not JSON, not an object, or its fields are not valid.
    """
    return check_request(read_json(raw, content_type), fields)


def read_json(raw: bytes, content_type: str) -> dict[str, Any]:
    """The JSON body, unchecked; an empty body is an empty object.

    Raises:
        UnsupportedContentTypeError: there is a body and it is not declared as JSON.
        InvalidInputError: it is not JSON, or not an object.
    """
    if not raw:
        return {}
    if content_type != "application/json":
        raise UnsupportedContentTypeError("The body must be JSON. Send the header `Content-Type: application/json`.")
    try:
        body = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise InvalidInputError("The body is not JSON. Send an object such as {}.") from None
    if not isinstance(body, dict):
        raise InvalidInputError("The body must be a JSON object such as {}.")
    return body


def read_execute_body(raw: bytes, content_type: str) -> dict[str, Any]:
    """The body of a function call, with the contract's own error if the name is missing."""
    try:
        return read_body(raw, content_type, EXECUTE_REQUEST)
    except InvalidInputError as error:
        problems = {(problem["field"], problem["code"]) for problem in error.data.get("problems", ())}
        if problems & {("function_name", "missing_key"), ("function_name", "too_short")}:
            raise InvalidInputError("function_name is required.", **error.data) from None
        raise


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def profile_in(query: Mapping[str, str]) -> str:
    """The profile in a query, or an empty string. See `check_query`."""
    profile: str = check_query(query, PROFILE_QUERY).get("profile", "") if query else ""
    return profile


def check_query(query: Mapping[str, str], fields: Sequence[Option]) -> dict[str, Any]:
    """The parameters of a query.

    Raises:
        InvalidInputError: it has an unknown parameter, or one twice.
    """
    if len(query) != len(set(query)):
        raise InvalidInputError("The query has a parameter twice. Send it once.")
    return check_request(query, fields)


def overrides_of(body: Mapping[str, str]) -> Overrides | None:
    """What a request changes in its profile. The names may be those of the contract."""
    return Overrides(**{_CONTRACT_NAMES.get(name, name): value for name, value in body.items()}) if body else None
