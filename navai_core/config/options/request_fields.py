"""The fields of the requests, written like the options. The OpenAPI description uses them too."""

from typing import Final

from ...const import MAX_OVERRIDE_CHARS, MAX_OVERRIDE_INSTRUCTIONS_CHARS
from .kinds import Kind, Option


def _override(key: str, text: str, maximum: int = MAX_OVERRIDE_CHARS, *, lines: bool = False) -> Option:
    return Option(key=key, kind=Kind.TEXT, maximum=maximum, lines=lines, text=text)


_API_KEY: Final = Option(
    key="apiKey",
    kind=Kind.KEY,
    maximum=1000,
    text="An API key for this request, if your administrator allows it and has configured none.",
)
_COMMON: Final = (
    _override("model", "Another model."),
    _override("voice", "Another voice."),
    _override("instructions", "Other instructions.", MAX_OVERRIDE_INSTRUCTIONS_CHARS, lines=True),
    _override("language", "Another language."),
)

CLIENT_SECRET_REQUEST: Final = (
    *_COMMON,
    _override("accent", "Another accent."),
    _override("tone", "Another tone."),
    _API_KEY,
)
"""POST navai/profiles/{profile}/client-secret."""

PROFILE_QUERY: Final = (
    Option(
        key="profile", kind=Kind.TEXT, maximum=MAX_OVERRIDE_CHARS, text="The profile. Without it, the caller's default."
    ),
)
"""The query of the contract's routes."""

CONTRACT_REQUEST: Final = (
    *PROFILE_QUERY,
    *_COMMON,
    _override("voiceAccent", "Another accent."),
    _override("voiceTone", "Another tone."),
    _API_KEY,
)
"""POST navai/realtime/client-secret: the names of the NAVAI contract."""

MAX_START_MESSAGE_CHARS: Final = 500
MAX_EXTRA_PROMPT_CHARS: Final = 4000

START_REQUEST: Final = (
    Option(
        key="profile", kind=Kind.TEXT, maximum=MAX_OVERRIDE_CHARS, text="The profile. Without it, the display's own."
    ),
    Option(
        key="start_message",
        kind=Kind.TEXT,
        maximum=MAX_START_MESSAGE_CHARS,
        lines=True,
        text="What the assistant says first.",
    ),
    Option(
        key="extra_system_prompt",
        kind=Kind.TEXT,
        maximum=MAX_EXTRA_PROMPT_CHARS,
        lines=True,
        text="What the assistant should know. Without `start_message`, it starts in its own words.",
    ),
)
"""POST navai/displays/{display}/start."""

SECURE_QUERY: Final = (
    Option(key="secure", kind=Kind.CHOICE, choices=("0", "1"), text="Send 0 if the page cannot use the microphone."),
)
"""The query of GET navai/display/commands."""

EXECUTE_REQUEST: Final = (
    Option(key="function_name", kind=Kind.TEXT, required=True, minimum=1, maximum=200, text="The function, as listed."),
    Option(key="payload", kind=Kind.OBJECT, text="Its arguments."),
    Option(
        key="call",
        kind=Kind.WORD,
        minimum=1,
        maximum=100,
        text="Your own id for this call. Use a new one for each call. A call sent twice with the same id runs once.",
    ),
)
"""POST navai/functions/execute."""
