"""Websocket commands, for the card and for displays that run Home Assistant's interface.

| command | who may send it |
|---|---|
| `navai/profiles` | everyone: it lists the profiles that they may use |
| `navai/displays` | everyone: it lists the displays that they may use |
| `navai/client_secret` | people who may use the profile |
| `navai/subscribe` | people who may use the display: it sends start, stop and configuration |
| `navai/session/report` | the browser of a conversation: it reports state and usage |

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
    """Return a command's schema. The command itself checks its fields, since Home Assistant logs invalid values."""
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
    """Send a command's result, or the code and message of its error."""

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
    return service.access.at_display(fields.get("display", ""), caller_of_user(connection.user))


@websocket_api.websocket_command(_command("profiles"))
@websocket_api.async_response
@_answering
async def ws_profiles(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> object:
    """Send the profiles that the person may use: on a display, if they name one, with its default first."""
    fields = check_fields(_fields_in(msg), {vol.Optional("display"): NAME})
    service = runtime_of(hass).service
    return profiles_body(service.profiles_for(_caller_of(connection, fields, service)))


@websocket_api.websocket_command(_command("displays"))
@websocket_api.async_response
@_answering
async def ws_displays(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> object:
    """Send the displays that the person may use, sorted by name."""
    check_fields(_fields_in(msg), {})
    displays = runtime_of(hass).service.access.displays_of(caller_of_user(connection.user))
    return {"displays": [{"display": display.key, "name": display.name} for display in displays]}


@websocket_api.websocket_command(_command("client_secret"))
@websocket_api.async_response
@_answering
async def ws_client_secret(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> object:
    """Send a client secret, and what is needed to connect with it."""
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
    """Register the browser as a display. The first event is the display's configuration."""
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
    # Send the result first, so that the browser knows the subscription of the event.
    hass.loop.call_soon(send, data.configuration(settings, find))


@websocket_api.websocket_command(_command("session/report"))
@websocket_api.async_response
@_answering
async def ws_session_report(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> None:
    """Take the state and usage of this browser's conversation; see `take_report`."""
    fields, data = check_fields(_fields_in(msg), REPORT_FIELDS), hass.data[DATA]
    connection.subscriptions[f"{DOMAIN}-sessions"] = lambda: data.sessions.owner_left(connection)
    take_report(data, connection, fields, lambda service: _caller_of(connection, fields, service))
