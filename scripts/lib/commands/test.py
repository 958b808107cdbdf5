"""``test [--fast] [-- PYTEST ARGUMENT…]``: the gate, exactly what continuous integration runs.

Two cores are kept busy: the tests run on the newest Python in the background, while the checks and the tests on the
oldest one run in the foreground. The background's output is printed in one piece when the foreground has finished.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from lib import cache, environment, interpreter, programs
from lib.commands import check
from lib.console import say
from lib.interpreter import Python

NEEDS_MORE = ("redis", "npm", "curl")
"""Marks of the tests that need more than Python's packages."""

PRIVATE = ("OPENAI_", "NAVAI_")
"""What tests must not see of the user's environment: a key, or the settings of a hub."""


@dataclass(frozen=True, slots=True)
class Run:
    """The tests on one Python."""

    python: Python
    command: list[str]
    variables: dict[str, str]

    def start(self, output: Path | None = None) -> subprocess.Popen[bytes]:
        """Start it, with its output in a file if one is given."""
        file = output.open("wb") if output else None
        try:
            return subprocess.Popen(
                self.command,
                cwd=cache.ROOT,
                env=self.variables,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT if file else None,
            )
        finally:
            if file:
                file.close()


def main(arguments: list[str]) -> int:
    """Run the gate and close with one line that says how it went."""
    parser = argparse.ArgumentParser(prog="scripts/test", description="Run the checks and the tests.")
    parser.add_argument(
        "--fast",
        action="store_true",
        help="only on the Python at hand, and without the tests that need Redis, npm or curl",
    )
    parser.add_argument("pytest", nargs="*", metavar="-- ARGUMENT", help="more arguments for pytest")
    options = parser.parse_args(arguments)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="run-", dir=cache.folder()) as scratch:
        pythons, failed = _gate(options.fast, options.pytest, Path(scratch))
    where = f"Python {' and '.join(map(str, pythons))}, {time.monotonic() - start:.0f} s"
    tested = {python.version[:2] for python in pythons}
    for major, minor in (interpreter.OLDEST, interpreter.NEWEST):
        if not options.fast and (major, minor) not in tested:
            where += f", NOT on Python {major}.{minor}"
    if failed:
        say(f"FAILED: {', '.join(failed)} ({where})")
    elif options.fast:
        say(f"passed, the fast part only ({where}); scripts/test without --fast is the gate")
    elif options.pytest:
        say(f"passed, with other arguments for pytest than the gate's ({where})")
    else:
        say(f"passed: checks, tests, coverage ({where})")
    return int(bool(failed))


def _gate(fast: bool, extra: list[str], scratch: Path) -> tuple[list[Python], list[str]]:
    pythons = [interpreter.at_hand()] if fast else interpreter.oldest_and_newest()
    folders = [environment.prepare("test", python) for python in pythons]
    if fast:
        say(f"--fast: tests marked {' or '.join(NEEDS_MORE)} are left out, and coverage is shown but not judged.")
    found = {}
    if not fast:
        found = {"NAVAI_TEST_REDIS_SERVER": str(programs.redis_server()), "NAVAI_TEST_CURL": str(programs.curl())}
    runs = []
    for python, folder in zip(pythons, folders, strict=True):
        everything = environment.variables(folder)
        variables = {name: value for name, value in everything.items() if not name.startswith(PRIVATE)}
        variables |= found | {"COVERAGE_FILE": str(scratch / ".coverage")}
        if not fast:
            node, npm = programs.node(folder)
            variables |= {"NAVAI_TEST_NODE": str(node), "NAVAI_TEST_NPM": str(npm)} | programs.node_settings()
        command = [str(folder / "bin" / "python"), "-m", "coverage", "run", "--parallel-mode", "-m", "pytest"]
        command += ["-o", f"cache_dir={cache.folder() / 'pytest' / folder.name}"]
        command += ["-m", " and ".join(f"not {mark}" for mark in NEEDS_MORE)] if fast else []
        runs.append(Run(python, command + extra, variables))
    failed = _run(runs, scratch)
    if not extra and not _covered(runs[0], judged=not fast):
        failed.append("coverage")
    return pythons, failed


def _run(runs: list[Run], scratch: Path) -> list[str]:
    """Run the checks and all tests; return what failed."""
    foreground, *background = runs
    outputs = [scratch / f"output-{run.python}" for run in background]
    children = [run.start(output) for run, output in zip(background, outputs, strict=True)]
    try:
        failed = [f"check: {title}" for title in check.failures()]
        say(f"tests on Python {foreground.python}:")
        children.insert(0, foreground.start())
        failed += [f"tests on Python {foreground.python}"] if children[0].wait() else []
        for run, child, output in zip(background, children[1:], outputs, strict=True):
            say(f"tests on Python {run.python}, which ran at the same time:")
            status = child.wait()
            sys.stdout.write(output.read_text(errors="replace"))
            sys.stdout.flush()
            failed += [f"tests on Python {run.python}"] if status else []
    finally:
        for child in children:
            if child.poll() is None:
                child.terminate()
                child.wait()
    return failed


def _covered(run: Run, *, judged: bool) -> bool:
    """Join what all runs have covered, print what is missing, and tell whether it is enough."""
    coverage = [run.command[0], "-m", "coverage"]
    report = [*coverage, "report"] if judged else [*coverage, "report", "--fail-under=0"]
    with open(os.devnull, "wb") as silence:  # noqa: PTH123
        subprocess.run(
            [*coverage, "combine", "--quiet"], cwd=cache.ROOT, env=run.variables, stdout=silence, check=False
        )
    say("coverage of all runs together:")
    return subprocess.run(report, cwd=cache.ROOT, env=run.variables, check=False).returncode == 0
