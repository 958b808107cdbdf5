"""The OpenAPI description: the answers from `openapi.yaml`, the rest from the tables of routes and fields.

A test compares the hub with it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from ..config.options import Kind, Option
from ..const import VERSION
from ..web.api import Route
from .routes import ROUTES

# The characters that `validators.has_controls` allows.
_CONTROLS: Final = "\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\U000e0000-\U000e007f"
_LINE: Final = rf"[^\u0000-\u001f{_CONTROLS}]"
_ALLOWED: Final = {Kind.KEY: "[!-~]", Kind.WORD: "[A-Za-z0-9_-]"}
_LINES: Final = rf"[^\u0000-\u0008\u000b-\u001f{_CONTROLS}]"

_WRITTEN: Final = Path(__file__).with_name("openapi.yaml")


def describe() -> dict[str, Any]:
    """The whole description, as JSON."""
    described: dict[str, Any] = yaml.safe_load(_WRITTEN.read_text(encoding="utf-8"))
    meanings, in_paths = described.pop("x-statuses"), described.pop("x-parameters")
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, meanings, in_paths)
    described["info"]["version"] = VERSION
    return described | {"paths": paths}


def _operation(route: Route, meanings: Mapping[int, str], in_paths: Mapping[str, str]) -> dict[str, Any]:
    statuses = set(route.statuses)
    if route.guarded:
        statuses |= {401, 429}
    if route.body is not None or route.body_schema:
        statuses |= {400, 408, 413, 415}
    answers: dict[str, Any] = {"200": _content("Done.", route.answer, route.content_type)}
    answers |= {str(status): _content(meanings[status], "Error", "application/json") for status in sorted(statuses)}
    operation: dict[str, Any] = {"operationId": route.handler.__name__, "summary": route.summary, "responses": answers}
    operation["security"] = [{"token": []}] if route.guarded else []
    parameters = [_parameter(option, "query") for option in route.query]
    parameters += [
        _parameter(Option(key=key, kind=Kind.TEXT, text=text), "path")
        for key, text in in_paths.items()
        if f"{{{key}}}" in route.path
    ]
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        schema = _fields(route.body)
        content = {"application/json": {"schema": schema}}
        operation["requestBody"] = {"required": bool(schema["required"]), "content": content}
    if route.body_schema:
        reference = {"schema": {"$ref": f"#/components/schemas/{route.body_schema}"}}
        operation["requestBody"] = {"required": True, "content": {"application/json": reference}}
    return operation


def _content(description: str, schema: str, content_type: str) -> dict[str, Any]:
    content = {content_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}


def _parameter(option: Option, place: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "maxLength": 100, "pattern": f"^{_LINE}*$"}
    if option.choices:
        schema = {"enum": list(option.choices)}
    return {
        "name": option.key,
        "in": place,
        "required": place == "path",
        "description": option.text,
        "schema": schema,
    }


def _fields(options: Sequence[Option]) -> dict[str, Any]:
    """JSON Schema of a request's fields. The error messages state the rules that it cannot express."""
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
            # Spaces at both ends do not count.
            some = allowed if option.kind in _ALLOWED else r"\S"
            schema |= {"minLength": int(option.minimum), "pattern": f"^{allowed}*{some}{allowed}*$"}
    return schema
