"""Profile → request body, with the instructions for the model.

Pure. The field names are from docs/wire.md, the lines of the instructions from the contract (docs/contract.md).
"""

from collections.abc import Mapping
from typing import Any, Final

from ..known_models import AUTOMATIC_KEYWORDS, transcribes_several_languages
from ..languages import is_automatic, spoken_name, transcription_hint
from ..models import VoiceProfile
from ..providers import CUSTOM_VOICE_PREFIX, PROVIDERS, Provider, takes_reasoning
from ..redact import Secret
from .keywords import as_keywords

_NONE: Final = "none"
_TRANSCRIBED_AS: Final = {"nb": "no"}
"""The transcription models only know the older code of Norwegian."""


def build_payload(profile: VoiceProfile, *, provider: Provider, ttl: int) -> dict[str, Any]:
    """The body of `POST …/realtime/client_secrets`.

    Apart from the contract's own fields, only options in the profile are sent. The rest uses the provider's defaults.

    Args:
        profile: With overrides already applied.
        provider: The provider that receives it.
        ttl: The secret's time to live in seconds.
    """
    expires: dict[str, Any] = {"anchor": "created_at"} if provider.anchored_ttl else {}
    expires["seconds"] = min(ttl, provider.max_ttl_s)
    return {"expires_after": expires, "session": build_session(profile, provider)}


def build_session(profile: VoiceProfile, provider: Provider = PROVIDERS["openai"]) -> dict[str, Any]:
    """The session object, for minting a secret and for starting a call."""
    session: dict[str, Any] = {
        "type": "realtime",
        "model": profile.model,
        "instructions": instructions_of(profile),
        "audio": _audio(profile),
    }
    # Only OpenAI's names tell what a model accepts.
    reasons = takes_reasoning(profile.model) or not provider.names_models
    optional = {
        "output_modalities": [profile.modality] if profile.modality else None,
        "max_output_tokens": profile.max_output_tokens,
        "truncation": _truncation(profile.truncation),
        # An override may have selected a model that refuses these two.
        "reasoning": {"effort": profile.reasoning_effort} if profile.reasoning_effort and reasons else None,
        "parallel_tool_calls": profile.parallel_tool_calls if reasons else None,
        "tools": [_tool(tool) for tool in profile.tools] if profile.tools is not None else None,
        "tool_choice": profile.tool_choice,
    }
    session |= {key: value for key, value in optional.items() if value is not None}
    if profile.tracing is not None:
        session["tracing"] = _or_null(profile.tracing)
    return session


def build_instructions(base: str, *, language: str = "", accent: str = "", tone: str = "") -> str:
    """The session's instructions: the lines of the contract that are not empty, joined by newlines."""
    lines = [base.strip()]
    if language.strip() and not is_automatic(language):
        lines.append(f"Always reply in {spoken_name(language)}.")
    if accent.strip():
        lines.append(f"Use a {accent.strip()} accent while speaking.")
    if tone.strip():
        lines.append(f"Use a {tone.strip()} tone while speaking.")
    return "\n".join(line for line in lines if line)


def instructions_of(profile: VoiceProfile) -> str:
    """The complete instructions of a profile."""
    return build_instructions(profile.instructions, language=profile.language, accent=profile.accent, tone=profile.tone)


def _audio(profile: VoiceProfile) -> dict[str, Any]:
    voice: Any = {"id": profile.voice} if profile.voice.startswith(CUSTOM_VOICE_PREFIX) else profile.voice
    output: dict[str, Any] = {"voice": voice}
    if profile.speed is not None:
        output["speed"] = profile.speed
    given: dict[str, Any] = {}
    if profile.turn_detection is not None:
        given["turn_detection"] = _typed(profile.turn_detection, "type")
    if profile.noise_reduction is not None:
        given["noise_reduction"] = _typed(profile.noise_reduction, "type")
    if profile.transcription is not None:
        given["transcription"] = _transcription(profile)
    return {"input": given, "output": output} if given else {"output": output}


def _transcription(profile: VoiceProfile) -> dict[str, Any] | None:
    transcription = _typed(profile.transcription, "model")
    if transcription is None:
        return None
    several = transcription.pop("languages", None)
    # `auto` is no code, so there is no hint then.
    hints = several or [transcription_hint(transcription.pop("language", "") or profile.language)]
    codes = [_TRANSCRIBED_AS.get(code, code) for code in hints if code]
    if codes:
        is_list = several or transcribes_several_languages(transcription["model"])
        transcription |= {"languages": list(dict.fromkeys(codes))} if is_list else {"language": codes[0]}
    # The host has replaced the word by names, unless it has none.
    words = as_keywords(word for word in transcription.pop("keywords", ()) if word != AUTOMATIC_KEYWORDS)
    if words:
        transcription["keywords"] = words
    return transcription


def _tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Reveal an MCP server's credentials, which the provider needs."""
    wire = {key: _plain(value) for key, value in tool.items()}
    if "headers" in wire:
        wire["headers"] = {name: _plain(value) for name, value in wire["headers"].items()}
    return wire


def _plain(value: Any) -> Any:
    return value.reveal() if isinstance(value, Secret) else value


def _truncation(truncation: Mapping[str, Any] | str | None) -> Any:
    if not isinstance(truncation, Mapping):
        return truncation
    wire: dict[str, Any] = {"type": "retention_ratio", "retention_ratio": truncation["retention_ratio"]}
    if "post_instructions" in truncation:
        wire["token_limits"] = {"post_instructions": truncation["post_instructions"]}
    return wire


def _typed(value: Mapping[str, Any] | str | None, key: str) -> dict[str, Any] | None:
    """Expand a word to the section with just that word; `none` becomes null."""
    if isinstance(value, Mapping):
        return dict(value)
    return None if value == _NONE else {key: value}


def _or_null(value: Mapping[str, Any] | str) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return None if value == _NONE else value
