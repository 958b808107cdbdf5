"""A dashboard with the card in it, in a browser whose microphone hears something."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ha_browser import HaBrowser
from playwright.async_api import Locator
from speech import write_speech
from voice_page import PageWithVoice


def microphone(folder: Path, *bursts: tuple[float, float], autoplay: bool = True) -> tuple[str, ...]:
    """Chromium's arguments for a microphone that hears pairs of silence and speech, in seconds, each time."""
    file = folder / "speech.wav"
    write_speech(file, bursts)
    found = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    found.append(f"--use-file-for-fake-audio-capture={file}%noloop")
    found += ["--autoplay-policy=no-user-gesture-required"] if autoplay else []
    return tuple(found)


@dataclass
class CardPage(PageWithVoice):
    """A page, and one card on it."""

    selector: str = "navai-card"
    """Which one, where there are several."""

    @classmethod
    async def open(cls, browser: HaBrowser, path: str) -> Self:
        """Open a dashboard and wait until its card is one."""
        made = cls(await browser.open(path))
        await made.voice.locator(".orb").wait_for()
        return made

    @property
    def card(self) -> Locator:
        return self.page.locator(f"hui-card {self.selector}")

    @property
    def voice(self) -> Locator:
        return self.card.locator("navai-voice")

    async def trouble(self) -> str:
        """Wait for the message that something is wrong."""
        await self.voice.locator(".trouble").wait_for()
        return await self.shown("trouble")
