"""The displays that are connected now: who hears a start, a stop, and a changed configuration."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

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
    user: str | None
    secure: bool = True
    """Whether its page may use the microphone: not over plain HTTP."""


class Displays:
    """Keeps the screens.

    Args:
        changed: Called when a display comes or goes.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._screens: list[Screen] = []
        self._answers: dict[str, asyncio.Future[None]] = {}

    def add(self, screen: Screen) -> Callable[[], None]:
        """A browser announces itself; returns what to call when it leaves."""
        self._screens.append(screen)
        self._changed()

        def leave() -> None:
            self._screens.remove(screen)
            self._changed()

        return leave

    def connected(self, display: str) -> bool:
        """Whether a browser shows the display now."""
        return any(screen.display == display for screen in self._screens)

    def insecure(self) -> set[str]:
        """The displays whose latest page was loaded over plain HTTP."""
        latest = {screen.display: screen for screen in self._screens}
        return {display for display, screen in latest.items() if not screen.secure}

    def tell_all(self, event_of: Callable[[Screen], dict[str, Any]]) -> None:
        """Send every screen what concerns it."""
        for screen in list(self._screens):
            screen.send(event_of(screen))

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
            if screen.display == display:
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
        answer = self._answers[request] = asyncio.get_running_loop().create_future()
        try:
            self.tell(display, {**event, "request": request})
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await answer
        except TimeoutError:
            return False
        finally:
            del self._answers[request]
        return True

    def answered(self, request: str) -> None:
        """A display took the command of that id."""
        answer = self._answers.get(request)
        if answer is not None and not answer.done():
            answer.set_result(None)
