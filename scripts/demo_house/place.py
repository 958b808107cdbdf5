"""Where the demo's house stands: a folder, and a port."""

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
    """A folder for the house: below `kept`, emptied unless it is to be taken over, else one that goes away again."""
    if kept is None:
        with tempfile.TemporaryDirectory(prefix="navai-demo-") as folder:
            yield Path(folder, "house")
        return
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"navai: a demo runs already in {kept}; end it first with Ctrl-C.")
        if not keep:
            shutil.rmtree(kept / "house", ignore_errors=True)
        yield kept / "house"


def port_of(wanted: int | None) -> int | None:
    """The port to listen on; None stands for any free one, where Home Assistant's usual one is taken."""
    port = wanted or USUAL_PORT
    with socket.socket() as probe:
        # As Home Assistant does: connections of a former run may not have faded yet.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            if wanted:
                sys.exit(f"navai: port {port} is taken; choose another one with --port.")
            return None
    return port
