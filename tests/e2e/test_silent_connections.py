"""Connections that send nothing, or never a whole request: the hub closes them, and still serves the others."""

import asyncio
import contextlib
import json
import logging
import resource
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme
from e2e_house import House, Open
from e2e_support import ANNA, PATIENCE_S, Process, Simulated, ask, block, until, write_config

import navai_core.hub.accepting
import navai_core.hub.protocol

HEAD = b"GET /navai/health HTTP/1.1\r\nHost: x\r\n"


@contextlib.contextmanager
def hub_with_files(config: Path, soft: int, hard: int) -> Iterator[tuple[Process, str]]:
    """A hub that may open so many files, and its URL."""
    limits = f'ulimit -S -n {soft} && ulimit -H -n {hard} && exec "$@"'
    command = [sys.executable, "-W", "error", "-m", "navai_core", "serve", "--config", config, "--port", "0", "--json"]
    with Process("/bin/sh", "-c", limits, "sh", *command, cwd=config.parent) as process:
        yield process, json.loads(process.line("stdout", '"url"'))["url"]
        assert process.stop() == 0
        assert process.trouble == "", process.trouble[:2000]
        assert len(process.err) < 50_000


def silent(stack: ExitStack, url: str, count: int, *sources: str) -> list[socket.socket]:
    """So many connections that send nothing, from some addresses in turn."""
    parts = urlsplit(url)
    made = []
    for number in range(count):
        connection = stack.enter_context(socket.socket())
        connection.settimeout(PATIENCE_S)
        connection.bind((sources[number % len(sources)], 0))
        connection.connect((parts.hostname, parts.port))
        made.append(connection)
    return made


def is_closed(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def is_served(url: str) -> bool:
    return ask("GET", f"{url}/navai/profiles", token=ANNA).status == 200


@pytest.fixture
def config(simulator: Simulated, folder: Path) -> Path:
    return write_config(folder, block(simulator.base_url))


def test_the_limit_of_open_files_is_raised(config: Path) -> None:
    with hub_with_files(config, 64, 512) as (process, url):
        assert is_served(url)
        assert resource.prlimit(process.child.pid, resource.RLIMIT_NOFILE) == (512, 512)


def test_one_address_cannot_take_all_connections(config: Path) -> None:
    with hub_with_files(config, 256, 256) as (process, url), ExitStack() as stack:
        made = silent(stack, url, 400, "127.0.0.1")
        assert is_served(url)
        until(lambda: sum(map(is_closed, made)) >= 400 - 64)
        states = list(map(is_closed, made))
        assert states == sorted(states, reverse=True), "the oldest go"
        assert is_served(url)
        assert process.err.count("127.0.0.1 has 64 open connections without a request") == 1
        assert len(process.err.splitlines()) < 10


def test_many_addresses_cannot_take_all_connections(config: Path) -> None:
    sources = [f"127.0.0.{number}" for number in range(2, 12)]
    with hub_with_files(config, 256, 256) as (process, url), ExitStack() as stack:
        silent(stack, url, 600, *sources)
        for _ in range(5):
            assert is_served(url)
        assert process.err.count("New connections must wait") == 1
        assert len(process.err.splitlines()) < 15
        stack.close()
        assert is_served(url)


def test_no_free_file_is_one_line_and_not_the_end(config: Path) -> None:
    with hub_with_files(config, 256, 256) as (process, url), ExitStack() as stack:
        # As if something else had taken the files: fewer are left than the hub counts with.
        resource.prlimit(process.child.pid, resource.RLIMIT_NOFILE, (40, 256))
        silent(stack, url, 60, "127.0.0.1")
        process.line("stderr", "New connections must wait (Too many open files")
        for _ in range(3):
            assert is_served(url)
        assert process.err.count("New connections must wait") == 1
        stack.close()
        assert is_served(url)


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navai_core.hub.accepting, "FIRST_REQUEST_S", 0.3)


async def closed(reader: asyncio.StreamReader) -> bytes:
    """What comes until the connection is closed."""
    with contextlib.suppress(ConnectionError):
        return await asyncio.wait_for(reader.read(), PATIENCE_S)
    return b""


@asynccontextmanager
async def connected(url: str, **more: Any) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, **more)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_a_connection_that_sends_nothing_is_closed(open_house: Open, quickly: None) -> None:
    async with open_house() as house, connected(house.running.url) as (reader, _):
        assert await closed(reader) == b""


async def test_a_header_that_drips_is_not_waited_for(open_house: Open, quickly: None) -> None:
    async with open_house() as house, connected(house.running.url) as (reader, writer):

        async def drip() -> None:
            for number in range(10**6):
                writer.write(HEAD if number == 0 else b"X-A: b\r\n" if number < 50 else b"c")
                await asyncio.sleep(0.01)

        dripping = asyncio.ensure_future(drip())
        assert await closed(reader) == b""
        dripping.cancel()


async def test_one_whole_header_is_enough_to_stay(open_house: Open, quickly: None) -> None:
    async with open_house() as house, connected(house.running.url) as (reader, writer):
        for _ in range(2):
            writer.write(HEAD + b"\r\n")
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
            assert head.startswith(b"HTTP/1.1 200")
            assert b"connection: close" not in head.lower()
            size = next(line for line in head.lower().splitlines() if line.startswith(b"content-length:"))
            await reader.readexactly(int(size.partition(b":")[2]))
            # Longer than a silent one may wait: another one shows that the time is over.
            async with connected(house.running.url) as (other, _):
                assert await closed(other) == b""
            assert not reader.at_eof()


async def test_a_connection_is_kept_for_a_while_and_not_for_ever(
    open_house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert navai_core.hub.protocol.KEEP_ALIVE_S == 75
    monkeypatch.setattr(navai_core.hub.protocol, "KEEP_ALIVE_S", 0.3)
    async with open_house() as house, connected(house.running.url) as (reader, writer):
        writer.write(HEAD + b"\r\n")
        assert (await closed(reader)).startswith(b"HTTP/1.1 200")


@pytest.fixture
def tls_files(folder: Path) -> tuple[dict[str, str], ssl.SSLContext]:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return {"certificate": "cert.pem", "key": "key.pem"}, client


async def test_tls_that_is_never_agreed_on_counts_too(
    open_house: Open, quickly: None, tls_files: tuple[dict[str, str], ssl.SSLContext], caplog: pytest.LogCaptureFixture
) -> None:
    files, client = tls_files
    async with open_house({"tls": files}) as house:
        async with connected(house.running.url) as (reader, _):
            assert await closed(reader) == b""
        async with connected(house.running.url, ssl=client) as (reader, writer):
            assert await closed(reader) == b"", "agreed on, and silent"
        async with connected(house.running.url) as (reader, writer):
            writer.write(HEAD + b"\r\n")
            await closed(reader)
        async with connected(house.running.url, ssl=client) as (reader, writer):
            writer.write(HEAD + b"Connection: close\r\n\r\n")
            assert (await closed(reader)).startswith(b"HTTP/1.1 200")
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_tls_that_is_being_agreed_on_does_not_outlive_the_hub(
    open_house: Open, tls_files: tuple[dict[str, str], ssl.SSLContext]
) -> None:
    files, client = tls_files
    async with contextlib.AsyncExitStack() as stack:
        async with open_house({"tls": files}) as house:
            reader, _ = await stack.enter_async_context(connected(house.running.url))
            # The one that comes later is served, so the first has been taken.
            async with connected(house.running.url, ssl=client) as (other, writer):
                writer.write(HEAD + b"Connection: close\r\n\r\n")
                await closed(other)
            assert not reader.at_eof()
        assert await closed(reader) == b""


async def hold(house: House, stack: contextlib.AsyncExitStack, count: int) -> list[asyncio.StreamReader]:
    return [(await stack.enter_async_context(connected(house.running.url)))[0] for _ in range(count)]


async def test_served_connections_and_those_of_a_proxy_do_not_count(
    open_house: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(navai_core.hub.accepting, "SILENT_PER_MACHINE", 3)
    async with contextlib.AsyncExitStack() as stack, open_house() as house:
        served = []
        for _ in range(5):
            reader, writer = await stack.enter_async_context(connected(house.running.url))
            writer.write(HEAD + b"\r\n")
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
            served.append(reader)
        await hold(house, stack, 2)
        assert (await house.ask("GET", "/navai/health")).status == 200
        assert "open connections without" not in caplog.text
        first, *_ = await hold(house, stack, 4)
        assert await closed(first) == b""
        assert caplog.text.count("127.0.0.1 has 3 open connections") == 1
        assert not any(reader.at_eof() for reader in served)
    caplog.clear()
    async with contextlib.AsyncExitStack() as stack, open_house({"trusted_proxies": ["127.0.0.0/8"]}) as house:
        held = await hold(house, stack, 10)
        assert (await house.ask("GET", "/navai/health")).status == 200
        assert not any(reader.at_eof() for reader in held)
        assert "open connections without" not in caplog.text


async def test_where_little_room_is_left_no_connection_is_kept(
    open_house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("navai_core.hub.listening._most_connections", lambda: 10)
    async with contextlib.AsyncExitStack() as stack, open_house() as house:
        await hold(house, stack, 8)
        async with connected(house.running.url) as (reader, writer):
            writer.write(HEAD + b"\r\n")
            answer = await closed(reader)
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"connection: close" in answer.lower()
