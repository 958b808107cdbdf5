"""Is a token easy to guess? A rough estimate in bits, from how people make up tokens."""

import re
from collections.abc import Iterable, Sequence
from math import log2
from typing import Final

_ENOUGH_BITS: Final = 48
"""A token of 16 random hexadecimal digits has 64; four dictionary words have less."""
_WORD_BITS: Final = 9.0
_SHORT_WORD_BITS: Final = 4.0
_BITS_PER_LETTER_OF_A_WORD: Final = 2.0
_YEAR_BITS: Final = 6.0
_SEQUENCE_BITS: Final = 5.0
_MARKS_BITS: Final = 1.0
_FEWEST_CHARS: Final = 6
"""A token with fewer different characters is easy to guess, in whatever order they are."""
_FEWEST_IN_SEQUENCE: Final = 5
_SHORT_WORD: Final = 2
_HIDDEN_WORD: Final = 4
"""Known words of at least so many letters are also found inside other letters."""
_LONGEST_WORD: Final = 12
_PART_OF_WORDS: Final = 0.7
"""The least part of a word-based token that is in words; the rest are short words and numbers."""
_MOST_NUMBERS: Final = 1
_IN_ORDER: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_PIECES: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_PRONOUNCEABLE: Final = re.compile(r"(?!.*[^aeiouy]{4})(?!.*[aeiouy]{3})(?!.*q[^u])[a-z]{4,}")
_HEXADECIMAL: Final = re.compile(r"[0-9a-f\s-]+", re.IGNORECASE)
_COMMON: Final = frozenset(
    """
    abc access admin alexa amor api apple asdf assistant azerty baby bath bathroom bed bedroom bonjour canvas card casa
    cat cellar change changeme chrome clave cocina code coffee computer contrasena cuarto daddy default demo device
    dining dios display dog door dragon echo entrada entry example family fire floor flower football friend front
    garage garden google guest hall hallway hello hogar hola home house hub info iphone ipad jesus key kids kitchen
    kiosk lamp letmein light living login love mama master mirror mobile monkey mother movie movil music my name navai
    nest new office oficina old openai own panel pantalla papa party pass password patio phone please pool prueba
    public qaz qwerty qwertz remote rex room sala salon samsung screen secret secreto security server shadow smart
    sonos speaker star start studio summer sun super tablet tele telefono temp terrace test the tok token toilet
    treasure tv user voice wall welcome wifi winter wohnzimmer work wsx xxx yes zxcv
    """.split()  # noqa: SIM905  # a list of them would be pages long
)


def is_guessable(token: str, near: Iterable[str] = ()) -> bool:
    """Whether somebody who knows how people make up tokens could guess one.

    Args:
        token: As it is sent.
        near: Names close to it in the YAML, such as the display's: people use them in tokens.
    """
    letters = [*map(str.casefold, token)]
    if token.isdecimal() or len(set(letters)) < _FEWEST_CHARS:
        return True
    words = _COMMON | {word for name in near for word in _words_in(name)}
    once = token[: _period(letters)]
    bits = log2(len(token) / len(once)) + _bits_of(once, words)
    return bits < _ENOUGH_BITS


def _words_in(name: str) -> list[str]:
    return [word for word in re.findall(r"[a-z]+", name.casefold()) if len(word) > _SHORT_WORD]


def _period(text: Sequence[str]) -> int:
    """After how many characters a text repeats itself."""
    return next((size for size in range(1, len(text) // 2 + 1) if text[size:] == text[:-size]), len(text))


def _bits_of(token: str, words: frozenset[str]) -> float:
    rest, sequences = _without_sequences(token)
    known = sequences * _SEQUENCE_BITS
    if _HEXADECIMAL.fullmatch(rest):
        return known + 4 * sum(map(str.isalnum, rest))
    pieces = _PIECES.findall(rest)
    parts = [part for piece in pieces for part in _parted(piece, words)]
    bits = [_bits_of_part(part, words) for part in parts]
    long = sum(len(part) for part in parts if len(part) > _SHORT_WORD and not part.isdecimal())
    letters = sum(len(part) for part in parts if not part.isdecimal())
    # In random tokens, letters and digits alternate more often.
    if None not in bits and long >= letters * _PART_OF_WORDS and sum(map(str.isdecimal, pieces)) <= _MOST_NUMBERS:
        return known + sum(filter(None, bits)) + _MARKS_BITS
    # Not only words: the rest may be anything.
    alphabet = 26 * (rest != rest.casefold()) + 26 * (rest != rest.upper()) + 10 * any(map(str.isdecimal, rest))
    chars = len(rest) - sum(len(part) for part in parts if part in words and len(part) > _HIDDEN_WORD)
    return known + chars * log2(max(alphabet, 10))


def _without_sequences(text: str) -> tuple[str, int]:
    """A text without sequences that count up, count down or repeat, such as `12345`; and how many there were."""
    rest, found, at = "", 0, 0
    lowered = [*map(str.casefold, text)]
    while at < len(text):
        size = max(_run(lowered[at:], step) for step in (-1, 0, 1))
        if size >= _FEWEST_IN_SEQUENCE:
            found, rest, at = found + 1, f"{rest} ", at + size
        else:
            rest, at = rest + text[at], at + 1
    return rest, found


def _run(text: Sequence[str], step: int) -> int:
    size = 1
    while size < len(text):
        before, now = _IN_ORDER.find(text[size - 1]), _IN_ORDER.find(text[size])
        if now < 0 or before < 0 or now - before != step:
            break
        size += 1
    return size


def _parted(piece: str, words: frozenset[str]) -> list[str]:
    """Splits letters into known words, the longest first, and the rest; leaves digits as they are."""
    letters = piece.casefold()
    for size in range(len(letters), _HIDDEN_WORD - 1, -1):
        for at in range(len(letters) - size + 1):
            if letters[at : at + size] in words:
                sides = letters[:at], letters[at + size :]
                return [letters[at : at + size], *(part for side in sides if side for part in _parted(side, words))]
    return [letters]


def _bits_of_part(part: str, words: frozenset[str]) -> float | None:
    """The bits of a word, a short word such as `de`, or a number; None for anything else."""
    if part.isdecimal():
        return _YEAR_BITS if _YEAR.fullmatch(part) else len(part) * log2(10)
    if part in words:
        return _WORD_BITS
    if len(part) <= _SHORT_WORD:
        return _SHORT_WORD_BITS
    if len(part) <= _LONGEST_WORD and _PRONOUNCEABLE.fullmatch(part):
        return max(_WORD_BITS, len(part) * _BITS_PER_LETTER_OF_A_WORD)
    return None
