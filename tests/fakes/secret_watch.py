"""Looks for every key, token and client secret of a test run in everything that the run wrote.

The texts are: all log records, the output of processes, bodies of errors and of metrics, every `NavaiError`, and the
`repr` and `str` of navai's objects that are alive when a test or a module ends. The secrets are the tests' constants
and those of every simulator. All secrets of the tests have one of three prefixes, or the shape of Azure's keys, so that
one scan of a text finds every candidate.
"""

import contextlib
import functools
import gc
import logging
import re
from typing import Any

import pytest

from navai_core.exceptions import NavaiError
from navai_core.simulator.store import SecretStore

CANDIDATE = re.compile(r"(?:ek_|sk-|tok_)[A-Za-z0-9_-]{6,}|(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


OURS = ("navai_core", "custom_components.navai")


class SecretWatch(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
        self.secrets: set[str] = set()
        self.seen: dict[str, str] = {}
        self.texts = 0

    def secret(self, value: str) -> str:
        assert CANDIDATE.fullmatch(value), "a test's secret must have a prefix or a shape that the watch looks for"
        self.secrets.add(value)
        return value

    def text(self, source: str, text: str) -> None:
        self.texts += 1
        for candidate in CANDIDATE.findall(text):
            self.seen.setdefault(candidate, f"{source}: {text[:300]}")

    def emit(self, record: logging.LogRecord) -> None:
        self.text("log", self.format(record))

    def objects(self, generation: int | None) -> None:
        for thing in gc.get_objects(generation):
            kind = type(thing)
            module = kind.__dict__.get("__module__")
            if isinstance(module, str) and module.startswith(OURS):
                # An incomplete object of another test has no repr.
                with contextlib.suppress(AttributeError):
                    self.text(f"repr of {kind.__name__}", f"{thing!r} {thing!s}")

    def leaks(self) -> list[str]:
        return [f"{where}" for candidate, where in self.seen.items() if candidate in self.secrets]


WATCH = SecretWatch()


def pytest_configure() -> None:
    logging.getLogger().addHandler(WATCH)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.DEBUG)

    store_add = SecretStore.add

    @functools.wraps(store_add)
    def add(self: SecretStore, record: Any) -> None:
        if record.value.startswith("ek_") and len(record.value) > 12:
            WATCH.secret(record.value)
        store_add(self, record)

    SecretStore.add = add  # type: ignore[method-assign]
    watch_errors(NavaiError)


def watch_errors(kind: Any) -> None:
    """Look at every new error. The integration has a second copy of the core's classes."""
    error_init = kind.__init__

    @functools.wraps(error_init)
    def init(self: Any, message: str, **data: Any) -> None:
        error_init(self, message, **data)
        WATCH.text("exception", f"{self!r} {self} {self.data!r}")

    kind.__init__ = init


@pytest.fixture(autouse=True)
def _watch_new_objects() -> Any:
    yield
    # The objects of a test are young. Looking at all objects after each test would take longer than the tests.
    WATCH.objects(0)
    WATCH.objects(1)


@pytest.fixture(autouse=True, scope="module")
def _watch_all_objects() -> Any:
    yield
    WATCH.objects(None)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if WATCH.leaks():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    leaks = WATCH.leaks()
    terminalreporter.write_line(
        f"secret watch: {len(WATCH.secrets)} secrets looked for in {WATCH.texts} texts, {len(leaks)} leaks"
    )
    for leak in leaks:
        terminalreporter.write_line(f"LEAK in {leak}", red=True)
