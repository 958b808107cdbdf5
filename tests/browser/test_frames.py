"""A page inside another one, and what that one lets it do. Real Chromium decides, and Firefox where it decides otherwise."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, cast

import pytest
import pytest_asyncio
from aiohttp import web
from bidi import firefox
from playwright.async_api import Frame, Page, Route, expect
from test_missing_features import BLOCK
from voice_page import PageWithVoice, until
from voice_support import TOKEN, Stage, VoicePage, voice_stage
from web_modules import WWW

from navai_core.hub.page_views import FILES

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

ELSEWHERE: Final = "http://localhost:9"
"""To the browser a page of another server; a test answers for it."""
WEBPAGE_CARD: Final = (
    'sandbox="allow-forms allow-popups allow-pointer-lock allow-same-origin allow-scripts allow-modals allow-downloads"'
    ' allow="fullscreen"'
)
"""What Home Assistant's Webpage card writes into its frame."""
FORBIDDEN: Final = {"Permissions-Policy": "microphone=()"}
REFUSES: Final = r"(?i)permissions policy"
OWN_PAGE: Final = f"""<!doctype html><meta charset="utf-8"><title>own</title><body><script type="module">
import {{ TokenApi }} from "/navai/www/{FILES.tag}/navai-token-api.js";
import {{ NavaiSession }} from "/navai/www/{FILES.tag}/navai-session.js";
import {{ NavaiVoice }} from "/navai/www/{FILES.tag}/navai-voice.js";
const voice = new NavaiVoice();
voice.setAttribute("layout", "full");
voice.session = new NavaiSession(new TokenApi("/navai", () => "{TOKEN}", {{ profile: "kitchen" }}));
document.body.append(voice);
</script>"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A hub, a simulator and a browser for all of them."""
    async with voice_stage(tmp_path_factory.mktemp("stage"), block=BLOCK) as made:
        yield made


@asynccontextmanager
async def framed(
    stage: Stage,
    inside: str,
    *,
    origin: str | None = None,
    attributes: str = "",
    headers: Mapping[str, str] | None = None,
    viewport: tuple[int, int] = (1280, 800),
) -> AsyncIterator[tuple[VoicePage, Frame]]:
    """A page with a frame that fills it."""
    context = await stage.browser.new_context(
        permissions=["microphone"], viewport={"width": viewport[0], "height": viewport[1]}
    )
    around = await VoicePage.of(context, expected=[REFUSES])
    page = f"""<!doctype html><style>body {{ margin: 0 }} iframe {{ border: 0; width: 100vw; height: 100vh }}</style>
        <iframe src="{stage.hub.url}{inside}" {attributes}></iframe>"""
    url = f"{origin or stage.hub.url}/around.html"
    await around.page.route(
        url, lambda route: route.fulfill(body=page, content_type="text/html", headers=dict(headers or {}))
    )
    await around.page.route(
        f"{stage.hub.url}/own.html", lambda route: route.fulfill(body=OWN_PAGE, content_type="text/html")
    )
    await around.page.goto(url)
    yield around, await until(lambda: next(iter(around.page.frames[1:]), None), "the frame")
    around.check()
    await context.close()


def voice_in(frame: Frame) -> PageWithVoice:
    """The voice in a frame, as that of a page: it has all of a page that this takes."""
    return PageWithVoice(cast("Page", frame))


KIOSK: Final = f"/navai/kiosk/kitchen#token={TOKEN}"


@pytest.mark.parametrize("attributes", ["", WEBPAGE_CARD], ids=["plain", "webpage card"])
async def test_the_kiosk_page_talks_in_a_frame_of_its_own_server(stage: Stage, attributes: str) -> None:
    async with framed(stage, KIOSK, attributes=attributes) as (_, frame):
        voice = voice_in(frame)
        await voice.tap()
        await voice.wait_for("speaking")
        await voice.press("stop")
        await voice.wait_for("ended")


@pytest.mark.parametrize(
    ("origin", "attributes", "headers"),
    [
        (None, "allow=\"microphone 'none'\"", {}),
        (None, "", FORBIDDEN),
        (ELSEWHERE, WEBPAGE_CARD, {}),
        (ELSEWHERE, 'allow="microphone"', {}),
        (ELSEWHERE, 'sandbox="allow-scripts" allow="microphone"', {}),
    ],
    ids=["attribute", "header", "webpage card elsewhere", "allowed elsewhere", "sandbox"],
)
async def test_the_kiosk_page_says_where_to_open_it(
    stage: Stage, origin: str | None, attributes: str, headers: Mapping[str, str]
) -> None:
    for viewport in ((1280, 800), (844, 390)):
        asked = len(stage.simulator.requests)
        async with framed(
            stage, KIOSK, origin=origin, attributes=attributes, headers=headers, viewport=viewport
        ) as (around, frame):
            alert = frame.get_by_role("alert")
            await expect(alert).to_contain_text("Open it by itself:")
            link = alert.get_by_role("link")
            await expect(link).to_have_attribute("href", f"{stage.hub.url}/navai/kiosk/kitchen")
            await expect(link).to_have_attribute("target", "_blank")
            # Nothing is open in there.
            assert await frame.locator("navai-voice, form").count() == 0
            assert len(stage.simulator.requests) == asked
            await around.picture(f"kiosk-framed-{viewport[0]}")


@pytest.mark.parametrize(
    ("origin", "attributes", "headers"),
    [(ELSEWHERE, "", {}), (None, "allow=\"microphone 'none'\"", {}), (None, "", FORBIDDEN)],
    ids=["elsewhere", "attribute", "header"],
)
async def test_a_voice_in_a_frame_names_that_as_the_cause(
    stage: Stage, origin: str | None, attributes: str, headers: Mapping[str, str]
) -> None:
    async with framed(stage, "/own.html", origin=origin, attributes=attributes, headers=headers) as (around, frame):
        voice = voice_in(frame)
        await voice.tap()
        await voice.wait_for("failed")
        trouble = await voice.shown("trouble")
        assert "shown inside another page" in trouble
        assert f"Open {stage.hub.url}/own.html by itself" in trouble
        assert await voice.session("failure.code") == "microphone_frame"
        await around.picture("voice-framed")
        await look_at(voice, "microphone_frame", "inside another page")


async def test_a_voice_in_a_frame_that_may_listen_talks(stage: Stage) -> None:
    async with framed(stage, "/own.html", origin=ELSEWHERE, attributes='allow="microphone"') as (_, frame):
        voice = voice_in(frame)
        await voice.tap()
        await voice.wait_for("speaking")
        await voice.press("stop")
        await voice.wait_for("ended")


async def test_a_header_that_forbids_the_microphone_is_named(stage: Stage) -> None:
    context = await stage.browser.new_context(permissions=["microphone"])
    kiosk = await VoicePage.of(context, expected=[REFUSES])

    async def forbid(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, headers={**answer.headers, "permissions-policy": "microphone=()"})

    await kiosk.page.route("**/navai/kiosk/kitchen", forbid)
    await kiosk.page.goto(f"{stage.hub.url}{KIOSK}")
    await kiosk.tap()
    await kiosk.wait_for("failed")
    assert await kiosk.session("failure.code") == "microphone_policy"
    assert "Permissions-Policy: microphone=(self)" in await kiosk.shown("trouble")
    await look_at(kiosk, "microphone_policy", "Permissions-Policy")
    kiosk.check()
    await context.close()


async def look_at(voice: PageWithVoice, code: str, words: str) -> None:
    """Let the device check look, and see that it names the same cause."""
    await voice.press("doctor")
    panel = voice.page.locator("navai-voice navai-doctor")
    row = panel.locator("li.problem", has_text="Microphone permission")
    await row.wait_for()
    assert words in await row.inner_text()
    results = await panel.evaluate("(doctor) => doctor._results")
    found = next(each["result"] for each in results if each["name"] == "permission")
    assert (found["outcome"], found["code"]) == ("problem", code)


INSIDE: Final = """<!doctype html><script type="module">
import { openMicrophone } from "/www/navai-microphone.js";
openMicrophone().then(() => "open", ({ code }) => code).then((code) => parent.postMessage(code, "*"));
</script>"""


def pages(ask: Callable[[], int]) -> web.Application:
    """A page that opens the microphone, and pages with a frame around it from another host."""

    async def around(request: web.Request) -> web.Response:
        text = f"""<!doctype html><script>addEventListener("message", ({{ data }}) => {{ window.said = data; }});</script>
            <iframe src="http://127.0.0.1:{ask()}/inside" allow="{request.query_string}"></iframe>"""
        return web.Response(text=text, content_type="text/html")

    async def inside(_: web.Request) -> web.Response:
        return web.Response(text=INSIDE, content_type="text/html")

    app = web.Application()
    app.router.add_get("/around", around)
    app.router.add_get("/inside", inside)
    app.router.add_static("/www", WWW)
    return app


async def test_firefox_names_a_frame_as_well(tmp_path: Path) -> None:
    """It does not say what a frame may do: it only refuses."""
    found: list[Any] = []
    runner = web.AppRunner(pages(lambda: int(found[0])), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.append(runner.addresses[0][1])
    async with firefox(tmp_path) as driven:
        for allow, said in (("", "microphone_frame"), ("microphone", "open")):
            await driven.open(f"http://localhost:{found[0]}/around?{allow}")
            assert await until(lambda: driven.ask("window.said"), "what the frame says") == said
    await runner.cleanup()
