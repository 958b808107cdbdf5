"""What the animation costs: frames a second, and how long the page works for each, in a real browser.

    python benchmarks/animation.py [--seconds N] [--json FILE]

It needs requirements/bench.txt and a Chromium. The hub's kiosk page talks with a simulated OpenAI; everything stays on
loopback. The exit status is 1 if a target is missed: 60 frames a second while somebody speaks, none in silence.
"""

import argparse
import asyncio
import json
import statistics
import sys
import wave
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import program
from children import HERE
from playwright.async_api import CDPSession, Page, async_playwright
from stage import MICROPHONE, TOKEN, house

sys.path.insert(0, str(HERE.parent / "scripts"))

from lib import programs  # from the folder above

BUDGET_MS: Final = 1000 / 60
ENOUGH_PER_SECOND: Final = 57.0
"""60 frames a second, minus some that a shared machine drops."""
SLOW: Final = 4
"""How many times slower a wall tablet may be than the machine that measures."""
SETTLE_S: Final = 2.0
LONGEST_S: Final = 60.0
STORY: Final = "Once upon a time a small fox lived at the edge of a garden and came to the window every evening. " * 20
SIZES: Final = {"wall tablet": (1280, 800), "phone": (390, 844)}
COUNT: Final = """
window.frames = [];
const ask = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (draw) => ask((now) => { window.frames.push(now); draw(now); });
"""
"""Each frame that our modules draw. It starts before them."""
MOVING: Final = """(() => {
  const roots = [document, document.querySelector("navai-voice").shadowRoot];
  const all = new Set(roots.flatMap((root) => root.getAnimations()));
  return [...all].filter(({ playState }) => playState === "running").length;
})()"""
"""How many animations of the style sheet run."""
SPEAKING: Final = "speaking"


def silence(file: Path) -> Path:
    """A microphone in a room where nobody speaks."""
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, 48_000, 0, "NONE", ""))
        sound.writeframes(bytes(48_000 * 2))
    return file


async def worked_ms(tools: CDPSession) -> float:
    """How long the page's main thread has worked so far."""
    found = (await tools.send("Performance.getMetrics"))["metrics"]
    return next(float(each["value"]) for each in found if each["name"] == "TaskDuration") * 1000


async def watched(page: Page, tools: CDPSession, seconds: float) -> dict[str, float]:
    """Watch the page for a while."""
    began: float = await page.evaluate("window.frames.length = 0, performance.now()")
    before = await worked_ms(tools)
    await asyncio.sleep(seconds)
    worked = await worked_ms(tools) - before
    times, ended = await page.evaluate("[window.frames, performance.now()]")
    # Two drawings in one frame count once.
    drawn = sorted(set(times))
    passed_s = (ended - began) / 1000
    gaps = [later - sooner for sooner, later in pairwise(drawn)]
    return {
        "per_second": len(drawn) / passed_s,
        "gap_p50_ms": statistics.median(gaps) if gaps else 0.0,
        "gap_p95_ms": statistics.quantiles(gaps, n=20)[-1] if len(gaps) > 1 else 0.0,
        "busy_ms": worked / max(1, len(drawn)),
        "busy_percent": worked / passed_s / 10,
        "moving": float(await page.evaluate(MOVING)),
    }


async def measure(seconds: float, folder: Path) -> dict[str, Any]:
    """Measure each size of screen at the machine's own pace and slowed down: speaking, silence, and after the end."""
    heard = silence(folder / "silence.wav")
    results: dict[str, Any] = {}
    async with house(folder) as (hub, _), async_playwright() as player:
        browser = await player.chromium.launch(
            executable_path=programs.chromium(),
            args=["--no-sandbox", *MICROPHONE, f"--use-file-for-fake-audio-capture={heard}"],
        )
        try:
            for size, (width, height) in SIZES.items():
                for slower in (1, SLOW):
                    context = await browser.new_context(
                        permissions=["microphone"], viewport={"width": width, "height": height}
                    )
                    page = await context.new_page()
                    await page.add_init_script(COUNT)
                    tools = await context.new_cdp_session(page)
                    await tools.send("Performance.enable")
                    await page.goto(f"{hub}/navai/kiosk/kitchen#token={TOKEN}")
                    await page.locator("navai-voice .orb").wait_for()
                    await tools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
                    screen = f"{size}, {slower} times slower" if slower > 1 else size
                    results[screen] = await _one(page, tools, seconds)
                    await context.close()
        finally:
            await browser.close()
    return results


async def _one(page: Page, tools: CDPSession, seconds: float) -> dict[str, dict[str, float]]:
    async def reached(state: str, todo: str) -> dict[str, float]:
        await page.evaluate(f"line => {{ const {{ session }} = document.querySelector('navai-kiosk'); {todo} }}", STORY)
        await page.locator(f"navai-voice[state={state}]").wait_for()
        await asyncio.sleep(SETTLE_S)
        return await watched(page, tools, seconds)

    return {
        SPEAKING: await reached("speaking", "session.start({ line });"),
        "listening to silence": await reached("listening", "session.stop(); session.start();"),
        "ended": await reached("ended", "session.stop();"),
    }


def problems(results: dict[str, Any]) -> Sequence[str]:
    """The missed targets."""
    found = []
    for screen, states in results.items():
        for state, of in states.items():
            good = of["per_second"] >= ENOUGH_PER_SECOND if state == SPEAKING else not of["per_second"] + of["moving"]
            if not good:
                moves = f"{of['per_second']:.1f} frames a second, {of['moving']:.0f} animations"
                found.append(f"{screen}, {state}: {moves}")
    return found


def lines_of(results: dict[str, Any]) -> Iterator[str]:
    """The report, as Markdown."""
    yield "| screen | | frames/s | apart, p50 ms | p95 ms | the page works, ms a frame | % of the time |"
    yield "|---|---|---|---|---|---|---|"
    for screen, states in results.items():
        for state, of in states.items():
            drawn = of["per_second"] > 0
            each = [f"{of[name]:.1f}" if drawn else "" for name in ("gap_p50_ms", "gap_p95_ms", "busy_ms")]
            yield f"| {screen} | {state} | {of['per_second']:.1f} | {' | '.join(each)} | {of['busy_percent']:.1f} |"
    yield ""
    yield f"A frame has {BUDGET_MS:.1f} ms."
    missed = problems(results)
    met = "- 60 frames a second while it speaks, and nothing moves else: met"
    yield from [f"- NOT MET: {each}" for each in missed] or [met]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0, metavar="N", help="how long to watch each state (5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args()
    if not 1 <= options.seconds <= LONGEST_S:
        parser.error(f"--seconds must be between 1 and {LONGEST_S:g}: the story is no longer")
    results = program.run(lambda folder: measure(options.seconds, folder))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    print("\n".join(lines_of(results)))
    sys.exit(bool(problems(results)))


if __name__ == "__main__":
    main()
