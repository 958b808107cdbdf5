"""Who asks: people by Home Assistant's own sign-in, displays by a token of their own, automations by neither."""

from collections import OrderedDict
from typing import Final

from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.const import Platform
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN, USER_SECRETS_PER_MINUTE
from .errors import DisplayNotControlledError, DisplayNotTheirsError, PersonGoneError
from .navai_core import Caller, Display, Settings, digest_of
from .navai_core.exceptions import NotAllowedError, UnknownDisplayError

_SYSTEM_USER = "navai display "
"""What the names of the displays' own users begin with."""
_MAX_WRONG_TOKENS: Final = 1024


class WrongTokens:
    """The latest tokens that were sent and are not known, by the address that they came from; kept as hashes only.

    A display whose token was changed sends the old one again and again. To Home Assistant that is one failed login, so
    that a ban (`ip_ban_enabled`) meets those who try one token after the other, and not everybody at that address.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, bytes], None] = OrderedDict()

    def is_new(self, address: str, token: str) -> bool:
        """Whether an address has not sent this token before, as far as is remembered. Remembers it."""
        seen = address, digest_of(token)
        is_new = seen not in self._seen
        self._seen[seen] = None
        self._seen.move_to_end(seen)
        if len(self._seen) > _MAX_WRONG_TOKENS:
            self._seen.popitem(last=False)
        return is_new


def names_of(user: User) -> frozenset[str]:
    """What a person may be called in a profile's `users`: their name, and the names they sign in with."""
    names = {user.name or ""}
    names.update(str(credentials.data.get("username", "")) for credentials in user.credentials)
    return frozenset(name for name in names if name)


def caller_of_user(user: User, display: Display | None = None) -> Caller:
    """A signed-in person. Before a display they have its profiles, as far as these let them in, its default first."""
    return Caller(
        kind="user",
        key=user.id,
        aliases=names_of(user),
        display=display.key if display else "",
        profiles=display.profiles if display else None,
        secrets_per_minute=USER_SECRETS_PER_MINUTE,
    )


def may_be(display: Display, user: User) -> bool:
    """Whether a person's browser may be the display."""
    return not display.users or caller_of_user(user).is_among(display.users)


def display_for(settings: Settings, key: str, user: User) -> Display:
    """The display that a person's browser says it is.

    Raises:
        UnknownDisplayError: there is none of that name.
        NotAllowedError: it is for other people's browsers.
    """
    display = settings.displays.get(key)
    if display is None:
        raise UnknownDisplayError("There is no display of that name — see `displays:` in the YAML.")
    if not may_be(display, user):
        raise DisplayNotTheirsError(
            "This display is not for you — ask the owner to list you in its `users`.", display=display.name
        )
    return display


def display_of_caller(settings: Settings, caller: Caller) -> Display:
    """The display that asks, by its own token.

    Raises:
        NotAllowedError: it is a person, who has the websocket for this.
    """
    if caller.kind != "display":
        raise NotAllowedError("This is for displays with a token of their own — use the websocket instead.")
    return settings.displays[caller.display]


def display_of_token(settings: Settings, opened: Display) -> Display:
    """The display as it is now, for a page that its token has opened.

    Raises:
        UnknownDisplayError: there is none of that name any more.
        NotAllowedError: that token does not open it any more.
    """
    display = settings.displays.get(opened.key)
    if display is None:
        raise UnknownDisplayError("There is no display of that name — see `displays:` in the YAML.")
    if display.token != opened.token:
        raise NotAllowedError("This display has another token now — open its page with that one.")
    return display


async def check_command(hass: HomeAssistant, settings: Settings, display: Display, context: Context) -> None:
    """Whether whoever runs an action may let a display begin or end a conversation.

    A person must be one whose browser may be the display, since its conversation acts for who is signed in there; and
    must be allowed to control it, as Home Assistant asks of whoever presses a button.

    Raises:
        NotAllowedError: this person may not, or is not there any more.
    """
    user = await _person_of(hass, context)
    if user is None:
        return
    display_for(settings, display.key, user)
    entity = er.async_get(hass).async_get_entity_id(Platform.BUTTON, DOMAIN, f"display:{display.key}:stop")
    if not user.permissions.check_entity(entity or "", POLICY_CONTROL):
        raise DisplayNotControlledError(
            "You may look at this display, but not control it — ask the owner.", display=display.name
        )


async def caller_of_context(hass: HomeAssistant, context: Context) -> Caller:
    """Whoever runs an action: the person whose context it is, or an automation that nobody asked for.

    Raises:
        NotAllowedError: it was a person, who is not there any more.
    """
    user = await _person_of(hass, context)
    return caller_of_user(user) if user else Caller(kind="automation", key="automation", functions=False)


async def _person_of(hass: HomeAssistant, context: Context) -> User | None:
    """Whose context it is; None for an automation that nobody asked for, which somebody who was removed is not."""
    if context.user_id is None:
        return None
    user = await hass.auth.async_get_user(context.user_id)
    if user is None:
        raise PersonGoneError("Whoever asks is not known here — sign in again.")
    return user


async def context_of(hass: HomeAssistant, caller: Caller) -> Context:
    """Under whose identity a caller's tools act: a person's own, or that of a user made for the display.

    A display's user belongs to the group of ordinary users, cannot sign in, and names the display in the logbook.
    """
    if caller.kind == "user":
        return Context(user_id=caller.key)
    name = f"{_SYSTEM_USER}{caller.key}"
    for user in await hass.auth.async_get_users():
        if user.system_generated and user.name == name:
            return Context(user_id=user.id)
    user = await hass.auth.async_create_system_user(name, group_ids=[GROUP_ID_USER])
    return Context(user_id=user.id)


async def forget_displays(hass: HomeAssistant, kept: frozenset[str]) -> None:
    """Remove the users of displays that are no longer there."""
    names = {f"{_SYSTEM_USER}{key}" for key in kept}
    for user in await hass.auth.async_get_users():
        if user.system_generated and (user.name or "").startswith(_SYSTEM_USER) and user.name not in names:
            await hass.auth.async_remove_user(user)
