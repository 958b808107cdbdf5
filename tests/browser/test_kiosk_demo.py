"""The README's first command: it ends with a page on which a person holds a conversation."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from voice_page import until
from voice_support import VoicePage, shared_browser

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]


async def test_the_demo_ends_with_a_page_to_talk() -> None:
    command = ["-m", "navai_core", "demo", "--config", str(ROOT / "config.example.yaml")]
    env = {**os.environ, "LC_ALL": "es_MX.UTF-8"}
    demo = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=ROOT, env=env, stdout=PIPE, stderr=PIPE)
    try:
        assert demo.stdout
        async with asyncio.timeout(60):
            while "/navai/kiosk/" not in (line := (await demo.stdout.readline()).decode()):
                assert line
        async with shared_browser() as browser:
            context = await browser.new_context()
            kiosk = await VoicePage.of(context)
            await kiosk.page.goto(line.strip())
            await until(lambda: kiosk.shown("name"), "the name")
            await kiosk.meter()
            await kiosk.tap()
            await kiosk.wait_for("speaking")
            assert await kiosk.hear() > 0.05

            async def both_said() -> bool:
                return [text.partition(" ")[0] for _, text in await kiosk.captions()] == ["¿Qué", "Depende"]

            await until(both_said, "the captions, in the language of the terminal")
            await kiosk.picture("demo")
            await kiosk.press("stop")
            kiosk.check()
        demo.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(demo.communicate(), 30)
        assert (out.decode().splitlines()[-1], err.decode()) == ("Stopping.", "")
        assert demo.returncode == 0
    finally:
        if demo.returncode is None:
            demo.kill()
            await demo.wait()
