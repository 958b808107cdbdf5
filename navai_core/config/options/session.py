"""The session options of a profile, with the names that the provider uses (docs/wire.md)."""

from typing import Final

from ...const import MAX_INSTRUCTIONS_CHARS
from ...known_models import MAX_KEYWORDS
from .kinds import Kind, Option
from .tools import TOOL_CHOICE, TOOLS

_MAX_NAME = 200
_EFFORTS = ("minimal", "low", "medium", "high", "xhigh")

TURN_DETECTION: Final = Option(
    key="turn_detection",
    kind=Kind.CHOICE_OR_GROUP,
    choices=("server_vad", "semantic_vad", "none"),
    tag="type",
    text="How the model notices that a person has finished speaking. `none` is for push-to-talk clients.",
    options=(
        Option(
            key="type",
            kind=Kind.CHOICE,
            choices=("server_vad", "semantic_vad"),
            required=True,
            text="`server_vad` waits for silence, `semantic_vad` for a finished thought.",
        ),
        Option(
            key="threshold",
            kind=Kind.NUMBER,
            minimum=0,
            maximum=1,
            variants=("server_vad",),
            text="How loud speech must be. Use a higher value in a noisy room.",
        ),
        Option(
            key="prefix_padding_ms",
            kind=Kind.INTEGER,
            minimum=0,
            maximum=10_000,
            unit="ms",
            variants=("server_vad",),
            text="How much audio before the detected speech to keep.",
        ),
        Option(
            key="silence_duration_ms",
            kind=Kind.INTEGER,
            minimum=0,
            maximum=10_000,
            unit="ms",
            variants=("server_vad",),
            text="How long a silence ends the turn.",
        ),
        Option(
            key="idle_timeout_ms",
            kind=Kind.INTEGER,
            minimum=5_000,
            maximum=30_000,
            unit="ms",
            variants=("server_vad",),
            text="How long a silence lasts before the model asks whether anybody is still there.",
        ),
        Option(
            key="eagerness",
            kind=Kind.CHOICE,
            choices=("low", "medium", "high", "auto"),
            variants=("semantic_vad",),
            text="How soon the model takes its turn.",
        ),
        Option(key="create_response", kind=Kind.FLAG, text="Whether the model answers when a turn ends."),
        Option(
            key="interrupt_response", kind=Kind.FLAG, text="Whether speech interrupts the model's answer (barge-in)."
        ),
    ),
)

_FIELDS: Final = ("near_field", "far_field")

NOISE_REDUCTION: Final = Option(
    key="noise_reduction",
    kind=Kind.CHOICE_OR_GROUP,
    choices=(*_FIELDS, "none"),
    text="Noise reduction: `far_field` for a tablet on the wall, `near_field` for a headset or a phone.",
    options=(
        Option(key="type", kind=Kind.CHOICE, choices=_FIELDS, required=True, text="Where the microphone is."),
        Option(
            key="strength",
            kind=Kind.NUMBER,
            minimum=0,
            maximum=100,
            text="How much noise to remove. The provider's default is 1; use a higher value in a noisy room.",
        ),
    ),
)

TRANSCRIPTION: Final = Option(
    key="transcription",
    kind=Kind.CHOICE_OR_GROUP,
    choices=("gpt-transcribe", "gpt-live-transcribe", "gpt-realtime-whisper", "none"),
    open=True,
    text="The model that transcribes what a person says (captions), or `none`. The provider bills it separately.",
    options=(
        Option(
            key="model",
            kind=Kind.TEXT,
            required=True,
            minimum=1,
            maximum=_MAX_NAME,
            example="gpt-transcribe",
            text="The transcription model.",
        ),
        Option(
            key="language",
            kind=Kind.LANGUAGE_CODE,
            minimum=1,
            maximum=100,
            example="es",
            text="The language to expect. Without it, the profile's `language`. With `auto`, any language.",
        ),
        Option(
            key="languages",
            kind=Kind.LANGUAGES,
            minimum=1,
            maximum=100,
            example="[Spanish, en]",
            text="The languages to expect, instead of `language`. Only for `gpt-transcribe` and `gpt-live-transcribe`.",
        ),
        Option(
            key="keywords",
            kind=Kind.KEYWORDS,
            maximum=MAX_KEYWORDS,
            example="[auto, Grandma Rosa]",
            text="Names to expect: people, pets, rooms, devices. In Home Assistant, `auto` adds the names of areas and "
            "of entities that are exposed to Assist. Only for `gpt-transcribe` and `gpt-live-transcribe`.",
        ),
        Option(
            key="prompt",
            kind=Kind.TEXT,
            maximum=MAX_INSTRUCTIONS_CHARS,
            lines=True,
            text="What the conversation is about, in your own words.",
        ),
    ),
)

TRUNCATION: Final = Option(
    key="truncation",
    kind=Kind.CHOICE_OR_GROUP,
    choices=("auto", "disabled"),
    text="What happens when a conversation gets too long for the model.",
    options=(
        Option(
            key="retention_ratio",
            kind=Kind.NUMBER,
            minimum=0,
            maximum=1,
            required=True,
            text="The part of the conversation to keep.",
        ),
        Option(
            key="post_instructions",
            kind=Kind.INTEGER,
            minimum=0,
            maximum=1_000_000,
            unit="tokens",
            text="How long the conversation after the instructions may get before it is cut.",
        ),
    ),
)

TRACING: Final = Option(
    key="tracing",
    kind=Kind.CHOICE_OR_GROUP,
    choices=("auto", "none"),
    text="Whether the provider keeps a trace of the conversation in its dashboard.",
    options=(
        Option(key="workflow_name", kind=Kind.TEXT, maximum=_MAX_NAME, text="The name of the trace."),
        Option(key="group_id", kind=Kind.TEXT, maximum=_MAX_NAME, text="The group of the trace."),
        Option(key="metadata", kind=Kind.OBJECT, text="What else to keep with the trace."),
    ),
)

SESSION: Final = (
    Option(
        key="speed",
        kind=Kind.NUMBER,
        minimum=0.25,
        maximum=1.5,
        text="How fast the voice speaks. 1 is the normal speed.",
    ),
    Option(
        key="modality",
        kind=Kind.CHOICE,
        choices=("audio", "text"),
        text="Whether the model answers by voice or only in text.",
    ),
    TURN_DETECTION,
    NOISE_REDUCTION,
    TRANSCRIPTION,
    Option(
        key="max_output_tokens",
        kind=Kind.INTEGER,
        minimum=1,
        maximum=1_000_000,
        unit="tokens",
        choices=("inf",),
        text="How long one answer may be, including tool calls. `inf` uses the model's own limit.",
    ),
    TRUNCATION,
    Option(
        key="reasoning_effort",
        kind=Kind.CHOICE,
        choices=_EFFORTS,
        text="How much the model thinks before it speaks. Only for models of the gpt-realtime-2 family.",
    ),
    Option(
        key="parallel_tool_calls",
        kind=Kind.FLAG,
        text="Whether the model may call several tools at once. Only for models of the gpt-realtime-2 family.",
    ),
    TOOLS,
    TOOL_CHOICE,
    TRACING,
)
