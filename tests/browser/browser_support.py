"""What the tests in a browser share."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from playwright.async_api import Page, async_playwright

from navai_core.simulator import CallSettings, Simulator
from navai_core.simulator.call.script import parse

MICROPHONE = (
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)
TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "Tells the weather.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}


SCENARIO = {
    "turns": [
        {
            "heard": "How warm is it in Rome?",
            "call": {"name": "get_weather", "arguments": {"city": "Rome"}},
            "then": "In Rome it is {output} now.",
        }
    ]
}
KEY = "sk-browser-0123456789abcdef"


@dataclass
class Stage:
    """A browser in front of a simulator."""

    simulator: Simulator
    page: Page
    origin: str

    async def secret(self, **session: Any) -> str:
        asked = {"session": {"type": "realtime", "model": "gpt-realtime-2.1", **session}}
        headers = {"Authorization": f"Bearer {KEY}"}
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.simulator.base_url}/realtime/client_secrets", json=asked, headers=headers) as response,
        ):
            value: str = (await response.json())["value"]
            return value

    async def talk(
        self, client: str, secret: str, *, until: str = "output_audio_buffer.stopped", timeout_ms: int = 60_000
    ) -> Any:
        """Have a client's page hold a conversation until an event comes, and return what it saw."""
        await self.page.goto(f"{self.origin}/{client}.html")
        url = f"{self.simulator.base_url}/realtime/calls"
        given = {"url": url, "secret": secret, "tool": TOOL, "until": until, "timeoutMs": timeout_ms}
        return await self.page.evaluate("given => window.talk(given)", given)


@asynccontextmanager
async def on_stage(pages: Path, speech: Path, scenario: Any = SCENARIO) -> AsyncIterator[Stage]:
    """A simulator, a web server of another origin, and a browser whose microphone plays a file once."""
    app = web.Application()
    app.router.add_static("/", pages)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    settings = CallSettings(scenario=parse(scenario))
    async with Simulator(api_keys={KEY}, seed=1, call_settings=settings) as simulator, async_playwright() as player:
        browser = await player.chromium.launch(
            executable_path=os.environ.get("NAVAI_TEST_CHROMIUM") or "/usr/bin/chromium",
            # The only pages it sees are ours, and root has no sandbox.
            args=["--no-sandbox", *MICROPHONE, f"--use-file-for-fake-audio-capture={speech}%noloop"],
        )
        context = await browser.new_context(permissions=["microphone"])
        yield Stage(simulator, await context.new_page(), f"http://127.0.0.1:{runner.addresses[0][1]}")
        await browser.close()
    await runner.cleanup()
