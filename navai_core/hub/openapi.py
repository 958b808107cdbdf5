"""The OpenAPI description, made from the table of routes and the table of fields. A test holds the hub against it."""

from collections.abc import Sequence
from typing import Any, Final

from ..const import VERSION
from ..options import Kind, Option
from .routes import OPENAPI_PATH, ROUTES, Route

_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None, *, closed: bool = True) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": required | (optional or {}), "required": list(required)}
    if closed:
        schema["additionalProperties"] = False
    return schema


_SECRET: Final = {
    "value": {"type": "string", "description": "The client secret. It is worth a conversation: do not log it."},
    "expires_at": {"type": "integer", "description": "Epoch seconds, by the provider's clock."},
}

# What `validators.has_controls` lets through.
_CONTROLS: Final = "\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\U000e0000-\U000e007f"
_LINE: Final = rf"[^\u0000-\u001f{_CONTROLS}]"
_ALLOWED: Final = {Kind.KEY: "[!-~]", Kind.WORD: "[A-Za-z0-9_-]"}
_LINES: Final = rf"[^\u0000-\u0008\u000b-\u001f{_CONTROLS}]"

_RESULT: Final = {"ok": {"const": True}, "function_name": _TEXT, "source": _TEXT, "result": {}}
_ENDED: Final = (_object(_RESULT), _object({"ok": {"const": False}, "error": _TEXT, "code": _TEXT, "details": _TEXT}))
_RUNNING: Final = {"type": "string", "description": "It still runs: ask `/navai/functions/running/{running}` for it."}

SCHEMAS: Final[dict[str, Any]] = {
    "Profiles": _object(
        {
            "profiles": {
                "type": "array",
                "items": _object(
                    {
                        "profile": _TEXT,
                        "name": _TEXT,
                        "model": _TEXT,
                        "voice": _TEXT,
                        "language": _TEXT,
                        "transport": {"enum": ["client_secret"]},
                        "allow_overrides": _TEXTS,
                    }
                ),
            },
            "default_profile": {"type": ["string", "null"]},
            "functions": {"type": "boolean", "description": "Whether the caller may execute functions of the house."},
        }
    ),
    "ClientSecret": _object(
        {
            **_SECRET,
            "profile": _TEXT,
            "model": _TEXT,
            "voice": _TEXT,
            "url": {"type": "string", "description": "Where a browser posts its SDP offer with the secret."},
            "idle_timeout": {"type": "number", "description": "After how many seconds of silence to end."},
            "session_length": {"type": "number", "description": "How many seconds the conversation may last."},
            "tool_timeout": {"type": "number", "description": "Seconds until a function answers that it still runs."},
        }
    ),
    "ContractSecret": _object(_SECRET),
    "Functions": _object(
        {
            "items": {
                "type": "array",
                "items": _object(
                    {"name": _TEXT, "description": _TEXT, "source": _TEXT, "parameters": {"type": "object"}}
                ),
            },
            "warnings": _TEXTS,
        }
    ),
    "Executed": {"oneOf": [*_ENDED, _object(_RESULT | {"running": _RUNNING})]},
    "Running": {
        "oneOf": [*_ENDED, _object({"ok": {"const": True}, "status": {"const": "still running"}, "running": _RUNNING})]
    },
    "Health": _object({"status": {"const": "ok"}, "version": _TEXT, "modules": _TEXT, "time": {"type": "number"}}),
    "Metrics": _TEXT,
    "Error": _object(
        {
            "error": {"type": "string", "description": "A sentence for a person, with the cure."},
            "code": {"type": "string", "description": "Stable; for programs."},
            "request_id": _TEXT,
        },
        closed=False,
    ),
}

_IN_PATHS: Final = {"profile": "The profile's name.", "running": "What `running` said, or your own id of the call."}
_MEANINGS: Final = {
    400: "The request does not fit.",
    401: "No token, or one that nobody owns.",
    403: "The caller may not do this.",
    404: "There is no such profile or function, or none that runs.",
    408: "The body did not arrive in time.",
    413: "The body is too large.",
    415: "The body is not declared as JSON.",
    429: "Too often: wait for `Retry-After` seconds.",
    502: "The provider refused or cannot be reached.",
    503: "The provider's key or quota needs the owner; or the hub is being stopped.",
    504: "The provider did not answer in time.",
}


def describe() -> dict[str, Any]:
    """The whole description, as JSON."""
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "navai hub",
            "version": VERSION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": f"Client secrets for named voice profiles. This description is served at `{OPENAPI_PATH}`. "
            "The pages and modules that browsers load (`/navai/kiosk/…`, `/navai/www/…`) are no part of the API.",
        },
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    statuses = set(route.statuses)
    if route.guarded:
        statuses |= {401, 429}
    if route.body is not None:
        statuses |= {400, 408, 413, 415}
    answers: dict[str, Any] = {"200": _content("Done.", route.answer, route.content_type)}
    answers |= {str(status): _content(_MEANINGS[status], "Error", "application/json") for status in sorted(statuses)}
    operation: dict[str, Any] = {"operationId": route.handler.__name__, "summary": route.summary, "responses": answers}
    operation["security"] = [{"token": []}] if route.guarded else []
    parameters = [_parameter(option, "query") for option in route.query]
    parameters += [
        _parameter(Option(key=key, kind=Kind.TEXT, text=text), "path")
        for key, text in _IN_PATHS.items()
        if f"{{{key}}}" in route.path
    ]
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        schema = _fields(route.body)
        content = {"application/json": {"schema": schema}}
        operation["requestBody"] = {"required": bool(schema["required"]), "content": content}
    return operation


def _content(description: str, schema: str, content_type: str) -> dict[str, Any]:
    content = {content_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}


def _parameter(option: Option, place: str) -> dict[str, Any]:
    return {
        "name": option.key,
        "in": place,
        "required": place == "path",
        "description": option.text,
        "schema": {"type": "string", "maxLength": 100, "pattern": f"^{_LINE}*$"},
    }


def _fields(options: Sequence[Option]) -> dict[str, Any]:
    """JSON Schema of a request's fields. What a text may not hold besides is said in the error."""
    return {
        "type": "object",
        "properties": {option.key: _field(option) for option in options},
        "required": [option.key for option in options if option.required],
        "additionalProperties": False,
    }


def _field(option: Option) -> dict[str, Any]:
    kind = "object" if option.kind is Kind.OBJECT else "string"
    schema: dict[str, Any] = {"type": kind if option.required else [kind, "null"], "description": option.text}
    if kind == "string":
        allowed = _ALLOWED.get(option.kind, _LINES if option.lines else _LINE)
        schema |= {"maxLength": int(option.maximum or 0), "pattern": f"^{allowed}*$"}
        if option.minimum:
            # Blanks at both ends do not count.
            some = allowed if option.kind in _ALLOWED else r"\S"
            schema |= {"minLength": int(option.minimum), "pattern": f"^{allowed}*{some}{allowed}*$"}
    return schema
