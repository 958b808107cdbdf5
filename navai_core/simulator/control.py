"""The endpoints that only a simulator has, under `/_simulator/`. They show no client secrets and no keys.

They are for programs on this machine, not for web pages: a page in a browser here could post to them and, with a host
name that leads to 127.0.0.1, read them.
"""

import ipaddress
import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web

from navai_core.simulator.errors import ApiError, echoed, unsupported_content_type
from navai_core.simulator.fault_values import FaultSyntaxError
from navai_core.simulator.faults import CLOSE_CODES, Fault
from navai_core.simulator.state import State
from navai_core.simulator.store import without_credentials

PREFIX: Final = "/_simulator/"
_READING: Final = ("GET", "HEAD", "DELETE")
"""Methods without a body. A page of another origin cannot send the last one without permission."""


def bad_fault(reason: str) -> ApiError:
    """Build a 400 `invalid_fault`: this error is the simulator's own, not OpenAI's."""
    return ApiError(400, f"Invalid fault: {reason}.", code="invalid_fault", kind="simulator_error")


def check_from_here(request: web.Request) -> None:
    """Raise `ApiError` unless a request can only come from a program on this machine.

    A page of another origin needs permission to post JSON or to delete anything. It gets no permission here.
    """
    for header in ("Host", "Origin"):
        value = request.headers.get(header)
        if value is not None and not _is_loopback(value):
            message = f"The control endpoints only work on this machine, not with the {header} '{echoed(value)}'."
            raise ApiError(403, message, code="not_from_here", kind="simulator_error")
    if request.method not in _READING and request.content_type != "application/json":
        raise unsupported_content_type(request.headers.get("Content-Type", ""))


def _is_loopback(value: str) -> bool:
    """Return whether a `Host` or an `Origin` is this machine's loopback."""
    try:
        host = urlsplit(value if "//" in value else f"//{value}").hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def control(state: State, method: str, name: str, raw: bytes) -> Any:
    """Handle one control request, and return the JSON answer; None if there is no such endpoint.

    Raises:
        ApiError: 400 for a body that is not valid.

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
        case "POST", "sidebands":
            return {"closed": _close_sidebands(state, raw)}
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
        raise bad_fault("the only other member is 'times', a positive integer")
    for fault in faults:
        state.faults.push(fault, times=times)


def _close_sidebands(state: State, raw: bytes) -> int:
    """Close the sidebands of all calls with the code of a body, `{"code": 1001}`, and return how many there were."""
    try:
        code = json.loads(raw)["code"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ApiError(400, "Expected an object with a member 'code'.", kind="simulator_error") from error
    if str(code) not in CLOSE_CODES:
        message = f"A sideband is closed with one of {', '.join(CLOSE_CODES)}."
        raise ApiError(400, message, kind="simulator_error")
    return sum(call.audience.close_sidebands(int(code)) for call in state.calls.to_list())


def answer(state: State, request: web.Request, raw: bytes) -> web.Response | None:
    """Return the response to a control request, or None when there is no such endpoint."""
    try:
        result = control(state, request.method, request.path.removeprefix(PREFIX), raw)
    except ApiError as error:
        return web.json_response(error.to_json(), status=error.status)
    return None if result is None else web.json_response(result)
