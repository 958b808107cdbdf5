"""The cost of navai for the start of Home Assistant, compared with an empty integration. See docs/performance.md.

    <Home Assistant environment>/bin/python benchmarks/setup_time.py [--starts N] [--json FILE]

The set-up time is the one that Home Assistant measures: for both in the same starts, without the first one, which also
creates the config entry and the byte code. Imports are measured in processes that have already loaded everything that
Home Assistant had loaded without the two. Everything stays on loopback. The exit status is 1 if a target is missed.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "fakes")]

from home_assistant import HomeAssistant  # noqa: E402  # from the folders above

from navai_core.simulator import DEMO_API_KEY, Simulator  # noqa: E402
from scripts.lib.bundling import build  # noqa: E402

NAVAI: Final = "navai"
EMPTY: Final = "empty"
LISTER: Final = "lister"
BUDGET_MS: Final = 50.0
"""For the set-up. The import runs in a thread at the same time."""

SURROUNDINGS: Final = "config:\nconversation:\nfrontend:\nhistory:\nlogbook:\nrecorder:\nsystem_health:\n"
BLOCK: Final = """
navai:
  api_key: {key}
  base_url: {url}
  profiles:
    kitchen: {{model: gpt-realtime-2.1, llm_api: [assist], keep_warm: true}}
    office: {{model: gpt-realtime-2.1, language: German}}
    stories: {{model: gpt-realtime-2.1-mini}}
  displays:
    hall: {{profile: kitchen, area: Hallway, token: benchmark-hall-0123456789}}
    desk: {{profile: office, profiles: [kitchen]}}
"""
NOTHING: Final = """
async def async_setup(hass, config):
    return True
"""
LISTED: Final = "modules listed"
LIST: Final = """
import json
import sys

from homeassistant.const import EVENT_HOMEASSISTANT_STARTED


async def async_setup(hass, config):
    def write(_):
        with open(hass.config.path("modules.json"), "w") as file:
            json.dump(sorted(sys.modules), file)
        print("modules listed", flush=True)

    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STARTED, write)
    return True
"""
IMPORT: Final = """
import importlib, json, sys, time
folder, modules, domains = json.loads(sys.argv[1])
for name in ["homeassistant", *modules]:
    try:
        importlib.import_module(name)
    except Exception:
        pass
sys.path.insert(0, folder)
import custom_components
results = {}
for domain, parts in domains:
    before = set(sys.modules)
    began = time.perf_counter()
    for part in parts:
        importlib.import_module(f"custom_components.{domain}{part}")
    took = time.perf_counter() - began
    foreign = sorted(n for n in set(sys.modules) - before if not n.startswith(f"custom_components.{domain}"))
    results[domain] = {"ms": took * 1000, "foreign": foreign}
print(json.dumps(results))
"""


def integration(domain: str, code: str) -> dict[str, str]:
    """Return the files of an integration."""
    manifest = {"domain": domain, "name": domain, "version": "1.0.0", "codeowners": [], "documentation": ""}
    manifest |= {"integration_type": "service", "iot_class": "calculated", "requirements": []}
    folder = f"custom_components/{domain}"
    return {f"{folder}/manifest.json": json.dumps(manifest), f"{folder}/__init__.py": code}


async def modules_of_a_house(folder: Path) -> list[str]:
    """Return the modules that Home Assistant has loaded without navai."""
    yaml = f"{SURROUNDINGS}{LISTER}:\n"
    async with HomeAssistant(folder, configuration=yaml, files=integration(LISTER, LIST)) as house:
        await house.onboard()
        await house.log.wait_for(LISTED)
    modules: list[str] = json.loads((folder / "modules.json").read_text())
    return [name for name in modules if not name.startswith(("custom_components", "__"))]


async def set_up(folder: Path, starts: int) -> dict[str, list[float]]:
    """Return how long both were set up, in ms, for each start."""
    times: dict[str, list[float]] = {NAVAI: [], EMPTY: []}
    async with Simulator(api_keys={DEMO_API_KEY}) as simulator:
        block = BLOCK.format(key=DEMO_API_KEY, url=simulator.base_url)
        async with HomeAssistant(
            folder,
            configuration=f"{SURROUNDINGS}{EMPTY}:\n{block}",
            bundle=build(folder.parent / "navai.zip"),
            files=integration(EMPTY, NOTHING),
        ) as house:
            await house.onboard()
            for number in range(1, starts + 1):
                await house.restart()
                async with house.websocket() as socket:
                    found = {each["domain"]: each["seconds"] for each in await socket.call("integration/setup_info")}
                for domain, values in times.items():
                    values.append(found[domain] * 1000)
                say(f"start {number} of {starts}: {times[NAVAI][-1]:.1f} ms")
    return times


def imports(folder: Path, modules: list[str], rounds: int) -> dict[str, Any]:
    """Return the import times of both, in ms, and the new modules that navai loads."""
    times: dict[str, list[float]] = {NAVAI: [], EMPTY: []}
    parts = sorted(f".{path.stem}" for path in (folder / "custom_components" / NAVAI).glob("*.py"))
    domains = [(EMPTY, [""]), (NAVAI, ["" if part == ".__init__" else part for part in parts])]
    foreign: list[str] = []
    # Byte code is kept, whatever the settings here are.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    for number in range(rounds + 1):
        order = json.dumps([str(folder), modules, domains if number % 2 else domains[::-1]])
        command = [sys.executable, "-P", "-c", IMPORT, order]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=variables)
        results = json.loads(done.stdout.splitlines()[-1])
        if number:  # the first one creates the byte code
            for domain, values in times.items():
                values.append(results[domain]["ms"])
        foreign = results[NAVAI]["foreign"]
    return {"ms": times, "foreign": foreign}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def lines_of(results: dict[str, Any]) -> list[str]:
    """Return the report."""
    rows = []
    for what, times in (("set-up", results["set_up"]), ("import", results["imports"]["ms"])):
        ours, empty = (statistics.median(times[domain]) for domain in (NAVAI, EMPTY))
        spread = f"{min(times[NAVAI]):.1f} to {max(times[NAVAI]):.1f}"
        rows.append(f"| {what} | {ours:.1f} ({spread}) | {empty:.2f} | {ours / empty:.0f} |")
    ms = statistics.median(results["set_up"][NAVAI])
    foreign = results["imports"]["foreign"]
    return [
        f"Home Assistant {results['version']}, {len(results['set_up'][NAVAI])} starts, medians in ms:",
        "",
        "| | navai | an empty integration | times it |",
        "|---|---|---|---|",
        *rows,
        "",
        f"- set-up within {BUDGET_MS:.0f} ms: {ms:.1f} ms, {_verdict(good=ms <= BUDGET_MS)}",
        f"- no new modules imported: {', '.join(foreign) or 'nothing'}, {_verdict(good=not foreign)}",
    ]


def met(results: dict[str, Any]) -> bool:
    """Return whether both targets are met."""
    return statistics.median(results["set_up"][NAVAI]) <= BUDGET_MS and not results["imports"]["foreign"]


def _verdict(*, good: bool) -> str:
    return "met" if good else "NOT MET"


async def measure(folder: Path, starts: int) -> dict[str, Any]:
    """Measure everything."""
    say("Home Assistant without navai ...")
    modules = await modules_of_a_house(folder / "plain")
    house = folder / "house"
    times = await set_up(house, starts)
    say("imports ...")
    found = imports(house, modules, starts)
    version = HomeAssistant(folder / "none").version
    return {"version": version, "set_up": times, "imports": found}


def main() -> int:
    """Measure, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=7, metavar="N", help="how many starts are measured (7)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = asyncio.run(measure(Path(folder), options.starts))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    print("\n".join(lines_of(results)))
    return 0 if met(results) else 1


if __name__ == "__main__":
    sys.exit(main())
