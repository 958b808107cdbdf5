"""Trouble on demand: what a fault is, how it is written, and in which order faults happen.

A fault is written as actions joined by semicolons: ``error=rate_limit_exceeded; retry-after=1; times=2``. An action
is a name, or ``name=value``; a value may be percent-encoded, and must be when it holds a semicolon or a percent sign.
The same text works in the request header ``x-simulator-fault``, in `FaultQueue.push`, over ``POST /_simulator/faults``
and as ``--fault``. `docs/simulator.md` has the table of actions.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, Self
from urllib.parse import unquote

from navai_core.simulator.errors import TEMPLATES

HEADER: Final = "x-simulator-fault"
FOREVER: Final = "forever"
BODIES: Final = (
    "not-json",
    "sign-in-page",
    "not-utf8",
    "empty",
    "other-shape",
    "array",
    "no-value",
    "bad-value",
    "no-expiry",
    "bad-expiry",
    "past-expiry",
    "huge",
)
"""The bodies that `body=…` can answer with; `delivery` makes them."""

MINT: Final = "mint"
CALL: Final = "call"

MAX_DELAY_MS: Final = 600_000
_STATUSES: Final = range(200, 600)
_NO_BODY_STATUSES: Final = (204, 205, 304)
_OF_CALLS: Final = frozenset({"no_ice", "channel_closes", "response_error", "hangup_ms", "mute_network"})


class FaultSyntaxError(ValueError):
    """A fault is not written as it should be. The text names the mistake."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What shall go wrong with one request. Everything that is not asked for goes right.

    `latency_ms`, `slow_body_ms`, `hangup_ms` and `mute_network` (from, until) are in milliseconds; `on` says to which
    kind of request it happens, `times` to how many of them, None to all.
    """

    text: str = field(repr=False)
    latency_ms: float = 0
    drop: bool = False
    stale: bool = False
    redirect: str | None = None
    status: int | None = None
    error: str | None = None
    error_body: str | None = field(default=None, repr=False)
    body: str | None = None
    retry_after: str | None = None
    retry_after_ms: str | None = None
    should_retry: str | None = None
    slow_body_ms: float = 0
    truncate: bool = False
    no_ice: bool = False
    channel_closes: bool = False
    response_error: str | None = None
    hangup_ms: float | None = None
    mute_network: tuple[float, float] | None = None
    on: str = MINT
    times: int | None = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the fault that a text describes.

        Raises:
            FaultSyntaxError: An action is unknown, is given twice, or has a value that does not fit; or there is none.

        """
        found: dict[str, Any] = {}
        for part in filter(None, (piece.strip() for piece in text.split(";"))):
            name, separator, value = (piece.strip() for piece in part.partition("="))
            if name not in _ACTIONS:
                raise FaultSyntaxError(f"there is no action {name!r}; there are: {', '.join(_ACTIONS)}")
            key = name.replace("-", "_")
            if key in found:
                raise FaultSyntaxError(f"{name} is given twice")
            found[key] = _ACTIONS[name](name, unquote(value) if separator else None)
        if found.keys() & _OF_CALLS and found.setdefault("on", CALL) != CALL:
            raise FaultSyntaxError("a mint has no connection that could fail: leave out on=mint")
        if not found.keys() - {"times", "on"}:
            raise FaultSyntaxError("a fault needs at least one action")
        return cls(text=text, **found)


def _flag(name: str, value: str | None) -> bool:
    if value is not None:
        raise FaultSyntaxError(f"{name} takes no value")
    return True


def _text(name: str, value: str | None) -> str:
    if not value:
        raise FaultSyntaxError(f"{name} needs a value")
    return value


def _header(name: str, value: str | None) -> str:
    text = _text(name, value)
    if not (text.isascii() and text.isprintable()):
        raise FaultSyntaxError(f"{name} must be printable ASCII, as it becomes a header")
    return text


def _milliseconds(name: str, value: str | None) -> float:
    try:
        number = float(_text(name, value))
    except ValueError:
        number = math.nan
    if not 0 <= number <= MAX_DELAY_MS:
        raise FaultSyntaxError(f"{name} must be a number of milliseconds from 0 to {MAX_DELAY_MS}")
    return number


def _span(name: str, value: str | None) -> tuple[float, float]:
    """Two times, or one from which on it lasts."""
    begin, dash, end = _text(name, value).partition("-")
    span = _milliseconds(name, begin), _milliseconds(name, end) if dash else math.inf
    if span[0] >= span[1]:
        raise FaultSyntaxError(f"{name} must end after it begins, as in {name}=3000-8000")
    return span


def _status(name: str, value: str | None) -> int:
    text = _text(name, value)
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if number not in _STATUSES or number in _NO_BODY_STATUSES:
        raise FaultSyntaxError(f"{name} must be an HTTP status from 200 to 599 that has a body")
    return number


def _times(name: str, value: str | None) -> int | None:
    text = _text(name, value)
    if text == FOREVER:
        return None
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if number < 1:
        raise FaultSyntaxError(f"{name} must be a positive integer, or {FOREVER!r}")
    return number


def _one_of(*names: str) -> Callable[[str, str | None], str]:
    def parse(name: str, value: str | None) -> str:
        if value not in names:
            raise FaultSyntaxError(f"{name} must be one of {', '.join(names)}")
        return value

    return parse


_ACTIONS: Final[Mapping[str, Callable[[str, str | None], Any]]] = MappingProxyType(
    {
        "latency-ms": _milliseconds,
        "drop": _flag,
        "stale": _flag,
        "redirect": _header,
        "status": _status,
        "error": _one_of(*TEMPLATES),
        "error-body": _text,
        "body": _one_of(*BODIES),
        "retry-after": _header,
        "retry-after-ms": _header,
        "should-retry": _one_of("true", "false"),
        "slow-body-ms": _milliseconds,
        "truncate": _flag,
        "no-ice": _flag,
        "channel-closes": _flag,
        "response-error": _one_of(*TEMPLATES),
        "hangup-ms": _milliseconds,
        "mute-network": _span,
        "on": _one_of(MINT, CALL),
        "times": _times,
    }
)
"""The actions: each name with dashes is a field of `Fault` with underscores."""


class FaultQueue:
    """Which faults the next requests meet: first in, first out.

    A fault that happens `forever` is what is left when the others are used up. A fault with `stale` waits for a request
    that comes over a connection that was used before, and lets the others pass.
    """

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def __len__(self) -> int:
        return len(self._faults)

    def push(self, fault: Fault | str, *, times: int | None = None) -> None:
        """Add a fault for the next requests.

        Args:
            fault: The fault, or its text.
            times: How many requests it happens to; overrides the `times` of the fault itself.

        Raises:
            FaultSyntaxError: The text does not describe a fault.

        """
        parsed = Fault.parse(fault) if isinstance(fault, str) else fault
        self._faults.append(parsed if times is None else replace(parsed, times=_times("times", str(times))))

    def take(self, *, reused: bool, on: str = MINT) -> Fault | None:
        """Return the fault that the request now at hand meets. `reused`: its connection carried a request before."""
        fitting = [index for index, fault in enumerate(self._faults) if fault.on == on and (reused or not fault.stale)]
        if not fitting:
            return None
        index = next((index for index in fitting if self._faults[index].times is not None), fitting[0])
        fault = self._faults[index]
        if fault.times is not None:
            if fault.times > 1:
                self._faults[index] = replace(fault, times=fault.times - 1)
            else:
                del self._faults[index]
        return fault

    def clear(self) -> None:
        """Take back every fault, also those that happen forever."""
        self._faults.clear()

    def to_json(self) -> list[dict[str, Any]]:
        """Return what the control endpoint shows: each fault as text, and how often it will happen (null: always)."""
        return [{"fault": fault.text, "times": fault.times} for fault in self._faults]
