"""A microphone that is muted, taken, unplugged or changed within a conversation: people are told, and it goes on.

Chromium's own devices of tests cannot be unplugged: the events are made up, on the track that it gave.
"""

from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import expect
from voice_page import until
from voice_support import Device, Stage, VoicePage, voice_stage
from web_modules import exported

pytestmark = pytest.mark.browser

TEXTS: Final = exported("voice/texts.js", "TEXTS")
FAKE: Final = """() => {
  const open = navigator.mediaDevices.getUserMedia;
  const track = () => document.querySelector("navai-voice")._session._audio.track;
  window.fake = {
    muted(muted) {
      Object.defineProperty(track(), "muted", { value: muted, configurable: true });
      track().dispatchEvent(new Event(muted ? "mute" : "unmute"));
    },
    refuse(name) {
      fake.asked = 0;
      navigator.mediaDevices.getUserMedia = async () => {
        fake.asked += 1;
        throw new DOMException("No.", name);
      };
    },
    allow() {
      navigator.mediaDevices.getUserMedia = open;
    },
    end() {
      track().stop();
      track().dispatchEvent(new Event("ended"));
    },
    /** The system prefers another microphone now. */
    prefer(groupId) {
      const device = { kind: "audioinput", deviceId: "default", groupId, label: groupId };
      navigator.mediaDevices.enumerateDevices = async () => [device];
      navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
    },
  };
}"""
TURNS: Final = {"turns": [{"heard": "One.", "say": "First."}, {"heard": "Two.", "say": "Second."}]}
PROMPT_MS: Final = 2_000
"""So soon a person is told."""


async def talk(stage: Stage, **more: Any) -> VoicePage:
    """A conversation in which the assistant has answered once; the page's clock can be turned on."""
    kiosk = await stage.open(**more)
    await kiosk.page.evaluate(FAKE)
    await kiosk.page.clock.install()
    await kiosk.tap()
    await kiosk.wait_for("speaking")
    await kiosk.wait_for("listening")
    return kiosk


async def told(kiosk: VoicePage, code: str, language: str = "en") -> None:
    """A person was told of it, or is told now, within the time."""
    await kiosk.page.clock.run_for(PROMPT_MS)
    await expect(kiosk.voice.locator(".notice")).to_have_text(TEXTS[language][f"notice_{code}"])


async def fine(kiosk: VoicePage) -> None:
    await expect(kiosk.voice.locator(".notice")).to_be_hidden()
    assert await kiosk.session("active")


@pytest.mark.parametrize("language", ["en", "es"])
async def test_one_that_the_system_mutes_is_told_and_goes_on(tmp_path: Path, language: str) -> None:
    async with voice_stage(tmp_path, scenario=TURNS) as stage:
        kiosk = await talk(stage, language=language)
        await kiosk.page.evaluate("fake.muted(true)")
        await told(kiosk, "microphone_muted", language)
        for width, height in ((1280, 800), (844, 390), (390, 844)):
            await kiosk.page.set_viewport_size({"width": width, "height": height})
            await kiosk.picture(f"microphone-muted-{language}-{width}x{height}")
        await kiosk.page.evaluate("fake.muted(false)")
        await fine(kiosk)
        # A person who mutes it on the screen knows it.
        await kiosk.press("mute")
        await kiosk.page.clock.run_for(PROMPT_MS * 2)
        await fine(kiosk)


async def test_one_that_is_unplugged_is_told_and_heard_again_when_it_is_back(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, scenario=TURNS) as stage:
        kiosk = await talk(stage)
        await kiosk.page.evaluate("fake.refuse('NotFoundError'), fake.end()")
        await told(kiosk, "microphone_away")
        await kiosk.page.clock.run_for(5_000)
        assert await kiosk.page.evaluate("fake.asked") > 1
        assert await kiosk.session("active")
        # The provider hears it speak, in the same call.
        await kiosk.page.evaluate("fake.allow()")
        await kiosk.page.clock.run_for(2_000)
        await kiosk.said("Assistant", "Second.")
        await fine(kiosk)
        assert len(stage.calls) == 1
        await kiosk.holds(tracks=1)
        await kiosk.press("stop")
        await kiosk.let_go()


async def test_one_that_ends_without_a_word_is_missed_too(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, scenario=TURNS) as stage:
        kiosk = await talk(stage)
        await kiosk.session("_audio.track.stop()")
        await kiosk.page.clock.run_for(PROMPT_MS)
        await kiosk.said("Assistant", "Second.")
        await fine(kiosk)


async def test_one_that_another_app_takes_is_told_and_comes_back_muted_as_it_was(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, scenario=TURNS) as stage:
        kiosk = await talk(stage)
        await kiosk.press("mute")
        await kiosk.page.evaluate("fake.refuse('NotReadableError'), fake.end()")
        await told(kiosk, "microphone_taken")
        await kiosk.page.evaluate("fake.allow()")
        await kiosk.page.clock.run_for(2_000)
        await fine(kiosk)
        await kiosk.holds(tracks=1)
        assert await kiosk.session("_audio.track.enabled") is False


@pytest.mark.evidence
async def test_another_microphone_that_the_system_prefers_is_used(tmp_path: Path) -> None:
    # The browser opens the same file for both, and goes on in it.
    async with voice_stage(tmp_path, speech=[(1.0, 1.5), (15.0, 1.5)], scenario=TURNS) as stage:
        kiosk = await talk(stage)
        before = await kiosk.session("_audio.track.id")
        await kiosk.page.evaluate("fake.prefer('a headset')")
        await kiosk.page.clock.run_for(PROMPT_MS)
        assert await kiosk.session("_audio.track.id") != before
        await kiosk.said("Assistant", "Second.")
        await fine(kiosk)
        await kiosk.holds(tracks=1)
        # A change of something else is none of the microphone.
        now = await kiosk.session("_audio.track.id")
        await kiosk.page.evaluate("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
        await kiosk.page.clock.run_for(PROMPT_MS)
        assert await kiosk.session("_audio.track.id") == now


@pytest.mark.parametrize(
    ("breaks", "notice", "code"),
    [
        ("fake.muted(true)", "microphone_muted", "microphone_muted"),
        ("fake.refuse('NotFoundError'), fake.end()", "microphone_away", "microphone_missing"),
        ("fake.refuse('NotReadableError'), fake.end()", "microphone_taken", "microphone_busy"),
    ],
)
async def test_nobody_pays_for_a_conversation_that_hears_nobody(
    tmp_path: Path, breaks: str, notice: str, code: str
) -> None:
    async with voice_stage(tmp_path, scenario=TURNS) as stage:
        kiosk = await talk(stage)
        await kiosk.page.evaluate(breaks)
        await told(kiosk, notice)
        # The assistant has something to say meanwhile: that nobody speaks is not what ends it.
        await kiosk.page.clock.run_for(40_000)
        await kiosk.session("say({ line: 'Are you there?' })")
        await kiosk.page.clock.run_for(25_000)
        await kiosk.wait_for("failed")
        assert await kiosk.shown("trouble") == TEXTS["en"][code]
        await until(lambda: stage.calls[0].ended, "the end of the call")
        await kiosk.let_go()


async def test_one_that_is_forbidden_meanwhile_ends_it_at_once(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, scenario=TURNS) as stage:
        kiosk = await talk(stage)
        await kiosk.page.evaluate("navigator.permissions.query = async () => ({ state: 'denied' })")
        await kiosk.page.evaluate("fake.refuse('NotAllowedError'), fake.end()")
        await kiosk.wait_for("failed")
        assert await kiosk.shown("trouble") == TEXTS["en"]["microphone_denied"]


async def test_one_that_delivers_nothing_at_all_is_told_until_it_does(tmp_path: Path) -> None:
    device = Device(speech=[(6.0, 1.5)], room=False)
    async with voice_stage(tmp_path, device=device, scenario=TURNS) as stage:
        kiosk = await stage.open()
        await kiosk.tap()
        await kiosk.wait_for("listening")
        await expect(kiosk.voice.locator(".notice")).to_have_text(TEXTS["en"]["notice_microphone_silent"])
        await kiosk.picture("microphone-silent")
        await kiosk.said("Assistant", "First.")
        await fine(kiosk)


async def test_one_that_hears_an_empty_room_is_fine(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, speech=()) as stage:
        kiosk = await stage.open()
        await kiosk.tap()
        await kiosk.wait_for("listening")
        (call,) = stage.calls
        heard_ms = call.detector.heard_ms
        await until(lambda: call.detector.heard_ms > heard_ms + 4_000, "four seconds of silence")
        assert await kiosk.shown("notice") == ""
