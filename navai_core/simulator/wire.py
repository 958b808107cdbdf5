"""The rules of `POST /v1/realtime/client_secrets`: names, types, bounds, known values.

Source: the parameter types of the official Python SDK 3.57 (`openai.types.realtime`, November 2026). Where the API is
stricter than those types, the API's rule is used, with a comment. Rules for two fields together are in `session`.
"""

import re
from typing import Final

from navai_core.const import MAX_TTL_S, MIN_TTL_S
from navai_core.simulator.checks import (
    Array,
    Boolean,
    ByKind,
    Check,
    Choice,
    FreeForm,
    Mapped,
    Nullable,
    Number,
    Record,
    Tagged,
    Text,
)

DEFAULT_MODEL: Final = "gpt-realtime"
DEFAULT_VOICE: Final = "alloy"
DEFAULT_TTL_S: Final = 600

REASONING_MODELS: Final = ("gpt-realtime-2.1", "gpt-realtime-2.1-mini", "gpt-realtime-2")
ENDING_MODELS: Final = (
    "gpt-realtime",
    "gpt-realtime-2025-08-28",
    "gpt-realtime-mini",
    "gpt-realtime-mini-2025-12-15",
)
"""These shut down on 2027-01-20. The simulator keeps them, so that its answers do not depend on the date."""
MODELS: Final = frozenset((*REASONING_MODELS, "gpt-realtime-1.5", *ENDING_MODELS))
LIVE: Final = "gpt-live-"
"""The prefix of models of another API, Live."""
OTHER_KINDS: Final = ("gpt-live-1", "gpt-live-1.1", "gpt-5", "gpt-5-mini", "gpt-4o", "gpt-4o-mini")
"""Models that exist, but not in Realtime. There are more; people often try these."""
VOICES: Final = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")

LIVE_TRANSCRIPTION_MODELS: Final = ("gpt-transcribe", "gpt-live-transcribe")
WHISPER_REALTIME: Final = "gpt-realtime-whisper"
DIARIZE: Final = "gpt-4o-transcribe-diarize"
ENDING_TRANSCRIPTION_MODELS: Final = (
    "whisper-1",
    "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15",
    "gpt-4o-transcribe",
    DIARIZE,
)
"""These end on 2027-02-26."""
TRANSCRIPTION_MODELS: Final = (*LIVE_TRANSCRIPTION_MODELS, WHISPER_REALTIME, *ENDING_TRANSCRIPTION_MODELS)
CONNECTORS: Final = (
    "connector_dropbox",
    "connector_gmail",
    "connector_googlecalendar",
    "connector_googledrive",
    "connector_microsoftteams",
    "connector_outlookcalendar",
    "connector_outlookemail",
    "connector_sharepoint",
)

_EFFORTS: Final = ("minimal", "low", "medium", "high", "xhigh")
_NAME: Final = Text(min_chars=1, max_chars=64, pattern=re.compile(r"[a-zA-Z0-9_-]+"))
_WORD: Final = Text(min_chars=1)
_KEYWORD: Final = Text(min_chars=1, pattern=re.compile(r"[^<>\r\n]+"))
"""One line, without angle brackets."""
_NAMES: Final = Array(_WORD, max_items=128)
_MILLISECONDS: Final = Number(minimum=0, whole=True)

# ISO 639-1, or 639-3 for the few languages without a short code. A tag with a region ("es-MX") is not one. Whisper's
# list has Norwegian as "no", and no "nb".
_LANGUAGE: Final = Text(pattern=re.compile(r"(?!nb$)[a-z]{2,3}"))

_FORMAT: Final = Tagged(
    {
        # `rate` is optional in the types, but the API answers `missing_required_parameter` without it.
        "audio/pcm": Record({"type": Text(), "rate": Number(24_000, 24_000, whole=True)}, required=("rate",)),
        "audio/pcmu": Record({"type": Text()}),
        "audio/pcma": Record({"type": Text()}),
    }
)
_NOISE_REDUCTION: Final = Record(
    {"type": Choice(("near_field", "far_field")), "strength": Number(minimum=0)}, required=("type",)
)
_TRANSCRIPTION: Final = Record(
    {
        "model": Choice(TRANSCRIPTION_MODELS),
        "language": _LANGUAGE,
        "languages": Array(_LANGUAGE, max_items=128),
        "prompt": Text(),
        "keywords": Array(_KEYWORD, max_items=1_000),
        "delay": Choice(_EFFORTS),
    }
)
_TURN_DETECTION: Final = Tagged(
    {
        "server_vad": Record(
            {
                "type": Text(),
                "threshold": Number(0, 1),
                "prefix_padding_ms": _MILLISECONDS,
                "silence_duration_ms": _MILLISECONDS,
                "idle_timeout_ms": Nullable(Number(5_000, 30_000, whole=True)),
                "create_response": Boolean(),
                "interrupt_response": Boolean(),
            }
        ),
        "semantic_vad": Record(
            {
                "type": Text(),
                "eagerness": Choice(("low", "medium", "high", "auto")),
                "create_response": Boolean(),
                "interrupt_response": Boolean(),
            }
        ),
    }
)
_INPUT: Final = Record(
    {
        "format": _FORMAT,
        "noise_reduction": Nullable(_NOISE_REDUCTION),
        "transcription": Nullable(_TRANSCRIPTION),
        "turn_detection": Nullable(_TURN_DETECTION),
    }
)
_OUTPUT: Final = Record(
    {
        "format": _FORMAT,
        "speed": Number(0.25, 1.5),
        "voice": ByKind(
            {
                "string": Choice(VOICES),
                "object": Record({"id": Text(pattern=re.compile(r"voice_[a-zA-Z0-9_-]+"))}, required=("id",)),
            }
        ),
    }
)

_TOOL_FILTER: Final = Record({"read_only": Boolean(), "tool_names": _NAMES})
_MCP: Final = Record(
    {
        "type": Text(),
        "server_label": _WORD,
        "server_url": _WORD,
        "connector_id": Choice(CONNECTORS),
        "tunnel_id": _WORD,
        "server_description": Text(),
        "authorization": _WORD,
        "headers": Nullable(Mapped(Text())),
        "allowed_callers": Nullable(Array(Choice(("direct", "programmatic")), max_items=2)),
        "allowed_tools": Nullable(ByKind({"array": _NAMES, "object": _TOOL_FILTER})),
        "defer_loading": Boolean(),
        "require_approval": Nullable(
            ByKind(
                {
                    "string": Choice(("always", "never")),
                    "object": Record({"always": _TOOL_FILTER, "never": _TOOL_FILTER}),
                }
            )
        ),
    },
    required=("server_label",),
)
_TOOL: Final = Tagged(
    {
        # No `strict`: Realtime does not have it.
        "function": Record(
            {"type": Text(), "name": _NAME, "description": Text(), "parameters": FreeForm()}, required=("name",)
        ),
        "mcp": _MCP,
    }
)
_TOOL_CHOICE: Final = ByKind(
    {
        "string": Choice(("none", "auto", "required")),
        "object": Tagged(
            {
                "function": Record({"type": Text(), "name": _NAME}, required=("name",)),
                "mcp": Record(
                    {"type": Text(), "server_label": _WORD, "name": Nullable(_WORD)}, required=("server_label",)
                ),
            }
        ),
    }
)
_TRUNCATION: Final = ByKind(
    {
        "string": Choice(("auto", "disabled")),
        "object": Tagged(
            {
                "retention_ratio": Record(
                    {
                        "type": Text(),
                        "retention_ratio": Number(0, 1),
                        "token_limits": Record({"post_instructions": Number(minimum=0, whole=True)}),
                    },
                    required=("retention_ratio",),
                )
            }
        ),
    }
)
_TRACING: Final = Nullable(
    ByKind(
        {
            "string": Choice(("auto",)),
            "object": Record({"workflow_name": Text(), "group_id": Text(), "metadata": FreeForm()}),
        }
    )
)
_INCLUDE: Final = Array(Choice(("item.input_audio_transcription.logprobs",)), max_items=1)

REALTIME: Final[dict[str, Check]] = {
    "type": Text(),
    "model": Text(min_chars=1),
    # Exactly one of the two; `session` refuses the pair in the API's own words.
    "output_modalities": Array(Choice(("text", "audio")), max_items=2),
    "instructions": Text(),
    "audio": Record({"input": _INPUT, "output": _OUTPUT}),
    "include": _INCLUDE,
    "tools": Array(_TOOL, max_items=128),
    "tool_choice": _TOOL_CHOICE,
    # Documented as 1..4096; newer models accept more, so there is no upper bound here.
    "max_output_tokens": ByKind({"integer": Number(minimum=1, whole=True), "string": Choice(("inf",))}),
    "truncation": _TRUNCATION,
    "reasoning": Record({"effort": Choice(_EFFORTS)}),
    "parallel_tool_calls": Boolean(),
    "tracing": _TRACING,
    # No `prompt`: reusable prompts end on 2026-11-30. No `temperature`: the GA API has none.
}
_TRANSCRIBING: Final[dict[str, Check]] = {
    "type": Text(),
    "audio": Record({"input": _INPUT}),
    "include": _INCLUDE,
}

SESSION: Final = Tagged({"realtime": Record(REALTIME), "transcription": Record(_TRANSCRIBING)})
"""Its `session`."""

REQUEST: Final = Record(
    {
        "expires_after": Record(
            {"anchor": Choice(("created_at",)), "seconds": Number(MIN_TTL_S, MAX_TTL_S, whole=True)}
        ),
        "session": SESSION,
    }
)
"""The whole body."""
