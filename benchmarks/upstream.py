"""A substitute for the provider: a process that answers every mint with the same bytes, at almost no cost.

The bytes are one answer of navai's simulator, headers included. The simulator itself checks every request like the real
API. This costs as much as the hub, and would distort the measurement on two cores.

With `--round-trip-ms`, a proxy in front of it delays every chunk by half of that in each direction. The first chunk of
a connection is delayed by another whole round trip, the cost of TCP's handshake.
"""

import argparse
import asyncio
import json
import re
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import aiohttp

from navai_core.simulator import Simulator
from navai_core.simulator.state import DEMO_API_KEY

HOST: Final = "127.0.0.1"
BACKLOG: Final = 1024
_LENGTH: Final = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_MINT: Final = re.compile(rb"POST \S*/v1/realtime/client_secrets ")
_NOT_FOUND: Final = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n"
_SESSION: Final = {
    "type": "realtime",
    "model": "gpt-realtime-2.1",
    "instructions": "You help a family cook. Ask what they have before you suggest anything. Speak Spanish.",
    "audio": {"output": {"voice": "marin"}},
}


class Answering(asyncio.Protocol):
    """One connection of a client.

    Args:
        answer: The answer to every mint.
        latency_s: How long a mint takes.
        idle_s: When an idle connection is closed.
    """

    def __init__(self, answer: bytes, latency_s: float, idle_s: float) -> None:
        self._answer, self._latency_s, self._idle_s = answer, latency_s, idle_s
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self._idle_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a request."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
        self._idle_since = self._loop.time()
        self._loop.call_later(self._idle_s, self._close_when_idle)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Forget it."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Answer the complete requests."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._received[: end + 2])
            found = _LENGTH.search(head)
            size = end + 4 + (int(found[1]) if found else 0)
            if len(self._received) < size:
                break
            del self._received[:size]
            if not _MINT.match(head):
                self._send(_NOT_FOUND)
            elif self._latency_s:
                self._loop.call_later(self._latency_s, self._send, self._answer)
            else:
                self._send(self._answer)

    def _send(self, answer: bytes) -> None:
        if self._transport is not None:
            self._transport.write(answer)
            self._idle_since = self._loop.time()

    def _close_when_idle(self) -> None:
        if self._transport is None:
            return
        rest = self._idle_since + self._idle_s - self._loop.time()
        if rest <= 0:
            self._transport.close()
        else:
            self._loop.call_later(rest, self._close_when_idle)


async def answer_of_the_simulator() -> bytes:
    """Return a complete answer of the simulator."""
    body = {"expires_after": {"anchor": "created_at", "seconds": 600}, "session": _SESSION}
    headers = {"Authorization": f"Bearer {DEMO_API_KEY}"}
    async with (
        Simulator(record=False) as simulator,
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{simulator.base_url}/realtime/client_secrets", json=body) as response,
    ):
        response.raise_for_status()
        content = await response.read()
    lines = [f"{name}: {value}" for name, value in response.headers.items()]
    return "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode() + content


class Delay:
    """A TCP proxy with the delay of a distant provider.

    Args:
        port: The port of the server behind it, on this machine.
        one_way_s: The delay of a chunk.
    """

    def __init__(self, port: int, one_way_s: float) -> None:
        self._port, self._one_way_s = port, one_way_s
        self._clock: Callable[[], float] = asyncio.get_running_loop().time

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection."""
        # The client's connect() has already succeeded; over a real distance it would now have waited a round trip.
        established = self._clock() + 2 * self._one_way_s
        far_reader, far_writer = await asyncio.open_connection(HOST, self._port)
        await asyncio.gather(self._carry(reader, far_writer, established), self._carry(far_reader, writer, 0.0))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, established: float) -> None:
        chunks: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        taking = asyncio.create_task(self._take(reader, chunks, established))
        try:
            while True:
                due, chunk = await chunks.get()
                await asyncio.sleep(due - self._clock())
                if not chunk:
                    break
                writer.write(chunk)
        finally:
            taking.cancel()
            writer.close()

    async def _take(
        self, reader: asyncio.StreamReader, chunks: "asyncio.Queue[tuple[float, bytes]]", established: float
    ) -> None:
        chunk = b"-"
        while chunk:
            try:
                chunk = await reader.read(65_536)
            except OSError:
                chunk = b""
            chunks.put_nowait((max(self._clock(), established) + self._one_way_s, chunk))


async def serve(arguments: argparse.Namespace) -> None:
    answer = await answer_of_the_simulator()
    context = None
    if arguments.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(arguments.certificate)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Answering(answer, arguments.latency_ms / 1000, arguments.idle_s),
        HOST,
        0,
        ssl=context,
        backlog=BACKLOG,
    )
    port = server.sockets[0].getsockname()[1]
    if arguments.round_trip_ms:
        server = await asyncio.start_server(Delay(port, arguments.round_trip_ms / 2000).serve, HOST, 0, backlog=BACKLOG)
        port = server.sockets[0].getsockname()[1]
    url = f"{'https' if context else 'http'}://{HOST}:{port}/v1"
    sys.stdout.write(json.dumps({"url": url, "answer_bytes": len(answer)}) + "\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency-ms", type=float, default=0.0, help="the time of every mint")
    parser.add_argument("--idle-s", type=float, default=3600.0, help="when it closes an idle connection")
    parser.add_argument("--round-trip-ms", type=float, default=0.0, help="the delay of a round trip")
    parser.add_argument("--certificate", type=Path, help="serve https: certificate and key in one PEM file")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
