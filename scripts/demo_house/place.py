"""The folder and the port of the demo."""

import contextlib
import fcntl
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

USUAL_PORT: Final = 8123


@contextlib.contextmanager
def home(kept: Path | None, *, keep: bool) -> Iterator[Path]:
    """A folder for Home Assistant: below `kept`, emptied unless it is used again, or else a temporary one."""
    if kept is None:
        with tempfile.TemporaryDirectory(prefix="navai-demo-") as folder:
            yield Path(folder, "house")
        return
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"navai: a demo is already running in {kept}. Stop it first with Ctrl-C.")
        if not keep:
            shutil.rmtree(kept / "house", ignore_errors=True)
        yield kept / "house"


def port_of(wanted: int | None) -> int | None:
    """The port to listen on. None means any free one, if Home Assistant's usual port is in use."""
    port = wanted or USUAL_PORT
    with socket.socket() as probe:
        # Like Home Assistant: old connections of an earlier run may still exist.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            if wanted:
                sys.exit(f"navai: port {port} is in use. Choose another one with --port.")
            return None
    return port
