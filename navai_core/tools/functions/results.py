"""The return value of a function → JSON-safe data."""

import dataclasses
import datetime as dt
import decimal
import enum
import math
import uuid
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from pathlib import PurePath
from typing import Any, Final

MAX_DEPTH: Final = 50
MAX_VALUES: Final = 100_000
MAX_TEXT_BYTES: Final = 1_000_000
"""Of all strings together, so that a huge result stops here and not when it is written as JSON."""
# Python refuses to print longer integers, and no client can read them.
_MAX_INT_BITS: Final = 1024


class NoJsonError(ValueError):
    """The value, or a part of it, cannot be converted to JSON. The message has the cure."""


def to_json(value: Any) -> Any:
    """Return a copy made of dictionaries, lists, text, finite numbers, booleans and None.

    Dataclasses become objects, sets sorted lists, dates ISO 8601 text, time spans seconds, members of an Enum their
    values; NaN and the infinities become None.

    Raises:
        NoJsonError: It has bytes, itself or an unknown object in it, or is too deep or too large.
    """
    return _Copy().copy(value, ())


class _Copy:
    def __init__(self) -> None:
        self._left = MAX_VALUES
        self._bytes_left = MAX_TEXT_BYTES

    def copy(self, value: Any, within: tuple[int, ...]) -> Any:
        self._left -= 1
        if self._left < 0:
            raise NoJsonError(f"The result has more than {MAX_VALUES:,} values. Return less.")
        if isinstance(value, enum.Enum):
            return self.copy(value.value, within)
        if value is None or isinstance(value, bool | str | int | float | decimal.Decimal):
            return self._text(value) if isinstance(value, str) else _scalar(value)
        if isinstance(value, dt.datetime | dt.date | dt.time):
            return value.isoformat()
        if isinstance(value, dt.timedelta):
            return value.total_seconds()
        if isinstance(value, uuid.UUID | PurePath):
            return str(value)
        if isinstance(value, bytes | bytearray | memoryview):
            raise NoJsonError("The result has bytes in it. Return a string, for example in base64.")
        if id(value) in within:
            raise NoJsonError("The result contains itself. Return plain data.")
        if len(within) >= MAX_DEPTH:
            raise NoJsonError(f"The result is nested more than {MAX_DEPTH} levels deep. Return less.")
        return self._nested(value, (*within, id(value)))

    def _nested(self, value: Any, within: tuple[int, ...]) -> Any:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [field.name for field in dataclasses.fields(value)]
            return {name: self.copy(getattr(value, name), within) for name in names}
        if isinstance(value, Mapping):
            return {self._text(_key(key)): self.copy(part, within) for key, part in value.items()}
        if isinstance(value, Collection):
            items = [self.copy(part, within) for part in value]
            # A set has no order, and the same result should always look the same.
            return sorted(items, key=repr) if isinstance(value, AbstractSet) else items
        name = type(value).__name__
        raise NoJsonError(
            f"The result has a {name} in it. Return strings, numbers, lists, dictionaries or dataclasses."
        )

    def _text(self, value: str) -> str:
        # A subclass may have its own __str__; use the plain string.
        text = str.__str__(value)
        # A character has at least one byte: a string that is too long is not even copied.
        self._bytes_left -= len(text) if len(text) > self._bytes_left else len(text.encode(errors="replace"))
        if self._bytes_left < 0:
            raise NoJsonError(f"The result has more than {MAX_TEXT_BYTES:,} bytes of text. Return less.")
        return text


def _scalar(value: Any) -> Any:
    if isinstance(value, float | decimal.Decimal):
        number = float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, int) and value.bit_length() > _MAX_INT_BITS:
        raise NoJsonError("The result has a number with hundreds of digits. Return it as a string.")
    return value if value is None or isinstance(value, bool) else int(value)


def _key(key: Any) -> str:
    if isinstance(key, enum.Enum):
        key = key.value
    if isinstance(key, dt.datetime | dt.date | dt.time):
        return key.isoformat()
    if isinstance(key, bool) or key is None:
        return {True: "true", False: "false", None: "null"}[key]
    if isinstance(key, str | int | float | uuid.UUID | PurePath):
        return str(key)
    raise NoJsonError(f"The result has a {type(key).__name__} as a key. Use strings.")
