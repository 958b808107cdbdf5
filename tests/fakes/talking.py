"""The talking simulator, in its own process: calls need aiortc, which Home Assistant's environments do not have.

`NAVAI_TEST_SIMULATOR_PYTHON` names an interpreter that has it; scripts/test sets it.
"""

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from e2e_support import KEY, Process, ask, environment

from scripts.lib.bundling import ROOT

CURE = "Name a Python with aiortc in NAVAI_TEST_SIMULATOR_PYTHON (scripts/develop makes one), or leave these tests out."


def interpreter() -> str:
    """A Python with which the simulator can talk."""
    found = os.environ.get("NAVAI_TEST_SIMULATOR_PYTHON")
    if not found and importlib.util.find_spec("aiortc"):
        found = sys.executable
    if not found:
        pytest.fail(f"There is no Python with aiortc. {CURE}", pytrace=False)
    return found


class Talking:
    """A simulator with conversations from a scenario. Use `with process:`."""

    def __init__(self, folder: Path, scenario: dict[str, Any], *options: str) -> None:
        script = folder / "scenario.json"
        script.write_text(json.dumps(scenario))
        command = (interpreter(), "-m", "navai_core", "simulate", "--port=0", "--json", "--voice=melody")
        env = environment(SIMULATOR_API_KEY=KEY, PYTHONPATH=str(ROOT))
        self.process = Process(*command, f"--scenario={script}", *options, cwd=folder, env=env)
        self.base_url: str = json.loads(self.process.line("stdout", "base_url"))["base_url"]
        self._control = self.base_url.removesuffix("/v1") + "/_simulator"

    def calls(self) -> list[dict[str, Any]]:
        """All calls, oldest first: their length, how much was heard and how loud, and how they ended."""
        calls: list[dict[str, Any]] = ask("GET", f"{self._control}/calls").body["calls"]
        return calls

    def minted(self) -> int:
        """How many client secrets it has created since its start."""
        requests = ask("GET", f"{self._control}/requests").body["requests"]
        return sum(request["status"] == 200 for request in requests)
