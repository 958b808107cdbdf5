"""What the validators have in common: how they refuse, what they know besides the value, and how they list words."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from ...providers import Provider

_DIRECTIONS: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"
NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class RefusedValueError(ValueError):
    """A value does not fit. `code` is stable; the text is a sentence with the cure."""

    def __init__(self, message: str, code: str = "invalid_value") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@dataclass(frozen=True, slots=True)
class Context:
    """What a value is checked against besides its own option."""

    provider: Provider
    profiles: frozenset[str] = frozenset()
    is_yaml: bool = True
    """A person wrote it, who may have to put a value in quotes; else a program sent JSON."""


Validator = Callable[[Any], Any]


def words(choices: Iterable[str]) -> str:
    """The choices as a sentence lists them."""
    return ", ".join(f"`{choice}`" for choice in choices)


def has_controls(text: str, *, lines: bool) -> bool:
    """Whether a text holds control or direction-changing characters, which belong in no name and no prompt."""
    allowed = "\n\t" if lines else ""
    return any(
        unicodedata.category(char) in {"Cc", "Cs"} or char in _DIRECTIONS or "\U000e0000" <= char <= "\U000e007f"
        for char in text
        if char not in allowed
    )


def sentence(text: str) -> str:
    """The text with a full stop, unless it ends with a question."""
    return text if text.endswith("?") else f"{text}."
