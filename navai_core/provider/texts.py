"""What a provider writes → what may be shown. Its words may quote a key, a client secret, or a part of one.

Only two kinds of its texts are ever passed on: words that programs compare (`error.code`, `error.param`) and the id of
a request. Each must look like what it is, survive the redactor, and share nothing with a secret that is known here.
Whatever does not is left out: the sentence and the status say enough.
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
    """A code, a type or the name of a field, such as `session.tools[0].name`; None when it may be anything else.

    Args:
        value: As the provider wrote it.
        known: The key that was sent, which may be one that nobody configured.
    """
    if not isinstance(value, str) or not _WORDS.fullmatch(value) or _may_quote(value, known):
        return None
    if sum(map(str.isdigit, value)) > _MAX_DIGITS_IN_ALL:
        return None
    return value if all(map(_is_word, filter(None, _BETWEEN_WORDS.split(value)))) else None


def safe_request_id(value: str, *known: str) -> str | None:
    """The id that a provider gave a request: `req_…`, a UUID, or a few words; None when it may be anything else.

    A bare number of 32 hexadecimal digits would be an id, too, and is exactly what an Azure key looks like.
    """
    if _REQUEST_ID.fullmatch(value) and not _may_quote(value, known):
        return value
    return safe_words(value, *known)


def is_provider_code(text: str) -> bool:
    """Whether a text that a browser passes on can be nothing but a code of the provider's."""
    # A code is a name: more digits are part of a key.
    digits = sum(character.isdigit() for character in text)
    return bool(_CODE.fullmatch(text)) and digits <= _MAX_DIGITS and safe_words(text) == text


def is_request_id(text: str) -> bool:
    """Whether a text that a browser passes on can be nothing but the provider's id of a request."""
    return bool(_REPORTED_ID.fullmatch(text)) and safe_request_id(text) == text


def _may_quote(text: str, known: tuple[str, ...]) -> bool:
    return redact(text) != text or shares_secret(text, *known)


def _is_word(text: str) -> bool:
    """Whether a text without punctuation can be meant for people, as `g711` and `DeploymentNotFound`; a key cannot."""
    if digits := sum(map(str.isdigit, text)):
        return digits <= _MAX_DIGITS and len(text) <= _SHORT_WORD_CHARS
    capitals = sum(map(str.isupper, text))
    is_evenly_written = capitals in {0, len(text)} or capitals * _CHARS_PER_CAPITAL <= len(text)
    return len(text) <= _SHORT_WORD_CHARS or (len(text) <= _MAX_WORD_CHARS and is_evenly_written)
