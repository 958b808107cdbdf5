"""The HTTP side of the simulator.

| method | path | who may call it |
|---|---|---|
| POST | `/v1/realtime/client_secrets` | `Authorization: Bearer sk-…` |
| POST | `/openai/v1/realtime/client_secrets` | the same, or `api-key: sk-…` (Azure) |
| POST | `/v1/realtime/calls` and below | `call_routes` says who |
| GET | `/v1/realtime?call_id=…` (WebSocket) | `Authorization: Bearer sk-…` |
| GET | `/v1/models` and `/v1/models/{id}` | `Authorization: Bearer sk-…` |
| GET, DELETE | `/_simulator/requests` | programs on this machine |
| GET | `/_simulator/secrets` | programs on this machine: how many, never which |
| GET | `/_simulator/calls`, `/_simulator/events` | programs on this machine |
| GET, POST, DELETE | `/_simulator/faults` | programs on this machine |
| POST | `/_simulator/sidebands` | programs on this machine |

Everything else is 404 in OpenAI's shape, and the connection stays open: a client may request any address to open a
connection early.
"""

import asyncio
import json
import time
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from navai_core.simulator import call_routes, control, models
from navai_core.simulator.answering import fault_of, meet, send
from navai_core.simulator.delivery import Answer, hang_up, refusal, replaced
from navai_core.simulator.errors import ApiError, body_too_large, method_not_allowed, unknown_url
from navai_core.simulator.fault_values import FaultSyntaxError
from navai_core.simulator.faults import MODELS, Fault
from navai_core.simulator.mint import (
    AZURE_PATH,
    MAX_BODY_BYTES,
    PATH,
    Incoming,
    check_key,
    mint,
    read,
    recorded_headers,
)
from navai_core.simulator.state import State
from navai_core.simulator.store import Mint

MODELS_PATH: Final = "/v1/models"
STATE: Final = web.AppKey("simulator_state", State)


def build(state: State) -> web.Application:
    """Build the routes of one simulator, as an application for any aiohttp runner."""
    app = web.Application(middlewares=[_count_requests], client_max_size=MAX_BODY_BYTES)
    app[STATE] = state
    app.router.add_route("*", PATH, _client_secrets)
    app.router.add_route("*", AZURE_PATH, _client_secrets)
    call_routes.add(app, state)
    app.router.add_route("GET", MODELS_PATH, _models)
    app.router.add_route("GET", MODELS_PATH + "/{model}", _models)
    app.router.add_route("*", control.PREFIX + "{name}", _control)
    app.router.add_route("*", "/{path:.*}", _unknown)
    return app


@web.middleware
async def _count_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count the requests of each connection, so that the mint can distinguish new and reused ones."""
    request.app[STATE].connections.of(request.transport).requests += 1
    return await handler(request)


async def _unknown(request: web.Request) -> web.StreamResponse:
    return await send(request, request.app[STATE], refusal(unknown_url(request.method, request.path)))


async def _models(request: web.Request) -> web.StreamResponse:
    state = request.app[STATE]

    async def make(request: web.Request, _: Fault | None) -> Answer:
        check_key(state, request.headers, azure=False)
        name = request.match_info.get("model")
        found = models.listed(state.rules) if name is None else models.one(name, state.rules)
        return Answer(200, json.dumps(found).encode())

    return await meet(request, state, MODELS, make)


async def _control(request: web.Request) -> web.StreamResponse:
    try:
        control.check_from_here(request)
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        return await send(request, request.app[STATE], refusal(body_too_large(MAX_BODY_BYTES)))
    except ApiError as error:
        return await send(request, request.app[STATE], refusal(error))
    response = control.answer(request.app[STATE], request, raw)
    return await _unknown(request) if response is None else response


async def _client_secrets(request: web.Request) -> web.StreamResponse:
    """Record the request, apply its fault, and answer it."""
    started = time.perf_counter()
    state = request.app[STATE]
    if request.method != "POST":
        return await send(request, state, refusal(method_not_allowed(request.method, request.path)))
    try:
        incoming = read(request.path, request.headers, await request.read())
    except web.HTTPRequestEntityTooLarge:
        incoming = Incoming(request.path, request.headers, None, body_too_large(MAX_BODY_BYTES))
    request_id = state.new_id("req_")
    connection = state.connections.of(request.transport)
    try:
        fault = fault_of(request, state)
    except FaultSyntaxError as error:
        return await send(request, state, refusal(control.bad_fault(str(error))), request_id=request_id)
    sequence = state.requests.next_sequence()
    if state.record:
        state.requests.add(
            Mint(
                sequence=sequence,
                time=state.clock(),
                request_id=request_id,
                connection=connection.number,
                method=request.method,
                path=request.path,
                headers=recorded_headers(request.headers),
                body=incoming.body,
                fault=fault.text if fault else None,
            )
        )
    delay_s = state.latency_s + (fault.latency_ms / 1000 if fault else 0)
    if delay_s:
        await asyncio.sleep(delay_s)
    if fault and (fault.drop or fault.stale):
        hang_up(request)
        return web.Response()
    answer = (replaced(fault, state.clock()) if fault else None) or _mint(state, incoming, request_id)
    state.requests.answered(sequence, answer.status)
    return await send(request, state, answer, request_id=request_id, fault=fault, started=started)


def _mint(state: State, incoming: Incoming, request_id: str) -> Answer:
    try:
        return mint(state, incoming, request_id)
    except ApiError as error:
        return refusal(error)
