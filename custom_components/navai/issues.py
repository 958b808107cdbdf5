"""Repairs: problems that only an administrator can fix. They disappear when the problem is fixed."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOCS_URL, DOMAIN
from .navai_core import Settings
from .navai_core.config.model_warnings import models_of, retiring_models
from .navai_core.models import Display
from .navai_core.provider.model_list import ModelTrouble
from .navai_core.redact import name_or_dots

KEY_MISSING = "api_key_missing"
KEY_REFUSED = "api_key_refused"
QUOTA_EXHAUSTED = "quota_exhausted"
PERMISSION_REFUSED = "permission_refused"
COUNTRY_NOT_SUPPORTED = "country_not_supported"
MODEL_REFUSED = "model_refused"
MODEL_RETIRES = "model_retires"
MODEL_UNAVAILABLE = "model_unavailable"
DISPLAY_INSECURE = "display_insecure"
STORE_SET_ASIDE = "store_set_aside"
LLM_API_MISSING = "llm_api_missing"
LLM_API_SLOW = "llm_api_slow"
LLM_API_FAILED = "llm_api_failed"
REPAIRED_WARNINGS = frozenset({KEY_MISSING, MODEL_RETIRES})
"""The codes of the settings' warnings that are shown as repairs, and so not logged."""
OF_ACCOUNT: Final = frozenset({KEY_REFUSED, QUOTA_EXHAUSTED, PERMISSION_REFUSED, COUNTRY_NOT_SUPPORTED})
"""The provider's refusals that affect all profiles."""


@callback
def of_settings(hass: HomeAssistant, settings: Settings, set_aside: Sequence[str] = ()) -> None:
    """Show the repairs for these settings, and remove those for earlier ones.

    Repairs that still apply are not removed first, since people may have ignored them. A reload does not add credit.

    Args:
        hass: Home Assistant.
        settings: The current settings.
        set_aside: The names of stored files that could not be read.
    """
    kept = {QUOTA_EXHAUSTED}
    if set_aside:
        files = ", ".join(f"`.storage/{name}`" for name in set_aside)
        _create(hass, STORE_SET_ASIDE, STORE_SET_ASIDE, {"files": files}, severity=ir.IssueSeverity.WARNING)
        kept.add(STORE_SET_ASIDE)
    if any(warning.code == KEY_MISSING for warning in settings.warnings):
        _create(hass, KEY_MISSING, KEY_MISSING, {"variable": settings.provider.key_variable})
        kept.add(KEY_MISSING)
    kept.update(_of_models(settings))
    for model, retirement in retiring_models(settings).items():
        _model_retires(hass, model, retirement.on, retirement.successor)
    kept.update(f"{DISPLAY_INSECURE}_{key}" for key in settings.displays)
    kept.update(llm_api(api) for profile in settings.profiles.values() for api in profile.llm_api)
    clear(hass, kept)


@callback
def of_models(hass: HomeAssistant, settings: Settings, troubles: Sequence[ModelTrouble]) -> None:
    """Show what the provider's list says about the models, and remove what no longer applies."""
    gone = _of_models(settings) - {f"{MODEL_RETIRES}_{model}" for model in retiring_models(settings)}
    for trouble in troubles:
        if trouble.ends is not None:
            _model_retires(hass, trouble.model, trouble.ends, trouble.successor)
            gone.discard(f"{MODEL_RETIRES}_{trouble.model}")
            continue
        issue = f"{MODEL_UNAVAILABLE}_{trouble.model}"
        placeholders = {
            "model": trouble.model,
            "profiles": ", ".join(f"`{profile}`" for profile in trouble.profiles),
            "successor": trouble.successor,
        }
        _create(hass, issue, MODEL_UNAVAILABLE, placeholders)
        gone.discard(issue)
    for issue in gone:
        forget(hass, issue)


def _of_models(settings: Settings) -> set[str]:
    """Return the ids of the repairs that the provider's list may have shown for these settings."""
    if not settings.provider.names_models:
        return set()
    models = {model for profile in settings.profiles.values() for _, model in models_of(profile)}
    return {f"{kind}_{model}" for kind in (MODEL_RETIRES, MODEL_UNAVAILABLE) for model in models}


def _model_retires(hass: HomeAssistant, model: str, on: date, successor: str) -> None:
    placeholders = {"model": model, "date": on.isoformat(), "successor": successor}
    _create(hass, f"{MODEL_RETIRES}_{model}", MODEL_RETIRES, placeholders, severity=ir.IssueSeverity.WARNING)


@callback
def of_display(hass: HomeAssistant, display: Display, *, secure: bool | None) -> None:
    """Show that a display uses plain HTTP, where browsers block the microphone. None means that it is not known yet."""
    issue = f"{DISPLAY_INSECURE}_{display.key}"
    if secure:
        forget(hass, issue)
    elif secure is False:
        _create(hass, issue, DISPLAY_INSECURE, {"display": display.name}, severity=ir.IssueSeverity.WARNING)


def llm_api(api: str) -> str:
    """Return the id of the repair for an LLM API that does not work."""
    return f"llm_api_{name_or_dots(api)}"


@callback
def of_llm_api(hass: HomeAssistant, api: str, *, missing: bool, slow: bool) -> None:
    """Show that profiles run without the tools of an LLM API: it does not exist, does not respond, or fails."""
    issue, severity = llm_api(api), ir.IssueSeverity.WARNING
    placeholders = {"api": name_or_dots(api)}
    if missing:
        _create(hass, issue, LLM_API_MISSING, placeholders, severity=severity)
    elif slow:
        _create(hass, issue, LLM_API_SLOW, placeholders, severity=severity)
    else:
        _create(hass, issue, LLM_API_FAILED, placeholders, severity=severity)


def model_refused(profile: str) -> str:
    """Return the id of the repair for a profile whose model the provider refuses."""
    return f"{MODEL_REFUSED}_{profile}"


@callback
def of_refusal(hass: HomeAssistant, code: str | None, profile: str, model: str) -> str | None:
    """Show a refusal that only an administrator can fix; return the repair's id.

    Args:
        hass: Home Assistant.
        code: Our error code.
        profile: The profile that the provider refused.
        model: The profile's model.
    """
    issue: str | None = None
    if code == "api_key_refused":
        issue = KEY_REFUSED
        _create(hass, issue, KEY_REFUSED, {})
    elif code == "quota_exhausted":
        issue = QUOTA_EXHAUSTED
        _create(hass, issue, QUOTA_EXHAUSTED, {})
    elif code in {"permission_refused", "missing_scope"}:
        issue = PERMISSION_REFUSED
        _create(hass, issue, PERMISSION_REFUSED, {})
    elif code == "country_not_supported":
        issue = COUNTRY_NOT_SUPPORTED
        _create(hass, issue, COUNTRY_NOT_SUPPORTED, {})
    elif code in {"model_not_found", "invalid_model", "deployment_not_found"}:
        issue = model_refused(profile)
        _create(hass, issue, MODEL_REFUSED, {"model": model, "profile": profile})
    return issue


@callback
def forget(hass: HomeAssistant, issue: str) -> None:
    """Remove a repair that no longer applies."""
    ir.async_delete_issue(hass, DOMAIN, issue)


@callback
def clear(hass: HomeAssistant, kept: Collection[str] = ()) -> None:
    """Remove all repairs except the ones to keep."""
    for domain, issue in list(ir.async_get(hass).issues):
        if domain == DOMAIN and issue not in kept:
            ir.async_delete_issue(hass, DOMAIN, issue)


@callback
def shown(hass: HomeAssistant) -> list[str]:
    """Return the ids of the active repairs. Home Assistant also remembers inactive ones that people ignored."""
    return [name for (domain, name), issue in ir.async_get(hass).issues.items() if domain == DOMAIN and issue.active]


def _create(
    hass: HomeAssistant,
    issue: str,
    key: str,
    placeholders: dict[str, str],
    *,
    severity: ir.IssueSeverity = ir.IssueSeverity.ERROR,
) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue,
        is_fixable=False,
        learn_more_url=f"{DOCS_URL}#repairs",
        severity=severity,
        translation_key=key,
        translation_placeholders=placeholders,
    )
