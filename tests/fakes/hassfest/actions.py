"""Actions: the code, services.yaml and the texts have the same actions and fields."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from .code import Code, Place
from .files import UnreadableError, read_json, read_yaml
from .known import SELECTORS
from .values import Values

Fields = dict[str, bool]
"""The fields of an action, and whether they are required."""

_TARGET_KEYS: Final = {"area_id", "device_id", "entity_id", "exclude", "floor_id", "label_id"}
"""The keys of a target, which are not fields."""
_FIELD_KEYS: Final = {"default", "example", "filter", "required", "selector"}
_SECTION_KEYS: Final = {"collapsed", "fields"}
_REGISTRARS: Final = {
    # The positions of the name and the schema in the arguments.
    "async_register": (1, 3),
    "async_register_admin_service": (2, 4),
    "async_register_entity_service": (0, 1),
}


def actions(folder: Path) -> Iterator[str]:
    """Yield the differences between code, services.yaml and texts."""
    registered = dict(_registered(Code(folder)))
    described = read_yaml(folder / "services.yaml")
    texts = read_json(folder / "strings.json").get("services", {})
    yield from _differing("services.yaml", set(registered), set(described))
    yield from _differing("strings.json: services", set(described), set(texts))
    for name in registered.keys() & described.keys():
        description = described[name] or {}
        yield from (f"services.yaml: {name} {each}" for each in _wrong_with(description, registered[name]))
        yield from (f"strings.json: services.{name} {each}" for each in _wrong_texts(description, texts.get(name, {})))


def _differing(where: str, expected: set[str], found: set[str]) -> Iterator[str]:
    yield from (f"{where}: {name} is missing" for name in sorted(expected - found))
    yield from (f"{where}: {name} is no action" for name in sorted(found - expected))


def _registered(code: Code) -> Iterator[tuple[str, Fields]]:
    values = Values(code)
    for registrar, (at_name, at_schema) in _REGISTRARS.items():
        for module, call in code.calls_of(registrar):
            if registrar == "async_register" and getattr(getattr(call.func, "value", None), "attr", "") != "services":
                continue
            keywords = {each.arg: each.value for each in call.keywords}
            name = _argument(call, at_name) or keywords["service"]
            schema = _argument(call, at_schema) or keywords.get("schema")
            for way in values.ways(module, call):
                found = values.texts(Place(name, module, way))
                if found is None or len(found) != 1:
                    raise UnreadableError(f"{module}.py:{call.lineno}: the action's name cannot be read from the code")
                fields = {} if schema is None else _fields(values, Place(schema, module, way))
                yield next(iter(found)), fields


def _argument(call: ast.Call, position: int) -> ast.expr | None:
    return call.args[position] if len(call.args) > position else None


def _fields(values: Values, schema: Place) -> Fields:
    error = UnreadableError(
        f"{schema.module}.py:{schema.node.lineno}: the action's schema cannot be read from the code"
    )
    entries = values.entries(schema)
    if entries is None:
        raise error
    fields: Fields = {}
    for key, _ in entries:
        marker = key.node
        if not isinstance(marker, ast.Call) or not isinstance(marker.func, ast.Attribute):
            raise error
        names = values.texts(key.at(marker.args[0]))
        if names is None:
            raise error
        fields |= dict.fromkeys(names, marker.func.attr == "Required")
    return fields


def _flat(fields: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the fields, including those in sections."""
    for name, field in fields.items():
        if isinstance(field, dict) and "fields" in field:
            yield from _flat(field["fields"])
        else:
            yield name, field or {}


def _wrong_with(description: dict[str, Any], registered: Fields) -> Iterator[str]:
    unknown = description.keys() - {"fields", "target"}
    yield from (f"has {key}, which belongs into strings.json or nowhere" for key in sorted(unknown))
    for name, section in description.get("fields", {}).items():
        if isinstance(section, dict) and "fields" in section and not section.keys() <= _SECTION_KEYS:
            yield f"has more than fields in the section {name}"
    if "target" in description:
        registered = {name: required for name, required in registered.items() if name not in _TARGET_KEYS}
    listed = list(_flat(description.get("fields", {})))
    fields = dict(listed)
    if len(fields) != len(listed):
        yield "has a field in two sections"
    yield from (f"lacks the field {name}" for name in sorted(registered.keys() - fields.keys()))
    yield from (f"has a field that the schema lacks: {name}" for name in sorted(fields.keys() - registered.keys()))
    for name, field in fields.items():
        if not field.keys() <= _FIELD_KEYS:
            yield f"has more than {', '.join(sorted(_FIELD_KEYS))} in the field {name}"
        selector = field.get("selector")
        if not isinstance(selector, dict) or len(selector) != 1 or not selector.keys() <= SELECTORS:
            yield f"has no selector that all releases know in the field {name}"
        if name in registered and bool(field.get("required")) is not registered[name]:
            yield f"does not say whether the field {name} is required"


def _wrong_texts(description: dict[str, Any], texts: dict[str, Any]) -> Iterator[str]:
    if not {"name", "description"} <= texts.keys() <= {"name", "description", "fields", "sections"}:
        yield "is to have a name and a description, and may have fields and sections"
    fields = dict(_flat(description.get("fields", {})))
    sections = {name for name, each in description.get("fields", {}).items() if each and "fields" in each}
    described = texts.get("fields", {})
    yield from (f"lacks the field {name}" for name in sorted(fields.keys() - described.keys()))
    yield from (f"tells of a field that is not there: {name}" for name in sorted(described.keys() - fields.keys()))
    for name, each in described.items():
        if each.keys() != {"name", "description"}:
            yield f"is to have a name and a description for the field {name}"
    if sections != texts.get("sections", {}).keys():
        yield f"is to tell of the sections {', '.join(sorted(sections))}" if sections else "tells of sections"
