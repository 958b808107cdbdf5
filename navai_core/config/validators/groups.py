"""Options that take several values: lists of texts, and mappings that go on as JSON."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ...redact import name_or_dots
from ...suggestions import did_you_mean
from ..options import Option
from .base import RefusedValueError, Validator, has_controls, words

_MAX_DEPTH: Final = 32
_MAX_BITS: Final = 1023
"""Of a whole number, so that every reader of JSON can hold it."""


def texts(option: Option) -> Validator:
    """A list of texts, or one text alone. Duplicates are dropped, the order stays."""
    known = option.choices

    def check(value: Any) -> list[str]:
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) and item.strip() for item in items):
            raise RefusedValueError("must be a list of texts", "wrong_type")
        if any(has_controls(item, lines=False) or len(item) > 4096 for item in items):
            raise RefusedValueError("must be a list of short texts without control characters", "control_characters")
        for item in items if known else ():
            if item not in known:
                raise RefusedValueError(f"may only list {words(known)}{did_you_mean(item, known)}", "unknown_choice")
        return list(dict.fromkeys(item.strip() for item in items))

    return check


def mapping(_: Option) -> Validator:
    """Any mapping with text keys that JSON can carry."""

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise RefusedValueError("must be a mapping of texts, numbers, lists and mappings", "wrong_type")
        if found := _unfit(value, ()):
            path, trouble = found
            where = ".".join(str(part) if isinstance(part, int) else name_or_dots(part) for part in path)
            raise RefusedValueError(f"may hold texts, numbers, lists and mappings only — `{where}` {trouble}")
        return dict(value)

    return check


def mapping_of_texts(_: Option) -> Validator:
    """Names, each with a text, as HTTP headers are."""

    def check(value: Any) -> dict[str, str]:
        if not isinstance(value, Mapping):
            raise RefusedValueError("must be a mapping of names and texts", "wrong_type")
        for name, item in value.items():
            if not isinstance(name, str) or not isinstance(item, str):
                raise RefusedValueError(f"may hold names and texts only — `{name_or_dots(name)}` is no text")
            if has_controls(name, lines=False) or has_controls(item, lines=False):
                raise RefusedValueError("must not contain control characters — remove them", "control_characters")
        return dict(value)

    return check


def _unfit(value: Any, path: tuple[Any, ...]) -> tuple[tuple[Any, ...], str] | None:
    """Where something first stands that JSON cannot carry, and what is wrong with it."""
    if len(path) > _MAX_DEPTH:
        return path[:3], "is nested too deeply"
    if isinstance(value, Mapping | list):
        inner: Iterable[tuple[Any, Any]] = enumerate(value) if isinstance(value, list) else value.items()
        for key, item in inner:
            if isinstance(value, Mapping) and not isinstance(key, str):
                return (*path, str(key)), "is a key that is no text"
            if found := _unfit(item, (*path, key)):
                return found
        return None
    trouble = _trouble_of(value)
    return (path, trouble) if trouble else None


def _trouble_of(value: Any) -> str:
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        return "is too large a number"
    if isinstance(value, float) and not math.isfinite(value):
        return "is no finite number"
    return "" if value is None or isinstance(value, str | int | float) else "is nothing that JSON can hold"
