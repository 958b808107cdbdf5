"""Who may use which profile, display and tool. Both hosts sign callers in, and check their permissions here.

| caller | profiles | displays | tools |
|---|---|---|---|
| `owner`, the person at the shell | all | all | none |
| `display`, by its token | its `profile` and `profiles` | itself | with `functions: true` |
| `user`, signed in | those that list no `users`, or this one | the same | with `functions` |
| `automation` that no person started | those with `automations: true` | all | none |

Nobody may use a profile that is not enabled, or is turned off. At a display, a user has the profiles of that display;
on the hub, those of its own list. In both cases the `users` of a profile count too.
"""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Final

from .exceptions import NotAllowedError, ProfileNotAllowedError, UnknownDisplayError, UnknownProfileError
from .models import Caller, Display, Settings, VoiceProfile
from .redact import name_or_dots
from .suggestions import closest, did_you_mean

_OWNER: Final = Caller(kind="owner", key="household")


class DisplayNotTheirsError(NotAllowedError):
    """The display is for other users."""

    sentence = "display_not_theirs"


class DisplayLacksProfileError(ProfileNotAllowedError):
    """The profile is not in the display's list."""

    sentence = "display_lacks_profile"


class Access:
    """What the callers may do with one `Settings`.

    Args:
        settings: The checked settings.
        switched_off: The profiles that are turned off for now; the host changes it.
    """

    def __init__(self, settings: Settings, switched_off: AbstractSet[str] = frozenset()) -> None:
        self.settings = settings
        self._switched_off = switched_off

    def profile_for(self, name: str | None, caller: Caller) -> VoiceProfile:
        """The profile that a caller requests, or its default.

        Raises:
            UnknownProfileError: no profile has that name. The message only suggests profiles of the caller.
            ProfileNotAllowedError: the caller may not use it, or it is turned off.
        """
        allowed = self.profiles_of(caller)
        if not name:
            if not allowed:
                raise ProfileNotAllowedError("You cannot use any profile. Ask your administrator for access.")
            default = self.settings.default_profile
            first = default if caller.kind == "owner" and default in allowed else next(iter(allowed))
            return allowed[first]
        if name in allowed:
            return allowed[name]
        if name in self.settings.profiles:
            is_on = self._is_on(self.settings.profiles[name])
            problem = "You cannot use this profile" if is_on else "This profile is turned off"
            raise ProfileNotAllowedError(f"{problem}. Ask your administrator.")
        near = closest(name, allowed)
        hint = did_you_mean(name, allowed) or "."
        # The name may be a pasted key.
        raise UnknownProfileError(f"No profile has that name{hint}", asked=name_or_dots(name), nearest=near)

    def profiles_of(self, caller: Caller) -> dict[str, VoiceProfile]:
        """The profiles that a caller may use, its default first.

        The caller may come from earlier settings and name profiles that no longer exist: they change during a request.
        """
        profiles = self.settings.profiles
        names = profiles if caller.profiles is None else caller.profiles
        known = (profiles[name] for name in names if name in profiles)
        return {profile.key: profile for profile in known if self._is_on(profile) and _is_open(profile, caller)}

    def _is_on(self, profile: VoiceProfile) -> bool:
        return profile.enabled and profile.key not in self._switched_off

    def display_for(self, key: str, caller: Caller) -> Display:
        """The display, if the caller may use or control it.

        Raises:
            UnknownDisplayError: there is no display with that name.
            DisplayNotTheirsError: it is for other users, or the caller is another display.
        """
        display = self._display(key)
        if not _may_be(display, caller):
            raise DisplayNotTheirsError(
                "You cannot use this display. Ask your administrator to list you in its `users`.", display=display.name
            )
        return display

    def at_display(self, key: str, caller: Caller) -> Caller:
        """A person at a display has the display's profiles, its default first; see `display_for`."""
        if not key:
            return caller
        display = self.display_for(key, caller)
        return replace(caller, display=display.key, profiles=display.profiles)

    def profile_at(self, display: Display, name: str, caller: Caller) -> VoiceProfile:
        """The profile with which a caller may start a conversation on a display; an empty name uses the display's own.

        Raises:
            UnknownProfileError, ProfileNotAllowedError: see `profile_for`.
            DisplayLacksProfileError: the display does not have it.
        """
        # The display gets the secret for itself: the profile only has to exist and be turned on.
        profile = self.profile_for(name or display.profile, _OWNER)
        if profile.key not in display.profiles:
            raise DisplayLacksProfileError(
                "The display cannot use this profile. List it in the display's `profiles`.",
                display=display.name,
                profile=profile.key,
            )
        return self.profile_for(profile.key, caller) if caller.kind == "user" else profile

    def displays_of(self, caller: Caller) -> list[Display]:
        """The displays that a caller may use, sorted by name."""
        theirs = (display for display in self.settings.displays.values() if _may_be(display, caller))
        return sorted(theirs, key=lambda display: display.name.casefold())

    def own_display(self, caller: Caller) -> Display:
        """The display that is the caller, by its own token.

        Raises:
            NotAllowedError: the caller is not a display.
            UnknownDisplayError: the display was removed while the request was read.
        """
        if caller.kind != "display":
            raise NotAllowedError("Only displays can do this. Use the token of a display.")
        return self._display(caller.display)

    def current_display(self, opened: Display) -> Display:
        """The current display, for a page that its token has opened.

        Raises:
            UnknownDisplayError: the display no longer exists.
            NotAllowedError: the display has another token now.
        """
        display = self._display(opened.key)
        if display.token != opened.token:
            raise NotAllowedError("This display has a new token. Open its page with the new token.")
        return display

    def _display(self, key: str) -> Display:
        display = self.settings.displays.get(key)
        if display is None:
            raise UnknownDisplayError("There is no display with that name. Check `displays:` in the YAML.")
        return display


def _is_open(profile: VoiceProfile, caller: Caller) -> bool:
    """Whether this caller may use a profile; displays have their own lists."""
    if caller.kind == "automation":
        return profile.automations
    return caller.kind != "user" or not profile.users or caller.is_among(profile.users)


def _may_be(display: Display, caller: Caller) -> bool:
    """Whether a caller may use a display."""
    if caller.kind == "display":
        return caller.display == display.key
    return caller.kind != "user" or not display.users or caller.is_among(display.users)


def check_tools(caller: Caller) -> None:
    """Check that a caller may use tools at all.

    Raises:
        NotAllowedError: it may not.
    """
    if not caller.functions:
        raise NotAllowedError("This token cannot use functions. Set `functions: true` for its display or user.")
