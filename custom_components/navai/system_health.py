"""System health: can the provider be reached, and did the last mint work."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .const import HOUSE


@callback
def async_register(_: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register what to show."""

    async def info(hass: HomeAssistant) -> dict[str, Any]:
        runtime = hass.data[HOUSE].runtime()
        if runtime is None:
            return {"profiles": 0}
        return {
            # Without the key: any answer will do.
            "provider_reachable": system_health.async_check_can_reach_url(hass, runtime.settings.base_url),
            "profiles": len(runtime.settings.profiles),
            "displays": len(runtime.settings.displays),
            "last_mint": runtime.last_mint,
            "last_error": runtime.last_error or "none",
        }

    register.async_register_info(info)
