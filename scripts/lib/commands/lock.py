"""``lock [--check | --upgrade …]``: compile requirements/*.txt from requirements/*.in and pyproject.toml.

Each compiled file carries a fingerprint of what it was compiled from, so that ``--check`` needs no network.
"""

import json
import re
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from lib import cache, environment, manifests, uv
from lib.console import say

PROJECT = cache.ROOT / "pyproject.toml"
EXTRAS = ("hub", "redis", "simulator")


@dataclass(frozen=True, slots=True)
class Lock:
    """A compiled file: its name, whether it holds the project's own requirements, and whose versions it keeps to.

    One for a Home Assistant is for that release's ``python`` alone, and holds what its integrations need.
    """

    name: str
    project: bool = False
    agrees_with: tuple[str, ...] = ()
    python: str = "3.11"
    home_assistant: bool = False

    @property
    def source(self) -> Path:
        """The file that people edit."""
        return cache.REQUIREMENTS / f"{self.name}.in"

    @property
    def overrides(self) -> Path:
        """What stands over the requirements of other packages; most have no such file."""
        return cache.REQUIREMENTS / f"{self.name}.override.in"

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
    Lock("docs"),
    Lock("bench", project=True, agrees_with=("hub", "test", "check")),
    Lock("ha-oldest", python="3.13.2", home_assistant=True),
    Lock("ha-newest", python="3.14.2", home_assistant=True),
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
    command = ["pip", "compile", "--quiet", "--no-config", "--universal", f"--python-version={lock.python}"]
    command += environment.build_settings(lock.name)
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
        with tempfile.TemporaryDirectory(dir=cache.folder()) as scratch:
            more = _of_home_assistant(lock, Path(scratch)) if lock.home_assistant else []
            trouble = f"{lock.name} could not be compiled"
            uv.run(*command, *arguments, *more, "--output-file", draft, *sources, trouble=trouble)
            body = draft.read_text().replace(f"-r {scratch}/integrations.txt", "Home Assistant's integrations")
            unwanted = rf"(-c requirements/|--override {re.escape(scratch)}/)[^,\n]*"
        body = re.sub(rf"{unwanted}, |, {unwanted}", "", body)
        head = f"# Compiled by scripts/lock; edit {' or '.join(sources)} instead.\n# {_fingerprint(lock)}\n"
        draft.write_text(head + body)
        draft.replace(lock.compiled)
    finally:
        draft.unlink(missing_ok=True)


def _of_home_assistant(lock: Lock, scratch: Path) -> list[str | Path]:
    """Return arguments that add what Home Assistant's integrations need; its pins stand over other packages' pins."""
    overrides = _lines(lock.overrides)
    release = next(line.partition("==")[2] for line in _lines(lock.source) if line.startswith("homeassistant=="))
    pins = manifests.requirements(release, lock.python)
    ours = manifests.names(overrides)
    overrides += [pin for pin in pins if not manifests.names([pin]) & ours]
    (scratch / "integrations.txt").write_text("\n".join(pins) + "\n")
    (scratch / "overrides.txt").write_text("\n".join(overrides) + "\n")
    return [scratch / "integrations.txt", "--override", scratch / "overrides.txt"]


def _fingerprint(lock: Lock) -> str:
    """Return the header line that says what a file was compiled from; comments do not count."""
    wanted = sorted(_lines(lock.source))
    if lock.project:
        project = tomllib.loads(PROJECT.read_text())["project"]
        wanted += sorted(project["dependencies"])
        wanted += [f"{extra}: {sorted(project['optional-dependencies'].get(extra, []))}" for extra in EXTRAS]
        wanted.append(project["requires-python"])
    if lock.home_assistant:
        wanted += [lock.python, *_lines(lock.overrides), *manifests.INTEGRATIONS]
    return f"sources: {cache.digest(json.dumps(wanted))}"


def _lines(path: Path) -> list[str]:
    """Return the lines of a file of requirements, if there is one, without comments."""
    lines = path.read_text().splitlines() if path.is_file() else []
    return list(filter(None, (re.sub(r"(^|\s)#.*", "", line).strip() for line in lines)))
