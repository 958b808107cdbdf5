"""JSON Schemas of a tool's arguments, as providers take them: a plain object at the top, and no contradictions inside.

Providers refuse the whole conversation for some of the others, and silently ignore parts of the rest: then the model
never learns of an argument.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from .results import NoJsonError, to_json

Schema = dict[str, Any]
Path = tuple[str | int, ...]
Report = Callable[[str, str], None]
"""Takes the keyword that is wrong, and what is wrong with it."""

TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_MAX_DEPTH: Final = 32
_MAPS: Final = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTS: Final = ("anyOf", "oneOf", "allOf", "prefixItems")
_SCHEMAS: Final = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_TEXTS: Final = ("description", "title", "format", "pattern", "$comment")
_EXAMPLES: Final = ("default", "example", "examples")
_BOUNDS: Final = (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum"))


class NoSchemaError(ValueError):
    """It is not a schema that a model could follow. The message says why."""


def tidy(schema: Any) -> Schema:
    """Return a copy in which nothing contradicts: what other dialects of JSON Schema mean is said as providers take it.

    Raises:
        NoSchemaError: it is not a schema, or is nested too deeply.
    """
    return _tidied(schema, (), [])


def faults(schema: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """What the provider would refuse or ignore in a schema that people wrote: the path, and what to do.

    Raises:
        NoSchemaError: it is not a schema, or is nested too deeply.
    """
    found: list[tuple[Path, str]] = []
    _tidied(schema, (), found)
    yield from found


def _tidied(given: Any, path: Path, found: list[tuple[Path, str]]) -> Schema:
    if isinstance(given, bool):
        return {} if given else {"not": {}}
    if not isinstance(given, Mapping):
        raise NoSchemaError("it has something else where a schema belongs")
    if len(path) > _MAX_DEPTH:
        raise NoSchemaError("it is nested too deeply")
    schema = dict(given)

    def report(key: str, what: str) -> None:
        found.append(((*path, key), what))

    for rule in (_containers, _texts, _nullable, _type, _enum, _bounds, _required, _examples):
        rule(schema, report)
    for key, part in schema.items():
        here = (*path, key)
        if key in _MAPS:
            schema[key] = {str(name): _tidied(each, (*here, str(name)), found) for name, each in part.items()}
        elif key in _LISTS:
            schema[key] = [_tidied(each, (*here, index), found) for index, each in enumerate(part)]
        elif key in _SCHEMAS and not (key == "additionalProperties" and isinstance(part, bool)):
            schema[key] = _tidied(part, here, found)
    return _with_items(schema)


def _containers(schema: Schema, report: Report) -> None:
    if isinstance(schema.get("items"), list):
        report("items", "must be one schema — for several, write `anyOf` below it")
        schema["prefixItems"] = schema.pop("items")
    for keys, kind, words in ((_MAPS, Mapping, "a map of schemas"), (_LISTS, list, "a list of schemas")):
        for key in keys:
            if key in schema and not isinstance(schema[key], kind):
                report(key, f"must be {words}")
                del schema[key]


def _texts(schema: Schema, report: Report) -> None:
    for key in _TEXTS:
        if not isinstance(schema.get(key, ""), str):
            report(key, "must be a string")
            del schema[key]


def _nullable(schema: Schema, report: Report) -> None:
    """OpenAPI 3.0's word for "or null", which JSON Schema does not know."""
    if "nullable" not in schema:
        return
    report("nullable", 'has no effect — write the type as a list, such as `type: [string, "null"]`')
    if schema.pop("nullable") is not True:
        return
    kinds = schema.get("type")
    if isinstance(kinds, str | list):
        kinds = [kinds] if isinstance(kinds, str) else kinds
        schema["type"] = [*kinds, *(["null"] if "null" not in kinds else [])]
    if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    for key in ("anyOf", "oneOf"):
        if isinstance(schema.get(key), list):
            schema[key] = [*schema[key], {"type": "null"}]


def _type(schema: Schema, report: Report) -> None:
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    known = [kind for kind in kinds if isinstance(kind, str) and kind in TYPES] if isinstance(kinds, list) else []
    if known != kinds:
        report("type", f"must be one of {', '.join(TYPES)}, or a list of them")
        schema["type"] = known
    if schema.get("type") == []:
        del schema["type"]


def _enum(schema: Schema, report: Report) -> None:
    if "enum" not in schema:
        return
    values = schema["enum"]
    if not isinstance(values, list) or not values:
        report("enum", "must be a list of values")
        del schema["enum"]
        return
    try:
        values = schema["enum"] = to_json(values, exact=True)
    except NoJsonError:
        raise NoSchemaError("it has a choice that is not JSON") from None
    kinds = schema.get("type")
    allowed = [kinds] if isinstance(kinds, str) else kinds
    if allowed is not None and not all(any(_is(value, kind) for kind in allowed) for value in values):
        report("enum", "has values that are not of its `type` — change them, or remove `type`")
        kinds = None
    if kinds is None:
        needed = [kind for kind in TYPES if kind != "number" and any(_is(value, kind) for value in values)]
        needed += ["number"] if any(isinstance(value, float) for value in values) else []
        schema["type"] = needed[0] if len(needed) == 1 else needed


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, TYPES[kind]) and (not isinstance(value, bool) or kind == "boolean")


def _bounds(schema: Schema, report: Report) -> None:
    """In older dialects, the exclusive bounds are words about the others."""
    for exclusive, bound in _BOUNDS:
        if isinstance(schema.get(exclusive), bool):
            report(exclusive, f"must be a number, instead of `{bound}`")
            if schema.pop(exclusive) and bound in schema:
                schema[exclusive] = schema.pop(bound)
    for key in (key for pair in _BOUNDS for key in pair):
        if key in schema and (isinstance(schema[key], bool) or not isinstance(schema[key], int | float)):
            report(key, "must be a number")
            del schema[key]


def _required(schema: Schema, report: Report) -> None:
    names = schema.get("required", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        report("required", "must be a list of names, beside `properties`")
        del schema["required"]
    elif not names:
        schema.pop("required", None)


def _examples(schema: Schema, _: Report) -> None:
    for key in _EXAMPLES:
        if key in schema:
            try:
                schema[key] = to_json(schema[key], exact=True)
            except NoJsonError:
                # The tool fills in its default itself.
                del schema[key]


def _with_items(schema: Schema) -> Schema:
    """Providers refuse a list that does not say of what, and do not know lists with a schema for each place."""
    kinds = schema.get("type")
    if kinds != "array" and not (isinstance(kinds, list) and "array" in kinds) and "prefixItems" not in schema:
        return schema
    parts = schema.pop("prefixItems", [])
    rest = schema.get("items", {} if not parts else None)
    if not parts:
        return {**schema, "items": rest}
    if rest == {"not": {}}:
        schema = {**schema, "maxItems": len(parts)}
    elif rest is not None:
        parts = [*parts, rest]
    unique = [part for index, part in enumerate(parts) if part not in parts[:index]]
    return {**schema, "type": "array", "items": unique[0] if len(unique) == 1 else {"anyOf": unique}}
