"""Names from anywhere → keywords that the provider accepts, for a better transcription. Pure."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from ..exceptions import UpstreamError
from ..known_models import AUTOMATIC_KEYWORDS, MAX_KEYWORD_CHARS, MAX_KEYWORDS, NOT_IN_KEYWORDS
from ..models import VoiceProfile

_FIELD: Final = "session.audio.input.transcription.keywords"


def as_keywords(names: Iterable[str]) -> list[str]:
    """Clean names: each is one line without what the provider refuses, and none comes twice; at most 100."""
    found: dict[str, str] = {}
    for name in names:
        plain = "".join(" " if _is_refused(char) else char for char in name)
        word = " ".join(plain.split())[:MAX_KEYWORD_CHARS].strip()
        if word:
            found.setdefault(word.casefold(), word)
        if len(found) == MAX_KEYWORDS:
            break
    return list(found.values())


def wants_names(profile: VoiceProfile) -> bool:
    """Whether the host should add the names that it knows: the profile's `keywords` have the word `auto`."""
    return AUTOMATIC_KEYWORDS in keywords_of(profile)


def with_names(profile: VoiceProfile, names: Iterable[str]) -> VoiceProfile:
    """The profile with more keywords: its own come first, then the names."""
    own = [word for word in keywords_of(profile) if word != AUTOMATIC_KEYWORDS]
    return _changed(profile, [*own, *names])


def without_keywords(profile: VoiceProfile) -> VoiceProfile:
    """The profile without keywords."""
    return _changed(profile, [])


def are_refused(error: UpstreamError) -> bool:
    """Whether the provider refused the session because of its keywords."""
    return error.param is not None and error.param.startswith(_FIELD)


def _changed(profile: VoiceProfile, words: list[str]) -> VoiceProfile:
    if not isinstance(profile.transcription, Mapping):
        return profile
    return replace(profile, transcription={**profile.transcription, "keywords": words})


def keywords_of(profile: VoiceProfile) -> tuple[str, ...]:
    """The keywords of a profile, with the word `auto` if it has it."""
    transcription = profile.transcription
    return tuple(transcription.get("keywords", ())) if isinstance(transcription, Mapping) else ()


def _is_refused(char: str) -> bool:
    return char in NOT_IN_KEYWORDS or unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}
