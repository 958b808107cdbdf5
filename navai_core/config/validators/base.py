"""What the validators share: how they refuse a value, what they check it against, and how they quote and list words."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from ...providers import Provider
from ...redact import redact
from ...suggestions import closest

_DIRECTIONS: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"
NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_QUOTABLE: Final = re.compile(r"(?!.{21})[\w.-]+(?: [\w.-]+)*")
_MAX_QUOTED_CHARS: Final = 20
_MAX_QUOTED_DIGITS: Final = 4
_LARGEST_QUOTED: Final = 10_000_000
_GROUPED_FROM: Final = 10_000


class RefusedValueError(ValueError):
    """A value is not valid. `code` is stable; the text is a sentence with the cure."""

    def __init__(self, message: str, code: str = "invalid_value") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@dataclass(frozen=True, slots=True)
class Context:
    """What a value is checked against, in addition to its own option."""

    provider: Provider
    profiles: frozenset[str] = frozenset()
    is_yaml: bool = True
    """A person wrote it, and may have to put a value in quotes. False: a program sent JSON."""


Validator = Callable[[Any], Any]


def words(choices: Iterable[str]) -> str:
    """The choices as a sentence lists them."""
    return ", ".join(f"`{choice}`" for choice in choices)


def quoted(value: Any) -> str:
    """A wrong value as a message may show it: in backquotes; empty where it could be a part of a key.

    Only short strings with few digits, short numbers and booleans are shown, and nothing that the redactor would hide.
    """
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, int | float):
        # Python refuses to print an integer of thousands of digits.
        text = _plain(value) if abs(value) < _LARGEST_QUOTED or value != value else ""  # noqa: PLR0124 -- NaN
        return f"`{text}`" if text and len(text) <= _MAX_QUOTED_CHARS else ""
    if not isinstance(value, str) or not _QUOTABLE.fullmatch(value) or redact(value) != value:
        return ""
    return f"`{value}`" if sum(map(str.isdigit, value)) <= _MAX_QUOTED_DIGITS else ""


def _plain(number: float) -> str:
    """A number as it was written, without an exponent."""
    text = str(number)
    return f"{Decimal(text):f}" if "e" in text else text


def subject(value: Any) -> str:
    """A wrong value at the beginning of a message, followed by a space; empty where it is not shown."""
    shown = quoted(value)
    return f"{shown} " if shown else ""


def instead_of(value: Any, known: Iterable[str] = ()) -> str:
    """The end of a message: what stood there, and which of the known words it may have been meant to be."""
    shown = quoted(value)
    near = closest(value, known) if isinstance(value, str) else None
    parts = [f"not {shown}"] if shown else []
    return " — " + "; ".join([*parts, *([f"did you mean `{near}`?"] if near else [])]) if parts or near else ""


def counted(number: float) -> str:
    """A number as a message or the reference shows it: `0.25`, `7200`, `1,000,000`; never with an exponent."""
    plain = Decimal(str(number)).normalize()
    return f"{plain:,f}" if abs(number) >= _GROUPED_FROM else f"{plain:f}"


def has_controls(text: str, *, lines: bool) -> bool:
    """Whether a text has characters that control the output or its direction. They belong in no name and no prompt."""
    allowed = "\n\t" if lines else ""
    return any(
        unicodedata.category(char) in {"Cc", "Cs"} or char in _DIRECTIONS or "\U000e0000" <= char <= "\U000e007f"
        for char in text
        if char not in allowed
    )


def sentence(text: str) -> str:
    """The text with a full stop, unless it ends with a question."""
    return text if text.endswith("?") else f"{text}."
