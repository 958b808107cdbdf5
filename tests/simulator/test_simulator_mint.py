"""The answers of the simulator without errors, and who receives them."""

import pytest
from simulator_support import KEY, Clock, Post

from navai_core.simulator import Simulator

DEFAULT_INPUT = {
    "format": {"type": "audio/pcm", "rate": 24000},
    "transcription": None,
    "noise_reduction": None,
    "turn_detection": {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 500,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    },
}


async def test_an_empty_request_gets_every_default(post: Post, simulator: Simulator, clock: Clock) -> None:
    reply = await post()

    assert reply.status == 200
    assert reply.body["value"].startswith("ek_")
    assert reply.body["expires_at"] == 1_800_000_600
    session = reply.body["session"]
    assert session.pop("id").startswith("sess_")
    assert session.pop("instructions").startswith("Your knowledge cutoff")
    assert session == {
        "type": "realtime",
        "object": "realtime.session",
        "model": "gpt-realtime",
        "output_modalities": ["audio"],
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "truncation": "auto",
        "tracing": None,
        "expires_at": 0,
        "include": None,
        "audio": {
            "input": DEFAULT_INPUT,
            "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy", "speed": 1.0},
        },
    }


async def test_the_headers_are_those_of_the_api(post: Post) -> None:
    headers = (await post()).headers

    assert headers["content-type"] == "application/json"
    assert headers["x-request-id"].startswith("req_")
    assert headers["openai-processing-ms"].isdecimal()
    assert headers["openai-version"] == "2020-10-01"
    assert headers["x-ratelimit-remaining-requests"] == "4999"


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/json; charset=utf-8"}])
async def test_no_body_is_an_empty_object(post: Post, headers: dict[str, str]) -> None:
    assert (await post(data=b"", headers=headers)).status == 200


async def test_partial_settings_are_completed(post: Post) -> None:
    turn_detection = {"type": "semantic_vad", "eagerness": "low"}
    audio = {"input": {"turn_detection": turn_detection, "noise_reduction": {"type": "far_field"}}}
    session = {"type": "realtime", "audio": audio, "model": "gpt-realtime-2.1", "reasoning": {"effort": "low"}}

    effective = (await post(json={"session": session})).body["session"]

    assert effective["audio"]["input"]["turn_detection"] == {
        **turn_detection,
        "create_response": True,
        "interrupt_response": True,
    }
    assert effective["audio"]["input"]["noise_reduction"] == {"type": "far_field", "strength": 1.0}
    assert effective["reasoning"] == {"effort": "low"}


async def test_features_can_be_turned_off(post: Post) -> None:
    given = {"turn_detection": None, "noise_reduction": None, "transcription": None}
    session = {"type": "realtime", "audio": {"input": given}, "tracing": None}

    effective = (await post(json={"session": session})).body["session"]

    assert {name: effective["audio"]["input"][name] for name in given} == given


async def test_a_transcription_session_has_its_own_shape(post: Post) -> None:
    reply = await post(json={"session": {"type": "transcription"}})

    session = reply.body["session"]
    assert session.pop("id").startswith("sess_")
    assert session == {
        "type": "transcription",
        "object": "realtime.transcription_session",
        "expires_at": 0,
        "audio": {"input": DEFAULT_INPUT},
        "include": None,
    }


async def test_a_whisper_session_detects_no_turns(post: Post) -> None:
    audio = {"input": {"transcription": {"model": "gpt-realtime-whisper", "delay": "low"}}}
    reply = await post(json={"session": {"type": "transcription", "audio": audio}})
    assert reply.body["session"]["audio"]["input"]["turn_detection"] is None


async def test_the_secret_is_remembered_until_it_expires(post: Post, simulator: Simulator, clock: Clock) -> None:
    reply = await post(json={"expires_after": {"anchor": "created_at", "seconds": 10}})
    value = reply.body["value"]

    record = simulator.secrets.lookup(value)

    assert record is not None
    assert record.session == reply.body["session"]
    assert record.created_at == clock.now
    assert record.expires_at == reply.body["expires_at"] == 1_800_000_010
    assert record.request_id == reply.headers["x-request-id"]
    assert len(simulator.secrets) == 1
    clock.now += 9.7
    assert simulator.secrets.lookup(value) is record
    clock.now = 1_800_000_010
    assert len(simulator.secrets) == 0
    assert simulator.secrets.lookup(value) is None
    assert simulator.secrets.lookup(value) is None


async def test_a_seed_makes_the_ids_repeat(post: Post) -> None:
    async with Simulator(api_keys={KEY}, seed=1) as twin:
        other = await post(url=f"{twin.base_url}/realtime/client_secrets")
    assert other.body["value"] == (await post()).body["value"]


async def test_without_a_seed_no_two_secrets_are_alike(post: Post) -> None:
    async with Simulator(api_keys={KEY}) as unguessable:
        url = f"{unguessable.base_url}/realtime/client_secrets"
        assert (await post(url=url)).body["value"] != (await post(url=url)).body["value"]


async def test_the_demo_key_is_taken_when_no_other_is_given(post: Post) -> None:
    async with Simulator() as demo:
        url = f"{demo.base_url}/realtime/client_secrets"
        assert (await post(url=url, authorization="bearer sk-simulator-0000")).status == 200
        assert (await post(url=url)).status == 401


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer ", f"Basic {KEY}", KEY])
async def test_no_key_is_401(post: Post, authorization: str | None) -> None:
    reply = await post(authorization=authorization)
    assert reply.status == 401
    assert reply.error == {
        "message": "Missing bearer or basic authentication in header",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("sk-wrong", "sk-*****"),
        ("sk-proj-0123456789abcdefWXYZ", "sk-proj-****************WXYZ"),
        ("sk-" + "a" * 200 + "WXYZ", "sk-" + "*" * 24 + "WXYZ"),
        ("something", "*********"),
        ("ek_0123456789", "ek_**********"),
    ],
)
async def test_a_wrong_key_is_401_and_masked(post: Post, key: str, shown: str) -> None:
    reply = await post(authorization=f"Bearer {key}")
    assert reply.status == 401
    assert reply.error["code"] == "invalid_api_key"
    assert reply.error["type"] == "invalid_request_error"
    assert reply.error["message"].startswith(f"Incorrect API key provided: {shown}. ")
    assert key.encode() not in reply.raw


async def test_the_key_is_checked_before_the_body(post: Post) -> None:
    assert (await post(authorization="Bearer sk-wrong", data=b"{")).status == 401


class TestAzure:
    PATH = "/openai/v1/realtime/client_secrets"

    @pytest.fixture
    def url(self, simulator: Simulator) -> str:
        return simulator.base_url.removesuffix("/v1") + self.PATH

    async def test_it_takes_the_api_key_header(self, post: Post, url: str) -> None:
        assert (await post(url=url, authorization=None, headers={"api-key": KEY})).status == 200
        assert (await post(url=url, authorization=None, headers={"api-key": "sk-wrong"})).status == 401

    async def test_it_takes_the_bearer_too(self, post: Post, url: str) -> None:
        assert (await post(url=url)).status == 200
        assert (await post(url=url, authorization=None)).status == 401

    async def test_a_model_is_a_deployment(self, post: Post, url: str) -> None:
        session = {"type": "realtime", "model": "my-deployment", "reasoning": {"effort": "high"}}
        assert (await post(url=url, json={"session": session})).body["session"]["model"] == "my-deployment"

    async def test_openai_does_not_take_the_api_key_header(self, post: Post) -> None:
        reply = await post(authorization=None, headers={"api-key": KEY})
        assert reply.status == 401
        assert reply.error["code"] is None


class TestRecording:
    async def test_a_request_is_recorded_without_its_key(self, post: Post, simulator: Simulator, clock: Clock) -> None:
        body = {"session": {"type": "realtime", "instructions": "Be brief."}}
        reply = await post(json=body, headers={"OpenAI-Organization": "org-1", "Cookie": "session=abc"})

        (mint,) = simulator.requests
        assert mint.sequence == 1
        assert mint.time == clock.now
        assert mint.request_id == reply.headers["x-request-id"]
        assert (mint.method, mint.path, mint.status) == ("POST", "/v1/realtime/client_secrets", 200)
        assert mint.connection == 1
        assert mint.body == body
        assert mint.fault is None
        assert mint.headers["openai-organization"] == "org-1"
        assert mint.headers["authorization"] == "Bearer sk-************************wxyz"
        assert "abc" not in mint.headers["cookie"]

    async def test_refused_requests_are_recorded_too(self, post: Post, simulator: Simulator) -> None:
        await post(authorization=None)
        await post(data=b"{", headers={"Content-Type": "application/json"})
        await post(data=b"x" * (1024 * 1024 + 1), headers={"Content-Type": "application/json"})

        assert [(mint.status, mint.body) for mint in simulator.requests] == [(401, {}), (400, None), (413, None)]

    async def test_recording_can_be_off(self, post: Post) -> None:
        async with Simulator(api_keys={KEY}, record=False) as quiet:
            assert (await post(url=f"{quiet.base_url}/realtime/client_secrets")).status == 200
            assert quiet.requests == []
            assert len(quiet.secrets) == 1

    async def test_no_secret_shows_in_any_repr(
        self, post: Post, simulator: Simulator, caplog: pytest.LogCaptureFixture
    ) -> None:
        tool = {"type": "mcp", "server_label": "s", "server_url": "https://s", "authorization": "token-of-the-house"}
        reply = await post(json={"session": {"type": "realtime", "tools": [tool]}})
        value = reply.body["value"]
        record = simulator.secrets.lookup(value)

        shown = repr([simulator, simulator.requests, simulator.secrets, record, simulator.state, caplog.records])

        for secret in (KEY, value, "token-of-the-house"):
            assert secret not in shown
            assert secret not in caplog.text
        assert "1 secrets" in shown


class TestControl:
    @pytest.fixture
    def url(self, simulator: Simulator) -> str:
        return simulator.base_url.removesuffix("/v1") + "/_simulator/"

    async def test_requests_are_listed_and_forgotten(self, post: Post, url: str, simulator: Simulator) -> None:
        tool = {"type": "mcp", "server_label": "s", "server_url": "https://s", "authorization": "hidden-token"}
        minted = await post(json={"session": {"type": "realtime", "tools": [tool]}}, fault="latency-ms=1")

        listed = await post(url=url + "requests", method="GET")

        assert listed.body["connections"] == 1
        (mint,) = listed.body["requests"]
        assert mint["sequence"] == 1
        assert mint["fault"] == "latency-ms=1"
        assert mint["body"]["session"]["tools"][0]["authorization"] == "***"
        for secret in (KEY, "hidden-token", minted.body["value"]):
            assert secret.encode() not in listed.raw
        assert (await post(url=url + "requests", method="DELETE")).body == {"requests": []}
        assert simulator.requests == []
        await post()
        assert [mint.sequence for mint in simulator.requests] == [2]

    async def test_secrets_are_counted_and_not_shown(self, post: Post, url: str) -> None:
        minted = await post()
        counted = await post(url=url + "secrets", method="GET")
        assert counted.body == {"count": 1}
        assert minted.body["value"].encode() not in counted.raw

    @pytest.mark.parametrize(("method", "name"), [("POST", "requests"), ("GET", "nothing"), ("PUT", "faults")])
    async def test_anything_else_is_404(self, post: Post, url: str, method: str, name: str) -> None:
        reply = await post(url=url + name, method=method)
        assert reply.status == 404
        assert reply.error["message"] == f"Invalid URL ({method} /_simulator/{name})"

    async def test_a_large_body_is_refused(self, post: Post, url: str) -> None:
        headers = {"Content-Type": "application/json"}
        assert (await post(url=url + "faults", data=b"x" * (1024 * 1024 + 1), headers=headers)).status == 413

    @pytest.mark.parametrize(
        ("headers", "status", "code"),
        [
            ({"Host": "simulator.attacker.example"}, 403, "not_from_here"),
            ({"Host": "192.168.1.5:8765"}, 403, "not_from_here"),
            ({"Host": "[::1"}, 403, "not_from_here"),
            ({"Origin": "https://attacker.example"}, 403, "not_from_here"),
            ({"Origin": "null"}, 403, "not_from_here"),
            ({"Content-Type": "text/plain"}, 400, "unsupported_content_type"),
            ({"Content-Type": "application/x-www-form-urlencoded"}, 400, "unsupported_content_type"),
        ],
    )
    async def test_web_pages_cannot_reach_them(
        self, post: Post, url: str, simulator: Simulator, headers: dict[str, str], status: int, code: str
    ) -> None:
        sent = {"Content-Type": "application/json", **headers}
        reply = await post(url=url + "faults", data=b'{"fault": "drop"}', headers=sent)
        assert (reply.status, reply.error["code"]) == (status, code)
        assert "Access-Control-Allow-Origin" not in reply.headers
        assert len(simulator.faults) == 0
        if status == 403:
            for method in ("GET", "DELETE"):
                reply = await post(url=url + "faults", method=method, headers=headers)
                assert (reply.status, reply.error["code"]) == (status, code)

    @pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "[::1]:8765"])
    async def test_programs_on_this_machine_can(self, post: Post, url: str, host: str) -> None:
        headers = {"Host": host, "Origin": f"http://{host}", "Content-Type": "application/json; charset=utf-8"}
        assert (await post(url=url + "faults", data=b'{"fault": "drop"}', headers=headers)).status == 200
        assert (await post(url=url + "faults", method="DELETE", headers={"Host": host})).status == 200
