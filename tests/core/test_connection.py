import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web
from yarl import URL

from navai_core.provider.client import ProviderClient
from navai_core.provider.connection import FIRST_DELAY_S, MAX_DELAY_S, ProviderConnection, proxy_for
from navai_core.providers import PROVIDERS
from navai_core.simulator import Simulator


class Time:
    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.sleeping: asyncio.Queue[asyncio.Event] = asyncio.Queue()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Sleep until the test says so."""
        self.slept.append(seconds)
        wake = asyncio.Event()
        self.sleeping.put_nowait(wake)
        await wake.wait()


async def until(condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


async def dialled(connection: ProviderConnection) -> None:
    """The connection is open, and stands in the pool."""
    await until(lambda: connection.is_warm and not connection.session.connector._acquired)
    for _ in range(10):
        await asyncio.sleep(0)


def client_of(connection: ProviderConnection, simulator: Simulator) -> ProviderClient:
    return ProviderClient(connection.session, provider=PROVIDERS["openai"], base_url=simulator.base_url)


async def test_the_first_mint_finds_the_connection_open(simulator: Simulator, key: str) -> None:
    async with ProviderConnection(simulator.base_url) as connection:
        await dialled(connection)
        await client_of(connection, simulator).mint(b"{}", api_key=key)
        assert simulator.connections == 1
        assert connection.dials == 1
        assert [mint.connection for mint in simulator.requests] == [1]


async def test_no_key_is_sent_ahead_of_time(simulator: Simulator) -> None:
    async with ProviderConnection(simulator.base_url) as connection:
        await until(lambda: connection.is_warm)
    assert simulator.requests == []


async def test_it_is_dialled_again_when_the_provider_closes(key: str) -> None:
    time = Time()
    simulator = Simulator(api_keys={key})
    await simulator.start()
    port = URL(simulator.base_url).port
    async with ProviderConnection(simulator.base_url, clock=time, sleep=time.sleep) as connection:
        await dialled(connection)
        time.now += 60
        await simulator.stop()
        wake = await time.sleeping.get()
        assert not connection.is_warm
        assert time.slept == [0.0]
        async with Simulator(api_keys={key}) as _:
            again = Simulator(api_keys={key})
            await again.start(port=port or 0)
            wake.set()
            await until(lambda: again.connections == 1 and connection.is_warm)
            assert connection.dials == 2
            await again.stop()


async def test_a_provider_that_cannot_be_reached_is_asked_ever_more_rarely() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    time = Time()
    async with ProviderConnection(url, clock=time, sleep=time.sleep) as connection:
        for _ in range(12):
            (await time.sleeping.get()).set()
        await until(lambda: len(time.slept) == 13)
        assert not connection.is_warm
    assert time.slept[:4] == [FIRST_DELAY_S, 2.0, 4.0, 8.0]
    assert time.slept[-1] == MAX_DELAY_S


async def test_a_connection_that_never_lasts_is_not_pestered(key: str) -> None:
    async def hang_up(_: web.Request) -> web.Response:
        return web.Response(headers={"Connection": "close"})

    app = web.Application()
    app.router.add_route("*", "/v1", hang_up)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    time = Time()
    async with ProviderConnection(f"http://127.0.0.1:{runner.addresses[0][1]}/v1", clock=time, sleep=time.sleep):
        (await time.sleeping.get()).set()
        await until(lambda: len(time.slept) == 2)
    assert time.slept == [1.0, 2.0]
    await runner.cleanup()


async def test_the_socket_keeps_itself_alive(simulator: Simulator) -> None:
    async with ProviderConnection(simulator.base_url) as connection:
        await until(lambda: connection.is_warm)
        (opened,) = connection._open
        assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        if hasattr(socket, "TCP_KEEPIDLE"):
            assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 20


async def test_over_tls(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    simulator = Simulator(api_keys={key})
    await simulator.start(ssl_context=context)
    async with ProviderConnection(simulator.base_url) as connection:
        await dialled(connection)
        await client_of(connection, simulator).mint(b"{}", api_key=key)
        assert simulator.connections == 1
        await simulator.stop()
        await until(lambda: not connection.is_warm)


async def test_closing_a_socket_twice_tells_once(simulator: Simulator) -> None:
    async with ProviderConnection(simulator.base_url) as connection:
        await dialled(connection)
        (opened,) = connection._open
        told: list[object] = []
        opened.on_close = told.append
        connection._open.clear()
    opened.close()
    opened.close()
    assert told == [opened]


@pytest.mark.parametrize(
    ("environ", "url", "proxy"),
    [
        ({}, "https://api.openai.com/v1", None),
        ({"https_proxy": "http://proxy:3128"}, "https://api.openai.com/v1", URL("http://proxy:3128")),
        ({"https_proxy": "http://proxy:3128", "no_proxy": "api.openai.com"}, "https://api.openai.com/v1", None),
        ({"http_proxy": "http://proxy:3128"}, "https://api.openai.com/v1", None),
        ({"http_proxy": "http://proxy:3128"}, "http://127.0.0.1:1/v1", None),
        ({"http_proxy": "http://proxy:3128"}, "http://localhost:1/v1", None),
    ],
)
def test_proxies(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], url: str, proxy: URL | None) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(URL(url)) == proxy
