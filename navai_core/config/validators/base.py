"""What the validators share: how they refuse a value, what they check it against, and how they quote and list words."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ...providers import Provider
from ...redact import redact
from ...suggestions import closest

_DIRECTIONS: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"
MAX_NAME_CHARS: Final = 64
NAME: Final = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{MAX_NAME_CHARS - 1}}}")
_QUOTABLE: Final = re.compile(r"[^\s`]+(?: [^\s`]+)*")
_WORDS: Final = re.compile(r"[A-Za-z][a-z]{0,14}(?:[ _-][A-Za-z][a-z]{0,14})*")
"""Text that is too long to be quoted in full, and that no key looks like."""
_MAX_QUOTED_CHARS: Final = 20
_MAX_QUOTED_DIGITS: Final = 4
_LARGEST_QUOTED: Final = 10_000_000
_GROUPED_FROM: Final = 10_000


CheckTemplate = Callable[[str], str]
"""Returns what is wrong with a template; empty if it is valid. None where there are no templates."""


class RefusedValueError(ValueError):
    """A value is not valid.

    Args:
        message: A sentence with the cure.
        code: A stable one.
        at: Where the value is, below the option: the index of an item, or the keys.
        is_key: The key at that place is wrong, not its value.
        kind: `a boolean`, if the value should be a string. In YAML, quotes make it one.
    """

    def __init__(
        self,
        message: str,
        code: str = "invalid_value",
        *,
        at: Sequence[Any] = (),
        is_key: bool = False,
        kind: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.at = tuple(at)
        self.is_key = is_key
        self.kind = kind


class RefusedItemsError(ValueError):
    """Several values below one option are not valid."""

    def __init__(self, refusals: Sequence[RefusedValueError]) -> None:
        super().__init__(refusals[0].message)
        self.refusals = refusals


@dataclass(frozen=True, slots=True)
class Context:
    """What a value is checked against, in addition to its own option."""

    provider: Provider
    profiles: frozenset[str] = frozenset()
    is_yaml: bool = True
    """A person wrote it, and may have to put a value in quotes. False: a program sent JSON."""
    check_template: CheckTemplate | None = None


Validator = Callable[[Any], Any]


def kind_of(value: Any) -> str:
    """The kind of a value, without the value."""
    kinds = (
        (bool, "a boolean"),
        (str, "a string"),
        (int | float, "a number"),
        (date, "a date"),
        (type(None), "an empty value"),
        (Mapping, "a map"),
        (list, "a list"),
    )
    return next((noun for kind, noun in kinds if isinstance(value, kind)), "this kind of value")


def not_text(value: Any, message: str = "must be a string", *, at: Sequence[Any] = ()) -> RefusedValueError:
    """The refusal of a value that should be a string."""
    return RefusedValueError(message, "wrong_type", at=at, kind=kind_of(value))


def each(items: Sequence[Any], check: Validator) -> list[Any]:
    """Every item of a list, checked.

    Raises:
        RefusedItemsError: with every wrong item.
    """
    checked, refusals = [], []
    for index, item in enumerate(items):
        try:
            checked.append(check(item))
        except RefusedValueError as refusal:
            refusal.at = (index, *refusal.at)
            refusals.append(refusal)
    if refusals:
        raise RefusedItemsError(refusals)
    return checked


def words(choices: Iterable[str]) -> str:
    """The choices as a sentence lists them."""
    return ", ".join(f"`{choice}`" for choice in choices)


def quoted(value: Any) -> str:
    """A wrong value as a message may show it: in backquotes; empty where it could be a part of a key.

    Only short strings with few digits, short numbers and booleans are shown, and nothing that the redactor would hide.
    Of a longer string, its first 20 characters are shown, if it is made of plain words.
    """
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, int | float):
        # Python refuses to print an integer of thousands of digits.
        text = _plain(value) if abs(value) < _LARGEST_QUOTED or value != value else ""  # noqa: PLR0124 -- NaN
        return f"`{text}`" if text and len(text) <= _MAX_QUOTED_CHARS else ""
    if not isinstance(value, str) or redact(value) != value or has_controls(value, lines=False):
        return ""
    text = value.strip()
    if len(text) > _MAX_QUOTED_CHARS:
        return f"`{text[:_MAX_QUOTED_CHARS].rstrip()}…`" if _WORDS.fullmatch(text) else ""
    return f"`{text}`" if _QUOTABLE.fullmatch(text) and sum(map(str.isdigit, text)) <= _MAX_QUOTED_DIGITS else ""


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
