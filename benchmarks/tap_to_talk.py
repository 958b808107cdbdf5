"""From a tap to the session, in a real browser: navai's session compared with the steps one after the other.

    python benchmarks/tap_to_talk.py [--rounds N] [--json FILE]

It needs requirements/bench.txt and a Chromium. The hub and a simulated OpenAI run in their own processes; the mint and
the call each take 150 ms more. In each round each way has a new browser, in changing order, and taps three times in one
page. Everything stays on loopback. The exit status is 1 if a target is missed.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import program
from children import HERE
from playwright.async_api import BrowserType, async_playwright
from stage import MICROPHONE, TOKEN, house

sys.path.insert(0, str(HERE.parent / "scripts"))

from lib import programs  # from the folder above

LATENCY_MS: Final = 150
PATIENCE_S: Final = 20.0
FIRST: Final = "the first tap in a browser"
WARM: Final = "the second tap in the same page"
SLOW: Final = "a microphone that takes 270 ms to open"
TAPS: Final = {FIRST: 0, WARM: 0, SLOW: 270}
"""The minimum time of the microphone, in ms. The browser's fake one opens at once, unlike a real one."""
TARGETED: Final = SLOW
"""The tap for the targets. If the microphone takes no time, the two requests are most of the sample's time. The call
needs a client secret first, so no page could meet the targets."""
CREATED: Final = "session.created"
STEPS: Final = ("secret", "offer", "answer", "connected", "microphone")
"""Each is the time in ms since the tap."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way from a tap to a session."""

    title: str
    navai: bool = True
    profile: str = "kitchen"
    prepared: bool = False
    """The page has a secret in advance."""
    told: bool = False
    """The hub knows that somebody is nearby."""
    target: float | None = None
    """At most this much of the sample's time."""
    requests: int = 2
    """How many it makes one after the other, each `LATENCY_MS` late."""


SAMPLE: Final = Way("one after the other", navai=False)
WAYS: Final = (
    SAMPLE,
    Way("navai, cold", target=0.6),
    Way("navai, the hub has a secret (`keep_warm`)", profile="ready", told=True, requests=1),
    Way("navai, the page has a secret", prepared=True, target=0.4, requests=1),
)

Times = dict[str, dict[str, list[dict[str, float]]]]
"""The steps of each tap, by way and by tap."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The servers that run."""

    hub: str
    simulator: str
    modules: str
    http: aiohttp.ClientSession
    chromium: Path
    done: list[dict[str, float]] = field(default_factory=list)
    """The steps of all taps."""

    async def until_quiet(self) -> None:
        """Wait until there is no call, so that the next tap has the whole machine."""
        await self._until("calls", lambda answer: all(call["ended"] for call in answer["calls"]))

    async def until_minted(self, taps: int) -> None:
        """Wait until the hub has one secret more than the taps so far have used."""
        await self._until("secrets", lambda answer: bool(answer["count"] > taps))

    async def _until(self, what: str, fits: Callable[[Any], bool]) -> None:
        """Wait for a state of the simulator."""
        fitting = False
        while not fitting:
            async with self.http.get(f"{self.simulator}/_simulator/{what}") as response:
                fitting = fits(await response.json())
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def on_stage(folder: Path) -> AsyncIterator[Stage]:
    """Run the hub and a slow simulator."""
    late = ["--latency-ms", str(LATENCY_MS), "--fault", f"on=call; latency-ms={LATENCY_MS}; times=forever"]
    async with house(folder, *late) as (hub, simulator), aiohttp.ClientSession() as http:
        async with http.get(f"{hub}/navai/health") as response:
            modules = (await response.json())["modules"]
        yield Stage(hub, simulator, modules, http, programs.chromium())


async def taps(stage: Stage, chromium: BrowserType, way: Way) -> list[dict[str, float]]:
    """Open a new browser, tap twice in one page, and return when the steps of each were done."""
    browser = await chromium.launch(executable_path=stage.chromium, args=["--no-sandbox", *MICROPHONE])
    try:
        context = await browser.new_context(permissions=["microphone"], bypass_csp=True)
        page = await context.new_page()
        # A page of the hub's origin without scripts. Its policy forbids scripts, so this is bypassed here.
        await page.goto(f"{stage.hub}/navai/health")
        await page.add_script_tag(path=HERE / "tap_page" / "tap.js", type="module")
        await page.wait_for_selector("#tap")
        order = {
            "navai": way.navai,
            "prepared": way.prepared,
            "told": way.told,
            "modules": stage.modules,
            "profile": way.profile,
            "token": TOKEN,
            "url": f"{stage.hub}/navai/profiles/{way.profile}/client-secret",
        }
        for opening_ms in TAPS.values():
            async with asyncio.timeout(PATIENCE_S):
                await page.evaluate("order => tap.arm(order)", order | {"openingMs": opening_ms})
                if way.told:
                    await stage.until_minted(len(stage.done))
                await page.click("#tap")
                stage.done.append(await page.evaluate("tap.measured()"))
                await stage.until_quiet()
        return stage.done[-len(TAPS) :]
    finally:
        await browser.close()


async def measure(rounds: int, folder: Path) -> Times:
    """Tap in each way in each round, every other round in reverse order."""
    times: Times = {way.title: {tap: [] for tap in TAPS} for way in WAYS}
    async with on_stage(folder) as stage, async_playwright() as player:
        # The first round only warms up: the files of the browser, and the servers.
        for number in range(rounds + 1):
            for way in WAYS if number % 2 else reversed(WAYS):
                for tap, steps in zip(TAPS, await taps(stage, player.chromium, way), strict=True):
                    times[way.title][tap].append(steps)
            print(f"round {number} of {rounds}", file=sys.stderr, flush=True)
    for each in times.values():
        for measured in each.values():
            del measured[0]
    return times


def lines_of(times: Times) -> Iterator[str]:
    """The report, as Markdown."""
    for tap in TAPS:
        yield f"From the tap to `{CREATED}`, {tap}, {len(times[SAMPLE.title][tap])} of each, in ms:"
        yield ""
        yield f"| | median | quartiles | of the sample's | {' | '.join(STEPS)} | one may speak |"
        yield "|---" * (len(STEPS) + 5) + "|"
        for way in WAYS:
            yield _row(way, times[way.title][tap], times[SAMPLE.title][tap])
        yield ""
    sample = times[SAMPLE.title]
    yield f"Targets, for {TARGETED}:"
    for way in WAYS:
        if way.target is not None:
            ratio = _ratio(times[way.title][TARGETED], sample[TARGETED])
            yield f"- {way.title}: {ratio:.2f} of the sample's time (target {way.target}): {_verdict(way, times)}"
    yield "Elsewhere, and how much of the sample's time the requests alone take:"
    for way in WAYS:
        if way.target is not None:
            for tap in (FIRST, WARM):
                least = way.requests * LATENCY_MS / statistics.median(steps[CREATED] for steps in sample[tap])
                yield f"- {way.title}, {tap}: {_ratio(times[way.title][tap], sample[tap]):.2f}, of which {least:.2f}"


def met(times: Times) -> bool:
    """Whether all targets are met."""
    return all(_verdict(way, times) == "met" for way in WAYS if way.target is not None)


def _verdict(way: Way, times: Times) -> str:
    good = _ratio(times[way.title][TARGETED], times[SAMPLE.title][TARGETED]) <= (way.target or 0)
    return "met" if good else "NOT MET"


def _row(way: Way, ours: Sequence[Mapping[str, float]], sample: Sequence[Mapping[str, float]]) -> str:
    totals = [steps[CREATED] for steps in ours]
    low, middle, high = statistics.quantiles(totals, n=4, method="inclusive")
    ratio = "" if way is SAMPLE else f"{_ratio(ours, sample):.2f}"
    cells = [way.title, f"{middle:.0f}", f"{low:.0f} to {high:.0f}", ratio]
    for step in STEPS:
        found = [steps[step] for steps in ours if step in steps]
        cells.append(f"{statistics.median(found):.0f}" if found else "")
    cells.append(f"{statistics.median(max(steps[CREATED], steps['microphone']) for steps in ours):.0f}")
    return f"| {' | '.join(cells)} |"


def _ratio(ours: Sequence[Mapping[str, float]], sample: Sequence[Mapping[str, float]]) -> float:
    """Of the medians."""
    a, b = (statistics.median(steps[CREATED] for steps in each) for each in (ours, sample))
    return a / b


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="how many rounds (15)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args()
    if options.rounds < 2:
        parser.error("--rounds must be 2 or more: there are no quartiles of one")

    times = program.run(lambda folder: measure(options.rounds, folder))
    if options.json:
        options.json.write_text(json.dumps(times, indent=1), encoding="utf-8")
    print("\n".join(lines_of(times)))
    sys.exit(not met(times))


if __name__ == "__main__":
    main()
