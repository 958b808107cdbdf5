"""Diagnostics: what helps to find a problem, without secrets and without what people said."""

from dataclasses import asdict
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry

from . import issues
from .const import display_identifier
from .data import DATA, NavaiData
from .navai_core import VERSION, VoiceProfile
from .navai_core.models import Display
from .navai_core.sessions.session import Session
from .runtime import NavaiConfigEntry, find_runtime


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: NavaiConfigEntry) -> dict[str, Any]:
    """Return everything about navai. If it is not set up, return its version, state and repairs."""
    data = hass.data[DATA]
    runtime = find_runtime(hass)
    if runtime is None:
        return {"version": VERSION, "state": entry.state.value, "repairs": issues.shown(hass)}
    settings = runtime.settings
    return {
        "version": VERSION,
        "state": entry.state.value,
        "repairs": issues.shown(hass),
        "provider": settings.provider.name,
        "base_url": settings.base_url,
        "api_key": settings.api_key is not None,
        "organization": bool(settings.organization),
        "project": bool(settings.project),
        "client_secret_ttl": settings.client_secret_ttl,
        "timeout": settings.timeout,
        "allow_request_api_key": settings.allow_request_api_key,
        "default_profile": settings.default_profile,
        "warnings": [{"option": warning.dotted, "code": warning.code} for warning in settings.warnings],
        "last_mint": data.last_mint.isoformat() if data.last_mint else None,
        "last_error": data.last_error,
        "last_error_at": data.last_error_at.isoformat() if data.last_error_at else None,
        "conversations": [_conversation(session) for session in data.sessions.all()],
        "profiles": {key: _profile(data, profile) for key, profile in settings.profiles.items()},
        "displays": {key: _display(data, display) for key, display in settings.displays.items()},
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: NavaiConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """Return what concerns this display only. For the service's device, return everything."""
    everything = await async_get_config_entry_diagnostics(hass, entry)
    for key, display in everything.get("displays", {}).items():
        if display_identifier(key) in device.identifiers:
            return everything | {
                "conversations": [each for each in everything["conversations"] if each["display"] == key],
                "profiles": {name: everything["profiles"][name] for name in display["profiles"]},
                "displays": {key: display},
            }
    return everything


def _profile(data: NavaiData, profile: VoiceProfile) -> dict[str, Any]:
    return {
        "model": profile.model,
        "voice": profile.voice,
        "language": profile.language,
        "enabled": profile.enabled,
        "switched_off": profile.key in data.switched_off,
        "transport": profile.transport,
        "llm_api": list(profile.llm_api),
        "users": len(profile.users),
        "automations": profile.automations,
        "allow_overrides": sorted(profile.allow_overrides),
        "keep_warm": profile.keep_warm,
        # The instructions may be private, so only their length is included.
        "instructions_characters": len(profile.instructions),
        "limits": asdict(profile.limits),
        "today": asdict(data.usage.of(profile.key)),
    }


def _conversation(session: Session) -> dict[str, Any]:
    return {"profile": session.profile, "display": session.display, "state": session.state.value}


def _display(data: NavaiData, display: Display) -> dict[str, Any]:
    return {
        "profile": display.profile,
        "profiles": list(display.profiles),
        "area": display.area,
        "token": display.token is not None,
        "users": len(display.users),
        "functions": display.functions,
        "secrets_per_minute": display.secrets_per_minute,
        "connected": data.displays.connected(display.key),
        "plain_http": data.displays.is_secure(display.key) is False,
        "state": data.sessions.state_of(display.key).value,
    }
