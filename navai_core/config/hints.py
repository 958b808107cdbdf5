"""How the schema's messages name what was found and what was meant. Nothing here quotes a value."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..suggestions import did_you_mean
from .options import ROOT, Kind, Option
from .validators.base import words


def kind_of(value: Any) -> str:
    """What a value is, without the value."""
    kinds = (
        (bool, "true or false"),
        (str, "a text"),
        (int | float, "a number"),
        (Mapping, "a group"),
        (list, "a list"),
    )
    return next((noun for kind, noun in kinds if isinstance(value, kind)), "this kind of value")


def hint(path: Sequence[str | int], root: Sequence[Option]) -> str:
    """What an unknown key may have been meant to be, or which keys there are.

    Args:
        path: The key's, below `root`.
        root: The options at the top.
    """
    key = str(path[-1]) if path else ""
    known = _siblings(path[:-1], root)
    near = did_you_mean(key, (option.key for option in known))
    if near or root is not ROOT:
        return near or f"; there is {words(option.key for option in known)}"
    for option in ROOT:
        if any(inner.key == key for inner in option.options):
            return f" here — it belongs under `{option.key}:`"
    return f"; there is {words(option.key for option in known)}"


def _siblings(path: Sequence[str | int], options: Sequence[Option]) -> Sequence[Option]:
    """The options that may stand where a path leads."""
    parts = iter(path)
    for part in parts:
        option = next(option for option in options if option.key == part)
        if option.kind in {Kind.NAMED_GROUPS, Kind.GROUPS}:
            next(parts, None)
        options = option.options
    return options
