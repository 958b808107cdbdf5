"""The simulated provider, in its own process: its packages for calls conflict with those of Home Assistant."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Final

from navai_core.simulator import DEMO_API_KEY
from scripts.lib.bundling import ROOT

SCENARIO: Final[dict[str, Any]] = {
    "greeting": "Hello. What can I do for you?",
    "turns": [
        {
            "heard": "Turn on the kitchen light.",
            "call": {"name": "{prefix}HassTurnOn", "arguments": {"name": "Kitchen light"}},
            "then": "The kitchen light is on. And do interrupt me whenever you like: I fall silent at once.",
        },
        {
            "heard": "And the coffee machine, please.",
            "call": {"name": "{prefix}HassTurnOn", "arguments": {"name": "Coffee machine"}},
            "then": "Coffee is on its way.",
        },
        {
            "heard": "Turn everything off again.",
            "call": [
                {"name": "{prefix}HassTurnOff", "arguments": {"name": "Kitchen light"}},
                {"name": "{prefix}HassTurnOff", "arguments": {"name": "Coffee machine"}},
            ],
            "then": "Done. I am only a simulator with a script, though: a real model listens to you.",
        },
    ],
}
PREFIXED_SINCE: Final = (2026, 9)
"""Newer releases have the integration before the name of a tool."""
PATIENCE_S: Final = 30.0


@contextlib.asynccontextmanager
async def provider(python: str, version: str) -> AsyncIterator[str]:
    """Run it, and yield its base URL.

    Args:
        python: The interpreter. With aiortc it supports conversations; without it, only client secrets.
        version: The version of Home Assistant.

    Raises:
        AssertionError: it does not start.
    """
    release = tuple(int(part) for part in version.split(".")[:2])
    prefix = "intent__" if release >= PREFIXED_SINCE else ""
    variables = os.environ | {"PYTHONPATH": str(ROOT), "SIMULATOR_API_KEY": DEMO_API_KEY}
    with prepared(json.dumps(SCENARIO).replace("{prefix}", prefix)) as (script, log):
        process = await asyncio.create_subprocess_exec(
            *(python, "-m", "navai_core", "simulate", "--port=0", "--json", f"--scenario={script}"),
            env=variables,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            process_group=0,  # Ctrl-C in a terminal is for the demo, which then stops it
        )
        try:
            async with asyncio.timeout(PATIENCE_S):
                line = await process.stdout.readline() if process.stdout else b""
            if not line:
                log.seek(0)
                raise AssertionError(f"The simulated provider does not start: {log.read().decode(errors='replace')}")
            yield str(json.loads(line)["base_url"])
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


@contextlib.contextmanager
def prepared(scenario: str) -> Iterator[tuple[Path, IO[bytes]]]:
    """A file with the scenario, and one for the log, for as long as it runs."""
    with TemporaryDirectory(prefix="navai-demo-") as folder:
        file = Path(folder, "scenario.json")
        file.write_text(scenario)
        with Path(folder, "simulator.log").open("w+b") as log:
            yield file, log
