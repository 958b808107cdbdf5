"""The simulator refuses everything that the real API refuses: one row for each mistake."""

import json
import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulator_support import KEY, Post

from navai_core.simulator import Rules, Simulator
from navai_core.simulator.delivery import refusal
from navai_core.simulator.errors import ApiError
from navai_core.simulator.mint import Incoming, mint, read
from navai_core.simulator.state import State
from navai_core.simulator.wire import LIVE_TRANSCRIPTION_MODELS, MODELS, TRANSCRIPTION_MODELS, VOICES

JSON = {"Content-Type": "application/json"}


def session(**members: Any) -> dict[str, Any]:
    return {"session": {"type": "realtime", **members}}


def sound(**members: Any) -> dict[str, Any]:
    return session(audio={"input": members})


def voice(**members: Any) -> dict[str, Any]:
    return session(audio={"output": members})


def tool(**members: Any) -> dict[str, Any]:
    return session(tools=[members])


def lasting(seconds: Any) -> dict[str, Any]:
    return {"expires_after": {"anchor": "created_at", "seconds": seconds}}


MCP = {"type": "mcp", "server_label": "house"}
UNKNOWN, TYPE, VALUE, MISSING = "unknown_parameter", "invalid_type", "invalid_value", "missing_required_parameter"
UNSUPPORTED = "unsupported_parameter"

REFUSALS: list[tuple[Any, str, str, str]] = [
    ({"foo": 1}, UNKNOWN, "foo", "Unknown parameter: 'foo'."),
    ({"model": "gpt-realtime"}, UNKNOWN, "model", ""),
    (session(foo=1), UNKNOWN, "session.foo", "Unknown parameter: 'session.foo'."),
    (session(temperature=0.8), UNKNOWN, "session.temperature", ""),
    (session(prompt={"id": "p"}), UNKNOWN, "session.prompt", ""),
    (session(voice="marin"), UNKNOWN, "session.voice", ""),
    (session(modalities=["audio"]), UNKNOWN, "session.modalities", ""),
    (session(**{"x" * 300: 1}), UNKNOWN, f"session.{'x' * 200}...", ""),
    ({"session": {"modalities": ["audio"]}}, MISSING, "session.type", "Missing required parameter: 'session.type'."),
    (
        {"session": {"type": "live"}},
        VALUE,
        "session.type",
        "Invalid value: 'live'. Supported values are: 'realtime', and 'transcription'.",
    ),
    ({"session": {"type": 1}}, TYPE, "session.type", ""),
    ({"session": None}, TYPE, "session", "Invalid type for 'session': expected an object, but got null instead."),
    ({"expires_after": None}, TYPE, "expires_after", ""),
    (
        {"expires_after": {"anchor": "now"}},
        VALUE,
        "expires_after.anchor",
        "Invalid value: 'now'. Supported values are: 'created_at'.",
    ),
    (
        lasting(9),
        "integer_below_min_value",
        "expires_after.seconds",
        "Invalid 'expires_after.seconds': integer below minimum value. Expected a value >= 10, but got 9 instead.",
    ),
    (
        lasting(7201),
        "integer_above_max_value",
        "expires_after.seconds",
        "Invalid 'expires_after.seconds': integer above maximum value. Expected a value <= 7200, but got 7201 instead.",
    ),
    (lasting(60.5), TYPE, "expires_after.seconds", "expected an integer, but got a decimal instead."),
    (lasting(True), TYPE, "expires_after.seconds", "expected an integer, but got a boolean instead."),
    (lasting("600"), TYPE, "expires_after.seconds", "expected an integer, but got a string instead."),
    (session(model=5), TYPE, "session.model", "expected a string, but got an integer instead."),
    (session(model=""), "empty_string", "session.model", ""),
    (session(instructions=[]), TYPE, "session.instructions", "expected a string, but got an array instead."),
    (
        session(output_modalities=["audio", "text"]),
        VALUE,
        "session.output_modalities",
        "Invalid modalities: ['audio', 'text']. Supported combinations are: ['text'] and ['audio'].",
    ),
    (session(output_modalities=[]), VALUE, "session.output_modalities", ""),
    (session(output_modalities="audio"), TYPE, "session.output_modalities", "expected an array"),
    (session(output_modalities=["video"]), VALUE, "session.output_modalities[0]", ""),
    (session(output_modalities=["text"] * 3), "array_above_max_length", "session.output_modalities", ""),
    (session(audio="pcm16"), TYPE, "session.audio", ""),
    (session(audio={"speed": 1}), UNKNOWN, "session.audio.speed", ""),
    (sound(voice="marin"), UNKNOWN, "session.audio.input.voice", ""),
    (sound(format="pcm16"), TYPE, "session.audio.input.format", "expected an object, but got a string instead."),
    (sound(format={"type": "audio/opus"}), VALUE, "session.audio.input.format.type", ""),
    (sound(format={"type": "audio/pcm"}), MISSING, "session.audio.input.format.rate", ""),
    (
        sound(format={"type": "audio/pcm", "rate": 16000}),
        "integer_below_min_value",
        "session.audio.input.format.rate",
        "",
    ),
    (sound(format={"type": "audio/pcmu", "rate": 8000}), UNKNOWN, "session.audio.input.format.rate", ""),
    (sound(noise_reduction="far_field"), TYPE, "session.audio.input.noise_reduction", ""),
    (sound(noise_reduction={"type": "mid_field"}), VALUE, "session.audio.input.noise_reduction.type", ""),
    (sound(noise_reduction={}), MISSING, "session.audio.input.noise_reduction.type", ""),
    (sound(transcription={"model": "nova"}), VALUE, "session.audio.input.transcription.model", ""),
    *(
        (
            sound(transcription={"model": name, "language": "es"}),
            UNSUPPORTED,
            "session.audio.input.transcription.language",
            "is not supported with this model",
        )
        for name in LIVE_TRANSCRIPTION_MODELS
    ),
    *(
        (
            sound(transcription={"model": "gpt-transcribe", "keywords": ["navai", keyword]}),
            VALUE,
            "session.audio.input.transcription.keywords[1]",
            "does not match",
        )
        for keyword in ("<b>", "a>b", "two\nlines")
    ),
    (
        sound(transcription={"model": "gpt-transcribe", "languages": ["en", "es-MX"]}),
        VALUE,
        "session.audio.input.transcription.languages[1]",
        "does not match",
    ),
    (sound(transcription={"language": "nb"}), VALUE, "session.audio.input.transcription.language", "does not match"),
    (
        sound(noise_reduction={"type": "far_field", "strength": -1}),
        "decimal_below_min_value",
        "session.audio.input.noise_reduction.strength",
        "",
    ),
    (sound(transcription={"language": "es-MX"}), VALUE, "session.audio.input.transcription.language", "does not match"),
    (
        sound(transcription={"model": "whisper-1", "keywords": ["navai"]}),
        UNSUPPORTED,
        "session.audio.input.transcription.keywords",
        "",
    ),
    (
        sound(transcription={"model": "whisper-1", "delay": "low"}),
        UNSUPPORTED,
        "session.audio.input.transcription.delay",
        "",
    ),
    (
        sound(transcription={"model": "gpt-realtime-whisper", "prompt": "x"}),
        UNSUPPORTED,
        "session.audio.input.transcription.prompt",
        "",
    ),
    (sound(turn_detection={"threshold": 1}), MISSING, "session.audio.input.turn_detection.type", ""),
    (sound(turn_detection={"type": "none"}), VALUE, "session.audio.input.turn_detection.type", ""),
    (
        sound(turn_detection={"type": "server_vad", "threshold": 1.5}),
        "decimal_above_max_value",
        "session.audio.input.turn_detection.threshold",
        "decimal above maximum value. Expected a value <= 1, but got 1.5 instead.",
    ),
    (
        sound(turn_detection={"type": "server_vad", "idle_timeout_ms": 4999}),
        "integer_below_min_value",
        "session.audio.input.turn_detection.idle_timeout_ms",
        "",
    ),
    (
        sound(turn_detection={"type": "server_vad", "eagerness": "low"}),
        UNKNOWN,
        "session.audio.input.turn_detection.eagerness",
        "",
    ),
    (
        sound(turn_detection={"type": "semantic_vad", "threshold": 0.5}),
        UNKNOWN,
        "session.audio.input.turn_detection.threshold",
        "",
    ),
    (
        sound(turn_detection={"type": "semantic_vad", "create_response": 1}),
        TYPE,
        "session.audio.input.turn_detection.create_response",
        "expected a boolean",
    ),
    (
        voice(speed="fast"),
        TYPE,
        "session.audio.output.speed",
        "Invalid type for 'session.audio.output.speed': expected a decimal, but got a string instead.",
    ),
    (
        voice(speed=0.2),
        "decimal_below_min_value",
        "session.audio.output.speed",
        "Expected a value >= 0.25, but got 0.2",
    ),
    (voice(voice="hal"), VALUE, "session.audio.output.voice", "Supported values are: 'alloy', "),
    (voice(voice={"id": "hal"}), VALUE, "session.audio.output.voice.id", ""),
    (voice(voice={}), MISSING, "session.audio.output.voice.id", ""),
    (
        voice(voice=7),
        TYPE,
        "session.audio.output.voice",
        "expected one of a string or an object, but got an integer instead.",
    ),
    (session(tools={}), TYPE, "session.tools", ""),
    (session(tools=[1]), TYPE, "session.tools[0]", ""),
    (tool(name="f"), MISSING, "session.tools[0].type", ""),
    (tool(type="function"), MISSING, "session.tools[0].name", ""),
    (tool(type="function", name="f", strict=True), UNKNOWN, "session.tools[0].strict", ""),
    (tool(type="function", name="a b"), VALUE, "session.tools[0].name", "pattern '^[a-zA-Z0-9_-]+$'"),
    (tool(type="function", name="f" * 65), "string_above_max_length", "session.tools[0].name", ""),
    (tool(type="function", name="f", parameters=[]), TYPE, "session.tools[0].parameters", ""),
    *(
        (
            tool(type="function", name="f", parameters={"type": "object", word: []}),
            "invalid_function_parameters",
            "session.tools[0].parameters",
            "Invalid schema for function 'f': schema must have type 'object' and not have 'oneOf'/'anyOf'",
        )
        for word in ("oneOf", "anyOf", "allOf", "enum", "const", "not")
    ),
    *(
        (
            tool(type="function", name="f", parameters=schema),
            "invalid_function_parameters",
            "session.tools[0].parameters",
            f"Invalid schema for function 'f': schema must be a JSON Schema of 'type: \"object\"', got 'type: {got}'.",
        )
        for schema, got in (
            ({}, "null"),
            ({"type": "string"}, '"string"'),
            ({"type": ["object", "null"]}, "array"),
        )
    ),
    (
        session(tools=[{"type": "function", "name": "ok"}, {"type": "function", "name": "f", "parameters": {}}]),
        "invalid_function_parameters",
        "session.tools[1].parameters",
        "",
    ),
    (tool(type="function", name="f", function={}), UNKNOWN, "session.tools[0].function", ""),
    (tool(**MCP), MISSING, "session.tools[0].server_url", ""),
    (
        tool(**MCP, server_url="u", tunnel_id="t"),
        "mutually_exclusive_parameters",
        "session.tools[0]",
        "'server_url' and 'tunnel_id'",
    ),
    (
        session(tools=[{**MCP, "server_url": "https://a.example"}, {**MCP, "server_url": "https://b.example"}]),
        VALUE,
        "session.tools[1].server_label",
        "Duplicate server_label 'house'",
    ),
    (
        tool(**MCP, server_url="u", authorization="t", headers={"authorization": "Bearer t"}),
        "mutually_exclusive_parameters",
        "session.tools[0]",
        "'authorization' and 'headers.Authorization'",
    ),
    (
        tool(**MCP, connector_id="connector_gmail", headers={"Authorization": "Bearer t"}),
        VALUE,
        "session.tools[0].headers",
        "A connector takes its credential as 'authorization'",
    ),
    (tool(**MCP, server_url="u", allowed_tools={"tools": ["x"]}), UNKNOWN, "session.tools[0].allowed_tools.tools", ""),
    (tool(**MCP, server_url="u", allowed_tools="x"), TYPE, "session.tools[0].allowed_tools", ""),
    (
        tool(**MCP, server_url="u", require_approval={"sometimes": {}}),
        UNKNOWN,
        "session.tools[0].require_approval.sometimes",
        "",
    ),
    (
        tool(**MCP, server_url="u", require_approval={"never": ["x"]}),
        TYPE,
        "session.tools[0].require_approval.never",
        "",
    ),
    (tool(**MCP, connector_id="connector_fax"), VALUE, "session.tools[0].connector_id", ""),
    (tool(**MCP, server_url="u", headers=[]), TYPE, "session.tools[0].headers", ""),
    (tool(**MCP, server_url="u", headers={"X": 1}), TYPE, "session.tools[0].headers.X", ""),
    (tool(**MCP, server_url="u", require_approval="maybe"), VALUE, "session.tools[0].require_approval", ""),
    (session(tool_choice="some"), VALUE, "session.tool_choice", ""),
    (session(tool_choice={"type": "function"}), MISSING, "session.tool_choice.name", ""),
    (session(max_output_tokens=0), "integer_below_min_value", "session.max_output_tokens", ""),
    (session(max_output_tokens="max"), VALUE, "session.max_output_tokens", ""),
    (session(max_output_tokens=1.5), TYPE, "session.max_output_tokens", ""),
    (session(truncation="none"), VALUE, "session.truncation", ""),
    (session(truncation={"type": "retention_ratio"}), MISSING, "session.truncation.retention_ratio", ""),
    (session(reasoning={"effort": "low"}), UNSUPPORTED, "session.reasoning", "not supported with this model"),
    (session(parallel_tool_calls=True), UNSUPPORTED, "session.parallel_tool_calls", ""),
    (session(model="gpt-realtime-2", reasoning={"effort": "huge"}), VALUE, "session.reasoning.effort", ""),
    (session(tracing="manual"), VALUE, "session.tracing", ""),
    (session(tracing={"metadata": 1}), TYPE, "session.tracing.metadata", ""),
    (session(include=["logprobs"]), VALUE, "session.include[0]", ""),
    ({"session": {"type": "transcription", "model": "gpt-realtime"}}, UNKNOWN, "session.model", ""),
    ({"session": {"type": "transcription", "audio": {"output": {}}}}, UNKNOWN, "session.audio.output", ""),
    (
        {
            "session": {
                "type": "transcription",
                "audio": {
                    "input": {
                        "transcription": {"model": "gpt-realtime-whisper"},
                        "turn_detection": {"type": "server_vad"},
                    }
                },
            }
        },
        VALUE,
        "session.audio.input.turn_detection",
        "",
    ),
]


@pytest.mark.parametrize(("body", "code", "param", "message"), REFUSALS)
async def test_a_mistake_is_400_and_named(
    post: Post, simulator: Simulator, *, body: Any, code: str, param: str, message: str
) -> None:
    reply = await post(json=body)

    assert reply.status == 400
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-request-id"].startswith("req_")
    assert set(reply.body) == {"error"}
    assert set(reply.error) == {"message", "type", "param", "code"}
    assert (reply.error["code"], reply.error["param"]) == (code, param)
    assert reply.error["type"] == "invalid_request_error"
    assert message in reply.error["message"]
    assert len(simulator.secrets) == 0


ACCEPTED: list[dict[str, Any]] = [
    {},
    {"expires_after": {}},
    lasting(10),
    lasting(7200),
    *(session(model=model) for model in sorted(MODELS)),
    *(voice(voice=name) for name in VOICES),
    voice(voice={"id": "voice_1234"}, speed=1, format={"type": "audio/pcma"}),
    voice(speed=0.25),
    *(
        sound(transcription={"model": name, "language": "es"})
        for name in TRANSCRIPTION_MODELS
        if name not in LIVE_TRANSCRIPTION_MODELS
    ),
    *(sound(transcription={"model": name, "languages": ["es", "no"]}) for name in LIVE_TRANSCRIPTION_MODELS),
    sound(noise_reduction={"type": "near_field", "strength": 2.5}),
    sound(transcription={"language": "yue"}),
    sound(transcription={"model": "gpt-transcribe", "keywords": ["navai"], "languages": ["es", "en"], "prompt": "x"}),
    sound(turn_detection={"type": "server_vad", "idle_timeout_ms": 30_000}),
    session(output_modalities=["text"]),
    session(max_output_tokens=32_000),
    session(truncation={"type": "retention_ratio", "retention_ratio": 1, "token_limits": {"post_instructions": 5000}}),
    session(tracing="auto"),
    session(tool_choice={"type": "mcp", "server_label": "house", "name": None}),
    tool(type="function", name="light-on", description="", parameters={"type": "object", "properties": {}}),
    tool(**MCP, tunnel_id="t", allowed_tools={"read_only": True}, require_approval={"never": {"tool_names": ["x"]}}),
    tool(**MCP, connector_id="connector_gmail", authorization="token", headers=None, allowed_callers=["direct"]),
]


@pytest.mark.parametrize("body", ACCEPTED)
async def test_what_the_api_takes_is_taken(post: Post, body: Any) -> None:
    reply = await post(json=body)
    assert reply.status == 200, reply.body


@pytest.mark.parametrize("model", ["gpt-4o-realtime-preview", "gpt-realtime-9", "gpt-live-1", "gpt-5"])
async def test_a_secret_is_minted_for_any_name(post: Post, model: str) -> None:
    """Only the call checks the models and the permissions of the project."""
    reply = await post(json=session(model=model, reasoning={"effort": "low"}))
    assert reply.status == 200
    assert reply.body["session"]["model"] == model


async def test_a_switch_takes_the_singular_language(post: Post) -> None:
    async with Simulator(api_keys={KEY}, rules=Rules(singular_language=True)) as lenient:
        url = f"{lenient.base_url}/realtime/client_secrets"
        for name in LIVE_TRANSCRIPTION_MODELS:
            assert (await post(url=url, json=sound(transcription={"model": name, "language": "es"}))).status == 200


@pytest.mark.parametrize("value", ["realtime=v1", "assistants=v2", ""])
async def test_the_beta_header_is_refused(post: Post, value: str) -> None:
    reply = await post(headers={"OpenAI-Beta": value})
    assert reply.status == 400
    assert reply.error["code"] == "beta_api_shape_disabled"
    assert "no longer supported" in reply.error["message"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/octet-stream", "multipart/form-data; boundary=x", ""]
)
async def test_another_content_type_is_refused(post: Post, content_type: str) -> None:
    reply = await post(data=b"{}", headers={"Content-Type": content_type})
    assert reply.status == 400
    assert reply.error["code"] == "unsupported_content_type"


def test_a_body_without_a_content_type_is_refused() -> None:
    problem = read("/", {}, b"{}").problem
    assert problem is not None
    assert problem.code == "unsupported_content_type"


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": -1e999}',
        b"[" * 100_000,
        b'{"session": ' + b"[" * 500 + b"]" * 500 + b"}",
        b'{"expires_after": {"seconds": ' + b"1" * 5_000 + b"}}",
    ],
)
async def test_a_body_that_is_no_json_object_is_400(post: Post, data: bytes) -> None:
    reply = await post(data=data, headers=JSON)
    assert reply.status == 400
    assert reply.error["message"].startswith("We could not parse the JSON body of your request.")
    assert (reply.error["code"], reply.error["param"]) == (None, None)


async def test_a_finite_decimal_is_read(post: Post) -> None:
    assert (
        await post(data=b'{"session": {"type": "realtime", "audio": {"output": {"speed": 1.25e0}}}}', headers=JSON)
    ).status == 200


async def test_too_large_a_body_is_413(post: Post) -> None:
    reply = await post(data=b"{" + b" " * (1024 * 1024) + b"}", headers=JSON)
    assert reply.status == 413
    assert reply.error["code"] == "request_too_large"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_a_wrong_method_is_405(post: Post, method: str) -> None:
    reply = await post(method=method)
    assert reply.status == 405
    if method != "HEAD":
        assert reply.error["code"] == "method_not_supported"
        assert reply.error["message"].startswith(f"Not allowed to {method} on /v1/realtime/client_secrets ")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("path", ["", "/v1", "/v1/", "/v1/modelz", "/v1/realtime/sessions", "/healthz", "/_simulator"])
async def test_an_unknown_address_is_404_and_keeps_the_connection(
    post: Post, simulator: Simulator, path: str, method: str
) -> None:
    for _ in range(2):
        reply = await post(url=simulator.base_url.removesuffix("/v1") + path, method=method)
        assert reply.status == 404
        if method != "HEAD":
            assert reply.error["message"] == f"Invalid URL ({method} {path or '/'})"
            assert reply.error["code"] is None
    assert simulator.connections == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
NAMES = sorted({"foo", "type", "model", "audio", "input", "output", "format", "voice", "speed", "tools", "tool_choice"})
plausible = st.recursive(
    json_values | st.sampled_from(["realtime", "transcription", "function", "mcp", "audio/pcm", "server_vad", "auto"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=20,
)
sessions = st.fixed_dictionaries(
    {"type": st.sampled_from(["realtime", "transcription"])},
    optional=dict.fromkeys(
        ("audio", "tools", "tool_choice", "model", "tracing", "truncation", "include", "output_modalities"), plausible
    ),
)


@given(body=json_values | st.fixed_dictionaries({"session": sessions | plausible}))
@settings(max_examples=400, deadline=None)
def test_no_json_breaks_the_check(body: Any) -> None:
    try:
        answer = mint(State(api_keys={"k"}), Incoming("/", {"Authorization": "Bearer k"}, body, None), "req_1")
    except ApiError as error:
        answer = refusal(error)
    assert answer.status in {200, 400, 404}
    assert json.loads(answer.body).keys() & {"value", "error"}


@given(raw=st.binary(max_size=200) | st.text(string.printable, max_size=200).map(str.encode))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_bytes_break_the_server(post: Post, raw: bytes) -> None:
    reply = await post(data=raw, headers=JSON)
    assert reply.status in {200, 400}


async def test_the_whole_server_survives_a_run_of_invalid_bodies(post: Post) -> None:
    bodies: list[Any] = [
        {"session": [[[]]]},
        {"": ""},
        {"session": {"type": ["realtime"]}},
        {"session": {"type": "\ud800"}},
    ]
    for body in bodies:
        assert (await post(json=body)).status == 400
    assert (await post()).status == 200
