"""The kinds of rules with which `wire` describes requests.

Each class is one kind of rule. `check(value, path)` returns if the value is valid, else it raises `ApiError` (status
400, the API's own text and code, `param` = path). Paths are as in the API: ``session.tools[0].name``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from navai_core.simulator.errors import ApiError, echoed

_PHRASES: Final = {
    "null": "null",
    "boolean": "a boolean",
    "integer": "an integer",
    "decimal": "a decimal",
    "string": "a string",
    "array": "an array",
    "object": "an object",
}


_KINDS: Final[Mapping[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "decimal",
    str: "string",
    list: "array",
    dict: "object",
}


class Check(Protocol):
    """One rule."""

    def check(self, value: Any, path: str) -> None:
        """Raise `ApiError` unless the value is valid."""


def kind_of(value: Any) -> str:
    """Return the JSON type of a parsed value. A boolean is not an integer here."""
    return _KINDS[type(value)]


def child(path: str, key: str) -> str:
    """Return the path of a member of the object at `path`; the body itself has the empty path."""
    return f"{path}.{echoed(key)}" if path else echoed(key)


def wrong_type(value: Any, path: str, expected: str) -> ApiError:
    """Build a 400 `invalid_type`."""
    got = _PHRASES[kind_of(value)]
    # The whole document has no path.
    where = f" for '{path}'" if path else ""
    return ApiError(
        400,
        f"Invalid type{where}: expected {expected}, but got {got} instead.",
        code="invalid_type",
        param=path,
    )


def wrong_value(value: Any, path: str, supported: tuple[str, ...]) -> ApiError:
    """Build a 400 `invalid_value`: the type is right, but the value is not one of the known ones."""
    quoted = [f"'{name}'" for name in supported]
    listed = quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])}, and {quoted[-1]}"
    return invalid(path, f"Invalid value: '{echoed(value)}'. Supported values are: {listed}.")


def invalid(path: str, message: str, code: str = "invalid_value") -> ApiError:
    """Build a 400 with any text."""
    return ApiError(400, message, code=code, param=path)


def missing(path: str) -> ApiError:
    """Build a 400 `missing_required_parameter`."""
    return invalid(path, f"Missing required parameter: '{path}'.", "missing_required_parameter")


def unknown(path: str) -> ApiError:
    """Build a 400 `unknown_parameter`."""
    return invalid(path, f"Unknown parameter: '{path}'.", "unknown_parameter")


@dataclass(frozen=True, slots=True)
class Text:
    """A string, optionally with a length limit (in characters) or a pattern."""

    min_chars: int = 0
    max_chars: int | None = None
    pattern: re.Pattern[str] | None = None

    def check(self, value: Any, path: str) -> None:
        """Raise `ApiError` unless the value is such a string."""
        if not isinstance(value, str):
            raise wrong_type(value, path, "a string")
        if len(value) < self.min_chars:
            wanted = f"Expected a string with minimum length {self.min_chars}, but got an empty string instead."
            raise invalid(path, f"Invalid '{path}': empty string. {wanted}", "empty_string")
        if self.max_chars is not None and len(value) > self.max_chars:
            wanted = (
                f"Expected a string with maximum length {self.max_chars}, but got a string with length {len(value)}"
            )
            raise invalid(path, f"Invalid '{path}': string too long. {wanted} instead.", "string_above_max_length")
        if self.pattern is not None and self.pattern.fullmatch(value) is None:
            wanted = f"Expected a string that matches the pattern '^{self.pattern.pattern}$'."
            raise invalid(path, f"Invalid '{path}': string does not match pattern. {wanted}")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few strings."""

    values: tuple[str, ...]

    def check(self, value: Any, path: str) -> None:
        """Raise `ApiError` unless the value is one of them."""
        if not isinstance(value, str):
            raise wrong_type(value, path, "a string")
        if value not in self.values:
            raise wrong_value(value, path, self.values)


@dataclass(frozen=True, slots=True)
class Number:
    """A number within bounds, both inclusive. `whole` takes integers only, and says "integer" instead of "decimal"."""

    minimum: float | None = None
    maximum: float | None = None
    whole: bool = False

    def check(self, value: Any, path: str) -> None:
        """Raise `ApiError` unless the value is such a number."""
        noun = "integer" if self.whole else "decimal"
        if kind_of(value) not in (("integer",) if self.whole else ("integer", "decimal")):
            raise wrong_type(value, path, _PHRASES[noun])
        if self.minimum is not None and value < self.minimum:
            wanted = f"Expected a value >= {self.minimum:.12g}, but got {echoed(value)} instead."
            raise invalid(path, f"Invalid '{path}': {noun} below minimum value. {wanted}", f"{noun}_below_min_value")
        if self.maximum is not None and value > self.maximum:
            wanted = f"Expected a value <= {self.maximum:.12g}, but got {echoed(value)} instead."
            raise invalid(path, f"Invalid '{path}': {noun} above maximum value. {wanted}", f"{noun}_above_max_value")


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""

    def check(self, value: Any, path: str) -> None:
        """Raise `ApiError` unless the value is a boolean."""
        if not isinstance(value, bool):
            raise wrong_type(value, path, "a boolean")


@dataclass(frozen=True, slots=True)
class Array:
    """A list with the same rule for all items."""

    items: Check
    max_items: int

    def check(self, value: Any, path: str) -> None:
        """Raise `ApiError` unless the value is such a list."""
        if not isinstance(value, list):
            raise wrong_type(value, path, "an array")
        if len(value) > self.max_items:
            wanted = (
                f"Expected an array with maximum length {self.max_items}, but got an array with length {len(value)}"
            )
            raise invalid(path, f"Invalid '{path}': array too long. {wanted} instead.", "array_above_max_length")
        for index, item in enumerate(value):
            self.items.check(item, f"{path}[{index}]")


@dataclass(frozen=True, slots=True)
class Record:
    """An object with known members. Missing `required` members are reported after all others were checked."""

    members: Mapping[str, Check]
    required: tuple[str, ...] = ()

    def check(self, value: Any, path: str) -> None:
        """Raise `ApiError` unless the value is such an object."""
        if not isinstance(value, dict):
            raise wrong_type(value, path, "an object")
        for key, item in value.items():
            rule = self.members.get(key)
            if rule is None:
                raise unknown(child(path, key))
            rule.check(item, child(path, key))
        for key in self.required:
            if key not in value:
                raise missing(child(path, key))


@dataclass(frozen=True, slots=True)
class Tagged:
    """An object whose `type` decides which members it has."""

    variants: Mapping[str, Record]

    def check(self, value: Any, path: str) -> None:
        """Raise `ApiError` unless the value is one of the variants. A missing `type` is reported first."""
        if not isinstance(value, dict):
            raise wrong_type(value, path, "an object")
        if "type" not in value:
            raise missing(child(path, "type"))
        Choice(tuple(self.variants)).check(value["type"], child(path, "type"))
        self.variants[value["type"]].check(value, path)


@dataclass(frozen=True, slots=True)
class ByKind:
    """A union. The JSON type of the value (`kind_of`) selects the rule."""

    kinds: Mapping[str, Check]

    def check(self, value: Any, path: str) -> None:
        """Raise `ApiError` unless there is a rule for that JSON type, and the value is valid."""
        rule = self.kinds.get(kind_of(value))
        if rule is None:
            raise wrong_type(value, path, f"one of {' or '.join(_PHRASES[kind] for kind in self.kinds)}")
        rule.check(value, path)


@dataclass(frozen=True, slots=True)
class Nullable:
    """Either `null`, which turns a feature off, or a value for the rule."""

    rule: Check

    def check(self, value: Any, path: str) -> None:
        """Raise `ApiError` unless the value is null or valid."""
        if value is not None:
            self.rule.check(value, path)


@dataclass(frozen=True, slots=True)
class Mapped:
    """An object with any keys, and the same rule for all values."""

    values: Check

    def check(self, value: Any, path: str) -> None:
        """Raise `ApiError` unless the value is such an object."""
        if not isinstance(value, dict):
            raise wrong_type(value, path, "an object")
        for key, item in value.items():
            self.values.check(item, child(path, key))


@dataclass(frozen=True, slots=True)
class FreeForm:
    """Any object: JSON Schema, metadata."""

    def check(self, value: Any, path: str) -> None:
        """Raise `ApiError` unless the value is an object."""
        if not isinstance(value, dict):
            raise wrong_type(value, path, "an object")
