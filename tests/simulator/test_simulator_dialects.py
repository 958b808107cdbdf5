"""Where other providers differ: Azure's calls with a key, and xAI's mint."""

import pytest
from simulator_support import KEY, Clock, Post

from navai_core.simulator import Rules, Simulator

SDP = {"Content-Type": "application/sdp"}


async def test_azure_may_ask_for_a_secret(post: Post, clock: Clock) -> None:
    async with Simulator(api_keys={KEY}, clock=clock, rules=Rules(azure_calls_need_secret=True)) as simulator:
        azure = simulator.base_url.replace("/v1", "/openai/v1") + "/realtime"
        headers = {**SDP, "api-key": KEY}
        refused = await post(url=f"{azure}/calls?model=ours", data=b"v=0", headers=headers, authorization=None)
        assert refused.status == 401
        assert refused.error == {
            "code": "Unauthorized",
            "message": "This endpoint requires ephemeral tokens for authentication.",
        }
        asked = {"session": {"type": "realtime", "model": "ours"}}
        minted = await post(url=f"{azure}/client_secrets", json=asked, headers={"api-key": KEY}, authorization=None)
        bearer = f"Bearer {minted.body['value']}"
        opened = await post(url=f"{azure}/calls?webrtcfilter=on", data=b"rubbish", headers=SDP, authorization=bearer)
        # The secret is taken; it is the offer that is not.
        assert opened.error["code"] == "invalid_offer"
        openai = await post(url=f"{simulator.base_url}/realtime/calls", data=b"rubbish", headers=SDP)
        assert openai.error["code"] == "invalid_offer"


async def test_a_fault_does_it_to_one_call(simulator: Simulator, post: Post) -> None:
    simulator.faults.push("on=call; error=ephemeral_token_required")
    url = f"{simulator.base_url}/realtime/calls"
    replies = [await post(url=url, data=b"rubbish", headers=SDP) for _ in range(2)]
    assert [reply.status for reply in replies] == [401, 400]


class TestXai:
    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ({"session": {"type": "realtime"}}, "'session'"),
            ({"expires_after": {"anchor": "created_at", "seconds": 600}}, "'expires_after.anchor'"),
            ({"expires_after": {"seconds": 3601}}, "Expected a value <= 3600"),
        ],
    )
    async def test_it_refuses_what_openai_takes(self, post: Post, body: object, told: str) -> None:
        async with Simulator(api_keys={KEY}, rules=Rules(dialect="xai")) as simulator:
            reply = await post(url=f"{simulator.base_url}/realtime/client_secrets", json=body)
            assert reply.status == 400
            assert reply.body.keys() == {"code", "error"}
            assert told in reply.body["error"]

    async def test_it_mints_and_has_no_calls(self, post: Post, clock: Clock) -> None:
        async with Simulator(api_keys={KEY}, clock=clock, rules=Rules(dialect="xai")) as simulator:
            url = f"{simulator.base_url}/realtime"
            minted = await post(url=f"{url}/client_secrets", json={"expires_after": {"seconds": 300}})
            assert minted.body == {"value": minted.body["value"], "expires_at": int(clock.now) + 300}
            assert (await post(url=f"{url}/client_secrets", json={})).status == 200
            bearer = f"Bearer {minted.body['value']}"
            for path, method in (("calls", "POST"), ("calls/rtc_1/hangup", "POST")):
                reply = await post(url=f"{url}/{path}", method=method, data=b"v=0", headers=SDP, authorization=bearer)
                assert (reply.status, reply.error["code"]) == (404, None)
