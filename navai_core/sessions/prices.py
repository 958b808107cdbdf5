"""What a model's tokens cost at the provider's list prices.

Source: OpenAI's model pages, from stored copies that bear no date themselves, read 2026-11-22. Prices change and
accounts differ: a cost is an estimate, the provider's invoice is the truth. The transcription of what people say is
billed apart and is not in it.
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
    """Tokens by what they carry. One that is not named has none."""

    text: int = 0
    audio: int = 0
    image: int = 0

    @property
    def total(self) -> int:
        """All that are named."""
        return self.text + self.audio + self.image


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """The `usage` of one `response.done`. Whole numbers from zero; `usage.read_usage` makes it of what came in.

    The details may name fewer tokens than the totals, where the provider or the browser left some out. They never name
    more: such a usage cannot be made.

    Raises:
        InvalidInputError: the numbers contradict each other.
    """

    total_tokens: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    """A part of the input, not beside it."""
    input_details: Modalities = Modalities()
    """With the cached ones."""
    cached_details: Modalities = Modalities()
    output_details: Modalities = Modalities()

    def __post_init__(self) -> None:
        """Refuse contradictions, so that nobody computes with them: the worst would be a cost below zero."""
        given, cached = self.input_details, self.cached_details
        # An input token that no detail names may be of any modality.
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
    """Zero for images, which no model gives out."""


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

_PRICES: Final[Mapping[str, _Prices]] = MappingProxyType(
    {
        "gpt-realtime-2.1": _SECOND,
        "gpt-realtime-2": _SECOND,
        "gpt-realtime-1.5": _FIRST,
        "gpt-realtime": _FIRST,
        "gpt-realtime-2.1-mini": _MINI,
        "gpt-realtime-mini": _MINI,
    }
)


def cost_of(model: str, usage: TokenUsage) -> float | None:
    """What a response cost in US$; None where that is not known: an unknown cost is better than a wrong one.

    - A model that is not in the table has no known price: another provider's, an Azure deployment's own name. A dated
      snapshot (`gpt-realtime-2025-08-28`) costs what its family does.
    - Audio costs up to seventeen times as much as text, so each token's modality must be named. Totals alone, or
      details that name fewer tokens than the totals, have no known cost; no tokens cost nothing.
    - A cached token costs as little as an eightieth, so the cached ones' modalities must be named as well. Where no
      cached tokens are mentioned none are taken off: that is the most that it may have cost.
    """
    prices = _prices_of(model)
    given, cached, spoken = usage.input_details, usage.cached_details, usage.output_details
    # Details never name more than the totals, so the sums agree only where nothing is left out. An image given out has
    # no price and counts as left out.
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


def _prices_of(model: str) -> _Prices | None:
    snapshot = _SNAPSHOT.fullmatch(model)
    return _PRICES.get(snapshot["family"] if snapshot else model)
