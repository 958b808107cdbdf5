"""Starting, stopping, embedding, TLS, and the official SDK as a client."""

import asyncio
import ssl
import time
from typing import Any, cast

import aiohttp
import openai
import pytest
import trustme
from aiohttp import web
from openai import AsyncOpenAI, OpenAI
from openai.types.realtime import RealtimeSessionCreateRequestParam
from simulator_support import KEY, Clock, Post

from navai_core.simulator import SecretRecord, SecretStore, Simulator, build_app
from navai_core.simulator.state import Connections
from navai_core.simulator.store import Mint, RequestLog

EVERYTHING: dict[str, Any] = {
    "type": "realtime",
    "model": "gpt-realtime-2.1",
    "output_modalities": ["audio"],
    "instructions": "You help a family cook.",
    "include": ["item.input_audio_transcription.logprobs"],
    "max_output_tokens": 4096,
    "parallel_tool_calls": True,
    "reasoning": {"effort": "low"},
    "tracing": {"workflow_name": "kitchen", "group_id": "home", "metadata": {"room": "kitchen"}},
    "truncation": {"type": "retention_ratio", "retention_ratio": 0.8, "token_limits": {"post_instructions": 5000}},
    "tool_choice": {"type": "function", "name": "light"},
    "tools": [
        {"type": "function", "name": "light", "description": "Switch it.", "parameters": {"type": "object"}},
        {
            "type": "mcp",
            "server_label": "house",
            "server_url": "https://house.example/mcp",
            "server_description": "The house",
            "authorization": "token",
            "headers": {"X-House": "1"},
            "allowed_callers": ["direct", "programmatic"],
            "allowed_tools": ["light"],
            "defer_loading": False,
            "require_approval": {"always": {"read_only": False}, "never": {"tool_names": ["light"]}},
        },
    ],
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "noise_reduction": {"type": "far_field", "strength": 0.5},
            "transcription": {"model": "gpt-transcribe", "languages": ["es"], "prompt": "cooking", "keywords": ["ajo"]},
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.6,
                "prefix_padding_ms": 200,
                "silence_duration_ms": 400,
                "idle_timeout_ms": 6000,
                "create_response": True,
                "interrupt_response": False,
            },
        },
        "output": {"format": {"type": "audio/pcmu"}, "speed": 1.25, "voice": "marin"},
    },
}


class TestOfficialSdk:
    async def test_the_asynchronous_client_with_every_option(self, simulator: Simulator) -> None:
        async with AsyncOpenAI(base_url=simulator.base_url, api_key=KEY, max_retries=0) as client:
            secret = await client.realtime.client_secrets.create(
                expires_after={"anchor": "created_at", "seconds": 120},
                session=cast(RealtimeSessionCreateRequestParam, EVERYTHING),
            )

        assert secret.value.startswith("ek_")
        assert secret.expires_at == 1_800_000_120
        assert type(secret.session).__name__ == "RealtimeSessionCreateResponse"
        answered = secret.session.to_dict()
        assert {name: answered[name] for name in EVERYTHING} == EVERYTHING

    async def test_the_synchronous_client_with_nothing(self, simulator: Simulator) -> None:
        def create() -> Any:
            with OpenAI(base_url=simulator.base_url, api_key=KEY, max_retries=0) as client:
                return client.realtime.client_secrets.create()

        secret = await asyncio.to_thread(create)
        assert secret.session.model == "gpt-realtime"
        assert secret.session.audio.output.voice == "alloy"
        assert "openai-beta" not in simulator.requests[0].headers

    async def test_a_transcription_session(self, simulator: Simulator) -> None:
        async with AsyncOpenAI(base_url=simulator.base_url, api_key=KEY, max_retries=0) as client:
            secret = await client.realtime.client_secrets.create(session={"type": "transcription"})
        assert type(secret.session).__name__ == "RealtimeTranscriptionSessionCreateResponse"

    async def test_refusals_become_its_exceptions(self, simulator: Simulator) -> None:
        async with AsyncOpenAI(base_url=simulator.base_url, api_key="sk-wrong", max_retries=0) as client:
            with pytest.raises(openai.AuthenticationError) as refused:
                await client.realtime.client_secrets.create()
        assert refused.value.code == "invalid_api_key"
        assert refused.value.request_id == simulator.requests[0].request_id
        async with AsyncOpenAI(base_url=simulator.base_url, api_key=KEY, max_retries=0) as client:
            with pytest.raises(openai.BadRequestError) as rejected:
                await client.realtime.client_secrets.create(extra_body={"foo": 1})
            with pytest.raises(openai.NotFoundError):
                await client.models.retrieve("gpt-0")
        assert rejected.value.param == "foo"

    async def test_it_retries_what_may_be_retried(self, simulator: Simulator) -> None:
        simulator.faults.push("error=rate_limit_exceeded; retry-after-ms=1", times=2)
        simulator.faults.push("error=server_is_overloaded; should-retry=false")
        async with AsyncOpenAI(base_url=simulator.base_url, api_key=KEY) as client:
            with pytest.raises(openai.InternalServerError):
                await client.realtime.client_secrets.create()
            assert (await client.realtime.client_secrets.create()).value.startswith("ek_")
        assert [mint.status for mint in simulator.requests] == [429, 429, 503, 200]


class TestLifeCycle:
    async def test_it_may_start_again_after_a_stop(self, post: Post) -> None:
        simulator = Simulator(api_keys={KEY})
        assert repr(simulator) == "<Simulator stopped>"
        with pytest.raises(RuntimeError, match="not running"):
            _ = simulator.base_url
        for _ in range(2):
            await simulator.start()
            with pytest.raises(RuntimeError, match="already"):
                await simulator.start()
            assert simulator.base_url in repr(simulator)
            assert (await post(url=f"{simulator.base_url}/realtime/client_secrets")).status == 200
            await simulator.stop()
            await simulator.stop()
        assert len(simulator.requests) == 2

    @pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.com", ""])
    async def test_it_listens_on_loopback_only(self, host: str) -> None:
        with pytest.raises(ValueError, match="loopback only"):
            await Simulator().start(host=host)

    async def test_localhost_is_one_address(self) -> None:
        simulator = Simulator()
        await simulator.start(host="localhost")
        assert simulator.base_url.startswith("http://127.0.0.1:")
        await simulator.stop()

    async def test_an_ipv6_address_is_bracketed(self, post: Post) -> None:
        simulator = Simulator(api_keys={KEY})
        await simulator.start(host="::1")
        assert simulator.base_url.startswith("http://[::1]:")
        assert (await post(url=f"{simulator.base_url}/realtime/client_secrets")).status == 200
        await simulator.stop()

    async def test_a_taken_port_is_an_error_and_may_be_tried_again(self, simulator: Simulator) -> None:
        other = Simulator()
        port = int(simulator.base_url.rsplit(":", 1)[1].removesuffix("/v1"))
        with pytest.raises(OSError, match="address already in use"):
            await other.start(port=port)
        await other.start()
        await other.stop()

    async def test_a_stop_cuts_off_what_still_waits(self, post: Post) -> None:
        simulator = Simulator(api_keys={KEY}, latency_s=60)
        await simulator.start()
        waiting = asyncio.create_task(post(url=f"{simulator.base_url}/realtime/client_secrets"))
        while not simulator.requests:
            await asyncio.sleep(0.01)
        before = time.monotonic()
        await simulator.stop()
        assert time.monotonic() - before < 5
        with pytest.raises(aiohttp.ClientError):
            await waiting

    async def test_connections_are_kept_for_another_request(self, post: Post) -> None:
        async with Simulator(api_keys={KEY}, keepalive_timeout_s=60) as patient:
            for _ in range(2):
                await post(url=f"{patient.base_url}/realtime/client_secrets")
            assert patient.connections == 1

    async def test_idle_connections_are_closed_in_time(self) -> None:
        async with Simulator(api_keys={KEY}, keepalive_timeout_s=0.05) as hasty:
            port = int(hasty.base_url.rsplit(":", 1)[1].removesuffix("/v1"))
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /v1/ HTTP/1.1\r\nHost: simulator\r\n\r\n")
            # Without the time-out, it would never end.
            assert (await asyncio.wait_for(reader.read(), 30)).startswith(b"HTTP/1.1 404")
            writer.close()
            await writer.wait_closed()

    async def test_a_connection_without_a_request_is_counted(self, post: Post, simulator: Simulator) -> None:
        port = int(simulator.base_url.rsplit(":", 1)[1].removesuffix("/v1"))
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        await post()
        assert simulator.connections == 2
        assert simulator.requests[0].connection == 1
        writer.close()
        await writer.wait_closed()

    async def test_it_speaks_tls(self, http: aiohttp.ClientSession) -> None:
        authority = trustme.CA()
        server, client = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
        authority.issue_cert("127.0.0.1").configure_cert(server)
        authority.configure_trust(client)
        simulator = Simulator(api_keys={KEY})
        await simulator.start(ssl_context=server)
        assert simulator.base_url.startswith("https://127.0.0.1:")
        headers = {"Authorization": f"Bearer {KEY}"}
        for _ in range(2):
            url = f"{simulator.base_url}/realtime/client_secrets"
            async with http.post(url, headers=headers, json={}, ssl=client) as response:
                assert response.status == 200
                await response.read()
        assert [mint.connection for mint in simulator.requests] == [1, 1]
        await simulator.stop()


async def test_it_can_be_embedded(post: Post) -> None:
    simulator = Simulator(api_keys={KEY})
    for app, authorization in ((build_app(simulator), f"Bearer {KEY}"), (build_app(), "Bearer sk-simulator-0000")):
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0]
        url = f"http://{host}:{port}/v1/realtime/client_secrets"
        assert (await post(url=url, authorization=authorization)).status == 200
        await runner.cleanup()
    assert simulator.connections == 1
    assert len(simulator.requests) == 1


class TestMemory:
    def test_the_oldest_secret_goes_first(self, clock: Clock) -> None:
        store = SecretStore(clock, capacity=2)
        for value in ("ek_1", "ek_2", "ek_3"):
            store.add(SecretRecord(value, {}, clock.now, int(clock.now) + 10, "req_1"))
        assert [store.lookup(value) is None for value in ("ek_1", "ek_2", "ek_3")] == [True, False, False]

    def test_the_oldest_request_goes_first(self) -> None:
        log = RequestLog(capacity=2)
        for _ in range(3):
            log.add(Mint(log.next_sequence(), 0.0, "req", 1, "POST", "/", {}, {}))
        log.answered(1, 200)
        log.answered(3, 200)
        assert [(mint.sequence, mint.status) for mint in log.to_list()] == [(2, None), (3, 200)]

    def test_a_client_that_has_gone_has_no_connection(self) -> None:
        assert Connections().of(None).number == 0
