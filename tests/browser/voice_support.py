"""A real hub, a simulator that talks, and Chromium whose microphone plays a file: what the tests of a voice share.

    async with voice_stage(tmp_path, speech=[(1.0, 1.5)]) as stage:
        kiosk = await stage.open()
        await kiosk.tap()
        await kiosk.wait_for("speaking")

Whatever a page writes to its console as an error or a warning fails the test, unless it was `expected`; so does an
exception that nobody caught, and what the content security policy forbids, which is written there too.
"""

import hashlib
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Playwright, async_playwright
from secret_watch import WATCH
from speech import write_speech
from voice_page import PATIENCE_S, PROBE, PageWithVoice

from navai_core.config.load import settings_from_block
from navai_core.hub.server import Running, reload_hub, running_hub
from navai_core.models import Settings
from navai_core.simulator import CallSettings, Simulator
from navai_core.simulator.call.call import Call
from navai_core.simulator.call.script import parse

KEY: Final = WATCH.secret("sk-voice-0123456789abcdef")
TOKEN: Final = WATCH.secret("tok_voice_Xq7mZt2LxW9")
SPEECH: Final = ((1.0, 1.5),)
SCENARIO: Final = {
    "greeting": "Hello from the kitchen.",
    "turns": [
        {"heard": "What shall we cook?", "say": "How about soup with bread and a little cheese?"},
        {"heard": "And then?", "say": "Then there are apples."},
    ],
}
FUNCTIONS: Final = '''
def set_timer(minutes: int) -> str:
    """Set a timer."""
    return f"timer of {minutes} minutes"
'''
BLOCK: Final[Mapping[str, Any]] = {
    "api_key": KEY,
    "defaults": {"model": "gpt-realtime-2.1", "transcription": "gpt-transcribe"},
    "profiles": {
        "kitchen": {"name": "Kitchen helper", "language": "English"},
        "bedtime": {"name": "Bedtime stories"},
    },
    "displays": {"hall": {"profile": "kitchen", "token": TOKEN, "functions": True}},
}


@dataclass(frozen=True, kw_only=True)
class Device:
    """The browser of a display, and what it lacks."""

    speech: Sequence[tuple[float, float]] = SPEECH
    """What the microphone hears whenever it is opened: pairs of silence and speech, in seconds."""
    microphone: bool = True
    """Whether there is one."""
    granted: bool = True
    """Whether the page may use it; otherwise the browser refuses without asking."""
    room: bool = True
    """Whether the microphone hears the room in a silence, or nothing at all."""
    autoplay: bool = True
    """Whether pages may play sound before anybody has touched them."""
    each_touched: bool = False
    """Whether each audio element needs a touch of its own, as in the page of an Android app."""
    more: tuple[str, ...] = ()
    """More of Chromium's arguments."""

    def arguments(self, folder: Path) -> tuple[str, ...]:
        """Chromium's. `folder` takes a file for each microphone."""
        # The only pages it sees are ours, and root has no sandbox.
        found = ["--no-sandbox", *self.more]
        if self.microphone:
            heard = repr((*map(tuple, self.speech), self.room))
            file = folder / f"{hashlib.sha256(heard.encode()).hexdigest()[:16]}.wav"
            if not file.exists():
                write_speech(file, self.speech, room=self.room)
            found += ["--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={file}%noloop"]
        found.append("--use-fake-ui-for-media-stream" if self.granted else "--deny-permission-prompts")
        policy = "no-user-gesture-required" if self.autoplay else "document-user-activation-required"
        policy = "user-gesture-required" if self.each_touched else policy
        return (*found, f"--autoplay-policy={policy}")


class Browsers:
    """The browsers of all tests: starting one costs more than most tests do. What a page keeps ends with its context.

    Args:
        player: What starts them.
        folder: For the files of their microphones.
    """

    MOST: Final = 3
    """So many stay open, those that were used last."""

    def __init__(self, player: Playwright, folder: Path) -> None:
        self._player = player
        self._folder = folder
        self._open: dict[tuple[str, ...], Browser] = {}

    async def of(self, device: Device) -> Browser:
        """Chromium, as the device has it, without any page."""
        arguments = device.arguments(self._folder)
        found = self._open.pop(arguments, None)
        if found is None or not found.is_connected():
            found = await self._player.chromium.launch(
                executable_path=os.environ.get("NAVAI_TEST_CHROMIUM") or "/usr/bin/chromium", args=list(arguments)
            )
        self._open[arguments] = found
        for oldest in list(self._open)[: -self.MOST]:
            await self._open.pop(oldest).close()
        return found

    async def close(self) -> None:
        """End them."""
        while self._open:
            await self._open.popitem()[1].close()


_shared: Browsers | None = None


@asynccontextmanager
async def shared_browsers(folder: Path) -> AsyncIterator[None]:
    """Keep browsers for `voice_stage` until the block ends."""
    global _shared  # noqa: PLW0603
    async with async_playwright() as player:
        _shared = Browsers(player, folder)
        yield
        await _shared.close()
        _shared = None


@asynccontextmanager
async def shared_browser(device: Device | None = None) -> AsyncIterator[Browser]:
    """Chromium, as the device has it; its pages end with the block."""
    assert _shared is not None
    browser = await _shared.of(device or Device())
    try:
        yield browser
    finally:
        for context in browser.contexts:
            await context.close()


@dataclass
class VoicePage(PageWithVoice):
    """The hub's kiosk, or anything that has a `<navai-voice>`."""

    expected: list[str] = field(default_factory=list)
    """Patterns of console messages that may come."""
    unexpected: list[str] = field(default_factory=list)

    @classmethod
    async def of(cls, context: BrowserContext, expected: Sequence[str] = ()) -> Self:
        """A new page, watched from the beginning; it is empty."""
        await context.add_init_script(path=PROBE)
        made = cls(await context.new_page(), list(expected))
        made.page.set_default_timeout(PATIENCE_S * 1_000)
        made.page.on("console", made._console)
        made.page.on("pageerror", lambda error: made.unexpected.append(f"not caught: {error}"))
        return made

    async def quietly(self) -> Callable[[str], Awaitable[Any]]:
        """A way to ask the page that does not count as somebody's gesture."""
        devtools = await self.page.context.new_cdp_session(self.page)

        async def ask(expression: str) -> Any:
            given = {"expression": expression, "returnByValue": True, "awaitPromise": True}
            return (await devtools.send("Runtime.evaluate", given))["result"].get("value")

        return ask

    def _console(self, message: ConsoleMessage) -> None:
        text = f"{message.type}: {message.text} ({message.location.get('url', '').partition('#')[0]})"
        if message.type in {"error", "warning"}:
            self.unexpected.append(text)

    def check(self) -> None:
        """Fail for whatever it complained of, and was not expected."""
        found = [text for text in self.unexpected if not any(re.search(each, text) for each in self.expected)]
        assert found == [], "\n".join(found)

    async def whole(self) -> bool:
        """Whether nothing of the voice since `meter` was kept from the room."""
        found: bool = await self.page.evaluate(
            "() => navaiProbe.loudness.every(({ level, silenced }) => level < 0.01 || !silenced)"
        )
        return found

    async def use_options(self, **options: int) -> None:
        """Give it a session with other options (`idleMs`), before it begins."""
        await self.page.evaluate(
            """async (options) => {
              const kiosk = document.querySelector("navai-kiosk");
              const voice = document.querySelector("navai-voice");
              const entry = document.querySelector("script[type=module]").src;
              const { NavaiSession } = await import(entry.replace("navai-kiosk", "voice/session"));
              kiosk.session.dispose();
              voice.session = kiosk.session = new NavaiSession(kiosk.session.api, options);
            }""",
            options,
        )

    async def picture(self, name: str) -> None:
        """Take one, where the environment's NAVAI_TEST_PICTURES names a folder for them."""
        if folder := os.environ.get("NAVAI_TEST_PICTURES"):
            await self.page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled")


@dataclass
class Stage:
    """A simulator, a hub in front of it, and a browser."""

    simulator: Simulator
    browser: Browser
    folder: Path
    block: Mapping[str, Any]
    _life: AsyncExitStack
    """Ends the hub, after the pages."""
    _hub: Running | None = None
    _pages: list[VoicePage] = field(default_factory=list)

    @property
    def hub(self) -> Running:
        assert self._hub is not None
        return self._hub

    @property
    def calls(self) -> Sequence[Call]:
        """The simulator's, oldest first."""
        return self.simulator.calls

    def _settings(self) -> Settings:
        return settings_from_block({name: value for name, value in self.block.items() if value is not None}, environ={})

    async def start_hub(self, port: int = 0) -> None:
        settings = self._settings()
        settings = replace(settings, hub=replace(settings.hub, port=port))
        self._hub = await self._life.enter_async_context(running_hub(settings, self.folder))

    async def stop_hub(self) -> int:
        """End the hub, and return its port."""
        port = int(self.hub.url.rpartition(":")[2])
        await self._life.aclose()
        self._hub = None
        return port

    async def reload(self, **changes: Any) -> None:
        """Give the hub another configuration, as SIGHUP does."""
        self.block = {**self.block, **changes}
        settings = self._settings()
        assert await reload_hub(self.hub.hub, lambda: settings)

    async def open(  # one argument for each thing that differs between displays
        self,
        profile: str = "kitchen",
        *,
        token: str | None = TOKEN,
        host: str = "127.0.0.1",
        language: str = "en",
        dark: bool = False,
        viewport: tuple[int, int] = (1280, 800),
        expected: Sequence[str] = (),
        form: bool = False,
        untouched: bool = False,
        **context: Any,
    ) -> VoicePage:
        """The kiosk page of a profile, in a browser that has kept nothing.

        Args:
            profile: Of the address.
            token: That of the address; None for none.
            host: The name by which the browser knows this machine.
            language: The browser's.
            dark: The colours it prefers.
            viewport: Its size.
            expected: Patterns of console messages that may come.
            form: Whether it will ask for a token.
            untouched: Whether to leave it alone. All that Playwright asks a page counts as a person's gesture.
            context: More of Playwright's options.
        """
        made = await self.browser.new_context(
            locale=language,
            color_scheme="dark" if dark else "light",
            viewport={"width": viewport[0], "height": viewport[1]},
            **context,
        )
        opened = await VoicePage.of(made, expected)
        self._pages.append(opened)
        origin = self.hub.url.replace("127.0.0.1", host)
        fragment = f"#token={token}" if token else ""
        await opened.page.goto(f"{origin}/navai/kiosk/{profile}{fragment}")
        if not untouched:
            shown = "navai-kiosk form" if form or not token else "navai-voice .orb"
            await opened.page.locator(shown).wait_for()
        return opened


@asynccontextmanager
async def voice_stage(
    folder: Path,
    *,
    device: Device | None = None,
    speech: Sequence[tuple[float, float]] = SPEECH,
    scenario: Any = SCENARIO,
    block: Mapping[str, Any] | None = None,
    faults: Sequence[str] = (),
    **call_settings: Any,
) -> AsyncIterator[Stage]:
    """Hub, simulator and browser, until the block ends; then every page is asked what it complained of.

    Args:
        folder: A temporary one.
        device: The browser; without one, it has all it needs, and its microphone hears `speech`.
        speech: As in `Device`.
        scenario: What the simulated model hears and says.
        block: Options of `navai:` that stand over those of `BLOCK`; None leaves one out.
        faults: What goes wrong from the beginning, in the simulator's words.
        call_settings: More of the simulator's, such as `think_ms`.
    """
    (folder / "house.py").write_text(FUNCTIONS)
    settings = CallSettings(scenario=parse(scenario), **call_settings)
    async with (
        Simulator(api_keys={KEY}, seed=1, call_settings=settings) as simulator,
        AsyncExitStack() as life,
        shared_browser(device or Device(speech=speech)) as browser,
    ):
        for fault in faults:
            simulator.faults.push(fault)
        options = {"base_url": simulator.base_url, **BLOCK, "hub": {"functions": ["house.py"]}, **(block or {})}
        stage = Stage(simulator, browser, folder, options, life)
        await stage.start_hub()
        yield stage
        for opened in stage._pages:
            opened.check()
