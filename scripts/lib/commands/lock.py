"""``lock [--check | --upgrade …]``: compile requirements/*.txt from requirements/*.in and pyproject.toml.

Each compiled file carries a fingerprint of what it was compiled from, so that ``--check`` needs no network.
"""

import json
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from lib import cache, uv
from lib.console import say

PROJECT = cache.ROOT / "pyproject.toml"
EXTRAS = ("hub", "redis", "simulator")


@dataclass(frozen=True, slots=True)
class Lock:
    """A compiled file: its name, whether it holds the project's own requirements, and whose versions it keeps to."""

    name: str
    project: bool = False
    agrees_with: tuple[str, ...] = ()

    @property
    def source(self) -> Path:
        """The file that people edit."""
        return cache.REQUIREMENTS / f"{self.name}.in"

    @property
    def compiled(self) -> Path:
        """The file that is installed from."""
        return cache.REQUIREMENTS / f"{self.name}.txt"


LOCKS = (
    Lock("uv"),
    Lock("tools"),
    Lock("build"),
    Lock("hub", project=True),
    Lock("test", project=True, agrees_with=("hub",)),
    Lock("check", project=True, agrees_with=("hub", "test")),
    Lock("bench", project=True, agrees_with=("hub", "test", "check")),
)


def main(arguments: list[str]) -> int:
    """Compile, or check that compiling is not due."""
    if arguments == ["--check"]:
        return check()
    for lock in LOCKS:
        say(f"compiling {lock.compiled.relative_to(cache.ROOT)} ...")
        compile_one(lock, arguments)
    return 0


def check() -> int:
    """Tell which compiled files do not belong to their sources."""
    due = [lock for lock in LOCKS if not lock.compiled.is_file() or _fingerprint(lock) not in lock.compiled.read_text()]
    for lock in due:
        print(f"{lock.compiled.relative_to(cache.ROOT)} is not what its sources say: run scripts/lock", file=sys.stderr)
    return int(bool(due))


def compile_one(lock: Lock, arguments: list[str]) -> None:
    """Write one compiled file, keeping the versions it has unless ``--upgrade`` is among the arguments."""
    command = ["pip", "compile", "--quiet", "--no-config", "--universal", "--python-version=3.11", "--no-build"]
    command += ["--generate-hashes", "--annotation-style=line", "--no-header"]
    command += ["--no-emit-index-url", "--no-emit-find-links"]
    sources = []
    if lock.project:
        sources.append("pyproject.toml")
        command += [f"--extra={extra}" for extra in EXTRAS]
    if lock.source.is_file():
        sources.append(f"requirements/{lock.source.name}")
    command += [f"--constraint=requirements/{other}.txt" for other in lock.agrees_with]
    draft = lock.compiled.with_suffix(".draft")
    try:
        if lock.compiled.is_file():
            draft.write_text(lock.compiled.read_text())
        uv.run(*command, *arguments, "--output-file", draft, *sources, trouble=f"{lock.name} could not be compiled")
        body = re.sub(r"-c requirements/[^,\n]*, |, -c requirements/[^,\n]*", "", draft.read_text())
        head = f"# Compiled by scripts/lock; edit {' or '.join(sources)} instead.\n# {_fingerprint(lock)}\n"
        draft.write_text(head + body)
        draft.replace(lock.compiled)
    finally:
        draft.unlink(missing_ok=True)


def _fingerprint(lock: Lock) -> str:
    """Return the header line that says what a file was compiled from; comments do not count."""
    lines = lock.source.read_text().splitlines() if lock.source.is_file() else []
    wanted = sorted(filter(None, (re.sub(r"(^|\s)#.*", "", line).strip() for line in lines)))
    if lock.project:
        project = tomllib.loads(PROJECT.read_text())["project"]
        wanted += sorted(project["dependencies"])
        wanted += [f"{extra}: {sorted(project['optional-dependencies'].get(extra, []))}" for extra in EXTRAS]
        wanted.append(project["requires-python"])
    return f"sources: {cache.digest(json.dumps(wanted))}"
