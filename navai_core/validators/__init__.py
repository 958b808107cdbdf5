"""What each kind of option accepts, as plain functions: a value goes in, the checked value comes out.

A `RefusedValueError` is a sentence that never quotes the value, since any value may be a key pasted in the wrong place.
Pure: `schema` hangs these functions into voluptuous.
"""

from .base import NAME, Context, RefusedValueError, Validator, closest, did_you_mean, has_controls, sentence, words
from .groups import mapping, mapping_of_texts, texts
from .names import language, name_of_profile, names_of_profiles, voice
from .scalars import NO_WORD, WORD, api_key, choice, duration, flag, number, text, url, word

__all__ = [
    "NAME",
    "NO_WORD",
    "WORD",
    "Context",
    "RefusedValueError",
    "Validator",
    "api_key",
    "choice",
    "closest",
    "did_you_mean",
    "duration",
    "flag",
    "has_controls",
    "language",
    "mapping",
    "mapping_of_texts",
    "name_of_profile",
    "names_of_profiles",
    "number",
    "sentence",
    "text",
    "texts",
    "url",
    "voice",
    "word",
    "words",
]
