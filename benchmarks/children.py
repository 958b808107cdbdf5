"""Child processes: each measured server has its own, and none outlives the benchmark."""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import psutil

HERE: Final = Path(__file__).resolve().parent
_START_S: Final = 30.0
_STOP_S: Final = 10.0


class Child:
    """A listening process that printed its address as the first line of its standard output.

    Args:
        process: The running process.
        said: That line, a JSON object with a `url`, or a `base_url`.
        took_s: The time until then, in seconds.
    """

    def __init__(self, process: asyncio.subprocess.Process, said: Mapping[str, Any], took_s: float) -> None:
        self.said = said
        self.url: str = said.get("url") or said["base_url"]
        self.took_s = took_s
        self.pid = process.pid
        self._observed = psutil.Process(process.pid)

    def cpu_s(self) -> float:
        """Seconds of CPU so far, user and system."""
        times = self._observed.cpu_times()
        return float(times.user + times.system)

    def memory_mb(self) -> float:
        """Resident memory now."""
        return float(self._observed.memory_info().rss) / 1e6


@contextlib.asynccontextmanager
async def child(
    arguments: Sequence[str], *, log: Path, environ: Mapping[str, str] | None = None
) -> AsyncIterator[Child]:
    """Run Python with these arguments while the block lasts.

    Args:
        arguments: After the interpreter.
        log: Receives its standard error, like the log of a service.
        environ: Added to this process's environment.
    """
    began = time.perf_counter()
    with log.open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            env=_environment() | dict(environ or {}),
        )
    try:
        line = await asyncio.wait_for(_first_line(process), _START_S)
        if not line:
            raise RuntimeError(f"{arguments[0]} did not start:\n{_end_of(log)}")
        yield Child(process, json.loads(line), time.perf_counter() - began)
    finally:
        await _end(process)


async def result_of(arguments: Sequence[str], *, log: Path, seconds: float) -> dict[str, Any]:
    """Run Python with these arguments to its end, and read the JSON object that it prints.

    Args:
        arguments: After the interpreter.
        log: Receives its standard error.
        seconds: When to give up.
    """
    with log.open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, stderr=stderr, env=_environment()
        )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), seconds)
    finally:
        await _end(process)
    if process.returncode:
        raise RuntimeError(f"{arguments[0]} failed:\n{_end_of(log)}")
    result: dict[str, Any] = json.loads(output)
    return result


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]


def _environment() -> dict[str, str]:
    """The environment of children: with the package of this checkout, without proxies and keys of this machine."""
    path = [str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    unwanted = {"http_proxy", "https_proxy", "all_proxy", "openai_api_key", "ssl_cert_file"}
    kept = {name: value for name, value in os.environ.items() if name.lower() not in unwanted}
    return kept | {"PYTHONPATH": os.pathsep.join(path)}


async def _first_line(process: asyncio.subprocess.Process) -> bytes:
    return await process.stdout.readline() if process.stdout else b""


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()
