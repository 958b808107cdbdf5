"""Options that take one value: strings, words, numbers, durations, addresses."""

import math
import re
from typing import Any, Final
from urllib.parse import urlsplit

from ...tokens import fits_header
from ..options import Kind, Option
from .base import Context, RefusedValueError, Validator, counted, has_controls, instead_of, not_text, words

NAME_OF_MODEL: Final = re.compile(r"[A-Za-z0-9][\w.:/-]{0,199}")
WORD: Final = re.compile(r"[A-Za-z0-9_-]+")
_TEMPLATE_MARKS: Final = ("{{", "{%", "{#")
NO_TEMPLATE: Final = (
    "has a template (`{{`, `{%` or `{#`), and only Home Assistant can fill it in — write plain text without these "
    "signs, or use this profile in Home Assistant"
)
NO_TOKEN: Final = "must only have letters from a to z, digits and signs such as `-` and `_`, without spaces"  # noqa: S105
NO_WORD: Final = "can only have letters from a to z, digits, `_` and `-`"
_HOST_AND_MORE: Final = re.compile(r"https?://(?:[^\s\\/?#.]+\.)*[^\s\\/?#.]+\.?(?:[/?#][^\s\\]*)?", re.IGNORECASE)
_DURATION: Final = re.compile(r"(?:(\d{1,3}):)?([0-5]?\d):([0-5]\d(?:\.\d{1,3})?)")


def text(option: Option) -> Validator:
    """Trimmed; within its bounds in characters; no control characters."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise not_text(value)
        trimmed = value.strip()
        if option.minimum is not None and len(trimmed) < option.minimum:
            short = (
                f"must have at least {counted(option.minimum)} characters"
                if option.minimum > 1
                else "must not be empty"
            )
            raise RefusedValueError(f"{short} — {option.cure}" if option.cure else short, "too_short")
        if option.maximum is not None and len(trimmed) > option.maximum:
            raise RefusedValueError(f"must have at most {counted(option.maximum)} characters", "too_long")
        if has_controls(trimmed, lines=option.lines):
            raise RefusedValueError("must not contain control characters — remove them", "control_characters")
        return trimmed

    return check


def is_template(text: str) -> bool:
    """Whether a text has marks of a template of Home Assistant."""
    return any(mark in text for mark in _TEMPLATE_MARKS)


def template(option: Option, context: Context) -> Validator:
    """A string, or a template where the host has some."""
    plain = text(option)

    def check(value: Any) -> str:
        checked: str = plain(value)
        if is_template(checked):
            if context.check_template is None:
                raise RefusedValueError(NO_TEMPLATE, "template_not_supported")
            if trouble := context.check_template(checked):
                raise RefusedValueError(f"is not a valid template: {trouble} — correct it", "invalid_template")
        return checked

    return check


def word(option: Option) -> Validator:
    """A string of letters, digits, `_` and `-`."""
    plain = text(option)

    def check(value: Any) -> str:
        checked: str = plain(value)
        if not WORD.fullmatch(checked):
            raise RefusedValueError(NO_WORD)
        return checked

    return check


def api_key(option: Option) -> Validator:
    """A key that an HTTP header can hold."""
    plain = text(option)

    def check(value: Any) -> str:
        checked: str = plain(value)
        if not fits_header(checked):
            raise RefusedValueError(
                "must not contain spaces or special characters — copy the whole key, and nothing else",
                "invalid_key",
            )
        return checked

    return check


def token(option: Option) -> Validator:
    """A token that a client can send in an HTTP header."""
    plain = text(option)

    def check(value: Any) -> str:
        checked: str = plain(value)
        if not fits_header(checked):
            raise RefusedValueError(f"{NO_TOKEN} — {option.cure}", "invalid_token")
        return checked

    return check


def choice(option: Option) -> Validator:
    """One of the words. YAML's `off` and an empty value mean `none`, if that is one of them."""

    def check(value: Any) -> str:
        if value in (None, False) and "none" in option.choices:
            return "none"
        if option.open and isinstance(value, str) and NAME_OF_MODEL.fullmatch(value):
            return value
        if not isinstance(value, str) or value not in option.choices:
            message = f"must be one of {words(option.choices)}{instead_of(value, option.choices)}"
            raise RefusedValueError(message, "unknown_choice")
        return value

    return check


def number(option: Option) -> Validator:
    """An integer or a float within the bounds; never a boolean, NaN or a string. Words of `choices` are valid too."""
    whole = option.kind is Kind.INTEGER
    noun = "a whole number" if whole else "a number"
    unit = f" ({option.unit})" if option.unit else ""

    def check(value: Any) -> int | float | str:
        if isinstance(value, str) and value in option.choices:
            return value
        if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
            raise RefusedValueError(f"must be {noun}{unit}", "wrong_type")
        if whole and value != int(value):
            raise RefusedValueError(f"must be {noun}{unit}, without a fraction", "wrong_type")
        _bounded(value, option)
        return int(value) if whole else value

    return check


def _is_finite(value: float) -> bool:
    return isinstance(value, int) or math.isfinite(value)


def _bounded(value: float, option: Option) -> None:
    low, high = option.minimum, option.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        unit = f" {option.unit}" if option.unit else ""
        bounds = f"must be between {counted(low or 0)} and {counted(high or 0)}{unit}"
        raise RefusedValueError(f"{bounds}{instead_of(value)}", "out_of_range")


def duration(option: Option) -> Validator:
    """Seconds, or `HH:MM:SS`, or `MM:SS`. Returns seconds."""

    def check(value: Any) -> float:
        seconds: float
        if isinstance(value, str) and (match := _DURATION.fullmatch(value.strip())):
            hours, minutes, rest = match.groups()
            seconds = int(hours or 0) * 3600 + int(minutes) * 60 + float(rest)
        elif isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
            raise RefusedValueError('must be a duration: seconds, or "HH:MM:SS" in quotes', "wrong_type")
        else:
            seconds = value
        # Before `float`, which cannot convert an integer of hundreds of digits.
        _bounded(seconds, option)
        return float(seconds)

    return check


def flag(_: Option) -> Validator:
    """True or false, as YAML reads them."""

    def check(value: Any) -> bool:
        if not isinstance(value, bool):
            raise RefusedValueError("must be `true` or `false`, without quotes", "wrong_type")
        return value

    return check


def url(_: Option) -> Validator:
    """`http` or `https`, with a host, without credentials, query or fragment. Returns it without a slash at the end."""

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
            raise RefusedValueError("must be an address without a user name, a `?` or a `#`", "invalid_url")
        return value.strip().rstrip("/")

    return check
