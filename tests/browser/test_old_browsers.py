"""A conversation in the oldest browsers that navai supports (docs/browser.md names them)."""

from pathlib import Path

import pytest
from old_browsers import BROWSERS, kiosk_in
from voice_page import until

pytestmark = pytest.mark.browser

LINES = [["You", "What shall we cook?"], ["Assistant", "How about soup with bread and a little cheese?"]]


@pytest.mark.parametrize("name", BROWSERS)
async def test_a_person_talks_on_the_kiosk_page(tmp_path: Path, name: str) -> None:
    async with kiosk_in(name, tmp_path) as kiosk:
        await kiosk.open()
        await until(lambda: kiosk.shown("name"), "the name")
        assert (await kiosk.shown("name"), await kiosk.shown("state")) == ("Kitchen helper", "Tap to talk")
        # It is dressed: a round button, in a colour.
        assert await kiosk.style("orb", "borderTopLeftRadius") == "50%"

        await kiosk.press("orb")
        await kiosk.wait_for("speaking")

        async def all_said() -> bool:
            return (await kiosk.captions())[:2] == LINES

        await until(all_said, "the captions")
        await kiosk.picture("kiosk-speaking")
        # A caption stands on a bubble.
        assert await kiosk.browser.ask(
            """getComputedStyle(document.querySelector("navai-voice").shadowRoot.querySelector(".captions li"))
              .backgroundColor"""
        ) not in {"rgba(0, 0, 0, 0)", "transparent"}
        await kiosk.press("stop")
        await kiosk.wait_for("ended")
        await until(
            lambda: kiosk.browser.ask("[...held].every((track) => track.readyState === 'ended')"), "the microphone"
        )
        await until(lambda: kiosk.simulator.calls[0].ended, "the end of the call")
        assert kiosk.browser.complaints == []
