"""The rules that depend on provider, project and date: the models, and how strict the API is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from navai_core.simulator import wire

OPENAI: Final = "openai"
XAI: Final = "xai"
DIALECTS: Final = (OPENAI, XAI)

SHUTDOWN_DATES: Final[Mapping[str, str]] = {
    **dict.fromkeys(wire.ENDING_MODELS, "2027-01-20"),
    **dict.fromkeys(wire.ENDING_TRANSCRIPTION_MODELS, "2027-02-26"),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one simulator.

    Args:
        models: The Realtime models that exist. A secret is minted for any name; the call is refused.
        forbidden_models: The models that this project may not use: 403 for a call.
        shutdown_dates: When models end (`YYYY-MM-DD`): only for `GET /v1/models`; no model ends by itself.
        dialect: The API that the mint follows: "openai", or "xai", without `session` and calls.
        azure_calls_need_secret: Whether Azure's `/calls` refuses keys, as some users have seen.
        singular_language: Whether `gpt-transcribe` and `gpt-live-transcribe` accept `language` in addition to
            `languages`.

    """

    models: Collection[str] = wire.MODELS
    forbidden_models: Collection[str] = frozenset()
    shutdown_dates: Mapping[str, str] = field(default_factory=lambda: SHUTDOWN_DATES)
    dialect: str = OPENAI
    azure_calls_need_secret: bool = False
    singular_language: bool = False


DEFAULT: Final = Rules()
