"""Repairs: what only the owner can mend, each with its cure. They vanish when it is mended."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOCS_URL, DOMAIN
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
    """Show what the settings themselves tell, and nothing of former ones."""
    clear(hass)
    if any(warning.code == KEY_MISSING for warning in settings.warnings):
        _create(hass, KEY_MISSING, KEY_MISSING, {"variable": settings.provider.key_variable})
    _models_retire(hass, settings)


@callback
def of_displays(hass: HomeAssistant, settings: Settings, insecure: set[str]) -> None:
    """Show the displays whose page came over plain HTTP, where a browser gives no microphone."""
    for key, display in settings.displays.items():
        issue = f"{DISPLAY_INSECURE}_{key}"
        if key in insecure:
            _create(hass, issue, DISPLAY_INSECURE, {"display": display.name}, severity=ir.IssueSeverity.WARNING)
        else:
            ir.async_delete_issue(hass, DOMAIN, issue)


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
def clear(hass: HomeAssistant) -> None:
    """Take back all repairs."""
    registry = ir.async_get(hass)
    for domain, issue in list(registry.issues):
        if domain == DOMAIN:
            ir.async_delete_issue(hass, DOMAIN, issue)


def _models_retire(hass: HomeAssistant, settings: Settings) -> None:
    for model, retirement in retiring_models(settings).items():
        placeholders = {"model": model, "date": retirement.on.isoformat(), "successor": retirement.successor}
        issue = f"{MODEL_RETIRES}_{model}"
        _create(hass, issue, MODEL_RETIRES, placeholders, severity=ir.IssueSeverity.WARNING)


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
