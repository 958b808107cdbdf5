"""What the benchmarks that measure servers have in common as programs."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

_Figures = TypeVar("_Figures")


def run(measure: Callable[[Path], Coroutine[Any, Any, _Figures]]) -> _Figures:
    """Measure in a folder that is gone afterwards. `timeout` and other senders of SIGTERM also end the servers."""

    async def until_terminated(folder: Path) -> _Figures:
        if task := asyncio.current_task():
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await measure(folder)

    with tempfile.TemporaryDirectory() as folder:
        try:
            return asyncio.run(until_terminated(Path(folder)))
        except asyncio.CancelledError:
            sys.exit(128 + signal.SIGTERM)
