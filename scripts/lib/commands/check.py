"""``check [--fix]``: everything that reads the code without running it."""

import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

from lib import cache, environment, interpreter
from lib.console import say

COMMANDS = ("bench", "bundle", "check", "demo", "develop", "docs", "evidence", "lock", "site", "test", "lib/start")
SHELL = (*(f"scripts/{name}" for name in COMMANDS), ".ci/run")


@dataclass(frozen=True, slots=True)
class Step:
    """One tool: what it looks after, how it is started, and how it repairs what it finds, if it can."""

    title: str
    command: tuple[str, ...]
    repair: tuple[str, ...] = ()


INTEGRATION = "custom_components/navai"

BY_HOME_ASSISTANT = (
    *("async_*", "_attr_*", "CONFIG_SCHEMA", "PACKAGE_MERGE_HINT", "PARALLEL_UPDATES", "NavaiConfigFlow"),
    *(
        "extra_restore_state_data",
        "extra_state_attributes",
        "_unrecorded_attributes",
        "is_on",
        "last_reset",
        "native_value",
        "requires_auth",
    ),
    # A display's states, by their values.
    *("LISTENING", "SPEAKING", "THINKING"),
)
"""What Home Assistant uses of the integration, by its name."""

STEPS = (
    Step("lint", ("ruff", "check"), ("ruff", "check", "--fix")),
    Step("format", ("ruff", "format", "--check"), ("ruff", "format")),
    Step("types", ("mypy",)),
    Step("types of the scripts", ("mypy", "scripts/__main__.py", "scripts/lib")),
    Step("imports", ("lint-imports", "--config", ".importlinter", "--no-cache", "--no-logo")),
    Step(
        "imports of the integration",
        # As a package by its own name: `custom_components` may be of several folders.
        (
            *("env", "PYTHONPATH=custom_components"),
            *("lint-imports", "--config", ".importlinter-home-assistant", "--no-cache", "--no-logo"),
        ),
    ),
    Step(
        "dead code",
        (
            *("vulture", "--min-confidence", "60", "--exclude", "*/tests/*,*/navai/navai_core/*"),
            *("--ignore-names", ",".join(BY_HOME_ASSISTANT)),
            *("navai_core", INTEGRATION, "scripts/vulture_whitelist.py"),
        ),
    ),
    Step("shell", ("shellcheck", *SHELL)),
    Step("names of languages", ("python", "scripts/languages", "--check")),
    Step("words", ("python", "scripts/lib/words.py")),
    Step("locks", ("bash", "scripts/lock", "--check")),
)


def main(arguments: list[str]) -> int:
    """Run every step, also after one has failed, and print one line for each."""
    fix = "--fix" in arguments
    folder = environment.prepare("check", interpreter.at_hand())
    variables = environment.variables(folder)
    variables |= {
        "MYPY_CACHE_DIR": str(cache.folder() / "mypy"),
        "MYPYPATH": str(cache.ROOT / "scripts"),
        "RUFF_CACHE_DIR": str(cache.folder() / "ruff"),
    }
    failed = False
    for step in STEPS:
        start = time.monotonic()
        command = step.repair if fix and step.repair else step.command
        if command[0] == "shellcheck" and not shutil.which(command[0], path=variables["PATH"]):
            say(
                f"check: {step.title} LEFT OUT: there is no package of shellcheck for this machine; install it to check"
            )
            continue
        done = subprocess.run(
            command,
            cwd=cache.ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        verdict = "FAILED" if done.returncode else "ok"
        say(f"check: {step.title} ({command[0]}) {verdict}, {time.monotonic() - start:.1f} s")
        if done.returncode:
            failed = True
            sys.stdout.write(done.stdout)
            sys.stdout.flush()
    return int(failed)
