"""The displays that are connected now. They receive starts, stops, and changes of the configuration."""

import asyncio
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field
from typing import Any, Final

from ..exceptions import UnknownSessionError
from ..models import Display, Settings

ANSWER_TIMEOUT_S: Final = 5.0
"""How long a display may take to respond to a command."""

Send = Callable[[dict[str, Any]], None]
"""Sends an event to a browser."""
Find = Callable[[Settings], Display]
"""Finds the display in the settings for the person who opened it; raises NavaiError if they may not use it."""


@dataclass(slots=True, eq=False)
class Screen:
    """One browser that shows a display."""

    display: str
    send: Send = field(repr=False)
    owner: Hashable = field(repr=False)
    """Its connection. Only this one responds for it."""
    find: Find = field(repr=False)
    """Finds the display again after the YAML has changed."""
    secure: bool = True
    """Whether its page can use the microphone: not over plain HTTP."""
    removed: bool = False
    """Whether it was notified that its display no longer exists. A changed YAML may bring it back."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """A start that a display responded to, perhaps by ringing."""

    request: str
    profile: str
    owner: Hashable


@dataclass(slots=True)
class _Command:
    """A command that waits for an answer."""

    left: dict[Hashable, int]
    """How many screens of a connection must report that they do not talk, until that counts."""
    answer: asyncio.Future[bool]
    by: Hashable = None
    """The connection that responded."""


class Displays:
    """Keeps the screens.

    Args:
        changed: Called with a display that was connected or disconnected, or whose page has another address.
    """

    def __init__(self, changed: Callable[[str], None]) -> None:
        self._changed = changed
        self._screens: dict[str, dict[Screen, None]] = {}
        """The screens of each display, the latest last."""
        self._secure: dict[str, bool] = {}
        self._taken: dict[str, _Taken] = {}
        """The latest start that each display responded to."""
        self._asked: dict[str, _Command] = {}

    def add(self, screen: Screen) -> Callable[[], None]:
        """Add a browser. Returns a function to call when it leaves."""
        display = screen.display
        before = self._looks(display)
        self._screens.setdefault(display, {})[screen] = None
        self._secure[display] = screen.secure
        self._notify_if_changed(display, before)

        def leave() -> None:
            before = self._looks(display)
            screens = self._screens[display]
            del screens[screen]
            if not screens:
                del self._screens[display]
            self._notify_if_changed(display, before)

        return leave

    def _looks(self, display: str) -> tuple[bool, bool | None]:
        """What others may know about a display."""
        return self.connected(display), self._secure.get(display)

    def _notify_if_changed(self, display: str, before: tuple[bool, bool | None]) -> None:
        if self._looks(display) != before:
            self._changed(display)

    def forget_others(self, kept: Collection[str]) -> None:
        """Forget displays that no longer exist, unless a page still shows them: they may come back."""
        self._secure = {key: secure for key, secure in self._secure.items() if key in kept or key in self._screens}
        self._taken = {key: taken for key, taken in self._taken.items() if key in kept}

    def connected(self, display: str) -> bool:
        """Whether a browser shows the display now."""
        return any(not screen.removed for screen in self._screens.get(display, ()))

    def is_secure(self, display: str) -> bool | None:
        """Whether a display's latest page, which may be closed now, can use the microphone: not over plain HTTP.

        None if nobody has opened the display yet.
        """
        return self._secure.get(display)

    def send_all(self, event_of: Callable[[Screen], dict[str, Any]]) -> None:
        """Send every screen its own event."""
        for display, screens in list(self._screens.items()):
            for screen in list(screens):
                event = event_of(screen)
                screen.removed = event["type"] == "removed"
                screen.send(event)
            self._changed(display)

    def send(self, display: str, event: dict[str, Any]) -> None:
        """Send an event to every browser that shows a display."""
        for screen in self._of(display):
            screen.send(event)

    def send_to(self, owner: Hashable, display: str, event: dict[str, Any]) -> None:
        """Send an event to one connection's browser, if it shows a display."""
        for screen in self._of(display):
            if screen.owner == owner:
                screen.send(event)

    def _of(self, display: str) -> list[Screen]:
        return [screen for screen in self._screens.get(display, ()) if not screen.removed]

    async def start(
        self, display: str, event: dict[str, Any], request: str, talking: tuple[Hashable, str] | None = None
    ) -> bool:
        """Start a conversation on a display: in the browser that already talks, or else the latest with a microphone.

        Args:
            display: Its key.
            event: The event to send, without the request's id; it has the `profile`.
            request: An id that the browser reports back.
            talking: The connection and the id of the current conversation, if there is one.

        Returns:
            Whether the display responded in time. False while no browser shows the display.
        """
        screens = self._of(display)
        if talking:
            holder, session = talking
            # A browser may show the display several times. Only the screen with that conversation responds.
            held = [screen for screen in screens if screen.owner == holder]
            responded = await self._ask(display, held, {**event, "session": session}, request, {holder: len(held)})
            if responded is not None:
                return responded
            # The browser with the conversation does not respond: try another one.
            screens = [screen for screen in self._of(display) if screen.owner != holder] or self._of(display)
        able = ([screen for screen in screens if screen.secure] or screens)[-1:]
        return await self._ask(display, able, event, request, {screen.owner: 1 for screen in able}) or False

    async def stop(self, display: str, request: str, holder: Hashable | None) -> bool:
        """End the conversation in every browser that shows a display.

        Args:
            display: Its key.
            request: An id that the browsers report back.
            holder: The connection with the conversation. If there is one, only its response counts.

        Returns:
            Whether the display responded in time.
        """
        screens = self._of(display)
        held = sum(screen.owner == holder for screen in screens)
        left = {holder: held} if held else {screen.owner: 1 for screen in screens}
        return await self._ask(display, screens, {"type": "stop"}, request, left) or False

    async def _ask(
        self, display: str, screens: list[Screen], event: dict[str, Any], request: str, left: dict[Hashable, int]
    ) -> bool | None:
        """Send a command, and wait for a response; None if there is none."""
        if not screens:
            return None
        asked = self._asked[request] = _Command(left, asyncio.get_running_loop().create_future())
        try:
            for screen in screens:
                screen.send({**event, "request": request})
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                responded = await asked.answer
        except TimeoutError:
            return None
        finally:
            del self._asked[request]
        if responded and event["type"] == "start":
            self._taken[display] = _Taken(request, event["profile"], asked.by)
        return responded

    def answered(self, request: str, owner: Hashable, *, done: bool = True, talks: bool = True) -> None:
        """A display responded to the command with that id, or failed to do it. Other connections do not count.

        Args:
            request: The id.
            owner: The connection that reports it.
            done: Whether it did what the command asked for.
            talks: Whether it reports a conversation. One without may be one of several screens in its browser.
        """
        asked = self._asked.get(request)
        if asked is None or owner not in asked.left or asked.answer.done():
            return
        asked.left[owner] -= 1
        if talks or not done or asked.left[owner] <= 0:
            asked.by = owner
            asked.answer.set_result(done)

    def started(self, display: str, owner: Hashable) -> None:
        """A conversation has started in one browser of a display: its other browsers must stop ringing."""
        taken = self._taken.get(display)
        if taken and taken.owner != owner:
            del self._taken[display]
            self.send_to(taken.owner, display, {"type": "elsewhere"})

    def missed(self, display: str, request: str | None) -> str:
        """Nobody answered a display that rang. It may report this over another connection than the command came over.

        Args:
            display: The display that rang.
            request: The id of the command that it rang for.

        Returns:
            The profile that was requested.

        Raises:
            UnknownSessionError: it received no such command, or has already reported it.
        """
        taken = self._taken.get(display)
        if taken is None or taken.request != request:
            raise UnknownSessionError("No display rings for this request. Send the id of the start.")
        del self._taken[display]
        return taken.profile
