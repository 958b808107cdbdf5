"""How the schema's messages describe a wrong value and suggest the right key. Nothing here quotes a value."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..suggestions import did_you_mean
from .options import ROOT, Kind, Option
from .validators.base import words


def kind_of(value: Any) -> str:
    """The kind of a value, without the value."""
    kinds = (
        (bool, "a boolean"),
        (str, "a string"),
        (int | float, "a number"),
        (Mapping, "a map"),
        (list, "a list"),
    )
    return next((noun for kind, noun in kinds if isinstance(value, kind)), "this kind of value")


def hint(path: Sequence[str | int], root: Sequence[Option]) -> str:
    """The key that was probably meant, or the keys that are valid.

    Args:
        path: The key's, below `root`.
        root: The options at the top.
    """
    key = str(path[-1]) if path else ""
    known = _siblings(path[:-1], root)
    near = did_you_mean(key, (option.key for option in known))
    if near or root is not ROOT:
        return near or f"; use one of {words(option.key for option in known)}"
    for option in ROOT:
        if any(inner.key == key for inner in option.options):
            return f" here — it belongs under `{option.key}:`"
    return f"; use one of {words(option.key for option in known)}"


def _siblings(path: Sequence[str | int], options: Sequence[Option]) -> Sequence[Option]:
    """The options that are valid at a path."""
    parts = iter(path)
    for part in parts:
        option = next(option for option in options if option.key == part)
        if option.kind in {Kind.NAMED_GROUPS, Kind.GROUPS}:
            next(parts, None)
        options = option.options
    return options
