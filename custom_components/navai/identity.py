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
from .errors import DisplayNotControlledError, PersonGoneError
from .navai_core import Caller
from .navai_core.access import Access
from .navai_core.models import Display
from .navai_core.tokens import digest_of

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


def caller_of_user(user: User) -> Caller:
    """A signed-in person."""
    return Caller(kind="user", key=user.id, aliases=names_of(user), secrets_per_minute=USER_SECRETS_PER_MINUTE)


async def check_command(hass: HomeAssistant, access: Access, display: Display, context: Context) -> None:
    """Whether whoever runs an action may let a display begin or end a conversation.

    A person must be one whose browser may be the display, since its conversation acts for who is signed in there; and
    must be allowed to control it, as Home Assistant asks of whoever presses a button.

    Raises:
        NotAllowedError: this person may not, or is not there any more.
    """
    user = await _person_of(hass, context)
    if user is None:
        return
    access.display_for(display.key, caller_of_user(user))
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
