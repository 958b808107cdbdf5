"""``test [--fast | --home-assistant] [-- PYTEST ARGUMENT…]``: the gate, exactly what continuous integration runs.

Two cores are kept busy: the tests run on the newest Python in the background, while the checks and the tests on the
oldest one run in the foreground. The background's output is printed in one piece when the foreground has finished.
Then the tests of the integration run the same way, on the oldest and the newest Home Assistant; what they need has been
fetched meanwhile.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from lib import cache, environment, home_assistant, interpreter, programs
from lib.commands import check
from lib.console import say
from lib.home_assistant import INSIDE, INTEGRATION, OUTSIDE, SETTINGS, House, Preparation

NO_TESTS = 5
"""Pytest's status when its arguments leave none."""

NEEDS_MORE = ("redis", "npm", "curl", "browser")
"""Marks of the tests that need more than Python's packages."""

IN_BROWSERS = "browser"
"""The mark of tests in browsers, and the folder that they are in."""

PRIVATE = ("OPENAI_", "NAVAI_")
"""What tests must not see of the user's environment: a key, or the settings of a hub."""


@dataclass(frozen=True, slots=True)
class Run:
    """Tests in one environment."""

    title: str
    command: list[str]
    variables: dict[str, str]
    may_be_empty: bool = False

    def passed(self, status: int) -> bool:
        """Tell whether a status is that of success."""
        return status == 0 or (self.may_be_empty and status == NO_TESTS)

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
        help="only on the Python at hand, and without the tests that need Redis, npm, curl or a browser",
    )
    parser.add_argument(
        "--home-assistant", action="store_true", help="only the tests of the integration, without the checks"
    )
    parser.add_argument("pytest", nargs="*", metavar="-- ARGUMENT", help="more arguments for pytest")
    options = parser.parse_args(arguments)
    if options.fast and options.home_assistant:
        parser.error("--fast leaves out what --home-assistant asks for")
    start = time.monotonic()
    ran: list[str] = []
    failed: list[str] = []
    part = options.fast or options.home_assistant or options.pytest
    with tempfile.TemporaryDirectory(prefix="run-", dir=cache.folder()) as scratch:
        preparation = _preparation(fast=options.fast, alone=options.home_assistant, extra=options.pytest)
        try:
            if not options.home_assistant:
                failed += _core(options.fast, options.pytest, Path(scratch), ran)
            if preparation:
                failed += _houses(preparation, options.pytest, Path(scratch), ran)
        finally:
            if preparation:
                preparation.close()
    where = f"{', '.join(ran)}, {time.monotonic() - start:.0f} s"
    if failed:
        say(f"FAILED: {', '.join(failed)} ({where})")
    elif options.fast:
        say(f"passed, the fast part only ({where}); scripts/test without --fast is the gate")
    elif part:
        say(f"passed, a part or with other arguments for pytest than the gate's ({where})")
    else:
        say(f"passed: checks, tests, coverage ({where})")
    return int(bool(failed))


def _preparation(*, fast: bool, alone: bool, extra: list[str]) -> Preparation | None:
    """Begin to prepare the tests of the integration, or say why they are not run."""
    if not home_assistant.tests():
        say(f"{INSIDE} and {OUTSIDE} have no tests yet: nothing runs on Home Assistant.")
    elif fast:
        say("--fast: the tests on Home Assistant are left out.")
    elif extra and not alone:
        say("the arguments are for the core's tests; those on Home Assistant take theirs after --home-assistant.")
    else:
        return Preparation()
    return None


def _core(fast: bool, extra: list[str], scratch: Path, ran: list[str]) -> list[str]:
    """Run the checks and the core's tests; return what failed, and add to ``ran`` what it ran on."""
    pythons = [interpreter.at_hand()] if fast else interpreter.oldest_and_newest()
    ran += [f"Python {' and '.join(map(str, pythons))}"]
    tested = {python.version[:2] for python in pythons}
    for major, minor in (interpreter.OLDEST, interpreter.NEWEST):
        if not fast and (major, minor) not in tested:
            ran.append(f"NOT on Python {major}.{minor}")
    folders = [environment.prepare("test", python) for python in pythons]
    if fast:
        say(f"--fast: tests marked {' or '.join(NEEDS_MORE)} are left out, and coverage is shown but not judged.")
    found = {"COVERAGE_FILE": str(scratch / ".coverage")}
    if not fast:
        found |= {"NAVAI_TEST_REDIS_SERVER": str(programs.redis_server()), "NAVAI_TEST_CURL": str(programs.curl())}
        found |= {"NAVAI_TEST_CHROMIUM": str(programs.chromium()), "NAVAI_TEST_FIREFOX": str(programs.firefox())}
        libraries = programs.old_libraries()
        found |= {"NAVAI_TEST_OLD_LIBRARIES": str(libraries)} if libraries else {}
    runs: list[Run] = []
    for python, folder in zip(pythons, folders, strict=True):
        variables = _ours_only(environment.variables(folder)) | found
        if not fast:
            node, npm = programs.node(folder)
            variables |= {"NAVAI_TEST_NODE": str(node), "NAVAI_TEST_NPM": str(npm)} | programs.node_settings()
        command = [str(folder / "bin" / "python"), "-m", "coverage", "run", "--parallel-mode", "-m", "pytest"]
        command += ["-o", f"cache_dir={cache.folder() / 'pytest' / folder.name}"]
        # Whoever names tests gets them; else those in browsers come afterwards.
        marks = NEEDS_MORE if fast else () if extra else (IN_BROWSERS,)
        command += ["-m", " and ".join(f"not {mark}" for mark in marks)] if marks else []
        runs.append(Run(f"tests on Python {python}", command + extra, variables))
    failed = _run(runs, scratch, checks=True)
    failed += [] if fast or extra else _run(_browsers(runs[0]), scratch)
    if not extra and not _covered(runs[0], judged=not fast):
        failed.append("coverage")
    return failed


def _browsers(like: Run) -> list[Run]:
    """Return the tests in browsers, in two halves: they wait more than they compute.

    One Python is enough: what runs in a browser is the same whichever serves it.
    """
    files = sorted((cache.ROOT / "tests" / IN_BROWSERS).glob("test_*.py"), key=lambda file: -file.stat().st_size)
    command = [*like.command[:-1], IN_BROWSERS]
    return [
        Run(f"tests in browsers, half {number} of 2", [*command, *map(str, half)], like.variables)
        for number, half in enumerate((files[::2], files[1::2]), 1)
    ]


def _houses(preparation: Preparation, extra: list[str], scratch: Path, ran: list[str]) -> list[str]:
    """Run the tests of the integration; return what failed, and add to ``ran`` what it ran on."""
    houses = preparation.houses()
    ran += map(str, houses)
    left_out = len(home_assistant.EDITIONS) - len(houses)
    ran += [f"NOT on {left_out} Home Assistant that could not be had"] if left_out else []
    settings = preparation.settings() | {"COVERAGE_FILE": str(scratch / ".coverage-component")}
    failed = []
    for tests in home_assistant.tests():
        runs = [
            Run(
                f"{tests} on {house}",
                house.pytest(tests) + extra,
                _ours_only(house.variables()) | settings,
                may_be_empty=bool(extra),
            )
            for house in houses
        ]
        if tests == INSIDE and not extra:
            runs += [_types(house) for house in houses if house.newest]
        failed += _run(runs, scratch)
        if tests == INSIDE and not extra and not _covered(runs[0], f"--rcfile={SETTINGS}"):
            failed.append("coverage of the integration")
    return failed


def _types(house: House) -> Run:
    command = [str(house.folder / "bin" / "python"), "-m", "mypy"]
    command += [f"--python-version={house.python.version[0]}.{house.python.version[1]}", INTEGRATION]
    # Its `voluptuous` is another library's.
    stubs = {"MYPYPATH": str(cache.ROOT / "scripts" / "stubs")}
    variables = house.variables() | stubs | {"MYPY_CACHE_DIR": str(cache.folder() / "mypy-home-assistant")}
    return Run(f"types of {INTEGRATION}", command, variables)


def _ours_only(variables: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if not name.startswith(PRIVATE)}


def _run(runs: list[Run], scratch: Path, *, checks: bool = False) -> list[str]:
    """Run all tests at the same time, the checks meanwhile if told so; return what failed."""
    foreground, *background = runs
    outputs = [scratch / f"output-{number}" for number, _ in enumerate(background)]
    children = [run.start(output) for run, output in zip(background, outputs, strict=True)]
    try:
        failed = [f"check: {title}" for title in check.failures()] if checks else []
        say(f"{foreground.title}:")
        children.insert(0, foreground.start())
        failed += [] if foreground.passed(children[0].wait()) else [foreground.title]
        for run, child, output in zip(background, children[1:], outputs, strict=True):
            say(f"{run.title}, at the same time:")
            status = child.wait()
            sys.stdout.write(output.read_text(errors="replace"))
            sys.stdout.flush()
            failed += [] if run.passed(status) else [run.title]
    finally:
        for child in children:
            if child.poll() is None:
                child.terminate()
                child.wait()
    return failed


def _covered(run: Run, *settings: str, judged: bool = True) -> bool:
    """Join what all runs have covered, print what is missing, and tell whether it is enough."""
    coverage = [run.command[0], "-m", "coverage"]
    report = [*coverage, "report", *settings] if judged else [*coverage, "report", "--fail-under=0"]
    with open(os.devnull, "wb") as silence:  # noqa: PTH123
        combine = [*coverage, "combine", "--quiet", *settings]
        subprocess.run(combine, cwd=cache.ROOT, env=run.variables, stdout=silence, check=False)
    say("coverage of all runs together:")
    return subprocess.run(report, cwd=cache.ROOT, env=run.variables, check=False).returncode == 0
