"""The values of a fault's actions.

Each function takes an action's name and its value, and returns the value.

Raises:
    FaultSyntaxError: The value is not valid.

"""

import math
import re
from collections.abc import Callable
from typing import Final

from navai_core.simulator.named_errors import TEMPLATES

_OTHER_ERROR: Final = re.compile(r"[a-z0-9_]+/[a-z0-9_]+")
_NO_BODY_STATUSES: Final = (204, 205, 304)
_STATUSES: Final = range(200, 600)
MAX_DELAY_MS: Final = 600_000
FOREVER: Final = "forever"


class FaultSyntaxError(ValueError):
    """A fault has a syntax error. The message names the mistake."""


def flag(name: str, value: str | None) -> bool:
    """Take no value."""
    if value is not None:
        raise FaultSyntaxError(f"{name} takes no value")
    return True


def text(name: str, value: str | None) -> str:
    """Take any string."""
    if not value:
        raise FaultSyntaxError(f"{name} needs a value")
    return value


def header(name: str, value: str | None) -> str:
    """Take a valid value of a header."""
    given = text(name, value)
    if not (given.isascii() and given.isprintable()):
        raise FaultSyntaxError(f"{name} must be printable ASCII, as it becomes a header")
    return given


def milliseconds(name: str, value: str | None) -> float:
    """Take a number of milliseconds."""
    try:
        number = float(text(name, value))
    except ValueError:
        number = math.nan
    if not 0 <= number <= MAX_DELAY_MS:
        raise FaultSyntaxError(f"{name} must be a number of milliseconds from 0 to {MAX_DELAY_MS}")
    return number


def span(name: str, value: str | None) -> tuple[float, float]:
    """Take two times in milliseconds, or only the first."""
    begin, dash, end = text(name, value).partition("-")
    found = milliseconds(name, begin), milliseconds(name, end) if dash else math.inf
    if found[0] >= found[1]:
        raise FaultSyntaxError(f"{name} must end after it starts, as in {name}=3000-8000")
    return found


def share(name: str, value: str | None) -> float:
    """Take a part, from 0 to 1."""
    try:
        number = float(text(name, value))
    except ValueError:
        number = math.nan
    if not 0 <= number <= 1:
        raise FaultSyntaxError(f"{name} must be a number from 0 to 1")
    return number


def error(name: str, value: str | None) -> str:
    """Take the name of an error, or `TYPE/CODE` for an unknown one."""
    given = text(name, value)
    if given not in TEMPLATES and not _OTHER_ERROR.fullmatch(given):
        raise FaultSyntaxError(f"{name} must be TYPE/CODE, or one of {', '.join(TEMPLATES)}")
    return given


def status(name: str, value: str | None) -> int:
    """Take an HTTP status whose answer has a body."""
    given = text(name, value)
    number = int(given) if given.isascii() and given.isdecimal() else 0
    if number not in _STATUSES or number in _NO_BODY_STATUSES:
        raise FaultSyntaxError(f"{name} must be an HTTP status from 200 to 599 that has a body")
    return number


def times(name: str, value: str | None) -> int | None:
    """Take a count: None means always."""
    given = text(name, value)
    if given == FOREVER:
        return None
    number = int(given) if given.isascii() and given.isdecimal() else 0
    if number < 1:
        raise FaultSyntaxError(f"{name} must be a positive integer, or {FOREVER!r}")
    return number


def one_of(*names: str) -> Callable[[str, str | None], str]:
    """Build a function that takes one of these words."""

    def parse(name: str, value: str | None) -> str:
        if value not in names:
            raise FaultSyntaxError(f"{name} must be one of {', '.join(names)}")
        return value

    return parse
