"""What all routes share: the fault of a request, and the headers of every answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from navai_core.simulator import control
from navai_core.simulator.delivery import Answer, deliver, hang_up, refusal, replaced
from navai_core.simulator.errors import ApiError, body_too_large
from navai_core.simulator.fault_values import FaultSyntaxError
from navai_core.simulator.faults import HEADER, MINT, Fault
from navai_core.simulator.mint import MAX_BODY_BYTES
from navai_core.simulator.state import State

_CONSTANT_HEADERS: Final = {
    "Server": "navai-simulator",
    "openai-version": "2020-10-01",
    "openai-organization": "org-simulator",
    "x-ratelimit-limit-requests": "5000",
    "x-ratelimit-remaining-requests": "4999",
    "x-ratelimit-reset-requests": "12ms",
}


Make = Callable[[web.Request, Fault | None], Awaitable[Answer | web.StreamResponse]]
"""Answers a request if its fault allows it. A WebSocket is also an answer."""


def fault_of(request: web.Request, state: State, *, on: str = MINT) -> Fault | None:
    """Return the fault in a request's own header, or the next one of the queue for its kind.

    Raises:
        FaultSyntaxError: The header is not a valid fault.

    """
    reused = state.connections.of(request.transport).requests > 1
    asked = request.headers.getall(HEADER, [])
    if not asked:
        return state.faults.take(reused=reused, on=on)
    fault = Fault.parse(";".join(asked))
    return None if fault.stale and not reused else fault


async def send(
    request: web.Request,
    state: State,
    answer: Answer,
    *,
    request_id: str | None = None,
    fault: Fault | None = None,
    started: float | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.StreamResponse:
    """Send an answer as its fault says, with the headers of every answer and additional ones."""
    common = {**_CONSTANT_HEADERS, "x-request-id": request_id or state.new_id("req_"), **(headers or {})}
    return await deliver(request, answer, fault, common, time.perf_counter() if started is None else started)


async def meet(
    request: web.Request, state: State, on: str, make: Make, headers: Mapping[str, str] | None = None
) -> web.StreamResponse:
    """Apply the fault of a request, and answer it with the result or the error of `make`."""
    started = time.perf_counter()
    try:
        fault = fault_of(request, state, on=on)
    except FaultSyntaxError as error:
        return await send(request, state, refusal(control.bad_fault(str(error))), headers=headers)
    if fault and fault.latency_ms:
        await asyncio.sleep(fault.latency_ms / 1000)
    if fault and (fault.drop or fault.stale):
        hang_up(request)
        return web.Response()
    try:
        answer = (replaced(fault, state.clock()) if fault else None) or await make(request, fault)
        if isinstance(answer, web.StreamResponse):
            return answer
    except web.HTTPRequestEntityTooLarge:
        answer = refusal(body_too_large(MAX_BODY_BYTES))
    except ApiError as error:
        answer = refusal(error)
    shown = None if fault and fault.no_cors else headers
    return await send(request, state, answer, fault=fault, started=started, headers=shown)
