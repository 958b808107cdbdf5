"""The captions while text arrives, while somebody reads, and when the screen is turned."""

from pathlib import Path
from typing import Final

import pytest
from voice_page import until
from voice_support import VoicePage, voice_stage

pytestmark = pytest.mark.browser

STORY: Final = " ".join(f"This is sentence {number} of a long story about a bear." for number in range(1, 40))
TELLS: Final = {"turns": [{"heard": "Tell me a story.", "say": STORY}]}
PLACE: Final = """box => ({
  top: box.scrollTop,
  above: box.scrollHeight - box.clientHeight,
  left: box.scrollHeight - box.clientHeight - box.scrollTop,
  words: box.textContent.length,
})"""


async def place(kiosk: VoicePage) -> dict[str, float]:
    found: dict[str, float] = await kiosk.voice.locator(".captions").evaluate(PLACE)
    return found


async def more_than(kiosk: VoicePage, **least: float) -> dict[str, float]:
    async def enough() -> dict[str, float] | None:
        found = await place(kiosk)
        return found if all(found[name] > value for name, value in least.items()) else None

    found: dict[str, float] = await until(enough, f"more than {least}")
    return found


async def newest_is_in_sight(kiosk: VoicePage) -> bool:
    found: bool = await kiosk.voice.locator(".captions").evaluate(
        """box => {
          const shown = box.getBoundingClientRect();
          const last = box.querySelector("li:last-child").getBoundingClientRect();
          const buttons = box.getRootNode().querySelector(".buttons").getBoundingClientRect();
          if (buttons.bottom > innerHeight) return false;
          return last.bottom <= shown.bottom + 1 && shown.bottom <= innerHeight && shown.height > 40;
        }"""
    )
    return found


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (844, 390),
        pytest.param(1280, 800, marks=pytest.mark.evidence),
        pytest.param(390, 844, marks=pytest.mark.evidence),
    ],
)
async def test_who_scrolls_back_can_read_while_text_arrives(tmp_path: Path, width: int, height: int) -> None:
    async with voice_stage(tmp_path, scenario=TELLS) as stage:
        kiosk = await stage.open(viewport=(width, height))
        await kiosk.page.clock.install()
        await kiosk.tap()
        await more_than(kiosk, above=150)
        await until(lambda: newest_is_in_sight(kiosk), "the newest")
        await kiosk.voice.locator(".captions").hover()
        await kiosk.page.mouse.wheel(0, -120)

        async def back() -> bool:
            return (await place(kiosk))["left"] > 60

        await until(back, "to be back")
        read = await place(kiosk)
        # All of it is read while more is said; nothing moves.
        now = await more_than(kiosk, words=read["words"] + 150)
        assert now["top"] == pytest.approx(read["top"], abs=1)
        await kiosk.picture(f"captions-back-{width}x{height}")
        # Nobody touches it any more: what is said now is what matters.
        await kiosk.page.clock.run_for(21_000)
        await until(lambda: newest_is_in_sight(kiosk), "the newest again")
        seen = await place(kiosk)
        await more_than(kiosk, words=seen["words"] + 50)
        await until(lambda: newest_is_in_sight(kiosk), "the newest still")


@pytest.mark.evidence
async def test_who_is_back_at_the_end_sees_the_newest(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, scenario=TELLS) as stage:
        kiosk = await stage.open()
        await kiosk.tap()
        await more_than(kiosk, above=150)
        await kiosk.voice.locator(".captions").focus()
        await kiosk.page.keyboard.press("Home")

        async def at_the_top() -> bool:
            return (await place(kiosk))["top"] == 0

        await until(at_the_top, "the beginning")
        await kiosk.page.keyboard.press("End")
        seen = await place(kiosk)
        await more_than(kiosk, words=seen["words"] + 100)
        await until(lambda: newest_is_in_sight(kiosk), "the newest")


@pytest.mark.parametrize("upright", [True, False])
async def test_after_the_screen_was_turned_the_newest_is_in_sight(tmp_path: Path, upright: bool) -> None:
    screens = [{"width": 390, "height": 844}, {"width": 844, "height": 390}]
    before, after = screens if upright else screens[::-1]
    turns = [{"heard": "Tell me a story.", "say": STORY[:600]}]
    async with voice_stage(tmp_path, scenario={"turns": turns}) as stage:
        kiosk = await stage.open(viewport=(before["width"], before["height"]))
        await kiosk.tap()
        await kiosk.said("Assistant", STORY[:600].strip())
        await until(lambda: newest_is_in_sight(kiosk), "the newest")
        await kiosk.page.set_viewport_size(after)
        await kiosk.picture(f"captions-turned-{after['width']}x{after['height']}")
        await until(lambda: newest_is_in_sight(kiosk), "the newest", 10)
