"""Every fault, from each possible source."""

import asyncio
import json
import math
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from simulator_support import KEY, Clock, Post

from navai_core.simulator import Fault, FaultQueue, FaultSyntaxError, Simulator
from navai_core.simulator.faults import _ACTIONS, BODIES
from navai_core.simulator.named_errors import TEMPLATES

NAMED = [(name, template.status, template.kind, template.code) for name, template in TEMPLATES.items()]


@pytest.mark.parametrize(("name", "status", "kind", "code"), NAMED)
async def test_a_named_error_is_that_of_the_api(
    post: Post, name: str, status: int, kind: str, code: str | None
) -> None:
    reply = await post(fault=f"error={name}")
    assert reply.status == status
    # Azure's own errors have a code and a message only.
    rest = {} if kind is None else {"type": kind, "param": None}
    assert reply.error == {"code": code, "message": reply.error["message"], **rest}
    assert reply.error["message"]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, None),
        (401, "invalid_api_key"),
        (403, "unsupported_country_region_territory"),
        (404, "model_not_found"),
        (409, None),
        (429, "rate_limit_exceeded"),
        (500, None),
        (502, None),
        (503, "server_is_overloaded"),
    ],
)
async def test_a_status_alone_brings_its_usual_error(post: Post, status: int, code: str | None) -> None:
    reply = await post(fault=f"status={status}")
    assert (reply.status, reply.error["code"]) == (status, code)


async def test_an_error_may_come_under_another_status(post: Post) -> None:
    reply = await post(fault="error=slow_down; status=503")
    assert (reply.status, reply.error["code"]) == (503, "slow_down")


async def test_hints_about_retrying_are_headers(post: Post) -> None:
    reply = await post(fault="status=429; retry-after=2; retry-after-ms=1500; should-retry=true")
    assert reply.headers["Retry-After"] == "2"
    assert reply.headers["retry-after-ms"] == "1500"
    assert reply.headers["x-should-retry"] == "true"
    assert "x-should-retry" not in (await post(fault="status=429")).headers
    assert (await post(fault="should-retry=false")).headers["x-should-retry"] == "false"


async def test_an_error_body_is_sent_as_it_is(post: Post) -> None:
    body = json.dumps({"error": {"message": f"the key {KEY}; is bad", "code": None}})
    reply = await post(fault=f"error-body={quote(body)}; status=401")
    assert reply.status == 401
    assert reply.raw.decode() == body
    assert (await post(fault="error-body=%7B%7D")).status == 400


@pytest.mark.parametrize("name", BODIES)
async def test_a_rubbish_body_comes_with_200(
    simulator: Simulator, http: aiohttp.ClientSession, clock: Clock, name: str
) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "x-simulator-fault": f"body={name}"}
    async with http.post(f"{simulator.base_url}/realtime/client_secrets", headers=headers, json={}) as response:
        raw = await response.read()
    assert response.status == 200
    assert len(simulator.secrets) == 0
    try:
        body: Any = json.loads(raw)
    except ValueError:
        assert name in {"not-json", "sign-in", "not-utf8", "empty"}
        return
    value, expires_at = (body.get(member) if isinstance(body, dict) else None for member in ("value", "expires_at"))
    seen = {
        "other-shape": (value, expires_at) == (None, None) and isinstance(body, dict),
        "array": isinstance(body, list),
        "no-value": value is None and isinstance(expires_at, int),
        "bad-value": isinstance(value, str) and not value.startswith("ek_"),
        "no-expiry": isinstance(value, str) and expires_at is None,
        "bad-expiry": isinstance(expires_at, str),
        "past-expiry": isinstance(expires_at, int) and expires_at < clock.now,
        "huge": len(raw) > 4_000_000,
    }
    assert [mistake for mistake, found in seen.items() if found] == [name]


async def test_a_rubbish_body_may_come_with_an_error_status(post: Post) -> None:
    reply = await post(fault="body=not-json; status=502")
    assert (reply.status, reply.headers["content-type"]) == (502, "text/html")


@pytest.mark.parametrize("status", [200, 403, 511])
async def test_a_proxy_may_ask_to_sign_in(post: Post, simulator: Simulator, status: int) -> None:
    for url in (None, f"{simulator.base_url}/realtime/calls"):
        reply = await post(fault=f"body=sign-in; status={status}", url=url)
        assert (reply.status, reply.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert b"Sign in to continue" in reply.raw


async def test_a_redirect_names_its_target(post: Post) -> None:
    reply = await post(fault="redirect=http://127.0.0.1:9/v1")
    assert (reply.status, reply.headers["Location"]) == (307, "http://127.0.0.1:9/v1")
    assert (await post(fault="redirect=/elsewhere; status=308")).status == 308


async def test_latency_is_added(post: Post, simulator: Simulator) -> None:
    before = time.monotonic()
    assert (await post(fault="latency-ms=60")).status == 200
    assert time.monotonic() - before >= 0.06


async def test_the_base_latency_is_for_all(post: Post) -> None:
    async with Simulator(api_keys={KEY}, latency_s=0.05) as slow:
        before = time.monotonic()
        reply = await post(url=f"{slow.base_url}/realtime/client_secrets")
        assert time.monotonic() - before >= 0.05
    assert int(reply.headers["openai-processing-ms"]) >= 50


async def test_a_drop_closes_the_connection(post: Post, simulator: Simulator) -> None:
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await post(fault="drop")
    (mint,) = simulator.requests
    assert mint.status is None
    assert (await post()).status == 200
    assert simulator.connections == 2


async def test_stale_spares_a_fresh_connection(post: Post, simulator: Simulator) -> None:
    simulator.faults.push("stale")
    assert (await post()).status == 200
    assert len(simulator.faults) == 1
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await post()
    assert (await post()).status == 200
    assert [mint.connection for mint in simulator.requests] == [1, 1, 2]
    assert simulator.connections == 2


async def test_a_stale_header_spares_a_fresh_connection_too(post: Post) -> None:
    assert (await post(fault="stale")).status == 200
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await post(fault="stale")


async def test_a_connection_that_was_opened_early_counts_as_reused(post: Post, simulator: Simulator) -> None:
    await post(url=simulator.base_url, method="GET")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await post(fault="stale")


async def test_a_slow_body_is_whole(post: Post) -> None:
    before = time.monotonic()
    reply = await post(fault="slow-body-ms=100")
    assert time.monotonic() - before >= 0.1
    assert reply.body["value"].startswith("ek_")


async def test_a_truncated_body_breaks_off(post: Post) -> None:
    with pytest.raises(aiohttp.ClientPayloadError):
        await post(fault="truncate")
    with pytest.raises(aiohttp.ClientPayloadError):
        await post(fault="truncate; slow-body-ms=10")
    assert (await post()).status == 200


async def test_a_client_that_leaves_a_slow_body_does_no_harm(
    post: Post, simulator: Simulator, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "x-simulator-fault": "slow-body-ms=200"}
    async with http.post(f"{simulator.base_url}/realtime/client_secrets", headers=headers, json={}) as response:
        response.close()
    await asyncio.sleep(0.3)
    assert (await post()).status == 200
    assert not caplog.records


async def test_a_client_that_leaves_before_a_drop_does_no_harm(
    post: Post, simulator: Simulator, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "x-simulator-fault": "latency-ms=500; drop"}
    url = f"{simulator.base_url}/realtime/client_secrets"
    leaving = asyncio.create_task(http.post(url, headers=headers, json={}))
    while not simulator.requests:
        await asyncio.sleep(0.01)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    await asyncio.sleep(0.7)
    assert (await post()).status == 200
    assert not caplog.records


async def test_rate_limits_then_success(post: Post, simulator: Simulator) -> None:
    simulator.faults.push("error=rate_limit_exceeded; retry-after=1", times=2)
    assert [(await post()).status for _ in range(3)] == [429, 429, 200]
    assert [mint.fault is not None for mint in simulator.requests] == [True, True, False]


async def test_the_queue_is_first_in_first_out(post: Post, simulator: Simulator) -> None:
    simulator.faults.push("status=500; times=forever")
    simulator.faults.push("status=503; times=2")
    simulator.faults.push(Fault.parse("status=429"))
    assert [(await post()).status for _ in range(5)] == [503, 503, 429, 500, 500]
    simulator.faults.clear()
    assert (await post()).status == 200


async def test_the_header_comes_before_the_queue(post: Post, simulator: Simulator) -> None:
    simulator.faults.push("status=500")
    assert (await post(fault="status=404")).status == 404
    assert (await post()).status == 500


async def test_several_headers_are_one_fault(simulator: Simulator, http: aiohttp.ClientSession) -> None:
    headers = [
        ("Authorization", f"Bearer {KEY}"),
        ("x-simulator-fault", "status=429"),
        ("x-simulator-fault", "retry-after=3"),
    ]
    async with http.post(f"{simulator.base_url}/realtime/client_secrets", headers=headers, json={}) as response:
        assert (response.status, response.headers["Retry-After"]) == (429, "3")


async def test_a_fault_comes_before_the_key(post: Post) -> None:
    assert (await post(authorization=None, fault="status=503")).status == 503


MISTAKES = [
    ("", "at least one action"),
    (" ; ", "at least one action"),
    ("times=2", "at least one action"),
    ("on=call; times=2", "at least one action"),
    ("on=both; drop", "on must be one of mint, call"),
    ("no-ice; on=mint", "leave out on=mint"),
    ("no-cors; on=mint", "leave out on=mint"),
    ("response-error=gremlins", "response-error must be TYPE/CODE, or one of invalid_request, "),
    ("response-error", "needs a value"),
    ("response-cut=boredom", "must be one of max_output_tokens, content_filter"),
    ("response-after=0.5", "response-after needs response-error or response-cut"),
    ("response-cut=content_filter; response-after=2", "must be a number from 0 to 1"),
    ("response-cut=content_filter; response-after=late", "must be a number from 0 to 1"),
    ("hangup-ms=soon", "hangup-ms must be a number of milliseconds"),
    ("mute-network", "needs a value"),
    ("mute-network=later", "mute-network must be a number of milliseconds"),
    ("mute-network=10-", "mute-network must be a number of milliseconds"),
    ("mute-network=20-10", "mute-network must end after it starts"),
    ("mute-network=10; on=mint", "leave out on=mint"),
    ("explode", "there is no action 'explode'"),
    ("drop=1", "drop takes no value"),
    ("drop; drop", "given twice"),
    ("status", "needs a value"),
    ("status=", "needs a value"),
    ("status=99", "HTTP status"),
    ("status=204", "HTTP status"),
    ("status=ok", "HTTP status"),
    ("status=²", "HTTP status"),
    ("latency-ms=soon", "number of milliseconds"),
    ("latency-ms=nan", "number of milliseconds"),
    ("latency-ms=-1", "number of milliseconds"),
    ("slow-body-ms=600001", "number of milliseconds"),
    ("error=teapot", "must be one of"),
    ("body", "must be one of"),
    ("should-retry=maybe", "must be one of"),
    ("redirect=%0d%0aSet-Cookie:x", "printable ASCII"),
    ("retry-after=é", "printable ASCII"),
    ("drop; times=0", "positive integer"),
    ("drop; times=often", "positive integer"),
]


@pytest.mark.parametrize(("text", "reason"), MISTAKES)
def test_a_mistake_in_a_fault_is_named(text: str, reason: str) -> None:
    with pytest.raises(FaultSyntaxError, match=reason):
        Fault.parse(text)
    with pytest.raises(FaultSyntaxError, match=reason):
        FaultQueue().push(text)


def test_times_are_checked() -> None:
    with pytest.raises(FaultSyntaxError):
        FaultQueue().push("drop", times=0)


def test_a_fault_reads_as_it_is_written() -> None:
    fault = Fault.parse(" error-body = a%3Bb=c%25 ; times=forever ; truncate ")
    assert (fault.error_body, fault.times, fault.truncate, fault.drop) == ("a;b=c%", None, True, False)
    assert "a;b" not in repr(fault)


def test_a_network_is_mute_for_a_while_or_for_good() -> None:
    assert Fault.parse("mute-network=3000-8000").mute_network == (3000, 8000)
    assert Fault.parse("mute-network=3000").mute_network == (3000, math.inf)
    assert Fault.parse("mute-network=3000").on == "call"


async def test_a_mistake_in_the_header_is_400(post: Post, simulator: Simulator) -> None:
    reply = await post(fault="explode")
    assert reply.status == 400
    assert (reply.error["type"], reply.error["code"]) == ("simulator_error", "invalid_fault")
    assert simulator.requests == []


class TestControl:
    @pytest.fixture
    def url(self, simulator: Simulator) -> str:
        return simulator.base_url.removesuffix("/v1") + "/_simulator/faults"

    async def test_faults_are_queued_listed_and_taken_back(self, post: Post, url: str, simulator: Simulator) -> None:
        queued = await post(url=url, json={"fault": "status=503", "times": 2})
        assert queued.body == {"faults": [{"fault": "status=503", "times": 2}]}
        await post(url=url, json={"fault": ["drop; times=forever", "truncate"]})
        listed = await post(url=url, method="GET")
        assert [entry["times"] for entry in listed.body["faults"]] == [2, None, 1]
        assert (await post()).status == 503
        assert (await post(url=url, method="DELETE")).body == {"faults": []}
        assert (await post()).status == 200

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"[]",
            b"{}",
            b"null",
            b'{"fault": 1}',
            b'{"fault": null}',
            b'{"fault": "explode"}',
            b'{"fault": ["drop", "explode"]}',
            b'{"fault": "drop", "times": 0}',
            b'{"fault": "drop", "times": true}',
            b'{"fault": "drop", "times": "2"}',
            b'{"fault": "drop", "extra": 1}',
            b"[" * 100_000,
        ],
    )
    async def test_a_mistake_is_400_and_queues_nothing(
        self, post: Post, url: str, simulator: Simulator, body: bytes
    ) -> None:
        reply = await post(url=url, data=body, headers={"Content-Type": "application/json"})
        assert reply.status == 400
        assert reply.error["code"] == "invalid_fault"
        assert len(simulator.faults) == 0


class TestDocs:
    TEXT = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")

    def test_every_action_and_body_is_in_the_table(self) -> None:
        rows = [line for line in self.TEXT.splitlines() if line.startswith("| `")]
        named = " ".join(rows)
        assert [name for name in (*_ACTIONS, *BODIES) if f"`{name}" not in named] == []

    @pytest.mark.parametrize(("name", "status", "kind", "code"), NAMED)
    def test_every_error_is_in_the_table(self, name: str, status: int, kind: str, code: str | None) -> None:
        shown, of_type = (f"`{word}`" if word else "null" for word in (code, kind))
        assert f"| `{name}` | {status} | {of_type} | {shown} |" in self.TEXT
