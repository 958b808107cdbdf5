"""Actions. `services.yaml` has their structure, `strings.json` their words.

| action | who |
|---|---|
| `navai.create_client_secret` | a person whom the profile lets in; automations where it says `automations: true` |
| `navai.list_profiles` | everybody: what they may use |
| `navai.start_session` | automations; people who may be and control the display, and whom the profile lets in |
| `navai.stop_session` | automations; people who may be and control the display |
| `navai.reload` | administrators |
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Final

import voluptuous as vol
from homeassistant.const import SERVICE_RELOAD
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.reload import async_integration_yaml_config
from homeassistant.helpers.service import async_register_admin_service
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.util.ulid import ulid_now

from .const import DOMAIN, HOUSE
from .errors import DisplayLacksProfileError, NoDisplayMeantError, SeveralDisplaysError, as_action_error
from .identity import caller_of_context, check_command
from .navai_core import CLIENT_SECRET_REQUEST, Caller, Display, NavaiError, check_request, closest, name_or_dots
from .navai_core.answers import profiles_body, secret_body
from .navai_core.exceptions import DisplayNotConnectedError, UnknownDisplayError
from .navai_core.requests import overrides_of
from .runtime import Runtime, runtime_of
from .yaml_entry import follow_yaml

CREATE_CLIENT_SECRET: Final = "create_client_secret"  # noqa: S105  # the name of an action
LIST_PROFILES: Final = "list_profiles"
START_SESSION: Final = "start_session"
STOP_SESSION: Final = "stop_session"
MAX_OPENING_LINE_CHARS: Final = 500
MAX_OPENING_CONTEXT_CHARS: Final = 4000

_OVERRIDES: Final = ("model", "voice", "instructions", "language", "accent", "tone")
_TARGET: Final = {vol.Optional("display"): vol.All(cv.ensure_list, [cv.string]), **cv.ENTITY_SERVICE_FIELDS}
CREATE_SCHEMA: Final = vol.Schema(
    {vol.Optional("profile"): cv.string, **{vol.Optional(name): cv.string for name in _OVERRIDES}}
)
LIST_SCHEMA: Final = vol.Schema({})
START_SCHEMA: Final = vol.Schema(
    {
        **_TARGET,
        vol.Optional("profile"): cv.string,
        vol.Optional("opening_line"): vol.All(cv.string, vol.Length(min=1, max=MAX_OPENING_LINE_CHARS)),
        vol.Optional("opening_context"): vol.All(cv.string, vol.Length(min=1, max=MAX_OPENING_CONTEXT_CHARS)),
    }
)
STOP_SCHEMA: Final = vol.Schema(_TARGET)

_HOUSEHOLD: Final = Caller(kind="owner", key="household")

Handler = Callable[[HomeAssistant, ServiceCall], Awaitable[ServiceResponse]]


def register(hass: HomeAssistant) -> None:
    """Register all actions, once."""
    actions: tuple[tuple[str, Handler, vol.Schema, SupportsResponse], ...] = (
        (CREATE_CLIENT_SECRET, _create_client_secret, CREATE_SCHEMA, SupportsResponse.ONLY),
        (LIST_PROFILES, _list_profiles, LIST_SCHEMA, SupportsResponse.ONLY),
        (START_SESSION, _start_session, START_SCHEMA, SupportsResponse.OPTIONAL),
        (STOP_SESSION, _stop_session, STOP_SCHEMA, SupportsResponse.OPTIONAL),
    )
    for name, handler, schema, response in actions:
        hass.services.async_register(DOMAIN, name, partial(_run, hass, handler), schema, response)
    async_register_admin_service(hass, DOMAIN, SERVICE_RELOAD, partial(_reload, hass), vol.Schema({}))


async def _run(hass: HomeAssistant, handler: Handler, call: ServiceCall) -> ServiceResponse:
    try:
        return await handler(hass, call)
    except NavaiError as error:
        raise as_action_error(error) from None


async def _create_client_secret(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    runtime = runtime_of(hass)
    caller = await caller_of_context(hass, call.context)
    fields = check_request({key: value for key, value in call.data.items() if key != "profile"}, CLIENT_SECRET_REQUEST)
    minted = await runtime.mint(caller, call.data.get("profile"), overrides_of(fields))
    expires = datetime.fromtimestamp(minted.secret.expires_at, UTC)
    return {**secret_body(minted), "expires_at_iso": expires.isoformat()}


async def _list_profiles(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    runtime = runtime_of(hass)
    caller = await caller_of_context(hass, call.context)
    return profiles_body(runtime.minter.profiles_of(caller))


async def _start_session(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    runtime, house = runtime_of(hass), hass.data[HOUSE]
    caller = await caller_of_context(hass, call.context)
    displays = await _allowed_displays(hass, runtime, call)
    profiles = {display.key: call.data.get("profile") or display.profile for display in displays}
    for display in displays:
        profile = profiles[display.key]
        # That it is there and switched on; the display fetches the secret under its own name.
        runtime.minter.profile_for(profile, _HOUSEHOLD)
        if profile not in display.profiles:
            raise DisplayLacksProfileError(
                "The display may not use this profile — list it in the display's `profiles`.",
                display=display.name,
                profile=profile,
            )
        if caller.kind == "user":
            runtime.minter.profile_for(profile, caller)
    event = {key: call.data[key] for key in ("opening_line", "opening_context") if key in call.data}
    _check_connected(displays, house.displays.connected)

    async def start(display: Display) -> str:
        session = house.sessions.of_display(display.key)
        talking = (session.owner, session.id) if session else None
        told = {"type": "start", "profile": profiles[display.key], **event}
        return "took" if await house.displays.start(display.key, told, ulid_now(), talking) else "no_answer"

    return await _ask_all(displays, start, ("took", "no_answer"))


async def _stop_session(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    runtime, house = runtime_of(hass), hass.data[HOUSE]
    displays = await _allowed_displays(hass, runtime, call)
    # A conversation that no page answers for can be ended all the same.
    _check_connected(displays, lambda key: house.displays.connected(key) or house.sessions.of_display(key) is not None)
    return await _ask_all(displays, lambda display: house.stop(display.key), ("took", "ended", "no_answer"))


def _check_connected(displays: list[Display], connected: Callable[[str], bool]) -> None:
    if not any(connected(display.key) for display in displays):
        raise DisplayNotConnectedError(
            "No display is connected — open its dashboard, or wake it up.",
            display=", ".join(display.name for display in displays),
        )


async def _ask_all(
    displays: list[Display], ask: Callable[[Display], Awaitable[str]], outcomes: tuple[str, ...]
) -> ServiceResponse:
    """Tell the displays, all at a time, and list them by what came of it. That none of them answers is an error."""
    found = await asyncio.gather(*(ask(display) for display in displays))
    if set(found) == {"no_answer"}:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="display_no_answer",
            translation_placeholders={"displays": ", ".join(display.name for display in displays)},
        )
    answers = list(zip(displays, found, strict=True))
    return {outcome: [display.key for display, answer in answers if answer == outcome] for outcome in outcomes}


async def _allowed_displays(hass: HomeAssistant, runtime: Runtime, call: ServiceCall) -> list[Display]:
    displays = _displays(hass, runtime, call)
    for display in displays:
        await check_command(hass, runtime.settings, display, call.context)
    return displays


def _displays(hass: HomeAssistant, runtime: Runtime, call: ServiceCall) -> list[Display]:
    """The displays that an action is for: by their key or name, or by what the target selects."""
    known = runtime.settings.displays
    found: dict[str, Display] = {}
    for named in call.data.get("display", ()):
        display = known.get(named) or _display_called(known, named)
        found[display.key] = display
    meant = _devices(hass, call)
    found |= {key: known[key] for key, device in hass.data[HOUSE].devices.items() if device in meant}
    if not found:
        raise NoDisplayMeantError("No display is meant — name one, or its device or its area.")
    return list(found.values())


def _display_called(known: Mapping[str, Display], name: str) -> Display:
    """The display of a name, which need not be its key."""
    found = [display for display in known.values() if display.name.casefold() == name.casefold()]
    if len(found) == 1:
        return found[0]
    # The name may be a key that somebody pasted.
    asked = name_or_dots(name)
    if found:
        keys = [display.key for display in found]
        raise SeveralDisplaysError(
            f"Several displays have this name — say which: {', '.join(keys)}.", asked=asked, displays=keys
        )
    raise UnknownDisplayError(
        "There is no display of that name — see `displays:` in the YAML.", asked=asked, nearest=closest(name, known)
    )


def _devices(hass: HomeAssistant, call: ServiceCall) -> set[str]:
    selected = async_extract_referenced_entity_ids(hass, TargetSelection(call.data))
    registry = er.async_get(hass)
    entities = (registry.async_get(entity_id) for entity_id in selected.referenced | selected.indirectly_referenced)
    return selected.referenced_devices | {entity.device_id for entity in entities if entity and entity.device_id}


async def _reload(hass: HomeAssistant, _: ServiceCall) -> None:
    """Take the YAML as it is now; one with mistakes changes nothing, and its mistakes are told."""
    config = await async_integration_yaml_config(hass, DOMAIN, raise_on_failure=True)
    # One that is made by this YAML has been set up with it.
    known = hass.config_entries.async_entries(DOMAIN, include_disabled=False)
    await follow_yaml(hass, config)
    if hass.data[HOUSE].settings is not None:
        for entry in known:
            await hass.config_entries.async_reload(entry.entry_id)
