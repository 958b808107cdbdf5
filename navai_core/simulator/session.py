"""From a request body to its session: rules for several fields together, and the defaults of the API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from navai_core.simulator import wire
from navai_core.simulator.checks import invalid
from navai_core.simulator.rules import DEFAULT, Rules
from navai_core.simulator.tools import check_tools

DEFAULT_INSTRUCTIONS: Final = (
    "Your knowledge cutoff is 2023-10. You are a helpful, witty, and friendly AI. Act like a human, but remember that "
    "you aren't a human and that you can't do human things in the real world. Your voice and personality should be "
    "warm and engaging, with a lively and playful tone. Talk quickly. You should always call a function if you can."
)
"""The API's instructions for a model if the client sends none (shortened)."""

_SERVER_VAD: Final[Mapping[str, Any]] = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 500,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
_SEMANTIC_VAD: Final[Mapping[str, Any]] = {
    "type": "semantic_vad",
    "eagerness": "auto",
    "create_response": True,
    "interrupt_response": True,
}


@dataclass(frozen=True, slots=True)
class Order:
    """A valid request: the time to live of the secret, and the effective session (without its id)."""

    ttl_s: int
    session: Mapping[str, Any] = field(repr=False)


def read_order(body: Mapping[str, Any], rules: Rules = DEFAULT) -> Order:
    """Check a parsed body and fill in the defaults. Any model name is valid here: only a call checks it.

    Raises:
        ApiError: 400 for the first mistake.

    """
    wire.REQUEST.check(body, "")
    ttl_s: int = body.get("expires_after", {}).get("seconds", wire.DEFAULT_TTL_S)
    session = body.get("session", {"type": "realtime"})
    if session["type"] == "transcription":
        return Order(ttl_s, _transcription(session, rules))
    join_checks(session)
    return Order(ttl_s, _realtime(session, rules))


def join_checks(session: Mapping[str, Any]) -> None:
    """Raise `ApiError` unless the members of a realtime session are valid together."""
    _check_reasoning(session)
    _check_modalities(session)
    check_tools(session.get("tools", ()))


def _check_reasoning(session: Mapping[str, Any]) -> None:
    model = session.get("model", wire.DEFAULT_MODEL)
    # What an unknown model supports is unknown too: the call will show it.
    if model in wire.MODELS and model not in wire.REASONING_MODELS:
        for name in ("reasoning", "parallel_tool_calls"):
            if name in session:
                message = f"Unsupported parameter: 'session.{name}' is not supported with this model."
                raise invalid(f"session.{name}", message, "unsupported_parameter")


def _check_modalities(session: Mapping[str, Any]) -> None:
    modalities = session.get("output_modalities", ["audio"])
    if len(modalities) != 1:
        message = f"Invalid modalities: {modalities}. Supported combinations are: ['text'] and ['audio']."
        raise invalid("session.output_modalities", message)


def _check_transcription(transcription: Mapping[str, Any], rules: Rules) -> None:
    """Refuse options that the selected transcription model does not have. Without a model, all are valid."""
    model = transcription.get("model")
    if model is None:
        return
    supported = {
        "language": rules.singular_language or model not in wire.LIVE_TRANSCRIPTION_MODELS,
        "keywords": model in wire.LIVE_TRANSCRIPTION_MODELS,
        "languages": model in wire.LIVE_TRANSCRIPTION_MODELS,
        "delay": model == wire.WHISPER_REALTIME,
        "prompt": model not in (wire.WHISPER_REALTIME, wire.DIARIZE),
    }
    for name, fits in supported.items():
        if name in transcription and not fits:
            path = f"session.audio.input.transcription.{name}"
            message = f"Unsupported parameter: '{path}' is not supported with this model."
            raise invalid(path, message, "unsupported_parameter")


def _realtime(session: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    audio = session.get("audio", {})
    output = audio.get("output", {})
    effective = {
        "type": "realtime",
        "object": "realtime.session",
        "model": session.get("model", wire.DEFAULT_MODEL),
        "output_modalities": session.get("output_modalities", ["audio"]),
        "instructions": session.get("instructions", DEFAULT_INSTRUCTIONS),
        "tools": session.get("tools", []),
        "tool_choice": session.get("tool_choice", "auto"),
        "max_output_tokens": session.get("max_output_tokens", "inf"),
        "truncation": session.get("truncation", "auto"),
        "tracing": session.get("tracing"),
        "expires_at": 0,
        "audio": {
            "input": effective_input(audio.get("input", {}), rules),
            "output": {
                "format": output.get("format", {"type": "audio/pcm", "rate": 24_000}),
                "voice": output.get("voice", wire.DEFAULT_VOICE),
                "speed": output.get("speed", 1.0),
            },
        },
        "include": session.get("include"),
    }
    effective.update({name: session[name] for name in ("reasoning", "parallel_tool_calls") if name in session})
    return effective


def _transcription(session: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    given = session.get("audio", {}).get("input", {})
    effective = effective_input(given, rules)
    if (effective["transcription"] or {}).get("model") == wire.WHISPER_REALTIME:
        if given.get("turn_detection") is not None:
            message = "Turn detection is not supported with 'gpt-realtime-whisper'; set it to null."
            raise invalid("session.audio.input.turn_detection", message)
        effective["turn_detection"] = None
    return {
        "type": "transcription",
        "object": "realtime.transcription_session",
        "expires_at": 0,
        "audio": {"input": effective},
        "include": session.get("include"),
    }


def effective_input(given: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    """Return `audio.input` with every default filled in."""
    transcription = given.get("transcription")
    if transcription is not None:
        _check_transcription(transcription, rules)
    reduction = given.get("noise_reduction")
    return {
        "format": given.get("format", {"type": "audio/pcm", "rate": 24_000}),
        "transcription": transcription,
        "noise_reduction": None if reduction is None else {"strength": 1.0, **reduction},
        "turn_detection": _turn_detection(given.get("turn_detection", _SERVER_VAD)),
    }


def _turn_detection(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    defaults = _SERVER_VAD if given["type"] == "server_vad" else _SEMANTIC_VAD
    return {**defaults, **given}
