"""The sideband of a call that a server placed: who may attach, what comes over it, and how it ends."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from call_client import Caller, until
from simulator_support import KEY, Clock, Post

from navai_core.simulator import CallSettings, Simulator
from navai_core.simulator.call.call import Call

Http = aiohttp.ClientSession
OTHER_KEY = "sk-test-of-another-project-0123456789"
AUDIO = {"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 200}}}


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Simulator]:
    settings = CallSettings(think_ms=0)
    async with Simulator(api_keys={KEY, OTHER_KEY}, clock=clock, seed=1, call_settings=settings) as running:
        yield running


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    made = Caller()
    yield made
    await made.close()


@pytest.fixture
def url(simulator: Simulator) -> str:
    return f"{simulator.base_url}/realtime/calls"


@pytest.fixture
async def call(simulator: Simulator, caller: Caller, http: Http, url: str) -> Call:
    """A call that a server placed."""
    await caller.place(http, url, KEY, audio=AUDIO)
    await caller.until("session.created")
    return simulator.calls[0]


class Sideband:
    """Attaches to calls."""

    def __init__(self, http: Http, address: str) -> None:
        self._http = http
        self._address = address

    async def attach(self, call_id: str, key: str = KEY, **headers: str) -> ClientWebSocketResponse:
        sent = {"Authorization": f"Bearer {key}", **headers}
        return await self._http.ws_connect(f"{self._address}?call_id={call_id}", headers=sent)

    async def refusal(self, call_id: str, key: str = KEY, **headers: str) -> int:
        with pytest.raises(WSServerHandshakeError) as refused:
            await self.attach(call_id, key, **headers)
        return refused.value.status


@pytest.fixture
def address(simulator: Simulator) -> str:
    return f"{simulator.base_url}/realtime"


@pytest.fixture
def sideband(http: Http, address: str) -> Sideband:
    return Sideband(http, address)


async def updated(socket: ClientWebSocketResponse) -> Any:
    """Ask for something that is always answered, and return what comes first."""
    await socket.send_json({"type": "session.update", "session": {"type": "realtime", "instructions": "New"}})
    return await socket.receive_json()


async def test_nothing_comes_until_something_happens(caller: Caller, sideband: Sideband, call: Call) -> None:
    async with await sideband.attach(call.id) as socket:
        assert (await updated(socket))["type"] == "session.updated"
        assert (await caller.until("session.updated"))["session"]["instructions"] == "New"
        caller.send("conversation.item.delete", item_id="gone", event_id="mine")
        assert (await socket.receive_json())["error"]["event_id"] == "mine"
        await socket.ping()
    caller.send("session.update", session={"type": "realtime", "instructions": "Newer"})
    await until(lambda: caller.types().count("session.updated") == 2)
    assert caller.types().count("session.created") == 1


async def test_it_is_all_that_a_call_without_a_data_channel_has(
    simulator: Simulator, http: Http, url: str, sideband: Sideband
) -> None:
    caller = Caller(with_channel=False)
    await caller.place(http, url, KEY, audio=AUDIO)
    assert "m=application" not in caller.answer
    async with await sideband.attach(caller.call_id) as socket:
        caller.microphone.speaking = True
        assert (await socket.receive_json())["type"] == "input_audio_buffer.speech_started"
        caller.microphone.speaking = False
        kinds = set()
        while "output_audio_buffer.stopped" not in kinds:
            kinds.add((await socket.receive_json())["type"])
        assert "response.output_audio.delta" not in kinds
        assert caller.peak > 0.1
        assert simulator.calls[0].to_json()["sidebands"] == 1
    await caller.close()


@pytest.mark.parametrize(("reason", "code"), [("hangup", 1000), ("expired", 1001)])
async def test_it_ends_with_the_call(sideband: Sideband, call: Call, reason: str, code: int) -> None:
    async with await sideband.attach(call.id) as socket:
        call.end(reason)
        assert [message.type async for message in socket] == []
        assert socket.close_code == code
    assert await sideband.refusal(call.id) == 404


async def test_a_broken_frame_ends_only_the_sideband(caller: Caller, sideband: Sideband, call: Call) -> None:
    async with await sideband.attach(call.id) as socket:
        await socket.send_frame(b"\xff", WSMsgType.TEXT)
        assert (await socket.receive()).type is WSMsgType.CLOSE
        assert socket.close_code == 1007
    assert call.ended is None
    assert "error" not in caller.types()


async def test_another_project_has_no_such_call(
    simulator: Simulator, http: Http, post: Post, url: str, sideband: Sideband, call: Call
) -> None:
    assert await sideband.refusal(call.id, OTHER_KEY) == 404
    assert await sideband.refusal(call.id, **{"OpenAI-Project": "proj_other"}) == 404
    hangup = await post(url=f"{url}/{call.id}/hangup", authorization=f"Bearer {OTHER_KEY}")
    assert (hangup.status, hangup.error["code"]) == (404, "call_id_not_found")
    assert call.ended is None
    caller = Caller()
    await caller.place(http, url, KEY, project="proj_other")
    await (await sideband.attach(caller.call_id, **{"OpenAI-Project": "proj_other"})).close()
    assert await sideband.refusal(caller.call_id) == 404
    await caller.close()


async def test_a_call_that_a_secret_opened_has_none(
    simulator: Simulator, caller: Caller, http: Http, post: Post, url: str, sideband: Sideband
) -> None:
    secret = (await post()).body["value"]
    await caller.call(http, url, secret)
    assert await sideband.refusal(caller.call_id) == 404
    # It can be hung up all the same.
    assert (await post(url=f"{url}/{caller.call_id}/hangup")).status == 200
    assert simulator.calls[0].ended == "hangup"


async def test_it_may_come_too_early(caller: Caller, http: Http, url: str, sideband: Sideband, clock: Clock) -> None:
    await caller.place(http, url, KEY, fault="sideband-delay-ms=3000")
    assert await sideband.refusal(caller.call_id) == 404
    clock.now += 2.9
    assert await sideband.refusal(caller.call_id) == 404
    clock.now += 0.2
    async with await sideband.attach(caller.call_id) as socket:
        assert (await updated(socket))["type"] == "session.updated"


async def test_a_second_hang_up_is_404(post: Post, url: str, call: Call) -> None:
    replies = [await post(url=f"{url}/{call.id}/hangup") for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 404]
    assert replies[1].error["code"] == "call_id_not_found"


@pytest.mark.parametrize("code", [1000, 1001])
async def test_the_backend_may_change_in_the_middle(
    simulator: Simulator, post: Post, caller: Caller, sideband: Sideband, call: Call, code: int
) -> None:
    control = simulator.base_url.removesuffix("/v1") + "/_simulator/sidebands"
    async with await sideband.attach(call.id) as socket:
        assert (await post(url=control, json={"code": code})).body == {"closed": 1}
        assert (await socket.receive()).type is WSMsgType.CLOSE
        assert socket.close_code == code
    assert call.ended is None
    async with await sideband.attach(call.id) as socket:
        assert (await updated(socket))["type"] == "session.updated"
    assert (await post(url=control, json={"code": code})).body == {"closed": 0}
    await caller.until("session.updated")


@pytest.mark.parametrize(("code", "closed"), [("", 1001), ("; sideband-close-code=1000", 1000)])
async def test_a_fault_changes_the_backend_once(
    caller: Caller, http: Http, url: str, sideband: Sideband, simulator: Simulator, code: str, closed: int
) -> None:
    await caller.place(http, url, KEY, fault=f"sideband-close-ms=100{code}")
    await caller.until("session.created")
    async with await sideband.attach(caller.call_id) as socket:
        assert (await socket.receive()).type is WSMsgType.CLOSE
        assert socket.close_code == closed
    (call,) = simulator.calls
    async with await sideband.attach(caller.call_id) as socket:
        then = call.now_ms
        await until(lambda: call.now_ms > then + 300)
        assert (await updated(socket))["type"] == "session.updated"


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"code": 1006}', b'{"code": "soon"}'])
async def test_a_sideband_is_closed_with_a_good_code_only(post: Post, simulator: Simulator, body: bytes) -> None:
    url = simulator.base_url.removesuffix("/v1") + "/_simulator/sidebands"
    reply = await post(url=url, data=body, headers={"Content-Type": "application/json"})
    assert (reply.status, reply.error["type"]) == (400, "simulator_error")


async def test_a_browser_may_die_unnoticed(
    simulator: Simulator, http: Http, post: Post, url: str, sideband: Sideband
) -> None:
    caller = Caller()
    await caller.place(http, url, KEY, fault="stays-open")
    await caller.until("session.created")
    (call,) = simulator.calls
    async with await sideband.attach(caller.call_id) as socket:
        await caller.close()
        then = call.now_ms
        await until(lambda: call.now_ms > then + 500)
        assert call.ended is None
        assert (await updated(socket))["type"] == "session.updated"
        assert (await post(url=f"{url}/{caller.call_id}/hangup")).status == 200
        assert (await socket.receive()).type is WSMsgType.CLOSE
    assert call.ended == "hangup"


async def test_attaching_and_hanging_up_meet_faults_of_their_own(
    simulator: Simulator, post: Post, url: str, sideband: Sideband, call: Call
) -> None:
    simulator.faults.push("on=sideband; error=call_id_not_found; times=2")
    simulator.faults.push("on=hangup; status=503")
    assert [await sideband.refusal(call.id) for _ in range(2)] == [404, 404]
    await (await sideband.attach(call.id)).close()
    assert [(await post(url=f"{url}/{call.id}/hangup")).status for _ in range(2)] == [503, 200]
    assert len(simulator.faults) == 0


@pytest.mark.parametrize(
    ("query", "key", "upgrade", "status", "code"),
    [
        ("?call_id=rtc_gone", KEY, True, 404, "call_id_not_found"),
        ("", KEY, True, 400, "missing_required_parameter"),
        ("?call_id=rtc_gone", "sk-wrong", True, 401, "invalid_api_key"),
        ("?call_id=rtc_gone", KEY, False, 426, "websocket_required"),
    ],
)
async def test_what_is_refused(
    post: Post, address: str, query: str, key: str, upgrade: bool, status: int, code: str
) -> None:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    reply = await post(
        url=address + query, method="GET", headers=headers if upgrade else {}, authorization=f"Bearer {key}"
    )
    assert (reply.status, reply.error["code"]) == (status, code)
