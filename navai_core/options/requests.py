"""The fields of the requests, in the same terms as the options. The OpenAPI description comes from here too."""

from typing import Final

from ..const import MAX_OVERRIDE_CHARS, MAX_OVERRIDE_INSTRUCTIONS_CHARS
from .kinds import Kind, Option


def _override(key: str, text: str, maximum: int = MAX_OVERRIDE_CHARS, *, lines: bool = False) -> Option:
    return Option(key=key, kind=Kind.TEXT, maximum=maximum, lines=lines, text=text)


_API_KEY: Final = Option(
    key="apiKey",
    kind=Kind.KEY,
    maximum=1000,
    text="An API key for this request, where the owner allows it and has none of their own.",
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
        key="profile", kind=Kind.TEXT, maximum=MAX_OVERRIDE_CHARS, text="The profile; the caller's default without."
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

EXECUTE_REQUEST: Final = (
    Option(key="function_name", kind=Kind.TEXT, required=True, minimum=1, maximum=200, text="The function, as listed."),
    Option(key="payload", kind=Kind.OBJECT, text="Its arguments."),
    Option(
        key="call",
        kind=Kind.WORD,
        minimum=1,
        maximum=100,
        text="Your own id for this call, another one for each. Sent again with the same id, the function runs once.",
    ),
)
"""POST navai/functions/execute."""
