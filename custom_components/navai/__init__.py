"""Sets up navai in Home Assistant, from the `navai:` block in the YAML. One config entry represents it."""

import logging
from collections.abc import Collection
from datetime import timedelta
from typing import Final

import voluptuous as vol
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.typing import ConfigType

from . import forms, http, identity, issues, reloading, services, websocket_api
from .const import DOMAIN, SIGNAL_USAGE
from .data import DATA, NavaiData
from .day import follow_days
from .entity import identifiers_of, make_devices
from .exposure import follow
from .frontend import await_interface, forget_card, show_card
from .model_check import DailyCheck
from .navai_core import Settings
from .navai_core.redact import name_or_dots
from .runtime import NavaiConfigEntry, Runtime
from .yaml_entry import follow_yaml

_LOGGER = logging.getLogger(__name__)
PLATFORMS: Final = (Platform.BUTTON, Platform.EVENT, Platform.SENSOR, Platform.SWITCH)
_TICK: Final = timedelta(minutes=1)
"""How often the time of running conversations is counted."""

# Packages can only be merged if the schema has our key. config.py checks the block.
CONFIG_SCHEMA = vol.Schema({vol.Optional(DOMAIN): object}, extra=vol.ALLOW_EXTRA)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register everything that is needed once, and create or remove the config entry as the YAML says."""
    data = hass.data[DATA] = NavaiData(hass)
    await data.load()
    services.register(hass)
    reloading.register(hass)
    http.register(hass)
    websocket_api.register(hass)
    await_interface(hass)
    await follow_yaml(hass, config)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: NavaiConfigEntry) -> bool:
    """Set up everything that depends on the settings."""
    data = hass.data[DATA]
    settings = data.settings
    if settings is None:
        raise ConfigEntryError(translation_domain=DOMAIN, translation_key="not_ready")
    for warning in settings.warnings:
        if warning.code not in issues.REPAIRED_WARNINGS:
            _LOGGER.warning("%s", warning)
    await _warn_about_unknown_users(hass, settings)
    runtime = entry.runtime_data = Runtime(hass, data, settings)
    entry.async_on_unload(runtime.close)
    follow(hass, entry, runtime.service.drop_ready)
    data.serve((runtime.service, runtime.tools))
    entry.async_on_unload(lambda: data.serve(None))
    data.troubles.reloaded()
    if data.store.set_aside:
        await data.store.look_for_files_set_aside()
    issues.of_settings(hass, settings, data.store.set_aside)
    for display in settings.displays.values():
        issues.of_display(hass, display, secure=data.displays.is_secure(display.key))
    _forget_devices(hass, entry, settings)
    await identity.forget_displays(hass, frozenset(settings.displays))
    data.devices = make_devices(hass, entry, settings)
    data.entities.clear()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    _forget_entities(hass, entry, data.entities)

    @callback
    def new_day() -> None:
        async_dispatcher_send(hass, SIGNAL_USAGE)

    @callback
    def tick(_: object) -> None:
        data.sessions.tick()

    entry.async_on_unload(DailyCheck(hass, settings).stop)
    entry.async_on_unload(follow_days(hass, new_day))
    entry.async_on_unload(async_track_time_interval(hass, tick, _TICK))
    data.configured(settings)
    forms.offer(hass, settings)
    show_card(hass, entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: NavaiConfigEntry) -> bool:
    """Unload what `async_setup_entry` set up.

    A reload must not end a conversation, so displays stay connected, except when navai is disabled.
    """
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded and entry.disabled_by:
        # Not before a reload, which removes outdated repairs itself: repairs that people ignored must stay ignored.
        issues.clear(hass)
        hass.data[DATA].dismiss()
    return unloaded


async def async_remove_entry(hass: HomeAssistant, _: NavaiConfigEntry) -> None:
    """Delete everything, unless the entry is only removed because its block is gone; see `NavaiData.take_away`.

    navai may not be set up: the entry can also be removed while the YAML has mistakes.
    """
    data = hass.data.get(DATA)
    if data is not None:
        forms.offer(hass, None)
    if data is not None and data.settings is None:
        await data.take_away()
    else:
        await (data or NavaiData(hass)).forget()
    await forget_card(hass)


async def _warn_about_unknown_users(hass: HomeAssistant, settings: Settings) -> None:
    """Log the `users` that do not exist: a typing mistake locks a person out."""
    people = [user for user in await hass.auth.async_get_users() if not user.system_generated]
    known = {name.casefold() for user in people for name in (user.id, *identity.names_of(user))}
    lists = [(f"profiles.{key}", profile.users) for key, profile in settings.profiles.items()]
    lists += [(f"displays.{key}", display.users) for key, display in settings.displays.items()]
    for where, users in lists:
        for number, user in enumerate(users, 1):
            if user.casefold() not in known:
                # The name may be a key that someone pasted by mistake.
                _LOGGER.warning(
                    "%s.%s.users: there is no user called %s (no. %d)", DOMAIN, where, name_or_dots(user), number
                )


def _forget_entities(hass: HomeAssistant, entry: NavaiConfigEntry, made: Collection[str]) -> None:
    """Remove the entities of displays and profiles that are no longer in the YAML."""
    registry = er.async_get(hass)
    for found in er.async_entries_for_config_entry(registry, entry.entry_id):
        if found.unique_id not in made:
            registry.async_remove(found.entity_id)


def _forget_devices(hass: HomeAssistant, entry: NavaiConfigEntry, settings: Settings) -> None:
    """Remove the devices of displays that are no longer in the YAML."""
    devices = dr.async_get(hass)
    known = identifiers_of(settings)
    for device in dr.async_entries_for_config_entry(devices, entry.entry_id):
        if not device.identifiers & known:
            devices.async_remove_device(device.id)
