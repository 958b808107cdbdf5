"""Actions. `services.yaml` has their structure, `strings.json` their texts.

| action | who may run it |
|---|---|
| `navai.create_client_secret` | people who may use the profile; automations if it has `automations: true` |
| `navai.list_profiles` | everyone: it lists what they may use |
| `navai.start_conversation` | automations; people who may use and control the display, and may use the profile |
| `navai.stop_conversation` | automations; people who may use and control the display |
| `navai.reload` | administrators |
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Final

import voluptuous as vol
from homeassistant.const import SERVICE_RELOAD
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.reload import async_integration_yaml_config
from homeassistant.helpers.service import async_register_admin_service

from .const import DOMAIN
from .data import DATA
from .errors import as_action_error
from .identity import caller_of_context
from .navai_core import NavaiError
from .navai_core.config.options import CLIENT_SECRET_REQUEST, START_REQUEST
from .navai_core.config.options.removed import REMOVED, Removed
from .navai_core.config.options.request_fields import MAX_EXTRA_PROMPT_CHARS, MAX_START_MESSAGE_CHARS
from .navai_core.config.schema import check_request
from .navai_core.models import Display
from .navai_core.web.bodies import overrides_of
from .navai_core.web.responses import profiles_body, secret_body
from .runtime import runtime_of
from .targets import TARGET, displays_of
from .yaml_entry import follow_yaml

CREATE_CLIENT_SECRET: Final = "create_client_secret"  # noqa: S105  # the name of an action
LIST_PROFILES: Final = "list_profiles"
START_CONVERSATION: Final = "start_conversation"
STOP_CONVERSATION: Final = "stop_conversation"

_OVERRIDES: Final = ("model", "voice", "instructions", "language", "accent", "tone")
CREATE_SCHEMA: Final = vol.Schema(
    {vol.Optional("profile"): cv.string, **{vol.Optional(name): cv.string for name in _OVERRIDES}}
)
LIST_SCHEMA: Final = vol.Schema({})


def _refused(removed: Removed) -> Callable[[object], None]:
    def refuse(_: object) -> None:
        raise vol.Invalid(f"`{removed.key}` {removed.message}.")

    return refuse


START_SCHEMA: Final = vol.Schema(
    {
        **{vol.Optional(each.key): _refused(each) for each in REMOVED if each.section is START_REQUEST},
        **TARGET,
        vol.Optional("profile"): cv.string,
        vol.Optional("start_message"): vol.All(cv.string, vol.Length(min=1, max=MAX_START_MESSAGE_CHARS)),
        vol.Optional("extra_system_prompt"): vol.All(cv.string, vol.Length(min=1, max=MAX_EXTRA_PROMPT_CHARS)),
    }
)
STOP_SCHEMA: Final = vol.Schema(TARGET)

Handler = Callable[[HomeAssistant, ServiceCall], Awaitable[ServiceResponse]]


def register(hass: HomeAssistant) -> None:
    """Register all actions, once."""
    actions: tuple[tuple[str, Handler, vol.Schema, SupportsResponse], ...] = (
        (CREATE_CLIENT_SECRET, _create_client_secret, CREATE_SCHEMA, SupportsResponse.ONLY),
        (LIST_PROFILES, _list_profiles, LIST_SCHEMA, SupportsResponse.ONLY),
        (START_CONVERSATION, _start_conversation, START_SCHEMA, SupportsResponse.OPTIONAL),
        (STOP_CONVERSATION, _stop_conversation, STOP_SCHEMA, SupportsResponse.OPTIONAL),
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
    minted = await runtime.service.mint(caller, call.data.get("profile"), overrides_of(fields))
    expires = datetime.fromtimestamp(minted.secret.expires_at, UTC)
    return {**secret_body(minted), "expires_at_iso": expires.isoformat()}


async def _list_profiles(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    runtime = runtime_of(hass)
    caller = await caller_of_context(hass, call.context)
    return profiles_body(runtime.service.access.profiles_of(caller))


async def _start_conversation(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    data = hass.data[DATA]
    caller = await caller_of_context(hass, call.context)
    displays = await displays_of(hass, data.service.access, call)
    opening = {key: call.data[key] for key in ("start_message", "extra_system_prompt") if key in call.data}
    found = await data.start_conversation(displays, call.data.get("profile", ""), caller, opening)
    return _by_outcome(displays, found, ("responded", "no_response"))


async def _stop_conversation(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    data = hass.data[DATA]
    displays = await displays_of(hass, data.service.access, call)
    return _by_outcome(displays, await data.stop_conversation(displays), ("responded", "ended", "no_response"))


def _by_outcome(displays: list[Display], found: Mapping[str, str], outcomes: tuple[str, ...]) -> ServiceResponse:
    """Return the displays by outcome. It is an error if none of them responds."""
    if set(found.values()) == {"no_response"}:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="display_no_answer",
            translation_placeholders={"displays": ", ".join(display.name for display in displays)},
        )
    return {outcome: [key for key, answer in found.items() if answer == outcome] for outcome in outcomes}


async def _reload(hass: HomeAssistant, _: ServiceCall) -> None:
    """Read the YAML again. If it has mistakes, raise them and change nothing."""
    config = await async_integration_yaml_config(hass, DOMAIN, raise_on_failure=True)
    # Only these need a reload: `follow_yaml` sets up a new one.
    known = hass.config_entries.async_entries(DOMAIN, include_disabled=False)
    await follow_yaml(hass, config)
    if hass.data[DATA].settings is not None:
        for entry in known:
            await hass.config_entries.async_reload(entry.entry_id)
