import asyncio
import errno
import logging
import resource
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from hub_support import settings_for

from navai_core.exceptions import StartError
from navai_core.hub import listening
from navai_core.hub.accepting import Acceptor, Connection
from navai_core.hub.server import running_hub
from navai_core.simulator import Simulator


class Talker(asyncio.Protocol):
    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.connection.transport = cast(asyncio.WriteTransport, transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        self.connection.ended()


def acceptor(
    *listeners: socket.socket, make: Callable[[Connection], asyncio.Protocol] = Talker, most: int = 100
) -> Acceptor:
    return Acceptor(listeners, make, None, lambda host: False, most)


def listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


async def until(look: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not look():
            await asyncio.sleep(0.01)


class Refusing:
    """Stands for a listening socket whose queue holds connections that are gone already."""

    def __init__(self, *errors: OSError) -> None:
        self._errors = list(errors)

    def accept(self) -> None:
        raise self._errors.pop(0)


async def test_a_connection_that_went_away_while_it_waited_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    taking = acceptor()
    taking._take(cast(socket.socket, Refusing(ConnectionAbortedError(), BlockingIOError())))
    assert caplog.text == ""
    await taking.close()


async def test_a_lack_of_files_is_told_once_a_minute(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    taking = acceptor()
    now = 1000.0
    monkeypatch.setattr(taking._loop, "time", lambda: now)
    for passed in (0, 1, 58, 2, 30):
        now += passed
        taking._take(cast(socket.socket, Refusing(OSError(errno.EMFILE, "x"))))
    assert caplog.text.count("New connections must wait (Too many open files, 0 are open)") == 2
    monkeypatch.undo()
    await taking.close()


async def test_no_more_connections_than_allowed_and_the_next_as_soon_as_one_goes() -> None:
    made: list[Connection] = []

    def make(connection: Connection) -> Talker:
        made.append(connection)
        connection.asked()
        return Talker(connection)

    listens = listener()
    taking = acceptor(listens, make=make, most=1)
    _, first = await asyncio.open_connection(*listens.getsockname())
    await until(lambda: made)
    assert taking.is_crowded
    _, second = await asyncio.open_connection(*listens.getsockname())
    await until(lambda: taking._pause)
    assert len(made) == 1
    # What the pause lasts is another test's matter.
    assert taking._pause
    first.close()
    await until(lambda: len(made) == 2)
    made[1].drop()
    await until(lambda: not taking._open)
    made[1].drop()
    second.close()
    await taking.close()


async def test_a_mistake_of_ours_is_logged_and_leaves_no_connection_open(caplog: pytest.LogCaptureFixture) -> None:
    def make(_: Connection) -> asyncio.Protocol:
        raise RuntimeError("inner")

    listens = listener()
    taking = acceptor(listens, make=make)
    reader, writer = await asyncio.open_connection(*listens.getsockname())
    assert await asyncio.wait_for(reader.read(), 20) == b""
    assert "A connection could not be served" in caplog.text
    assert "RuntimeError: inner" in caplog.text
    writer.close()
    await taking.close()


async def test_what_is_still_being_opened_at_the_end_is_closed() -> None:
    taking = acceptor()
    ours, theirs = socket.socketpair()
    taking._begin(ours, "192.0.2.1")
    (connection,) = taking._open
    connection.drop()
    await taking.close()
    assert taking._open == set()
    connection.drop()
    theirs.settimeout(20)
    assert theirs.recv(1) == b""
    theirs.close()


# --- the limit of open files


@pytest.mark.parametrize(
    ("soft", "hard", "raised"),
    [
        (64, 512, (512, 512)),
        (1024, 1_048_576, (65_536, 1_048_576)),
        (1024, resource.RLIM_INFINITY, (65_536, resource.RLIM_INFINITY)),
        (65_536, 65_536, None),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, None),
    ],
)
def test_the_limit_of_open_files_is_raised_as_far_as_it_makes_sense(
    soft: int, hard: int, raised: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    listening.raise_file_limit()
    assert asked == ([] if raised is None else [raised])


def test_a_system_that_refuses_more_files_is_borne(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    with caplog.at_level(logging.INFO):
        listening.raise_file_limit()
    assert "The limit of open files stays at 256 (ValueError)" in caplog.text


@pytest.mark.parametrize(
    ("soft", "most"), [(64, 48), (1024, 768), (65_536, 65_280), (10**6, 65_280), (resource.RLIM_INFINITY, 65_280)]
)
def test_some_files_are_left_for_other_things(soft: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, soft))
    assert listening._most_connections() == most


# --- where it listens


def addresses(*found: tuple[str, int], family: int = socket.AF_INET) -> list[tuple[int, tuple[Any, ...]]]:
    return [(family, address) for address in found]


def test_an_address_that_this_machine_does_not_have_is_left_out_if_there_is_another() -> None:
    listeners = listening._bound(addresses(("192.0.2.1", 0), ("127.0.0.1", 0)))
    assert [each.getsockname()[0] for each in listeners] == ["127.0.0.1"]
    with pytest.raises(OSError, match="192"):
        listening._bound(addresses(("192.0.2.1", 0)))
    with pytest.raises(OSError, match="in use"):
        listening._bound(addresses(("127.0.0.1", 0), ("127.0.0.1", listeners[0].getsockname()[1])))
    listeners[0].close()


async def test_a_hub_listens_on_all_addresses_of_a_name(simulator: Simulator, tmp_path: Path) -> None:
    settings = settings_for(simulator, hub={"host": "localhost"})
    async with running_hub(settings, tmp_path) as running, aiohttp.ClientSession() as http:
        async with http.get(f"{running.url}/navai/health") as response:
            assert response.status == 200
        taken = replace(settings, hub=replace(settings.hub, port=int(running.url.rpartition(":")[2])))
        with pytest.raises(StartError, match=r"Cannot listen on localhost port \d+ \(.*in use"):
            async with running_hub(taken, tmp_path):
                pass
