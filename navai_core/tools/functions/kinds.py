"""A parameter's annotation → what it takes: its JSON Schema, a description, and the check of a value from JSON.

An unknown annotation has an empty schema and takes anything: the function must check the value.
"""

import dataclasses
import types
import typing
from collections import abc
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from .errors import FunctionArgumentError
from .hints import hints_of_class, unwrap
from .scalars import ANYTHING, JsonSchema, Kind, choices, mismatch, scalar


def kind_of(annotation: Any, within: tuple[Any, ...] = ()) -> Kind:
    """Return the kind for an annotation. `within` are the outer annotations, so that one may contain itself."""
    if annotation in within:  # resolved later, for a value: values from JSON are finite
        return Kind("anything", {}, lambda value, where: kind_of(annotation).convert(value, where))
    within = (*within, annotation)
    annotation, description = unwrap(annotation)
    try:
        hash(annotation)
    except TypeError:  # `x: [int]` is not a valid annotation, but Python accepts it
        return ANYTHING
    kind = scalar(annotation) or choices(annotation) or _nested(annotation, within) or ANYTHING
    if description:
        kind = dataclasses.replace(kind, schema={**kind.schema, "description": description})
    return kind


_ARRAYS: Final[Mapping[Any, Callable[[list[Any]], Any]]] = {
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    abc.Set: frozenset,
    abc.MutableSet: set,
} | dict.fromkeys((abc.Sequence, abc.MutableSequence, abc.Collection, abc.Iterable), list)
_OBJECTS: Final = (dict, abc.Mapping, abc.MutableMapping)


def _nested(annotation: Any, within: tuple[Any, ...]) -> Kind | None:
    origin, arguments = typing.get_origin(annotation) or annotation, typing.get_args(annotation)
    if origin in {typing.Union, types.UnionType}:
        return _union([kind_of(argument, within) for argument in arguments])
    if origin in _ARRAYS:
        return _array(origin, arguments, within)
    if origin in _OBJECTS:
        return _mapping(kind_of(arguments[1], within) if arguments else ANYTHING)
    if isinstance(origin, type) and (dataclasses.is_dataclass(origin) or typing.is_typeddict(origin)):
        return _record(origin, within)
    return None


def _union(kinds: Sequence[Kind]) -> Kind:
    words = " or ".join(kind.words for kind in kinds)

    def convert(value: Any, where: str) -> Any:
        for kind in kinds:
            try:
                return kind.convert(value, where)
            except FunctionArgumentError:
                continue
        raise mismatch(words, where)

    return Kind(words, {"anyOf": [kind.schema for kind in kinds]}, convert)


def _array(origin: Any, arguments: tuple[Any, ...], within: tuple[Any, ...]) -> Kind:
    build = _ARRAYS[origin]
    if origin is tuple and arguments and arguments[-1] is not Ellipsis:
        return _fixed_tuple([kind_of(argument, within) for argument in arguments])
    item = kind_of(arguments[0], within) if arguments else ANYTHING
    unique = {"uniqueItems": True} if issubclass(build, set | frozenset) else {}  # type: ignore[arg-type]

    def convert(value: Any, where: str) -> Any:
        items = _exactly_list(value, where)
        try:
            return build([item.convert(part, f"{where}[{index}]") for index, part in enumerate(items)])
        except TypeError:  # a set of lists
            raise mismatch("a list of simple values", where) from None

    return Kind("a list", {"type": "array", "items": item.schema, **unique}, convert)


def _fixed_tuple(kinds: Sequence[Kind]) -> Kind:
    words, count = f"a list of {len(kinds)}", len(kinds)

    def convert(value: Any, where: str) -> Any:
        items = _exactly_list(value, where)
        if len(items) != count:
            raise mismatch(words, where)
        return tuple(
            kind.convert(part, f"{where}[{index}]") for index, (kind, part) in enumerate(zip(kinds, items, strict=True))
        )

    schemas = [kind.schema for kind in kinds]
    return Kind(words, {"type": "array", "prefixItems": schemas, "minItems": count, "maxItems": count}, convert)


def _mapping(values: Kind) -> Kind:
    def convert(value: Any, where: str) -> Any:
        return {key: values.convert(part, f"{where}.{key}") for key, part in _exactly_dict(value, where).items()}

    return Kind("an object", {"type": "object", "additionalProperties": values.schema}, convert)


def _record(cls: Any, within: tuple[Any, ...]) -> Kind:
    hints = hints_of_class(cls)
    if typing.is_typeddict(cls):
        build: Callable[..., Any] = dict
        required = hints.required
        names = list(hints.types)
    else:
        build = cls
        members = [member for member in dataclasses.fields(cls) if member.init]
        names = [member.name for member in members]
        missing = dataclasses.MISSING
        required = frozenset(m.name for m in members if m.default is missing and m.default_factory is missing)
    kinds = {name: kind_of(hints.types.get(name, Any), within) for name in names}

    def convert(value: Any, where: str) -> Any:
        given = _exactly_dict(value, where)
        if unknown := [key for key in given if key not in kinds]:
            raise mismatch(f"an object of {', '.join(kinds) or 'nothing'} only", f"{where}.{unknown[0]}")
        if absent := [name for name in names if name in required and name not in given]:
            raise mismatch("given", f"{where}.{absent[0]}")
        fields = {key: kinds[key].convert(part, f"{where}.{key}") for key, part in given.items()}
        try:
            return build(**fields)
        except Exception:  # noqa: BLE001 -- the class is the user's, and may refuse values in any way
            raise mismatch("an object with valid values", where) from None

    schema: JsonSchema = {"type": "object", "properties": {name: kind.schema for name, kind in kinds.items()}}
    if required:
        schema["required"] = [name for name in names if name in required]
    return Kind("an object", {**schema, "additionalProperties": False}, convert)


def _exactly_list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise mismatch("a list", where)
    return value


def _exactly_dict(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise mismatch("an object", where)
    return value
