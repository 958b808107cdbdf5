"""The differences between the providers of Realtime sessions, as data. No provider has code of its own.

Source: docs/wire.md. A row says how to reach a provider and what it accepts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from .const import MAX_TTL_S

OPENAI_VOICES: Final = ("alloy", "ash", "ballad", "cedar", "coral", "echo", "marin", "sage", "shimmer", "verse")
CUSTOM_VOICE_PREFIX: Final = "voice_"


@dataclass(frozen=True, slots=True)
class Provider:
    """One row of the table."""

    name: str
    title: str
    """Its name for people."""
    base_url: str | None
    """Its address; None if it is different for everyone (an Azure resource, a proxy)."""
    base_url_example: str
    key_variable: str
    """The environment variable that may hold its key. Each provider has its own, so that none gets another's key."""
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "
    account_headers: bool = False
    """Accepts the headers `OpenAI-Organization` and `OpenAI-Project`."""
    safety_identifier: bool = False
    """Accepts the header `OpenAI-Safety-Identifier`, which applies to the session."""
    anchored_ttl: bool = True
    """Accepts `expires_after.anchor`."""
    max_ttl_s: int = MAX_TTL_S
    voices: tuple[str, ...] | None = None
    """Its voices; None if only the provider knows them."""


PROVIDERS: Final[Mapping[str, Provider]] = MappingProxyType(
    {
        row.name: row
        for row in (
            Provider(
                "openai",
                title="OpenAI",
                base_url="https://api.openai.com/v1",
                base_url_example="https://eu.api.openai.com/v1",
                key_variable="OPENAI_API_KEY",
                account_headers=True,
                safety_identifier=True,
                voices=OPENAI_VOICES,
            ),
            Provider(
                "azure",
                title="Azure OpenAI",
                base_url=None,
                base_url_example="https://my-resource.openai.azure.com/openai/v1",
                key_variable="AZURE_OPENAI_API_KEY",
                key_header="api-key",
                key_prefix="",
                voices=OPENAI_VOICES,
            ),
            Provider(
                "compatible",
                title="OpenAI-compatible",
                base_url=None,
                base_url_example="https://api.x.ai/v1",
                key_variable="NAVAI_API_KEY",
                # xAI is the strictest of them: no anchor, at most one hour.
                anchored_ttl=False,
                max_ttl_s=3600,
            ),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Retirement:
    """The date when a model is shut down, and the model to use instead."""

    on: date
    successor: str


_FIRST_GENERATION_ENDS: Final = date(2027, 1, 20)
_OLD_TRANSCRIPTION_ENDS: Final = date(2027, 2, 26)
_PREVIEWS_ENDED: Final = date(2026, 5, 7)

RETIREMENTS: Final[Mapping[str, Retirement]] = MappingProxyType(
    {
        "gpt-realtime": Retirement(_FIRST_GENERATION_ENDS, "gpt-realtime-2.1"),
        "gpt-realtime-2025-08-28": Retirement(_FIRST_GENERATION_ENDS, "gpt-realtime-2.1"),
        "gpt-realtime-mini": Retirement(_FIRST_GENERATION_ENDS, "gpt-realtime-2.1-mini"),
        "gpt-realtime-mini-2025-12-15": Retirement(_FIRST_GENERATION_ENDS, "gpt-realtime-2.1-mini"),
        "gpt-4o-realtime-preview": Retirement(_PREVIEWS_ENDED, "gpt-realtime-2.1"),
        "gpt-4o-mini-realtime-preview": Retirement(_PREVIEWS_ENDED, "gpt-realtime-2.1-mini"),
        "whisper-1": Retirement(_OLD_TRANSCRIPTION_ENDS, "gpt-transcribe"),
        "gpt-4o-transcribe": Retirement(_OLD_TRANSCRIPTION_ENDS, "gpt-transcribe"),
        "gpt-4o-mini-transcribe": Retirement(_OLD_TRANSCRIPTION_ENDS, "gpt-transcribe"),
    }
)
"""Source: the provider's deprecations page, read 2026-11-22. The date of the previews is from their shutdown notice."""

TRANSCRIBES_WITHOUT_PROMPT: Final = frozenset({"gpt-realtime-whisper", "gpt-4o-transcribe-diarize"})
"""Transcription models that refuse a `prompt`."""

TRANSCRIBES_SEVERAL_LANGUAGES: Final = frozenset({"gpt-transcribe", "gpt-live-transcribe"})
"""Transcription models that accept a list, `languages`, and refuse `language`, which the others accept."""

REASONING_MODEL_PREFIX: Final = "gpt-realtime-2"
"""`reasoning` and `parallel_tool_calls` are for this family; `gpt-realtime-2025-08-28` is not part of it."""


def takes_reasoning(model: str) -> bool:
    """Whether a model belongs to the family that reasons."""
    return model.startswith(REASONING_MODEL_PREFIX) and not model.startswith("gpt-realtime-2025")
