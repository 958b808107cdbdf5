"""The kiosk page itself: its token, what it may do, how it is installed."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from voice_page import until
from voice_support import TOKEN, VoicePage, voice_stage

from navai_core.web import pages
from navai_core.web.pages import WebFiles, kiosk_page

pytestmark = pytest.mark.browser

WRONG = "tok_wrong_Xq7mZt2LxW9"
REFUSED = r"status of 401"


async def address(kiosk: VoicePage) -> str:
    return kiosk.page.url.partition("/navai/")[2]


async def type_token(kiosk: VoicePage, token: str) -> None:
    await kiosk.page.get_by_label("token").fill(token)
    await kiosk.page.get_by_role("button", name="Continue").click()


async def test_the_token_is_kept_and_removed_from_the_address(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        assert await address(kiosk) == "kiosk/kitchen"
        assert await kiosk.page.evaluate("() => history.length") == 2  # the empty page, and this one

        await kiosk.page.reload()
        await kiosk.tap()
        await kiosk.wait_for("listening")
        assert TOKEN not in await kiosk.page.content()


async def test_without_a_token_it_asks_for_one(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open(token=None)
        await kiosk.page.get_by_label("token").wait_for()
        await kiosk.picture("kiosk-token")
        assert stage.simulator.requests == []
        await type_token(kiosk, f"  {TOKEN} ")
        await kiosk.tap()
        await kiosk.wait_for("listening")
        assert await kiosk.page.locator("form").count() == 0

        await kiosk.page.reload()
        await kiosk.page.locator("navai-voice .orb").wait_for()


@pytest.mark.parametrize("dark", [False, True])
async def test_a_wrong_token_is_told_and_another_one_asked_for(tmp_path: Path, dark: bool) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open(token=None, expected=[REFUSED], dark=dark, viewport=(390, 844))
        await type_token(kiosk, WRONG)
        await kiosk.page.get_by_role("alert").wait_for()
        text = "Unknown display. Ask your administrator for its link."
        assert await kiosk.page.get_by_role("alert").inner_text() == text
        await kiosk.picture(f"kiosk-wrong-token-{'dark' if dark else 'light'}")
        await type_token(kiosk, TOKEN)
        await kiosk.tap()
        await kiosk.wait_for("listening")
        assert await kiosk.page.locator("navai-voice").count() == 1


async def test_a_token_that_is_taken_back_closes_the_page(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open(expected=[REFUSED])
        await kiosk.tap()
        await kiosk.wait_for("listening")
        await kiosk.press("stop")
        await stage.reload(displays={"hall": {"profile": "kitchen", "token": "tok_newer_Xq7mZt2LxW9"}})
        # Nobody has to tap for it.
        await kiosk.page.get_by_label("token").wait_for()
        assert await kiosk.page.locator("navai-voice").count() == 0
        await kiosk.let_go()


async def test_it_may_do_nothing_but_what_it_needs(tmp_path: Path) -> None:
    """Whatever the policy forbids is an error on the console, and fails each of these tests."""
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open(expected=["Content Security Policy"])
        await kiosk.page.evaluate(
            """async (elsewhere) => {
              window.seen = [];
              document.addEventListener("securitypolicyviolation", (event) => seen.push(event.effectiveDirective));
              await fetch(elsewhere).catch(() => {});
              for (const [name, values] of [
                ["script", { textContent: "window.ran = true" }],
                ["script", { src: elsewhere }],
                ["style", { textContent: "body { color: red }" }],
                ["img", { src: elsewhere }],
                ["iframe", { src: elsewhere }],
              ]) document.body.append(Object.assign(document.createElement(name), values));
            }""",
            "http://127.0.0.2:9/",
        )
        wanted = {"connect-src", "script-src-elem", "style-src-elem", "img-src", "frame-src"}

        async def all_seen() -> bool:
            return set(await kiosk.page.evaluate("() => window.seen")) == wanted

        await until(all_seen, "the policy to forbid all of it")
        assert await kiosk.page.evaluate("() => window.ran") is None


async def test_it_can_be_installed(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        devtools = await kiosk.page.context.new_cdp_session(kiosk.page)
        manifest = await devtools.send("Page.getAppManifest")
        assert manifest["errors"] == []
        assert manifest["url"] == f"{stage.hub.url}/navai/kiosk/kitchen/manifest.webmanifest"
        found = (await devtools.send("Page.getInstallabilityErrors"))["installabilityErrors"]
        # The browser of a test keeps nothing, and such a one installs nothing.
        assert [each["errorId"] for each in found] in ([], ["in-incognito"])
        for icon in re.findall(r'"src": "([^"]+)"', manifest["data"]):
            answer = await kiosk.page.request.get(stage.hub.url + icon)
            assert (answer.status, answer.headers["content-type"]) == (200, "image/png")


async def test_a_page_from_before_an_upgrade_still_gets_its_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def older(files: WebFiles, **more: Any) -> str:
        return kiosk_page(replace(files, tag="0.0.1-0"), **more)

    monkeypatch.setattr(pages, "kiosk_page", older)
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        # It receives the newer version, and reloads itself: once, for it gets the same again.
        reloaded = "() => performance.getEntriesByType('navigation')[0].type === 'reload'"
        await kiosk.page.wait_for_function(reloaded)
        await kiosk.page.locator("navai-voice .orb").wait_for()
        loaded = await kiosk.page.evaluate("() => performance.getEntriesByType('resource').map(({ name }) => name)")
        modules = [name for name in loaded if name.endswith(".js")]
        assert modules
        assert all("/0.0.1-0/" in name for name in modules)
        await kiosk.tap()
        await kiosk.wait_for("listening")
