"""Warnings about what only shows in a conversation: models, addresses, MCP servers, approvals, keywords."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from secret_watch import WATCH

from navai_core.config.load import settings_from_block
from navai_core.config.options import Host
from navai_core.known_models import CURRENT, Purpose, advice_for, retirement_of
from navai_core.simulator import wire

TODAY = date(2026, 11, 22)
PASTED = WATCH.secret("sk-pasted-as-a-model-0123456789")
AZURE = "https://home.openai.azure.com/openai/v1"


def warnings_of(profile: dict[str, Any], host: Host = Host.HUB, **more: Any) -> list[tuple[str, str, str]]:
    block = {"api_key": "sk-x", "profiles": {"kitchen": {"model": "gpt-realtime-2.1"} | profile}} | more
    found = settings_from_block(block, environ={}, today=TODAY, host=host).warnings
    return [(warning.dotted.removeprefix("navai."), warning.code, warning.message) for warning in found]


@pytest.mark.parametrize(
    ("model", "code", "says"),
    [
        (
            "gpt-4o-realtime-preview-2024-10-01",
            "model_retires",
            "was shut down on 2026-05-07 — write gpt-realtime-2.1 ",
        ),
        (
            "gpt-4o-realtime-preview-2024-12-17",
            "model_retires",
            "was shut down on 2026-05-07 — write gpt-realtime-2.1 ",
        ),
        (
            "gpt-4o-realtime-preview-2025-06-03",
            "model_retires",
            "was shut down on 2026-05-07 — write gpt-realtime-2.1 ",
        ),
        ("gpt-4o-mini-realtime-preview-2024-12-17", "model_retires", "write gpt-realtime-2.1-mini instead"),
        ("gpt-realtime-mini-2025-10-06", "model_retires", "was shut down on 2026-07-23 — write gpt-realtime-2.1-mini "),
        ("gpt-realtime-mini-2025-12-15", "model_retires", "will be shut down on 2027-01-20"),
        ("gpt-realtime-2025-08-28", "model_retires", "will be shut down on 2027-01-20"),
        (
            "GPT-Realtime-2.1",
            "model_name",
            "has capital letters, which OpenAI's names do not have — write gpt-realtime-2.1",
        ),
        ("GPT-Realtime", "model_name", "write gpt-realtime-2.1"),
        ("openai/gpt-realtime-2.1", "model_name", "has a prefix that only proxies use — write gpt-realtime-2.1, or"),
        ("openrouter/openai/gpt-realtime-mini", "model_name", "write gpt-realtime-2.1-mini, or `provider: compatible`"),
        ("gpt-live-1.1", "model_name", "OpenAI's Live API, which navai cannot use yet — write gpt-realtime-2.1"),
        ("gpt-5", "model_name", "is not a Realtime model — write gpt-realtime-2.1"),
        ("gpt-4o-mini", "model_name", "is not a Realtime model — write gpt-realtime-2.1-mini"),
        ("gpt-realtme-2", "model_name", "is not a Realtime model — write gpt-realtime-2"),
        (
            "whisper-1",
            "model_name",
            "is a transcription model, which belongs under `transcription` — write gpt-realtime-2.1",
        ),
        ("gpt-realtime-whisper", "model_name", "is a transcription model"),
        ("gpt-live-transcribe", "model_name", "is a transcription model"),
        ("Realtime!", "model_name", "write gpt-realtime-2.1"),
    ],
)
def test_a_model_that_cannot_work_or_ends_says_what_to_write(model: str, code: str, says: str) -> None:
    ((where, found, message),) = warnings_of({"model": model})
    assert (where, found) == ("profiles.kitchen.model", code)
    assert says in message
    assert warnings_of({"model": model}, provider="azure", base_url=AZURE) == [], "it is the name of a deployment"
    assert warnings_of({"model": model}, provider="compatible", base_url="https://proxy.example/v1") == []


@pytest.mark.parametrize(
    ("transcription", "code", "says"),
    [
        (
            "gpt-4o-mini-transcribe-2025-12-15",
            "model_retires",
            "will be shut down on 2027-02-26 — write gpt-transcribe ",
        ),
        ({"model": "gpt-4o-transcribe-diarize"}, "model_retires", "write gpt-transcribe instead"),
        ("Whisper-1", "model_name", "has capital letters"),
        ("gpt-realtime-2.1", "model_name", "is not a transcription model — write gpt-transcribe"),
        ("gpt-5", "model_name", "is not a transcription model — write gpt-transcribe"),
    ],
)
def test_a_transcription_model_too(transcription: Any, code: str, says: str) -> None:
    ((where, found, message),) = warnings_of({"transcription": transcription})
    assert (where, found) == ("profiles.kitchen.transcription", code)
    assert says in message


def test_a_pasted_key_is_not_repeated() -> None:
    for model in (PASTED, f"openai/{PASTED}", f"openai/realtime-{PASTED}"):
        assert all(PASTED not in message for _, _, message in warnings_of({"model": model}))


@pytest.mark.parametrize("model", ["gpt-realtime-3", "gpt-realtime-2.1-2026-10-01", "ft:gpt-realtime-2:Home::Ab1"])
def test_names_that_may_be_new_are_fine(model: str) -> None:
    assert warnings_of({"model": model}) == []


def test_reasoning_of_a_deployment_is_the_providers_matter() -> None:
    profile = {"model": "voice", "reasoning_effort": "low"}
    assert warnings_of(profile, provider="azure", base_url=AZURE) == []


@pytest.mark.parametrize("purpose", Purpose)
def test_what_is_advised_is_current_and_exists(purpose: Purpose) -> None:
    known = {Purpose.CONVERSATION: wire.MODELS, Purpose.CAPTIONS: wire.TRANSCRIPTION_MODELS}[purpose]
    for model in CURRENT[purpose]:
        assert model in known
        assert advice_for(model, purpose, date(2100, 1, 1)) is None
    for model in (*wire.ENDING_MODELS, *wire.ENDING_TRANSCRIPTION_MODELS):
        end = retirement_of(model)
        assert end is not None
        assert retirement_of(end.successor) is None


@given(st.text(max_size=40), st.sampled_from(Purpose))
def test_advice_on_any_name_is_a_name_that_needs_none(model: str, purpose: Purpose) -> None:
    advice = advice_for(model, purpose, TODAY)
    if advice is not None:
        name = advice.cure.removeprefix("write ").removesuffix(" instead").partition(",")[0]
        assert advice_for(name, purpose, TODAY) is None


@pytest.mark.parametrize(
    ("provider", "base_url", "says"),
    [
        ("openai", "https://api.openai.com", "write https://api.openai.com/v1"),
        ("openai", "https://eu.api.openai.com/v1/realtime", "write https://eu.api.openai.com/v1"),
        ("azure", "https://home.openai.azure.com", "write https://home.openai.azure.com/openai/v1"),
        ("azure", "https://home.cognitiveservices.azure.com/openai", "does not end with `/openai/v1`"),
        ("openai", AZURE, "is an address of Azure — write `provider: azure`"),
        ("compatible", "https://home.openai.azure.com", "is an address of Azure — write `provider: azure`"),
        ("azure", "https://api.openai.com/v1", "is an address of OpenAI — write `provider: openai`"),
        ("compatible", "https://api.x.ai/v1", "is an address of xAI, which navai cannot talk with yet"),
        ("compatible", "https://us.api.x.ai/v1", "is an address of xAI"),
    ],
)
def test_an_address_that_cannot_work(provider: str, base_url: str, says: str) -> None:
    ((where, code, message),) = warnings_of({}, provider=provider, base_url=base_url)
    assert (where, code) == ("base_url", "wrong_address")
    assert says in message


@pytest.mark.parametrize(
    ("provider", "base_url"),
    [
        ("openai", "https://eu.api.openai.com/v1"),
        ("openai", "https://gateway.example/openai"),
        ("openai", "http://127.0.0.1:8765/v1"),
        ("azure", AZURE),
        ("azure", "https://gateway.example/voice"),
        ("compatible", "https://max.ai/v1"),
    ],
)
def test_an_address_that_may_work(provider: str, base_url: str) -> None:
    assert warnings_of({}, provider=provider, base_url=base_url) == []


def mcp(**options: Any) -> dict[str, Any]:
    tool = {"type": "mcp", "server_label": "notes", "require_approval": "never"}
    return {"tools": [tool | {"server_url": "https://notes.example/mcp"} | options]}


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080/mcp",
        "https://127.0.0.1/mcp",
        "https://192.168.1.20:8443/mcp",
        "https://10.0.0.5/mcp",
        "https://[fd00::1]/mcp",
        "https://100.64.0.7/mcp",
        "https://homeassistant.local:8123/api/mcp",
        "https://HomeAssistant.local./mcp",
        "https://notes.lan/mcp",
        "https://notes.home/mcp",
        "https://notes/mcp",
    ],
)
def test_an_mcp_server_at_home_cannot_be_reached(url: str) -> None:
    ((where, code, message),) = warnings_of(mcp(server_url=url))
    assert (where, code) == ("profiles.kitchen.tools.0.server_url", "unreachable_server")
    assert "the provider calls it over the internet — use a public https:// address" in message
    assert warnings_of(mcp(server_url=url), base_url="http://127.0.0.1:4000/v1") == [], "nor is the provider a cloud"


def test_an_mcp_server_needs_tls() -> None:
    ((_, code, message),) = warnings_of(mcp(server_url="http://notes.example/mcp"))
    assert code == "unreachable_server"
    assert "use an https:// address" in message


@pytest.mark.parametrize("server", [{"server_url": "https://8.8.8.8/mcp"}, {}])
def test_an_mcp_server_on_the_internet_is_fine(server: dict[str, str]) -> None:
    assert warnings_of(mcp(**server)) == []


def test_a_connector_is_fine() -> None:
    tool = {"type": "mcp", "server_label": "mail", "connector_id": "connector_gmail", "require_approval": "never"}
    assert warnings_of({"tools": [tool]}) == []


@pytest.mark.parametrize(
    "options",
    [
        {"require_approval": "always"},
        {"require_approval": {"always": {"tool_names": ["delete"]}, "never": {"read_only": True}}},
        {"require_approval": {}},
        {"require_approval": {"never": {"tool_names": ["find"]}}},
        {"require_approval": {"never": {"tool_names": ["find"]}}, "allowed_tools": ["find", "delete"]},
        {"require_approval": {"never": {"tool_names": ["find"]}}, "allowed_tools": {"read_only": True}},
        {"require_approval": {"never": {"read_only": True}}, "allowed_tools": ["find"]},
    ],
)
def test_an_approval_that_nobody_can_give(options: dict[str, Any]) -> None:
    ((where, code, message),) = warnings_of(mcp(**options))
    assert (where, code) == ("profiles.kitchen.tools.0.require_approval", "nobody_approves")
    assert "no screen of navai can approve a call — write `never`" in message


@pytest.mark.parametrize(
    "options",
    [
        {"require_approval": {"never": {"tool_names": ["find", "list"]}}, "allowed_tools": ["find"]},
        {"require_approval": {"never": {"tool_names": ["find"]}}, "allowed_tools": {"tool_names": ["find"]}},
        {"require_approval": {"never": {"read_only": True}}, "allowed_tools": {"read_only": True}},
    ],
)
def test_calls_that_need_no_approval(options: dict[str, Any]) -> None:
    assert warnings_of(mcp(**options)) == []


def test_without_a_rule_the_provider_waits_for_approvals() -> None:
    tool = {"type": "mcp", "server_label": "notes", "server_url": "https://notes.example/mcp"}
    ((where, code, message),) = warnings_of({"tools": [tool, {"type": "function", "name": "lights"}]})
    assert (where, code) == ("profiles.kitchen.tools.0", "nobody_approves")
    assert "add `require_approval: never`" in message


def test_automatic_keywords_are_home_assistants() -> None:
    profile = {"transcription": {"model": "gpt-transcribe", "keywords": ["auto", "Ana"]}}
    ((where, code, message),) = warnings_of(profile)
    assert (where, code) == ("profiles.kitchen.transcription.keywords", "other_host")
    assert "only in Home Assistant — list the names instead" in message
    assert warnings_of(profile, Host.HOME_ASSISTANT) == []
    assert warnings_of({"transcription": {"model": "gpt-transcribe", "keywords": ["Ana"]}}) == []
