"""Sends an answer, on time or late, complete or cut, as the fault says."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from aiohttp import web

from navai_core.simulator.errors import ApiError
from navai_core.simulator.faults import Fault
from navai_core.simulator.named_errors import error_for

HUGE_BODY_BYTES: Final = 4 * 1024 * 1024
_PIECES: Final = 100
_JSON: Final = "application/json"

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer before any fault. The body may have a client secret."""

    status: int
    body: bytes = field(repr=False)
    content_type: str = _JSON
    headers: Headers = field(default_factory=dict, repr=False)


def refusal(error: ApiError) -> Answer:
    """Return the answer for an error."""
    return Answer(error.status, error.encode())


def replaced(fault: Fault, now: float) -> Answer | None:
    """Return the answer with which a fault replaces the real one; None if it does not.

    `now` is in seconds since the epoch. If a fault has several answers, the first of these wins:
    `redirect`, `body`, `error-body`, `error` and `status`.
    """
    if fault.redirect is not None:
        return Answer(fault.status or 307, b"", headers={"Location": fault.redirect})
    if fault.body is not None:
        return replace(_BODIES[fault.body](int(now)), status=fault.status or 200)
    if fault.error_body is not None:
        return Answer(fault.status or 400, fault.error_body.encode())
    if fault.error is not None or fault.status is not None:
        return refusal(error_for(fault.error, fault.status))
    return None


def hints(fault: Fault) -> dict[str, str]:
    """Return the headers about retries that a fault adds to any answer."""
    wanted = {
        "Retry-After": fault.retry_after,
        "retry-after-ms": fault.retry_after_ms,
        "x-should-retry": fault.should_retry,
    }
    return {name: value for name, value in wanted.items() if value is not None}


async def deliver(
    request: web.Request, answer: Answer, fault: Fault | None, common: Headers, started: float
) -> web.StreamResponse:
    """Send an answer as the fault says.

    Args:
        request: The request.
        answer: The answer.
        fault: The fault of the request.
        common: The headers of every answer.
        started: When the request arrived, on `time.perf_counter`, in seconds.

    """
    headers = {
        **common,
        "Content-Type": answer.content_type,
        "openai-processing-ms": str(int((time.perf_counter() - started) * 1000)),
        **answer.headers,
    }
    if fault is not None:
        headers.update(hints(fault))
        if fault.truncate or fault.slow_body_ms:
            return await _in_pieces(request, answer, headers, fault)
    return web.Response(status=answer.status, body=answer.body, headers=headers)


async def _in_pieces(request: web.Request, answer: Answer, headers: dict[str, str], fault: Fault) -> web.StreamResponse:
    """Send the body slowly over `slow_body_ms`, and stop in the middle if it is to be truncated."""
    length = {"Content-Length": str(len(answer.body))}
    response = web.StreamResponse(status=answer.status, headers=headers | length)
    end = len(answer.body) // 2 if fault.truncate else len(answer.body)
    size = max(1, end // _PIECES)
    pieces = range(0, end, size)
    with contextlib.suppress(ConnectionError):  # the client has disconnected
        await response.prepare(request)
        for start in pieces:
            await response.write(answer.body[start : min(start + size, end)])
            if fault.slow_body_ms:
                await asyncio.sleep(fault.slow_body_ms / 1000 / len(pieces))
    if fault.truncate:
        hang_up(request)
    return response


def hang_up(request: web.Request) -> None:
    """Close the connection of a request, after the bytes that were written so far."""
    if request.transport is not None:
        request.transport.close()


def _secret(**members: object) -> bytes:
    """Encode a minimal client secret with some members replaced; None leaves one out."""
    body: dict[str, object] = {
        "value": "ek_" + "0" * 32,
        "session": {"type": "realtime", "object": "realtime.session", "id": "sess_" + "0" * 24},
        **members,
    }
    return json.dumps({name: value for name, value in body.items() if value is not None}).encode()


_SIGN_IN: Final = (
    b"<!doctype html><html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1>"
    b'<form action="/login" method="post"><input name="user"><input name="password" type="password"></form>'
    b"</body></html>"
)
_BODIES: Final[Mapping[str, Callable[[int], Answer]]] = {
    "not-json": lambda _: Answer(200, b"<!doctype html><title>502</title>Bad gateway", "text/html"),
    "sign-in": lambda _: Answer(200, _SIGN_IN, "text/html; charset=utf-8"),
    "not-utf8": lambda now: Answer(200, _secret(expires_at=now + 600).replace(b"ek_0", b"ek_\xff")),
    "empty": lambda _: Answer(200, b""),
    "other-shape": lambda _: Answer(200, b'{"object": "list", "data": []}'),
    "array": lambda now: Answer(200, b"[" + _secret(expires_at=now + 600) + b"]"),
    "no-value": lambda now: Answer(200, _secret(expires_at=now + 600, value=None)),
    "bad-value": lambda now: Answer(200, _secret(expires_at=now + 600, value="sk-not-a-client-secret")),
    "no-expiry": lambda _: Answer(200, _secret()),
    "bad-expiry": lambda _: Answer(200, _secret(expires_at="in ten minutes")),
    "past-expiry": lambda now: Answer(200, _secret(expires_at=now - 1)),
    "huge": lambda now: Answer(200, _secret(expires_at=now + 600, padding="x" * HUGE_BODY_BYTES)),
}
