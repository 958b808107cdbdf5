"""The cost of losing all displays at once, compared with a plain aiohttp server. See docs/performance.md.

    python benchmarks/lost_streams.py [--displays N] [--pages N] [--rounds N] [--json FILE]
    <Home Assistant environment>/bin/python benchmarks/lost_streams.py --home-assistant …

Each server runs in its own process: a plain one, and the hub, or a real Home Assistant with navai. All pages of all
displays have a stream of commands, and disconnect at the same moment, as when an access point restarts. Two figures:
the seconds of CPU until the server is idle again, and its longest silence, measured by a client that sends requests
without a pause. Everything stays on loopback. The exit status is 1 if a target is missed.
"""

import argparse
import asyncio
import contextlib
import json
import resource
import statistics
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

import psutil

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "fakes")]

from children import child  # noqa: E402  # from the folders above
from program import run  # noqa: E402

from scripts.lib.bundling import build  # noqa: E402

TIMES: Final = 3.0
"""At most so many times the CPU of the plain server."""
PLAIN: Final = "plain aiohttp"
HUB: Final = "navai serve"
HOUSE: Final = "Home Assistant"
_TOKEN: Final = "benchmark-stream-of-display-{:04d}-x7"
_AT_ONCE: Final = 32
_QUIET_S: Final = 1.5
"""A server that only used CPU for our own requests for so long is idle."""
_IDLE_SHARE: Final = 0.15
_PATIENCE_S: Final = 300.0
_FILES: Final = 16_384

SERVER: Final = """
import asyncio, json
from aiohttp import web

async def commands(request):
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b'{}\\n')
    try:
        await asyncio.Event().wait()
    finally:
        pass
    return response

async def main():
    app = web.Application()
    app.router.add_get("/commands", commands)
    app.router.add_get("/ping", lambda _: web.Response(text="ok"))
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=2048)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    print(json.dumps({"url": f"http://127.0.0.1:{port}"}), flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A server with streams."""

    port: int
    pid: int
    stream: str
    ping: str


def _block(displays: int) -> dict[str, Any]:
    return {
        "api_key": "sk-simulator-0000",
        "base_url": "http://127.0.0.1:9/v1",
        "defaults": {"model": "gpt-realtime-2.1"},
        "profiles": {"kitchen": {}},
        "displays": {
            f"d{number}": {"profile": "kitchen", "token": _TOKEN.format(number)} for number in range(displays)
        },
    }


@contextlib.asynccontextmanager
async def plain(folder: Path, _: int) -> AsyncIterator[Server]:
    """The plain server."""
    async with child(["-c", SERVER], log=folder / "plain.log") as server:
        yield Server(_port(server.url), server.pid, "/commands", "/ping")


@contextlib.asynccontextmanager
async def hub(folder: Path, displays: int) -> AsyncIterator[Server]:
    """The hub."""
    config = folder / "hub.yaml"
    block = _block(displays) | {"hub": {"host": "127.0.0.1", "port": 0}}
    config.write_text(json.dumps({"navai": block}), encoding="utf-8")
    arguments = ["-m", "navai_core", "serve", "--config", str(config), "--json"]
    async with child(arguments, log=folder / "hub.log") as server:
        yield Server(_port(server.url), server.pid, "/navai/display/commands", "/navai/health")


@contextlib.asynccontextmanager
async def house(folder: Path, displays: int) -> AsyncIterator[Server]:
    """Home Assistant, with everything for navai's entities: states, history, automations."""
    from home_assistant import HomeAssistant  # noqa: PLC0415  # only its environment has it

    yaml = f"config:\nfrontend:\nhistory:\nlogbook:\nrecorder:\nnavai: {json.dumps(_block(displays))}\n"
    async with HomeAssistant(folder / "house", configuration=yaml, bundle=build(folder / "navai.zip")) as running:
        await running.onboard()
        yield Server(running.port, running.process.pid, "/api/navai/display/commands", "/manifest.json")


Start = Callable[[Path, int], contextlib.AbstractAsyncContextManager[Server]]


def _port(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


async def _open(server: Server, token: str) -> asyncio.StreamWriter:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = f"GET {server.stream} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
    writer.write(head.encode())
    status = await reader.readline()
    if b" 200 " not in status:
        raise RuntimeError(f"no stream: {status.decode()}")
    while b"{" not in await reader.readline():
        pass
    return writer


async def _open_all(server: Server, displays: int, pages: int) -> list[asyncio.StreamWriter]:
    room = asyncio.Semaphore(_AT_ONCE)

    async def open_one(number: int) -> asyncio.StreamWriter:
        async with room:
            return await _open(server, _TOKEN.format(number))

    return await asyncio.gather(*(open_one(number % displays) for number in range(displays * pages)))


class Asking(threading.Thread):
    """Sends requests to a server repeatedly, and remembers the longest silence."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._over = threading.Event()
        self.longest_s = 0.0

    def run(self) -> None:
        """Send requests."""
        connection = HTTPConnection("127.0.0.1", self._server.port, timeout=_PATIENCE_S)
        while not self._over.is_set():
            began = time.perf_counter()
            connection.request("GET", self._server.ping)
            connection.getresponse().read()
            self.longest_s = max(self.longest_s, time.perf_counter() - began)
            self._over.wait(0.01)
        connection.close()

    def end(self) -> None:
        """Stop."""
        self._over.set()
        self.join()


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def _until_quiet(process: psutil.Process) -> float:
    """Return the seconds of CPU until the process only answers our requests."""
    began, cpu = time.perf_counter(), _cpu_s(process)
    while time.perf_counter() - began < _PATIENCE_S:
        before = _cpu_s(process)
        await asyncio.sleep(_QUIET_S)
        used = _cpu_s(process) - before
        if used < _QUIET_S * _IDLE_SHARE:
            return before - cpu
    raise RuntimeError("the server did not become idle")


async def lose(server: Server, displays: int, pages: int) -> dict[str, float]:
    """Open all streams, disconnect, and return the cost."""
    process = psutil.Process(server.pid)
    writers = await _open_all(server, displays, pages)
    await _until_quiet(process)
    asking = Asking(server)
    asking.start()
    await _until_quiet(process)
    asking.longest_s = 0.0
    for writer in writers:
        writer.transport.abort()
    cpu_s = await _until_quiet(process)
    asking.end()
    return {"cpu_s": cpu_s, "silence_s": asking.longest_s}


async def measure(
    folder: Path, ours: tuple[str, Start], displays: int, pages: int, rounds: int
) -> dict[str, list[dict[str, float]]]:
    """Measure the plain server and ours, in turn."""
    found: dict[str, list[dict[str, float]]] = {PLAIN: [], ours[0]: []}
    async with contextlib.AsyncExitStack() as stack:
        servers = {}
        for name, start in ((PLAIN, plain), ours):
            servers[name] = await stack.enter_async_context(start(folder, displays))
        for number in range(rounds):
            for name, server in servers.items():
                found[name].append(await lose(server, displays, pages))
                print(f"round {number + 1}: {name} {found[name][-1]}", file=sys.stderr, flush=True)
    return found


def lines_of(found: dict[str, list[dict[str, float]]], streams: int) -> list[str]:
    """Return the report."""
    rows = []
    for name, each in found.items():
        cpu, silence = (statistics.median(figures[what] for figures in each) for what in ("cpu_s", "silence_s"))
        times = "" if name == PLAIN else f"{ratio(found, name):.2f}"
        rows.append(f"| {name} | {cpu:.2f} | {times} | {silence * 1000:.0f} |")
    verdicts = [
        f"- {name}: {ratio(found, name):.2f} times the CPU of the plain server (target {TIMES:g}): "
        + ("met" if ratio(found, name) <= TIMES else "NOT MET")
        for name in found
        if name != PLAIN
    ]
    head = "| | CPU, s | times the plain server's | longest silence, ms |"
    return [f"{streams} streams are lost at once, medians:", "", head, "|---|---|---|---|", *rows, "", *verdicts]


def ratio(found: dict[str, list[dict[str, float]]], name: str) -> float:
    """Return the median of a server's CPU by the plain one's, round by round."""
    return statistics.median(
        ours["cpu_s"] / theirs["cpu_s"] for ours, theirs in zip(found[name], found[PLAIN], strict=True)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--displays", type=int, default=250, metavar="N", help="how many displays (250)")
    parser.add_argument("--pages", type=int, default=8, metavar="N", help="how many pages of each (8)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often (3)")
    parser.add_argument("--home-assistant", action="store_true", help="measure Home Assistant instead of the hub")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args(arguments)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most if 0 <= most < _FILES else _FILES, most))
    ours: tuple[str, Start] = (HOUSE, house) if options.home_assistant else (HUB, hub)
    found = run(lambda folder: measure(folder, ours, options.displays, options.pages, options.rounds))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    print("\n".join(lines_of(found, options.displays * options.pages)))
    return int(ratio(found, ours[0]) > TIMES)


if __name__ == "__main__":
    sys.exit(main())
