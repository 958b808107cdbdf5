"""Who may use which profile, display and tool. Both hosts sign callers in, and ask here what they may do.

| caller | profiles | displays | tools |
|---|---|---|---|
| `owner`, the person at the shell | all | all | none |
| `display`, by its token | its `profile` and `profiles` | itself | with `functions: true` |
| `user`, signed in | those that list no `users`, or this one | the same | with `functions` |
| `automation` that nobody asked for | those with `automations: true` | all | none |

A profile that is not enabled, or switched off, is nobody's. In front of a display a user has that display's profiles,
and on the hub those of its own list, as far as they let this user in.
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
    """The display is for other people's browsers."""

    sentence = "display_not_theirs"


class DisplayLacksProfileError(ProfileNotAllowedError):
    """The display's own list does not have the profile."""

    sentence = "display_lacks_profile"


class Access:
    """What the callers of one `Settings` may do.

    Args:
        settings: The checked settings.
        switched_off: The profiles that give out no secrets for now; the host changes it.
    """

    def __init__(self, settings: Settings, switched_off: AbstractSet[str] = frozenset()) -> None:
        self.settings = settings
        self._switched_off = switched_off

    def profile_for(self, name: str | None, caller: Caller) -> VoiceProfile:
        """The profile that a caller asks for, or its default.

        Raises:
            UnknownProfileError: there is none of that name. Only the owner is told which there are.
            ProfileNotAllowedError: it exists, and not for this caller, or it is switched off.
        """
        allowed = self.profiles_of(caller)
        if not name:
            if not allowed:
                raise ProfileNotAllowedError("No profile is open to you — ask the owner to list you in one.")
            default = self.settings.default_profile
            first = default if caller.kind == "owner" and default in allowed else next(iter(allowed))
            return allowed[first]
        if name in allowed:
            return allowed[name]
        if name in self.settings.profiles:
            state = "is not open to you" if self._is_on(self.settings.profiles[name]) else "is switched off"
            raise ProfileNotAllowedError(f"This profile {state} — ask the owner.")
        near = closest(name, allowed)
        hint = did_you_mean(name, allowed) or "."
        # The name may be a key that somebody pasted.
        raise UnknownProfileError(f"There is no profile of that name{hint}", asked=name_or_dots(name), nearest=near)

    def profiles_of(self, caller: Caller) -> dict[str, VoiceProfile]:
        """What a caller may use, its default first."""
        profiles = self.settings.profiles
        names = profiles if caller.profiles is None else caller.profiles
        return {
            name: profiles[name] for name in names if self._is_on(profiles[name]) and _is_open(profiles[name], caller)
        }

    def _is_on(self, profile: VoiceProfile) -> bool:
        return profile.enabled and profile.key not in self._switched_off

    def display_for(self, key: str, caller: Caller) -> Display:
        """The display that a caller's browser may be, or that a caller may command.

        Raises:
            UnknownDisplayError: there is none of that name.
            DisplayNotTheirsError: it is for other people's browsers, or another display.
        """
        display = self.settings.displays.get(key)
        if display is None:
            raise UnknownDisplayError("There is no display of that name — see `displays:` in the YAML.")
        if not _may_be(display, caller):
            raise DisplayNotTheirsError(
                "This display is not for you — ask the owner to list you in its `users`.", display=display.name
            )
        return display

    def before(self, key: str, caller: Caller) -> Caller:
        """A person before a display has its profiles, its default first; see `display_for`."""
        if not key:
            return caller
        display = self.display_for(key, caller)
        return replace(caller, display=display.key, profiles=display.profiles)

    def profile_at(self, display: Display, name: str, caller: Caller) -> VoiceProfile:
        """The profile that a caller may let a display begin with; an empty name takes the display's own.

        Raises:
            UnknownProfileError, ProfileNotAllowedError: see `profile_for`.
            DisplayLacksProfileError: it is none of the display's.
        """
        # The display fetches the secret under its own name: that the profile is there and on is all that matters.
        profile = self.profile_for(name or display.profile, _OWNER)
        if profile.key not in display.profiles:
            raise DisplayLacksProfileError(
                "The display may not use this profile — list it in the display's `profiles`.",
                display=display.name,
                profile=profile.key,
            )
        return self.profile_for(profile.key, caller) if caller.kind == "user" else profile

    def displays_of(self, caller: Caller) -> list[Display]:
        """The displays that a caller's browser may be, by their names."""
        theirs = (display for display in self.settings.displays.values() if _may_be(display, caller))
        return sorted(theirs, key=lambda display: display.name.casefold())

    def display_at(self, caller: Caller) -> Display:
        """The display that asks, by its own token.

        Raises:
            NotAllowedError: it is a person.
        """
        if caller.kind != "display":
            raise NotAllowedError("This is for displays, by a token of their own.")
        return self.settings.displays[caller.display]

    def display_still(self, opened: Display) -> Display:
        """The display as it is now, for a page that its token has opened.

        Raises:
            UnknownDisplayError: there is none of that name any more.
            NotAllowedError: that token does not open it any more.
        """
        display = self.settings.displays.get(opened.key)
        if display is None:
            raise UnknownDisplayError("There is no display of that name — see `displays:` in the YAML.")
        if display.token != opened.token:
            raise NotAllowedError("This display has another token now — open its page with that one.")
        return display


def _is_open(profile: VoiceProfile, caller: Caller) -> bool:
    """Whether a profile lets this kind of caller in; displays are bound by their own lists."""
    if caller.kind == "automation":
        return profile.automations
    return caller.kind != "user" or not profile.users or caller.is_among(profile.users)


def _may_be(display: Display, caller: Caller) -> bool:
    """Whether a caller's browser may be a display."""
    if caller.kind == "display":
        return caller.display == display.key
    return caller.kind != "user" or not display.users or caller.is_among(display.users)


def check_tools(caller: Caller) -> None:
    """Whether a caller may use tools at all.

    Raises:
        NotAllowedError: it may not.
    """
    if not caller.functions:
        raise NotAllowedError("This token may not use functions — set `functions: true` for its display or user.")
