"""The kiosk page in a browser that lacks something: it works without it, or says which browser it takes.

One Chromium for all; what it shall lack is taken away before the page begins.
"""

from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect
from voice_page import until
from voice_support import SCENARIO, TOKEN, Stage, VoicePage, voice_stage

pytestmark = pytest.mark.browser

PLENTY: Final = {"secrets_per_minute": 10_000}
BLOCK: Final = {
    "defaults": {"model": "gpt-realtime-2.1", "transcription": "gpt-transcribe", "limits": PLENTY},
    "displays": {"hall": {"profile": "kitchen", "token": TOKEN, **PLENTY}},
}
BROWSERS: Final = "Chrome or Edge 89, Firefox 140, Safari 15.4"
SPANISH: Final = "Este navegador es demasiado antiguo"
NO_SHEETS: Final = "window.CSSStyleSheet = function () { throw new TypeError('Illegal constructor'); };"
NO_ADOPTION: Final = "for (const kind of [Document, ShadowRoot]) delete kind.prototype.adoptedStyleSheets;"
NO_SIGNALS: Final = """
const { addEventListener } = EventTarget.prototype;
EventTarget.prototype.addEventListener = function (type, listener, options) {
  const { capture = false, once = false, passive } = Object(options);
  addEventListener.call(this, type, listener, typeof options === "object" ? { capture, once, passive } : options);
};
"""
PREFIXED: Final = "window.webkitAudioContext = AudioContext; delete window.AudioContext;"
NO_STORAGE: Final = """
for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("not here", "SecurityError"); } });
}
"""
NEWER: Final = """
for (const [owner, ...names] of [
  [window, "structuredClone", "ResizeObserver", "IntersectionObserver", "requestIdleCallback", "scheduler"],
  [Navigator.prototype, "permissions", "userActivation", "wakeLock", "clipboard", "mediaSession", "locks", "storage"],
  [Document.prototype, "featurePolicy", "startViewTransition", "fonts"],
  [Element.prototype, "checkVisibility", "setHTML", "getHTML", "ariaLabel"],
  [HTMLElement.prototype, "inert", "popover", "showPopover"],
  [ReadableStream.prototype, Symbol.asyncIterator, "values"],
  [AbortSignal, "any", "timeout"],
  [AbortSignal.prototype, "throwIfAborted", "reason"],
  [Array.prototype, "at", "findLast", "findLastIndex", "toSorted", "toReversed", "toSpliced", "with"],
  [String.prototype, "at", "isWellFormed", "toWellFormed"],
  [Object, "hasOwn", "groupBy", "fromEntries"],
  [Promise, "any", "withResolvers", "try"],
  [Crypto.prototype, "randomUUID", "subtle"],
  [Map, "groupBy"],
  [URL, "canParse", "parse"],
  [Intl, ...Object.getOwnPropertyNames(Intl)],
]) for (const name of names) delete owner[name];
"""
WITHOUT: Final = {
    "constructed style sheets": NO_SHEETS,
    "adopted style sheets": NO_ADOPTION,
    "an unprefixed audio context": PREFIXED,
    "any audio context": "delete window.AudioContext;",
    "signals of listeners": NO_SIGNALS,
    "all that is not needed": NEWER + NO_SHEETS + NO_ADOPTION + NO_STORAGE + PREFIXED + NO_SIGNALS,
}
NEEDED: Final = {
    "custom elements": "delete window.customElements;",
    "shadow roots": "delete Element.prototype.attachShadow;",
    "event targets of one's own": "window.EventTarget = function () { throw new TypeError('Illegal'); };",
    "abort controllers": "delete window.AbortController;",
    "replaceChildren": "delete Element.prototype.replaceChildren;",
    "modules": "delete HTMLScriptElement.prototype.noModule;",
}
NEEDED_TO_TALK: Final = {
    "WebRTC": "delete window.RTCPeerConnection;",
    "a microphone's interface": """
      for (const owner of [navigator.mediaDevices, MediaDevices.prototype]) delete owner.getUserMedia;
    """,
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A hub, a simulator and a browser for all of them."""
    async with voice_stage(
        tmp_path_factory.mktemp("stage"), speech=[(0.3, 0.8)], scenario=SCENARIO, block=BLOCK
    ) as made:
        yield made


async def opened(
    stage: Stage, without: str = "", language: str = "en", viewport: tuple[int, int] = (1280, 800)
) -> VoicePage:
    """A page that is still empty, in a browser that lacks something."""
    size = {"width": viewport[0], "height": viewport[1]}
    context = await stage.browser.new_context(locale=language, viewport=size, permissions=["microphone"])
    kiosk = await VoicePage.of(context)
    await context.add_init_script(without)
    return kiosk


async def go(stage: Stage, kiosk: VoicePage) -> None:
    await kiosk.page.goto(f"{stage.hub.url}/navai/kiosk/kitchen#token={TOKEN}")


@pytest.mark.parametrize("name", WITHOUT)
async def test_it_talks_without(stage: Stage, name: str) -> None:
    kiosk = await opened(stage, WITHOUT[name])
    await go(stage, kiosk)
    await kiosk.tap()
    await kiosk.wait_for("speaking")
    await kiosk.said("You", "What shall we cook?")
    # It is dressed, also when the element was moved.
    orb = kiosk.voice.locator(".orb")
    await expect(orb).to_have_css("border-top-left-radius", "50%")
    await kiosk.voice.evaluate("(voice) => voice.parentElement.append(voice)")
    await expect(orb).to_have_css("border-top-left-radius", "50%")
    await kiosk.press("stop")
    await kiosk.wait_for("ended")
    await kiosk.holds(peers=0, tracks=0)
    kiosk.check()
    await kiosk.page.context.close()


async def test_listeners_end_with_their_signal(stage: Stage) -> None:
    kiosk = await opened(stage, NO_SIGNALS)
    await go(stage, kiosk)
    await kiosk.voice.locator(".orb").wait_for()
    counts = await kiosk.page.evaluate(
        """() => {
          const counts = [];
          const end = new AbortController();
          const target = new EventTarget();
          const count = () => counts.push(1);
          target.addEventListener("x", count, { signal: end.signal });
          target.addEventListener("y", count);
          target.dispatchEvent(new Event("x"));
          end.abort();
          for (const type of ["x", "y"]) target.dispatchEvent(new Event(type));
          target.addEventListener("x", count, end);
          target.dispatchEvent(new Event("x"));
          return counts.length;
        }"""
    )
    assert counts == 2
    await kiosk.page.context.close()


@pytest.mark.parametrize("name", NEEDED)
async def test_a_browser_that_is_too_old_says_so(stage: Stage, name: str) -> None:
    kiosk = await opened(stage, NEEDED[name])
    if name == "modules":
        # Such a browser does not even ask for them.
        await kiosk.page.route(
            "**/navai-kiosk.js", lambda route: route.fulfill(body="", content_type="text/javascript")
        )
    await go(stage, kiosk)
    await expect(kiosk.page.get_by_role("alert")).to_contain_text(BROWSERS)
    await kiosk.page.context.close()


@pytest.mark.parametrize("viewport", [(1280, 800), (844, 390)])
async def test_what_it_cannot_read_is_said_in_spanish(stage: Stage, viewport: tuple[int, int]) -> None:
    kiosk = await opened(stage, language="es-MX", viewport=viewport)
    newer = "class Newer { static { this.made = true } of"

    async def answer(route: Route) -> None:
        await route.fulfill(body=newer, content_type="text/javascript")

    await kiosk.page.route("**/voice/conversation.js", answer)
    await go(stage, kiosk)
    await expect(kiosk.page.get_by_role("alert")).to_contain_text(SPANISH)
    await expect(kiosk.page.get_by_role("alert")).to_contain_text("Firefox 140")
    await kiosk.picture(f"kiosk-too-old-{viewport[0]}")
    await kiosk.page.context.close()


async def test_files_that_do_not_arrive_are_another_matter(stage: Stage) -> None:
    kiosk = await opened(stage)
    await kiosk.page.clock.install()
    await kiosk.page.route("**/voice/conversation.js", lambda route: route.abort())
    await go(stage, kiosk)
    alert = kiosk.page.get_by_role("alert")
    await expect(alert).to_contain_text("wasn't loaded completely")
    await expect(alert).not_to_contain_text("Firefox")
    # Nobody reloads the page of a tablet on a wall.
    await kiosk.page.unroute("**/voice/conversation.js")
    await kiosk.page.clock.fast_forward(31_000)
    await kiosk.voice.locator(".orb").wait_for()
    await kiosk.page.context.close()


async def test_a_mistake_at_the_start_is_named(stage: Stage) -> None:
    kiosk = await opened(stage)
    body = "export function requestOf() {} throw new RangeError('nothing works')"
    await kiosk.page.route(
        "**/voice/openings.js", lambda route: route.fulfill(body=body, content_type="text/javascript")
    )
    await go(stage, kiosk)
    await expect(kiosk.page.get_by_role("alert")).to_contain_text("navai didn't start (RangeError: nothing works)")
    await kiosk.page.context.close()


@pytest.mark.parametrize("name", NEEDED_TO_TALK)
async def test_a_tap_says_which_browser_it_takes(stage: Stage, name: str) -> None:
    kiosk = await opened(stage, NEEDED_TO_TALK[name])
    await go(stage, kiosk)
    await kiosk.tap()
    await kiosk.wait_for("failed")
    assert BROWSERS in await kiosk.shown("trouble")
    kiosk.check()
    await kiosk.page.context.close()


async def test_the_device_check_says_so_where_there_are_no_dialogues(stage: Stage) -> None:
    kiosk = await opened(stage, "delete window.HTMLDialogElement;")
    await go(stage, kiosk)
    await kiosk.press("device-check")
    await until(lambda: kiosk.shown("trouble"), "what is wrong")
    assert BROWSERS in await kiosk.shown("trouble")
    await kiosk.page.context.close()
