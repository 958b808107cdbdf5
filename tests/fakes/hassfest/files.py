"""Reads an integration's files. A file that cannot be read is a finding, not a crash."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import yaml


class UnreadableError(Exception):
    """A file is missing, or has the wrong content."""


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a file. No key may appear twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
        if twice:
            raise UnreadableError(f"{path.name}: twice in the same place: {', '.join(twice)}")
        return dict(pairs)

    try:
        found = json.loads(_text(path), object_pairs_hook=once)
    except ValueError as error:
        raise UnreadableError(f"{path.name}: {error}") from error
    return _mapping(path, found)


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping in a file."""
    try:
        found = yaml.safe_load(_text(path))
    except yaml.YAMLError as error:
        raise UnreadableError(f"{path.name}: {error}") from error
    return _mapping(path, found)


def _mapping(path: Path, found: object) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise UnreadableError(f"{path.name}: is not a mapping")
    return found


def _text(path: Path) -> str:
    if not path.is_file():
        raise UnreadableError(f"{path.name}: is missing")
    return path.read_text(encoding="utf-8")
