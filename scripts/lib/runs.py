"""Parallel runs of checks and tests, and their joint coverage."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lib import cache
from lib.console import say

NO_TESTS = 5
"""Pytest's status if its arguments select no tests."""

NICE = ("nice", "-n", "4")
"""A little less than half of the processor time of the others, if there is not enough."""

AT_ONCE = min(4, (os.cpu_count() or 1) + 1)
"""Tests wait a third of their time, those in browsers most of it."""


@dataclass(frozen=True, slots=True)
class Run:
    """A program that passes or fails: checks, or tests in one environment."""

    title: str
    command: list[str]
    variables: dict[str, str]
    may_be_empty: bool = False
    patient: bool = False
    """It computes, and nothing in it happens in real time: it leaves the processor to conversations of others."""

    def passed(self, status: int) -> bool:
        """Return whether a status means success."""
        return status == 0 or (self.may_be_empty and status == NO_TESTS)


class Runs:
    """Parallel runs, `AT_ONCE` at the same time.

    Args:
        scratch: A folder for their output.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._threads = ThreadPoolExecutor(max_workers=AT_ONCE)
        self._begun: list[tuple[Run, Future[bool]]] = []
        self._children: set[subprocess.Popen[bytes]] = set()
        self._printing = threading.Lock()
        self._closed = False

    def add(self, runs: Iterable[Run]) -> None:
        """Start them when there is room."""
        for run in runs:
            output = self._scratch / f"output-{len(self._begun)}"
            self._begun.append((run, self._threads.submit(self._run, run, output)))

    def failed(self) -> list[str]:
        """Wait for all, and return the titles of those that failed."""
        return [run.title for run, future in self._begun if not future.result()]

    def close(self) -> None:
        """End the running ones, and start no more."""
        self._closed = True
        for child in tuple(self._children):
            child.terminate()
        self._threads.shutdown(cancel_futures=True)

    def _run(self, run: Run, output: Path) -> bool:
        if self._closed:
            return False
        say(f"{run.title} begins")
        start = time.monotonic()
        with output.open("wb") as file:
            child = subprocess.Popen(
                [*(NICE if run.patient else ()), *run.command],
                cwd=cache.ROOT,
                env=run.variables,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
            self._children.add(child)
            passed = run.passed(child.wait())
            self._children.discard(child)
        with self._printing:
            say(f"{run.title}, {time.monotonic() - start:.0f} s:")
            sys.stdout.write(output.read_text(errors="replace"))
            sys.stdout.flush()
        return passed


@dataclass(frozen=True, slots=True)
class Judge:
    """Joins the coverage of several runs, and checks whether it is enough."""

    title: str
    python: str
    variables: dict[str, str]
    settings: tuple[str, ...] = ()
    strict: bool = True

    def covered(self) -> bool:
        """Print what is missing. Returns whether the coverage is enough."""
        coverage = [self.python, "-m", "coverage"]
        report = [*coverage, "report", *self.settings, *(() if self.strict else ("--fail-under=0",))]
        combine = [*coverage, "combine", "--quiet", *self.settings]
        subprocess.run(combine, cwd=cache.ROOT, env=self.variables, stdout=subprocess.DEVNULL, check=False)
        say(f"{self.title}, of all runs together:")
        sys.stdout.flush()
        return subprocess.run(report, cwd=cache.ROOT, env=self.variables, check=False).returncode == 0
