"""How a response can end badly: it fails, or it is cut off, perhaps in the middle of a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from navai_core.simulator.checks import ByKind, Check, Choice, Nullable, Number, Record, Text
from navai_core.simulator.faults import REASONS, Fault
from navai_core.simulator.named_errors import TEMPLATES

_HALF: Final = 0.5
_MESSAGE: Final = "The response failed, because the scenario says so."
_WORD: Final = Text(min_chars=1, max_chars=200)

CHECKS: Final[Mapping[str, Check]] = {
    "fail": ByKind(
        {
            "string": Choice(tuple(TEMPLATES)),
            "object": Record({"type": _WORD, "code": Nullable(_WORD), "message": _WORD}, required=("type",)),
        }
    ),
    "cut": Choice(REASONS),
    "after": Number(0, 1),
}
"""The keys of a scenario's turn for it."""


@dataclass(frozen=True, slots=True)
class Ending:
    """One bad ending.

    `after` says how much comes before it: a part of the words, or of the first function's arguments if there are no
    words. With 1, everything comes, and all functions are called; with 0, nothing.
    """

    status: str
    details: Mapping[str, Any]
    after: float = _HALF

    @classmethod
    def failed(cls, error: Mapping[str, Any], after: float) -> Self:
        """Build the end of a response that fails."""
        return cls("failed", {"type": "failed", "error": dict(error)}, after)

    @classmethod
    def cut(cls, reason: str, after: float) -> Self:
        """Build the end of a response that is cut off."""
        return cls("incomplete", {"type": "incomplete", "reason": reason}, after)


def of_turn(turn: Mapping[str, Any]) -> Ending | None:
    """Return how a turn of a scenario ends; None if it ends well."""
    after = turn.get("after", _HALF)
    if "cut" in turn:
        return Ending.cut(turn["cut"], after)
    given = turn.get("fail")
    if given is None:
        return None
    named = _named(given) if isinstance(given, str) else {"code": None, "message": _MESSAGE, **given}
    return Ending.failed(named, after)


def of_fault(fault: Fault) -> Ending | None:
    """How every response of a call with that fault ends; None if well. A failure comes at once, a cut half-way."""
    if fault.response_error is not None:
        return Ending.failed(_named(fault.response_error), fault.response_after or 0.0)
    if fault.response_cut is not None:
        return Ending.cut(fault.response_cut, _HALF if fault.response_after is None else fault.response_after)
    return None


def _named(name: str) -> dict[str, Any]:
    """Return the error with that name; `TYPE/CODE` is an unknown one."""
    if (template := TEMPLATES.get(name)) is not None:
        return {"type": template.kind, "code": template.code, "message": template.message}
    kind, _, code = name.partition("/")
    return {"type": kind, "code": code, "message": _MESSAGE}
