"""System health: whether the provider and the LLM APIs work, the last secret, and the last error."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .data import DATA
from .runtime import find_runtime


@callback
def async_register(_: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register what to show."""

    async def info(hass: HomeAssistant) -> dict[str, Any]:
        data = hass.data[DATA]
        runtime = find_runtime(hass)
        if runtime is None:
            return {"profiles": 0}
        return {
            # Without the key, since any answer is enough.
            "provider_reachable": system_health.async_check_can_reach_url(hass, runtime.settings.base_url),
            "profiles": len(runtime.settings.profiles),
            "displays": len(runtime.settings.displays),
            "llm_apis_not_working": runtime.tools.trouble(runtime.settings) or "none",
            "last_mint": data.last_mint,
            # It stays after it was fixed. The times show whether a secret was created later.
            "last_error": data.last_error or "none",
            "last_error_at": data.last_error_at,
        }

    register.async_register_info(info)
