"""A network that is gone without a word: the screen says so within seconds, and takes it back when it returns."""

from pathlib import Path
from typing import Any, Final

import pytest
from voice_page import until
from voice_support import Stage, VoicePage, voice_stage
from web_modules import exported

pytestmark = pytest.mark.browser

TEXTS: Final = exported("voice/texts.js", "TEXTS")
LOOKS: Final = {"en": (1280, 800), "es": (844, 390)}
WITHIN_MS: Final = 3_000

MEASURE: Final = """(voice) => {
  const found = (window.measured = { last: 0, lag: 0, shown: [], gone: [] });
  const connection = [...navaiProbe.peers].at(-1);
  const notice = voice.shadowRoot.querySelector(".notice");
  let arrived, before = performance.now();
  setInterval(async () => {
    const now = performance.now();
    found.lag = Math.max(found.lag, now - before - 50);
    before = now;
    let sum = 0;
    for (const stat of (await connection.getStats()).values()) {
      if (stat.type === "candidate-pair") sum += stat.bytesReceived + stat.responsesReceived + stat.requestsReceived;
    }
    if (sum !== arrived) found.last = now;
    arrived = sum;
  }, 50);
  new MutationObserver(() => {
    const now = performance.now();
    if (!notice.hidden && found.shown.length === found.gone.length) found.shown.push(now - found.last);
    if (notice.hidden && found.shown.length > found.gone.length) found.gone.push(now);
  }).observe(notice, { attributes: true });
}"""


async def measured(page: VoicePage) -> dict[str, Any]:
    found: dict[str, Any] = await page.page.evaluate("() => window.measured")
    return found


async def talking(stage: Stage, language: str = "en") -> VoicePage:
    page = await stage.open(language=language, viewport=LOOKS[language])
    await page.tap()
    await page.wait_for("listening")
    await page.voice.evaluate(MEASURE)
    return page


def cut(stage: Stage, *, off: bool) -> None:
    for call in stage.calls:
        call.cut_off = off


@pytest.mark.parametrize("language", LOOKS)
async def test_a_network_that_is_gone_is_told_within_three_seconds_and_taken_back(
    tmp_path: Path, language: str
) -> None:
    async with voice_stage(tmp_path, speech=[(600.0, 1.0)]) as stage:
        page = await talking(stage, language)
        # So long that one knows how the provider is when nobody speaks.
        await until(lambda: stage.calls[0].now_ms > 4_000, "some silence")
        assert await page.shown("notice") == ""
        cut(stage, off=True)
        await page.voice.locator(".notice").wait_for()
        assert await page.shown("notice") == TEXTS[language]["notice_connection_weak"]
        assert await page.shown("state") == TEXTS[language]["stalled"]
        assert await page.state() == "listening"
        await page.picture(f"notice-connection_weak-{language}")
        box = await page.voice.locator(".stop").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= LOOKS[language][1], "the sentence pushes no button off the screen"
        found = await measured(page)
        # What a busy machine keeps the page from doing is not the page's fault.
        assert found["shown"][0] < WITHIN_MS + found["lag"], found
        cut(stage, off=False)
        await page.voice.locator(".notice").wait_for(state="hidden")
        assert await page.shown("state") == TEXTS[language]["listening"]
        # It is the same call.
        assert len(stage.calls) == 1
        assert stage.calls[0].ended is None


async def test_a_network_that_stays_away_leads_to_another_call(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, speech=[(600.0, 1.0)]) as stage:
        page = await talking(stage)
        await until(lambda: stage.calls[0].now_ms > 3_000, "some silence")
        cut(stage, off=True)
        await page.voice.locator(".notice").wait_for()
        await page.wait_for("connecting")
        await page.wait_for("listening")
        assert len(stage.calls) == 2
        assert await page.shown("notice") == ""
        assert await page.shown("state") == TEXTS["en"]["listening"]
        await page.press("stop")
        await page.wait_for("ended")
        await page.let_go()


async def test_a_browser_that_knows_that_it_is_offline_says_so_at_once(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, speech=[(600.0, 1.0)]) as stage:
        page = await talking(stage)
        cut(stage, off=True)
        # The first silence says nothing yet: nobody knows this provider.
        await page.page.evaluate("() => dispatchEvent(new Event('offline'))")
        assert await page.shown("notice") == TEXTS["en"]["notice_connection_weak"]
        await page.press("stop")
        await page.wait_for("ended")
        assert await page.shown("notice") == ""
        await page.let_go()


async def test_a_conversation_that_goes_well_is_never_said_to_be_weak(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        page = await talking(stage)
        await page.wait_for("speaking")
        await page.wait_for("listening")
        await until(lambda: stage.calls[0].now_ms > 9_000, "more silence")
        found = await measured(page)
        assert found["shown"] == [] or found["lag"] > 1_000, found
