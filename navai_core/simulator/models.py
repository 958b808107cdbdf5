"""The models: the answers of `GET /v1/models`, and the errors of calls with other models."""

from typing import Any, Final

from navai_core.simulator import wire
from navai_core.simulator.errors import ApiError, echoed, model_not_found
from navai_core.simulator.rules import Rules

_CREATED: Final = 1_756_310_400
"""The creation time of all models, in seconds since the epoch: nothing depends on it."""


def listed(rules: Rules) -> dict[str, Any]:
    """Return every model that the project may use, and when it ends."""
    names = {*rules.models, *wire.TRANSCRIPTION_MODELS, *wire.OTHER_KINDS} - {*rules.forbidden_models}
    return {"object": "list", "data": [_entry(name, rules) for name in sorted(names)]}


def one(name: str, rules: Rules) -> dict[str, Any]:
    """Return the description of a model.

    Raises:
        ApiError: 404, the project has no model with that name.

    """
    for entry in listed(rules)["data"]:
        if entry["id"] == name:
            found: dict[str, Any] = entry
            return found
    raise model_not_found(name)


def check_callable(name: str, rules: Rules) -> None:
    """Raise `ApiError` unless the project may call that model. Only calls check this."""
    if name in rules.forbidden_models:
        message = f"Project `proj_simulator` does not have access to model `{echoed(name)}`."
        raise ApiError(403, message, code="model_not_found")
    if name in rules.models:
        return
    if name.startswith(wire.LIVE) or name in wire.OTHER_KINDS or name in wire.TRANSCRIPTION_MODELS:
        message = f'Model "{echoed(name)}" is not supported in realtime mode.'
        raise ApiError(400, message, code="invalid_model")
    raise model_not_found(name)


def _entry(name: str, rules: Rules) -> dict[str, Any]:
    ends = rules.shutdown_dates.get(name)
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "system", "shutdown_date": ends}
