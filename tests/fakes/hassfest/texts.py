"""strings.json and the translations: what a text may contain, and that every language has every text."""

import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from .files import read_json

Texts = dict[tuple[str, ...], str]

KEY: Final = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_FORBIDDEN: Final = {
    re.compile(r"^\s|\s\Z"): "begins or ends with a space",
    re.compile(r"\[%key:"): "points to another text, which only Home Assistant's own may do",
    re.compile(r"<[a-z].*?>", re.IGNORECASE): "has HTML in it",
    re.compile(
        r"(?:\b(?:ftp|ftps|scp|https?|mqtts?|socket|socks5)://|\bwww\.)[a-z0-9-]+\.[a-z]", re.IGNORECASE
    ): "has an address in it, which is to be a placeholder",
    re.compile(r"'\{\w+\}'"): "has a placeholder in single quotes, which would not be filled in",
}
LANGUAGES: Final = ("en", "es")
_WORDS_OF_A_SENTENCE: Final = 4
_WITHOUT_PLACEHOLDERS: Final = {"state", "unit_of_measurement"}
"""Texts below these are the same for all entities."""


def strings(folder: Path) -> Iterator[str]:
    """Yield what is wrong with any text of strings.json."""
    found = read_json(folder / "strings.json")
    if "config" in found and "step" not in found["config"]:
        yield "strings.json: config has no step, which hassfest wants even if it is empty"
    for path, text in texts_of(found).items():
        yield from (f"strings.json: {'.'.join(path)} {each}" for each in _wrong_with(path, text))


def translations(folder: Path) -> Iterator[str]:
    """Yield where the languages differ from strings.json."""
    source = read_json(folder / "strings.json")
    expected = texts_of(source)
    for language in LANGUAGES:
        name = f"translations/{language}.json"
        translated = read_json(folder / name)
        found = texts_of(translated)
        missing, more = expected.keys() - found.keys(), found.keys() - expected.keys()
        yield from (f"{name}: {'.'.join(path)} is missing" for path in sorted(missing))
        yield from (f"{name}: {'.'.join(path)} is not in strings.json" for path in sorted(more))
        if not missing and not more and _shape(translated) != _shape(source):
            yield f"{name}: has not the sections of strings.json"
        for path in sorted(expected.keys() & found.keys()):
            differs = _wrong_in(language, path, found[path], expected[path])
            yield from (f"{name}: {'.'.join(path)} {each}" for each in differs)
    for other in sorted((folder / "translations").iterdir()):
        if other.name not in {f"{language}.json" for language in LANGUAGES}:
            yield f"translations/{other.name}: is not one of our languages"


def _wrong_in(language: str, path: tuple[str, ...], text: str, source: str) -> Iterator[str]:
    yield from _wrong_with(path, text)
    if placeholders(text) != placeholders(source):
        yield "has other placeholders than strings.json"
    if language == "en" and text != source:
        yield "is not what strings.json says"
    if language != "en" and text == source and len(text.split()) >= _WORDS_OF_A_SENTENCE:
        yield "is not translated"


def texts_of(found: Mapping[str, Any], above: tuple[str, ...] = ()) -> Texts:
    """Return every text by the path to it."""
    texts: Texts = {}
    for key, value in found.items():
        if isinstance(value, dict):
            texts |= texts_of(value, (*above, key))
        else:
            texts[*above, key] = value
    return texts


def placeholders(text: object) -> frozenset[str] | None:
    """Return the names in braces; None if the braces make no sense."""
    try:
        return frozenset(name for _, name, _, _ in string.Formatter().parse(str(text)) if name is not None)
    except ValueError:
        return None


def _shape(found: object) -> object:
    """Return what is left without texts."""
    return {key: _shape(value) for key, value in found.items()} if isinstance(found, dict) else None


def _wrong_with(path: tuple[str, ...], text: object) -> Iterator[str]:
    for key in path:
        if not KEY.fullmatch(key):
            yield f"has a key that is not a name: {key!r}"
    if not isinstance(text, str) or not text.strip():
        yield "is empty, or not a text"
        return
    yield from (sentence for pattern, sentence in _FORBIDDEN.items() if pattern.search(text))
    names = placeholders(text)
    if names is None:
        yield "has braces that make no sense"
    elif not all(name.isidentifier() for name in names):
        yield "has a placeholder that is not a name"
    elif names and path[0] == "entity" and _WITHOUT_PLACEHOLDERS & set(path):
        yield "has a placeholder, which is never filled in here"
