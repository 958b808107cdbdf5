"""A parameter's annotation → what it takes: its JSON Schema, its words, and the check of a value from JSON.

What an annotation means that we do not know is for the function to judge: its schema is empty and it takes anything.
"""

import dataclasses
import datetime as dt
import enum
import types
import typing
from collections import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .errors import FunctionArgumentError
from .hints import hints_of_class, unwrap

JsonSchema = dict[str, Any]
Convert = Callable[[Any, str], Any]

_MAX_WHERE_CHARS: Final = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """What a parameter takes.

    `convert` takes a JSON value and where it stands (`points[0].x`), and returns what the function gets, or raises
    `FunctionArgumentError`.
    """

    words: str
    schema: JsonSchema
    convert: Convert


def kind_of(annotation: Any, within: tuple[Any, ...] = ()) -> Kind:
    """Return the kind for an annotation. `within` are those that are being read, so that one may contain itself."""
    if annotation in within:  # read when there is a value to check; a value from JSON does end
        return Kind("anything", {}, lambda value, where: kind_of(annotation).convert(value, where))
    within = (*within, annotation)
    annotation, description = unwrap(annotation)
    try:
        hash(annotation)
    except TypeError:  # `x: [int]` is no annotation, and Python takes it
        return ANYTHING
    kind = _scalar(annotation) or _choices(annotation) or _nested(annotation, within) or ANYTHING
    if description:
        kind = dataclasses.replace(kind, schema={**kind.schema, "description": description})
    return kind


def mismatch(words: str, where: str) -> FunctionArgumentError:
    """Return the error for a value that does not fit. It names the place, never the value."""
    where = where[:_MAX_WHERE_CHARS]
    return FunctionArgumentError(f"`{where}` must be {words}.", parameter=where, expected=words)


def _anything(value: Any, _where: str) -> Any:
    return value


ANYTHING: Final = Kind("anything", {}, _anything)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    number = float(value)  # an integer of 400 digits overflows
    if number != number or number in {float("inf"), float("-inf")}:  # noqa: PLR0124 -- the test for NaN
        raise ValueError
    return number


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    number = _number(value)  # JSON knows one kind of number, and some clients write 3.0
    if not number.is_integer():
        raise ValueError
    return int(number)


def _exactly(*types_: type) -> Callable[[Any], Any]:
    def take(value: Any) -> Any:
        if not isinstance(value, types_):
            raise TypeError
        return value

    return take


def _guarded(words: str, take: Callable[[Any], Any]) -> Convert:
    def convert(value: Any, where: str) -> Any:
        try:
            return take(value)
        except (TypeError, ValueError, OverflowError):
            raise mismatch(words, where) from None

    return convert


def _simple(words: str, schema: JsonSchema, take: Callable[[Any], Any]) -> Kind:
    return Kind(words, schema, _guarded(words, take))


_SCALARS: Final[Mapping[Any, Kind]] = {
    str: _simple("text", {"type": "string"}, _exactly(str)),
    bool: _simple("true or false", {"type": "boolean"}, _exactly(bool)),
    int: _simple("a whole number", {"type": "integer"}, _whole),
    float: _simple("a number", {"type": "number"}, _number),
    None: _simple("null", {"type": "null"}, _exactly(type(None))),
    dt.datetime: _simple(
        "a date and time such as 2026-01-31T18:30:00Z",
        {"type": "string", "format": "date-time"},
        dt.datetime.fromisoformat,
    ),
    dt.date: _simple("a date such as 2026-01-31", {"type": "string", "format": "date"}, dt.date.fromisoformat),
    dt.time: _simple("a time such as 18:30", {"type": "string", "format": "time"}, dt.time.fromisoformat),
}


def _scalar(annotation: Any) -> Kind | None:
    if annotation is type(None):
        annotation = None
    return _SCALARS.get(annotation) if isinstance(annotation, type | None) else None


def _choices(annotation: Any) -> Kind | None:
    if typing.get_origin(annotation) is typing.Literal:
        members = list(typing.get_args(annotation))
    elif isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        members = list(annotation)
    else:
        return None
    choices = [(_json_of(member), member) for member in members]
    words = f"one of {', '.join(str(value) for value, _ in choices)}"

    def take(value: Any) -> Any:
        for choice, member in choices:
            if isinstance(choice, bool) == isinstance(value, bool) and choice == value:
                return member
        raise ValueError

    return _simple(words, {"enum": [value for value, _ in choices]}, take)


def _json_of(member: Any) -> Any:
    value = member.value if isinstance(member, enum.Enum) else member
    if value is None or isinstance(value, str | int | float):
        return value
    # Neither a colour's tuple nor bytes can be written in JSON; a member's name always can.
    return member.name if isinstance(member, enum.Enum) else str(value)


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
        except Exception:  # noqa: BLE001 -- the class is the owner's, and may refuse values in any way
            raise mismatch("an object with fitting values", where) from None

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
