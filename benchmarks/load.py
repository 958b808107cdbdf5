"""The load: a process that asks, and prints one JSON object of times when it has asked enough.

Its HTTP client is written for this and nothing else, so that it costs a tenth of what it measures. Its argument is a
JSON object: `mode`, and the arguments of the function of that name.
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
    """What came back is no client secret: nothing measured here would mean anything."""


class Connection(asyncio.Protocol):
    """One kept connection that carries one request at a time."""

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
        """Be ready."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what still waits."""
        self._transport = None
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(exc or ConnectionResetError("closed before the answer"))

    def data_received(self, data: bytes) -> None:
        """Tell once an answer is complete, and that it is a secret."""
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
        """Send a request and wait for its answer. Returns the seconds that it took."""
        if self._transport is None:
            raise ConnectionResetError("the server closed the connection")
        self._answered = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self._transport.write(request)
        await self._answered
        return time.perf_counter() - began

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


class Target:
    """Whom to ask, and what.

    Args:
        url: Where the POST goes.
        headers: Sent with it.
        body: The same.
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

    async def ask_anew(self) -> float:
        """Connect, ask, hang up, as a tablet does that has not spoken for a while. Returns seconds, connecting too."""
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
        # Whoever only wants to have asked often enough does not need them.
        return {"count": 0}
    return {
        "count": len(ordered),
        "p50_ms": statistics.median(ordered) * 1000,
        "p99_ms": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000,
    }


async def closed(
    *, target: Mapping[str, Any], connections: int, warm_up_s: float, seconds: float, at_least: int = 0
) -> dict[str, float]:
    """Closed loop: every connection asks again as soon as it is answered.

    Args:
        target: See `Target`.
        connections: How many at a time.
        warm_up_s: For so long nothing is counted.
        seconds: For so long it is.
        at_least: Go on, uncounted, until so many requests were answered in all.
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
            # What ended in time counts, whenever it began: else slow servers would lose what is under way at the start.
            if counted_from <= now + took < ends:
                times.append(took)

    began = time.process_time(), time.perf_counter()
    await asyncio.gather(*(one(connection) for connection in open_ones))
    own = (time.process_time() - began[0]) / (time.perf_counter() - began[1])
    return _figures(times) | {"per_second": len(times) / seconds, "total": total, "own_cpu": own}


async def paced(*, target: Mapping[str, Any], per_second: float, count: int) -> dict[str, float]:
    """Open loop: a request falls due at a fixed pace, whether or not those before were answered.

    The client is aiohttp with one shared session, whoever is asked, so that its own time cancels out. A time counts
    from when the request fell due.
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
    """Do the same over one kept connection of the lean client; for answers that come well before the next request."""
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
        # A sleep ends up to a millisecond late: what is measured begins when the request is really sent.
        due = loop.time()
        await ask()
        if number >= warm_up:
            times.append(loop.time() - due)

    await asyncio.gather(*(one(number) for number in range(warm_up + count)))
    return _figures(times)


async def idle(
    *, targets: Mapping[str, Mapping[str, Any]], gaps_s: Sequence[float], warm: int, apart_s: float
) -> dict[str, dict[str, list[float]]]:
    """The first mint, warm ones, and one after each idle gap; in ms, by target.

    Args:
        targets: Who is asked. Each goes through all of it by itself, slightly later than the one before.
        gaps_s: For how long nobody asks.
        warm: How many warm mints follow each cold one.
        apart_s: How much later.
    """

    async def one(number: int, target: Target) -> dict[str, list[float]]:
        await asyncio.sleep(number * apart_s)
        times: dict[str, list[float]] = {"first": [await target.ask_anew() * 1000], "warm": []}
        for gap in [*gaps_s, None]:
            for _ in range(warm):
                await asyncio.sleep(0.1)
                times["warm"].append(await target.ask_anew() * 1000)
            if gap is not None:
                await asyncio.sleep(gap)
                times[f"after {gap:g} s"] = [await target.ask_anew() * 1000]
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
