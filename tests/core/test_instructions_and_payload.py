import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navai_core.models import VoiceProfile
from navai_core.provider.keywords import as_keywords
from navai_core.provider.payload import build_instructions, build_payload, build_session, instructions_of
from navai_core.providers import PROVIDERS
from navai_core.simulator.session import read_order

PLAIN = VoiceProfile(
    key="p", name="P", model="gpt-realtime", voice="marin", instructions="You are a helpful assistant."
)


def test_the_contract_field_by_field() -> None:
    profile = replace(PLAIN, language="Spanish", accent="neutral", tone="warm")
    assert build_payload(profile, provider=PROVIDERS["openai"], ttl=600) == {
        "expires_after": {"anchor": "created_at", "seconds": 600},
        "session": {
            "type": "realtime",
            "model": "gpt-realtime",
            "instructions": "You are a helpful assistant.\nAlways reply in Spanish.\n"
            "Use a neutral accent while speaking.\nUse a warm tone while speaking.",
            "audio": {"output": {"voice": "marin"}},
        },
    }


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ({}, ["Base"]),
        ({"language": "  "}, ["Base"]),
        ({"language": "es-MX"}, ["Base", "Always reply in Mexican Spanish."]),
        ({"language": " French "}, ["Base", "Always reply in French."]),
        ({"accent": " Irish "}, ["Base", "Use a Irish accent while speaking."]),
        ({"tone": "calm"}, ["Base", "Use a calm tone while speaking."]),
        ({"language": " Auto "}, ["Base"]),
    ],
)
def test_lines_appear_only_when_they_say_something(said: dict[str, str], lines: list[str]) -> None:
    assert build_instructions("  Base \n", **said) == "\n".join(lines)


def test_blank_base_instructions_leave_no_empty_line() -> None:
    assert build_instructions("  ", tone="calm") == "Use a calm tone while speaking."


@given(st.text(), st.text(), st.text(), st.text())
def test_instructions_never_have_blank_lines_of_their_own(base: str, language: str, accent: str, tone: str) -> None:
    text = build_instructions(base, language=language, accent=accent, tone=tone)
    assert text.startswith(base.strip())
    assert text == text.strip() or language.strip() or accent.strip() or tone.strip()


FULL = replace(
    PLAIN,
    model="gpt-realtime-2.1",
    voice="voice_abc123",
    language="German",
    speed=1.25,
    modality="audio",
    turn_detection={"type": "server_vad", "threshold": 0.4},
    noise_reduction="far_field",
    transcription="gpt-transcribe",
    max_output_tokens="inf",
    truncation={"retention_ratio": 0.8, "post_instructions": 5000},
    reasoning_effort="low",
    parallel_tool_calls=False,
    tools=({"type": "function", "name": "lights"},),
    tool_choice={"type": "function", "name": "lights"},
    tracing={"workflow_name": "home"},
)


def test_every_session_option_has_its_place_on_the_wire() -> None:
    assert build_session(FULL) == {
        "type": "realtime",
        "model": "gpt-realtime-2.1",
        "instructions": instructions_of(FULL),
        "output_modalities": ["audio"],
        "audio": {
            "input": {
                "turn_detection": {"type": "server_vad", "threshold": 0.4},
                "noise_reduction": {"type": "far_field"},
                "transcription": {"model": "gpt-transcribe", "languages": ["de"]},
            },
            "output": {"voice": {"id": "voice_abc123"}, "speed": 1.25},
        },
        "max_output_tokens": "inf",
        "truncation": {
            "type": "retention_ratio",
            "retention_ratio": 0.8,
            "token_limits": {"post_instructions": 5000},
        },
        "reasoning": {"effort": "low"},
        "parallel_tool_calls": False,
        "tools": [{"type": "function", "name": "lights"}],
        "tool_choice": {"type": "function", "name": "lights"},
        "tracing": {"workflow_name": "home"},
    }


@pytest.mark.parametrize("option", ["turn_detection", "noise_reduction", "transcription"])
def test_the_word_none_is_null_on_the_wire(option: str) -> None:
    session = build_session(replace(PLAIN, **{option: "none"}))
    assert session["audio"]["input"] == {option: None}


def test_tracing_none_is_null_and_auto_is_a_word() -> None:
    assert build_session(replace(PLAIN, tracing="none"))["tracing"] is None
    assert build_session(replace(PLAIN, tracing="auto"))["tracing"] == "auto"
    assert "tracing" not in build_session(PLAIN)


def test_words_stand_for_their_groups() -> None:
    session = build_session(
        replace(PLAIN, turn_detection="semantic_vad", truncation={"retention_ratio": 0.5}, tool_choice="required")
    )
    assert session["audio"]["input"]["turn_detection"] == {"type": "semantic_vad"}
    assert session["truncation"] == {"type": "retention_ratio", "retention_ratio": 0.5}
    assert session["tool_choice"] == "required"
    assert build_session(replace(PLAIN, truncation="disabled"))["truncation"] == "disabled"


@pytest.mark.parametrize("model", ["gpt-transcribe", "gpt-live-transcribe"])
@pytest.mark.parametrize("said", [{}, {"language": "de"}])
def test_the_newer_transcription_models_get_a_list_of_languages(model: str, said: dict[str, str]) -> None:
    session = build_session(replace(PLAIN, language="German", transcription={"model": model, **said}))
    assert session["audio"]["input"]["transcription"] == {"model": model, "languages": ["de"]}
    read_order({"session": session})


@pytest.mark.parametrize("model", ["gpt-realtime-whisper", "whisper-1", "gpt-4o-transcribe", "gpt-transcribe"])
def test_norwegian_has_the_code_that_transcription_models_know(model: str) -> None:
    session = build_session(replace(PLAIN, language="nb-NO", transcription=model))
    transcription = session["audio"]["input"]["transcription"]
    assert transcription.get("language", *transcription.get("languages", [])) == "no"
    read_order({"session": session})


def test_a_stated_transcription_language_wins_over_the_hint() -> None:
    transcription = {"model": "whisper-1", "language": "pt", "prompt": "Küche"}
    session = build_session(replace(PLAIN, language="German", transcription=transcription))
    assert session["audio"]["input"]["transcription"] == transcription


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"model": "gpt-transcribe", "languages": ["es", "nb"]}, {"languages": ["es", "no"]}),
        ({"model": "gpt-transcribe-2026-08-01", "language": "es"}, {"languages": ["es"]}),
        ({"model": "openai/gpt-live-transcribe", "language": "es"}, {"languages": ["es"]}),
        ({"model": "my-deployment", "languages": ["es", "en"]}, {"languages": ["es", "en"]}),
        ({"model": "my-deployment"}, {"language": "de"}),
        ({"model": "gpt-transcribe", "language": "auto"}, {}),
        ({"model": "gpt-transcribe", "keywords": ["auto"], "languages": ["es"]}, {"languages": ["es"]}),
        (
            {"model": "gpt-transcribe", "keywords": ["auto", " Ana ", "ana", "Sala\u2028<1>"], "language": "auto"},
            {"keywords": ["Ana", "Sala 1"]},
        ),
    ],
)
def test_languages_and_keywords_on_the_wire(given: dict[str, Any], sent: dict[str, Any]) -> None:
    session = build_session(replace(PLAIN, language="German", transcription=given))
    assert session["audio"]["input"]["transcription"] == {"model": given["model"]} | sent


def test_the_strength_of_noise_reduction_and_the_filters_of_tools_on_the_wire() -> None:
    noise = {"type": "far_field", "strength": 2}
    tool = {
        "type": "mcp",
        "server_label": "notes",
        "server_url": "https://notes.example/mcp",
        "allowed_tools": {"read_only": True, "tool_names": ["find"]},
        "require_approval": {"always": {"tool_names": ["delete"]}, "never": {"read_only": True}},
    }
    session = build_session(replace(PLAIN, noise_reduction=noise, tools=(tool,)))
    assert session["audio"]["input"]["noise_reduction"] == noise
    assert session["tools"] == [tool]
    read_order({"session": session})


@pytest.mark.parametrize("name", ["azure", "compatible"])
def test_only_openais_names_tell_what_a_model_accepts(name: str) -> None:
    profile = replace(FULL, model="voice-of-the-kitchen")
    session = build_payload(profile, provider=PROVIDERS[name], ttl=600)["session"]
    assert session["reasoning"] == {"effort": "low"}
    assert session["parallel_tool_calls"] is False


def test_there_are_at_most_a_hundred_keywords() -> None:
    names = as_keywords(f"Room {number}" for number in range(130))
    assert (len(names), names[-1]) == (100, "Room 99")
    assert as_keywords(["x" * 200]) == ["x" * 100]


@given(st.lists(st.text(), max_size=130))
def test_keywords_are_what_the_provider_accepts(names: list[str]) -> None:
    words = as_keywords(names)
    assert len(words) <= 100
    assert len({word.casefold() for word in words}) == len(words)
    profile = replace(PLAIN, transcription={"model": "gpt-transcribe", "keywords": words})
    read_order({"session": build_session(profile)})
    assert as_keywords(words) == words


def test_reasoning_is_not_sent_to_a_model_that_refuses_it() -> None:
    session = build_session(replace(FULL, model="gpt-realtime-1.5"))
    assert "reasoning" not in session
    assert "parallel_tool_calls" not in session


def test_a_compatible_provider_gets_no_anchor_and_at_most_an_hour() -> None:
    payload = build_payload(PLAIN, provider=PROVIDERS["compatible"], ttl=7200)
    assert payload["expires_after"] == {"seconds": 3600}


def test_payloads_are_json() -> None:
    json.dumps(build_payload(FULL, provider=PROVIDERS["azure"], ttl=10))
