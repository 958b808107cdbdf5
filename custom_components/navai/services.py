"""Actions. `services.yaml` has their structure, `strings.json` their texts.

| action | who may run it |
|---|---|
| `navai.create_client_secret` | people who may use the profile; automations if it has `automations: true` |
| `navai.list_profiles` | everyone: it lists what they may use |
| `navai.start_conversation` | automations; people who may use and control the display, and may use the profile |
| `navai.stop_conversation` | automations; people who may use and control the display |
| `navai.reload` | administrators; see `reloading.py` |
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from time import time
from typing import Any, Final

import voluptuous as vol
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.helpers.trace import trace_id_get

from .const import DOMAIN, PREFIX
from .data import DATA, NavaiData
from .errors import as_action_error
from .identity import caller_of_context
from .navai_core import NavaiError
from .navai_core.config.options import CLIENT_SECRET_REQUEST, START_REQUEST
from .navai_core.config.options.removed import REMOVED
from .navai_core.config.options.request_fields import MAX_EXTRA_PROMPT_CHARS, MAX_START_MESSAGE_CHARS
from .navai_core.config.schema import check_request
from .navai_core.models import Display
from .navai_core.sessions.one_time import VALID_S
from .navai_core.web.bodies import overrides_of
from .navai_core.web.responses import profiles_body, secret_body
from .runtime import runtime_of
from .targets import TARGET, displays_of

_LOGGER = logging.getLogger(__name__)
CREATE_CLIENT_SECRET: Final = "create_client_secret"  # noqa: S105  # the name of an action
LIST_PROFILES: Final = "list_profiles"
START_CONVERSATION: Final = "start_conversation"
STOP_CONVERSATION: Final = "stop_conversation"

_URL: Final = "url"
_RESPONSES: Final = ("secret", _URL)
_OVERRIDES: Final = ("model", "voice", "instructions", "language", "accent", "tone")
CREATE_SCHEMA: Final = vol.Schema(
    {
        vol.Optional("profile"): cv.string,
        vol.Optional("response"): vol.In(_RESPONSES),
        **{vol.Optional(name): cv.string for name in _OVERRIDES},
    }
)
LIST_SCHEMA: Final = vol.Schema({})


def _refuse_removed(data: Mapping[str, Any]) -> Mapping[str, Any]:
    for removed in REMOVED:
        if removed.section is START_REQUEST and removed.key in data:
            raise vol.Invalid(f"`{removed.key}` {removed.message}.")
    return data


START_SCHEMA: Final = vol.All(
    _refuse_removed,
    {
        **TARGET,
        vol.Optional("profile"): cv.string,
        vol.Optional("start_message"): vol.All(cv.string, vol.Length(min=1, max=MAX_START_MESSAGE_CHARS)),
        vol.Optional("extra_system_prompt"): vol.All(cv.string, vol.Length(min=1, max=MAX_EXTRA_PROMPT_CHARS)),
    },
)
STOP_SCHEMA: Final = vol.Schema(TARGET)

Handler = Callable[[HomeAssistant, ServiceCall], Awaitable[ServiceResponse]]


def register(hass: HomeAssistant) -> None:
    """Register all actions, once."""
    actions: tuple[tuple[str, Handler, vol.Schema | vol.All[Any], SupportsResponse], ...] = (
        (CREATE_CLIENT_SECRET, _create_client_secret, CREATE_SCHEMA, SupportsResponse.ONLY),
        (LIST_PROFILES, _list_profiles, LIST_SCHEMA, SupportsResponse.ONLY),
        (START_CONVERSATION, _start_conversation, START_SCHEMA, SupportsResponse.OPTIONAL),
        (STOP_CONVERSATION, _stop_conversation, STOP_SCHEMA, SupportsResponse.OPTIONAL),
    )
    for name, handler, schema, response in actions:
        hass.services.async_register(DOMAIN, name, partial(_run, hass, handler), schema, response)


async def _run(hass: HomeAssistant, handler: Handler, call: ServiceCall) -> ServiceResponse:
    try:
        return await handler(hass, call)
    except NavaiError as error:
        raise as_action_error(error) from None


async def _create_client_secret(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    runtime, data = runtime_of(hass), hass.data[DATA]
    caller = await caller_of_context(hass, call.context)
    changes = {key: value for key, value in call.data.items() if key not in {"profile", "response"}}
    overrides = overrides_of(check_request(changes, CLIENT_SECRET_REQUEST))
    minted = await runtime.service.mint(caller, call.data.get("profile"), overrides)
    body = {**secret_body(minted), "expires_at_iso": _iso(minted.secret.expires_at)}
    if call.data.get("response") == _URL:
        return _one_time(hass, data, body)
    running = trace_id_get()
    if running and running[0] not in data.secrets_in_traces:
        data.secrets_in_traces.add(running[0])
        _LOGGER.warning(
            "%s creates client secrets. Home Assistant keeps the response of an action in the trace, also in the file "
            ".storage/trace.saved_traces. Add `response: url` to the action to get a one-time address instead",
            running[0],
        )
    return body


def _one_time(hass: HomeAssistant, data: NavaiData, body: dict[str, Any]) -> ServiceResponse:
    """Return an address that sends the secret once, instead of the secret."""
    path = f"{PREFIX}/one-time/{data.one_time.add(body)}"
    try:
        base = get_url(hass)
    except NoURLAvailableError:
        base = ""
    expires = int(time()) + VALID_S
    return {
        "url": f"{base}{path}",
        "path": path,
        "expires_at": expires,
        "expires_at_iso": _iso(expires),
        "profile": body["profile"],
    }


def _iso(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).isoformat()


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
