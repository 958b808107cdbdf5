"""Websocket commands, for the card and for displays that run Home Assistant's interface.

| command | who |
|---|---|
| `navai/profiles` | everybody: what they may use |
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

from .const import DOMAIN, HOUSE
from .displays import Screen
from .identity import caller_of_user, check_display
from .navai_core import CLIENT_SECRET_REQUEST, VERSION, Caller, NavaiError, Settings, check_request, read_usage
from .navai_core.answers import profiles_body, secret_body
from .navai_core.exceptions import InvalidInputError, NotReadyError
from .navai_core.requests import overrides_of
from .runtime import Runtime
from .sessions import REPORTED, Report

_NAME: Final = vol.All(str, vol.Length(min=1, max=100))
_ID: Final = vol.All(str, vol.Match(r"^[A-Za-z0-9_-]{1,64}$"))
_CODE: Final = vol.All(str, vol.Match(r"^[a-z0-9_]{1,64}$"))
_OVERRIDES: Final = ("model", "voice", "instructions", "language", "accent", "tone")

Message = dict[str, Any]
Command = Callable[[HomeAssistant, ActiveConnection, Message, Runtime], Awaitable[object]]


def register(hass: HomeAssistant) -> None:
    """Register all commands, once."""
    for command in (ws_profiles, ws_client_secret, ws_subscribe, ws_session_report):
        websocket_api.async_register_command(hass, command)


def configuration_event(settings: Settings, display: str) -> Message:
    """What a display must know of itself; told when it connects, and when the YAML changes."""
    known = settings.displays.get(display)
    if known is None:
        return {"type": "removed"}
    return {
        "type": "configuration",
        "display": known.key,
        "name": known.name,
        "profile": known.profile,
        "profiles": list(known.profiles),
        "version": VERSION,
    }


def _answering(
    command: Command,
) -> Callable[[HomeAssistant, ActiveConnection, Message], Coroutine[Any, Any, None]]:
    """Answer with what a command returns, or with the code and the sentence of its error."""

    @wraps(command)
    async def answer(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> None:
        try:
            runtime = hass.data[HOUSE].runtime()
            if runtime is None:
                raise NotReadyError("navai is not set up — check the `navai:` block in the YAML, and the log.")
            result = await command(hass, connection, msg, runtime)
        except NavaiError as error:
            connection.send_error(msg["id"], error.code, error.message)
        else:
            connection.send_result(msg["id"], result)

    return answer


def _caller_of(connection: ActiveConnection, msg: Message, runtime: Runtime) -> Caller:
    display = msg.get("display", "")
    if display:
        check_display(runtime.settings, display, connection.user)
    return caller_of_user(connection.user, display)


@websocket_api.websocket_command({vol.Required("type"): f"{DOMAIN}/profiles", vol.Optional("display"): _NAME})
@websocket_api.async_response
@_answering
async def ws_profiles(_: HomeAssistant, connection: ActiveConnection, msg: Message, runtime: Runtime) -> object:
    """What the person may use; the default of the display first, where they name one."""
    caller = _caller_of(connection, msg, runtime)
    body = profiles_body(runtime.profiles_for(caller))
    if caller.display:
        of_display = runtime.settings.displays[caller.display]
        body["profiles"] = [item for item in body["profiles"] if item["profile"] in of_display.profiles]
        body["default_profile"] = of_display.profile
    return body


@websocket_api.websocket_command(
    {
        vol.Required("type"): f"{DOMAIN}/client_secret",
        vol.Optional("profile"): _NAME,
        vol.Optional("display"): _NAME,
        **{vol.Optional(name): str for name in _OVERRIDES},
    }
)
@websocket_api.async_response
@_answering
async def ws_client_secret(_: HomeAssistant, connection: ActiveConnection, msg: Message, runtime: Runtime) -> object:
    """A client secret, and what is needed to connect with it."""
    caller = _caller_of(connection, msg, runtime)
    default = runtime.settings.displays[caller.display].profile if caller.display else None
    fields = check_request({name: msg[name] for name in _OVERRIDES if name in msg}, CLIENT_SECRET_REQUEST)
    return secret_body(await runtime.mint(caller, msg.get("profile") or default, overrides_of(fields)))


@websocket_api.websocket_command(
    {
        vol.Required("type"): f"{DOMAIN}/subscribe",
        vol.Required("display"): _NAME,
        vol.Optional("secure", default=True): bool,
    }
)
@websocket_api.async_response
@_answering
async def ws_subscribe(hass: HomeAssistant, connection: ActiveConnection, msg: Message, runtime: Runtime) -> object:
    """A display announces itself. Its first event is its configuration."""
    display = msg["display"]
    check_display(runtime.settings, display, connection.user)
    number = msg["id"]

    def send(event: Message) -> None:
        connection.send_event(number, event)

    screen = Screen(display=display, send=send, user=connection.user.id, secure=msg["secure"])
    connection.subscriptions[number] = hass.data[HOUSE].displays.add(screen)
    # The result comes first, so that the browser knows the subscription that the event belongs to.
    hass.loop.call_soon(send, configuration_event(runtime.settings, display))
    return None


@websocket_api.websocket_command(
    {
        vol.Required("type"): f"{DOMAIN}/session/report",
        vol.Required("session"): _ID,
        vol.Required("state"): vol.In(REPORTED),
        vol.Optional("profile"): _NAME,
        vol.Optional("display"): _NAME,
        vol.Optional("model"): vol.All(str, vol.Length(min=1, max=200)),
        vol.Optional("request"): _ID,
        vol.Optional("code"): _CODE,
        vol.Optional("usage"): dict,
    }
)
@websocket_api.async_response
@_answering
async def ws_session_report(
    hass: HomeAssistant, connection: ActiveConnection, msg: Message, runtime: Runtime
) -> object:
    """The state and usage of the conversation that this browser holds."""
    house = hass.data[HOUSE]
    caller = _caller_of(connection, msg, runtime)
    known = house.sessions.profile_of(msg["session"])
    if known is None:
        if "profile" not in msg:
            raise InvalidInputError("A conversation's first report must name its `profile`.")
        profile = runtime.minter.profile_for(msg["profile"], caller)
        known, model = profile.key, profile.model
    else:
        model = runtime.settings.profiles[known].model if known in runtime.settings.profiles else ""
    report = Report(
        session=msg["session"],
        state=msg["state"],
        profile=known,
        model=msg.get("model", model),
        display=caller.display or None,
        user=connection.user.id,
        code=msg.get("code"),
        usage=read_usage(msg["usage"]) if "usage" in msg else None,
    )
    house.sessions.report(connection, report)
    connection.subscriptions[f"{DOMAIN}-sessions"] = lambda: house.sessions.owner_left(connection)
    if "request" in msg:
        house.displays.answered(msg["request"])
    return None
