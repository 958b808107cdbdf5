"""What a tool returned → what the model reads: JSON, short enough to send.

The tool has done its work by then. So nothing here fails: what JSON does not have becomes text, and the rest of what is
too long is cut, with a note of how much. Notes are in `<…>`.
"""

import dataclasses
import datetime as dt
import decimal
import enum
import json
import math
import re
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import count
from pathlib import PurePath
from typing import Any, Final

from .cutting import cut_to

MAX_RESULT_BYTES: Final = 16 * 1024
"""The maximum length of a result as JSON in UTF-8: more would only fill the model's memory."""
MAX_DEPTH: Final = 50
MAX_VALUES: Final = 100_000
_MAX_KEY_CHARS: Final = 200
_MAX_SAFE_INT: Final = 2**53 - 1
"""Larger whole numbers become text: JavaScript would round them."""
_MAX_PRINTED_BITS: Final = 8192
"""Python refuses to print much longer integers."""
_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")


class NoJsonError(ValueError):
    """The value, or a part of it, has no form in JSON."""


def for_model(value: Any) -> Any:
    """Return what a tool returned as JSON of at most `MAX_RESULT_BYTES`. Never raises."""
    return cut_to(to_json(value), MAX_RESULT_BYTES)


def to_json(value: Any, *, exact: bool = False) -> Any:
    """Return a copy made of dictionaries, lists, text, finite numbers, booleans and None.

    Dataclasses and objects with `as_dict()` become objects, sets sorted lists, dates ISO 8601 text, time spans seconds,
    members of an Enum their values; NaN and the infinities become None. Anything else becomes its own text.

    Raises:
        NoJsonError: only if it must be `exact`, and something has no form in JSON.
    """
    return _Copy(exact=exact).copy(value, ())


class _Copy:
    def __init__(self, *, exact: bool) -> None:
        self._exact = exact
        self._left = MAX_VALUES

    def copy(self, value: Any, within: tuple[int, ...]) -> Any:
        self._left -= 1
        try:
            return self._read(value, within)
        except NoJsonError:
            raise
        except Exception as error:  # noqa: BLE001 -- the value may be of the user's class, and do anything when read
            return self._instead(f"<unreadable: {type(error).__name__}>")

    def _read(self, value: Any, within: tuple[int, ...]) -> Any:
        if isinstance(value, enum.Enum):
            return self.copy(value.value, within)
        for kinds, plain in _SIMPLE:
            if isinstance(value, kinds):
                return plain(value)
        if isinstance(value, bytes | bytearray | memoryview):
            return self._instead(_text_of_bytes(bytes(value)))
        if id(value) in within:
            return self._instead("<contains itself>")
        if len(within) >= MAX_DEPTH:
            return self._instead("<nested too deeply>")
        return self._nested(value, (*within, id(value)))

    def _nested(self, value: Any, within: tuple[int, ...]) -> Any:
        if isinstance(value, type):
            return self._instead(f"<{value.__name__}>")
        if dataclasses.is_dataclass(value):
            names = [field.name for field in dataclasses.fields(value)]
            return self._object(((name, getattr(value, name)) for name in names), within)
        if isinstance(value, Mapping):
            return self._object(value.items(), within)
        if isinstance(value, Collection):
            items = self._list(value, within)
            # A set has no order, and the same result should always look the same.
            return sorted(items, key=repr) if isinstance(value, AbstractSet) else items
        if callable(getattr(value, "as_dict", None)):
            return self.copy(value.as_dict(), within)
        return self._instead(_text_of_object(value))

    def _object(self, pairs: Iterable[tuple[Any, Any]], within: tuple[int, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, part in pairs:
            if self._left <= 0:
                found["<cut>"] = self._instead("more keys")
                break
            found[_free(self._key(key), found)] = self.copy(part, within)
        return found

    def _list(self, parts: Iterable[Any], within: tuple[int, ...]) -> list[Any]:
        items: list[Any] = []
        for part in parts:
            if self._left <= 0:
                items.append(self._instead("<cut: more items>"))
                break
            items.append(self.copy(part, within))
        return items

    def _key(self, key: Any) -> str:
        if isinstance(key, tuple):
            return self._instead(", ".join(self._key(part) for part in key)[:_MAX_KEY_CHARS])
        # 1.0 is the same key as 1 in Python, but not in JSON.
        plain = repr(key) if isinstance(key, float) else self.copy(key, ())
        text = plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
        return text if len(text) <= _MAX_KEY_CHARS else f"{text[:_MAX_KEY_CHARS]}…"

    def _instead(self, text: str) -> str:
        """Return the text for something that JSON does not have."""
        if self._exact:
            raise NoJsonError(text)
        return text


def _text(value: str) -> str:
    # A subclass may have its own __str__; use the plain string. Half a surrogate pair is no text anywhere else.
    return str.__str__(value).encode("utf-8", "replace").decode()


def _whole(value: int) -> int | str:
    whole = int(value)
    if abs(whole) <= _MAX_SAFE_INT:
        return whole
    bits = whole.bit_length()
    return str(whole) if bits <= _MAX_PRINTED_BITS else f"<a whole number of {bits} bits>"


def _decimal(value: decimal.Decimal) -> float | str | None:
    if not value.is_finite():
        return None
    number = float(value)
    # Money must not change: only what stays the same becomes a number.
    return number if math.isfinite(number) and decimal.Decimal(repr(number)) == value else str(value)


_SIMPLE: Final[tuple[tuple[tuple[type, ...], Callable[[Any], Any]], ...]] = (
    ((type(None), bool), lambda value: value),
    ((str,), _text),
    ((float,), lambda value: float(value) if math.isfinite(value) else None),
    ((int,), _whole),
    ((decimal.Decimal,), _decimal),
    ((dt.datetime, dt.date, dt.time), lambda value: value.isoformat()),
    ((dt.timedelta,), dt.timedelta.total_seconds),
    ((uuid.UUID, PurePath), str),
)


def _text_of_bytes(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = "\0"
    return text if all(char.isprintable() or char.isspace() for char in text) else f"<{len(value)} bytes>"


def _text_of_object(value: Any) -> str:
    text = _text(str(value))
    # Without a text of its own, it is only an address in memory.
    return f"<{type(value).__name__}>" if _ADDRESS.search(text) else text


def _free(name: str, taken: Mapping[str, Any]) -> str:
    """Two keys, such as 1 and "1", may have the same text."""
    if name not in taken:
        return name
    return next(each for number in count(2) if (each := f"{name} ({number})") not in taken)
