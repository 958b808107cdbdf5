"""Diagnostics: everything that helps, and nothing that is secret or that somebody said."""

from dataclasses import asdict
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry

from . import issues
from .const import HOUSE, display_identifier
from .house import House
from .navai_core import VERSION, Display, VoiceProfile
from .reported import Session
from .runtime import NavaiConfigEntry


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: NavaiConfigEntry) -> dict[str, Any]:
    """The whole of navai. One that could not be set up shows what there is, and what people would ask of it."""
    house = hass.data[HOUSE]
    runtime = house.runtime()
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
        "last_mint": house.last_mint.isoformat() if house.last_mint else None,
        "last_error": house.last_error,
        "last_error_at": house.last_error_at.isoformat() if house.last_error_at else None,
        "conversations": [_conversation(session) for session in house.sessions.all()],
        "profiles": {key: _profile(house, profile) for key, profile in settings.profiles.items()},
        "displays": {key: _display(house, display) for key, display in settings.displays.items()},
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: NavaiConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """The same without other displays, and what does not concern this one; the device of the service has it all."""
    everything = await async_get_config_entry_diagnostics(hass, entry)
    for key, display in everything.get("displays", {}).items():
        if display_identifier(key) in device.identifiers:
            return everything | {
                "conversations": [each for each in everything["conversations"] if each["display"] == key],
                "profiles": {name: everything["profiles"][name] for name in display["profiles"]},
                "displays": {key: display},
            }
    return everything


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


def _conversation(session: Session) -> dict[str, Any]:
    return {"profile": session.profile, "display": session.display, "state": session.state.value}


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
        "plain_http": display.key in house.displays.insecure(),
        "state": house.sessions.state_of(display.key).value,
    }
