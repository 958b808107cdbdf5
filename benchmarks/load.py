"""The load: a process that sends requests, and finally prints one JSON object of times.

Its HTTP client is only for this, so that it costs a tenth of what it measures. Its argument is a JSON object: `mode`,
and the arguments of the function with that name.
"""

import asyncio
import json
import re
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Self
from urllib.parse import urlsplit

import aiohttp

_LENGTH: Final = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_REQUEST_TIMEOUT_S: Final = 30.0


class WrongAnswerError(Exception):
    """The answer is not a client secret, so the measurement would be useless."""


class Connection(asyncio.Protocol):
    """One kept connection for one request at a time."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._answered: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, host: str, port: int) -> Self:
        """Connect."""
        _, connection = await asyncio.get_running_loop().create_connection(cls, host, port)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is ready."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the waiting request."""
        self._transport = None
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(exc or ConnectionResetError("closed before the answer"))

    def data_received(self, data: bytes) -> None:
        """Wait for a complete answer, and check that it is a secret."""
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0 or self._answered is None:
            return
        found = _LENGTH.search(self._received, 0, end + 2)
        if len(self._received) < end + 4 + (int(found[1]) if found else 0):
            return
        if self._received[9:12] == b"200" and b'"value":' in self._received:
            self._answered.set_result(None)
        else:
            self._answered.set_exception(WrongAnswerError(bytes(self._received[:500]).decode(errors="replace")))
        self._received.clear()

    async def ask(self, request: bytes) -> float:
        """Send a request and wait for its answer. Returns the time in seconds."""
        if self._transport is None:
            raise ConnectionResetError("the server closed the connection")
        self._answered = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self._transport.write(request)
        await self._answered
        return time.perf_counter() - began

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()


class Target:
    """The address and the request.

    Args:
        url: The address of the POST.
        headers: The headers of the request.
        body: The body of the request.
    """

    def __init__(self, *, url: str, headers: Mapping[str, str], body: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.url, self.body = url, body.encode()
        self.headers = {"Content-Type": "application/json", **headers}
        lines = [
            f"POST {parts.path} HTTP/1.1",
            f"Host: {parts.netloc}",
            "Accept: */*",
            *(f"{name}: {value}" for name, value in self.headers.items()),
            f"Content-Length: {len(self.body)}",
        ]
        self.request = "\r\n".join([*lines, "", ""]).encode() + self.body

    async def connect(self) -> Connection:
        """Open a connection to it."""
        return await Connection.open(self.host, self.port)

    async def ask_once(self) -> float:
        """Connect, send, close, like a tablet after a pause. Returns seconds, including the connection."""
        began = time.perf_counter()
        connection = await self.connect()
        try:
            await connection.ask(self.request)
        finally:
            connection.close()
        return time.perf_counter() - began


def _figures(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    if not ordered:
        # Not needed by those who only want enough requests.
        return {"count": 0}
    return {
        "count": len(ordered),
        "p50_ms": statistics.median(ordered) * 1000,
        "p99_ms": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000,
    }


async def closed(
    *, target: Mapping[str, Any], connections: int, warm_up_s: float, seconds: float, at_least: int = 0
) -> dict[str, float]:
    """Closed loop: every connection sends a request as soon as the last one is answered.

    Args:
        target: See `Target`.
        connections: How many at the same time.
        warm_up_s: The time before counting starts.
        seconds: The time of counting.
        at_least: Continue, uncounted, until so many requests were answered in total.
    """
    asked = Target(**target)
    open_ones = [await asked.connect() for _ in range(connections)]
    times: list[float] = []
    total = 0
    counted_from = time.perf_counter() + warm_up_s
    ends = counted_from + seconds

    async def one(connection: Connection) -> None:
        nonlocal total
        while (now := time.perf_counter()) < ends or total < at_least:
            took = await connection.ask(asked.request)
            total += 1
            # An answer in time counts, whenever its request started: else slow servers would lose those of the start.
            if counted_from <= now + took < ends:
                times.append(took)

    began = time.process_time(), time.perf_counter()
    await asyncio.gather(*(one(connection) for connection in open_ones))
    own = (time.process_time() - began[0]) / (time.perf_counter() - began[1])
    return _figures(times) | {"per_second": len(times) / seconds, "total": total, "own_cpu": own}


async def paced(*, target: Mapping[str, Any], per_second: float, count: int) -> dict[str, float]:
    """Open loop: requests are due at a fixed pace, even if earlier ones are not answered.

    The client is aiohttp with one shared session for every target, so that its own time cancels out. A time counts from
    when the request was due.
    """
    asked = Target(**target)
    timeout = aiohttp.ClientTimeout(total=_REQUEST_TIMEOUT_S)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        connector=connector, headers=asked.headers, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:

        async def ask() -> None:
            async with session.post(asked.url, data=asked.body) as response:
                if b'"value":' not in await response.read() or response.status != 200:
                    raise WrongAnswerError(response.status)

        return await _at_pace(ask, per_second, count)


async def paced_lean(*, target: Mapping[str, Any], per_second: float, count: int) -> dict[str, float]:
    """The same over one kept connection of the small client; for answers that come well before the next request."""
    asked = Target(**target)
    connection = await asked.connect()
    lock = asyncio.Lock()

    async def ask() -> None:
        async with lock:
            await connection.ask(asked.request)

    return await _at_pace(ask, per_second, count)


async def _at_pace(ask: Callable[[], Awaitable[None]], per_second: float, count: int) -> dict[str, float]:
    times: list[float] = []
    warm_up = max(3, count // 5)
    loop = asyncio.get_running_loop()
    began = loop.time() + 0.05

    async def one(number: int) -> None:
        due = began + number / per_second
        await asyncio.sleep(due - loop.time())
        # A sleep ends up to a millisecond late: the measurement starts when the request is really sent.
        due = loop.time()
        await ask()
        if number >= warm_up:
            times.append(loop.time() - due)

    await asyncio.gather(*(one(number) for number in range(warm_up + count)))
    return _figures(times)


async def idle(
    *, targets: Mapping[str, Mapping[str, Any]], gaps_s: Sequence[float], warm: int, apart_s: float
) -> dict[str, dict[str, list[float]]]:
    """The first mint, repeated ones, and one after each idle gap; in ms, by target.

    Args:
        targets: The servers. Each does all of it alone, slightly later than the one before.
        gaps_s: The times without requests.
        warm: How many more mints follow each first one.
        apart_s: How much later.
    """

    async def one(number: int, target: Target) -> dict[str, list[float]]:
        await asyncio.sleep(number * apart_s)
        times: dict[str, list[float]] = {"first": [await target.ask_once() * 1000], "warm": []}
        for gap in [*gaps_s, None]:
            for _ in range(warm):
                await asyncio.sleep(0.1)
                times["warm"].append(await target.ask_once() * 1000)
            if gap is not None:
                await asyncio.sleep(gap)
                times[f"after {gap:g} s"] = [await target.ask_once() * 1000]
        return times

    tasks = [one(number, Target(**target)) for number, target in enumerate(targets.values())]
    return dict(zip(targets, await asyncio.gather(*tasks), strict=True))


MODES: Final[Mapping[str, Callable[..., Awaitable[Any]]]] = {
    each.__name__: each for each in (closed, paced, paced_lean, idle)
}


def main() -> None:
    arguments = json.loads(sys.argv[1])
    mode = MODES[arguments.pop("mode")]

    async def run() -> Any:
        return await mode(**arguments)

    print(json.dumps(asyncio.run(run())))


if __name__ == "__main__":
    main()
