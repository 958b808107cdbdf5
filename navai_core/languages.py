"""A profile's `language` may be a name or a tag: what the model is told, and what the transcription is told. Pure."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from .language_names import DIALECTS, LANGUAGES, NATIVE, SCRIPTS, TERRITORIES

# Codes that were withdrawn, and that phones and old settings still hold.
_OLD_CODES = {"in": "id", "iw": "he", "ji": "yi", "jw": "jv", "mo": "ro"}

# What people also say, where the CLDR has another word.
_ALSO_SAID = {
    "bengali": "bn",
    "castilian": "es",
    "farsi": "fa",
    "mandarin": "zh",
    "mandarin chinese": "zh",
    "norwegian bokmal": "nb",
    "swiss german": "gsw",
}

# Language, script, place; what follows (variants, extensions) is kept apart, since most of it changes the language.
_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?:[-_](?P<script>[a-z]{4}))?(?:[-_](?P<place>[a-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:[-_](?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)(?:[-_][a-z0-9](?:[-_][a-z0-9]{1,8})+)*",
    re.IGNORECASE | re.ASCII,
)


class _Tag(NamedTuple):
    language: str
    script: str
    place: str
    variants: str


def _known_names() -> Iterator[tuple[str, str]]:
    # Later entries win: an English name is worth more than another language's name for itself.
    for code, name in NATIVE.items():
        yield name, code
    for tag, name in DIALECTS.items():
        yield name.casefold(), tag.partition("-")[0]
    yield from _ALSO_SAID.items()
    for code, name in LANGUAGES.items():
        yield name.casefold(), code


_CODE_OF = dict(_known_names())


def _parse(text: str) -> _Tag | None:
    """Return the parts of a tag in the letter case of the tables, or None when it is no tag of a known language."""
    # Names win: "Lao" and "Ido" are languages' names, and would be codes as well.
    if text.casefold() in _CODE_OF or not (match := _TAG.fullmatch(text)):
        return None
    language = match["language"].lower()
    language = _OLD_CODES.get(language, language)
    if language not in LANGUAGES:
        return None
    return _Tag(language, (match["script"] or "").title(), (match["place"] or "").upper(), match["variants"])


def spoken_name(language: str) -> str:
    """Return the English name for a BCP-47 tag: `es-MX` is "Mexican Spanish". Anything else comes back trimmed.

    The letter case and `_` for `-` do not matter. A tag with parts that we have no words for (`ca-ES-valencia`) comes
    back as it is, which models understand better than half of it.
    """
    text = language.strip()
    tag = _parse(text)
    if not tag or tag.variants or tag.script not in {"", *SCRIPTS} or tag.place not in {"", *TERRITORIES}:
        return text
    name, rest = LANGUAGES[tag.language], [part for part in (tag.script, tag.place) if part]
    for part in (tag.script, tag.place):
        if dialect := DIALECTS.get(f"{tag.language}-{part}"):
            name, rest = dialect, [other for other in rest if other != part]
            break
    places = [SCRIPTS.get(part) or TERRITORIES[part] for part in rest]
    return f"{name} ({', '.join(places)})" if places else name


def transcription_hint(language: str) -> str | None:
    """Return the language's code, ISO 639-1 where there is one, for a tag or for a known name; else None.

    "es-MX", "Spanish", "mexican spanish", "Spanish (Peru)" and "Español" are all `es`. "plain English for children"
    is None: a wrong hint makes a transcription worse than no hint.
    """
    text = " ".join(language.split())
    if tag := _parse(text):
        return tag.language
    return _CODE_OF.get(text.casefold()) or _CODE_OF.get(text.partition("(")[0].strip().casefold())
