"""Websocket commands, for the card and for displays that run Home Assistant's interface.

| command | who |
|---|---|
| `navai/profiles` | everybody: what they may use |
| `navai/displays` | everybody: the displays that their browser may be |
| `navai/client_secret` | a person whom the profile lets in |
| `navai/subscribe` | a person whose browser may be the display: it hears start, stop and configuration |
| `navai/session/report` | the browser that holds a conversation: its state and usage |

Errors carry the stable codes of docs/errors.md.
"""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, Final

import voluptuous as vol
from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .data import DATA
from .identity import caller_of_user
from .navai_core import Caller, NavaiError, SessionService, Settings
from .navai_core.access import Access
from .navai_core.config.options import CLIENT_SECRET_REQUEST
from .navai_core.config.schema import check_request
from .navai_core.models import Display
from .navai_core.sessions.displays import Screen
from .navai_core.sessions.reports import NAME, REPORT_FIELDS, Fields, check_fields, take_report
from .navai_core.web.bodies import overrides_of
from .navai_core.web.responses import profiles_body, secret_body
from .runtime import runtime_of

_WHO: Final[Fields] = {vol.Optional("profile"): NAME, vol.Optional("display"): NAME}
_SCREEN: Final[Fields] = {vol.Required("display"): NAME, vol.Optional("secure", default=True): bool}

Message = dict[str, Any]
Command = Callable[[HomeAssistant, ActiveConnection, Message], Awaitable[object]]


def _command(name: str) -> dict[str | vol.Marker, Any]:
    """The schema of a command: its fields are checked in it, since Home Assistant logs what does not fit."""
    return {vol.Required("type"): f"{DOMAIN}/{name}", vol.Optional(str): object}


def _fields_in(msg: Message) -> Message:
    return {name: value for name, value in msg.items() if name not in {"id", "type"}}


def register(hass: HomeAssistant) -> None:
    """Register all commands, once."""
    for command in (ws_profiles, ws_displays, ws_client_secret, ws_subscribe, ws_session_report):
        websocket_api.async_register_command(hass, command)


def _answering(
    command: Command,
) -> Callable[[HomeAssistant, ActiveConnection, Message], Coroutine[Any, Any, None]]:
    """Answer with what a command returns, or with the code and the sentence of its error."""

    @wraps(command)
    async def answer(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> None:
        try:
            result = await command(hass, connection, msg)
        except NavaiError as error:
            connection.send_error(msg["id"], error.code, error.message)
        else:
            connection.send_result(msg["id"], result)

    return answer


def _caller_of(connection: ActiveConnection, fields: Message, service: SessionService) -> Caller:
    return service.access.before(fields.get("display", ""), caller_of_user(connection.user))


@websocket_api.websocket_command(_command("profiles"))
@websocket_api.async_response
@_answering
async def ws_profiles(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> object:
    """What the person may use; where they name a display, what they may use there, its default first."""
    fields = check_fields(_fields_in(msg), {vol.Optional("display"): NAME})
    service = runtime_of(hass).service
    return profiles_body(service.profiles_for(_caller_of(connection, fields, service)))


@websocket_api.websocket_command(_command("displays"))
@websocket_api.async_response
@_answering
async def ws_displays(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> object:
    """The displays that the person's browser may be, by their names."""
    check_fields(_fields_in(msg), {})
    theirs = runtime_of(hass).service.access.displays_of(caller_of_user(connection.user))
    return {"displays": [{"display": display.key, "name": display.name} for display in theirs]}


@websocket_api.websocket_command(_command("client_secret"))
@websocket_api.async_response
@_answering
async def ws_client_secret(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> object:
    """A client secret, and what is needed to connect with it."""
    fields = _fields_in(msg)
    who = check_fields({name: fields.pop(name) for name in ("profile", "display") if name in fields}, _WHO)
    service = runtime_of(hass).service
    caller = _caller_of(connection, who, service)
    overrides = check_request(fields, CLIENT_SECRET_REQUEST)
    key = overrides.pop("apiKey", "")
    return secret_body(await service.mint(caller, who.get("profile"), overrides_of(overrides), key))


@websocket_api.websocket_command(_command("subscribe"))
@websocket_api.async_response
@_answering
async def ws_subscribe(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> None:
    """A display announces itself. Its first event is its configuration."""
    fields = check_fields(_fields_in(msg), _SCREEN)
    settings, number = runtime_of(hass).settings, msg["id"]

    def find(settings: Settings) -> Display:
        return Access(settings).display_for(fields["display"], caller_of_user(connection.user))

    display = find(settings).key

    def send(event: Message) -> None:
        connection.send_event(number, event)

    data = hass.data[DATA]
    data.sessions.forgive(display)
    screen = Screen(display, send, owner=connection, find=find, secure=fields["secure"])
    connection.subscriptions[number] = data.displays.add(screen)
    # The result comes first, so that the browser knows the subscription that the event belongs to.
    hass.loop.call_soon(send, data.configuration(settings, find))


@websocket_api.websocket_command(_command("session/report"))
@websocket_api.async_response
@_answering
async def ws_session_report(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> None:
    """The state and usage of the conversation that this browser holds; see `take_report`."""
    fields, data = check_fields(_fields_in(msg), REPORT_FIELDS), hass.data[DATA]
    connection.subscriptions[f"{DOMAIN}-sessions"] = lambda: data.sessions.owner_left(connection)
    take_report(data, connection, fields, lambda service: _caller_of(connection, fields, service))
