"""The displays that are connected now: who hears a start, a stop, and a changed configuration."""

import asyncio
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field
from typing import Any, Final

from ..exceptions import UnknownSessionError
from ..models import Display, Settings

ANSWER_TIMEOUT_S: Final = 5.0
"""How long a display may take to say that it took a command."""

Send = Callable[[dict[str, Any]], None]
"""Passes an event on to a browser."""
Find = Callable[[Settings], Display]
"""Finds the display in the settings for whoever opened a browser as it; raises NavaiError where it is not theirs."""


@dataclass(slots=True, eq=False)
class Screen:
    """One browser that shows a display."""

    display: str
    send: Send = field(repr=False)
    owner: Hashable = field(repr=False)
    """The connection that it came over; only that one answers for it."""
    find: Find = field(repr=False)
    """What became of the display, after the YAML has changed."""
    secure: bool = True
    """Whether its page may use the microphone: not over plain HTTP."""
    removed: bool = False
    """Whether it was told that it is no such display any more; a changed YAML may bring it back."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """A start that a display took, perhaps by ringing."""

    request: str
    profile: str
    owner: Hashable


@dataclass(slots=True)
class _Asked:
    """A command that waits for an answer."""

    left: dict[Hashable, int]
    """How many screens of a connection have to say that they do not talk, until that counts."""
    answer: asyncio.Future[bool]
    by: Hashable = None
    """The connection that answered."""


class Displays:
    """Keeps the screens.

    Args:
        changed: Called with a display that is connected now and was not, or the other way round, or whose page has
            another address.
    """

    def __init__(self, changed: Callable[[str], None]) -> None:
        self._changed = changed
        self._screens: dict[str, dict[Screen, None]] = {}
        """Those of each display, the latest last."""
        self._secure: dict[str, bool] = {}
        self._taken: dict[str, _Taken] = {}
        """The latest start that each display took."""
        self._asked: dict[str, _Asked] = {}

    def add(self, screen: Screen) -> Callable[[], None]:
        """A browser announces itself; returns what to call when it leaves."""
        display = screen.display
        before = self._looks(display)
        self._screens.setdefault(display, {})[screen] = None
        self._secure[display] = screen.secure
        self._tell_if_changed(display, before)

        def leave() -> None:
            before = self._looks(display)
            screens = self._screens[display]
            del screens[screen]
            if not screens:
                del self._screens[display]
            self._tell_if_changed(display, before)

        return leave

    def _looks(self, display: str) -> tuple[bool, bool | None]:
        """What others are told of a display."""
        return self.connected(display), self._secure.get(display)

    def _tell_if_changed(self, display: str, before: tuple[bool, bool | None]) -> None:
        if self._looks(display) != before:
            self._changed(display)

    def forget_others(self, kept: Collection[str]) -> None:
        """Drop what is known of displays that are no more, unless a page still shows them: they may come back."""
        self._secure = {key: secure for key, secure in self._secure.items() if key in kept or key in self._screens}
        self._taken = {key: taken for key, taken in self._taken.items() if key in kept}

    def connected(self, display: str) -> bool:
        """Whether a browser shows the display now."""
        return any(not screen.removed for screen in self._screens.get(display, ()))

    def is_secure(self, display: str) -> bool | None:
        """Whether a display's latest page, which may be closed by now, may use the microphone: not over plain HTTP.

        None for one that nobody has opened yet.
        """
        return self._secure.get(display)

    def tell_all(self, event_of: Callable[[Screen], dict[str, Any]]) -> None:
        """Send every screen what concerns it."""
        for display, screens in list(self._screens.items()):
            for screen in list(screens):
                event = event_of(screen)
                screen.removed = event["type"] == "removed"
                screen.send(event)
            self._changed(display)

    def tell(self, display: str, event: dict[str, Any]) -> None:
        """Send an event to every browser that shows a display."""
        for screen in self._of(display):
            screen.send(event)

    def tell_owner(self, owner: Hashable, display: str, event: dict[str, Any]) -> None:
        """Send an event to one connection's browser, if it shows a display."""
        for screen in self._of(display):
            if screen.owner == owner:
                screen.send(event)

    def _of(self, display: str) -> list[Screen]:
        return [screen for screen in self._screens.get(display, ()) if not screen.removed]

    async def start(
        self, display: str, event: dict[str, Any], request: str, talking: tuple[Hashable, str] | None = None
    ) -> bool:
        """Let a display begin a conversation: the browser that talks already, or else the latest with a microphone.

        Args:
            display: Its key.
            event: What to send, without the request's id; it names the `profile`.
            request: An id that the browser reports back.
            talking: The connection and the id of the conversation under way, if there is one.

        Returns:
            Whether it took it in time; never, while no browser shows the display.
        """
        screens = self._of(display)
        if talking:
            holder, session = talking
            # A browser may show the display several times; only where that conversation is one takes it.
            held = [screen for screen in screens if screen.owner == holder]
            took = await self._ask(display, held, {**event, "session": session}, request, {holder: len(held)})
            if took is not None:
                return took
            # What holds it gives no answer: any other browser is better.
            screens = [screen for screen in self._of(display) if screen.owner != holder] or self._of(display)
        able = ([screen for screen in screens if screen.secure] or screens)[-1:]
        return await self._ask(display, able, event, request, {screen.owner: 1 for screen in able}) or False

    async def stop(self, display: str, request: str, holder: Hashable | None) -> bool:
        """Let every browser that shows a display end its conversation.

        Args:
            display: Its key.
            request: An id that the browsers report back.
            holder: The connection that holds the conversation; if there is one, only its answer counts.

        Returns:
            Whether it took it in time.
        """
        screens = self._of(display)
        held = sum(screen.owner == holder for screen in screens)
        left = {holder: held} if held else {screen.owner: 1 for screen in screens}
        return await self._ask(display, screens, {"type": "stop"}, request, left) or False

    async def _ask(
        self, display: str, screens: list[Screen], event: dict[str, Any], request: str, left: dict[Hashable, int]
    ) -> bool | None:
        """Send a command, and wait for an answer; None where there is none."""
        if not screens:
            return None
        asked = self._asked[request] = _Asked(left, asyncio.get_running_loop().create_future())
        try:
            for screen in screens:
                screen.send({**event, "request": request})
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                took = await asked.answer
        except TimeoutError:
            return None
        finally:
            del self._asked[request]
        if took and event["type"] == "start":
            self._taken[display] = _Taken(request, event["profile"], asked.by)
        return took

    def answered(self, request: str, owner: Hashable, *, took: bool = True, talks: bool = True) -> None:
        """A display took the command of that id, or could not. What another connection says counts for nothing.

        Args:
            request: The id.
            owner: The connection that says so.
            took: Whether it responded.
            talks: Whether it says so of a conversation. One that holds none may be one of several in its browser.
        """
        asked = self._asked.get(request)
        if asked is None or owner not in asked.left or asked.answer.done():
            return
        asked.left[owner] -= 1
        if talks or not took or asked.left[owner] <= 0:
            asked.by = owner
            asked.answer.set_result(took)

    def began(self, display: str, owner: Hashable) -> None:
        """A conversation has begun at one browser of a display: another one that rings must not ring on."""
        taken = self._taken.get(display)
        if taken and taken.owner != owner:
            del self._taken[display]
            self.tell_owner(taken.owner, display, {"type": "elsewhere"})

    def missed(self, display: str, request: str | None) -> str:
        """Nobody answered a display that rang. It may say so over another connection than it was asked by.

        Args:
            display: Who says so.
            request: The command that it rang for.

        Returns:
            The profile that was asked for.

        Raises:
            UnknownSessionError: it took no such command, or has told already.
        """
        taken = self._taken.get(display)
        if taken is None or taken.request != request:
            raise UnknownSessionError("Nothing rings here by this request — name the one of the start.")
        del self._taken[display]
        return taken.profile
