"""``test [--fast | --home-assistant] [-- PYTEST ARGUMENT…]``: the gate, exactly what continuous integration runs.

It consists of runs. One more than there are cores, but at most four, run at the same time, because tests wait for much
of their time. The output of each is printed when it has ended. The packages for the tests of the integration are
downloaded while the others run.
"""

import argparse
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from lib import cache, environment, home_assistant, interpreter, programs
from lib.console import say
from lib.home_assistant import INSIDE, INTEGRATION, OUTSIDE, SETTINGS, House, Preparation
from lib.interpreter import Python
from lib.runs import Judge, Run, Runs

NEEDS_MORE = ("redis", "npm", "curl", "browser")
"""Marks of the tests that need more than Python's packages."""

IN_BROWSERS = "browser"
"""The mark of tests in browsers, and the folder that they are in."""

EVIDENCE = "evidence"
"""The mark of long runs, and of those in real time: ``scripts/evidence`` runs them, and the gate does not."""

ONCE = "once"
"""The mark of tests that start processes again and again: the newest Python has them."""

PROCESSES = "tests/e2e"
"""The tests of whole processes wait more than others: they are a run of their own."""

OF_THE_NEWEST = "tests/simulator"
"""The simulator is a tool for tests and demos. The oldest Python runs it as a process, which is enough."""

PARTS = 6
"""How many runs the tests in browsers are."""

PRIVATE = ("OPENAI_", "NAVAI_")
"""Variables of the user's environment that tests must not see: a key, or the settings of a hub."""


def main(arguments: list[str]) -> int:
    """Run the gate, and print one line with the result."""
    parser = argparse.ArgumentParser(prog="scripts/test", description="Run the checks and the tests.")
    parser.add_argument(
        "--fast",
        action="store_true",
        help="only on the current Python, without the tests that need Redis, npm, curl or a browser",
    )
    parser.add_argument(
        "--home-assistant", action="store_true", help="only the tests of the integration, without the checks"
    )
    parser.add_argument(
        "--evidence", action="store_true", help="instead of the gate, the runs that are too long for it"
    )
    parser.add_argument("pytest", nargs="*", metavar="-- ARGUMENT", help="more arguments for pytest")
    options = parser.parse_args(arguments)
    if options.fast + options.home_assistant + options.evidence > 1:
        parser.error("--fast, --home-assistant and --evidence leave out what the others ask for")
    start = time.monotonic()
    ran: list[str] = []
    failed: list[str] = []
    part = options.fast or options.home_assistant or options.evidence or options.pytest
    with tempfile.TemporaryDirectory(prefix="run-", dir=cache.folder()) as scratch:
        preparation = None
        runs = Runs(Path(scratch))
        try:
            if options.evidence:
                python = interpreter.oldest_and_newest()[0]
                ran.append(f"Python {python}")
                runs.add([_evidence(python, options.pytest)])
            else:
                preparation = _preparation(fast=options.fast, alone=options.home_assistant, extra=options.pytest)
            judges: list[Judge] = []
            browsers: list[Run] = []
            if not options.home_assistant and not options.evidence:
                judge, browsers = _core(runs, options.fast, options.pytest, Path(scratch), ran)
                judges.append(judge)
            if preparation:
                judges.append(_houses(runs, preparation, options.pytest, Path(scratch), ran))
            # The shorter ones last, so that no core is idle at the end.
            runs.add(browsers)
            failed += runs.failed()
            failed += [judge.title for judge in judges if not options.pytest and not judge.covered()]
        finally:
            runs.close()
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


def _core(runs: Runs, fast: bool, extra: list[str], scratch: Path, ran: list[str]) -> tuple[Judge, list[Run]]:
    """Begin the checks and the core's tests, and add to ``ran`` what they run on; return those in browsers."""
    pythons = [interpreter.at_hand()] if fast else interpreter.oldest_and_newest()
    ran += [f"Python {' and '.join(map(str, pythons))}"]
    tested = {python.version[:2] for python in pythons}
    for major, minor in (interpreter.OLDEST, interpreter.NEWEST):
        if not fast and (major, minor) not in tested:
            ran.append(f"NOT on Python {major}.{minor}")
    checks = [sys.executable, *("-E", "-s", "-B"), str(cache.ROOT / "scripts"), "check"]
    runs.add([Run("checks", checks, dict(os.environ), patient=True)])
    if not fast and not extra:
        site = [str(cache.ROOT / "scripts" / "site")]
        runs.add([Run("site of the documentation", site, dict(os.environ), patient=True)])
    if fast:
        say(f"--fast: tests marked {' or '.join(NEEDS_MORE)} are left out, and coverage is shown but not judged.")
    found = {"COVERAGE_FILE": str(scratch / ".coverage")} | ({} if fast else _programs())
    *others, newest = [_tests(python, found, bare=fast) for python in pythons]
    # Tests that were named run as named. Without names, those in browsers are runs of their own.
    without = NEEDS_MORE if fast else () if extra else (IN_BROWSERS, EVIDENCE)
    # Only one is measured: it takes time, and hardly a line is for one Python alone.
    measured = _chosen(_measured(newest), without, extra)
    runs.add([measured] if fast or extra else _halves(measured))
    # What waits beside what computes: some of them at once, the others last.
    browsers = [] if fast or extra else _browsers(_measured(newest))
    runs.add(browsers[: PARTS // 2])
    left_out = [] if extra else [f"--ignore={OF_THE_NEWEST}"]
    runs.add(_chosen(each, (*without, ONCE) if without else (), [*left_out, *extra]) for each in others)
    return Judge("coverage", newest.command[0], newest.variables, strict=not fast), browsers[PARTS // 2 :]


def _chosen(run: Run, without: tuple[str, ...], extra: list[str]) -> Run:
    """Return the same tests without those of some marks."""
    marks = ["-m", " and ".join(f"not {mark}" for mark in without)] if without else []
    return replace(run, command=[*run.command, *marks, *extra])


def _halves(run: Run) -> list[Run]:
    """Return the same tests as two runs: those of whole processes, and the others."""
    return [
        replace(run, title=f"{run.title}, processes", command=[*run.command, PROCESSES]),
        replace(run, title=f"{run.title}, the others", command=[*run.command, f"--ignore={PROCESSES}"], patient=True),
    ]


def _programs() -> dict[str, str]:
    """Return the environment variables that name the programs that tests of the core need."""
    libraries = programs.old_libraries()
    return {
        "NAVAI_TEST_REDIS_SERVER": str(programs.redis_server()),
        "NAVAI_TEST_CURL": str(programs.curl()),
        "NAVAI_TEST_CHROMIUM": str(programs.chromium()),
        "NAVAI_TEST_FIREFOX": str(programs.firefox()),
    } | ({"NAVAI_TEST_OLD_LIBRARIES": str(libraries)} if libraries else {})


def _tests(python: Python, found: dict[str, str], *, bare: bool = False) -> Run:
    """Return a run of all tests of the core, on one Python."""
    folder = environment.prepare("test", python)
    variables = _ours_only(environment.variables(folder)) | found
    if not bare:
        node, npm = programs.node(folder)
        variables |= {"NAVAI_TEST_NODE": str(node), "NAVAI_TEST_NPM": str(npm)} | programs.node_settings()
    command = [str(folder / "bin" / "python"), "-m", "pytest"]
    command += ["-o", f"cache_dir={cache.folder() / 'pytest' / folder.name}"]
    return Run(f"tests on Python {python}", command, variables)


def _measured(run: Run) -> Run:
    """Return the same tests with a look at what they cover."""
    python, *command = run.command
    return Run(run.title, [python, "-m", "coverage", "run", "--parallel-mode", *command], run.variables)


def _evidence(python: Python, extra: list[str]) -> Run:
    run = _tests(python, {**_programs(), "NAVAI_TEST_TURNSERVER": str(programs.turnserver())})
    return Run(f"long runs on Python {python}", [*run.command, "-m", EVIDENCE, *extra], run.variables)


def _browsers(like: Run) -> list[Run]:
    """Return the tests in browsers, in parts of about the same length.

    One Python is enough: what runs in a browser is the same whichever serves it.
    """
    files = sorted((cache.ROOT / "tests" / IN_BROWSERS).glob("test_*.py"), key=lambda file: -file.stat().st_size)
    command = [*like.command, "-m", f"{IN_BROWSERS} and not {EVIDENCE}"]
    return [
        Run(f"tests in browsers, part {part + 1} of {PARTS}", [*command, *map(str, files[part::PARTS])], like.variables)
        for part in range(PARTS)
    ]


def _houses(runs: Runs, preparation: Preparation, extra: list[str], scratch: Path, ran: list[str]) -> Judge:
    """Begin the tests of the integration, and add to ``ran`` what they run on."""
    # The newest has more to do.
    houses = preparation.houses()[::-1]
    ran += map(str, houses)
    left_out = len(home_assistant.EDITIONS) - len(houses)
    ran += [f"NOT on {left_out} Home Assistant that is not available"] if left_out else []
    settings = preparation.settings() | {"COVERAGE_FILE": str(scratch / ".coverage-component")}
    # The longest first.
    for tests in sorted(home_assistant.tests(), key=(OUTSIDE, INSIDE).index):
        runs.add(
            Run(
                f"{tests} on {house}",
                house.pytest(tests) + extra,
                _ours_only(house.variables()) | settings,
                may_be_empty=bool(extra),
                patient=tests == INSIDE,
            )
            for house in houses
        )
    if not extra:
        runs.add(_types(house) for house in houses if house.newest)
    python = houses[0].pytest(INSIDE)[0]
    variables = _ours_only(houses[0].variables()) | settings
    return Judge("coverage of the integration", python, variables, (f"--rcfile={SETTINGS}",))


def _types(house: House) -> Run:
    command = [str(house.folder / "bin" / "python"), "-m", "mypy"]
    command += [f"--python-version={house.python.version[0]}.{house.python.version[1]}", INTEGRATION]
    # Its `voluptuous` is another library's.
    stubs = {"MYPYPATH": str(cache.ROOT / "scripts" / "stubs")}
    variables = house.variables() | stubs | {"MYPY_CACHE_DIR": str(cache.folder() / "mypy-home-assistant")}
    return Run(f"types of {INTEGRATION}", command, variables, patient=True)


def _ours_only(variables: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if not name.startswith(PRIVATE)}
