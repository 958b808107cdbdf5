"""Faults: what they are, how they are written, and in which order they happen.

A fault is written as actions joined by semicolons: ``error=rate_limit_exceeded; retry-after=1; times=2``. An action
is a name, or ``name=value``; a value may be percent-encoded, and must be when it holds a semicolon or a percent sign.
The same text works in the request header ``x-simulator-fault``, in `FaultQueue.push`, over ``POST /_simulator/faults``
and as ``--fault``. `docs/simulator.md` has the table of actions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, Self
from urllib.parse import unquote

from navai_core.simulator import fault_values as values
from navai_core.simulator.fault_values import FaultSyntaxError
from navai_core.simulator.named_errors import TEMPLATES

HEADER: Final = "x-simulator-fault"
BODIES: Final = (
    "not-json",
    "sign-in",
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
HANGUP: Final = "hangup"
SIDEBAND: Final = "sideband"
MODELS: Final = "models"
CLOSE_CODES: Final = ("1000", "1001")

REASONS: Final = ("max_output_tokens", "content_filter")
"""The reasons why a response may be incomplete."""
_OF_CALLS: Final = frozenset(
    {
        *("no_cors", "no_ice", "channel_closes", "hangup_ms", "stays_open", "mute_network"),
        *("response_error", "response_cut", "response_after"),
        *("sideband_delay_ms", "sideband_close_ms", "sideband_close_code"),
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request. Everything else works.

    `latency_ms`, `slow_body_ms`, `hangup_ms` and `mute_network` (from, until) are in milliseconds; `on` is the
    kind of request, `times` the number of requests, None for all.
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
    response_cut: str | None = None
    response_after: float | None = None
    no_cors: bool = False
    hangup_ms: float | None = None
    stays_open: bool = False
    mute_network: tuple[float, float] | None = None
    sideband_delay_ms: float = 0
    sideband_close_ms: float | None = None
    sideband_close_code: str = CLOSE_CODES[1]
    on: str = MINT
    times: int | None = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the fault that a text describes.

        Raises:
            FaultSyntaxError: An action is unknown, repeated or has a wrong value, or there is no action.

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
            raise FaultSyntaxError("this only works for calls: leave out on=mint")
        if "response_after" in found and not found.keys() & {"response_error", "response_cut"}:
            raise FaultSyntaxError("response-after needs response-error or response-cut")
        if not found.keys() - {"times", "on"}:
            raise FaultSyntaxError("a fault needs at least one action")
        return cls(text=text, **found)


_ACTIONS: Final[Mapping[str, Callable[[str, str | None], Any]]] = MappingProxyType(
    {
        "latency-ms": values.milliseconds,
        "drop": values.flag,
        "stale": values.flag,
        "redirect": values.header,
        "status": values.status,
        "error": values.one_of(*TEMPLATES),
        "error-body": values.text,
        "body": values.one_of(*BODIES),
        "retry-after": values.header,
        "retry-after-ms": values.header,
        "should-retry": values.one_of("true", "false"),
        "slow-body-ms": values.milliseconds,
        "truncate": values.flag,
        "no-ice": values.flag,
        "channel-closes": values.flag,
        "no-cors": values.flag,
        "response-error": values.error,
        "response-cut": values.one_of(*REASONS),
        "response-after": values.share,
        "hangup-ms": values.milliseconds,
        "stays-open": values.flag,
        "mute-network": values.span,
        "sideband-delay-ms": values.milliseconds,
        "sideband-close-ms": values.milliseconds,
        "sideband-close-code": values.one_of(*CLOSE_CODES),
        "on": values.one_of(MINT, CALL, HANGUP, SIDEBAND, MODELS),
        "times": values.times,
    }
)
"""The actions: each name with dashes is a field of `Fault` with underscores."""


class FaultQueue:
    """The faults of the next requests: first in, first out.

    A fault with `forever` happens when the others are used up. A fault with `stale` waits for a request over a
    connection that was used before, and does not affect the others.
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
        self._faults.append(parsed if times is None else replace(parsed, times=values.times("times", str(times))))

    def take(self, *, reused: bool, on: str = MINT) -> Fault | None:
        """Return the fault of the current request. `reused`: its connection had a request before."""
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
        """Remove every fault, also those that happen forever."""
        self._faults.clear()

    def to_json(self) -> list[dict[str, Any]]:
        """Return what the control endpoint shows: each fault as text, and how often it will happen (null: always)."""
        return [{"fault": fault.text, "times": fault.times} for fault in self._faults]
