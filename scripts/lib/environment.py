"""Virtual environments in the cache: exactly what a lock file pins, and this checkout as an editable package."""

import json
import os
import shutil
from pathlib import Path

from lib import cache, uv
from lib.console import say
from lib.interpreter import Python

BUILD_PINS = cache.REQUIREMENTS / "build.txt"
METADATA = ("pyproject.toml", "README.md", "LICENSE", "navai_core/const.py")
"""What the build reads to describe the package; a change means installing it again."""

FROM_SOURCE = dict.fromkeys(("ha-newest", "ha-oldest"), ("mock-open", "pyqrcode", "pyric", "pyturbojpeg"))
"""The packages of a lock file that exist as source only; they are plain Python. All others are taken ready-made."""


def build_settings(*names: str) -> list[str]:
    """Return uv's arguments that say which packages of the lock files ``names`` may be built here."""
    sources = sorted({package for name in names for package in FROM_SOURCE.get(name, ())})
    # uv takes no exceptions to --no-build; this says the same and does.
    return ["--only-binary=:all:", *(f"--no-binary={package}" for package in sources)] if sources else ["--no-build"]


def lock_file(name: str) -> Path:
    """Return the compiled requirements called ``name``."""
    return cache.REQUIREMENTS / f"{name}.txt"


def prepare(name: str, python: Python, *, checkout: bool = True) -> Path:
    """Return an up-to-date environment of the lock file ``name`` on ``python``, made or brought up to date if need be.

    Each checkout has its own, so that two of them never see each other's code; the packages' files are shared. Without
    ``checkout`` nothing of it can be imported there: a Home Assistant has only what lies in its configuration folder.
    """
    major, minor, _ = python.version
    folder = cache.folder() / "environments" / f"{name}-{major}.{minor}-{cache.digest(str(cache.ROOT))}"
    with cache.locked(folder.name):
        sync(folder, [name], python, checkout=checkout)
    return folder


def sync(folder: Path, names: list[str], python: Python, *, checkout: bool = True) -> None:
    """Make the environment ``folder`` hold what the lock files ``names`` pin, and nothing else but this checkout."""
    locks = [lock_file(name) for name in names]
    stamp = folder / "navai.json"
    interpreter = f"{python.path} {python}"
    wanted = {
        "checkout": str(cache.ROOT),
        "interpreter": interpreter,
        "pins": cache.digest(*locks, BUILD_PINS, *(cache.ROOT / name for name in METADATA if checkout)),
    }
    found = _read(stamp)
    runs = (folder / "bin" / "python").exists()
    if runs and found == wanted:
        return
    stamp.unlink(missing_ok=True)
    if not runs or found.get("interpreter") != interpreter:
        _forget_gone_checkouts()
        say(f"installing the packages of {' + '.join(names)} for Python {python} ...")
        shutil.rmtree(folder, ignore_errors=True)
        uv.run("venv", "--no-project", "--python", python.path, folder, trouble=f"No environment on Python {python}")
    else:
        say(f"bringing the packages of {' + '.join(names)} for Python {python} up to date ...")
    inside = ("--python", folder / "bin" / "python", "--build-constraints", BUILD_PINS)
    settings = ("--require-hashes", *build_settings(*names))
    uv.run("pip", "sync", *inside, *settings, *locks, trouble="Packages could not be installed")
    if checkout:
        uv.run(
            *("pip", "install", *inside, "--no-deps", "--editable", cache.ROOT),
            trouble="This checkout could not be installed",
            cure="The lines above say why: pyproject.toml, a file it names, or the network.",
        )
    stamp.write_text(json.dumps(wanted))


def variables(folder: Path) -> dict[str, str]:
    """Return the environment variables for running a program in the environment ``folder``."""
    path = os.pathsep.join([str(folder / "bin"), *os.get_exec_path()])
    return uv.clean_environment() | {"PATH": path, "VIRTUAL_ENV": str(folder)}


def _read(stamp: Path) -> dict[str, str]:
    try:
        return dict(json.loads(stamp.read_text()))
    except (OSError, ValueError):
        return {}


def _forget_gone_checkouts() -> None:
    """Remove the environments of checkouts that no longer exist."""
    for stamp in (cache.folder() / "environments").glob("*/navai.json"):
        checkout = _read(stamp).get("checkout")
        if checkout and not Path(checkout).exists():
            shutil.rmtree(stamp.parent, ignore_errors=True)
