"""How keys and values are typed, read from files that another loader has read (Home Assistant's keeps no words).

That loader's data has the keys and values, but says nothing of where the ones are that are no strings. They are found
by their path from the end: a file has only the last part of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from ..source import Typed
from .document import SECRETS_FILE, DocumentError, line_of, read_document

_MAX_FILES: Final = 200
_INCLUDE: Final = "!include"
_MERGE: Final = "tag:yaml.org,2002:merge"

_Entry = tuple[tuple[Any, ...], Typed]


class Reread:
    """The words of some files, and of those that they include with `!include`. Blocking to make.

    Args:
        files: The files. What cannot be read is left out, and so are files of secrets.
        folder: The configuration folder; no file outside of it is read.
    """

    def __init__(self, files: Iterable[Path], folder: Path) -> None:
        self._folder = folder.resolve()
        self._keys: list[_Entry] = []
        self._values: list[_Entry] = []
        self._scalars = yaml.constructor.SafeConstructor()
        waiting = list(dict.fromkeys(files))
        known = set(waiting)
        for path in waiting:
            more = [file for file in self._read(path) if file not in known]
            known.update(more)
            waiting += more[: max(0, _MAX_FILES - len(waiting))]

    def typed(self, path: Sequence[Any], is_key: bool) -> Typed | None:
        """Return how a key or a value is typed, if YAML does not read it as a string."""
        wanted = tuple(path)
        fitting = [
            (min(len(at), len(wanted)), typed)
            for at, typed in (self._keys if is_key else self._values)
            if all(_is_same(*pair) for pair in zip(reversed(at), reversed(wanted), strict=False))
        ]
        # The longest path in common. The first of several that are as long.
        return max(fitting, key=lambda found: found[0])[1] if fitting else None

    def _read(self, path: Path) -> list[Path]:
        """Read one file. Returns the files that it includes."""
        if path.name == SECRETS_FILE:
            return []
        try:
            if not path.resolve().is_relative_to(self._folder):
                return []
            root = read_document(path, path.name)
        except (DocumentError, OSError, RuntimeError):
            return []
        return list(self._collect(root, (), path, set())) if root is not None else []

    def _collect(self, node: yaml.Node, at: tuple[Any, ...], path: Path, seen: set[int]) -> Iterator[Path]:
        """Keep the words below a node. Yields the files that are included there."""
        if id(node) in seen:
            # An alias: it may even contain itself.
            return
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                yield from self._collect(item, (*at, index), path, seen)
        elif isinstance(node, yaml.MappingNode):
            for key_node, value_node in node.value:
                if key_node.tag == _MERGE:
                    for source in value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]:
                        yield from self._collect(source, at, path, seen)
                    continue
                for key in self._keep(key_node, at, path, self._keys, is_key=True):
                    yield from self._collect(value_node, (*at, key), path, seen)
        elif node.tag == _INCLUDE:
            yield path.parent / node.value.strip()
        else:
            self._keep(node, at, path, self._values)

    def _keep(
        self, node: yaml.Node, at: tuple[Any, ...], path: Path, kept: list[_Entry], *, is_key: bool = False
    ) -> list[Any]:
        """Keep a word that is no string. Returns the value of the node, if it has a plain one."""
        try:
            value = self._scalars.construct_object(node)
            hash(value)
        except (yaml.YAMLError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            # A tag such as `!secret`, or a word such as 2024-13-45.
            return []
        if not isinstance(value, str):
            kept.append(((*at, value) if is_key else at, Typed(node.value, str(path), line_of(node))))
        return [value]


def _is_same(one: Any, other: Any) -> bool:
    # To Python, True equals 1.
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
