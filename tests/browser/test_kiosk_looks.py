"""The kiosk on tablets and phones: all of it is on the screen. NAVAI_TEST_PICTURES names a folder for pictures."""

from pathlib import Path
from typing import Any, Final

import pytest
from overflow import overflowing
from voice_page import until
from voice_support import VoicePage, voice_stage

pytestmark = pytest.mark.browser

SCENARIOS: Final[dict[str, Any]] = {
    "en": {
        "heard": "What shall we cook?",
        "say": "How about soup with bread and a little cheese? There are still some carrots and a leek from Saturday. "
        "If you put the potatoes on now, everything will be on the table before the children come home from school.",
    },
    "es": {
        "heard": "¿Qué cocinamos?",
        "say": "¿Y una sopa con pan y un poco de queso? Todavía quedan zanahorias y un puerro del sábado. Si pone las "
        "patatas ahora, todo estará en la mesa antes de que los niños vuelvan de la escuela, y aún podrá descansar.",
    },
}
IDLE: Final = {"en": "Tap to talk", "es": "Toca para hablar"}
SPEAKING: Final = {"en": "Speaking", "es": "Hablando"}


SIZES: Final = ((800, 1280), (390, 844), (1280, 800))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", SCENARIOS)
async def test_everything_is_on_the_screen(tmp_path: Path, language: str, dark: bool) -> None:
    scenario = {"turns": [SCENARIOS[language]]}
    async with voice_stage(tmp_path, speech=[(0.3, 1.0)], scenario=scenario) as stage:
        kiosk = await stage.open(language=language, dark=dark)
        await until(lambda: kiosk.shown("name"), "the name")
        assert await kiosk.shown("state") == IDLE[language]
        for size in SIZES:
            await fits(kiosk, size, f"{language}-{'dark' if dark else 'light'}-idle")

        await kiosk.tap()
        await kiosk.wait_for("speaking")
        await kiosk.voice.locator("li.assistant", has_text=SCENARIOS[language]["say"]).wait_for()
        assert await kiosk.shown("state") == SPEAKING[language]
        for size in SIZES:
            await fits(kiosk, size, f"{language}-{'dark' if dark else 'light'}-speaking")
            for part in (".orb", ".mute", ".stop", ".captions"):
                box = await kiosk.voice.locator(part).bounding_box()
                assert box
                assert box["y"] >= 0
                assert box["y"] + box["height"] <= size[1]


async def fits(kiosk: VoicePage, size: tuple[int, int], name: str) -> None:
    """Give the screen a size: nothing runs over its edges."""
    width, height = size
    await kiosk.page.set_viewport_size({"width": width, "height": height})
    await kiosk.picture(f"kiosk-{width}x{height}-{name}")
    assert await overflowing(kiosk.page) == []
