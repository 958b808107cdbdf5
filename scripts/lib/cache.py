"""The private folder for everything that the commands download or build. You can always delete it."""

import fcntl
import functools
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lib.console import TroubleError, say

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""

REQUIREMENTS = ROOT / "requirements"


@functools.cache
def folder() -> Path:
    """Return the cache: ``NAVAI_CACHE``, else ``navai`` in the user's cache folder."""
    chosen = os.environ.get("NAVAI_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "navai")
    try:
        path = Path(chosen).expanduser().absolute()
        path.mkdir(parents=True, exist_ok=True)
        (path / "locks").mkdir(exist_ok=True)
    except (OSError, RuntimeError) as error:
        raise TroubleError(
            f"The cache folder {chosen} cannot be used ({error}).",
            cure="Set NAVAI_CACHE to a folder you may write to.",
        ) from error
    return path


def digest(*parts: str | bytes | Path) -> str:
    """Return a short fingerprint of texts and of the contents of files; a missing file counts as empty."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            content = part.read_bytes() if part.is_file() else b""
        else:
            content = part if isinstance(part, bytes) else part.encode()
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()[:16]


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Keep other commands on this machine from making the same thing at the same time."""
    with (folder() / "locks" / name).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another command that prepares {name} ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """Return the cache's folder ``name``, created once; an incomplete one is created again."""
    path = folder() / name
    done = path / ".complete"
    if not done.exists():
        with locked(name):
            if not done.exists():
                shutil.rmtree(path, ignore_errors=True)
                path.mkdir(parents=True)
                make(path)
                done.touch()
    return path
