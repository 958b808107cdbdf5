from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe import violations
from overflow import overflowing
from playwright.async_api import Page, expect
from voice_page import until
from voice_support import Device, Stage, VoicePage, voice_stage

pytestmark = pytest.mark.browser
NOT_LOADED = ["Failed to load resource"]
QUOTA = "error=insufficient_quota"
PHONE = (390, 844)
UNHURRIED = """() => {
  const after = window.setTimeout;
  window.setTimeout = (action, ms, ...more) => (ms >= 5_000 ? 0 : after(action, ms, ...more));
}"""
"""Whatever gives up on a person after some seconds, a call or a question, waits for axe."""
COUNT_FRAMES = """
window.frames_asked = 0;
const original = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (draw) => {
  window.frames_asked += 1;
  return original(draw);
};
window.pass_frames = async () => {
  for (let frame = 0; frame < 20; frame += 1) await new Promise((done) => original(done));
};
"""


@dataclass(frozen=True)
class View:
    """How somebody looks at it."""

    dark: bool = False
    viewport: tuple[int, int] = (1280, 800)
    right_to_left: bool = False
    large: bool = False
    """Text twice as large, as set in the browser."""
    context: Mapping[str, Any] = field(default_factory=dict)

    def device(self, **more: Any) -> Device:
        return Device(more=("--blink-settings=defaultFontSize=32",) if self.large else (), **more)

    async def open(self, stage: Stage, **more: Any) -> VoicePage:
        kiosk = await stage.open(
            dark=self.dark, viewport=self.viewport, expected=NOT_LOADED, **(dict(self.context) | more)
        )
        if self.right_to_left:
            await kiosk.page.evaluate("document.documentElement.dir = 'rtl'")
        return kiosk


VIEWS = {
    "light": View(),
    "dark": View(dark=True),
    "phone": View(viewport=PHONE),
    "large-phone": View(viewport=PHONE, large=True),
    "large-dark": View(dark=True, large=True),
    "right-to-left": View(right_to_left=True, dark=True, viewport=PHONE),
    "more-contrast": View(context={"forced_colors": "active"}),
}
ALIKE = ("dark", "phone", "large-dark")
"""Each of their traits is another one's, too."""


async def faults(kiosk: VoicePage, name: str) -> list[str]:
    """What axe finds, and what does not fit."""
    await kiosk.picture(f"a11y-{name}")
    found = await violations(kiosk.page) + await overflowing(kiosk.page)
    return [f"{name}: {each}" for each in found]


@pytest.mark.parametrize(
    "looks", [pytest.param(name, marks=[pytest.mark.evidence] if name in ALIKE else []) for name in VIEWS]
)
async def test_everybody_can_use_it_in_every_state(tmp_path: Path, looks: str) -> None:
    view = VIEWS[looks]
    async with voice_stage(tmp_path, device=view.device()) as stage:
        kiosk = await view.open(stage)
        await kiosk.page.evaluate(UNHURRIED)
        voice = kiosk.page.locator("navai-voice")
        await expect(voice.locator(".name")).to_have_text("Kitchen helper")
        if view.large:
            size = await voice.locator(".state").evaluate("state => parseFloat(getComputedStyle(state).fontSize)")
            assert size >= 32
        found: list[str] = []
        found += await faults(kiosk, f"{looks}-idle")

        await kiosk.page.evaluate(
            """() => {
              navigator.permissions.query = async () => ({ state: "prompt" });
              void document.querySelector("navai-voice").call({ line: "Dinner is ready, come to the table please." });
            }"""
        )
        await expect(voice.locator(".greeting")).to_be_visible()
        found += await faults(kiosk, f"{looks}-ringing")

        # It beats while it rings, so that it never holds still for a tap.
        await voice.locator(".orb").click(force=True)
        await expect(voice.locator("li.person")).to_contain_text("What shall we cook?")
        await expect(voice.locator("li.assistant").last).to_contain_text("cheese?")
        await kiosk.wait_for("speaking")
        await kiosk.wait_for("listening")
        found += await faults(kiosk, f"{looks}-listening")
        await kiosk.press("mute")
        found += await faults(kiosk, f"{looks}-muted")

        await kiosk.press("device-check")
        await expect(voice.locator("dialog.ask")).to_be_visible()
        found += await faults(kiosk, f"{looks}-check-asks")
        await voice.locator("dialog.ask .yes").click()
        check = kiosk.page.locator("navai-device-check")
        await expect(check.locator(".answers")).to_be_visible()
        found += await faults(kiosk, f"{looks}-device-check-asks")
        await check.locator(".no").click()
        await expect(check.locator(".actions")).to_be_visible()
        found += await faults(kiosk, f"{looks}-device-check")
        await kiosk.page.keyboard.press("Escape")

        stage.simulator.faults.push(QUOTA, times=9)
        await kiosk.page.evaluate("document.querySelector('navai-kiosk').session.relax()")
        await kiosk.tap()
        await kiosk.wait_for("failed")
        await voice.evaluate("(voice) => voice._miss({ line: 'Dinner is ready, come to the table please.' })")
        await expect(voice.locator(".missed")).to_be_visible()
        found += await faults(kiosk, f"{looks}-failed")

        asked = await view.open(stage, token=None)
        await asked.page.locator("input").wait_for()
        found += await faults(asked, f"{looks}-token")
        assert found == []


async def focus(page: Page) -> tuple[str, bool]:
    """What has the keyboard: its name, and whether one sees it."""
    found: list[Any] = await page.evaluate(
        """() => {
          let element = document.activeElement;
          while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
          const { outlineStyle, outlineWidth } = getComputedStyle(element);
          const named = element.getAttribute("aria-label") ?? element.textContent.trim();
          return [named, outlineStyle !== "none" && parseFloat(outlineWidth) >= 2];
        }"""
    )
    return found[0], found[1]


async def walk(page: Page, steps: int) -> list[tuple[str, bool]]:
    """What the tabulator comes to, one after the other."""
    stops = []
    for _ in range(steps):
        await page.keyboard.press("Tab")
        stops.append(await focus(page))
    return stops


@pytest.mark.parametrize("key", ["Enter", "Space"])
async def test_a_keyboard_is_enough(tmp_path: Path, key: str) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        page = kiosk.page
        assert await walk(page, 2) == [("Start talking", True), ("Check this device", True)]
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press(key)
        await kiosk.wait_for("listening")
        await expect(page.locator("navai-voice li.assistant").last).to_contain_text("cheese?")
        # The focus stayed where it was; the same key ends what it began.
        assert await focus(page) == ("End", True)
        stops = [("Captions", True), ("Mute", True), ("End", True), ("Check this device", True)]
        assert await walk(page, 4) == stops
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press(key)
        assert await kiosk.session("muted")
        assert await focus(page) == ("Unmute", True)
        await page.keyboard.press("Tab")
        await page.keyboard.press(key)
        assert await kiosk.wait_for("ended") == "ended"
        # The button that was pressed is gone: the keyboard is not lost with it.
        assert await focus(page) == ("Start talking", True)


async def test_the_device_check_takes_the_keyboard_and_gives_it_back(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        page = kiosk.page
        await walk(page, 2)
        await page.keyboard.press("Enter")
        check = page.locator("navai-device-check")
        await expect(check.locator(".answers")).to_be_visible()
        assert await focus(page) == ("Yes", True)
        assert await walk(page, 2) == [("No", True), ("Play again", True)]
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Enter")
        await expect(check.locator(".actions")).to_be_visible()
        assert (await focus(page))[0] == "Close"
        assert await walk(page, 2) == [("Copy report", True), ("Check again", True)]
        # The page behind it cannot be reached.
        assert "Start talking" not in [name for name, _ in await walk(page, 5)]
        await page.keyboard.press("Escape")
        await check.wait_for(state="detached")
        assert await focus(page) == ("Check this device", True)


async def test_who_listens_to_the_page_hears_of_every_change_once(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open(expected=NOT_LOADED)
        page = kiosk.page
        await expect(page.get_by_role("status")).to_have_text("Tap to talk")
        await page.evaluate(
            """() => {
              const root = document.querySelector("navai-voice").shadowRoot;
              const log = root.querySelector("[role=log]");
              const status = root.querySelector("[role=status]");
              window.heard = [];
              window.told = [];
              new MutationObserver(() => {
                if (window.told.at(-1) !== status.textContent) window.told.push(status.textContent);
              }).observe(status, { subtree: true, childList: true, characterData: true });
              new MutationObserver(() => {
                const last = log.querySelector("li:last-child span:last-child")?.textContent;
                if (log.ariaBusy === "false" && last && window.heard.at(-1) !== last) window.heard.push(last);
              }).observe(log, { subtree: true, childList: true, characterData: true, attributes: true });
            }"""
        )
        await kiosk.tap()
        for state in ("listening", "speaking", "listening"):
            await kiosk.wait_for(state)
        states = await page.evaluate("window.told")
        heard = ("Listening", "Speaking")
        assert [state for state in states if state in heard] == ["Listening", "Speaking", "Listening"]
        # Not word by word.
        said = ["What shall we cook?", "How about soup with bread and a little cheese?"]
        assert await page.evaluate("window.heard") == said
        await expect(page.get_by_role("log", name="Captions").get_by_role("listitem")).to_have_count(2)
        await kiosk.press("stop")
        stage.simulator.faults.push(QUOTA, times=9)
        await page.evaluate("document.querySelector('navai-kiosk').session.relax()")
        await kiosk.tap()
        await expect(page.get_by_role("alert")).to_contain_text("no credit")


async def frames(page: Page) -> int:
    """How many frames it asked for so far; the browser has drawn twenty meanwhile."""
    await page.evaluate("window.pass_frames()")
    found: int = await page.evaluate("window.frames_asked")
    return found


async def counted(stage: Stage, **context: Any) -> VoicePage:
    kiosk = await stage.open(**context)
    await kiosk.page.add_init_script(COUNT_FRAMES)
    await kiosk.page.reload()
    await kiosk.page.locator("navai-voice .orb").wait_for()
    return kiosk


async def test_it_moves_only_while_somebody_talks(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await counted(stage)
        assert await frames(kiosk.page) == 0
        await kiosk.tap()
        await kiosk.wait_for("speaking")
        await until(lambda: _more_than(kiosk.page, 10), "frames")
        await kiosk.press("mute")
        await kiosk.wait_for("listening")
        still = await frames(kiosk.page)
        assert await frames(kiosk.page) == still
        await kiosk.press("mute")
        await until(lambda: _more_than(kiosk.page, still), "frames again")
        await kiosk.press("stop")
        ended = await frames(kiosk.page)
        assert await frames(kiosk.page) == ended


async def _more_than(page: Page, count: int) -> bool:
    return await frames(page) > count


async def test_who_wants_no_motion_gets_none(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await counted(stage, reduced_motion="reduce")
        await kiosk.meter()
        await kiosk.tap()
        await kiosk.wait_for("speaking")
        await kiosk.hear()
        await kiosk.press("stop")
        await kiosk.press("device-check")
        await expect(kiosk.page.locator("navai-device-check .answers")).to_be_visible()
        assert await frames(kiosk.page) == 0
        running = "document.getAnimations().filter((each) => each.playState === 'running').length"
        assert await kiosk.page.evaluate(running) == 0
