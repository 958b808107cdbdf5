"""Options whose words come from elsewhere: voices, profiles, languages."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from ...languages import AUTOMATIC, closest_language, is_automatic, is_language, transcription_hint
from ...providers import CUSTOM_VOICE_PREFIX
from ...suggestions import did_you_mean
from ..options import Option
from .base import (
    MAX_NAME_CHARS,
    NAME,
    Context,
    RefusedValueError,
    Validator,
    each,
    has_controls,
    not_text,
    quoted,
    subject,
    words,
)
from .scalars import text

_MANY: Final = frozenset(
    {"all", "any", "automatic", "autodetect", "bilingual", "detect", "mul", "multi", "multilingual", "multiple", "und"}
)
"""What other programs call a language that is not fixed."""
_NOT_IN_A_NAME: Final = re.compile(r"[^a-z0-9_-]+")
_CUSTOM_VOICE: Final = re.compile(CUSTOM_VOICE_PREFIX + r"[A-Za-z0-9_-]{1,100}")


def voice(_: Option, context: Context) -> Validator:
    """A voice that the provider has, or a custom one: `voice_…` or `{id: voice_…}`."""
    known = context.provider.voices

    def check(value: Any) -> str:
        if isinstance(value, Mapping) and set(value) == {"id"}:
            value = value["id"]
            if not isinstance(value, str) or not _CUSTOM_VOICE.fullmatch(value):
                raise RefusedValueError(
                    "must have the id of a custom voice, which starts with `voice_`", "unknown_voice"
                )
            return value
        if not isinstance(value, str):
            raise not_text(value, "must be the name of a voice")
        if not value.strip():
            raise RefusedValueError("must be the name of a voice", "wrong_type")
        name = value.strip()
        if _CUSTOM_VOICE.fullmatch(name) or (
            known is None and len(name) <= 100 and not has_controls(name, lines=False)
        ):
            return name
        if known is None or name not in known:
            if known is None:
                raise RefusedValueError("is not a valid voice — write one of the provider's names", "unknown_voice")
            message = f"{subject(name)}is not an {context.provider.title} voice; use one of {words(known)}"
            raise RefusedValueError(message + did_you_mean(name, known), "unknown_voice")
        return name

    return check


def check_name(name: Any) -> None:
    """The key of a profile, a display or a user.

    Raises:
        RefusedValueError: it is not valid.
    """
    rule = "is not a valid name: use lowercase letters, digits, `_` and `-`"
    if not isinstance(name, str):
        raise not_text(name, rule)
    if not NAME.fullmatch(name):
        if len(name) > MAX_NAME_CHARS and NAME.fullmatch(name[:MAX_NAME_CHARS]):
            raise RefusedValueError(f"is not a valid name: use at most {MAX_NAME_CHARS} characters")
        raise RefusedValueError(f"{subject(name)}{rule}{_similar_name(name)}")


def _similar_name(name: str) -> str:
    """A valid name that is similar, or else where people write the one that they see."""
    if not quoted(name):
        return ""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    found = _NOT_IN_A_NAME.sub("_", plain).strip("_-")
    if NAME.fullmatch(found):
        return f", such as `{found}`"
    return "; the name that people see is its option `name`"


def name_of_profile(_: Option, context: Context) -> Validator:
    """A profile that exists."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise not_text(value, "must be the name of a profile")
        if value not in context.profiles:
            # A name that is not valid may be a key that was pasted there.
            known = sorted(name for name in context.profiles if NAME.fullmatch(name))
            offer = f"use one of {words(known)}" if known else "there is none"
            raise RefusedValueError(
                f"{subject(value)}is not a profile; {offer}{did_you_mean(value, known)}", "unknown_profile"
            )
        return value

    return check


def names_of_profiles(option: Option, context: Context) -> Validator:
    """A list of profiles that exist."""
    one = name_of_profile(option, context)

    def check(value: Any) -> list[str]:
        if isinstance(value, str):
            return [one(value)]
        if not isinstance(value, list):
            raise not_text(value, "must be a list of profile names")
        if not value:
            raise RefusedValueError("must be a list of profile names, with at least one", "wrong_type")
        return list(dict.fromkeys(each(value, one)))

    return check


def language(option: Option) -> Validator:
    """A language's name or tag as it was written, also with words before it; `auto`; or nothing."""
    plain = text(option)

    def check(value: Any) -> str:
        said: str = plain(value)
        if is_automatic(said):
            return AUTOMATIC
        if said and not is_language(said):
            raise _unknown_language(said)
        return said

    return check


def language_code(option: Option) -> Validator:
    """A language's name or tag, or `auto`. Returns its code, which is all that the provider accepts."""
    plain = text(option)

    def check(value: Any) -> str:
        said: str = plain(value)
        if is_automatic(said):
            return AUTOMATIC
        code = transcription_hint(said)
        if code is None:
            raise _unknown_language(said)
        return code

    return check


def language_codes(option: Option) -> Validator:
    """A list of languages' names or tags, or a single one. Returns their codes."""
    one = text(option)

    def check(value: Any) -> list[str]:
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not items or not all(isinstance(item, str) for item in items):
            raise RefusedValueError("must be a list of languages", "wrong_type")
        codes = []
        for item in items:
            said = one(item)
            code = transcription_hint(said)
            if code is None:
                raise _unknown_language(said)
            codes.append(code)
        return list(dict.fromkeys(codes))

    return check


def _unknown_language(said: str) -> RefusedValueError:
    if said.casefold() in _MANY:
        cure = f"write `{AUTOMATIC}` to reply in the language that people speak"
        return RefusedValueError(f"{subject(said)}is not a language — {cure}", "unknown_language")
    near = closest_language(said)
    hint = f"did you mean `{near}`? Otherwise " if near else ""
    cure = f"{hint}write a tag such as es or es-MX, or a name such as Spanish"
    return RefusedValueError(f"{subject(said)}is not a known language — {cure}", "unknown_language")
