"""Finds or downloads the Pythons for the tests."""

import functools
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from lib import cache, debian, uv
from lib.console import TroubleError, say, warn

OLDEST = (3, 11)
NEWEST = (3, 14)
SUITES = {(3, 11): "bookworm", (3, 13): "trixie", (3, 14): "sid"}
"""The Debian release that a Python can be taken from."""

Version = tuple[int, ...]
"""The wanted version: major and minor, and optionally the lowest micro version."""

DOWNLOAD_TIMEOUT_S = 240
PROBE = """
import ctypes, json, sqlite3, ssl, sys, zlib
print(json.dumps([getattr(sys, "_base_executable", None) or sys.executable, list(sys.version_info[:3])]))
"""


@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter that has been seen running."""

    path: Path
    version: tuple[int, int, int]

    def __str__(self) -> str:
        return ".".join(map(str, self.version))


def probe(path: str | Path) -> Python | None:
    """Return the interpreter at ``path``, or None if it does not run or lacks parts; pyenv's shims often do neither."""
    try:
        done = subprocess.run(
            [path, "-E", "-s", "-c", PROBE],
            env=uv.clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        executable, (major, minor, micro) = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return Python(Path(executable).resolve(), (major, minor, micro))


@functools.cache
def at_hand() -> Python:
    """Return the Python that runs this command if it is one we support, else the newest supported one."""
    return _mine() or newest()


@functools.cache
def _mine() -> Python | None:
    found = probe(sys.executable)
    return found if found and OLDEST <= found.version[:2] <= NEWEST else None


@functools.cache
def oldest() -> Python:
    """Return the oldest supported Python, or warn which one is used instead."""
    return _first([OLDEST])


@functools.cache
def newest() -> Python:
    """Return the newest supported Python, or warn which one is used instead."""
    return _first([NEWEST, (3, 13), (3, 12)])


def oldest_and_newest() -> list[Python]:
    """Return the Pythons to test on: two, or one if the same one is used for both."""
    return sorted({oldest(), newest()}, key=lambda python: python.version)


@functools.cache
def exactly(*version: int) -> Python:
    """Return a Python of this version, for what runs on no other one."""
    reasons: list[str] = []
    if found := _of(version, reasons):
        return found
    raise _none(version, reasons)


def _first(wanted: list[Version]) -> Python:
    reasons: list[str] = []
    for version in wanted:
        if found := _of(version, reasons):
            if version != wanted[0]:
                _stands_in(wanted[0], found)
            return found
    if found := _mine():
        _stands_in(wanted[0], found)
        return found
    raise _none(wanted[0], reasons)


def _of(version: Version, reasons: list[str]) -> Python | None:
    for way in (_installed, _managed, _from_debian):
        try:
            found = way(version)
        except TroubleError as trouble:
            reasons.append(f"{trouble} {trouble.details.strip()}".strip())
            continue
        if found and _fits(found, version):
            return found
    return None


def _fits(found: Python, version: Version) -> bool:
    return found.version[:2] == version[:2] and found.version >= version


def _none(version: Version, reasons: list[str]) -> TroubleError:
    text = f"No Python {'.'.join(map(str, version))} is available."
    cure = f"Install python{version[0]}.{version[1]} and run this command again."
    return TroubleError(text, cure=cure, details="\n".join(reasons))


def _stands_in(wanted: Version, found: Python) -> None:
    warn(f"Python {wanted[0]}.{wanted[1]} is not available. Python {found} is used instead. Install it to test on it.")


def _installed(version: Version) -> Python | None:
    name = f"python{version[0]}.{version[1]}"
    folders = [*os.get_exec_path(), "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]
    pyenv = Path(os.environ.get("PYENV_ROOT") or "~/.pyenv").expanduser()
    folders += map(str, pyenv.glob(f"versions/{version[0]}.{version[1]}.*/bin"))
    for path in dict.fromkeys(Path(folder, name) for folder in folders if folder):
        if path.is_file() and os.access(path, os.X_OK) and (found := probe(path)) and _fits(found, version):
            return found
    return None


def _managed(version: Version) -> Python | None:
    """Return uv's own build of this Python, downloaded into the cache."""
    name = f"{version[0]}.{version[1]}"
    folder = cache.folder() / "pythons"
    settings = {"UV_PYTHON_INSTALL_DIR": str(folder), "UV_PYTHON_INSTALL_BIN": "0"}
    with cache.locked("pythons"):
        found = _latest(folder, name)
        if not (found and _fits(found, version)):
            say(f"looking for a download of Python {name} ...")
            quick = settings | {"UV_PYTHON_DOWNLOADS": "manual", "UV_HTTP_RETRIES": "0", "UV_HTTP_CONNECT_TIMEOUT": "5"}
            quick |= {"UV_HTTP_TIMEOUT": "20"}
            trouble = f"uv has no download of Python {name} for this machine and network"
            uv.run("python", "install", "--no-bin", name, trouble=trouble, settings=quick, timeout=DOWNLOAD_TIMEOUT_S)
            found = _latest(folder, name)
    return found


def _latest(folder: Path, name: str) -> Python | None:
    found = filter(None, map(probe, folder.glob(f"cpython-{name}.*/bin/python{name}")))
    return max(found, key=lambda python: python.version, default=None)


def _from_debian(version: Version) -> Python | None:
    """Return Debian's build of this Python, unpacked into the cache and linked to the C library it came with."""
    suite = SUITES.get((version[0], version[1]))
    if not suite:
        return None
    program = f"python{version[0]}.{version[1]}"
    prefix = debian.unpack([program], programs=[f"usr/bin/{program}"], suite=suite)
    return probe(prefix / "usr" / "bin" / program)
