"""A dashboard with the card in it: what a person sees and does there, and what the page holds meanwhile."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, Self

from ha_browser import HaBrowser
from playwright.async_api import Page
from speech import write_speech

from scripts.lib.bundling import ROOT

PROBE: Final = ROOT / "tests" / "browser" / "voice_probe.js"
PATIENCE_S: Final = 30.0


def microphone(folder: Path, *bursts: tuple[float, float], autoplay: bool = True) -> tuple[str, ...]:
    """Chromium's arguments for a microphone that hears pairs of silence and speech, in seconds, each time."""
    file = folder / "speech.wav"
    write_speech(file, bursts)
    found = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    found.append(f"--use-file-for-fake-audio-capture={file}%noloop")
    found += ["--autoplay-policy=no-user-gesture-required"] if autoplay else []
    return tuple(found)


async def until[T](ask: Callable[[], Awaitable[T]], what: str, patience_s: float = PATIENCE_S) -> T:
    """Ask again until the answer is true, and return it."""
    ends = time.monotonic() + patience_s
    while not (answer := await ask()):
        assert time.monotonic() < ends, f"waited in vain for {what}"
        await asyncio.sleep(0.02)
    return answer


class CardPage:
    """One page with one card."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.card = page.locator("hui-card navai-card")
        self.voice = self.card.locator("navai-voice")

    @classmethod
    async def open(cls, browser: HaBrowser, path: str) -> Self:
        """Open a dashboard and wait until its card is one."""
        await browser.context.add_init_script(path=PROBE)
        made = cls(await browser.open(path))
        await made.voice.locator(".orb").wait_for()
        return made

    async def session(self, member: str) -> Any:
        """A member of the card's session, such as `state` or `levels.of("output")`."""
        return await self.voice.evaluate(f"(voice) => voice._session.{member}")

    async def wait_for(self, *states: str) -> None:
        """Wait until the session is in one of these states."""

        async def reached() -> bool:
            return await self.session("state") in states

        await until(reached, f"{' or '.join(states)}; it is {await self.session('state')}")

    async def states(self) -> list[str]:
        """All states so far, in order."""
        noted: list[str] = await self.page.evaluate("() => navaiProbe.states.map(({ state }) => state)")
        return [state for at, state in enumerate(noted) if at == 0 or noted[at - 1] != state]

    async def tap(self) -> None:
        """Touch the big button."""
        await self.voice.locator(".orb").click()

    async def press(self, name: str) -> None:
        """Touch one of the small buttons: `mute`, `stop`, `sound`, `doctor`."""
        await self.voice.locator(f".{name}").click()

    async def shown(self, part: str) -> str:
        """The text of a part of the voice (`name`, `state`, `trouble`, `greeting`), empty while it is hidden."""
        found = self.voice.locator(f".{part}")
        return await found.inner_text() if await found.is_visible() else ""

    async def trouble(self) -> str:
        """Wait for the message that something is wrong."""
        await self.voice.locator(".trouble").wait_for()
        return await self.shown("trouble")

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

    async def loud(self, least: float = 0.05) -> None:
        """Wait until the assistant is heard (0 to 1)."""

        async def heard() -> bool:
            return bool(await self.session('levels.of("output")') >= least)

        await until(heard, "a voice")

    async def held(self) -> dict[str, int]:
        """How many peer connections and live tracks of the microphone the page has open."""
        found: dict[str, int] = await self.page.evaluate(
            """() => ({
              peers: navaiProbe.peers.size,
              tracks: [...navaiProbe.tracks].filter((track) => track.readyState === "live").length,
            })"""
        )
        return found

    async def let_go(self) -> None:
        """Wait until nothing is open any more."""

        async def nothing() -> bool:
            return await self.held() == {"peers": 0, "tracks": 0}

        await until(nothing, "the end of everything")
