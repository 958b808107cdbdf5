"""What a model's tokens cost at the provider's list prices.

Source: OpenAI's model pages, from stored copies without a date, read 2026-11-22 and 2026-11-29. Prices change and
accounts differ, so a cost is an estimate; only the provider's invoice is exact. The transcription of what people say
is billed separately: by tokens, or by the length of what was said. Each transcript has a usage of its own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ..exceptions import InvalidInputError

_TOKENS_PER_PRICE: Final = 1_000_000
_SNAPSHOT: Final = re.compile(r"(?P<family>.+)-[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Modalities:
    """Tokens by modality. A modality that is missing has none."""

    text: int = 0
    audio: int = 0
    image: int = 0

    @property
    def total(self) -> int:
        """The sum of all modalities."""
        return self.text + self.audio + self.image


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """The `usage` of one response or transcript. Whole numbers from zero; `usage.read_usage` creates it from a report.

    The details may have fewer tokens than the totals, if the provider or the browser left some out. They never have
    more: such a usage cannot be created without a `problem`.

    Raises:
        InvalidInputError: the numbers contradict each other.
    """

    total_tokens: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    """A part of the input, not in addition to it."""
    input_details: Modalities = Modalities()
    """Including the cached ones."""
    cached_details: Modalities = Modalities()
    output_details: Modalities = Modalities()
    seconds: float | None = None
    """The length of what was said, if that is billed and not tokens."""
    transcription: bool = False
    """Whether it belongs to the transcript of what a person said, and not to a response."""
    problem: str = ""
    """What is wrong with the received numbers, quoting none. These are the ones that can be counted; their cost is
    unknown."""

    def __post_init__(self) -> None:
        """Refuse contradictions, so that nobody calculates with them: the cost could be below zero."""
        if self.problem:
            return
        given, cached = self.input_details, self.cached_details
        # An input token that is not in the details may have any modality.
        unnamed = self.input_tokens - given.total
        for part, whole, what in (
            (self.input_tokens + self.output_tokens, self.total_tokens, "input and output tokens than tokens in total"),
            (given.total, self.input_tokens, "input tokens by modality than in total"),
            (self.output_details.total, self.output_tokens, "output tokens by modality than in total"),
            (self.cached_tokens, self.input_tokens, "cached tokens than input tokens"),
            (cached.total, self.cached_tokens, "cached tokens by modality than in total"),
            (cached.text, given.text + unnamed, "cached text tokens than text tokens"),
            (cached.audio, given.audio + unnamed, "cached audio tokens than audio tokens"),
            (cached.image, given.image + unnamed, "cached image tokens than image tokens"),
        ):
            if part > whole:
                raise InvalidInputError(f"The usage contradicts itself: it counts more {what}.", field="usage")


@dataclass(frozen=True, slots=True)
class _Price:
    """US$ for a million tokens of one modality."""

    input: float
    cached: float
    output: float = 0.0
    """Zero for images, which no model produces."""


@dataclass(frozen=True, slots=True)
class _Prices:
    text: _Price
    audio: _Price
    image: _Price


_AUDIO: Final = _Price(32, 0.40, 64)
_IMAGE: Final = _Price(5, 0.50)
_SECOND: Final = _Prices(_Price(4, 0.40, 24), _AUDIO, _IMAGE)
_FIRST: Final = _Prices(_Price(4, 0.40, 16), _AUDIO, _IMAGE)
_MINI: Final = _Prices(_Price(0.60, 0.06, 2.40), _Price(10, 0.30, 20), _Price(0.80, 0.08))
# Transcription has no cheaper price for cached tokens, reads no images and only writes text.
_TRANSCRIBE: Final = _Prices(_Price(2.50, 2.50, 10), _Price(6, 6), _Price(0, 0))
_TRANSCRIBE_MINI: Final = _Prices(_Price(1.25, 1.25, 5), _Price(3, 3), _Price(0, 0))

_PRICES: Final[Mapping[str, _Prices]] = MappingProxyType(
    {
        "gpt-realtime-2.1": _SECOND,
        "gpt-realtime-2": _SECOND,
        "gpt-realtime-1.5": _FIRST,
        "gpt-realtime": _FIRST,
        "gpt-realtime-2.1-mini": _MINI,
        "gpt-realtime-mini": _MINI,
        "gpt-4o-transcribe": _TRANSCRIBE,
        "gpt-4o-mini-transcribe": _TRANSCRIBE_MINI,
    }
)
_PER_MINUTE: Final[Mapping[str, float]] = MappingProxyType(
    {"gpt-transcribe": 0.0045, "gpt-realtime-whisper": 0.017, "whisper-1": 0.006}
)
"""US$ for a minute of speech, for models that are billed by its length."""


def cost_of(model: str, usage: TokenUsage) -> float | None:
    """The cost of a response or a transcript in US$; None if it is unknown, which is better than a wrong cost.

    - A model that is not in the table has no known price: from another provider, or an Azure deployment. A dated
      snapshot (`gpt-realtime-2025-08-28`) has the price of its family.
    - Audio costs up to seventeen times as much as text, so each token's modality must be known. Totals alone, or
      details with fewer tokens than the totals, have no known cost; no tokens cost nothing.
    - A cached token may cost only an eightieth, so its modality must be known too. If there are no cached tokens in the
      usage, nothing is subtracted: this is the highest possible cost.
    - Numbers with a `problem` have no known cost.
    """
    if usage.problem:
        return None
    snapshot = _SNAPSHOT.fullmatch(model)
    family = snapshot["family"] if snapshot else model
    if usage.seconds is not None:
        per_minute = _PER_MINUTE.get(family)
        return None if per_minute is None else usage.seconds / 60 * per_minute
    prices = _PRICES.get(family)
    given, cached, spoken = usage.input_details, usage.cached_details, usage.output_details
    # Details never have more than the totals, so the sums only agree if nothing is left out. An output image has no
    # price and counts as left out.
    named = given.total + spoken.text + spoken.audio
    if prices is None or named != usage.total_tokens or cached.total != usage.cached_tokens:
        return None
    dollars = 0.0
    for price, whole, again, out in (
        (prices.text, given.text, cached.text, spoken.text),
        (prices.audio, given.audio, cached.audio, spoken.audio),
        (prices.image, given.image, cached.image, 0),
    ):
        dollars += (whole - again) * price.input + again * price.cached + out * price.output
    return dollars / _TOKENS_PER_PRICE
