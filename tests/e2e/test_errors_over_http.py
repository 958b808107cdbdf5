"""Every error over real HTTP: the provider's answer, the hub's answer, and the list in the documents."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from e2e_house import House, Open
from e2e_support import ANNA, HALL, KEY, REQUEST_KEY, ROOT, WRONG, Reply, block, error_classes, write_config

import navai_core.web.bodies
from navai_core import exceptions as errors
from navai_core.config.load import load_settings
from navai_core.const import MAX_REQUEST_BODY_BYTES
from navai_core.contract import CreateClientSecretRequest, VoiceBackendOptions, create_realtime_client_secret
from navai_core.simulator import Simulator
from navai_core.tools.base import ToolFailedError
from navai_core.tools.functions.errors import FunctionArgumentError
from navai_core.tools.running import ToolStoppedError, TooManyToolsError
from navai_core.web.responses import STATUS, status_of

CONTRACT = "/navai/realtime/client-secret"
KITCHEN = "/navai/profiles/kitchen/client-secret"


# --- what the provider answers

SOON = "; retry-after-ms=1; times=3"
WIRE: list[tuple[str, int, str, int]] = [
    # the simulator's fault, the hub's status, the code, how often the provider was asked
    ("error=invalid_request", 502, "upstream_refused", 1),
    ("error=invalid_api_key", 503, "api_key_refused", 1),
    ("status=403; error=invalid_request", 503, "permission_refused", 1),
    ("error=unsupported_country_region_territory", 503, "country_not_supported", 1),
    ("error=missing_scope", 503, "missing_scope", 1),
    ("error=model_not_found", 502, "model_not_found", 1),
    ("status=403; error=model_not_found", 502, "model_not_found", 1),
    ("error=invalid_model", 502, "invalid_model", 1),
    ("error=DeploymentNotFound", 502, "deployment_not_found", 1),
    ("error=beta_api_shape_disabled", 502, "beta_api_retired", 1),
    ("body=sign-in", 502, "upstream_sign_in", 1),
    ("body=sign-in; status=511; times=3", 502, "upstream_sign_in", 1),
    ("error=rate_limit_exceeded" + SOON, 429, "upstream_rate_limited", 3),
    ("error=slow_down" + SOON, 429, "upstream_rate_limited", 3),
    ("error=insufficient_quota; times=3", 503, "quota_exhausted", 1),
    ("error=credit_balance_exhausted; times=3", 503, "quota_exhausted", 1),
    ("error=server_error" + SOON, 502, "upstream_unavailable", 3),
    ("error=server_is_overloaded" + SOON, 502, "upstream_unavailable", 3),
    ("status=502" + SOON, 502, "upstream_unavailable", 3),
    ("status=504" + SOON, 502, "upstream_unavailable", 3),
    ("status=404; error=invalid_request", 502, "upstream_refused", 1),
    ("redirect=https://elsewhere.example/", 502, "upstream_refused", 1),
    ("body=not-json", 502, "upstream_sign_in", 1),
    ("body=not-json; status=401", 502, "upstream_sign_in", 1),
    ("body=not-utf8", 502, "upstream_invalid_response", 1),
    ("body=no-value", 502, "upstream_invalid_response", 1),
    ("body=huge", 502, "upstream_invalid_response", 1),
    ("truncate", 502, "upstream_invalid_response", 1),
    ("drop; times=5", 502, "upstream_unreachable", 4),
]


@pytest.mark.parametrize(("fault", "status", "code", "asked"), WIRE, ids=[row[0] for row in WIRE])
async def test_what_the_provider_answers_becomes_ours(
    open_house: Open, provider: Simulator, fault: str, status: int, code: str, asked: int
) -> None:
    provider.faults.push(fault)
    async with open_house() as house:
        reply = await house.ask("POST", KITCHEN)
    assert (reply.status, reply.code) == (status, code)
    assert len(provider.requests) == asked
    if code not in {"upstream_unreachable", "upstream_invalid_response"}:
        assert reply.body["upstream_request_id"] == provider.requests[-1].request_id
    text = reply.raw.decode()
    for theirs in ("platform.openai.com", "Incorrect API key", "quota, please", "sk-"):
        assert theirs not in text


@pytest.mark.parametrize("fault", ["error=rate_limit_exceeded", "error=slow_down"])
async def test_the_providers_retry_after_reaches_the_client(open_house: Open, provider: Simulator, fault: str) -> None:
    provider.faults.push(f"{fault}; retry-after=77; times=3")
    async with open_house() as house:
        reply = await house.ask("POST", KITCHEN)
    assert (reply.status, reply.headers["Retry-After"]) == (429, "77")
    assert len(provider.requests) == 1, "nobody waits so long for an answer"


@pytest.mark.parametrize("fault", ["error=rate_limit_exceeded", "error=server_is_overloaded", "status=500", "stale"])
async def test_trouble_that_passes_is_not_noticed(open_house: Open, provider: Simulator, fault: str) -> None:
    async with open_house() as house:
        assert (await house.ask("POST", KITCHEN)).status == 200
        provider.faults.push(fault if fault == "stale" else f"{fault}; retry-after-ms=1; times=2")
        assert (await house.ask("POST", KITCHEN)).status == 200


async def test_the_field_that_the_provider_refuses_is_named_and_its_words_are_not(
    open_house: Open, provider: Simulator
) -> None:
    body = {"error": {"message": f"no such voice, {KEY}", "type": "invalid_request_error", "param": "session.voice"}}
    text = json.dumps(body).replace("%", "%25").replace(";", "%3B")
    provider.faults.push(f"error-body={text}")
    async with open_house() as house:
        reply = await house.ask("POST", KITCHEN)
    assert (reply.status, reply.code) == (502, "upstream_refused")
    assert reply.body["param"] == "session.voice"
    assert reply.body["upstream_status"] == 400
    assert "no such voice" not in reply.raw.decode()
    assert KEY not in reply.raw.decode()


async def test_a_slow_provider_is_504(open_house: Open, provider: Simulator) -> None:
    provider.faults.push("latency-ms=5000")
    async with open_house(timeout=1) as house:
        reply = await house.ask("POST", KITCHEN)
    assert (reply.status, reply.code) == (504, "upstream_timeout")


async def test_a_provider_that_trickles_is_504(open_house: Open, provider: Simulator) -> None:
    provider.faults.push("slow-body-ms=20000")
    async with open_house(timeout=1) as house:
        reply = await house.ask("POST", KITCHEN)
    assert (reply.status, reply.code) == (504, "upstream_timeout")


async def test_a_provider_that_is_not_there_is_502(open_house: Open) -> None:
    async with open_house(base_url="http://127.0.0.1:1/v1") as house:
        reply = await house.ask("POST", KITCHEN)
    assert (reply.status, reply.code) == (502, "upstream_unreachable")


# --- what the hub answers by itself

OWN: list[tuple[int, str, dict[str, Any]]] = [
    (400, "invalid_request", {"json": {"model": 5}}),
    (400, "invalid_request", {"data": b"{", "headers": {"Content-Type": "application/json"}}),
    (400, "invalid_request", {"json": ["a list"]}),
    (400, "invalid_request", {"json": {"voice": "marrin"}}),
    (401, "not_signed_in", {"token": None}),
    (401, "not_signed_in", {"token": WRONG}),
    (401, "not_signed_in", {"token": None, "headers": {"Authorization": f"Basic {ANNA}"}}),
    (403, "override_not_allowed", {"json": {"language": "French"}}),
    (403, "request_key_not_allowed", {"json": {"apiKey": REQUEST_KEY}}),
    (403, "profile_not_allowed", {"path": "/navai/profiles/office/client-secret", "token": HALL}),
    (403, "profile_not_allowed", {"path": "/navai/profiles/closed/client-secret"}),
    (404, "unknown_profile", {"path": "/navai/profiles/nosuch/client-secret"}),
    (404, "unknown_profile", {"path": f"{CONTRACT}?profile=nosuch"}),
    (404, "unknown_function", {"path": "/navai/functions/execute", "json": {"function_name": "nosuch"}}),
    (404, "not_found", {"path": "/navai/nothing"}),
    (405, "method_not_allowed", {"method": "GET"}),
    (413, "body_too_large", {"data": b" " * (MAX_REQUEST_BODY_BYTES + 1)}),
    (415, "unsupported_content_type", {"data": b"{}", "headers": {"Content-Type": "text/plain"}}),
]


@pytest.mark.parametrize(
    ("status", "code", "request_"), OWN, ids=[f"{row[1]} {number}" for number, row in enumerate(OWN)]
)
async def test_what_the_hub_refuses_by_itself(
    open_house: Open, provider: Simulator, status: int, code: str, request_: dict[str, Any]
) -> None:
    asked = {"method": "POST", "path": KITCHEN} | request_
    method, path = asked.pop("method"), asked.pop("path")
    users = {"anna": {"token": ANNA, "profiles": ["kitchen", "office", "closed"]}}
    profiles = {"kitchen": {"allow_overrides": ["voice"]}, "office": {}, "closed": {"enabled": False}}
    async with open_house({"users": users}, profiles=profiles) as house:
        reply = await house.ask(method, path, **asked)
    assert (reply.status, reply.code) == (status, code)
    assert provider.requests == []


async def test_429_of_the_rate_limit(open_house: Open) -> None:
    async with open_house(profiles={"kitchen": {"limits": {"secrets_per_minute": 1}}}) as house:
        assert (await house.ask("POST", KITCHEN)).status == 200
        reply = await refused(house, KITCHEN)
    assert reply.code == "rate_limited"
    assert 1 <= int(reply.headers["Retry-After"]) <= 61


async def test_429_of_wrong_tokens(open_house: Open) -> None:
    async with open_house({"sign_in_failures_per_minute": 1}) as house:
        assert (await house.ask("POST", KITCHEN, token=WRONG)).status == 401
        reply = await refused(house, KITCHEN, token=WRONG)
    assert reply.code == "too_many_failures"


async def refused(house: House, path: str, **more: Any) -> Reply:
    """Ask until it is too often; when a minute ends, one or two more may pass."""
    for _ in range(4):
        reply = await house.ask("POST", path, **more)
        if reply.status == 429:
            return reply
    raise AssertionError("never too often")


async def test_408_for_a_body_that_does_not_come(open_house: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navai_core.web.bodies, "BODY_TIMEOUT_S", 0.2)

    async def never() -> AsyncIterator[bytes]:
        yield b'{"model": '
        await asyncio.sleep(30)
        yield b"}"

    async with open_house() as house:
        reply = await house.ask("POST", KITCHEN, data=never(), headers={"Content-Type": "application/json"})
    assert (reply.status, reply.code) == (408, "request_timeout")


async def test_503_while_the_hub_is_being_stopped(open_house: Open) -> None:
    async with open_house() as house:
        assert (await house.ask("GET", "/navai/health")).status == 200
        house.running.hub.stopping = True
        reply = await house.ask("GET", "/navai/health")
    assert (reply.status, reply.code) == (503, "stopping")


async def test_500_tells_nothing_but_the_request_id(open_house: Open, caplog: pytest.LogCaptureFixture) -> None:
    async with open_house() as house:
        # Over a connection that is open already: taking one asks the house for its proxies.
        await house.ask("GET", "/navai/health")
        kept, house.running.hub.runtime = house.running.hub.runtime, None  # type: ignore[assignment]
        with caplog.at_level(logging.ERROR):
            reply = await house.ask("GET", "/navai/profiles")
        house.running.hub.runtime = kept
    assert (reply.status, reply.code) == (500, "internal_error")
    assert set(reply.body) == {"error", "code", "request_id"}
    assert reply.body["request_id"] in caplog.text, "the log has it under the same id"


async def test_an_upstream_error_is_in_the_metrics(open_house: Open, provider: Simulator) -> None:
    provider.faults.push("error=insufficient_quota")
    async with open_house() as house:
        await house.ask("POST", KITCHEN)
        await house.ask("POST", KITCHEN)
        metrics = (await house.ask("GET", "/metrics", token=None)).raw.decode()
    assert 'navai_mints_total{outcome="quota_exhausted",profile="kitchen"} 1.0' in metrics
    assert 'navai_mints_total{outcome="minted",profile="kitchen"} 1.0' in metrics


# --- the four errors of the page, and its rules about keys


async def test_the_page_no_key_and_no_key_from_requests(open_house: Open, provider: Simulator) -> None:
    async with open_house(api_key=None) as house:
        reply = await house.ask("POST", CONTRACT)
    assert (reply.status, reply.code) == (503, "api_key_missing")
    assert provider.requests == []


async def test_the_page_no_key_where_a_request_could_bring_one(open_house: Open, provider: Simulator) -> None:
    async with open_house(api_key=None, allow_request_api_key=True) as house:
        reply = await house.ask("POST", CONTRACT)
        assert (reply.status, reply.code) == (503, "api_key_missing")
        assert (await house.ask("POST", CONTRACT, json={"apiKey": "  "})).status == 503
        assert (await house.ask("POST", CONTRACT, json={"apiKey": REQUEST_KEY})).status == 200
        assert (await house.ask("POST", KITCHEN, json={"apiKey": REQUEST_KEY})).status == 200
        assert (await house.ask("POST", CONTRACT, json={"apiKey": WRONG})).code == "api_key_refused"
    assert [mint.status for mint in provider.requests] == [200, 200, 401]


async def test_the_page_a_key_in_a_request_that_may_not_bring_one(open_house: Open, provider: Simulator) -> None:
    for own in (KEY, None):
        async with open_house(api_key=own) as house:
            for path in (CONTRACT, KITCHEN):
                reply = await house.ask("POST", path, json={"apiKey": REQUEST_KEY})
                assert (reply.status, reply.code) == (403, "request_key_not_allowed")
                assert REQUEST_KEY not in reply.raw.decode()
    assert provider.requests == []


async def test_the_page_the_configured_key_always_wins(open_house: Open, provider: Simulator) -> None:
    async with open_house(allow_request_api_key=True) as house:
        assert (await house.ask("POST", CONTRACT, json={"apiKey": WRONG})).status == 200
    assert provider.requests[0].headers["authorization"].endswith(KEY[-4:])


@pytest.mark.parametrize("ttl", [9, 7201, 0, -600, 600.5, True, "600", None])
async def test_the_page_a_time_to_live_out_of_bounds(provider: Simulator, tmp_path: Path, ttl: Any) -> None:
    with pytest.raises(errors.ConfigError) as refusal:
        load_settings(write_config(tmp_path, block(provider.base_url, client_secret_ttl=ttl)), environ={})
    assert [problem.dotted for problem in refusal.value.problems] == ["navai.client_secret_ttl"]
    options = VoiceBackendOptions(openai_api_key=KEY, base_url=provider.base_url, client_secret_ttl_seconds=ttl)
    with pytest.raises(errors.InvalidTtlError) as invalid:
        await create_realtime_client_secret(options)
    assert invalid.value.code == "invalid_ttl"
    assert status_of(invalid.value) == 400
    assert provider.requests == []


@pytest.mark.parametrize("ttl", [10, 7200])
async def test_the_page_the_bounds_themselves_are_fine(open_house: Open, provider: Simulator, ttl: int) -> None:
    async with open_house(client_secret_ttl=ttl) as house:
        assert (await house.ask("POST", CONTRACT)).status == 200
    assert provider.requests[0].body["expires_after"] == {"anchor": "created_at", "seconds": ttl}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
async def test_the_page_the_provider_did_not_answer_200(provider: Simulator, status: int) -> None:
    provider.faults.push(f"status={status}; retry-after-ms=1; times=3")
    options = VoiceBackendOptions(openai_api_key=KEY, base_url=provider.base_url)
    with pytest.raises(errors.UpstreamError) as refusal:
        await create_realtime_client_secret(options, CreateClientSecretRequest(voice="alloy"))
    assert refusal.value.status == status


# --- the table of statuses, and the documents

NEVER_OVER_HTTP = {errors.NavaiError, errors.StartError}
"""The last resort, and errors that end the process before it listens."""
ANSWERS = (ToolFailedError, FunctionArgumentError, TooManyToolsError, ToolStoppedError)
"""What a function says when it fails is an answer: `{"ok": false}` with status 200."""


@pytest.mark.parametrize("kind", error_classes(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_of_its_own_kind(kind: type[errors.NavaiError]) -> None:
    nearest = next(above for above in kind.__mro__ if above in STATUS)
    assert nearest is not errors.NavaiError or kind in NEVER_OVER_HTTP or issubclass(kind, ANSWERS)
    assert 400 <= STATUS[nearest] <= 504, kind


def tells_more(kind: type[errors.NavaiError]) -> bool:
    """Whether it has the code of its base class, and its own message."""
    return "sentence" in vars(kind)


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in error_classes() if not tells_more(kind)]
    assert sorted(codes) == sorted(set(codes))
    assert [code for code in codes if not re.fullmatch(r"[a-z]+(_[a-z]+)*", code)] == []
    inherited = [kind for kind in error_classes() if "code" not in vars(kind) and not tells_more(kind)]
    assert inherited == []


def test_the_table_of_statuses_holds_nothing_that_is_gone() -> None:
    assert set(STATUS) <= set(error_classes())


def test_the_documents_list_each_code_exactly_once() -> None:
    text = (ROOT / "docs" / "errors.md").read_text()
    rows = [line.strip().strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    listed = [row[0].strip() for row in rows]
    listed = [cell.strip("`") for cell in listed if re.fullmatch(r"`[a-z_]+`", cell) and cell != "`code`"]
    assert sorted(listed) == sorted({kind.code for kind in error_classes()})


def test_the_documents_tell_the_right_status_of_each_code() -> None:
    text = (ROOT / "docs" / "errors.md").read_text()
    for kind in error_classes():
        if kind in NEVER_OVER_HTTP:
            continue
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{kind.code}` |")]
        expected = (
            200 if issubclass(kind, ANSWERS) else STATUS[next(above for above in kind.__mro__ if above in STATUS)]
        )
        assert re.search(rf"\b{expected}\b", row), (kind.code, expected, row)
