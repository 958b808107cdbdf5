"""What each kind of option accepts, as plain functions: a value goes in, the checked value comes out.

A `RefusedValueError` is a sentence that never quotes the value, since any value may be a key pasted in the wrong place.
Pure: `schema` hangs these functions into voluptuous.
"""

import difflib
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from .options import Kind, Option
from .providers import CUSTOM_VOICE_PREFIX, Provider

_DIRECTIONS: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"
NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
NAME_OF_MODEL: Final = re.compile(r"[A-Za-z0-9][\w.:/-]{0,199}")
_HOST_AND_MORE: Final = re.compile(r"https?://(?:[^\s\\/?#.]+\.)*[^\s\\/?#.]+\.?(?:[/?#][^\s\\]*)?", re.IGNORECASE)
_DURATION: Final = re.compile(r"(?:(\d{1,3}):)?([0-5]?\d):([0-5]\d(?:\.\d{1,3})?)")
_CUSTOM_VOICE: Final = re.compile(CUSTOM_VOICE_PREFIX + r"[A-Za-z0-9_-]{1,100}")


class RefusedValueError(ValueError):
    """A value does not fit. `code` is stable; the text is a sentence with the cure."""

    def __init__(self, message: str, code: str = "invalid_value") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@dataclass(frozen=True, slots=True)
class Context:
    """What a value is checked against besides its own option."""

    provider: Provider
    profiles: frozenset[str] = frozenset()


Validator = Callable[[Any], Any]


def nearest(word: object, known: Iterable[str]) -> str:
    """` — did you mean `marin`?`, or nothing where nothing is near."""
    found = difflib.get_close_matches(str(word).lower(), list(known), n=1, cutoff=0.6)
    return f" — did you mean `{found[0]}`?" if found else ""


def words(choices: Iterable[str]) -> str:
    """The choices as a sentence lists them."""
    return ", ".join(f"`{choice}`" for choice in choices)


def has_controls(text: str, *, lines: bool) -> bool:
    """Whether a text holds control or direction-changing characters, which belong in no name and no prompt."""
    allowed = "\n\t" if lines else ""
    return any(
        unicodedata.category(char) in {"Cc", "Cs"} or char in _DIRECTIONS or "\U000e0000" <= char <= "\U000e007f"
        for char in text
        if char not in allowed
    )


def text(option: Option) -> Validator:
    """Trimmed; within its bounds in characters; no control characters."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise RefusedValueError("must be text — put it in quotes", "wrong_type")
        trimmed = value.strip()
        if option.minimum is not None and len(trimmed) < option.minimum:
            raise RefusedValueError(
                f"must have at least {option.minimum:g} characters" if option.minimum > 1 else "must not be empty",
                "too_short",
            )
        if option.maximum is not None and len(trimmed) > option.maximum:
            raise RefusedValueError(f"must have at most {option.maximum:g} characters", "too_long")
        if has_controls(trimmed, lines=option.lines):
            raise RefusedValueError("must not contain control characters — remove them", "control_characters")
        return trimmed

    return check


def choice(option: Option) -> Validator:
    """One of the words. YAML's `off` and an empty value mean the word `none` where there is one."""

    def check(value: Any) -> str:
        if value in (None, False) and "none" in option.choices:
            return "none"
        if option.open and isinstance(value, str) and NAME_OF_MODEL.fullmatch(value):
            return value
        if not isinstance(value, str) or value not in option.choices:
            near = nearest(value, option.choices) if isinstance(value, str) else ""
            raise RefusedValueError(f"must be one of {words(option.choices)}{near}", "unknown_choice")
        return value

    return check


def number(option: Option) -> Validator:
    """An integer or a float within the bounds; never a boolean, NaN or a text. Words of `choices` pass."""
    whole = option.kind is Kind.INTEGER
    noun = "a whole number" if whole else "a number"
    unit = f" ({option.unit})" if option.unit else ""

    def check(value: Any) -> int | float | str:
        if isinstance(value, str) and value in option.choices:
            return value
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise RefusedValueError(f"must be {noun}{unit}", "wrong_type")
        if whole and value != int(value):
            raise RefusedValueError(f"must be {noun}{unit}, without a fraction", "wrong_type")
        _bounded(value, option)
        return int(value) if whole else value

    return check


def _bounded(value: float, option: Option) -> None:
    low, high = option.minimum, option.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        unit = f" {option.unit}" if option.unit else ""
        raise RefusedValueError(f"must be between {low:g} and {high:g}{unit}", "out_of_range")


def duration(option: Option) -> Validator:
    """Seconds, or `HH:MM:SS`, or `MM:SS`. Returns seconds."""

    def check(value: Any) -> float:
        seconds: float
        if isinstance(value, str) and (match := _DURATION.fullmatch(value.strip())):
            hours, minutes, rest = match.groups()
            seconds = int(hours or 0) * 3600 + int(minutes) * 60 + float(rest)
        elif isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise RefusedValueError('must be a duration: seconds, or "HH:MM:SS" in quotes', "wrong_type")
        else:
            seconds = float(value)
        _bounded(seconds, option)
        return seconds

    return check


def flag(_: Option) -> Validator:
    """True or false, as YAML reads them."""

    def check(value: Any) -> bool:
        if not isinstance(value, bool):
            raise RefusedValueError("must be `true` or `false`, without quotes", "wrong_type")
        return value

    return check


def url(_: Option) -> Validator:
    """`http` or `https`, with a host, without credentials, query or fragment. Returns it without a slash at its end."""

    def check(value: Any) -> str:
        refusal = RefusedValueError("must be an address such as https://host.example/v1", "invalid_url")
        if (
            not isinstance(value, str)
            or has_controls(value, lines=False)
            or not _HOST_AND_MORE.fullmatch(value.strip())
        ):
            raise refusal
        try:
            parts = urlsplit(value.strip())
            is_fine = bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_fine = False
        if not is_fine:
            raise refusal
        if parts.username or parts.password or parts.query or parts.fragment:
            raise RefusedValueError("must be an address without a user, a `?` or a `#` in it", "invalid_url")
        return value.strip().rstrip("/")

    return check


def voice(_: Option, context: Context) -> Validator:
    """A voice that the provider has, or a custom one: `voice_…` or `{id: voice_…}`."""
    known = context.provider.voices

    def check(value: Any) -> str:
        if isinstance(value, Mapping) and set(value) == {"id"}:
            value = value["id"]
            if not isinstance(value, str) or not _CUSTOM_VOICE.fullmatch(value):
                raise RefusedValueError(
                    "must hold the id of a custom voice, which begins with `voice_`", "unknown_voice"
                )
            return value
        if not isinstance(value, str) or not value.strip():
            raise RefusedValueError("must be the name of a voice", "wrong_type")
        name = value.strip()
        if _CUSTOM_VOICE.fullmatch(name) or (
            known is None and len(name) <= 100 and not has_controls(name, lines=False)
        ):
            return name
        if known is None or name not in known:
            kinds = words(known) if known else "the provider's voices, by name"
            raise RefusedValueError(
                f"is no voice of {context.provider.name}; it has {kinds}{nearest(name, known or ())}", "unknown_voice"
            )
        return name

    return check


def name_of_profile(_: Option, context: Context) -> Validator:
    """A profile that exists."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in context.profiles:
            # What is no good name may be a key that was pasted there.
            known = sorted(name for name in context.profiles if NAME.fullmatch(name))
            raise RefusedValueError(
                f"is no profile; there is {words(known) or 'none'}{nearest(value, known)}", "unknown_profile"
            )
        return value

    return check


def texts(option: Option) -> Validator:
    """A list of texts, or one text alone. Duplicates are dropped, the order stays."""
    known = option.choices

    def check(value: Any) -> list[str]:
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) and item.strip() for item in items):
            raise RefusedValueError("must be a list of texts", "wrong_type")
        if any(has_controls(item, lines=False) or len(item) > 4096 for item in items):
            raise RefusedValueError("must be a list of short texts without control characters", "control_characters")
        for item in items if known else ():
            if item not in known:
                raise RefusedValueError(f"may only list {words(known)}{nearest(item, known)}", "unknown_choice")
        return list(dict.fromkeys(item.strip() for item in items))

    return check


def names_of_profiles(option: Option, context: Context) -> Validator:
    """A list of profiles that exist."""
    one = name_of_profile(option, context)

    def check(value: Any) -> list[str]:
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not items:
            raise RefusedValueError("must be a list of names of profiles", "wrong_type")
        return list(dict.fromkeys(one(item) for item in items))

    return check


def mapping(_: Option) -> Validator:
    """Any mapping with text keys that JSON can carry."""

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping) or not _is_json(value):
            raise RefusedValueError("must be a mapping of texts, numbers, lists and mappings", "wrong_type")
        return dict(value)

    return check


def _is_json(value: Any, depth: int = 0) -> bool:
    if depth > 32:
        return False
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_json(item, depth + 1) for key, item in value.items())
    if isinstance(value, list):
        return all(_is_json(item, depth + 1) for item in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, str | int)
