"""The models: the list, and the calls that are refused for their model. The mint does not check them."""

from typing import Any

import aiohttp
import pytest
from call_client import Caller
from openai import AsyncOpenAI
from simulator_support import KEY, Clock, Post

from navai_core.simulator import Rules, Simulator
from navai_core.simulator.wire import MODELS

SDP = {"Content-Type": "application/sdp"}
UNKNOWN = [
    "gpt-realtime-9",
    "gpt-4o-realtime-preview",
    "gpt-4o-mini-realtime-preview",
    "gpt-4o-realtime-preview-2024-10-01",
    "gpt-4o-realtime-preview-2024-12-17",
    "gpt-4o-realtime-preview-2025-06-03",
    "gpt-4o-mini-realtime-preview-2024-12-17",
    "gpt-realtime-mini-2025-10-06",
]
REFUSED = [
    *((model, 404, "model_not_found", f"The model `{model}` does not exist or you do not have") for model in UNKNOWN),
    *(
        (model, 400, "invalid_model", f'Model "{model}" is not supported in realtime mode.')
        for model in ("gpt-live-1", "gpt-live-1.1", "gpt-live-9", "gpt-5", "gpt-transcribe", "whisper-1")
    ),
]


@pytest.mark.parametrize(("model", "status", "code", "message"), REFUSED)
async def test_the_call_is_refused_and_not_the_secret(
    simulator: Simulator, post: Post, model: str, status: int, code: str, message: str
) -> None:
    minted = await post(json={"session": {"type": "realtime", "model": model}})
    assert minted.status == 200
    url = f"{simulator.base_url}/realtime/calls"
    for target, credential in ((url, minted.body["value"]), (f"{url}?model={model}", KEY)):
        reply = await post(url=target, data=b"v=0", headers=SDP, authorization=f"Bearer {credential}")
        assert (reply.status, reply.error["code"], reply.error["param"]) == (status, code, None)
        assert message in reply.error["message"]
    assert simulator.calls == []


async def test_a_project_may_not_use_every_model(post: Post, clock: Clock, http: aiohttp.ClientSession) -> None:
    rules = Rules(models={"gpt-realtime-2.1", "gpt-realtime-9"}, forbidden_models={"gpt-realtime-2.1"})
    async with Simulator(api_keys={KEY}, clock=clock, rules=rules) as simulator:
        url = f"{simulator.base_url}/realtime"
        asked = {"session": {"type": "realtime", "model": "gpt-realtime-2.1"}}
        assert (await post(url=f"{url}/client_secrets", json=asked)).status == 200
        caller = Caller()
        for model, status, code in (
            ("gpt-realtime-2.1", 403, "model_not_found"),
            ("gpt-realtime", 404, "model_not_found"),
            ("gpt-realtime-9", 201, None),
        ):
            await caller.place(http, f"{url}/calls", KEY, model=model)
            assert caller.status == status
            assert code is None or code in caller.answer
        await caller.close()
        listed = await post(url=f"{simulator.base_url}/models", method="GET")
        names = {entry["id"] for entry in listed.body["data"]}
        assert "gpt-realtime-9" in names
        assert not names & {"gpt-realtime-2.1", "gpt-realtime"}


@pytest.mark.parametrize(("name", "status"), [("model_not_permitted", 403), ("model_not_found", 404)])
async def test_a_fault_refuses_the_model_of_one_call(
    simulator: Simulator, post: Post, http: aiohttp.ClientSession, name: str, status: int
) -> None:
    simulator.faults.push(f"on=call; error={name}")
    caller = Caller()
    await caller.place(http, f"{simulator.base_url}/realtime/calls", KEY, model="gpt-realtime-2.1")
    assert (caller.status, "model_not_found" in caller.answer) == (status, True)
    await caller.close()


async def test_azure_has_deployments_of_any_name(simulator: Simulator, post: Post) -> None:
    url = simulator.base_url.replace("/v1", "/openai/v1") + "/realtime/calls?model=our-deployment"
    reply = await post(url=url, data=b"v=0", headers={**SDP, "api-key": KEY}, authorization=None)
    assert reply.error["code"] == "invalid_offer"


async def test_the_official_client_lists_models_and_when_they_end(simulator: Simulator) -> None:
    async with AsyncOpenAI(base_url=simulator.base_url, api_key=KEY, max_retries=0) as client:
        listed = {model.id: model.to_dict() async for model in client.models.list()}
        assert await client.models.retrieve("gpt-realtime") == await client.models.retrieve("gpt-realtime")
        one = (await client.models.retrieve("gpt-realtime")).to_dict()
    assert listed.keys() > MODELS
    assert one == listed["gpt-realtime"]
    assert one.items() >= {"id": "gpt-realtime", "object": "model", "shutdown_date": "2027-01-20"}.items()
    ends = {name: entry["shutdown_date"] for name, entry in listed.items()}
    assert ends["whisper-1"] == "2027-02-26"
    assert ends["gpt-realtime-2.1"] is None
    assert "gpt-live-1" in listed


async def test_a_model_may_end_on_any_day(post: Post) -> None:
    rules = Rules(shutdown_dates={"gpt-realtime-2.1": "2026-12-24"})
    async with Simulator(api_keys={KEY}, rules=rules) as simulator:
        reply = await post(url=f"{simulator.base_url}/models/gpt-realtime-2.1", method="GET")
        assert reply.body["shutdown_date"] == "2026-12-24"
        reply = await post(url=f"{simulator.base_url}/models/gpt-realtime", method="GET")
        assert reply.body["shutdown_date"] is None


@pytest.mark.parametrize(
    ("path", "authorization", "status", "code"),
    [
        ("/models", "Bearer sk-wrong", 401, "invalid_api_key"),
        ("/models/gpt-realtime-9", f"Bearer {KEY}", 404, "model_not_found"),
    ],
)
async def test_what_is_refused(
    simulator: Simulator, post: Post, path: str, authorization: str, status: int, code: str
) -> None:
    reply = await post(url=simulator.base_url + path, method="GET", authorization=authorization)
    assert (reply.status, reply.error["code"]) == (status, code)


async def test_the_list_meets_faults_of_its_own(simulator: Simulator, post: Post) -> None:
    simulator.faults.push("on=models; error=missing_scope; status=403")
    assert (await post()).status == 200
    replies: list[Any] = [await post(url=f"{simulator.base_url}/models", method="GET") for _ in range(2)]
    assert [reply.status for reply in replies] == [403, 200]
    assert replies[0].error["code"] == "missing_scope"
