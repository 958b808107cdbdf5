"""What a parameter may take, and the simple kinds: strings, numbers, dates, choices."""

import datetime as dt
import enum
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .errors import FunctionArgumentError

JsonSchema = dict[str, Any]
Convert = Callable[[Any, str], Any]

_MAX_WHERE_CHARS: Final = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """What a parameter takes.

    `convert` takes a JSON value and its path (`points[0].x`), and returns the value for the function, or raises
    `FunctionArgumentError`.
    """

    words: str
    schema: JsonSchema
    convert: Convert


def mismatch(words: str, where: str) -> FunctionArgumentError:
    """Return the error for a wrong value. It has the path, never the value."""
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
    number = _number(value)  # JSON has only one kind of number, and some clients write 3.0
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
    str: _simple("a string", {"type": "string"}, _exactly(str)),
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


def scalar(annotation: Any) -> Kind | None:
    """Return the kind of a string, a number, a boolean, a date or a time; None for any other annotation."""
    if annotation is type(None):
        annotation = None
    return _SCALARS.get(annotation) if isinstance(annotation, type | None) else None


def choices(annotation: Any) -> Kind | None:
    """Return the kind of a `Literal` or of an enumeration; None for any other annotation."""
    if typing.get_origin(annotation) is typing.Literal:
        members = list(typing.get_args(annotation))
    elif isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        members = list(annotation)
    else:
        return None
    known = [(_json_of(member), member) for member in members]
    words = f"one of {', '.join(str(value) for value, _ in known)}"

    def take(value: Any) -> Any:
        for choice, member in known:
            if isinstance(choice, bool) == isinstance(value, bool) and choice == value:
                return member
        raise ValueError

    return _simple(words, {"enum": [value for value, _ in known]}, take)


def _json_of(member: Any) -> Any:
    value = member.value if isinstance(member, enum.Enum) else member
    if value is None or isinstance(value, str | int | float):
        return value
    # JSON has no tuples and no bytes; the name of a member always works.
    return member.name if isinstance(member, enum.Enum) else str(value)
