"""Identifies callers: people by Home Assistant's sign-in, displays by their own token, automations by neither."""

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
"""The names of the users created for displays start with this."""
_MAX_WRONG_TOKENS: Final = 1024


class WrongTokens:
    """Remembers the latest unknown tokens (only their hashes), and the addresses that sent them.

    A display whose token was changed keeps sending the old one. That counts as one failed login. So `ip_ban_enabled`
    bans an address that tries many tokens, but not one with such a display.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, bytes], None] = OrderedDict()

    def is_new(self, address: str, token: str) -> bool:
        """Return whether this address sends this token for the first time, and remember it."""
        seen = address, digest_of(token)
        is_new = seen not in self._seen
        self._seen[seen] = None
        self._seen.move_to_end(seen)
        if len(self._seen) > _MAX_WRONG_TOKENS:
            self._seen.popitem(last=False)
        return is_new


def names_of(user: User) -> frozenset[str]:
    """Return the names that `users` can have for a person: their name, and their usernames."""
    names = {user.name or ""}
    names.update(str(credentials.data.get("username", "")) for credentials in user.credentials)
    return frozenset(name for name in names if name)


def caller_of_user(user: User) -> Caller:
    """Return the caller for a signed-in person."""
    return Caller(kind="user", key=user.id, aliases=names_of(user), secrets_per_minute=USER_SECRETS_PER_MINUTE)


async def check_command(hass: HomeAssistant, access: Access, display: Display, context: Context) -> None:
    """Check that the caller of an action may start or end a conversation on a display.

    A person must be allowed to use the display themselves, since its conversation acts for the user signed in there.
    They also need the permission to control it, as for pressing a button.

    Raises:
        NotAllowedError: the person is not allowed to, or no longer exists.
    """
    user = await _person_of(hass, context)
    if user is None:
        return
    access.display_for(display.key, caller_of_user(user))
    entity = er.async_get(hass).async_get_entity_id(Platform.BUTTON, DOMAIN, f"display:{display.key}:stop")
    if not user.permissions.check_entity(entity or "", POLICY_CONTROL):
        raise DisplayNotControlledError(
            "You can view this display but not control it. Ask your administrator.", display=display.name
        )


async def caller_of_context(hass: HomeAssistant, context: Context) -> Caller:
    """Return the caller of an action: the person in its context, or an automation that ran by itself.

    Raises:
        NotAllowedError: the person no longer exists.
    """
    user = await _person_of(hass, context)
    return caller_of_user(user) if user else Caller(kind="automation", key="automation", functions=False)


async def _person_of(hass: HomeAssistant, context: Context) -> User | None:
    """Return the person in a context, or None for an automation. A person who was removed is an error."""
    if context.user_id is None:
        return None
    user = await hass.auth.async_get_user(context.user_id)
    if user is None:
        raise PersonGoneError("Your user no longer exists. Sign in again.")
    return user


async def context_of(hass: HomeAssistant, caller: Caller) -> Context:
    """Return the identity for a caller's tools: the person's own, or that of a user created for the display.

    A display's user is in the group of ordinary users, cannot sign in, and shows the display in the logbook.
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
    """Remove the users of displays that no longer exist."""
    names = {f"{_SYSTEM_USER}{key}" for key in kept}
    for user in await hass.auth.async_get_users():
        if user.system_generated and (user.name or "").startswith(_SYSTEM_USER) and user.name not in names:
            await hass.auth.async_remove_user(user)
