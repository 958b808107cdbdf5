"""A browser that is signed in to a Home Assistant of `home_assistant.py`: for tests, and for pictures.

async with HaBrowser(house, language="es", dark=True) as browser:
    page = await browser.open("/config/repairs")
    await browser.picture(page, tmp_path / "repairs.png")
"""

import asyncio
import json
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from home_assistant import HomeAssistant, User
from playwright.async_api import Page, async_playwright
from voice_page import PROBE

PATIENCE_MS = 60_000
TEN_YEARS_S = 315_360_000
PICTURES = 40
"""How many pictures are taken until the page no longer changes."""


class HaBrowser:
    """One signed-in browser. `problems` has its pages' console errors and uncaught exceptions."""

    def __init__(
        self,
        house: HomeAssistant,
        *,
        user: User | None = None,
        width: int = 1280,
        height: int = 800,
        language: str = "en",
        dark: bool = False,
        microphone: bool = False,
        arguments: tuple[str, ...] = (),
    ) -> None:
        self._house = house
        signed_in = user or house.owner
        assert signed_in, "there is no user yet: call onboard() first"
        self._token = signed_in.token
        self._size = {"width": width, "height": height}
        self._language = language
        self._dark = dark
        self._permissions = ["microphone"] if microphone else []
        self._arguments = ["--no-sandbox", *arguments]  # it only opens our own pages, and root has no sandbox
        self.problems: list[str] = []

    async def __aenter__(self) -> Self:
        self._playwright = await async_playwright().start()
        try:
            self._browser = await self._playwright.chromium.launch(
                executable_path=os.environ.get("NAVAI_TEST_CHROMIUM") or "/usr/bin/chromium",
                args=self._arguments,
            )
            self.context = await self._browser.new_context(
                viewport=self._size,  # type: ignore[arg-type]
                locale=self._language,
                color_scheme="dark" if self._dark else "light",
                permissions=self._permissions,
            )
        except BaseException:
            await self._playwright.stop()
            raise
        await self.context.add_init_script(path=PROBE)
        await self.context.add_init_script(self._sign_in())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._browser.close()
        await self._playwright.stop()

    def _sign_in(self) -> str:
        url = self._house.url
        tokens = {
            "access_token": self._token,
            "token_type": "Bearer",
            "expires_in": TEN_YEARS_S,
            "expires": int((time.time() + TEN_YEARS_S) * 1000),
            "hassUrl": url,
            "clientId": f"{url}/",
            "refresh_token": "",
        }
        stored = {"hassTokens": json.dumps(tokens), "selectedLanguage": json.dumps(self._language)}
        return (
            f"if (location.origin === {json.dumps(url)})"
            f" for (const [name, value] of Object.entries({json.dumps(stored)})) localStorage.setItem(name, value);"
        )

    async def open(self, path: str = "/") -> Page:
        """Open a page of Home Assistant and wait until its interface is loaded."""
        page = await self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: self._note(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._note(str(error)))
        await page.goto(self._house.url + path)
        await page.locator("home-assistant-main").wait_for(state="attached")
        await page.locator("#ha-launch-screen").wait_for(state="detached")
        await page.wait_for_load_state("networkidle")
        return page

    async def picture(self, page: Page, path: Path | None = None) -> bytes:
        """Return a picture of the page as PNG, and write it to `path`, after everything on the page stops moving."""
        last = await page.screenshot(animations="disabled")
        for _ in range(PICTURES):
            await asyncio.sleep(0.25)
            picture = await page.screenshot(animations="disabled")
            if picture == last:
                break
            last = picture
        if path:
            path.write_bytes(last)  # noqa: ASYNC240 - nothing else runs in the meantime
        return last

    def _note(self, text: str) -> None:
        self.problems.append(text)
