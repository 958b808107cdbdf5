"""The tests of the integration: on the oldest and the newest Home Assistant, each on its own Python."""

import re
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lib import cache, environment, interpreter, programs
from lib.console import TroubleError, warn
from lib.interpreter import Python

SETTINGS = "tests/home_assistant.ini"
"""Settings of pytest and of coverage: they differ from those of the core's tests."""

INSIDE = "tests/component"
"""Tests within Home Assistant, through the plugin for pytest that belongs to its release."""

OUTSIDE = "tests/ha_process"
"""Tests with processes of Home Assistant, and with a browser."""

INTEGRATION = "custom_components/navai"


@dataclass(frozen=True, slots=True)
class Edition:
    """A release that we test on: the name of its lock file, and the lowest version of its Python."""

    lock: str
    python: tuple[int, int, int]

    @property
    def release(self) -> str:
        """The release that the lock file pins."""
        pinned = re.search(r"^homeassistant==(\S+)", environment.lock_file(self.lock).read_text(), re.MULTILINE)
        return pinned[1] if pinned else "?"


EDITIONS = (Edition("ha-oldest", (3, 13, 2)), Edition("ha-newest", (3, 14, 2)))


@dataclass(frozen=True, slots=True)
class House:
    """An edition that is ready to be tested on."""

    edition: Edition
    python: Python
    folder: Path

    def __str__(self) -> str:
        return f"Home Assistant {self.edition.release}"

    @property
    def newest(self) -> bool:
        """Whether it is the newest edition: the types are checked against that one alone."""
        return self.edition is EDITIONS[-1]

    def variables(self) -> dict[str, str]:
        """Return the environment variables of its tests."""
        return environment.variables(self.folder) | {"PYTHONPATH": str(cache.ROOT / "tests" / "fakes")}

    def pytest(self, tests: str) -> list[str]:
        """Return the command that runs the tests of one folder."""
        folders = [f"--rootdir={cache.ROOT}", "-o", f"cache_dir={cache.folder() / 'pytest' / self.folder.name}"]
        command = ["-m", "pytest", "-c", SETTINGS, *folders, tests]
        if tests == INSIDE:
            return [str(self.folder / "bin" / "python"), "-m", "coverage", "run", f"--rcfile={SETTINGS}", *command]
        if not self.newest:
            command += ["-m", "not newest"]
        # Without the plugin: its fixtures forbid tests to use the network.
        return [str(self.folder / "bin" / "python"), *command, "-p", "no:homeassistant"]


def tests() -> list[str]:
    """Return those of the two folders that have tests."""
    return [name for name in (INSIDE, OUTSIDE) if any((cache.ROOT / name).rglob("test_*.py"))]


class Preparation:
    """Makes what these tests need while other tests run."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(max_workers=1)
        self._houses = [self._worker.submit(_prepare, edition) for edition in EDITIONS]
        self._chromium: Future[Path] | None = None
        self._tools: Future[Path] | None = None
        if OUTSIDE in tests():
            self._chromium = self._worker.submit(programs.chromium)
            self._tools = self._worker.submit(environment.prepare, "test", interpreter.at_hand())

    def houses(self) -> list[House]:
        """Wait for the Home Assistants and return them; warn about each one that is not available."""
        ready = []
        troubles = []
        for edition, future in zip(EDITIONS, self._houses, strict=True):
            try:
                ready.append(future.result())
            except TroubleError as trouble:
                troubles.append(trouble)
                warn(f"NOT tested on Home Assistant {edition.release}: {trouble} {trouble.cure}")
        if not ready:
            raise troubles[0]
        return ready

    def settings(self) -> dict[str, str]:
        """Return the environment variables that name programs: those that Home Assistant's packages do not bring."""
        if self._chromium is None or self._tools is None:
            return {}
        tools = self._tools.result()
        node, npm = programs.node(tools)
        return programs.node_settings() | {
            "NAVAI_TEST_CHROMIUM": str(self._chromium.result()),
            "NAVAI_TEST_NODE": str(node),
            "NAVAI_TEST_NPM": str(npm),
            # The simulator needs aiortc to talk, which conflicts with Home Assistant's own packages.
            "NAVAI_TEST_SIMULATOR_PYTHON": str(tools / "bin" / "python"),
        }

    def close(self) -> None:
        """Cancel everything that has not started."""
        self._worker.shutdown(cancel_futures=True)


def newest() -> House:
    """Return the newest Home Assistant that is available; warn if it is not the newest edition."""
    oldest, newest = EDITIONS
    try:
        return _prepare(newest)
    except TroubleError as trouble:
        warn(f"Home Assistant {newest.release} is not available: {trouble} {trouble.cure}")
    return _prepare(oldest)


def _prepare(edition: Edition) -> House:
    python = interpreter.exactly(*edition.python)
    return House(edition, python, environment.prepare(edition.lock, python, checkout=False))
