"""`session.update`: what it changes, and what can no longer change."""

import copy
from collections.abc import Mapping
from typing import Any

from navai_core.simulator.checks import invalid
from navai_core.simulator.errors import ApiError
from navai_core.simulator.rules import Rules
from navai_core.simulator.session import effective_input, join_checks


def updated(session: Mapping[str, Any], change: Mapping[str, Any], *, has_spoken: bool, rules: Rules) -> dict[str, Any]:
    """Return the session with a checked change applied.

    Args:
        session: The effective session.
        change: The `session` of the event.
        rules: The rules of the simulator.
        has_spoken: Whether the model has produced audio: then its voice cannot change.

    Raises:
        ApiError: The change affects something fixed, or is not valid.

    """
    if change["type"] != "realtime":
        message = "Passing a transcription session update event to a realtime session is not allowed."
        raise invalid("session.type", message)
    if change.get("model", session["model"]) != session["model"]:
        message = "The model of a session cannot be changed."
        raise invalid("session.model", message, "cannot_update_model")
    tracing = session["tracing"]
    if tracing is not None and change.get("tracing", tracing) != tracing:
        message = "The tracing configuration of a session cannot be changed once it is set."
        raise invalid("session.tracing", message, "cannot_update_tracing")
    join_checks({**change, "model": session["model"]})
    result = copy.deepcopy(dict(session))
    result.update({name: value for name, value in change.items() if name != "audio"})
    audio = change.get("audio", {})
    if "input" in audio:
        result["audio"]["input"] = effective_input(_merged(session["audio"]["input"], audio["input"]), rules)
    output = {**session["audio"]["output"], **audio.get("output", {})}
    if has_spoken and output["voice"] != session["audio"]["output"]["voice"]:
        raise ApiError(
            400,
            "Cannot update a conversation's voice if assistant audio is present.",
            code="cannot_update_voice",
            param="session.audio.output.voice",
        )
    result["audio"]["output"] = output
    return result


def _merged(before: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return the input with a change applied. A noise reduction without a strength keeps its current one."""
    merged = {**before, **change}
    if merged["noise_reduction"] is not None and before["noise_reduction"] is not None:
        merged["noise_reduction"] = {"strength": before["noise_reduction"]["strength"], **merged["noise_reduction"]}
    return merged
