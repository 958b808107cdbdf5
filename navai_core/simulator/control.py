"""The endpoints that only a simulator has, under `/_simulator/`. They show no client secret and no key."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

from navai_core.simulator.errors import ApiError
from navai_core.simulator.faults import Fault, FaultSyntaxError
from navai_core.simulator.state import State
from navai_core.simulator.store import without_credentials

PREFIX: Final = "/_simulator/"


def bad_fault(reason: str) -> ApiError:
    """Build a 400 `invalid_fault`: this error is the simulator's own, not OpenAI's."""
    return ApiError(400, f"Invalid fault: {reason}.", code="invalid_fault", kind="simulator_error")


def control(state: State, method: str, name: str, raw: bytes) -> Any:
    """Do what one control request asks for, and return the JSON that answers it; None if there is no such endpoint.

    Raises:
        ApiError: 400 for a body that does not fit.

    """
    match method, name:
        case "GET", _ if name in _VIEWS:
            return _VIEWS[name](state)
        case "DELETE", "requests":
            state.requests.clear()
            return {"requests": []}
        case "POST", "faults":
            _push(state, raw)
        case "DELETE", "faults":
            state.faults.clear()
        case _:
            return None
    return _faults(state)


def _requests(state: State) -> Any:
    mints = [mint.to_json() for mint in state.requests.to_list()]
    return {"requests": mints, "connections": state.connections.opened}


def _secrets(state: State) -> Any:
    return {"count": len(state.secrets)}


def _calls(state: State) -> Any:
    return {"calls": [call.to_json() for call in state.calls.to_list()]}


def _events(state: State) -> Any:
    return {"calls": {call.id: without_credentials(call.events) for call in state.calls.to_list()}}


def _faults(state: State) -> Any:
    return {"faults": state.faults.to_json()}


_VIEWS: Final[Mapping[str, Callable[[State], Any]]] = {
    "requests": _requests,
    "secrets": _secrets,
    "calls": _calls,
    "events": _events,
    "faults": _faults,
}


def _push(state: State, raw: bytes) -> None:
    """Queue the faults of a body: `{"fault": text | [text, …], "times": integer (optional)}`, all of them or none."""
    try:
        body = json.loads(raw)
        given, times = body.pop("fault"), body.pop("times", None)
        texts = given if isinstance(given, list) else [given]
        faults = [Fault.parse(text) for text in texts]
    except FaultSyntaxError as error:
        raise bad_fault(str(error)) from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise bad_fault("expected an object with a member 'fault'") from error
    if body or not (times is None or (type(times) is int and times > 0)):
        raise bad_fault("besides 'fault' there is only 'times', a positive integer")
    for fault in faults:
        state.faults.push(fault, times=times)


def answer(state: State, request: web.Request, raw: bytes) -> web.Response | None:
    """Return the response to a control request, or None when there is no such endpoint."""
    try:
        result = control(state, request.method, request.path.removeprefix(PREFIX), raw)
    except ApiError as error:
        return web.json_response(error.to_json(), status=error.status)
    return None if result is None else web.json_response(result)
