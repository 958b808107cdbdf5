"""What is known about OpenAI's models: what each is for, when it ends, and what to write instead. Pure.

A new model needs no line here: unknown Realtime names pass, and `provider.model_list` asks the provider about them.
Source: docs/wire.md, and the provider's deprecations page as of 2026-11-28.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from .const import DEFAULT_MODEL
from .suggestions import closest


class Purpose(StrEnum):
    """What a profile uses a model for. The value is the option's name."""

    CONVERSATION = "model"
    CAPTIONS = "transcription"


@dataclass(frozen=True, slots=True)
class Retirement:
    """The date when a model is shut down, and the model to use instead."""

    on: date
    successor: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What is wrong with a model's name, as the end of a sentence, and what to do."""

    fact: str
    cure: str


DEFAULT_MINI: Final = "gpt-realtime-2.1-mini"
DEFAULT_TRANSCRIPTION: Final = "gpt-transcribe"
CURRENT: Final = {
    Purpose.CONVERSATION: (DEFAULT_MODEL, DEFAULT_MINI, "gpt-realtime-2", "gpt-realtime-1.5"),
    Purpose.CAPTIONS: (DEFAULT_TRANSCRIPTION, "gpt-live-transcribe", "gpt-realtime-whisper"),
}
"""The current models for each purpose, the best first."""

AUTOMATIC_KEYWORDS: Final = "auto"
"""Stands for the names of the home: areas, and entities that are exposed to Assist."""
MAX_KEYWORDS: Final = 100
MAX_KEYWORD_CHARS: Final = 100
NOT_IN_KEYWORDS: Final = "<>"
"""One of these, or a line break, and the provider refuses the whole session."""

_FIRST_GENERATION_ENDS: Final = date(2027, 1, 20)
_OLD_TRANSCRIPTION_ENDS: Final = date(2027, 2, 26)
_PREVIEWS_ENDED: Final = date(2026, 5, 7)
_DATE: Final = r"(?:-\d{4}-\d\d-\d\d)?"

_RETIREMENTS: Final = tuple(
    (re.compile(pattern), Retirement(on, successor))
    for pattern, on, successor in (
        (r"gpt-realtime(?:-2025-08-28)?", _FIRST_GENERATION_ENDS, DEFAULT_MODEL),
        (r"gpt-realtime-mini(?:-2025-12-15)?", _FIRST_GENERATION_ENDS, DEFAULT_MINI),
        (r"gpt-realtime-mini-2025-10-06", date(2026, 7, 23), DEFAULT_MINI),
        (r"gpt-4o-realtime-preview" + _DATE, _PREVIEWS_ENDED, DEFAULT_MODEL),
        (r"gpt-4o-mini-realtime-preview" + _DATE, _PREVIEWS_ENDED, DEFAULT_MINI),
        (r"whisper-1|gpt-4o(?:-mini)?-transcribe(?:-[a-z0-9-]+)?", _OLD_TRANSCRIPTION_ENDS, DEFAULT_TRANSCRIPTION),
    )
)
_SEVERAL_LANGUAGES: Final = re.compile(r"gpt-(?:live-)?transcribe" + _DATE)
_ONE_LANGUAGE: Final = re.compile(r"whisper-1|gpt-realtime-whisper|gpt-4o(?:-mini)?-transcribe(?:-[a-z0-9-]+)?")
_SHOWABLE: Final = re.compile(r"gpt-[a-z0-9.-]{1,40}")
"""Anything else may be a key that was pasted in the wrong place."""


def retirement_of(model: str) -> Retirement | None:
    """When a model ends, by its exact name; None if nothing is known."""
    return next((end for pattern, end in _RETIREMENTS if pattern.fullmatch(model)), None)


def transcribes_several_languages(model: str) -> bool:
    """Whether a transcription model accepts `languages` and `keywords`, and refuses the `language` of the others."""
    return bool(_SEVERAL_LANGUAGES.fullmatch(_plain(model)))


def transcribes_one_language(model: str) -> bool:
    """Whether a transcription model is known to refuse `languages` and `keywords`."""
    return bool(_ONE_LANGUAGE.fullmatch(_plain(model)))


def serves(model: str, purpose: Purpose) -> bool:
    """Whether a name is one of the kind of models for a purpose. OpenAI's names tell."""
    return _kind_of(_plain(model)) == purpose.value


def advice_for(model: str, purpose: Purpose, today: date) -> Advice | None:
    """What to write instead of a model's name, for OpenAI; None if the name is fine as far as it is known.

    Args:
        model: As the YAML has it.
        purpose: What the profile uses it for.
        today: For the dates when models end.
    """
    plain = _plain(model)
    if not serves(plain, purpose):
        return _other_kind(plain, purpose)
    end = retirement_of(plain)
    if plain == model:
        return advice_on_end(model, end, today) if end else None
    better = end.successor if end else plain if _SHOWABLE.fullmatch(plain) else CURRENT[purpose][0]
    if "/" in model:
        fact, more = "has a prefix that only proxies use", ", or `provider: compatible` for a proxy"
    else:
        fact, more = "has capital letters, which OpenAI's names do not have", ""
    return Advice(fact, f"write {better}{more}")


def advice_on_end(model: str, end: Retirement, today: date) -> Advice:
    """What to write instead of a model that ends or has ended."""
    ends = "was shut down" if end.on <= today else "will be shut down"
    return Advice(f"{model} {ends} on {end.on.isoformat()}", f"write {end.successor} instead")


def _other_kind(plain: str, purpose: Purpose) -> Advice:
    current, kind = CURRENT[purpose], _kind_of(plain)
    near = closest(plain, current) if kind == "other" else None
    if purpose is Purpose.CAPTIONS:
        return Advice("is not a transcription model", f"write {near or current[0]}")
    if kind == "live":
        fact = "is a model of OpenAI's Live API, which navai cannot use yet"
    elif kind == Purpose.CAPTIONS.value:
        fact = "is a transcription model, which belongs under `transcription`"
    else:
        fact = "is not a Realtime model"
    return Advice(fact, f"write {near or (DEFAULT_MINI if 'mini' in plain else DEFAULT_MODEL)}")


def _plain(model: str) -> str:
    """A name as OpenAI writes it: without the prefix of a proxy, in lower case. A fine-tuned model has its own case."""
    name = model.rpartition("/")[2]
    return name if name.startswith("ft:") else name.lower()


def _kind_of(plain: str) -> str:
    if "transcribe" in plain or "whisper" in plain:
        return Purpose.CAPTIONS.value
    if plain.startswith("gpt-live"):
        return "live"
    return Purpose.CONVERSATION.value if "realtime" in plain else "other"
