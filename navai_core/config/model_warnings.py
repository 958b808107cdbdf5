"""Warnings about the models of profiles: names that cannot work, and models that retire."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from ..exceptions import Problem
from ..known_models import Purpose, Retirement, advice_for, retirement_of, serves
from ..models import Settings, VoiceProfile
from .places import where_written

NAME: Final = "model_name"
RETIRES: Final = "model_retires"


def model_warnings(settings: Settings, checked: Mapping[str, Any], today: date) -> Iterator[Problem]:
    """The warnings about models. Only OpenAI's names say anything: on Azure, they are the names of deployments.

    Args:
        settings: The merged settings.
        checked: The block as it was written, so that a warning points to the right place.
        today: For the dates when models end.
    """
    if not settings.provider.names_models:
        return
    for key, profile in settings.profiles.items():
        for purpose, model in models_of(profile):
            if advice := advice_for(model, purpose, today):
                code = RETIRES if _retires(model, purpose) else NAME
                where = where_written(checked, key, purpose.value)
                yield Problem(where, f"{advice.fact} — {advice.cure}", code)


def models_of(profile: VoiceProfile) -> Iterator[tuple[Purpose, str]]:
    """The models that a profile uses."""
    yield Purpose.CONVERSATION, profile.model
    transcription = profile.transcription
    model = transcription["model"] if isinstance(transcription, Mapping) else transcription
    if model not in {None, "none"}:
        yield Purpose.CAPTIONS, str(model)


def retiring_models(settings: Settings) -> dict[str, Retirement]:
    """The models that the profiles use and that the provider will shut down, as far as it is known without asking."""
    if not settings.provider.names_models:
        return {}
    used = {each for profile in settings.profiles.values() for each in models_of(profile)}
    found = {model: retirement_of(model) for purpose, model in sorted(used) if serves(model, purpose)}
    return {model: end for model, end in found.items() if end}


def _retires(model: str, purpose: Purpose) -> bool:
    return serves(model, purpose) and retirement_of(model) is not None
