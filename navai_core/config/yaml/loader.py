"""The configuration file → plain data, with Home Assistant's tags `!secret`, `!env_var` and `!include`.

The result is plain data only: no tag creates an object. Every mistake is collected with its file and line. No message
quotes a value, because it may be a key.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from ...exceptions import Problem
from ..source import Typed
from .document import SECRETS_FILE, DocumentError, quotable, read_document
from .values import EnoughError, Spot, Values, Words

_TAGS: Final = "`!secret`, `!env_var` and `!include`"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration as plain dictionaries, lists and scalars, and the place of each in the files."""

    data: Any = field(repr=False)
    """Holds secrets, so it is not in the `repr`."""
    places: Mapping[tuple[Any, ...], tuple[str, int]] = field(repr=False)
    problems: Sequence[Problem] = ()
    unknown: AbstractSet[tuple[Any, ...]] = frozenset()
    """The paths that could not be read; their value is None."""
    doubtful: AbstractSet[tuple[Any, ...]] = frozenset()
    """The paths that exist more than once; the first value counts."""

    words: Words = field(default_factory=dict, repr=False)
    """How the keys and values that are no strings are typed: by the path, and whether it is the key."""

    def typed(self, path: Sequence[Any], is_key: bool) -> Typed | None:
        """Return how a key or a value is typed, if YAML does not read it as a string."""
        return self.words.get((tuple(path), is_key))

    def locate(self, path: Sequence[Any]) -> tuple[str, int] | None:
        """Return the file and the line (starts at 1) of the key or item at a path, or of its nearest ancestor."""
        parts = tuple(path)
        found = (self.places.get(parts[:length]) for length in range(len(parts), -1, -1))
        return next((place for place in found if place), None)


def read_yaml(
    path: Path,
    *,
    environ: Mapping[str, str],
    secrets: Callable[[str], str | None] | None = None,
    only: str | None = None,
) -> Loaded:
    """Read a configuration file and everything it includes, as far as possible. Blocking.

    Args:
        path: The main file. Included files and `secrets.yaml` must be in its folder or below.
        environ: The environment, for `!env_var`.
        secrets: Called first for every `!secret`. It returns None for a name that it does not know.
        only: The one top-level key to read. The others belong to other programs, may use unknown tags, and are
            None in the data.

    Returns:
        The data, and up to a hundred mistakes.
    """
    main = _absolute(path)
    loader = _Loader(main, _Folder(main.parent, path.parent), environ, secrets, only=only)
    data = loader.load()
    return Loaded(data, loader.places, loader.problems, loader.unknown, loader.doubtful, loader.words)


@dataclass(frozen=True, slots=True)
class _Folder:
    """The configuration's folder: as an absolute path, and as the caller wrote it."""

    path: Path
    given: Path

    def shown(self, file: Path) -> str:
        return str(self.given / file.relative_to(self.path))


class _Loader(Values):
    """Reads one main file and what it includes. Each `secrets.yaml` has its own loader."""

    def __init__(
        self,
        main: Path,
        folder: _Folder,
        environ: Mapping[str, str],
        resolver: Callable[[str], str | None] | None = None,
        *,
        only: str | None = None,
        is_secrets: bool = False,
    ) -> None:
        super().__init__(only=only)
        self._main = main
        self._folder = folder
        self._environ = environ
        self._resolver = resolver
        self._is_secrets = is_secrets
        self._names: dict[Path, str] = {}
        self._documents: dict[Path, yaml.Node | None] = {}
        self._secrets: dict[Path, Mapping[Any, Any] | None] = {}
        self._misread: set[str] = set()
        """The names of secrets that YAML does not read as strings, as they are typed."""

    def load(self) -> Any:
        """Return the main file's data. Check `problems` before you use it."""
        shown = self.shown(self._main)
        try:
            node = read_document(self._main, shown)
            if node is not None:
                return self.value(node, Spot((), (self._main,)))
            trouble = DocumentError(f"{shown} is empty. Start it with the line `navai:`.", "file_empty", 1)
        except DocumentError as error:
            trouble = error
        except EnoughError:
            return None
        # The file of secrets may be missing or empty.
        if not (self._is_secrets and trouble.code in {"file_empty", "file_not_found"}):
            self.problems.append(Problem((), trouble.message, trouble.code, shown, trouble.line))
        return None

    def shown(self, path: Path) -> str:
        """Return the path of a file as messages show it: below the folder as the caller wrote it."""
        if path not in self._names:
            self._names[path] = self._folder.shown(path)
        return self._names[path]

    def tagged(self, node: yaml.Node, spot: Spot) -> Any:
        """Return the value of one of our tags."""
        tag, build = node.tag, _TAGGED.get(node.tag)
        if build and isinstance(node, yaml.ScalarNode):
            return build(self, node, spot)
        if build:
            self.note(spot, node, f"`{tag}` takes one name. Write it after the tag, on the same line.", "invalid_tag")
        elif tag.startswith("!include_dir_"):
            message = f"Folders cannot be included. Include the files one by one. navai knows {_TAGS}."
            self.note(spot, node, message, "unsupported_tag")
        else:
            message = f"navai does not know this tag. Use only {_TAGS}."
            self.note(spot, node, message, "unknown_tag")
        return None

    def secret(self, node: yaml.ScalarNode, spot: Spot) -> Any:
        """Ask the resolver, then `secrets.yaml` beside the file, then in each folder up to the main file's."""
        name = node.value.strip()
        if self._is_secrets:
            self.note(spot, node, f"{SECRETS_FILE} cannot use `!secret`. Write the value itself.", "unsupported_tag")
            return None
        if self._resolver and (value := self._resolver(name)) is not None:
            return value
        beside = spot.files[-1].parent
        levels = len(beside.relative_to(self._folder.path).parts)
        tables = [self._secrets_in(folder) for folder in (beside, *beside.parents[:levels])]
        table = next((table for table in tables if table and name in table), None)
        words = quotable(name, "with that name")
        if table:
            if table[name] is None:
                message = f"The secret {words} has no value. Write one in {SECRETS_FILE}."
                self.note(spot, node, message, "secret_empty")
            return table[name]
        if None not in tables:  # a broken file has its own problem, and may have the name
            message = f"There is no secret {words}. Add it to {self.shown(self._folder.path / SECRETS_FILE)}."
            if name in self._misread:
                message = f"YAML does not read the name of this secret as a string. Put it in quotes in {SECRETS_FILE}."
            self.note(spot, node, message, "secret_missing")
        self.unknown.add(spot.at)
        return None

    def _secrets_in(self, folder: Path) -> Mapping[Any, Any] | None:
        """Return a folder's secrets: empty if it has no such file, and None if the file is broken."""
        if folder not in self._secrets:
            path = folder / SECRETS_FILE
            loader = _Loader(path, self._folder, self._environ, is_secrets=True)
            data = loader.load()
            if not loader.problems and not isinstance(data, dict | None):
                message = f"{self.shown(path)} is not a list of secrets. Write lines of the form `name: value`."
                loader.add(Problem((), message, "invalid_secrets", self.shown(path), 1))
            for problem in loader.problems:
                self.add(problem)
            self._secrets[folder] = None if loader.problems else data or {}
            self._misread.update(typed.word for (_, is_key), typed in loader.words.items() if is_key)
        return self._secrets[folder]

    def env_var(self, node: yaml.ScalarNode, spot: Spot) -> str | None:
        """Return an environment variable, or else the default that is written after its name."""
        name, *default = node.value.split() or [""]
        if name in self._environ:
            return self._environ[name]
        if default:
            return " ".join(default)
        words = quotable(name, "with that name")
        message = f"There is no environment variable {words}. Set it, or write a default after the name."
        self.note(spot, node, message, "env_var_missing")
        return None

    def include(self, node: yaml.ScalarNode, spot: Spot) -> Any:
        """Return the content of another file. An empty file is an empty dictionary, as in Home Assistant."""
        path = _absolute(spot.files[-1].parent / node.value.strip())
        if not path.is_relative_to(self._folder.path):
            message = "This file is outside the configuration folder. Move it there, or below."
            self.note(spot, node, message, "include_outside")
            return None
        if path in spot.files:
            self.note(
                spot,
                node,
                "This file includes itself, directly or through another file. Remove one of them.",
                "include_cycle",
            )
            return None
        if path not in self._documents:
            self._documents[path] = None
            try:
                self._documents[path] = read_document(path, self.shown(path))
            except DocumentError as error:
                if error.line is None:  # the name is wrong, and it is written here
                    self.note(spot, node, error.message, error.code)
                else:
                    self.unknown.add(spot.at)
                    self.add(Problem(spot.at, error.message, error.code, self.shown(path), error.line))
        included = self._documents[path]
        return {} if included is None else self.value(included, Spot(spot.at, (*spot.files, path)))


_TAGGED: Final = {"!secret": _Loader.secret, "!env_var": _Loader.env_var, "!include": _Loader.include}


def _absolute(path: Path) -> Path:
    # Not resolved: Kubernetes and others mount each file as a link into a hidden folder.
    return Path(os.path.normpath(path.absolute()))
