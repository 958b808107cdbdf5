"""Finds the problems that only exist because something else could not be read. Those are not reported. Pure."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final

from ..exceptions import Problem

Path = tuple[Any, ...]

_OF_NAMES: Final = frozenset({"invalid_name", "unknown_key"})
"""The codes of problems that are about a key, and not about its value."""
_DECIDES: Final[Mapping[str, frozenset[str]]] = {
    "unknown_profile": frozenset({"profiles"}),
    "unknown_voice": frozenset({"provider"}),
    "missing_key": frozenset({"provider", "type"}),
    "out_of_range": frozenset({"provider"}),
    "misplaced_key": frozenset({"provider", "type", "model", "transcription", "defaults", "profiles"}),
}
"""By a problem's code: the options that decide whether it really is a problem."""


def is_independent(problem: Problem, unknown: AbstractSet[Path], doubtful: AbstractSet[Path]) -> bool:
    """Whether a problem remains, whatever the unreadable places contain.

    Args:
        problem: From the schema or from the checks of the whole block.
        unknown: The paths where nothing could be read.
        doubtful: The paths that the file has more than once.
    """
    if problem.code in _OF_NAMES:
        return True
    here = problem.path
    if any(here[: len(path)] == path[: len(here)] for path in unknown):
        # It is about something that could not be read, or contains it.
        return False
    decides = _DECIDES.get(problem.code, frozenset())
    return not any(_decides(path, decides) for path in unknown | doubtful)


def _decides(path: Path, options: frozenset[str]) -> bool:
    # A whole profile (`navai.profiles.kitchen`) decides as its model does.
    is_profile = len(path) == 3 and path[1] == "profiles" and "model" in options
    return is_profile or path[-1:] in {(option,) for option in options}
