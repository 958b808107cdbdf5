"""The differences between the providers of Realtime sessions, as data. No provider has code of its own.

Source: docs/wire.md. A row says how to reach a provider and what it accepts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
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
    names_models: bool = False
    """`model` is one of OpenAI's names. Elsewhere it is the name of a deployment, or whatever a proxy calls it."""


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
                names_models=True,
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
                base_url_example="https://litellm.example.org/v1",
                key_variable="NAVAI_API_KEY",
                # What the strictest of them accepts: no anchor, at most one hour.
                anchored_ttl=False,
                max_ttl_s=3600,
            ),
        )
    }
)


TRANSCRIBES_WITHOUT_PROMPT: Final = frozenset({"gpt-realtime-whisper", "gpt-4o-transcribe-diarize"})
"""Transcription models that refuse a `prompt`."""

REASONING_MODEL_PREFIX: Final = "gpt-realtime-2"
"""`reasoning` and `parallel_tool_calls` are for this family; `gpt-realtime-2025-08-28` is not part of it."""


def takes_reasoning(model: str) -> bool:
    """Whether a model belongs to the family that reasons."""
    return model.startswith(REASONING_MODEL_PREFIX) and not model.startswith("gpt-realtime-2025")
