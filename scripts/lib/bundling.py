"""The zip that HACS or a person unpacks into ``custom_components/navai``: the integration, with the core inside.

The same files make the same bytes, on every machine: names are sorted, times and permissions are fixed, and nothing is
compressed, since no two versions of zlib promise the same result. Standard library only, and free of the other modules
here but for their way to fail: the tests import it too.
"""

import os
import re
import shutil
import stat
import subprocess
import time
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Final

from .console import TroubleError

ROOT: Final = Path(__file__).resolve().parents[2]
INTEGRATION: Final = "custom_components/navai"
CORE: Final = "navai_core"
LICENSE: Final = "LICENSE"
TARGET: Final = ROOT / "dist" / "navai.zip"
"""The name is that in hacs.json."""

NOT_IN_A_HOUSE: Final = frozenset(
    {"__main__.py", "cli.py", "commands", "hub", "py.typed", "simulator", "tools/functions"},
)
"""What of the core only the command line and the standalone hub use."""

_FIRST_MOMENT_OF_ZIP: Final = 315_532_800
"""1980-01-01, in seconds since 1970: a zip knows nothing earlier."""


def build(target: Path = TARGET, *, root: Path = ROOT) -> Path:
    """Write the bundle of the checkout at ``root``, and return where it is.

    Raises:
        TroubleError: this is not a checkout, or SOURCE_DATE_EPOCH is not a time.
    """
    moment = _moment()
    files = members(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.{os.getpid()}.draft")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as bundle:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, moment)
                entry.create_system = 3  # Unix: only there permissions mean something
                entry.external_attr = (stat.S_IFREG | 0o644) << 16
                bundle.writestr(entry, files[name].read_bytes())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return target


def members(root: Path = ROOT) -> dict[str, Path]:
    """Return what goes into the bundle: the names in there, and the files."""
    files: dict[str, Path] = {}
    for path in _files(root):
        if path.is_relative_to(INTEGRATION):
            name = path.relative_to(INTEGRATION)
            # In a checkout the core is a link beside the integration's modules.
            if name.parts[0] != CORE:
                files[str(name)] = root / path
        elif path.parts[0] != CORE or not NOT_IN_A_HOUSE.intersection(_within(path.relative_to(CORE))):
            files[str(path)] = root / path
    for needed in ("manifest.json", f"{CORE}/__init__.py", LICENSE):
        if needed not in files:
            raise TroubleError(f"{root} has no {needed} to bundle.", cure="Run this in a whole checkout of navai.")
    return files


def _within(path: PurePosixPath) -> set[str]:
    """Return a path and the folders that it is in."""
    return {str(path), *map(str, path.parents)}


def _files(root: Path) -> Iterator[PurePosixPath]:
    """Yield the files that git tracks or would track, else those that are not in .gitignore."""
    names = _asked_from_git(root)
    for name in _walked(root) if names is None else names:
        path = PurePosixPath(name)
        if "__pycache__" not in path.parts and (root / path).is_file():
            yield path


def _asked_from_git(root: Path) -> list[str] | None:
    """Return None where there is no git, or where ``root`` is no checkout of its own."""
    git = shutil.which("git")
    if git is None:
        return None
    # A hook's variables would point git at its own repository.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = [git, "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    command += ["--", INTEGRATION, CORE, LICENSE]
    inside = [git, "-C", str(root), "rev-parse", "--show-prefix"]
    try:
        prefix = subprocess.run(inside, env=variables, capture_output=True, check=True).stdout.strip()
        listed = subprocess.run(command, env=variables, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return None if prefix else sorted({os.fsdecode(name) for name in listed.split(b"\0") if name})


def _walked(root: Path) -> Iterator[str]:
    """Yield what an unpacked archive of the sources has, without what .gitignore names, were it a checkout."""
    ignored = [pattern.rstrip("/") for pattern in _lines(root / ".gitignore")]

    def is_ignored(name: str) -> bool:
        return any(fnmatch(name, pattern) for pattern in ignored)

    for part in (INTEGRATION, CORE):
        for folder, below, names in os.walk(root / part):
            below[:] = [name for name in below if not is_ignored(name)]
            for name in names:
                if not is_ignored(name):
                    yield Path(folder, name).relative_to(root).as_posix()
    yield LICENSE


def _lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _moment() -> tuple[int, int, int, int, int, int]:
    """Return the time that every file bears."""
    given = os.environ.get("SOURCE_DATE_EPOCH") or str(_FIRST_MOMENT_OF_ZIP)
    if not re.fullmatch(r"\d{1,10}", given):
        raise TroubleError("SOURCE_DATE_EPOCH is not a time.", cure="Set it to seconds since 1970, or not at all.")
    year, month, day, hour, minute, second = time.gmtime(max(int(given), _FIRST_MOMENT_OF_ZIP))[:6]
    return year, month, day, hour, minute, second
