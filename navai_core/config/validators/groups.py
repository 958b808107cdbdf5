"""Options that take several values: lists of strings, and maps that are sent on as JSON."""

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from ...known_models import MAX_KEYWORD_CHARS, NOT_IN_KEYWORDS
from ...redact import name_or_dots
from ..options import Option
from .base import RefusedValueError, Validator, counted, each, has_controls, instead_of, kind_of, not_text, words

_MAX_DEPTH: Final = 32
_MAX_ITEM_CHARS: Final = 4096
_MAX_BITS: Final = 1023
"""Of a whole number, so that every JSON parser can read it."""


def texts(option: Option) -> Validator:
    """A list of strings, or a single string. Drops duplicates and keeps the order."""
    known = option.choices

    def check_item(item: Any) -> str:
        if not isinstance(item, str):
            raise not_text(item)
        text = item.strip()
        if not text:
            raise RefusedValueError("must not be empty", "wrong_type")
        if len(text) > _MAX_ITEM_CHARS:
            raise RefusedValueError(f"must have at most {_MAX_ITEM_CHARS} characters", "too_long")
        if has_controls(text, lines=False):
            raise RefusedValueError("must not contain control characters — remove them", "control_characters")
        if known and text not in known:
            raise RefusedValueError(f"can only list {words(known)}{instead_of(text, known)}", "unknown_choice")
        return text

    def check(value: Any) -> list[str]:
        if isinstance(value, str):
            return [check_item(value)]
        if not isinstance(value, list):
            raise not_text(value, "must be a list of strings")
        return list(dict.fromkeys(each(value, check_item)))

    return check


def keywords(option: Option) -> Validator:
    """Names for a transcription model: each is one line, without `<` and `>`; at most `option.maximum`."""
    several = texts(option)

    def check(value: Any) -> list[str]:
        names: list[str] = several(value)
        if any(set(name) & set(NOT_IN_KEYWORDS) for name in names):
            raise RefusedValueError("must not have `<` or `>`, which the provider refuses — remove them")
        if any(len(name) > MAX_KEYWORD_CHARS for name in names):
            raise RefusedValueError(f"must have names of at most {MAX_KEYWORD_CHARS} characters", "too_long")
        if option.maximum is not None and len(names) > option.maximum:
            raise RefusedValueError(f"must have at most {counted(option.maximum)} names", "too_long")
        return names

    return check


def mapping(_: Option) -> Validator:
    """Any map with strings as keys that JSON can hold."""

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise RefusedValueError("must be a map of strings, numbers, lists and maps", "wrong_type")
        if found := _unfit(value, ()):
            path, trouble = found
            if isinstance(trouble, RefusedValueError):
                raise trouble
            where = ".".join(str(part) if isinstance(part, int) else name_or_dots(part) for part in path)
            raise RefusedValueError(f"can only hold strings, numbers, lists and maps — `{where}` {trouble}")
        return dict(value)

    return check


def mapping_of_texts(_: Option) -> Validator:
    """A map of strings, such as HTTP headers."""

    def check(value: Any) -> dict[str, str]:
        if not isinstance(value, Mapping):
            raise RefusedValueError("must be a map of strings", "wrong_type")
        for name, item in value.items():
            if not isinstance(name, str):
                raise _key_that_is_not_text(name, (name,))
            if not isinstance(item, str):
                raise not_text(item, at=(name,))
            if has_controls(name, lines=False) or has_controls(item, lines=False):
                raise RefusedValueError("must not contain control characters — remove them", "control_characters")
        return dict(value)

    return check


def _key_that_is_not_text(key: Any, path: tuple[Any, ...]) -> RefusedValueError:
    return RefusedValueError("has a key that must be a string", "wrong_type", at=path, is_key=True, kind=kind_of(key))


def _unfit(value: Any, path: tuple[Any, ...]) -> tuple[tuple[Any, ...], str | RefusedValueError] | None:
    """The first place with a value that JSON cannot hold, and what is wrong with it."""
    if len(path) > _MAX_DEPTH:
        return path[:3], "is nested too deeply"
    if isinstance(value, Mapping | list):
        inner: Iterable[tuple[Any, Any]] = enumerate(value) if isinstance(value, list) else value.items()
        for key, item in inner:
            if isinstance(value, Mapping) and not isinstance(key, str):
                return path, _key_that_is_not_text(key, (*path, key))
            if found := _unfit(item, (*path, key)):
                return found
        return None
    if isinstance(value, date):
        return path, not_text(value, "must be a value of JSON", at=path)
    trouble = _trouble_of(value)
    return (path, trouble) if trouble else None


def _trouble_of(value: Any) -> str:
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        return "is too large"
    if isinstance(value, float) and not math.isfinite(value):
        return "is not a finite number"
    return "" if value is None or isinstance(value, str | int | float) else "is not a JSON value"
