import asyncio
import json
import socket
import ssl
import zlib
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer
from aioresponses import aioresponses
from secret_watch import WATCH

from navai_core import exceptions as errors
from navai_core.provider.answers import read_answer, read_secret
from navai_core.provider.client import ProviderClient, safety_identifier
from navai_core.providers import PROVIDERS
from navai_core.simulator import Simulator

BODY = json.dumps({"session": {"type": "realtime"}}).encode()


class Time:
    """A clock that only a sleep moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def client(simulator: Simulator, http: aiohttp.ClientSession, time: Time) -> ProviderClient:
    return make(http, simulator.base_url, time)


def make(
    http: aiohttp.ClientSession, base_url: str, time: Time, provider: str = "openai", **more: Any
) -> ProviderClient:
    return ProviderClient(
        http, provider=PROVIDERS[provider], base_url=base_url, clock=time, sleep=time.sleep, jitter=lambda: 0.0, **more
    )


async def test_a_mint(client: ProviderClient, simulator: Simulator, key: str) -> None:
    secret = await client.mint(BODY, api_key=key, caller="display:hall")
    assert simulator.secrets.lookup(secret.value)
    assert secret.session is not None
    assert secret.session["object"] == "realtime.session"
    assert secret.request_id == simulator.requests[0].request_id
    assert secret.value not in repr(secret) + str(secret)
    headers = simulator.requests[0].headers
    assert headers["content-type"] == "application/json"
    assert headers["openai-safety-identifier"] == safety_identifier("display:hall", key)
    assert "openai-beta" not in headers
    assert "openai-organization" not in headers
    assert client.calls_url == f"{simulator.base_url}/realtime/calls"


async def test_the_safety_identifier_is_stable_and_tells_nothing(key: str) -> None:
    assert safety_identifier("display:hall", key) == safety_identifier("display:hall", key)
    assert safety_identifier("display:hall", key) != safety_identifier("display:kitchen", key)
    assert safety_identifier("display:hall", key) != safety_identifier("display:hall", key + "x")
    assert "hall" not in safety_identifier("display:hall", key)


async def test_account_headers(simulator: Simulator, http: aiohttp.ClientSession, time: Time, key: str) -> None:
    await make(http, simulator.base_url, time, organization="org-1", project="proj_1").mint(BODY, api_key=key)
    headers = simulator.requests[0].headers
    assert headers["openai-organization"] == "org-1"
    assert headers["openai-project"] == "proj_1"
    assert "openai-safety-identifier" not in headers


async def test_azure_takes_its_own_header(
    simulator: Simulator, http: aiohttp.ClientSession, time: Time, key: str
) -> None:
    base = simulator.base_url.replace("/v1", "/openai/v1")
    client = make(http, base, time, "azure", organization="org-1")
    assert (await client.mint(BODY, api_key=key, caller="user:a")).value.startswith("ek_")
    headers = simulator.requests[0].headers
    assert "api-key" in headers
    assert not {"authorization", "openai-organization", "openai-safety-identifier"} & set(headers)


ERRORS: list[tuple[str, type[errors.UpstreamError], int]] = [
    ("status=400", errors.UpstreamError, 1),
    ("status=401", errors.ApiKeyRefusedError, 1),
    ("status=403", errors.CountryNotSupportedError, 1),
    ("status=404", errors.ModelNotFoundError, 1),
    ("status=429", errors.UpstreamRateLimitedError, 3),
    ("status=500", errors.UpstreamUnavailableError, 3),
    ("status=503", errors.UpstreamUnavailableError, 3),
]


@pytest.mark.parametrize(("fault", "kind", "requests"), ERRORS)
async def test_refusals_and_how_often_they_are_tried(
    client: ProviderClient, simulator: Simulator, key: str, fault: str, kind: type, requests: int
) -> None:
    simulator.faults.push(fault, times=10)
    with pytest.raises(errors.UpstreamError) as caught:
        await client.mint(BODY, api_key=key)
    assert type(caught.value) is kind
    assert len(simulator.requests) == requests
    assert caught.value.request_id == simulator.requests[-1].request_id
    assert key not in repr(caught.value) + str(caught.value.data)


async def test_a_wrong_key(client: ProviderClient) -> None:
    with pytest.raises(errors.ApiKeyRefusedError) as caught:
        await client.mint(BODY, api_key=WATCH.secret("sk-wrong-0123456789"))
    assert caught.value.status == 401


async def test_a_passing_trouble_passes(client: ProviderClient, simulator: Simulator, time: Time, key: str) -> None:
    simulator.faults.push("status=500", times=2)
    assert (await client.mint(BODY, api_key=key)).value
    assert time.slept == [0.5, 1.0]


async def test_retry_after_is_honoured(client: ProviderClient, simulator: Simulator, time: Time, key: str) -> None:
    simulator.faults.push("status=429; retry-after=3", times=1)
    assert (await client.mint(BODY, api_key=key)).value
    assert time.slept == [3.0]


async def test_a_wait_past_the_deadline_is_not_begun(
    client: ProviderClient, simulator: Simulator, time: Time, key: str
) -> None:
    simulator.faults.push("status=429; retry-after=30", times=1)
    with pytest.raises(errors.UpstreamRateLimitedError) as caught:
        await client.mint(BODY, api_key=key)
    assert caught.value.retry_after == 30
    assert time.slept == []


async def test_the_total_deadline_bounds_the_retries(
    simulator: Simulator, http: aiohttp.ClientSession, time: Time, key: str
) -> None:
    simulator.faults.push("status=500", times=5)
    with pytest.raises(errors.UpstreamUnavailableError):
        await make(http, simulator.base_url, time, deadline=0.8).mint(BODY, api_key=key)
    assert time.slept == [0.5]


async def test_a_slow_provider_is_left(simulator: Simulator, http: aiohttp.ClientSession, time: Time, key: str) -> None:
    simulator.faults.push("latency-ms=5000")
    with pytest.raises(errors.UpstreamTimeoutError):
        await make(http, simulator.base_url, time, deadline=0.05).mint(BODY, api_key=key)


RUBBISH = [b"", b"<html>", b"[]", b"{}", b'{"value": "ek_1"}', b'{"value": 1, "expires_at": 1}']
RUBBISH += [b'{"value": "ek_1", "expires_at": "1"}', b'{"value": "ek_1", "expires_at": true}']
RUBBISH += [b'{"value": "ek_1", "expires_at": 1.5}', b'{"value": "", "expires_at": 1}', b"[" * 200_000]
RUBBISH += [b'{"value": "ek 1", "expires_at": 1}', b'{"value": "ek\\n1", "expires_at": 1}', b"\xff\xfe"]
RUBBISH += [b'{"value": "ek_1", "expires_at": 0}', b'{"value": "%s", "expires_at": 1}' % (b"a" * 20_000)]


@pytest.mark.parametrize("rubbish", RUBBISH, ids=range(len(RUBBISH)))
def test_a_200_with_rubbish_is_an_error(rubbish: bytes) -> None:
    with pytest.raises(errors.UpstreamInvalidResponseError) as caught:
        read_secret(rubbish, "req_1", api_key="sk-0")
    assert caught.value.request_id == "req_1"
    assert caught.value.status == 200


def test_a_session_that_is_none_is_left_out() -> None:
    assert read_secret(b'{"value": "ek_1", "expires_at": 1, "session": []}', None, api_key="sk-0").session is None


@pytest.mark.parametrize("status", [200, 400, 401, 403])
async def test_a_web_page_is_never_believed(
    client: ProviderClient, simulator: Simulator, key: str, status: int
) -> None:
    simulator.faults.push(f"body=not-json; status={status}")
    with pytest.raises(errors.UpstreamSignInError) as caught:
        await client.mint(BODY, api_key=key)
    assert caught.value.status == status
    assert len(simulator.requests) == 1


@pytest.mark.parametrize("fault", ["body=not-utf8", "body=other-shape", "truncate", "body=huge"])
async def test_broken_answers(client: ProviderClient, simulator: Simulator, key: str, fault: str) -> None:
    simulator.faults.push(fault, times=3)
    with pytest.raises(errors.UpstreamInvalidResponseError):
        await client.mint(BODY, api_key=key)


async def test_a_redirect_is_not_followed_with_the_key(client: ProviderClient, simulator: Simulator, key: str) -> None:
    simulator.faults.push(f"redirect={simulator.base_url}/realtime/client_secrets")
    with pytest.raises(errors.UpstreamError) as caught:
        await client.mint(BODY, api_key=key)
    assert caught.value.status == 307
    assert len(simulator.requests) == 1


async def test_a_stale_connection_is_tried_again_at_once(
    client: ProviderClient, simulator: Simulator, time: Time, key: str
) -> None:
    await client.mint(BODY, api_key=key)
    simulator.faults.push("stale")
    assert (await client.mint(BODY, api_key=key)).value
    assert time.slept == []
    assert simulator.connections == 2


async def test_a_provider_that_always_hangs_up(
    client: ProviderClient, simulator: Simulator, time: Time, key: str
) -> None:
    simulator.faults.push("drop", times=10)
    with pytest.raises(errors.UpstreamUnreachableError):
        await client.mint(BODY, api_key=key)
    assert time.slept == [0.5, 1.0]
    assert len(simulator.requests) == 4


async def test_no_connection(http: aiohttp.ClientSession, time: Time, key: str, unused_port: int) -> None:
    with pytest.raises(errors.UpstreamUnreachableError, match="internet connection"):
        await make(http, f"http://127.0.0.1:{unused_port}/v1", time).mint(BODY, api_key=key)
    assert time.slept == [0.5, 1.0]


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
    return port


def tls_server(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


async def test_tls_is_verified(time: Time, key: str, http: aiohttp.ClientSession) -> None:
    async with running(Simulator(api_keys={key}), tls_server(trustme.CA())) as simulator:
        with pytest.raises(errors.UpstreamUnreachableError, match="certificate"):
            await make(http, simulator.base_url, time).mint(BODY, api_key=key)
        assert simulator.requests == []
    assert time.slept == []


async def test_a_trusted_certificate_is_fine(time: Time, key: str) -> None:
    authority = trustme.CA()
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    async with (
        running(Simulator(api_keys={key}), tls_server(authority)) as simulator,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)) as http,
    ):
        assert (await make(http, simulator.base_url, time).mint(BODY, api_key=key)).value


class running:  # noqa: N801
    def __init__(self, simulator: Simulator, tls: ssl.SSLContext) -> None:
        self.simulator, self.tls = simulator, tls

    async def __aenter__(self) -> Simulator:
        await self.simulator.start(ssl_context=self.tls)
        return self.simulator

    async def __aexit__(self, *_: object) -> None:
        await self.simulator.stop()


URL = "http://provider.test/v1/realtime/client_secrets"


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (aiohttp.ClientPayloadError(), errors.UpstreamInvalidResponseError),
        (aiohttp.InvalidURL(URL), errors.UpstreamInvalidResponseError),
        (aiohttp.ServerTimeoutError(), errors.UpstreamTimeoutError),
        (ConnectionResetError(), errors.UpstreamUnreachableError),
    ],
)
async def test_what_a_server_does_not_conveniently_do(
    http: aiohttp.ClientSession, time: Time, key: str, raised: Exception, kind: type
) -> None:
    if isinstance(raised, ConnectionResetError):
        raised = aiohttp.ClientOSError("reset")
    with aioresponses() as wire:
        wire.post(URL, exception=raised, repeat=True)
        with pytest.raises(kind):
            await make(http, "http://provider.test/v1", time).mint(BODY, api_key=key)


async def test_strange_request_ids_are_dropped(http: aiohttp.ClientSession, time: Time, key: str) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=401, headers={"x-request-id": "a" * 300})

    app = web.Application()
    app.router.add_post("/v1/realtime/client_secrets", refuse)
    async with TestServer(app) as server:
        with pytest.raises(errors.ApiKeyRefusedError) as caught:
            await make(http, str(server.make_url("/v1")), time).mint(BODY, api_key=key)
    assert caught.value.request_id is None


async def test_a_body_without_a_length(http: aiohttp.ClientSession, time: Time, key: str) -> None:
    """Chunked, once of a fair size and once without end."""
    sizes = [100, 2 * 1024 * 1024]

    async def chunked(request: web.Request) -> web.StreamResponse:
        size = sizes.pop(0)
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(b'{"value": "ek_x", "expires_at": 1, "padding": "' + b"a" * size)
        await response.write(b'"}')
        return response

    app = web.Application()
    app.router.add_post("/v1/realtime/client_secrets", chunked)
    async with TestServer(app) as server:
        client = make(http, str(server.make_url("/v1")), time)
        assert (await client.mint(BODY, api_key=key)).value == "ek_x"
        with pytest.raises(errors.UpstreamInvalidResponseError, match="too large"):
            await client.mint(BODY, api_key=key)


async def test_a_packed_body_is_bounded_as_it_unfolds(http: aiohttp.ClientSession, time: Time, key: str) -> None:
    bomb = zlib.compress(b"a" * 50_000_000, wbits=31)

    async def explode(_: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    app = web.Application()
    app.router.add_post("/v1/realtime/client_secrets", explode)
    async with TestServer(app) as server:
        with pytest.raises(errors.UpstreamInvalidResponseError, match="too large"):
            await make(http, str(server.make_url("/v1")), time).mint(BODY, api_key=key)


async def test_a_closed_session_is_no_connection(time: Time, key: str) -> None:
    session = aiohttp.ClientSession()
    await session.close()
    with pytest.raises(errors.UpstreamUnreachableError, match="closed"):
        await make(session, "http://127.0.0.1:9/v1", time).mint(BODY, api_key=key)


class Slow(AbstractResolver):
    """Never answers the first queries, and resolves every other one to this machine."""

    def __init__(self, silent: int) -> None:
        self.asked = 0
        self._silent = silent

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        self.asked += 1
        if self.asked <= self._silent:
            await asyncio.Event().wait()
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        """It holds nothing."""


@pytest.mark.parametrize(("silent", "asked"), [(1, 2), (9, 3)])
async def test_a_connection_that_does_not_come_about_is_tried_again(
    simulator: Simulator, time: Time, key: str, monkeypatch: pytest.MonkeyPatch, silent: int, asked: int
) -> None:
    monkeypatch.setattr("navai_core.provider.client.CONNECT_TIMEOUT_S", 0.02)
    resolver = Slow(silent)
    connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False)
    async with aiohttp.ClientSession(connector=connector) as session:
        client = make(session, simulator.base_url.replace("127.0.0.1", "provider.test"), time)
        if silent == 1:
            assert (await client.mint(BODY, api_key=key)).value.startswith("ek_")
        else:
            with pytest.raises(errors.UpstreamTimeoutError):
                await client.mint(BODY, api_key=key)
    assert resolver.asked == asked
    assert simulator.connections == (1 if silent == 1 else 0)


async def test_a_transient_key_leaves_nothing_behind(client: ProviderClient, key: str) -> None:
    await client.mint(BODY, api_key=key, transient=True)
    assert client._headers_for.cache_info().currsize == 0


def test_the_lifetime_is_measured_by_the_providers_own_clock() -> None:
    body = b'{"value": "ek_1", "expires_at": 1000000060}'
    for date, lifetime in (("Sun, 09 Sep 2001 01:46:40 GMT", 60), ("some day", None), ("", None)):
        answer = read_answer(200, {"Date": date}, body, api_key="sk-0")
        assert read_secret(answer.body, None, answer.sent_at, api_key="sk-0").lifetime == lifetime


async def test_many_at_once_do_not_wait_for_each_other(client: ProviderClient, simulator: Simulator, key: str) -> None:
    simulator.faults.push("latency-ms=50", times=150)
    secrets = await asyncio.gather(*(client.mint(BODY, api_key=key) for _ in range(150)))
    assert len({secret.value for secret in secrets}) == 150
