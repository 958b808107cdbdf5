"""Repairs: what only the owner can mend, each with its cure. They vanish when it is mended."""

from collections.abc import Collection

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOCS_URL, DOMAIN
from .displays import Displays
from .navai_core import NavaiError, Settings, retiring_models
from .navai_core.exceptions import ApiKeyRefusedError, QuotaExhaustedError

KEY_MISSING = "api_key_missing"
KEY_REFUSED = "api_key_refused"
QUOTA_EXHAUSTED = "quota_exhausted"
MODEL_RETIRES = "model_retires"
DISPLAY_INSECURE = "display_insecure"
REPAIRED_WARNINGS = frozenset({KEY_MISSING, MODEL_RETIRES})
"""The codes of the settings' warnings that show as repairs, and therefore not in the log."""


@callback
def of_settings(hass: HomeAssistant, settings: Settings) -> None:
    """Show what the settings themselves tell, and nothing of former ones.

    What still holds is not taken back first: people may have chosen to ignore it. More credit, no reload can bring.
    """
    kept = {QUOTA_EXHAUSTED}
    if any(warning.code == KEY_MISSING for warning in settings.warnings):
        _create(hass, KEY_MISSING, KEY_MISSING, {"variable": settings.provider.key_variable})
        kept.add(KEY_MISSING)
    for model, retirement in retiring_models(settings).items():
        placeholders = {"model": model, "date": retirement.on.isoformat(), "successor": retirement.successor}
        issue = f"{MODEL_RETIRES}_{model}"
        _create(hass, issue, MODEL_RETIRES, placeholders, severity=ir.IssueSeverity.WARNING)
        kept.add(issue)
    kept.update(f"{DISPLAY_INSECURE}_{key}" for key in settings.displays)
    clear(hass, kept)


@callback
def of_displays(hass: HomeAssistant, settings: Settings, displays: Displays) -> None:
    """Show the displays whose page came over plain HTTP, where a browser gives no microphone."""
    for key in displays.secure():
        ir.async_delete_issue(hass, DOMAIN, f"{DISPLAY_INSECURE}_{key}")
    for key in displays.insecure() & set(settings.displays):
        placeholders = {"display": settings.displays[key].name}
        issue = f"{DISPLAY_INSECURE}_{key}"
        _create(hass, issue, DISPLAY_INSECURE, placeholders, severity=ir.IssueSeverity.WARNING)


@callback
def after_failure(hass: HomeAssistant, error: NavaiError) -> None:
    """Show what the provider says about the account."""
    if isinstance(error, ApiKeyRefusedError):
        _create(hass, KEY_REFUSED, KEY_REFUSED, {})
    elif isinstance(error, QuotaExhaustedError):
        _create(hass, QUOTA_EXHAUSTED, QUOTA_EXHAUSTED, {})


@callback
def after_success(hass: HomeAssistant) -> None:
    """A secret was minted: the key is good, and there is credit."""
    ir.async_delete_issue(hass, DOMAIN, KEY_REFUSED)
    ir.async_delete_issue(hass, DOMAIN, QUOTA_EXHAUSTED)


@callback
def clear(hass: HomeAssistant, kept: Collection[str] = ()) -> None:
    """Take back all repairs, but for those to keep."""
    for domain, issue in list(ir.async_get(hass).issues):
        if domain == DOMAIN and issue not in kept:
            ir.async_delete_issue(hass, DOMAIN, issue)


@callback
def shown(hass: HomeAssistant) -> list[str]:
    """The ids of the repairs that show now; Home Assistant remembers more, for those that people ignored."""
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
