"""The provider's own list of models: which ones the key may use, and when they end. Pure.

The table in `known_models` is only as new as this release. The provider knows more.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ..config.model_warnings import models_of
from ..exceptions import Problem, UpstreamInvalidResponseError
from ..known_models import (
    CURRENT,
    DEFAULT_MINI,
    Purpose,
    Retirement,
    advice_for,
    advice_on_end,
    retirement_of,
    serves,
)
from ..models import Settings
from ..suggestions import closest

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}")


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One model of the list."""

    id: str
    ends: date | None
    """The day when it is shut down; None if the provider has not announced any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTrouble:
    """A model of the YAML that ends, or that the key may not use."""

    model: str
    purpose: Purpose
    profiles: tuple[str, ...]
    """Which profiles use it."""
    ends: date | None
    """None: the provider does not list it, so the key may not use it."""
    successor: str
    """The model to use instead."""

    def problems(self, today: date) -> list[Problem]:
        """One warning for each profile, as for the YAML."""
        if self.ends is None:
            message = (
                f"{self.model} is not in the provider's list of models for this key — allow it in the key's project, "
                f"or write {self.successor}"
            )
            code = "model_unavailable"
        else:
            advice = advice_on_end(self.model, Retirement(self.ends, self.successor), today)
            message = f"{advice.fact} — {advice.cure}"
            code = "model_retires"
        return [Problem(("navai", "profiles", key, self.purpose.value), message, code) for key in self.profiles]


def read_models(body: bytes, request_id: str | None) -> tuple[ListedModel, ...]:
    """Read the answer of `GET /models`. Entries of another shape are left out.

    Raises:
        UpstreamInvalidResponseError: it is not a list of models.
    """
    try:
        answer: Any = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    entries = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(entries, list):
        raise UpstreamInvalidResponseError(
            "The provider answered with something that is not a list of models. Check `base_url`.",
            status=200,
            request_id=request_id,
        )
    return tuple(
        ListedModel(entry["id"], _day(entry.get("shutdown_date")))
        for entry in entries
        if isinstance(entry, Mapping) and isinstance(entry.get("id"), str) and _NAME.fullmatch(entry["id"])
    )


def troubles_of(settings: Settings, listed: Sequence[ListedModel], today: date) -> tuple[ModelTrouble, ...]:
    """What the provider's list says about the models of the profiles.

    What the warnings about the YAML say already is left out: names that cannot work, and models that have ended.

    Args:
        settings: The checked settings.
        listed: The provider's list for the configured key.
        today: For the dates when models end.
    """
    ends = {model.id: model.ends for model in listed}
    used: dict[tuple[Purpose, str], list[str]] = {}
    for key, profile in settings.profiles.items():
        for each in models_of(profile):
            used.setdefault(each, []).append(key)
    return tuple(
        ModelTrouble(
            model=model,
            purpose=purpose,
            profiles=tuple(profiles),
            ends=ends.get(model),
            successor=_successor(model, purpose, ends),
        )
        for (purpose, model), profiles in used.items()
        if (ends[model] is not None if model in ends else not _is_known(model, purpose, today))
    )


def _is_known(model: str, purpose: Purpose, today: date) -> bool:
    """Whether the warnings about the YAML already say why a model is not listed."""
    end = retirement_of(model)
    if end is not None and serves(model, purpose):
        return end.on <= today
    return advice_for(model, purpose, today) is not None


def _successor(model: str, purpose: Purpose, ends: Mapping[str, date | None]) -> str:
    """The best current model that is not the same and, as far as the provider tells, does not end."""
    others = [name for name in CURRENT[purpose] if name != model]
    end = retirement_of(model)
    lasting = [name for name in others if name in ends and ends[name] is None]
    # A name that the provider does not know may be misspelt.
    near = closest(model, lasting) if model not in ends else None
    mini = DEFAULT_MINI if "mini" in model and DEFAULT_MINI in others else None
    wanted = end.successor if end else near or mini or others[0]
    return wanted if wanted in lasting or not lasting else lasting[0]


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
