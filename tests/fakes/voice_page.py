"""A page with a voice in it, the kiosk's or a card's: what people do and see there, and what it holds meanwhile.

Nothing here looks at what is only for a moment: states are remembered until somebody waits for them, and so is how loud
the assistant was. A test on a slow machine sees the same as one on a fast machine.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Locator, Page

PROBE: Final = Path(__file__).parents[1] / "browser" / "voice_probe.js"
"""What notes all of it: every such page loads it before its own scripts."""
PATIENCE_S: Final = 60.0
LOUD: Final = 0.01
"""Above it one hears something, from 0 to 1."""
_LOGGER: Final = logging.getLogger(__name__)


async def until(ask: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """Ask again until the answer is true, and return it. `ask` may be a coroutine function."""
    ends = time.monotonic() + patience_s
    while True:
        answer = ask()
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer:
            return answer
        assert time.monotonic() < ends, f"waited in vain for {what}"
        await asyncio.sleep(0.02)


@dataclass
class PageWithVoice:
    """A page with one `<navai-voice>`. Its microphone opens when the call stands: what it hears, it hears only once."""

    page: Page

    @property
    def voice(self) -> Locator:
        return self.page.locator("navai-voice")

    async def session(self, member: str) -> Any:
        """A member of the page's session, such as `muted`."""
        return await self.voice.evaluate(f"(voice) => voice._session.{member}")

    async def state(self) -> str:
        found: str = await self.session("state")
        return found

    async def wait_for(self, *states: str, patience_s: float = PATIENCE_S) -> str:
        """Wait until it is in one of these states, or has been since the last wait or tap, and return it."""
        ends = time.monotonic() + patience_s
        while not (found := await self.page.evaluate("(states) => navaiProbe.passed(states)", states)):
            assert time.monotonic() < ends, (
                f"waited in vain for {states}; it was {(await self.states())[-8:]}, {await self.shown('trouble')}"
            )
            await asyncio.sleep(0.02)
        return str(found)

    async def states(self) -> list[str]:
        """All states so far, in order."""
        noted: list[str] = await self.page.evaluate("() => navaiProbe.states.map(({ state }) => state)")
        return [state for at, state in enumerate(noted) if at == 0 or noted[at - 1] != state]

    async def events(self, kind: str) -> list[float]:
        """When events of a kind came over the data channel, in ms of the page."""
        noted: list[dict[str, Any]] = await self.page.evaluate("() => navaiProbe.events")
        return [event["at"] for event in noted if event["type"] == kind]

    async def now(self) -> float:
        """The time, in ms of the page."""
        found: float = await self.page.evaluate("() => performance.now()")
        return found

    async def tap(self) -> None:
        """Touch the big button."""
        await self.page.evaluate("() => { navaiProbe.waited = navaiProbe.states.length; }")
        await self.voice.locator(".orb").click()

    async def press(self, name: str) -> None:
        """Touch one of the small buttons: `mute`, `stop`, `sound`, `device-check`."""
        await self.voice.locator(f".{name}").click()

    async def shown(self, part: str) -> str:
        """The text of a part of the voice (`name`, `state`, `trouble`, `greeting`), empty while it is hidden."""
        found = self.voice.locator(f".{part}")
        return await found.inner_text() if await found.is_visible() else ""

    async def captions(self) -> list[tuple[str, str]]:
        """Who said what, as it stands on the screen."""
        rows = await self.voice.locator(".captions li").evaluate_all(
            "items => items.map(item => [...item.children].map(child => child.textContent))"
        )
        return [(who, text) for who, text in rows]

    async def said(self, who: str, text: str) -> None:
        """Wait until somebody has said it."""

        async def there() -> bool:
            return (who, text) in await self.captions()

        await until(there, f"{who}: {text}")

    async def open_microphone_at_once(self) -> None:
        """From now on, do not wait for the call: as where a person has allowed it, and the provider is slow."""
        await self.page.evaluate("() => { navaiProbe.patient = false; }")

    async def meter(self) -> None:
        """Note from now on how loud the assistant is, for `hear`: ask for it before the tap."""
        await self.voice.evaluate("(voice) => navaiProbe.meter(voice)")

    async def hear(self, least: float = 0.05, since: float = 0.0) -> float:
        """Wait until its voice was at least so loud (0 to 1) since a time of the page, and return how loud.

        It is heard in the room, and the voice's own level, which a person sees, has noticed.
        """
        given = {"least": least, "since": since}
        found: float = await until(
            lambda: self.page.evaluate("({ least, since }) => navaiProbe.heard(least, since)", given), "a voice"
        )
        return found

    async def silent_ms(self) -> float:
        """How long the voice was heard after the server noticed that somebody speaks into it; the answer has begun."""
        spoke = (await self.events("input_audio_buffer.speech_started"))[1]
        begun, again = (await self.events("output_audio_buffer.started"))[:2]
        noted: list[dict[str, Any]] = await self.page.evaluate("() => navaiProbe.loudness")
        assert any(_heard(each) for each in noted if begun <= each["at"] <= spoke)
        assert await self.events("output_audio_buffer.cleared")  # it had more to say
        arrived = [each for each in noted if each["level"] > LOUD and each["at"] < again]
        silent_ms = max(each["at"] for each in arrived if _heard(each)) - spoke
        nothing_ms = arrived[-1]["at"] - spoke
        _LOGGER.info("silent %d ms after speech_started, nothing arrived after %d ms", silent_ms, nothing_ms)
        return float(silent_ms)

    async def held(self) -> dict[str, int]:
        """How many it holds now: `peers`, live `tracks` of the microphone, `locks` on the screen, audio `contexts`."""
        found: dict[str, int] = await self.page.evaluate(
            """() => ({
              peers: navaiProbe.peers.size,
              tracks: [...navaiProbe.tracks].filter((track) => track.readyState === "live").length,
              locks: navaiProbe.locks.size,
              contexts: navaiProbe.contexts.size,
            })"""
        )
        return found

    async def holds(self, **counts: int) -> None:
        """Wait until it holds so many."""

        found: dict[str, int] = {}

        async def held() -> bool:
            nonlocal found
            found = await self.held()
            return found.items() >= counts.items()

        try:
            await until(held, f"{counts} to be held")
        except AssertionError as vain:
            raise AssertionError(f"{vain}; it held {found}") from None

    async def let_go(self) -> None:
        """Wait until it holds nothing any more: browsers take their time."""
        await self.holds(peers=0, tracks=0, locks=0, contexts=0)


def _heard(noted: dict[str, Any]) -> bool:
    return bool(noted["level"] > LOUD and not noted["silenced"])
