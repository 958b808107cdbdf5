"""The displays that are connected now: who hears a start, a stop, and a changed configuration."""

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.auth.models import User

from .navai_core.exceptions import DisplayNotConnectedError

ANSWER_TIMEOUT_S: Final = 5.0
"""How long a display may take to say that it took a command."""

Send = Callable[[dict[str, Any]], None]
"""Passes an event on to a browser."""


@dataclass(slots=True, eq=False)
class Screen:
    """One browser that shows a display."""

    display: str
    send: Send = field(repr=False)
    owner: Hashable = field(repr=False)
    """The connection that it came over; only that one answers for it."""
    user: User
    secure: bool = True
    """Whether its page may use the microphone: not over plain HTTP."""
    removed: bool = False
    """Whether it was told that it is no such display any more; a changed YAML may bring it back."""


class Displays:
    """Keeps the screens.

    Args:
        changed: Called when a display comes or goes.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._screens: list[Screen] = []
        self._secure: dict[str, bool] = {}
        self._answers: dict[str, tuple[Hashable, asyncio.Future[None]]] = {}

    def add(self, screen: Screen) -> Callable[[], None]:
        """A browser announces itself; returns what to call when it leaves."""
        self._screens.append(screen)
        self._secure[screen.display] = screen.secure
        self._changed()

        def leave() -> None:
            self._screens.remove(screen)
            self._changed()

        return leave

    def connected(self, display: str) -> bool:
        """Whether a browser shows the display now."""
        return any(screen.display == display and not screen.removed for screen in self._screens)

    def insecure(self) -> set[str]:
        """The displays whose latest page was loaded over plain HTTP, even if it is closed by now."""
        return {display for display, secure in self._secure.items() if not secure}

    def secure(self) -> set[str]:
        """The displays whose latest page may use the microphone; one that nobody has opened yet is in neither set."""
        return {display for display, secure in self._secure.items() if secure}

    def tell_all(self, event_of: Callable[[Screen], dict[str, Any]]) -> None:
        """Send every screen what concerns it."""
        for screen in list(self._screens):
            event = event_of(screen)
            screen.removed = event["type"] == "removed"
            screen.send(event)
        self._changed()

    def check(self, display: str) -> None:
        """Whether a display can be told anything.

        Raises:
            DisplayNotConnectedError: no browser shows it.
        """
        self._latest(display)

    def tell(self, display: str, event: dict[str, Any]) -> None:
        """Send an event to the display's latest browser.

        Raises:
            DisplayNotConnectedError: there is none.
        """
        self._latest(display).send(event)

    def _latest(self, display: str) -> Screen:
        for screen in reversed(self._screens):
            if screen.display == display and not screen.removed:
                return screen
        raise DisplayNotConnectedError(
            f"The display {display} is not connected — open its dashboard, or wake it up.", display=display
        )

    async def ask(self, display: str, event: dict[str, Any], request: str) -> bool:
        """Send an event and wait until the display says that it took it.

        Args:
            display: Its key.
            event: What to send, without the request's id.
            request: An id that the display reports back.

        Returns:
            Whether it took it in time.

        Raises:
            DisplayNotConnectedError: no browser shows it.
        """
        screen = self._latest(display)
        answer = asyncio.get_running_loop().create_future()
        self._answers[request] = screen.owner, answer
        try:
            screen.send({**event, "request": request})
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await answer
        except TimeoutError:
            return False
        finally:
            del self._answers[request]
        return True

    def answered(self, request: str, owner: Hashable) -> None:
        """A display took the command of that id. What another connection says of it counts for nothing."""
        asked, answer = self._answers.get(request, (None, None))
        if answer is not None and asked == owner and not answer.done():
            answer.set_result(None)
