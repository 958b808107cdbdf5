"""The one redactor. Text that may have a key or a client secret passes through it before anyone can read it."""

import hmac
import re
from collections import OrderedDict
from functools import cache
from typing import Final, NoReturn

_SECRETS: Final = re.compile(
    r"""
    (?P<known>(?<![A-Za-z0-9])(?:ek_|sk-|xai-|vcst_)) [\w.-]{4,}   # client secrets and keys by their prefix
    # With any scheme: Basic, Digest with all its fields, a key alone. In quotes up to the last one, else the line.
    | (?P<header>\b(?:Proxy-)?Authorization["']?\s*[:=]\s* (?:b?(?P<quote>["']))?+
        (?:(?:Bearer|Basic|Digest|Negotiate|Token|ApiKey)\b[ \t]+)?+)
      (?![\s"']|…|(?:Bearer|Basic|Digest|Negotiate|Token|ApiKey)\b|(?:must|is|has|cannot)\b)
      (?(quote) (?:\\.|(?!(?P=quote))[^\r\n\\])+ | [^\r\n]+)
    | (?P<bearer>\bBearer\s+) (?!…|Bearer\b) [^\s"',;]+
    | (?P<basic>\bBasic\s+) (?=[a-z]*(?-i:[A-Z0-9+/=])) [\w+/=-]{6,}
    | (?P<url>://) [^/\s:@]* : [^/\s@]+ (?=@)                      # the password in an address
    # A value after "key", "token" and so on, with a digit in it: without one, it may be the next word of a sentence.
    | (?P<field>(?:key|token|secret|password|credential)\b ["']? \s* [:=] \s* ["']?)
      (?!…) (?=[^\s"',;&}]*\d) [^\s"',;&}]{8,}
    """,
    re.VERBOSE | re.IGNORECASE,
)
SAFE: Final = "is_safe"
"""The attribute of a log record whose text only has names and numbers."""

_MAX_REMEMBERED: Final = 256
_MIN_CHARS_REMEMBERED: Final = 16
_REMEMBERED: Final[OrderedDict[str, None]] = OrderedDict()
"""The values of the latest `Secret`s. They are found in a text in any form."""
_PART_CHARS: Final = 8
"""So many characters of a secret are too many; fewer do not help to guess the rest."""
_MIN_KNOWN_CHARS: Final = 4
_MARKS: Final = re.compile(r"[^0-9a-z]+")
_PREFIX: Final = re.compile(r"(?:ek_|sk-|vcst_)?")
_NAME: Final = re.compile(r"(?!.{41})\w[\w.-]*(?: [\w.-]+)*")
_DIGIT: Final = re.compile(r"\d")
_MAX_DIGITS: Final = 4
_TAIL_CHARS: Final = 4
_MIN_CHARS_FOR_TAIL: Final = 24


def redact(text: str) -> str:
    """Replace everything in `text` that is a `Secret`, or looks like a key, a token or a client secret, with `…`."""
    for value in _REMEMBERED:
        if value in text:
            text = text.replace(value, "…")
    return _SECRETS.sub(lambda found: f"{next(filter(None, found.groups()))}…", text)


def shares_secret(text: str, *known: str, part: int = _PART_CHARS) -> bool:
    """Whether a text has a part of a `Secret`, or of one of `known`. Ignores letter case and punctuation.

    Args:
        text: Text from elsewhere that is about to be shown.
        known: Secrets that may not be a `Secret`, such as a key from a request.
        part: How many characters of a secret are too many. Of a shorter secret, all of them.
    """
    parts = _parts_of(_bare(text), part)
    if not parts.isdisjoint(_remembered_parts(part)):
        return True
    for secret in known:
        # The configured key is remembered, so this check is skipped for it.
        if secret not in _REMEMBERED:
            hidden = _bare(secret)
            size = min(part, len(hidden))
            if size >= _MIN_KNOWN_CHARS and not _parts_of(_bare(text), size).isdisjoint(_parts_of(hidden, size)):
                return True
    return False


def _bare(text: str) -> str:
    return _MARKS.sub("", text.casefold())


def _parts_of(bare: str, size: int) -> set[str]:
    return {bare[at : at + size] for at in range(len(bare) - size + 1)}


@cache
def _remembered_parts(size: int) -> set[str]:
    return set().union(*(_parts_of(_bare(secret), size) for secret in _REMEMBERED))


def name_or_dots(key: object) -> str:
    """A key of a map as a message may quote it: unchanged if it can only be a name, else `…`."""
    text = str(key)
    return text if _NAME.fullmatch(text) and len(_DIGIT.findall(text)) <= _MAX_DIGITS and redact(text) == text else "…"


def mask(value: str) -> str:
    """Show only enough of a secret to distinguish two: `ek_…7f3a`; of a short one, nothing."""
    prefix = _PREFIX.match(value)
    tail = value[-_TAIL_CHARS:] if len(value) >= _MIN_CHARS_FOR_TAIL else ""
    return f"{prefix.group() if prefix else ''}…{tail}"


class Secret:
    """A value that only `reveal()` shows: printing, formatting and pickling are safe."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        if len(value) >= _MIN_CHARS_REMEMBERED:
            _REMEMBERED[value] = None
            # A secret that is used again becomes the latest.
            _REMEMBERED.move_to_end(value)
            _remembered_parts.cache_clear()
            if len(_REMEMBERED) > _MAX_REMEMBERED:
                _REMEMBERED.popitem(last=False)

    def reveal(self) -> str:
        """Return the value. Call this only where it is sent."""
        return self._value

    def __str__(self) -> str:
        return mask(self._value)

    def __repr__(self) -> str:
        return f"Secret({mask(self._value)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled")
