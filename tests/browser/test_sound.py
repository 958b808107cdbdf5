"""Sound that cannot play: the assistant rings, waits, says it again, or leaves a note. No word is said to nobody.

What Playwright asks a page counts as a person's touch; so these tests ask quietly until somebody taps.
"""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Route, expect
from voice_page import until
from voice_support import Device, Stage, VoicePage, voice_stage

pytestmark = pytest.mark.browser

Ask = Callable[[str], Awaitable[Any]]
DINNER: Final = "Dinner is ready, come to the table please."
VOICE: Final = "document.querySelector('navai-voice')"
SESSION: Final = "document.querySelector('navai-kiosk').session"
SCREENS: Final = ((1280, 800), (844, 390), (390, 844))
SILENT: Final = "AudioContext was not allowed to start"
REFUSE: Final = """() => {
  const { play } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.play = async () => {
    throw new DOMException("Touch me.", "NotAllowedError");
  };
  window.allow = () => void (HTMLMediaElement.prototype.play = play);
}"""
"""What iOS does after an interruption: no browser of these tests does it by itself."""


async def untouched(stage: Stage, **more: Any) -> tuple[VoicePage, Ask]:
    """A page that nobody has touched, and how to ask it."""
    kiosk = await stage.open(untouched=True, **more)
    ask = await kiosk.quietly()
    await until(lambda: ask(f"Boolean({VOICE}?._session)"), "the page")
    return kiosk, ask


def requests(stage: Stage) -> list[str]:
    """What the page asked the assistant to say of its own accord, oldest first."""
    events = [each["event"] for each in stage.calls[0].events if each["from"] == "channel"]
    asked = [each for each in events if each["type"] == "response.create"]
    return [each.get("response", {}).get("instructions", "") for each in asked]


def opening(**given: str) -> str:
    return f"void {VOICE}.call({json.dumps(given)})"


async def test_it_rings_where_the_voice_could_not_be_heard_and_greets_after_the_tap(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, device=Device(speech=(), each_touched=True)) as stage:
        kiosk, ask = await untouched(stage)
        await ask("navaiProbe.patient = false")
        await ask(opening(line=DINNER))
        await until(lambda: ask(f"{VOICE}.ringing || {SESSION}.active"), "it to ring")
        assert await ask(f"{VOICE}.ringing")
        assert stage.calls == []

        async def then(route: Route) -> None:
            # The provider is slow: what the browser allows just after a tap is over.
            await until(lambda: ask("!navigator.userActivation.isActive"), "the tap to be over")
            await route.continue_()

        await kiosk.page.route("**/realtime/calls", then)
        await ask(f"navaiProbe.meter({VOICE})")
        box = await ask(f"JSON.stringify({VOICE}.shadowRoot.querySelector('.orb').getBoundingClientRect())")
        orb = json.loads(box)
        await kiosk.page.mouse.click(orb["x"] + orb["width"] / 2, orb["y"] + orb["height"] / 2)
        await until(lambda: ask("navaiProbe.events.some(({ type }) => type === 'output_audio_buffer.stopped')"), "it")
        assert not await ask(f"{SESSION}.needsTap")
        assert await kiosk.hear() > 0.05
        assert await kiosk.whole()
        assert len(requests(stage)) == 1
        assert DINNER in requests(stage)[0]


async def test_it_greets_by_itself_where_the_browser_lets_a_page_sound_that_listens(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, device=Device(speech=(), autoplay=False)) as stage:
        kiosk, ask = await untouched(stage, expected=[SILENT])
        await ask(f"navaiProbe.meter({VOICE})")
        await ask(opening(line=DINNER))
        await until(lambda: ask("navaiProbe.events.some(({ type }) => type === 'output_audio_buffer.stopped')"), "it")
        assert not await ask(f"{SESSION}.needsTap")
        loud = "navaiProbe.loudness.some(({ level, silenced }) => level > 0.05 && !silenced)"
        assert await ask(loud)
        assert await kiosk.whole()
        assert [DINNER in each for each in requests(stage)] == [True]


async def test_a_voice_that_something_paused_goes_on(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, scenario={"turns": [{"heard": "Tell me.", "say": "word " * 60}]}) as stage:
        kiosk = await stage.open()
        await kiosk.meter()
        await kiosk.tap()
        await kiosk.wait_for("speaking")
        await kiosk.hear()
        await kiosk.session("_audio._sound._audio.pause()")
        paused = await kiosk.now()
        await kiosk.hear(since=paused)
        assert await kiosk.shown("sound") == ""
        assert await kiosk.state() == "speaking"


async def test_what_nobody_could_hear_is_said_again_after_the_tap(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        await kiosk.meter()
        await kiosk.tap()
        await kiosk.wait_for("speaking")
        await kiosk.page.evaluate(REFUSE)
        await kiosk.session("_audio._sound._audio.pause()")
        await expect(kiosk.voice.locator(".sound")).to_be_visible()
        assert await kiosk.shown("sound") == "Tap to hear"
        await kiosk.wait_for("listening")
        assert requests(stage) == []

        await kiosk.page.evaluate("allow()")
        tapped = await kiosk.now()
        # Anywhere on the page.
        await kiosk.page.mouse.click(5, 5)
        await kiosk.hear(since=tapped)
        assert await kiosk.shown("sound") == ""
        await until(lambda: requests(stage), "it to be said again")
        assert ["How about soup with bread and a little cheese?" in each for each in requests(stage)] == [True]
        assert await kiosk.session("active")


async def ring_in_vain(kiosk: VoicePage, **given: str) -> None:
    """Let it ring until it gives up. The page's clock is the test's."""
    await kiosk.page.evaluate("navigator.permissions.query = async () => ({ state: 'prompt' })")
    await kiosk.page.evaluate(opening(**given))
    ringing = f"{VOICE}.ringing"
    await until(lambda: kiosk.page.evaluate(ringing), "it to ring")
    for _ in range(6):
        await kiosk.page.clock.run_for(5_000)
    await until(lambda: kiosk.page.evaluate(f"!{ringing}"), "it to give up")


async def test_a_missed_greeting_leaves_a_note_until_somebody_takes_it_away(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        for language, said in {"en-GB": f"Missed at 18:05: {DINNER}", "es": f"Perdido a las 18:05: {DINNER}"}.items():
            kiosk = await stage.open(language=language, timezone_id="UTC")
            await kiosk.page.clock.install(time="2026-11-29T18:05:00Z")
            await ring_in_vain(kiosk, line=DINNER)
            assert await kiosk.shown("missed") == said
            for width, height in SCREENS:
                await kiosk.page.set_viewport_size({"width": width, "height": height})
                await kiosk.picture(f"missed-{language}-{width}x{height}")
            # It is a note of its own, and the conversation that it came from is not needed for it.
            assert await kiosk.state() == "idle"
            await kiosk.voice.locator(".missed button").focus()
            await kiosk.page.keyboard.press("Enter")
            assert await kiosk.shown("missed") == ""
            assert await kiosk.page.evaluate(f"{VOICE}.shadowRoot.activeElement.className") == "orb"


async def test_a_note_goes_with_the_next_conversation(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open(language="en-GB", timezone_id="UTC")
        await kiosk.page.clock.install(time="2026-11-29T18:05:00Z")
        await ring_in_vain(kiosk)
        assert await kiosk.shown("missed") == "", "nothing was to be said"
        await ring_in_vain(kiosk, context="The washing machine is done.")
        await ring_in_vain(kiosk, line=DINNER)
        rows = await kiosk.voice.locator(".missed li").all_inner_texts()
        assert len(rows) == 2
        assert rows[0].endswith(": the assistant wanted to talk.")
        assert rows[1].endswith(f": {DINNER}")
        await kiosk.tap()
        await kiosk.wait_for("listening")
        assert await kiosk.shown("missed") == ""


async def test_a_greeting_that_waited_for_a_tap_in_vain_leaves_a_note(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, device=Device(speech=(), each_touched=True)) as stage:
        kiosk, ask = await untouched(stage, language="en-GB")
        await ask(f"{SESSION}._options.idleMs = 1_000")
        await ask(f"void {SESSION}.start({json.dumps({'line': DINNER})})")
        await until(lambda: ask(f"{SESSION}.state === 'ended'"), "the end")
        assert requests(stage) == []
        assert DINNER in await kiosk.shown("missed")
