"""What differs from one provider, project and day to the next: which models there are, and how strict it is."""

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
        forbidden_models: Those of them that this project may not use: 403 for a call.
        shutdown_dates: When models end (`YYYY-MM-DD`): for `GET /v1/models` only, no model ends by itself.
        dialect: Whose words the mint takes: "openai", or "xai", which takes no `session` and has no calls.
        azure_calls_need_secret: Whether Azure's `/calls` refuses keys. It did so to some.
        singular_language: Whether `gpt-transcribe` and `gpt-live-transcribe` take `language` beside `languages`.

    """

    models: Collection[str] = wire.MODELS
    forbidden_models: Collection[str] = frozenset()
    shutdown_dates: Mapping[str, str] = field(default_factory=lambda: SHUTDOWN_DATES)
    dialect: str = OPENAI
    azure_calls_need_secret: bool = False
    singular_language: bool = False


DEFAULT: Final = Rules()
