"""A profile's `language` may be a name or a tag. Finds the name for the model and the code for transcription. Pure."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from .language_names import DIALECTS, LANGUAGES, NATIVE, SCRIPTS, TERRITORIES
from .suggestions import closest

AUTOMATIC: Final = "auto"
"""The word for no fixed language: the model replies in the language that people speak."""

# Withdrawn codes that phones and old settings still have.
_OLD_CODES = {"in": "id", "iw": "he", "ji": "yi", "jw": "jv", "mo": "ro"}

# Other common names, where the CLDR has another word.
_ALSO_SAID = {
    "bengali": "bn",
    "castilian": "es",
    "farsi": "fa",
    "mandarin": "zh",
    "mandarin chinese": "zh",
    "norwegian bokmal": "nb",
    "swiss german": "gsw",
}

# Language, script, place. The rest (variants, extensions) is separate, because most of it changes the language.
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
    # Later entries win: an English name counts more than another language's name for itself.
    for code, name in NATIVE.items():
        yield name, code
    for tag, name in DIALECTS.items():
        yield name.casefold(), tag.partition("-")[0]
    yield from _ALSO_SAID.items()
    for code, name in LANGUAGES.items():
        yield name.casefold(), code


_CODE_OF = dict(_known_names())


def _parse(text: str) -> _Tag | None:
    """Return the parts of a tag in the letter case of the tables, or None if it is not a tag of a known language."""
    # Names win: "Lao" and "Ido" are names of languages, and could also be codes.
    if text.casefold() in _CODE_OF or not (match := _TAG.fullmatch(text)):
        return None
    language = match["language"].lower()
    language = _OLD_CODES.get(language, language)
    if language not in LANGUAGES:
        return None
    return _Tag(language, (match["script"] or "").title(), (match["place"] or "").upper(), match["variants"])


def spoken_name(language: str) -> str:
    """Return the English name for a BCP-47 tag: `es-MX` is "Mexican Spanish". Anything else is returned trimmed.

    The letter case and `_` for `-` do not matter. A tag with unknown parts (`ca-ES-valencia`) is returned unchanged,
    because models understand it better than a part of it.
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
    """Return the language's code, ISO 639-1 if there is one, for a tag or a known name; else None.

    "es-MX", "Spanish", "mexican spanish", "Spanish (Peru)" and "Español" are all `es`. "plain English for children"
    is None: a wrong hint makes a transcription worse than no hint.
    """
    text = " ".join(language.split())
    if tag := _parse(text):
        return tag.language
    return _CODE_OF.get(text.casefold()) or _CODE_OF.get(text.partition("(")[0].strip().casefold())


def is_automatic(language: str) -> bool:
    """Whether a profile's or a request's language is `auto`."""
    return language.strip().casefold() == AUTOMATIC


def is_language(text: str) -> bool:
    """Whether a text is a known language: a tag, or a name, also with words before it ("Andalusian Spanish")."""
    if transcription_hint(text):
        return True
    words = text.partition("(")[0].casefold().split()
    return any(" ".join(words[start:]) in _CODE_OF for start in range(1, len(words)))


def closest_language(text: str) -> str | None:
    """The English name of the language that was probably meant; None if none is similar."""
    near = closest(" ".join(text.split()).casefold(), _CODE_OF)
    return LANGUAGES[_CODE_OF[near]] if near else None


def language_tag(language: str) -> str | None:
    """Return the BCP-47 tag for a tag or a known name: "Mexican Spanish" is `es-MX`; else None."""
    text = " ".join(language.split())
    if tag := _parse(text):
        return "-".join(part for part in (tag.language, tag.script, tag.place) if part)
    dialects = (tag for tag, name in DIALECTS.items() if name.casefold() == text.casefold())
    return next(dialects, None) or transcription_hint(language)
