"""Where the YAML has a path, and how it is typed there. Turns a wrong place into a `Problem` that people recognise."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ..exceptions import Problem
from ..redact import name_or_dots
from .validators.base import quoted

Path = tuple[Any, ...]
"""Keys as YAML reads them (`on` is True), and indexes of lists."""
Locate = Callable[[Sequence[Any]], tuple[str, int] | None]
"""Returns the file and line (from 1) of a path in the YAML, or of its nearest ancestor."""

_DATE_OR_TIME: Final = re.compile(r"\d{4}-\d\d?-\d\d?|\d{1,3}(?::\d\d)+(?:\.\d{1,3})?")
_MAX_SHOWN_NUMBER: Final = 9999


class Typed(NamedTuple):
    """A word without quotes that YAML does not read as a string."""

    word: str
    file: str
    line: int
    """Starts at 1."""


FindTyped = Callable[[Sequence[Any], bool], Typed | None]
"""Finds the word of a path: of its last key (True), or of its value. None for strings, and where nobody knows."""


@dataclass(frozen=True, slots=True)
class Found:
    """What stood in the place of a valid value, as far as a message may show it."""

    shown: str = ""
    """The value in backquotes."""
    kind: str = ""
    """`a boolean`."""
    is_key: bool = False
    is_hidden: bool = False
    """It may be a secret."""
    should_be_text: bool = False
    can_be_quoted: bool = False
    """In quotes, it would be a string."""
    is_in_message: bool = False
    """The message already has `shown`."""

    def added_to(self, message: str, word: str) -> str:
        """The message with what stood there.

        Args:
            message: What is wrong.
            word: How it is typed in the file, in backquotes; empty if that is unknown.
        """
        if self.is_hidden:
            word = ""
        if self.should_be_text:
            what = f"{word} is read as {self.kind}" if word else f"not {self.kind}"
            return f"{message} — {what}{'; put it in quotes' if self.can_be_quoted else ''}"
        if self.is_in_message:
            # YAML reads 0123 as 83: people must find their own word.
            return message.replace(self.shown, word) if self.shown and word else message
        what = word or self.shown or self.kind
        return f"{message} — not {what}" if what else message


@dataclass(frozen=True, slots=True)
class Source:
    """The files of a block. Without them (the block of a test, the body of a request), nothing is known."""

    locate: Locate | None = field(default=None, repr=False)
    typed: FindTyped | None = field(default=None, repr=False)

    def word(self, path: Sequence[Any], *, is_key: bool = False) -> str:
        """How a key or a value is typed, in backquotes; empty for strings, and if it is unknown or may be secret."""
        typed = self.typed(path, is_key) if self.typed else None
        if typed is None:
            return ""
        return f"`{typed.word}`" if _DATE_OR_TIME.fullmatch(typed.word) else quoted(typed.word)

    def place(self, path: Sequence[Any], *, is_key: bool = False) -> tuple[str, int] | None:
        """The file and line (from 1) of a path, or of its nearest ancestor."""
        typed = self.typed(path, is_key) if self.typed else None
        if typed is not None:
            return typed.file, typed.line
        return self.locate(path) if self.locate else None

    def shown(self, path: Sequence[Any]) -> tuple[str | int, ...]:
        """The path as messages show it. Somebody may have pasted a key where a name belongs."""
        return tuple(self._shown(path[: index + 1]) for index in range(len(path)))

    def _shown(self, path: Sequence[Any]) -> str | int:
        part = path[-1]
        if isinstance(part, str):
            return name_or_dots(part)
        if word := self.word(path, is_key=True):
            return word.strip("`")
        if isinstance(part, bool) or part is None:
            return "null" if part is None else str(part).lower()
        return part if isinstance(part, int) and abs(part) <= _MAX_SHOWN_NUMBER else "…"

    def written_twice(self, path: Sequence[Any]) -> str:
        """What to do about a key with the name of the section that it is in; empty for another key.

        It is mostly the first line of an included file, as in `navai: !include navai.yaml`.
        """
        key = path[-1]
        if key not in {path[0], path[-2]}:
            return ""
        here, above = self.place(path), self.place(path[:-1])
        if here is None or above is None or here[0] == above[0]:
            return "is the name of the section that it is in — remove this line"
        line = "the first line" if here[1] == 1 else f"line {here[1]}"
        return f"is the name of a section that includes this file — remove {line}, `{key}:`"

    def problem(self, path: Sequence[Any], message: str, code: str, found: Found | None = None) -> Problem:
        """The problem of a path.

        Args:
            path: Of the value, or of the key.
            message: What is wrong.
            code: A stable one.
            found: What stood there instead.
        """
        is_key = found is not None and found.is_key
        if found is not None:
            message = found.added_to(message, self.word(path, is_key=is_key))
        place = self.place(path, is_key=is_key) or ()
        return Problem(self.shown(path), message, code, *place)


UNKNOWN_SOURCE: Final = Source()
"""A block that comes from no file."""
