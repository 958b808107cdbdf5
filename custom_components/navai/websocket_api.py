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
from homeassistant.auth.models import User
from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant

from .const import DOMAIN, HOUSE
from .displays import Screen
from .identity import caller_of_user, display_for
from .navai_core import CLIENT_SECRET_REQUEST, VERSION, Caller, NavaiError, Settings, check_request, read_usage
from .navai_core.answers import profiles_body, secret_body
from .navai_core.exceptions import InvalidInputError
from .navai_core.requests import overrides_of
from .runtime import Runtime, runtime_of
from .sessions import ENDED, FAILED, REPORTED, Report

_NAME: Final = vol.All(str, vol.Length(min=1, max=100))
_ID: Final = vol.All(str, vol.Match(r"^[A-Za-z0-9_-]{1,64}$"))
_CODE: Final = vol.All(str, vol.Match(r"^[a-z0-9_]{1,64}$"))
_NO_OVERRIDES: Final = frozenset({"id", "type", "profile", "display"})

Message = dict[str, Any]
Command = Callable[[HomeAssistant, ActiveConnection, Message], Awaitable[object]]


def register(hass: HomeAssistant) -> None:
    """Register all commands, once."""
    for command in (ws_profiles, ws_client_secret, ws_subscribe, ws_session_report):
        websocket_api.async_register_command(hass, command)


def configuration_event(settings: Settings, display: str, user: User) -> Message:
    """What a display must know of itself; told when it connects, and when the YAML changes."""
    try:
        known = display_for(settings, display, user)
    except NavaiError:
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
            result = await command(hass, connection, msg)
        except NavaiError as error:
            connection.send_error(msg["id"], error.code, error.message)
        else:
            connection.send_result(msg["id"], result)

    return answer


def _caller_of(connection: ActiveConnection, msg: Message, runtime: Runtime) -> Caller:
    display = display_for(runtime.settings, msg["display"], connection.user) if "display" in msg else None
    return caller_of_user(connection.user, display)


@websocket_api.websocket_command({vol.Required("type"): f"{DOMAIN}/profiles", vol.Optional("display"): _NAME})
@websocket_api.async_response
@_answering
async def ws_profiles(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> object:
    """What the person may use; where they name a display, what they may use there, its default first."""
    runtime = runtime_of(hass)
    return profiles_body(runtime.profiles_for(_caller_of(connection, msg, runtime)))


@websocket_api.websocket_command(
    {
        vol.Required("type"): f"{DOMAIN}/client_secret",
        vol.Optional("profile"): _NAME,
        vol.Optional("display"): _NAME,
        # Checked below: Home Assistant writes into the log what does not fit here, and it may be a key.
        vol.Optional(str): object,
    }
)
@websocket_api.async_response
@_answering
async def ws_client_secret(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> object:
    """A client secret, and what is needed to connect with it."""
    runtime = runtime_of(hass)
    caller = _caller_of(connection, msg, runtime)
    fields = check_request({name: msg[name] for name in msg if name not in _NO_OVERRIDES}, CLIENT_SECRET_REQUEST)
    key = fields.pop("apiKey", "")
    return secret_body(await runtime.mint(caller, msg.get("profile"), overrides_of(fields), key))


@websocket_api.websocket_command(
    {
        vol.Required("type"): f"{DOMAIN}/subscribe",
        vol.Required("display"): _NAME,
        vol.Optional("secure", default=True): bool,
    }
)
@websocket_api.async_response
@_answering
async def ws_subscribe(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> object:
    """A display announces itself. Its first event is its configuration."""
    settings, user, number = runtime_of(hass).settings, connection.user, msg["id"]
    display = display_for(settings, msg["display"], user).key

    def send(event: Message) -> None:
        connection.send_event(number, event)

    screen = Screen(display=display, send=send, owner=connection, user=user, secure=msg["secure"])
    house = hass.data[HOUSE]
    house.sessions.forgive(display)
    connection.subscriptions[number] = house.displays.add(screen)
    # The result comes first, so that the browser knows the subscription that the event belongs to.
    hass.loop.call_soon(send, configuration_event(settings, display, user))
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
async def ws_session_report(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> object:
    """The state and usage of the conversation that this browser holds; it goes on while navai is loaded again.

    With `request` it says too that the display took the command of that id. One that is told to stop and holds no
    conversation reports the end of any; one that cannot start, a failure.
    """
    house = hass.data[HOUSE]
    session, request = msg["session"], msg.get("request")
    known, display = house.sessions.profile_of(session), None
    if known is None and msg["state"] in {ENDED, FAILED} and request:
        house.displays.answered(request, connection, took=msg["state"] == ENDED)
        return None
    if known is None:
        runtime = runtime_of(hass)
        if "profile" not in msg:
            raise InvalidInputError("A conversation's first report must name its `profile`.")
        caller = _caller_of(connection, msg, runtime)
        known, display = runtime.minter.profile_for(msg["profile"], caller).key, caller.display or None
    # One whose profile the YAML has no more goes on until it ends.
    profile = house.settings.profiles.get(known) if house.settings else None
    report = Report(
        session=session,
        state=msg["state"],
        profile=known,
        model=msg.get("model") or (profile.model if profile else ""),
        display=display,
        user=connection.user.id,
        code=msg.get("code"),
        usage=read_usage(msg["usage"]) if "usage" in msg else None,
    )
    connection.subscriptions[f"{DOMAIN}-sessions"] = lambda: house.sessions.owner_left(connection)
    house.sessions.report(connection, report)
    if request:
        house.displays.answered(request, connection)
    return None
