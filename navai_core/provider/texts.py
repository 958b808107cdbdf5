"""A provider's text → what may be shown of it. It may quote a key, a client secret, or a part of one.

Only two kinds of text are passed on: words that programs compare (`error.code`, `error.param`) and the id of a request.
Each must have the expected form, must not change in the redactor, and must share nothing with a known secret.
Everything else is left out: our message and the status are enough.
"""

import re
from typing import Final

from ..redact import redact, shares_secret

_WORDS: Final = re.compile(r"[A-Za-z0-9_.\[\]-]{1,100}")
_BETWEEN_WORDS: Final = re.compile(r"[_.\[\]-]+")
_REQUEST_ID: Final = re.compile(r"req[_-][0-9A-Za-z-]{1,60}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CODE: Final = re.compile(r"(?!(?:ek|sk|xai|vcst)_)[a-z0-9_]{1,64}")
_REPORTED_ID: Final = re.compile(r"req_[A-Za-z0-9]{8,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MAX_WORD_CHARS: Final = 40
_SHORT_WORD_CHARS: Final = 10
_MAX_DIGITS: Final = 4
_MAX_DIGITS_IN_ALL: Final = 8
_CHARS_PER_CAPITAL: Final = 4


def safe_words(value: object, *known: str) -> str | None:
    """A code, a type or the name of a field, such as `session.tools[0].name`; None if it may be anything else.

    Args:
        value: As the provider wrote it.
        known: The key that was sent, which may come from the request.
    """
    if not isinstance(value, str) or not _WORDS.fullmatch(value) or _may_quote(value, known):
        return None
    if sum(map(str.isdigit, value)) > _MAX_DIGITS_IN_ALL:
        return None
    return value if all(map(_is_word, filter(None, _BETWEEN_WORDS.split(value)))) else None


def safe_request_id(value: str, *known: str) -> str | None:
    """The provider's id of a request: `req_…`, a UUID, or a few words; None if it may be anything else.

    A number of 32 hexadecimal digits is refused: it could be an id, but Azure keys look the same.
    """
    if _REQUEST_ID.fullmatch(value) and not _may_quote(value, known):
        return value
    return safe_words(value, *known)


def is_provider_code(text: str) -> bool:
    """Whether a text from a browser can only be one of the provider's codes."""
    # A code is a name. More digits would be part of a key.
    digits = sum(character.isdigit() for character in text)
    return bool(_CODE.fullmatch(text)) and digits <= _MAX_DIGITS and safe_words(text) == text


def is_request_id(text: str) -> bool:
    """Whether a text from a browser can only be the provider's id of a request."""
    return bool(_REPORTED_ID.fullmatch(text)) and safe_request_id(text) == text


def _may_quote(text: str, known: tuple[str, ...]) -> bool:
    return redact(text) != text or shares_secret(text, *known)


def _is_word(text: str) -> bool:
    """Whether a text without punctuation is readable, such as `g711` and `DeploymentNotFound`; a key is not."""
    if digits := sum(map(str.isdigit, text)):
        return digits <= _MAX_DIGITS and len(text) <= _SHORT_WORD_CHARS
    capitals = sum(map(str.isupper, text))
    is_evenly_written = capitals in {0, len(text)} or capitals * _CHARS_PER_CAPITAL <= len(text)
    return len(text) <= _SHORT_WORD_CHARS or (len(text) <= _MAX_WORD_CHARS and is_evenly_written)
