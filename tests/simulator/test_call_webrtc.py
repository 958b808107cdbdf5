"""Calls over WebRTC with real media, from offer to hang-up: the other end is aiortc."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from call_client import Caller, until
from openai import AsyncOpenAI
from simulator_support import KEY, Clock, Post

from navai_core.simulator import CallSettings, Simulator
from navai_core.simulator.call import calls, peer
from navai_core.simulator.call.calls import Calls

Http = aiohttp.ClientSession


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Simulator]:
    async with Simulator(api_keys={KEY}, clock=clock, seed=1, call_settings=CallSettings(think_ms=0)) as running:
        yield running


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    made = Caller()
    yield made
    await made.close()


@pytest.fixture
async def secret(post: Post) -> str:
    session = {
        "type": "realtime",
        "audio": {"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 200}}},
    }
    value: str = (await post(json={"session": session})).body["value"]
    return value


@pytest.fixture
def url(simulator: Simulator) -> str:
    return f"{simulator.base_url}/realtime/calls"


@pytest.mark.parametrize("candidates", [True, False])
async def test_a_conversation(
    simulator: Simulator, caller: Caller, http: Http, url: str, secret: str, candidates: bool
) -> None:
    caller.connection.addTransceiver("video")
    await caller.call(http, url, secret, candidates=candidates)
    (call,) = simulator.calls
    assert caller.status == 201
    assert caller.headers["Content-Type"] == "application/sdp"
    assert caller.headers["Location"] == f"/v1/realtime/calls/{call.id}"
    assert caller.headers["Access-Control-Expose-Headers"] == "Location, x-request-id"
    created = await caller.until("session.created")
    assert created["session"]["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 200

    await until(lambda: call.detector.heard_ms > 400)
    assert call.detector.peak < 0.001
    caller.microphone.speaking = True
    await caller.until("input_audio_buffer.speech_started")
    caller.microphone.speaking = False
    await caller.until("output_audio_buffer.stopped")
    assert call.detector.peak > 0.1
    assert caller.peak > 0.1
    assert "error" not in caller.types()
    assert call.to_json().items() >= {"model": "gpt-realtime", "ended": None}.items()


async def test_a_process_that_stood_still_hears_no_silence_in_the_middle_of_a_sentence(
    simulator: Simulator, caller: Caller, http: Http, url: str, secret: str
) -> None:
    await caller.call(http, url, secret)
    caller.microphone.speaking = True
    await caller.until("input_audio_buffer.speech_started")
    (call,) = simulator.calls
    for _ in range(3):
        heard_ms = call.detector.heard_ms
        time.sleep(0.45)  # noqa: ASYNC251 - the simulator stands still, and so does all else in this process
        await until(lambda heard_ms=heard_ms: call.detector.heard_ms > heard_ms + 1_000)
    assert "input_audio_buffer.speech_stopped" not in caller.types()
    caller.microphone.speaking = False
    await caller.until("input_audio_buffer.speech_stopped")


async def test_one_secret_starts_several_calls(simulator: Simulator, http: Http, url: str, secret: str) -> None:
    callers = [Caller(), Caller()]
    for caller in callers:
        await caller.call(http, url, secret)
    for caller in callers:
        await caller.until("session.created")
    assert len({call.id for call in simulator.calls}) == 2
    for caller in callers:
        await caller.close()
    await until(lambda: [call.ended for call in simulator.calls] == ["client", "client"])


async def test_the_same_seed_gives_the_same_ids(http: Http, clock: Clock) -> None:
    seen = []
    for _ in range(2):
        async with Simulator(api_keys={KEY}, clock=clock, seed=7) as simulator:
            caller = Caller()
            await caller.call(http, f"{simulator.base_url}/realtime/calls", KEY)
            seen.append((caller.headers["Location"], await caller.until("session.created")))
            await caller.close()
    assert seen[0] == seen[1]


async def test_the_unified_call_with_the_official_sdk(simulator: Simulator, caller: Caller) -> None:
    async with AsyncOpenAI(base_url=simulator.base_url, api_key=KEY, max_retries=0) as client:
        answer = await client.realtime.calls.create(
            sdp=await caller.offer(), session={"type": "realtime", "instructions": "Cook."}
        )
        await caller.accept(answer.text)
        assert (await caller.until("session.created"))["session"]["instructions"] == "Cook."
        (call,) = simulator.calls
        assert answer.response.headers["Location"] == f"/v1/realtime/calls/{call.id}"
        await client.realtime.calls.hangup(call.id)
    assert call.ended == "hangup"
    await until(lambda: caller.channel.readyState == "closed")


async def test_a_key_may_call_with_a_bare_offer(simulator: Simulator, http: Http, url: str) -> None:
    for query, model in (("", "gpt-realtime"), ("?model=gpt-realtime-2", "gpt-realtime-2")):
        caller = Caller()
        await caller.call(http, url + query, KEY)
        assert simulator.calls[-1].session["model"] == model
        await caller.close()


async def test_azure(simulator: Simulator, caller: Caller, http: Http) -> None:
    base = simulator.base_url.replace("/v1", "/openai/v1")
    form = aiohttp.FormData({"session": '{"type": "realtime", "model": "our-deployment"}'})
    form.add_field("sdp", await caller.offer(), content_type="application/sdp", filename="offer.sdp")
    async with http.post(f"{base}/realtime/calls", data=form, headers={"api-key": KEY}) as response:
        assert response.status == 201
        location = response.headers["Location"]
    assert simulator.calls[0].session["model"] == "our-deployment"
    assert location.startswith("/openai/v1/realtime/calls/rtc_")
    async with http.post(f"{base}{location.removeprefix('/openai/v1')}/hangup", headers={"api-key": KEY}) as response:
        assert response.status == 200
        assert await response.read() == b""


SDP = {"Content-Type": "application/sdp"}
FORM = {"Content-Type": "multipart/form-data; boundary=x"}
NO_AUDIO = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"


def form(**parts: str) -> bytes:
    written = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in parts.items()
    ]
    return ("".join(written) + "--x--\r\n").encode()


def binary_form(sdp: str) -> bytes:
    head = b'--x\r\nContent-Disposition: form-data; name="sdp"\r\nContent-Type: application/sdp\r\n\r\n'
    return head + sdp.encode() + b"\r\n--x--\r\n"


REFUSED: list[tuple[str, dict[str, str], bytes, int, str | None]] = [
    ("Bearer ek_unknown", SDP, b"v=0", 401, "invalid_api_key"),
    ("Bearer sk-wrong", SDP, b"v=0", 401, "invalid_api_key"),
    ("", SDP, b"v=0", 401, None),
    ("secret", {"Content-Type": "application/json"}, b"{}", 400, "unsupported_content_type"),
    (f"Bearer {KEY}", {"Content-Type": "application/json"}, b"{}", 400, "unsupported_content_type"),
    ("secret", SDP, b"rubbish", 400, "invalid_offer"),
    ("secret", SDP, b"m=\xff", 400, "invalid_offer"),
    ("secret", SDP, NO_AUDIO.encode(), 400, "invalid_offer"),
    ("secret", SDP, b"v" * (1024 * 1024 + 1), 413, "request_too_large"),
    (f"Bearer {KEY}", FORM, form(session="{}"), 400, "missing_required_parameter"),
    (f"Bearer {KEY}", FORM, form(sdp="v=0", session="{"), 400, None),
    (f"Bearer {KEY}", FORM, form(sdp="v=0", session='{"type": "realtime", "x": 1}'), 400, "unknown_parameter"),
    (f"Bearer {KEY}", FORM, form(sdp="v=0", session='{"type": "transcription"}'), 400, "invalid_value"),
    (f"Bearer {KEY}", FORM, b"rubbish", 400, "invalid_form"),
    (f"Bearer {KEY}", FORM, binary_form(NO_AUDIO), 400, "invalid_offer"),
    (f"Bearer {KEY}", {**SDP, "OpenAI-Beta": "realtime=v1"}, b"v=0", 400, "beta_api_shape_disabled"),
]


@pytest.mark.parametrize(("authorization", "headers", "body", "status", "code"), REFUSED)
async def test_what_is_refused(
    simulator: Simulator,
    post: Post,
    url: str,
    secret: str,
    authorization: str,
    headers: dict[str, str],
    body: bytes,
    status: int,
    code: str | None,
) -> None:
    sent = f"Bearer {secret}" if authorization == "secret" else authorization or None
    reply = await post(url=url, data=body, headers=headers, authorization=sent)
    assert (reply.status, reply.error["code"]) == (status, code)
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert simulator.calls == []


async def test_an_expired_secret_is_told_from_an_unknown_one(post: Post, url: str, secret: str, clock: Clock) -> None:
    clock.now += 600
    reply = await post(url=url, data=b"v=0", headers=SDP, authorization=f"Bearer {secret}")
    assert (reply.status, reply.error["code"]) == (401, "expired_client_secret")


async def test_a_browser_asks_what_it_may_send(http: Http, post: Post, url: str) -> None:
    async with http.options(url) as response:
        assert response.status == 200
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Access-Control-Allow-Headers"] == "authorization, content-type, x-openai-agents-sdk"
        assert "POST" in response.headers["Access-Control-Allow-Methods"]
    reply = await post(url=url, method="PUT")
    assert (reply.status, reply.error["code"]) == (405, "method_not_supported")


async def test_hanging_up_needs_a_key_and_a_call(post: Post, url: str) -> None:
    reply = await post(url=f"{url}/rtc_gone/hangup")
    assert (reply.status, reply.error["code"]) == (404, "call_id_not_found")
    assert (await post(url=f"{url}/rtc_gone/hangup", authorization="Bearer sk-wrong")).status == 401


async def test_without_the_extra_calls_are_501_and_mints_work(
    post: Post, url: str, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "navai_core.simulator.call.peer", None)
    reply = await post(url=url, data=b"v=0", headers=SDP, authorization=f"Bearer {secret}")
    assert reply.status == 501
    assert reply.error["message"] == 'Calls over WebRTC need the extra `simulator`: pip install "navai[simulator]".'
    assert (await post()).status == 200


class TestFaults:
    async def test_no_way_to_us(
        self, simulator: Simulator, caller: Caller, http: Http, url: str, secret: str, post: Post
    ) -> None:
        simulator.faults.push("no-ice")
        assert (await post()).status == 200  # it waits for a call
        await caller.call(http, url, secret)
        assert caller.status == 201
        assert "a=candidate" not in caller.answer
        assert simulator.calls[0].ended == "fault"
        assert caller.types() == []

    async def test_the_channel_closes_in_the_middle_of_a_sentence(
        self, simulator: Simulator, caller: Caller, http: Http, url: str, secret: str
    ) -> None:
        simulator.faults.push("channel-closes")
        await caller.call(http, url, secret)
        await caller.until("session.created")
        caller.send("response.create")
        await until(lambda: caller.channel.readyState == "closed")
        (call,) = simulator.calls
        await until(lambda: call.response is None)
        assert caller.types()[-1] == "response.output_audio_transcript.delta"
        assert call.ended is None

    async def test_the_server_hangs_up(
        self, simulator: Simulator, caller: Caller, http: Http, url: str, secret: str
    ) -> None:
        await caller.call(http, url, secret, fault="hangup-ms=100")
        await until(lambda: caller.connection.connectionState == "closed")
        assert simulator.calls[0].ended == "fault"

    async def test_the_network_is_cut_without_a_word_and_comes_back(
        self, simulator: Simulator, caller: Caller, http: Http, url: str, secret: str
    ) -> None:
        await caller.call(http, url, secret, fault="mute-network=400-1400")
        await caller.until("session.created")
        (call,) = simulator.calls
        await until(lambda: call.cut_off)
        heard = call._last_heard_ms
        caller.send("response.create")
        await until(lambda: call.now_ms >= 1300)
        assert call.cut_off
        # What had arrived before may still have waited to be read.
        assert call._last_heard_ms - heard < 500
        assert "response.created" not in caller.types()
        assert call.ended is None
        await caller.until("response.created")
        assert not call.cut_off
        await until(lambda: call._last_heard_ms >= 1400)

    async def test_those_of_a_mint_happen_to_a_call(
        self, simulator: Simulator, post: Post, url: str, secret: str
    ) -> None:
        async def call(fault: str | None = None) -> Any:
            return await post(url=url, data=b"v=0", headers=SDP, authorization=f"Bearer {secret}", fault=fault)

        simulator.faults.push("on=call; error=expired_client_secret; latency-ms=20")
        reply = await call()
        assert (reply.status, reply.error["code"]) == (401, "expired_client_secret")
        assert int(reply.headers["openai-processing-ms"]) >= 20
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        with pytest.raises(aiohttp.ClientError):
            await call("drop")
        assert (await call("explode")).error["code"] == "invalid_fault"
        assert (await call("status=503")).status == 503

    async def test_a_call_that_nobody_takes_is_given_up(
        self, simulator: Simulator, caller: Caller, post: Post, url: str, secret: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(peer, "CONNECT_S", 0.05)
        sdp = await caller.offer(candidates=False)
        reply = await post(url=url, data=sdp.encode(), headers=SDP, authorization=f"Bearer {secret}")
        assert reply.status == 201
        await until(lambda: simulator.calls[0].ended == "failed")


async def test_a_stop_ends_the_calls(simulator: Simulator, caller: Caller, http: Http, url: str, secret: str) -> None:
    await caller.call(http, url, secret)
    await caller.until("session.created")
    (call,) = simulator.calls
    await simulator.stop()
    assert call.ended == "stopped"
    await until(lambda: caller.channel.readyState == "closed")


async def test_the_oldest_call_goes_first(caller: Caller, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_CAPACITY", 1)
    ids = iter("abcdef")
    store = Calls(CallSettings(), clock, lambda prefix, _size=1: prefix + next(ids))
    session = {
        "model": "gpt-realtime",
        "tools": [],
        "audio": {"input": {"turn_detection": None}},
    }
    offer = await caller.offer()
    first, _ = await store.open(session, offer, None)
    second, _ = await store.open(session, offer, None)
    assert (first.ended, second.ended) == ("stopped", None)
    assert store.to_list() == [second]
    await store.close()
    await asyncio.sleep(0)


async def test_calls_and_their_events_can_be_looked_at(
    simulator: Simulator, caller: Caller, http: Http, url: str, secret: str
) -> None:
    await caller.call(http, url, secret)
    await caller.until("session.created")
    tool = {"type": "mcp", "server_label": "x", "server_url": "https://x.example", "authorization": "hush"}
    caller.send("session.update", session={"type": "realtime", "tools": [tool]})
    await caller.until("session.updated")
    base = simulator.base_url.removesuffix("/v1")
    async with http.get(f"{base}/_simulator/calls") as response:
        (shown,) = (await response.json())["calls"]
    call_id = simulator.calls[0].id
    assert shown["id"] == call_id
    async with http.get(f"{base}/_simulator/events") as response:
        text = await response.text()
        events = (await response.json())["calls"][call_id]
    told = [(event["from"], event["event"]["type"]) for event in events if "mcp" not in event["event"]["type"]]
    assert told[:3] == [("server", "session.created"), ("channel", "session.update"), ("server", "session.updated")]
    assert "hush" not in text
