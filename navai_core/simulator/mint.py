"""One request for a client secret, from its headers and bytes to its answer. Nothing here uses the network."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from navai_core.simulator import errors, xai
from navai_core.simulator.delivery import Answer
from navai_core.simulator.errors import ApiError, masked
from navai_core.simulator.rules import XAI
from navai_core.simulator.session import read_order
from navai_core.simulator.state import State
from navai_core.simulator.store import SecretRecord

PATH: Final = "/v1/realtime/client_secrets"
AZURE_PATH: Final = "/openai/v1/realtime/client_secrets"
MAX_BODY_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 64
"""How deep a body may nest."""

_JSON: Final = "application/json"
_CREDENTIALS: Final = frozenset({"authorization", "proxy-authorization", "api-key", "cookie"})


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request: `body` is the parsed JSON, or `problem` says why there is none."""

    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(repr=False)
    problem: ApiError | None


def read(path: str, headers: Mapping[str, str], raw: bytes) -> Incoming:
    """Read a request. It never raises: a problem with the body is reported after the check of the key."""
    try:
        return Incoming(path, headers, _parse(headers.get("Content-Type"), raw), None)
    except ApiError as problem:
        return Incoming(path, headers, None, problem)


def mint(state: State, incoming: Incoming, request_id: str) -> Answer:
    """Check a request and create a client secret.

    Raises:
        ApiError: The error with which the API would refuse the request.

    """
    azure = incoming.path == AZURE_PATH
    check_key(state, incoming.headers, azure=azure)
    if incoming.problem is not None:
        raise incoming.problem
    if not isinstance(incoming.body, dict):
        raise errors.unparsable_body()
    foreign = state.rules.dialect == XAI
    order = xai.read_order(incoming.body) if foreign else read_order(incoming.body, state.rules)
    now = state.clock()
    session = {**order.session, "id": state.new_id("sess_", 12)}
    project = project_of(incoming.headers, azure=azure)
    record = SecretRecord(state.new_id("ek_"), session, now, int(now) + order.ttl_s, request_id, project)
    state.secrets.add(record)
    body = {"value": record.value, "expires_at": record.expires_at}
    return Answer(200, json.dumps(body if foreign else {**body, "session": session}).encode())


def recorded_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a request with lower-case names, and with every credential masked but for its scheme."""
    return {name.lower(): _hidden(value) if name.lower() in _CREDENTIALS else value for name, value in headers.items()}


def _hidden(value: str) -> str:
    scheme, separator, credential = value.rpartition(" ")
    return f"{scheme}{separator}{masked(credential)}"


def key_of(headers: Mapping[str, str], *, azure: bool) -> str:
    """Return the key of a request, from the header for that kind of address.

    Raises:
        ApiError: 401, there is none.

    """
    scheme, _, key = headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        key = headers.get("api-key", "") if azure else ""
    key = key.strip()
    if not key:
        raise errors.missing_key()
    return key


def project_of(headers: Mapping[str, str], *, azure: bool) -> str:
    """Return the project of a request: here each key is a project, and each value of the header another one.

    Raises:
        ApiError: 401, there is no key.

    """
    named = f"{key_of(headers, azure=azure)} {headers.get('OpenAI-Project', '')}"
    return hashlib.sha256(named.encode()).hexdigest()


def check_key(state: State, headers: Mapping[str, str], *, azure: bool) -> None:
    """Raise `ApiError` unless a request has a known key and does not use the retired API."""
    key = key_of(headers, azure=azure)
    if not state.knows(key):
        raise errors.wrong_key(key)
    if "OpenAI-Beta" in headers:
        raise errors.beta_retired()


def _parse(content_type: str | None, raw: bytes) -> Any:
    if content_type is None and not raw:
        return {}
    if content_type is None or content_type.partition(";")[0].strip().lower() != _JSON:
        raise errors.unsupported_content_type(content_type or "")
    return parse_json(raw) if raw else {}


def parse_json(raw: bytes) -> Any:
    """Parse a JSON text.

    Raises:
        ApiError: 400, it is not JSON, or is nested too deeply.

    """
    try:
        body = json.loads(raw.decode(), parse_constant=_reject, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise errors.unparsable_body() from error
    if _too_deep(body):
        raise errors.unparsable_body()
    return body


def _reject(name: str) -> Any:
    raise ValueError(name)


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError(digits)
    return number


def _too_deep(body: Any) -> bool:
    level = [body]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True
