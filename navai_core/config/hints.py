"""How the schema's messages suggest the right key. Nothing here quotes a value."""

from collections.abc import Sequence
from typing import Any

from ..suggestions import did_you_mean
from .options import ROOT, Kind, Option
from .options.removed import REMOVED
from .validators.base import words


def unknown_option(path: Sequence[Any], root: Sequence[Option]) -> str:
    """What is wrong with an option that does not exist, or no longer.

    Args:
        path: The key's, below `root`.
        root: The options at the top.
    """
    known = _siblings(path[:-1], root)
    for removed in REMOVED:
        if removed.section is known and removed.key == path[-1]:
            return removed.message
    return f"is not a valid option{_hint(path[-1], known, root)}"


def _hint(name: Any, known: Sequence[Option], root: Sequence[Option]) -> str:
    """The key that was probably meant, or the keys that are valid."""
    key = str(name)
    near = did_you_mean(key, (option.key for option in known))
    if near or root is not ROOT:
        return near or f"; use one of {words(option.key for option in known)}"
    for option in ROOT:
        if any(inner.key == key for inner in option.options):
            return f" here — it belongs under `{option.key}:`"
    return f"; use one of {words(option.key for option in known)}"


def _siblings(path: Sequence[Any], options: Sequence[Option]) -> Sequence[Option]:
    """The options that are valid at a path."""
    parts = iter(path)
    for part in parts:
        option = next(option for option in options if option.key == part)
        if option.kind in {Kind.NAMED_GROUPS, Kind.GROUPS}:
            next(parts, None)
        options = option.options
    return options
