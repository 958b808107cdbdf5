"""Diagnostics: everything that helps, and nothing that is secret or that somebody said."""

from dataclasses import asdict
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry

from .const import DOMAIN, HOUSE
from .house import House
from .navai_core import VERSION, Display, VoiceProfile
from .runtime import NavaiConfigEntry


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: NavaiConfigEntry) -> dict[str, Any]:
    """The whole of navai."""
    house, runtime = hass.data[HOUSE], entry.runtime_data
    settings = runtime.settings
    return {
        "version": VERSION,
        "provider": settings.provider.name,
        "base_url": settings.base_url,
        "api_key": settings.api_key is not None,
        "client_secret_ttl": settings.client_secret_ttl,
        "timeout": settings.timeout,
        "allow_request_api_key": settings.allow_request_api_key,
        "default_profile": settings.default_profile,
        "warnings": [{"option": warning.dotted, "code": warning.code} for warning in settings.warnings],
        "last_mint": runtime.last_mint.isoformat() if runtime.last_mint else None,
        "last_error": runtime.last_error,
        "last_error_at": runtime.last_error_at.isoformat() if runtime.last_error_at else None,
        "conversations": len(house.sessions),
        "profiles": {key: _profile(house, profile) for key, profile in settings.profiles.items()},
        "displays": {key: _display(house, display) for key, display in settings.displays.items()},
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: NavaiConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """One display; the device of the service shows everything."""
    house, settings = hass.data[HOUSE], entry.runtime_data.settings
    for domain, identifier in device.identifiers:
        display = settings.displays.get(identifier.removeprefix("display:"))
        if domain == DOMAIN and display is not None:
            profiles = {key: _profile(house, settings.profiles[key]) for key in display.profiles}
            return {"version": VERSION, "display": _display(house, display), "profiles": profiles}
    return await async_get_config_entry_diagnostics(hass, entry)


def _profile(house: House, profile: VoiceProfile) -> dict[str, Any]:
    return {
        "model": profile.model,
        "voice": profile.voice,
        "language": profile.language,
        "enabled": profile.enabled,
        "switched_off": profile.key in house.switched_off,
        "transport": profile.transport,
        "llm_api": list(profile.llm_api),
        "users": len(profile.users),
        "automations": profile.automations,
        "allow_overrides": sorted(profile.allow_overrides),
        "keep_warm": profile.keep_warm,
        # What people wrote or may say stays in the house: only how much of it there is.
        "instructions_characters": len(profile.instructions),
        "limits": asdict(profile.limits),
        "today": asdict(house.usage.of(profile.key)),
    }


def _display(house: House, display: Display) -> dict[str, Any]:
    return {
        "profile": display.profile,
        "profiles": list(display.profiles),
        "area": display.area,
        "token": display.token is not None,
        "users": len(display.users),
        "functions": display.functions,
        "secrets_per_minute": display.secrets_per_minute,
        "connected": house.displays.connected(display.key),
        "secure": display.key not in house.displays.insecure(),
        "state": house.sessions.state_of(display.key).value,
    }
