"""A page inside another one, and what that one lets it do: real Chromium decides, and Firefox, which tells less."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import pytest
import pytest_asyncio
from aiohttp import web
from bidi import firefox
from playwright.async_api import Frame, Page, Route, expect
from test_missing_features import BLOCK
from voice_page import PageWithVoice, until
from voice_support import TOKEN, Stage, VoicePage, voice_stage
from web_modules import WWW

pytestmark = pytest.mark.browser

WEBPAGE_CARD: Final = (
    'sandbox="allow-forms allow-popups allow-pointer-lock allow-same-origin allow-scripts allow-modals allow-downloads"'
    ' allow="fullscreen"'
)
"""What Home Assistant's Webpage card writes into its frame."""
FORBIDDEN: Final = {"Permissions-Policy": "microphone=()"}
REFUSES: Final = (r"(?i)permissions policy", "can escape its sandboxing")
OWN: Final = """<!doctype html><meta charset="utf-8"><title>own</title><body><script type="module">
import { TokenApi } from "/www/server/token-api.js";
import { NavaiSession } from "/www/voice/session.js";
import { NavaiVoice } from "/www/voice/voice.js";
const voice = new NavaiVoice();
voice.setAttribute("layout", "full");
voice.session = new NavaiSession(new TokenApi("HUB/navai", () => "TOKEN", { profile: "kitchen" }));
document.body.append(voice);
</script>"""
ASKING: Final = """<!doctype html><script type="module">
import { openMicrophone } from "/www/voice/microphone.js";
openMicrophone().then(() => "open", ({ code }) => code).then((code) => parent.postMessage(code, "*"));
</script>"""


@dataclass
class Pages:
    """A server of pages. By its other name it is another server to a browser."""

    texts: dict[str, str]
    headers: Mapping[str, str]
    port: int = 0

    @property
    def here(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def elsewhere(self) -> str:
        return f"http://localhost:{self.port}"

    async def page(self, request: web.Request) -> web.Response:
        text = self.texts[request.match_info["name"]]
        headers = self.headers if request.match_info["name"] == "around" else {}
        return web.Response(text=text, content_type="text/html", headers=headers)

    def around(self, url: str, attributes: str, headers: Mapping[str, str] | None = None) -> None:
        """Put a page with a frame that fills it at `/page/around`."""
        self.headers = headers or {}
        self.texts["around"] = f"""<!doctype html>
            <style>body {{ margin: 0 }} iframe {{ border: 0; width: 100vw; height: 100vh }}</style>
            <script>addEventListener("message", ({{ data }}) => {{ window.said = data; }});</script>
            <iframe src="{url}" {attributes}></iframe>"""


@asynccontextmanager
async def serving(**texts: str) -> AsyncIterator[Pages]:
    """Serve pages, and the modules beside them."""
    pages = Pages(texts, {})
    app = web.Application()
    app.router.add_get("/page/{name}", pages.page)
    app.router.add_static("/www", WWW)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pages.port = runner.addresses[0][1]
    yield pages
    await runner.cleanup()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pages() -> AsyncIterator[Pages]:
    """One server of pages for all of them."""
    async with serving(asking=ASKING) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory, pages: Pages) -> AsyncIterator[Stage]:
    """A hub, a simulator and a browser for all of them."""
    block = {**BLOCK, "hub": {"functions": ["house.py"], "cors": [pages.here]}}
    async with voice_stage(tmp_path_factory.mktemp("stage"), block=block) as made:
        pages.texts["own"] = OWN.replace("HUB", made.hub.url).replace("TOKEN", TOKEN)
        yield made


@asynccontextmanager
async def framed(
    stage: Stage,
    pages: Pages,
    frame: tuple[str, str, str, Mapping[str, str]],
    viewport: tuple[int, int] = (1280, 800),
) -> AsyncIterator[tuple[VoicePage, Frame]]:
    """A page with a frame in it: where the page is from, what is in the frame, its attributes, the page's headers."""
    origin, url, attributes, headers = frame
    pages.around(url, attributes, headers)
    size = {"width": viewport[0], "height": viewport[1]}
    context = await stage.browser.new_context(permissions=["microphone"], viewport=size)
    page = await VoicePage.of(context, expected=REFUSES)

    async def answer(route: Route) -> None:
        # The hub itself has no such page.
        await route.fulfill(body=pages.texts["around"], content_type="text/html", headers=dict(headers))

    await page.page.route(f"{stage.hub.url}/page/around", answer)
    await page.page.goto(f"{origin}/page/around")
    yield page, await until(lambda: next(iter(page.page.frames[1:]), None), "the frame")
    page.check()
    await context.close()


def voice_in(frame: Frame) -> PageWithVoice:
    """The voice in a frame, as that of a page: it has all of a page that this takes."""
    return PageWithVoice(cast("Page", frame))


def kiosk_of(stage: Stage) -> str:
    return f"{stage.hub.url}/navai/kiosk/kitchen#token={TOKEN}"


@pytest.mark.parametrize("attributes", ["", WEBPAGE_CARD], ids=["plain", "webpage card"])
async def test_the_kiosk_page_talks_in_a_frame_of_its_own_server(stage: Stage, pages: Pages, attributes: str) -> None:
    async with framed(stage, pages, (stage.hub.url, kiosk_of(stage), attributes, {})) as (_, frame):
        voice = voice_in(frame)
        await voice.tap()
        await voice.wait_for("speaking")
        await voice.press("stop")
        await voice.wait_for("ended")


@pytest.mark.parametrize(
    ("where", "attributes", "headers"),
    [
        ("hub", "allow=\"microphone 'none'\"", {}),
        ("hub", "", FORBIDDEN),
        ("elsewhere", WEBPAGE_CARD, {}),
        ("elsewhere", 'allow="microphone"', {}),
    ],
    ids=["attribute", "header", "webpage card elsewhere", "allowed elsewhere"],
)
async def test_the_kiosk_page_says_where_to_open_it(
    stage: Stage, pages: Pages, where: str, attributes: str, headers: Mapping[str, str]
) -> None:
    origin = stage.hub.url if where == "hub" else pages.elsewhere
    for viewport in ((1280, 800), (844, 390)):
        asked = len(stage.simulator.requests)
        async with framed(stage, pages, (origin, kiosk_of(stage), attributes, headers), viewport) as (page, frame):
            alert = frame.get_by_role("alert")
            await expect(alert).to_contain_text("Open it on its own:")
            link = alert.get_by_role("link")
            await expect(link).to_have_attribute("href", f"{stage.hub.url}/navai/kiosk/kitchen")
            await expect(link).to_have_attribute("target", "_blank")
            # Nothing is open in there.
            assert await frame.locator("navai-voice, form").count() == 0
            assert len(stage.simulator.requests) == asked
            await page.picture(f"kiosk-framed-{viewport[0]}")


async def test_a_sandbox_that_lets_nothing_run_is_named(stage: Stage, pages: Pages) -> None:
    given = (pages.elsewhere, kiosk_of(stage), 'sandbox="allow-scripts" allow="microphone"', {})
    async with framed(stage, pages, given) as (page, frame):
        page.expected += ["blocked by CORS policy", "Failed to load resource"]
        address = f"{stage.hub.url}/navai/kiosk/kitchen"
        await expect(frame.get_by_role("alert")).to_contain_text(f"Open it on its own: {address}")


@pytest.mark.parametrize(
    ("where", "attributes", "headers"),
    [("elsewhere", "", {}), ("here", "allow=\"microphone 'none'\"", {}), ("here", "", FORBIDDEN)],
    ids=["elsewhere", "attribute", "header"],
)
async def test_a_voice_in_a_frame_names_that_as_the_cause(
    stage: Stage, pages: Pages, where: str, attributes: str, headers: Mapping[str, str]
) -> None:
    origin = pages.here if where == "here" else pages.elsewhere
    async with framed(stage, pages, (origin, f"{pages.here}/page/own", attributes, headers)) as (page, frame):
        voice = voice_in(frame)
        await voice.tap()
        await voice.wait_for("failed")
        trouble = await voice.shown("trouble")
        assert "is inside another page" in trouble
        assert f"Open {pages.here}/page/own on its own" in trouble
        assert await voice.session("failure.code") == "microphone_frame"
        await page.picture("voice-framed")
        await look_at(voice, "microphone_frame", "inside another page")


async def test_a_voice_in_a_frame_that_may_listen_talks(stage: Stage, pages: Pages) -> None:
    given = (pages.elsewhere, f"{pages.here}/page/own", 'allow="microphone"', {})
    async with framed(stage, pages, given) as (_, frame):
        voice = voice_in(frame)
        await voice.tap()
        await voice.wait_for("speaking")
        await voice.press("stop")
        await voice.wait_for("ended")


async def test_a_header_that_forbids_the_microphone_is_named(stage: Stage) -> None:
    context = await stage.browser.new_context(permissions=["microphone"])
    # To Chromium a page that the test itself answers is from elsewhere, and may not call this machine.
    kiosk = await VoicePage.of(context, expected=[*REFUSES, "`loopback` address space", "net::ERR_FAILED"])

    async def forbid(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, headers={**answer.headers, "permissions-policy": "microphone=()"})

    await kiosk.page.route("**/navai/kiosk/kitchen", forbid)
    await kiosk.page.goto(kiosk_of(stage))
    await kiosk.open_microphone_at_once()
    await kiosk.tap()
    await kiosk.wait_for("failed")
    assert await kiosk.session("failure.code") == "microphone_policy"
    assert "Permissions-Policy: microphone=(self)" in await kiosk.shown("trouble")
    await look_at(kiosk, "microphone_policy", "Permissions-Policy")
    kiosk.check()
    await context.close()


async def look_at(voice: PageWithVoice, code: str, words: str) -> None:
    """Let the device check look, and see that it names the same cause."""
    await voice.press("device-check")
    panel = voice.page.locator("navai-voice navai-device-check")
    row = panel.locator("li.problem", has_text="Microphone permission")
    await row.wait_for()
    assert words in await row.inner_text()
    results = await panel.evaluate("(check) => check._results")
    found = next(each["result"] for each in results if each["name"] == "permission")
    assert (found["outcome"], found["code"]) == ("problem", code)


@pytest.mark.parametrize(("allow", "said"), [("", "microphone_frame"), ("microphone", "open")])
async def test_firefox_names_a_frame_as_well(tmp_path: Path, pages: Pages, allow: str, said: str) -> None:
    """It does not say what a frame may do: it only refuses."""
    pages.around(f"{pages.here}/page/asking", f'allow="{allow}"')
    async with firefox(tmp_path) as driven:
        await driven.open(f"{pages.elsewhere}/page/around")
        assert await until(lambda: driven.ask("window.said"), "what the frame says") == said
