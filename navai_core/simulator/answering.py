"""What all routes share: the fault that a request meets, and the headers that every answer has."""

import time
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from navai_core.simulator.delivery import Answer, deliver
from navai_core.simulator.faults import HEADER, MINT, Fault
from navai_core.simulator.state import State

_CONSTANT_HEADERS: Final = {
    "Server": "navai-simulator",
    "openai-version": "2020-10-01",
    "openai-organization": "org-simulator",
    "x-ratelimit-limit-requests": "5000",
    "x-ratelimit-remaining-requests": "4999",
    "x-ratelimit-reset-requests": "12ms",
}


def fault_of(request: web.Request, state: State, *, on: str = MINT) -> Fault | None:
    """Return the fault that a request asks for itself, or the next one of the queue for its kind.

    Raises:
        FaultSyntaxError: What the request asks for is no fault.

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
    """Send an answer as its fault says, with the headers that every answer has and some more."""
    common = {**_CONSTANT_HEADERS, "x-request-id": request_id or state.new_id("req_"), **(headers or {})}
    return await deliver(request, answer, fault, common, time.perf_counter() if started is None else started)
