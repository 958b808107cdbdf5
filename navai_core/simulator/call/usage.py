"""Token counts as the API would report them: audio by its length, text by the usual four characters per token."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from navai_core.simulator.call.items import Entry

USER_MS_PER_TOKEN: Final = 100
MODEL_MS_PER_TOKEN: Final = 50
_CHARS_PER_TOKEN: Final = 4
_CACHED_BLOCK: Final = 64
"""Only whole blocks of so many tokens are cached."""
_BILLED_BY_TOKENS: Final = "gpt-4o"
"""The transcription models whose names start like this."""


def text_tokens(text: str) -> int:
    """Return how many tokens a text has."""
    return -(-len(text) // _CHARS_PER_TOKEN)


def audio_tokens(entry: Entry) -> int:
    """Return how many tokens the audio of an item has."""
    per_token = MODEL_MS_PER_TOKEN if entry.by_model else USER_MS_PER_TOKEN
    return -(-entry.audio_ms // per_token)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Text and audio."""

    text: int = 0
    audio: int = 0

    @property
    def total(self) -> int:
        """Both."""
        return self.text + self.audio

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(self.text + other.text, self.audio + other.audio)

    def cached(self, now: "Tokens") -> "Tokens":
        """Return how many of the tokens `now` were already sent before."""
        return Tokens(_blocks(min(self.text, now.text)), _blocks(min(self.audio, now.audio)))


def of_entries(entries: Iterable[Entry]) -> Tokens:
    """Return the tokens of items."""
    found = [Tokens(sum(map(text_tokens, entry.texts())), audio_tokens(entry)) for entry in entries]
    return sum(found, Tokens())


def of_input(session: Mapping[str, Any], entries: Iterable[Entry]) -> Tokens:
    """Return the tokens that a response reads: instructions, tools and items."""
    tools = json.dumps(session["tools"]) if session["tools"] else ""
    return Tokens(text_tokens(session["instructions"]) + text_tokens(tools)) + of_entries(entries)


def report(given: Tokens, cached: Tokens, made: Tokens) -> dict[str, Any]:
    """Return the `usage` of a response."""
    return {
        "total_tokens": given.total + made.total,
        "input_tokens": given.total,
        "output_tokens": made.total,
        "input_token_details": {
            "text_tokens": given.text,
            "audio_tokens": given.audio,
            "image_tokens": 0,
            "cached_tokens": cached.total,
            "cached_tokens_details": {
                "text_tokens": cached.text,
                "audio_tokens": cached.audio,
                "image_tokens": 0,
            },
        },
        "output_token_details": {"text_tokens": made.text, "audio_tokens": made.audio},
    }


def of_transcription(model: str, transcript: str, audio_ms: int) -> dict[str, Any]:
    """Return the `usage` of an input transcription: by tokens for the older models, by the second for others."""
    if not model.startswith(_BILLED_BY_TOKENS):
        return {"type": "duration", "seconds": audio_ms / 1_000}
    heard, written = -(-audio_ms // USER_MS_PER_TOKEN), text_tokens(transcript)
    return {
        "type": "tokens",
        "total_tokens": heard + written,
        "input_tokens": heard,
        "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
        "output_tokens": written,
    }


def _blocks(tokens: int) -> int:
    return tokens // _CACHED_BLOCK * _CACHED_BLOCK
