"""The HTTP side of calls.

| method | path | who may call it |
|---|---|---|
| POST | `/v1/realtime/calls`, an SDP offer | `Authorization: Bearer ek_…`; also `sk-…`, with `?model=` |
| POST | the same, a form with `sdp` and `session` | `Authorization: Bearer sk-…` |
| POST | `/v1/realtime/calls/{id}/hangup` | `Authorization: Bearer sk-…` |
| OPTIONS | `/v1/realtime/calls` | a browser, before it posts from another origin |

Azure's addresses, below `/openai`, take `api-key: sk-…` too.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from navai_core.simulator import control, sideband
from navai_core.simulator.answering import fault_of, send
from navai_core.simulator.checks import invalid, missing
from navai_core.simulator.delivery import Answer, hang_up, refusal, replaced
from navai_core.simulator.errors import (
    ApiError,
    body_too_large,
    expired_secret,
    method_not_allowed,
    unsupported_content_type,
    wrong_key,
)
from navai_core.simulator.faults import CALL, Fault, FaultSyntaxError
from navai_core.simulator.mint import MAX_BODY_BYTES, check_key, key_of, parse_json
from navai_core.simulator.session import read_order
from navai_core.simulator.state import State

PREFIXES: Final = ("/v1/realtime", "/openai/v1/realtime")
SDP: Final = "application/sdp"
_FORM: Final = "multipart/form-data"
_SECRET: Final = "ek_"  # noqa: S105 - how client secrets begin
CORS: Final = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Location, x-request-id"}
_PREFLIGHT: Final = {
    **CORS,
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "authorization, content-type, x-openai-agents-sdk",
    "Access-Control-Max-Age": "600",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What a client offers: its SDP, and the session that it asks for."""

    sdp: str = field(repr=False)
    session: Mapping[str, Any] = field(repr=False)


class _Routes:
    """The routes of one simulator's calls."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def preflight(self, request: web.Request) -> web.StreamResponse:
        """Tell a browser what it may send from another origin."""
        return await send(request, self._state, Answer(200, b""), headers=_PREFLIGHT)

    async def refuse(self, request: web.Request) -> web.StreamResponse:
        """Answer a method that is not taken here."""
        answer = refusal(method_not_allowed(request.method, request.path))
        return await send(request, self._state, answer, headers=CORS)

    async def create(self, request: web.Request) -> web.StreamResponse:
        """Let the request meet its fault, and open a call."""
        started = time.perf_counter()
        try:
            fault = fault_of(request, self._state, on=CALL)
        except FaultSyntaxError as error:
            return await send(request, self._state, refusal(control.bad_fault(str(error))), headers=CORS)
        if fault and fault.latency_ms:
            await asyncio.sleep(fault.latency_ms / 1000)
        if fault and (fault.drop or fault.stale):
            hang_up(request)
            return web.Response()
        answer = (replaced(fault, self._state.clock()) if fault else None) or await self._open(request, fault)
        return await send(request, self._state, answer, fault=fault, started=started, headers=CORS)

    async def _open(self, request: web.Request, fault: Fault | None) -> Answer:
        try:
            offer = await _read(self._state, request)
            call, sdp = await self._state.calls.open(offer.session, offer.sdp, fault)
        except web.HTTPRequestEntityTooLarge:
            return refusal(body_too_large(MAX_BODY_BYTES))
        except ApiError as error:
            return refusal(error)
        return Answer(201, sdp.encode(), SDP, {"Location": f"{request.path}/{call.id}"})

    async def hangup(self, request: web.Request) -> web.StreamResponse:
        """End a call."""
        try:
            check_key(self._state, request.headers, azure=is_azure(request))
            self._state.calls.on(request.match_info["id"]).end("hangup")
        except ApiError as error:
            return await send(request, self._state, refusal(error))
        return await send(request, self._state, Answer(200, b""))

    async def close(self, _: web.Application) -> None:
        """End all calls."""
        await self._state.calls.close()


def add(app: web.Application, state: State) -> None:
    """Add the routes of calls."""
    routes = _Routes(state)
    for prefix in PREFIXES:
        app.router.add_route("OPTIONS", f"{prefix}/calls", routes.preflight)
        app.router.add_route("POST", f"{prefix}/calls", routes.create)
        app.router.add_route("*", f"{prefix}/calls", routes.refuse)
        app.router.add_route("POST", f"{prefix}/calls/{{id}}/hangup", routes.hangup)
        app.router.add_route("GET", prefix, sideband.Sideband(state).serve)
    app.on_shutdown.append(routes.close)


def is_azure(request: web.Request) -> bool:
    """Tell whether a request came to one of Azure's addresses."""
    return request.path.startswith(PREFIXES[1])


async def _read(state: State, request: web.Request) -> Offer:
    """Return what a request offers.

    Raises:
        ApiError: Its credential or its body does not fit.

    """
    key = key_of(request.headers, azure=is_azure(request))
    if key.startswith(_SECRET):
        return Offer(_text(await request.read()), _session_of(state, key, request))
    check_key(state, request.headers, azure=is_azure(request))
    if request.content_type == SDP:
        model = request.query.get("model")
        asked = {"type": "realtime"} if model is None else {"type": "realtime", "model": model}
        return Offer(_text(await request.read()), _effective(state, asked, request))
    if request.content_type != _FORM:
        raise unsupported_content_type(request.headers.get("Content-Type", ""))
    parts = await _parts(request)
    if "sdp" not in parts:
        raise missing("sdp")
    session = parse_json(parts.get("session", b'{"type": "realtime"}'))
    return Offer(_text(parts["sdp"]), _effective(state, session, request))


def _session_of(state: State, secret: str, request: web.Request) -> Mapping[str, Any]:
    """Return the session that a client secret stands for. It may start several."""
    record = state.secrets.lookup(secret)
    if record is None:
        raise expired_secret() if state.secrets.knew(secret) else wrong_key(secret)
    if request.content_type != SDP:
        raise unsupported_content_type(request.headers.get("Content-Type", ""))
    return _realtime_only(record.session)


def _effective(state: State, session: Any, request: web.Request) -> Mapping[str, Any]:
    order = read_order({"session": session}, any_model=is_azure(request))
    return _realtime_only({**order.session, "id": state.new_id("sess_", 12)})


def _realtime_only(session: Mapping[str, Any]) -> Mapping[str, Any]:
    if session["type"] != "realtime":
        raise invalid("session.type", "The simulator has no calls for transcription sessions.")
    return session


async def _parts(request: web.Request) -> dict[str, bytes]:
    """Return the parts of a form."""
    try:
        form = await request.post()
    except (ValueError, AssertionError) as error:
        raise ApiError(400, "We could not parse the form of your request.", code="invalid_form") from error
    found = {}
    for name, value in form.items():
        if isinstance(value, web.FileField):
            found[name] = value.file.read()
        else:
            found[name] = value.encode() if isinstance(value, str) else bytes(value)
    return found


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")
