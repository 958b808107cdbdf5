"""The oldest browsers that navai supports, on the kiosk page of a real hub that talks with a simulator.

Playwright drives Chromium 89 as well, but what it asks a page about its elements needs a newer one: so the tests here
look for themselves, in the same way in every browser.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import chromium_89
import pytest
from bidi import firefox
from playwright.async_api import async_playwright
from speech import write_speech
from voice_page import PATIENCE_S, until
from voice_support import BLOCK, FUNCTIONS, KEY, SCENARIO, TOKEN

from navai_core.config.load import settings_from_block
from navai_core.hub.server import running_hub
from navai_core.simulator import CallSettings, Simulator
from navai_core.simulator.call.script import parse

SPEECH: Final = ((0.5, 1.0),)
WATCHED: Final = """
window.held = new Set();
const stands = new Promise((resolve) => {
  const { createDataChannel } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.createDataChannel = function (...given) {
    const channel = createDataChannel.apply(this, given);
    channel.addEventListener("message", resolve, { once: true });
    return channel;
  };
});
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  await stands;
  const stream = await open(wanted);
  for (const track of stream.getTracks()) held.add(track);
  return stream;
};
"""
"""Opens the microphone when the call stands, as what it hears is heard once; and notes which tracks of it are open."""
SPEAKS: Final = """
// Firefox's pretended microphone sounds without a pause: a second of it is enough.
const tone = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await tone(wanted);
  setTimeout(() => stream.getAudioTracks().forEach((track) => { track.enabled = false; }), 1500);
  return stream;
};
"""
STATES: Final = """(() => {
  const voice = document.querySelector("navai-voice");
  window.states = [voice.getAttribute("state")];
  const note = () => states.push(voice.getAttribute("state"));
  new MutationObserver(note).observe(voice, { attributes: true, attributeFilter: ["state"] });
})()"""


class Driven(Protocol):
    """A browser with one page in it."""

    complaints: list[str]

    async def preload(self, script: str) -> None: ...
    async def open(self, url: str) -> None: ...
    async def size(self, width: int, height: int) -> None: ...
    async def ask(self, expression: str) -> Any: ...
    async def click(self, at: tuple[float, float]) -> None: ...
    async def picture(self, path: Path) -> None: ...


class Chromium89:
    """Chromium 89, driven by Playwright as far as that can."""

    def __init__(self, page: Any) -> None:
        self.complaints: list[str] = []
        self._page = page
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def preload(self, script: str) -> None:
        await self._page.add_init_script(script)

    async def open(self, url: str) -> None:
        await self._page.goto(url)

    async def size(self, width: int, height: int) -> None:
        await self._page.set_viewport_size({"width": width, "height": height})

    async def ask(self, expression: str) -> Any:
        return await self._page.evaluate(expression)

    async def click(self, at: tuple[float, float]) -> None:
        await self._page.mouse.click(*at)

    async def picture(self, path: Path) -> None:
        await self._page.screenshot(path=path)


@asynccontextmanager
async def _chromium_89(folder: Path) -> AsyncIterator[Driven]:
    if not chromium_89.runs_here():
        pytest.skip("There is a Chromium 89 for Linux on x86-64 only.")
    speech = folder / "speech.wav"
    write_speech(speech, SPEECH)
    arguments = ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    arguments += ["--autoplay-policy=no-user-gesture-required", f"--use-file-for-fake-audio-capture={speech}%noloop"]
    async with async_playwright() as player:
        program = await asyncio.to_thread(chromium_89.program)
        browser = await player.chromium.launch(executable_path=program, args=arguments)
        assert browser.version.startswith("89.")
        context = await browser.new_context(permissions=["microphone"], locale="en")
        yield Chromium89(await context.new_page())
        await browser.close()


@asynccontextmanager
async def _firefox(folder: Path) -> AsyncIterator[Driven]:
    async with firefox(folder) as driven:
        await driven.preload(SPEAKS)
        yield driven


BROWSERS: Final = {"chromium-89": _chromium_89, "firefox-esr": _firefox}


@dataclass
class Kiosk:
    """The kiosk page in one of them."""

    browser: Driven
    url: str
    simulator: Simulator
    name: str
    _there: list[str] = field(default_factory=list)

    async def open(self, **removed: str) -> None:
        """Open it, and wait for its button."""
        await self.browser.preload(WATCHED)
        await self.browser.open(f"{self.url}/navai/kiosk/kitchen#token={TOKEN}")
        await until(lambda: self.browser.ask("document.querySelector('navai-voice') !== null"), "the page")
        await self.browser.ask(STATES)

    async def shown(self, part: str) -> str:
        """The text of a part of the voice, empty while it is hidden."""
        found: str = await self.browser.ask(
            f"""(() => {{
              const part = document.querySelector("navai-voice").shadowRoot.querySelector(".{part}");
              return part.offsetParent === null ? "" : part.innerText;
            }})()"""
        )
        return found

    async def style(self, part: str, name: str) -> str:
        """What a part of the voice looks like in one respect."""
        found: str = await self.browser.ask(
            f"getComputedStyle(document.querySelector('navai-voice').shadowRoot.querySelector('.{part}')).{name}"
        )
        return found

    async def press(self, part: str) -> None:
        """Touch a button of the voice, as a person does."""
        box = await self.browser.ask(
            f"""(() => {{
              const part = document.querySelector("navai-voice").shadowRoot.querySelector(".{part}");
              const {{ x, y, width, height }} = part.getBoundingClientRect();
              return [x + width / 2, y + height / 2];
            }})()"""
        )
        await self.browser.click((box[0], box[1]))

    async def wait_for(self, state: str) -> None:
        """Wait until it is or was in a state."""

        ends = time.monotonic() + PATIENCE_S
        while state not in (states := await self.browser.ask("states")):
            trouble = await self.shown("trouble")
            assert time.monotonic() < ends, f"{state}: {states}, {trouble}, {self.browser.complaints}"
            await asyncio.sleep(0.05)

    async def captions(self) -> list[list[str]]:
        """Who said what."""
        found: list[list[str]] = await self.browser.ask(
            """[...document.querySelector("navai-voice").shadowRoot.querySelectorAll(".captions li")]
              .map((item) => [...item.children].map((child) => child.textContent))"""
        )
        return found

    async def picture(self, name: str) -> None:
        """Take one, where the environment's NAVAI_TEST_PICTURES names a folder for them."""
        if folder := os.environ.get("NAVAI_TEST_PICTURES"):
            await self.browser.picture(Path(folder) / f"{name}-{self.name}.png")


@asynccontextmanager
async def kiosk_in(name: str, folder: Path) -> AsyncIterator[Kiosk]:
    """One of `BROWSERS`, a hub and a simulator."""
    (folder / "house.py").write_text(FUNCTIONS)
    settings = CallSettings(scenario=parse(SCENARIO))
    async with Simulator(api_keys={KEY}, seed=1, call_settings=settings) as simulator:
        block = {**BLOCK, "base_url": simulator.base_url, "hub": {"port": 0, "functions": ["house.py"]}}
        async with (
            running_hub(settings_from_block(block, environ={}), folder) as hub,
            BROWSERS[name](folder) as browser,
        ):
            yield Kiosk(browser, hub.url, simulator, name)
