"""A tree of YAML nodes → plain data, with limits, and with the place of every value. `loader` handles the tags."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from ...exceptions import Problem
from ..source import Typed
from .document import MAX_DEPTH, line_of, quotable

MAX_VALUES: Final = 100_000
"""For all files together. An alias counts as all its values: a few lines of aliases can mean billions of them."""
MAX_PROBLEMS: Final = 100

Pairs = dict[Any, tuple[yaml.Node, yaml.Node]]
Words = dict[tuple[tuple[Any, ...], bool], Typed]
"""By the path, and whether it is the key at that path or its value."""

_YAML: Final = "tag:yaml.org,2002:"
_LONE_EQUALS: Final = f"{_YAML}value"
_SCALARS: Final = {
    f"{_YAML}binary": "base64 data",
    f"{_YAML}bool": "true or false",
    f"{_YAML}float": "a number",
    f"{_YAML}int": "a whole number",
    f"{_YAML}null": "an empty value",
    f"{_YAML}str": "text",
    f"{_YAML}timestamp": "a date",
    _LONE_EQUALS: "text",
}
_MERGE: Final = object()
_ABOUT_KEYS: Final = frozenset({"duplicate_key", "invalid_key"})
"""Problems of one key in a map. The other keys can still be read."""


class EnoughError(Exception):
    """A limit is reached. The problem is noted, and reading stops."""


@dataclass(frozen=True, slots=True)
class Spot:
    """The current place: the path in the data, and the files that include one another, the innermost last."""

    at: tuple[Any, ...]
    files: tuple[Path, ...]

    def below(self, part: Any) -> "Spot":
        """Return the spot of a key's value, or of an item (index starts at 0)."""
        return Spot((*self.at, part), self.files)


class Values(ABC):
    """Builds data from nodes. Notes the problems, and for every path its file and line (starts at 1)."""

    def __init__(self, *, only: str | None = None) -> None:
        self.problems: list[Problem] = []
        self.places: dict[tuple[Any, ...], tuple[str, int]] = {}
        self.unknown: set[tuple[Any, ...]] = set()
        """The paths that could not be read; their value is None."""
        self.doubtful: set[tuple[Any, ...]] = set()
        """The paths that exist more than once; the first value counts."""
        self.words: Words = {}
        """How the keys and values that are no strings are typed."""
        self._only = only
        self._count = 0
        self._scalars = yaml.constructor.SafeConstructor()

    @abstractmethod
    def shown(self, path: Path) -> str:
        """Return the name of a file in messages."""

    @abstractmethod
    def tagged(self, node: yaml.Node, spot: Spot) -> Any:
        """Return the value of a node with a tag that is not part of plain YAML."""

    def note(self, spot: Spot, node: yaml.Node, message: str, code: str) -> None:
        """Note a problem at a node. An alias is read each time, but its problems are noted once."""
        if code not in _ABOUT_KEYS:
            self.unknown.add(spot.at)
        self.add(Problem(spot.at, message, code, self.shown(spot.files[-1]), line_of(node)))

    def add(self, problem: Problem) -> None:
        """Note a problem.

        Raises:
            EnoughError: There are `MAX_PROBLEMS` of them.
        """
        if not any((known.file, known.line, known.message) == _where(problem) for known in self.problems):
            self.problems.append(problem)
        if len(self.problems) >= MAX_PROBLEMS:
            raise EnoughError

    def value(self, node: yaml.Node, spot: Spot) -> Any:
        """Return the value of a node. If it has none, note a problem and return None.

        Raises:
            EnoughError: There are too many values, levels, or problems.
        """
        self._check_bounds(spot, node)
        self.places.setdefault(spot.at, (self.shown(spot.files[-1]), line_of(node)))
        if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS:
            value = self._scalar(node, spot)
            self._remember_word(value, node, spot, is_key=False)
            return value
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_YAML}seq":
            return [self.value(item, spot.below(index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_YAML}map":
            return self._mapping(node, spot)
        return self.tagged(node, spot)

    def _check_bounds(self, spot: Spot, node: yaml.Node, merges: int = 0) -> None:
        self._count += 1
        if self._count > MAX_VALUES:
            self.note(spot, node, f"There are more than {MAX_VALUES:,} values. Use fewer aliases.", "too_many_values")
            raise EnoughError
        if merges + len(spot.at) + len(spot.files) > MAX_DEPTH + 1:
            message = f"This has more than {MAX_DEPTH} levels, or contains itself through an alias. Use fewer levels."
            self.note(spot, node, message, "too_deep")
            raise EnoughError

    def _scalar(self, node: yaml.ScalarNode, spot: Spot) -> Any:
        if node.tag == _LONE_EQUALS:  # PyYAML has a separate tag for it, and cannot build it
            return node.value
        try:
            value = self._scalars.construct_object(node)
            if isinstance(value, str):
                value.encode()
        except UnicodeEncodeError:
            self.note(spot, node, r"An escape such as \ud800 is half a character. Correct it.", "invalid_text")
        except (yaml.YAMLError, ArithmeticError, AttributeError, LookupError, ValueError):
            # Errors of PyYAML's own constructors, for "2024-13-45" and "!!int kitchen".
            message = f"This reads as {_SCALARS[node.tag]}, but is not valid. Put it in quotes if it is text."
            self.note(spot, node, message, "invalid_scalar")
        else:
            return value
        return None

    def _remember_word(self, value: Any, node: yaml.Node, spot: Spot, *, is_key: bool) -> None:
        if not isinstance(value, str):
            self.words[spot.at, is_key] = Typed(node.value, self.shown(spot.files[-1]), line_of(node))

    def _mapping(self, node: yaml.MappingNode, spot: Spot) -> dict[Any, Any]:
        data: dict[Any, Any] = {}
        for key, (key_node, value_node) in self._pairs(node, spot).items():
            below = spot.below(key)
            self._remember_word(key, key_node, below, is_key=True)
            self.places[below.at] = (self.shown(spot.files[-1]), line_of(key_node))
            wanted = spot.at or self._only is None or key == self._only
            data[key] = self.value(value_node, below) if wanted else None
        return data

    def _pairs(self, node: yaml.MappingNode, spot: Spot, merges: int = 0) -> Pairs:
        own: Pairs = {}
        merged: Pairs = {}
        lines: dict[Any, int] = {}
        for key_node, value_node in node.value:
            self._check_bounds(spot, key_node, merges)
            if key_node.tag == f"{_YAML}merge":
                key = _MERGE
            elif isinstance(key_node, yaml.ScalarNode) and key_node.tag in _SCALARS:
                key = self._scalar(key_node, spot)
            else:
                self.note(
                    spot, key_node, "A key must be plain text. Write it without a tag or brackets.", "invalid_key"
                )
                continue
            if key in lines:
                words = quotable(key_node.value, "This key")
                message = f"{words} is already in line {lines[key]}. Remove one of them."
                if not isinstance(key, str) and key is not _MERGE:
                    message = f"To YAML, {words} is the same as the key in line {lines[key]}. Put both in quotes."
                self.doubtful.add(spot.below(key).at)
                self.note(spot, key_node, message, "duplicate_key")
                continue
            lines[key] = line_of(key_node)
            if key is not _MERGE:
                own[key] = (key_node, value_node)
                continue
            for source in self._sources(value_node, spot):
                for name, pair in self._pairs(source, spot, merges + 1).items():
                    merged.setdefault(name, pair)
        return merged | own

    def _sources(self, node: yaml.Node, spot: Spot) -> Iterator[yaml.MappingNode]:
        for source in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if isinstance(source, yaml.MappingNode):
                yield source
            else:
                self.note(spot, source, "`<<` only merges maps. Write an alias of a map.", "invalid_merge")


def _where(problem: Problem) -> tuple[str | None, int | None, str]:
    return problem.file, problem.line, problem.message
