import gc
import re
import subprocess
import sys
from dataclasses import fields
from datetime import date
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from secret_watch import WATCH

from navai_core.config.load import load_settings, settings_from_block
from navai_core.config.model_warnings import retiring_models
from navai_core.config.options import CLIENT_SECRET_REQUEST, HUB, PROFILE, ROOT, START_REQUEST, Host, Kind, Option
from navai_core.config.options.block import LIMITS
from navai_core.config.options.removed import Removed
from navai_core.config.schema import check_request
from navai_core.config.validators.base import counted, quoted
from navai_core.exceptions import ConfigError, InvalidInputError, Problem
from navai_core.models import HubSettings, Limits, Settings, VoiceProfile
from navai_core.provider.payload import build_session
from navai_core.redact import redact

ROOT_FOLDER = Path(__file__).parents[2]
TODAY = date(2026, 11, 22)
TOKEN = WATCH.secret("tok_hallway_Xq7mZt2LxW9")
OTHER = WATCH.secret("tok_kitchen_Xq7mZt2LxW9")
KEY = WATCH.secret("sk-config-0123456789")


def load(text: str, folder: Path, **more: Any) -> Settings:
    path = folder / "navai.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path, environ=more.pop("environ", {}), today=TODAY, **more)


def problems_of(block: Any, **environ: str) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        settings_from_block(block, environ=environ, today=TODAY)
    return list(caught.value.problems)


def block(**more: Any) -> dict[str, Any]:
    return {"api_key": KEY, "profiles": {"kitchen": {"model": "gpt-realtime-2.1"}}} | more


def profile(**options: Any) -> dict[str, Any]:
    return block(profiles={"kitchen": {"model": "gpt-realtime-2.1"} | options})


def of_room(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"room": schema}}


def mcp(**options: Any) -> dict[str, Any]:
    tool = {"type": "mcp", "server_label": "notes", "server_url": "https://notes.example/mcp"}
    return profile(tools=[tool | options])


def made(**options: Any) -> VoiceProfile:
    return settings_from_block(profile(**options), environ={}, today=TODAY).profiles["kitchen"]


def test_a_server_of_tools_may_be_signed_in_to_by_a_header_alone() -> None:
    found = settings_from_block(mcp(headers={"Authorization": "Bearer tok_2"}), environ={}, today=TODAY)
    assert found.profiles["kitchen"].tools


def test_the_design_block(tmp_path: Path) -> None:
    (tmp_path / "secrets.yaml").write_text(f"openai_api_key: {KEY}\nhallway_token: {TOKEN}\n")
    settings = load(
        """
navai:
  api_key: !secret openai_api_key
  provider: openai
  base_url: https://api.openai.com/v1
  client_secret_ttl: 600
  allow_request_api_key: false
  defaults:
    model: gpt-realtime-2.1
    voice: marin
  profiles:
    kitchen:
      name: Kitchen helper
      language: Spanish
      accent: neutral Latin American
      tone: warm and brief
      instructions: You help a family cook.
      transport: brokered
      llm_api: assist
      allow_overrides: [language, tone]
      limits:
        sessions: 2
        session_length: "00:15:00"
        idle_timeout: "00:02:00"
        secrets_per_minute: 10
        daily_minutes: 60
        daily_cost: 2.50
  displays:
    hallway_tablet:
      name: Hallway tablet
      area: hallway
      profile: kitchen
      token: !secret hallway_token
""",
        tmp_path,
    )
    kitchen = settings.profiles["kitchen"]
    assert (kitchen.model, kitchen.voice, kitchen.language) == ("gpt-realtime-2.1", "marin", "Spanish")
    assert kitchen.llm_api == ("assist",)
    assert kitchen.allow_overrides == {"language", "tone"}
    assert kitchen.limits == Limits(
        sessions=2, session_length=900, idle_timeout=120, secrets_per_minute=10, daily_minutes=60, daily_cost=2.5
    )
    assert settings.displays["hallway_tablet"].profiles == ("kitchen",)
    assert settings.api_key is not None
    assert settings.api_key.reveal() == KEY
    inactive = {warning.dotted: warning for warning in settings.warnings}
    assert {path.removeprefix("navai.") for path in inactive} == {
        "profiles.kitchen.transport",
        "profiles.kitchen.llm_api",
        "profiles.kitchen.limits.sessions",
        "profiles.kitchen.limits.daily_minutes",
        "profiles.kitchen.limits.daily_cost",
        "displays.hallway_tablet.area",
    }
    assert {warning.code for warning in settings.warnings} == {"not_yet_active", "other_host"}
    assert inactive["navai.profiles.kitchen.transport"].line == 18
    assert KEY not in repr(settings)
    assert TOKEN not in repr(settings)


def test_the_example_configuration_is_valid_and_warns_of_nothing() -> None:
    settings = load_settings(
        ROOT_FOLDER / "config.example.yaml", environ={}, secrets=lambda name: f"tok_{name}_Xq7mZt2LxW9", today=TODAY
    )
    assert settings.warnings == ()
    assert len(settings.profiles) >= 3


@pytest.mark.parametrize(
    ("wrong", "path", "code", "says"),
    [
        (block(api_keey="x"), "api_keey", "unknown_key", "did you mean `api_key`?"),
        (block(voice="marin"), "voice", "unknown_key", "belongs under `defaults:`"),
        (block(qwertzuiop=1), "qwertzuiop", "unknown_key", "use one of `api_key`"),
        (block(provider="opnai"), "provider", "unknown_choice", "did you mean `openai`?"),
        (block(provider=3), "provider", "unknown_choice", "`compatible` — not `3`"),
        (block(provider="siri!"), "provider", "unknown_choice", "`compatible` — not `siri!`"),
        (block(provider="the one with the cat"), "provider", "unknown_choice", "not `the one with the cat`"),
        (block(provider="the one with the dogs"), "provider", "unknown_choice", "not `the one with the dog…`"),
        (block(timeout="5 %"), "timeout", "wrong_type", "not `5 %`"),
        (block(timeout=date(2026, 1, 1)), "timeout", "wrong_type", "not a date"),
        (profile(voice=True), "profiles.kitchen.voice", "wrong_type", "a voice — not a boolean; put it in quotes"),
        (block(default_profile=750), "default_profile", "wrong_type", "not a number; put it in quotes"),
        (block(api_key=""), "api_key", "too_short", "must not be empty"),
        (block(api_key=123), "api_key", "wrong_type", "must be a string — not a number; put it in quotes"),
        (block(api_key=["sk"]), "api_key", "wrong_type", "must be a string — not a list"),
        (block(api_key="sk-a\x00b"), "api_key", "control_characters", "remove"),
        (block(client_secret_ttl=9), "client_secret_ttl", "out_of_range", "between 10 and 7200 s"),
        (block(client_secret_ttl=7201), "client_secret_ttl", "out_of_range", "between 10 and 7200 s"),
        (block(client_secret_ttl=True), "client_secret_ttl", "wrong_type", "whole number (s)"),
        (block(client_secret_ttl="600"), "client_secret_ttl", "wrong_type", "whole number (s)"),
        (block(client_secret_ttl=10.5), "client_secret_ttl", "wrong_type", "without a fraction"),
        (block(client_secret_ttl=float("nan")), "client_secret_ttl", "wrong_type", "whole number"),
        (block(client_secret_ttl=10**400), "client_secret_ttl", "out_of_range", "between 10 and 7200 s"),
        (block(timeout=10**400), "timeout", "out_of_range", "between 1 and 120 s"),
        (profile(speed=-(10**400)), "profiles.kitchen.speed", "out_of_range", "between 0.25 and 1.5"),
        (block(client_secret_ttl=None), "client_secret_ttl", "empty", "give it a value"),
        (block(timeout="soon"), "timeout", "wrong_type", "HH:MM:SS"),
        (block(timeout=True), "timeout", "wrong_type", "HH:MM:SS"),
        (block(timeout=0), "timeout", "out_of_range", "between 1 and 120 s"),
        (block(allow_request_api_key="no"), "allow_request_api_key", "wrong_type", "without quotes"),
        (block(base_url="api.openai.com"), "base_url", "invalid_url", "https://host.example"),
        (block(base_url=8), "base_url", "invalid_url", "https://host.example"),
        (block(base_url="https://a:b@host/v1"), "base_url", "invalid_url", "without a user"),
        (block(base_url="https://foo..bar/v1"), "base_url", "invalid_url", "https://host.example"),
        (block(base_url="https://ho\\st/v1"), "base_url", "invalid_url", "https://host.example"),
        (block(base_url="ftp://host/v1"), "base_url", "invalid_url", "https://host.example"),
        (block(base_url="https://host:99999/v1"), "base_url", "invalid_url", "https://host.example"),
        (block(base_url="https://host/a b"), "base_url", "invalid_url", "https://host.example"),
        (block(base_url="http://api.openai.com/v1"), "base_url", "insecure_url", "must start with https://"),
        (block(provider="azure"), "base_url", "missing_key", "https://my-resource.openai.azure.com/openai/v1"),
        (
            block(provider="compatible", base_url="https://api.x.ai/v1", client_secret_ttl=7200),
            "client_secret_ttl",
            "out_of_range",
            "at most 3600",
        ),
        (block(default_profile="kitchn"), "default_profile", "unknown_profile", "did you mean `kitchen`?"),
        (block(profiles={}), "profiles", "too_short", "add one"),
        (block(profiles=None), "profiles", "wrong_type", "indented below"),
        (block(profiles=["kitchen"]), "profiles", "wrong_type", "indented below"),
        (block(profiles={"Kitchen": {}}), "profiles.Kitchen", "invalid_name", "lowercase letters"),
        (block(profiles={True: {}}), "profiles.true", "invalid_name", "not a boolean; put it in quotes"),
        (block(profiles={None: {}}), "profiles.null", "invalid_name", "not an empty value; put it in quotes"),
        (block(profiles={12345678: {}}), "profiles.…", "invalid_name", "not a number; put it in quotes"),
        (block(profiles={1.5: {}}), "profiles.…", "invalid_name", "not a number; put it in quotes"),
        (block(profiles={"a" * 65: {}}), "profiles.…", "invalid_name", "at most 64 characters"),
        (block(profiles={"Küche 2": {}}), "profiles.Küche 2", "invalid_name", "`Küche 2` is not a valid name: use"),
        (block(profiles={"Küche 2": {}}), "profiles.Küche 2", "invalid_name", "such as `kuche_2`"),
        (block(profiles={"客厅": {}}), "profiles.客厅", "invalid_name", "is its option `name`"),
        (block(profiles={"Sk-0123456789abcdef": {}}), "profiles.…", "invalid_name", "is not a valid name: use"),
        (block(profiles={"profiles": {"kitchen": {}}}), "profiles.profiles", "unknown_key", "remove this line"),
        (block(displays={"navai": {"displays": {}}}), "displays.navai", "unknown_key", "remove this line"),
        (block(navai={"profiles": {}}), "navai", "unknown_key", "the name of the section that it is in"),
        (profile(kitchen={"tone": "warm"}), "profiles.kitchen.kitchen", "unknown_key", "remove this line"),
        (block(profiles={"kitchen": "hello"}), "profiles.kitchen", "wrong_type", "must be a section"),
        (profile(voice="marine"), "profiles.kitchen.voice", "unknown_voice", "did you mean `marin`?"),
        (profile(voice="voice_"), "profiles.kitchen.voice", "unknown_voice", "use one of `alloy`"),
        (profile(voice={"id": "marin"}), "profiles.kitchen.voice", "unknown_voice", "custom voice"),
        (profile(voice={"name": "marin"}), "profiles.kitchen.voice", "wrong_type", "name of a voice"),
        (profile(voice=" "), "profiles.kitchen.voice", "wrong_type", "name of a voice"),
        (profile(speed=2), "profiles.kitchen.speed", "out_of_range", "between 0.25 and 1.5"),
        (profile(speed="fast"), "profiles.kitchen.speed", "wrong_type", "must be a number"),
        (profile(language="x" * 101), "profiles.kitchen.language", "too_long", "at most 100"),
        (profile(tone="a\nb"), "profiles.kitchen.tone", "control_characters", "remove"),
        (profile(tone="a\u2066b"), "profiles.kitchen.tone", "control_characters", "remove"),
        (profile(tone="a\U000e0041b"), "profiles.kitchen.tone", "control_characters", "remove"),
        (profile(tone="a\u202eb"), "profiles.kitchen.tone", "control_characters", "remove"),
        (profile(turn_detection="loud"), "profiles.kitchen.turn_detection", "unknown_choice", "`server_vad`"),
        (
            profile(turn_detection={"type": "semantic_vad", "threshold": 0.5}),
            "profiles.kitchen.turn_detection.threshold",
            "misplaced_key",
            "is not for `semantic_vad`",
        ),
        (
            profile(turn_detection={"eagerness": "low"}),
            "profiles.kitchen.turn_detection.type",
            "missing_key",
            "add it",
        ),
        (
            profile(turn_detection={"type": "server_vad", "idle_timeout_ms": 4999}),
            "profiles.kitchen.turn_detection.idle_timeout_ms",
            "out_of_range",
            "between 5000 and 30,000 ms — not `4999`",
        ),
        (profile(transcription="no such model!"), "profiles.kitchen.transcription", "unknown_choice", "one of"),
        (profile(transcription=7), "profiles.kitchen.transcription", "unknown_choice", "one of"),
        (profile(max_output_tokens="lots"), "profiles.kitchen.max_output_tokens", "wrong_type", "whole number"),
        (profile(llm_api=1), "profiles.kitchen.llm_api", "wrong_type", "strings — not a number; put it in quotes"),
        (profile(llm_api={}), "profiles.kitchen.llm_api", "wrong_type", "must be a list of strings — not a map"),
        (profile(llm_api=["a", 1]), "profiles.kitchen.llm_api.1", "wrong_type", "string — not a number; put it in"),
        (profile(llm_api=[{"a": 1}]), "profiles.kitchen.llm_api.0", "wrong_type", "must be a string — not a map"),
        (profile(llm_api=["a\x07"]), "profiles.kitchen.llm_api.0", "control_characters", "remove"),
        (profile(llm_api=[" "]), "profiles.kitchen.llm_api.0", "wrong_type", "must not be empty"),
        (profile(llm_api="x" * 4097), "profiles.kitchen.llm_api", "too_long", "at most 4096 characters"),
        (
            profile(allow_overrides=["langage"]),
            "profiles.kitchen.allow_overrides.0",
            "unknown_choice",
            "did you mean `language`?",
        ),
        (profile(tools={"type": "function"}), "profiles.kitchen.tools", "wrong_type", "list of sections"),
        (profile(tools=[7]), "profiles.kitchen.tools.0", "wrong_type", "must be a section"),
        (profile(tools=[{"type": "function"}]), "profiles.kitchen.tools.0.name", "missing_key", "add it"),
        (
            profile(tools=[{"type": "mcp", "server_label": "x"}]),
            "profiles.kitchen.tools.0",
            "missing_key",
            "either `server_url` or `connector_id`",
        ),
        (
            profile(tools=[{"type": "function", "name": "x"}, {"type": "function", "name": "x"}]),
            "profiles.kitchen.tools.1",
            "duplicate",
            "rename it",
        ),
        (
            profile(tools=[{"type": "function", "name": "x", "parameters": {"a": float("inf")}}]),
            "profiles.kitchen.tools.0.parameters",
            "invalid_value",
            "`a` is not a finite number",
        ),
        (
            profile(tracing={"metadata": {"a": {"b": [1, date(2026, 1, 1)]}}}),
            "profiles.kitchen.tracing.metadata.a.b.1",
            "wrong_type",
            "must be a value of JSON — not a date; put it in quotes",
        ),
        (
            profile(tracing={"metadata": {"a": b"x"}}),
            "profiles.kitchen.tracing.metadata",
            "invalid_value",
            "`a` is not a JSON value",
        ),
        (
            profile(tracing={"metadata": {"a": {5: "x"}}}),
            "profiles.kitchen.tracing.metadata.a.5",
            "wrong_type",
            "has a key that must be a string — not a number; put it in quotes",
        ),
        (
            profile(tracing={"metadata": {"a": 10**400}}),
            "profiles.kitchen.tracing.metadata",
            "invalid_value",
            "`a` is too large",
        ),
        (
            profile(tracing={"metadata": reduce(lambda inner, _: {"a": inner}, range(40), {})}),
            "profiles.kitchen.tracing.metadata",
            "invalid_value",
            "`a.a.a` is nested too deeply",
        ),
        (
            profile(tools=[{"type": "function", "name": "turn on"}]),
            "profiles.kitchen.tools.0.name",
            "invalid_value",
            "letters from a to z",
        ),
        (mcp(authorization=""), "profiles.kitchen.tools.0.authorization", "too_short", "must not be empty"),
        *(
            (
                profile(tools=[{"type": "function", "name": "x", "parameters": schema}]),
                "profiles.kitchen.tools.0.parameters",
                "invalid_value",
                "must describe an object",
            )
            for schema in ({}, {"type": "string"}, {"type": ["object"]}, {"type": "object", "anyOf": []})
        ),
        *(
            (
                profile(tools=[{"type": "function", "name": "x", "parameters": of_room(schema)}]),
                f"profiles.kitchen.tools.0.parameters.properties.room{path}",
                "invalid_value",
                words,
            )
            for schema, path, words in (
                ({"description": {"suggested_value": "hall"}}, ".description", "must be a string"),
                ({"type": "integer", "enum": [1, "auto"]}, ".enum", "not of its `type`"),
                ({"type": "string", "nullable": True}, ".nullable", "write the type as a list"),
                ({"type": "text"}, ".type", "must be one of string, integer,"),
                ({"anyOf": [{"type": "string"}, {"required": True}]}, ".anyOf.1.required", "must be a list of names"),
            )
        ),
        (
            profile(tools=[{"type": "function", "name": "x", "parameters": of_room("a string")}]),
            "profiles.kitchen.tools.0.parameters",
            "invalid_value",
            "is not a JSON Schema: it has something else where a schema belongs",
        ),
        (
            profile(tools=[{"type": "function", "name": f"t{number}"} for number in range(129)]),
            "profiles.kitchen.tools",
            "out_of_range",
            "at most 128 tools, not 129",
        ),
        (
            block(defaults={"tools": [{"type": "function", "name": f"t{number}"} for number in range(129)]}),
            "defaults.tools",
            "out_of_range",
            "at most 128 tools",
        ),
        (
            mcp(authorization="tok_1", headers={"authorization": "Bearer tok_2"}),
            "profiles.kitchen.tools.0.headers",
            "duplicate",
            "remove one",
        ),
        (
            profile(
                tools=[
                    {
                        "type": "mcp",
                        "server_label": "x",
                        "connector_id": "connector_gmail",
                        "headers": {"Authorization": "Bearer tok_2"},
                    }
                ]
            ),
            "profiles.kitchen.tools.0.headers",
            "misplaced_key",
            "write `authorization`",
        ),
        (mcp(headers="x"), "profiles.kitchen.tools.0.headers", "wrong_type", "map of strings"),
        (mcp(headers={"X-A": 1}), "profiles.kitchen.tools.0.headers.X-A", "wrong_type", "not a number; put it in"),
        (mcp(headers={True: "x"}), "profiles.kitchen.tools.0.headers.true", "wrong_type", "key that must be a string"),
        (mcp(headers={"X-A": "a\nb"}), "profiles.kitchen.tools.0.headers", "control_characters", "remove"),
        (
            profile(tool_choice={"type": "function"}),
            "profiles.kitchen.tool_choice.name",
            "missing_key",
            "add it",
        ),
        (
            profile(tool_choice={"type": "function", "name": "turn on"}),
            "profiles.kitchen.tool_choice.name",
            "invalid_value",
            "letters from a to z",
        ),
        (
            profile(tool_choice={"type": "mcp", "name": "turn on"}),
            "profiles.kitchen.tool_choice.server_label",
            "missing_key",
            "add it",
        ),
        (
            profile(transcription={"model": ""}),
            "profiles.kitchen.transcription.model",
            "too_short",
            "must not be empty",
        ),
        (
            profile(transcription={"model": "gpt-transcribe", "language": "Klingonese"}),
            "profiles.kitchen.transcription.language",
            "unknown_language",
            "such as es or es-MX",
        ),
        (
            profile(transcription={"model": "whisper-1", "languages": ["es"]}),
            "profiles.kitchen.transcription.languages",
            "misplaced_key",
            "write `language`",
        ),
        (
            profile(transcription={"model": "gpt-realtime-whisper", "keywords": "auto"}),
            "profiles.kitchen.transcription.keywords",
            "misplaced_key",
            "use the model gpt-transcribe",
        ),
        (
            profile(transcription={"model": "gpt-transcribe", "language": "es", "languages": ["en"]}),
            "profiles.kitchen.transcription.language",
            "duplicate",
            "beside `languages`",
        ),
        (
            profile(transcription={"model": "gpt-transcribe", "languages": ["es", "Germn"]}),
            "profiles.kitchen.transcription.languages",
            "unknown_language",
            "did you mean `German`?",
        ),
        (
            profile(transcription={"model": "gpt-transcribe", "languages": []}),
            "profiles.kitchen.transcription.languages",
            "wrong_type",
            "must be a list of languages",
        ),
        (
            profile(transcription={"model": "gpt-transcribe", "keywords": ["Ana", "<b>"]}),
            "profiles.kitchen.transcription.keywords",
            "invalid_value",
            "`<` or `>`",
        ),
        (
            profile(transcription={"model": "gpt-transcribe", "keywords": ["two\nlines"]}),
            "profiles.kitchen.transcription.keywords.0",
            "control_characters",
            "control characters",
        ),
        (
            profile(transcription={"model": "gpt-transcribe", "keywords": ["x" * 101]}),
            "profiles.kitchen.transcription.keywords",
            "too_long",
            "at most 100 characters",
        ),
        (
            profile(transcription={"model": "gpt-transcribe", "keywords": [str(n) for n in range(101)]}),
            "profiles.kitchen.transcription.keywords",
            "too_long",
            "at most 100 names",
        ),
        (profile(language="Germn"), "profiles.kitchen.language", "unknown_language", "did you mean `German`?"),
        (profile(language="espanol"), "profiles.kitchen.language", "unknown_language", "did you mean `Spanish`?"),
        (profile(language="Qwxz"), "profiles.kitchen.language", "unknown_language", "such as es or es-MX"),
        (profile(language="multi"), "profiles.kitchen.language", "unknown_language", "write `auto`"),
        (profile(language=False), "profiles.kitchen.language", "wrong_type", "put it in quotes"),
        (profile(noise_reduction={"strength": 2}), "profiles.kitchen.noise_reduction.type", "missing_key", "add it"),
        (
            profile(noise_reduction={"type": "far_field", "strength": -1}),
            "profiles.kitchen.noise_reduction.strength",
            "out_of_range",
            "between 0 and 100",
        ),
        (
            mcp(require_approval={"nevr": {}}),
            "profiles.kitchen.tools.0.require_approval.nevr",
            "unknown_key",
            "did you mean `never`?",
        ),
        (
            mcp(allowed_tools={"tool_names": [1]}),
            "profiles.kitchen.tools.0.allowed_tools.tool_names.0",
            "wrong_type",
            "must be a string",
        ),
        (mcp(allowed_tools=7), "profiles.kitchen.tools.0.allowed_tools", "wrong_type", "not a number"),
        (
            profile(transcription={"model": "gpt-realtime-whisper", "prompt": "Küche"}),
            "profiles.kitchen.transcription.prompt",
            "misplaced_key",
            "is not for gpt-realtime-whisper",
        ),
        (
            profile(tracing={"metadata": "x"}),
            "profiles.kitchen.tracing.metadata",
            "wrong_type",
            "must be a map of",
        ),
        (
            profile(model="gpt-realtime-1.5", reasoning_effort="low"),
            "profiles.kitchen.reasoning_effort",
            "misplaced_key",
            "gpt-realtime-2 family",
        ),
        (
            block(defaults={"parallel_tool_calls": True}, profiles={"old": {"model": "gpt-realtime"}}),
            "defaults.parallel_tool_calls",
            "misplaced_key",
            "gpt-realtime-2 family",
        ),
        (profile(limits={"sessions": 0}), "profiles.kitchen.limits.sessions", "out_of_range", "between 1"),
        (block(displays={"a": {}}), "displays.a.profile", "missing_key", "add it"),
        (block(displays={"a": None}), "displays.a.profile", "missing_key", "add it"),
        (block(displays={"a": {"profile": "x"}}), "displays.a.profile", "unknown_profile", "use one of `kitchen`"),
        (
            block(displays={"a": {"profile": "kitchen", "profiles": []}}),
            "displays.a.profiles",
            "wrong_type",
            "list of profile names, with at least one",
        ),
        (
            block(displays={"a": {"profile": "kitchen", "profiles": 5}}),
            "displays.a.profiles",
            "wrong_type",
            "list of profile names — not a number; put it in quotes",
        ),
        (
            block(displays={"a": {"profile": "kitchen", "profiles": ["kitchen", False]}}),
            "displays.a.profiles.1",
            "wrong_type",
            "name of a profile — not a boolean; put it in quotes",
        ),
        (
            block(displays={"a": {"profile": "kitchen", "token": "short"}}),
            "displays.a.token",
            "too_short",
            "at least 16 characters — run `navai hash-token --new` to make one, and copy its whole hash",
        ),
        (
            block(displays={"a": {"profile": "kitchen", "token": "sk-a-key-in-the-wrong-place"}})
            | {"api_key": "sk-a-key-in-the-wrong-place"},
            "displays.a.token",
            "duplicate",
            "is the API key",
        ),
        (
            block(displays={"a": {"profile": "kitchen", "token": "sha256:tooshorthash"}}),
            "displays.a.token",
            "invalid_value",
            "navai hash-token",
        ),
        (
            block(displays={n: {"profile": "kitchen", "token": TOKEN} for n in "ab"}),
            "displays.b.token",
            "duplicate",
            "its own token",
        ),
        *(
            (where(f"tok_{bad}_Xq7mZt2LxW9"), path, "invalid_token", "without spaces — run `navai hash-token --new`")
            for bad in ("my hall", "h\u00e4ll", "h\u00a0l", "\u5ba2\u5385")
            for path, where in (
                ("displays.a.token", lambda token: block(displays={"a": {"profile": "kitchen", "token": token}})),
                (
                    "hub.users.a.token",
                    lambda token: block(hub={"users": {"a": {"profiles": "kitchen", "token": token}}}),
                ),
                ("hub.metrics_token", lambda token: block(hub={"metrics_token": token})),
            )
        ),
        (block(hub={"users": {"a": {"token": TOKEN}}}), "hub.users.a.profiles", "missing_key", "add it"),
        (block(hub={"trusted_proxies": "router"}), "hub.trusted_proxies.0", "invalid_value", "network"),
        (block(hub={"cors": "*"}), "hub.cors.0", "invalid_value", "origin"),
        (block(hub={"cors": "https://a.example/x"}), "hub.cors.0", "invalid_value", "origin"),
        (block(hub={"redis_url": "nonsense"}), "hub.redis_url", "invalid_url", "redis://localhost"),
        (block(hub={"redis_url": "redis://host:port/0"}), "hub.redis_url", "invalid_url", "redis://localhost"),
        (block(hub={"host": ""}), "hub.host", "too_short", "0.0.0.0 to listen everywhere"),
        (block(hub={"port": 10**400}), "hub.port", "out_of_range", "65,535"),
        (block(hub={"port": 65536}), "hub.port", "out_of_range", "65,535"),
        (block(hub={"tls": {"certificate": "a.pem"}}), "hub.tls.key", "missing_key", "add it"),
        (block(hub={"metrics_token": TOKEN, "users": {"a": {"token": TOKEN, "profiles": ["kitchen"]}}}),
         "hub.metrics_token", "duplicate", "its own token"),
        ("not a block", "", "wrong_type", "must be a section"),
        (None, "profiles", "missing_key", "add it"),
    ],
)  # fmt: skip
def test_mistakes(wrong: Any, path: str, code: str, says: str) -> None:
    (problem,) = problems_of(wrong)
    assert problem.dotted == f"navai.{path}".rstrip(".")
    assert problem.code == code
    assert says in problem.message


def lines_of(text: str, folder: Path, **files: str) -> list[str]:
    """The mistakes, without the folder's name."""
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(text, folder)
    return str(caught.value).replace(f"{folder}/", "").splitlines()


def test_what_yaml_does_not_read_as_a_string_is_shown_as_it_is_typed(tmp_path: Path) -> None:
    said = lines_of(
        """navai:
  client_secret_ttl: 0o7
  provider: Off
  timeout: 1_000
  api_key: 12345678901234567890
  profiles:
    on: {}
    0123: {}
    kitchen:
      users:
      - No
      - [a]
      - 123
      tone: ~
      accent: 12:30:00
      tools:
      - {type: function, name: 0x1F, parameters: {type: object, properties: {2026-01-02: {y: 2026-01-03}}}}
      tracing: {metadata: {until: 2026-01-02 10:00:00}}
  displays:
    hall: {profile: Yes, token: 1234567890123456}
""",
        tmp_path,
    )
    found = [re.fullmatch(r"navai.yaml:(\d+): navai\.([^ ]+): .* — (.*?)(; put it in quotes)?", line) for line in said]
    assert [match and (int(match[1]), match[2], match[3], bool(match[4])) for match in found] == [
        (2, "client_secret_ttl", "not `0o7`", False),
        (3, "provider", "not `Off`", False),
        (4, "timeout", "not `1_000`", False),
        (5, "api_key", "not a number", True),
        (7, "profiles.on", "`on` is read as a boolean", True),
        (8, "profiles.0123", "`0123` is read as a number", True),
        (11, "profiles.kitchen.users.0", "`No` is read as a boolean", True),
        (12, "profiles.kitchen.users.1", "not a list", False),
        (13, "profiles.kitchen.users.2", "`123` is read as a number", True),
        (14, "profiles.kitchen.tone", "give it a value, or remove the line", False),
        (15, "profiles.kitchen.accent", "`12:30:00` is read as a number", True),
        (17, "profiles.kitchen.tools.0.name", "`0x1F` is read as a number", True),
        (17, "profiles.kitchen.tools.0.parameters.properties.2026-01-02", "`2026-01-02` is read as a date", True),
        (18, "profiles.kitchen.tracing.metadata.until", "not a date", True),
        (20, "displays.hall.profile", "`Yes` is read as a boolean", True),
        (20, "displays.hall.token", "not a number", True),
    ]


misread = st.sampled_from(["on", "Off", "YES", "n", "~", "null", "0123", "0x1f", "12:30", "1.5", "1e3", ".inf", "-7"])


@given(st.lists(misread, max_size=4), misread)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_word_that_is_no_string_is_found_where_it_stands(tmp_path: Path, users: list[str], name: str) -> None:
    values = [yaml.safe_load(word) for word in [*users, name]]
    text = "navai:\n  profiles:\n    a:\n      users:\n" + "".join(f"      - {word}\n" for word in users)
    said = "\n".join(lines_of(f"{text}      - [no string]\n    {name}:\n", tmp_path))
    lines = [*range(5, 5 + len(users)), 6 + len(users)]
    for line, word, value in zip(lines, [*users, name], values, strict=True):
        if not isinstance(value, str):
            assert re.search(
                rf"^navai.yaml:{line}: .* — `{re.escape(word)}` is read as .*; put it in quotes$", said, re.MULTILINE
            )


def test_a_mistake_of_one_item_hides_no_other_mistake(tmp_path: Path) -> None:
    said = lines_of(
        """navai:
  base_url: http://api.openai.com/v1
  profiles:
    kitchen light: {}
    a:
      users: [No, 1]
      tools: [{type: function}, {type: function, name: x, parameters: {type: string}}]
  hub:
    cors: [1, https://a.example/x, "*"]
""",
        tmp_path,
    )
    assert [line.partition(" ")[0] for line in said] == [f"navai.yaml:{line}:" for line in (4, 6, 6, 7, 9, 2)]


@pytest.mark.parametrize(
    ("text", "files", "says"),
    [
        (
            "navai: !include all.yaml\n",
            {"all": "navai:\n  profiles:\n    a:\n"},
            "all.yaml:1: navai.navai: {}remove the first line, `navai:`",
        ),
        (
            "navai:\n  profiles: !include all.yaml\n",
            {"all": "# Voices\nprofiles:\n  a:\n"},
            "all.yaml:2: navai.profiles.profiles: {}remove line 2, `profiles:`",
        ),
        (
            "navai:\n  profiles:\n    a: !include all.yaml\n",
            {"all": "navai:\n  profiles:\n    a:\n"},
            "all.yaml:1: navai.profiles.a.navai: {}remove the first line, `navai:`",
        ),
    ],
)
def test_an_included_file_that_begins_with_its_section(
    tmp_path: Path, text: str, files: dict[str, str], says: str
) -> None:
    rule = "is the name of a section that includes this file — "
    assert says.format(rule) in lines_of(text, tmp_path, **files)


def test_a_profile_may_have_the_name_of_its_section(tmp_path: Path) -> None:
    settings = load(
        "navai:\n  profiles:\n    profiles: {tone: warm}\n  displays: {navai: {profile: profiles}}\n", tmp_path
    )
    assert list(settings.profiles) == ["profiles"]
    assert list(load("navai: {profiles: {profiles: }}\n", tmp_path).profiles) == ["profiles"]


def test_all_mistakes_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(
            """navai:
  api_keey: 1
  profiles:
    a:
      voice: merin
      tools:
        - type: functoin
    B: {}
  displays:
    d: {profile: c}
""",
            tmp_path,
        )
    found = {(problem.line, problem.code) for problem in caught.value.problems}
    assert found == {
        (2, "unknown_key"),
        (5, "unknown_voice"),
        (7, "unknown_choice"),
        (8, "invalid_name"),
        (10, "unknown_profile"),
    }
    assert str(caught.value).startswith(f"{tmp_path / 'navai.yaml'}:2: navai.api_keey: is not a valid option")


def test_one_look_tells_the_mistakes_of_all_kinds(tmp_path: Path) -> None:
    """A missing secret, wrong values, and mistakes of several options together: all at once."""
    with pytest.raises(ConfigError) as caught:
        load(
            f"""navai:
  api_key: !secret nowhere
  profiles:
    a: {{voice: merin, model: gpt-realtime-1.5, reasoning_effort: low}}
  displays:
    d: {{profile: a, token: {TOKEN}}}
    e: {{profile: a, token: {TOKEN}}}
  hub:
    redis_url: !secret nowhere_either
    nonsense: 1
""",
            tmp_path,
        )
    found = sorted(
        (problem.line, problem.code) for problem in caught.value.problems if problem.code != "secret_missing"
    )
    assert (4, "unknown_voice") in found
    assert (4, "misplaced_key") in found
    assert (7, "duplicate") in found
    assert (10, "unknown_key") in found
    assert {line for line, _ in found} <= {2, 4, 7, 9, 10}
    assert not [problem for problem in caught.value.problems if problem.line == 9 and problem.code == "invalid_url"]


def told_of(text: str, folder: Path, **more: Any) -> set[tuple[int | None, str]]:
    with pytest.raises(ConfigError) as caught:
        load(text, folder, **more)
    return {(problem.line, problem.code) for problem in caught.value.problems}


def test_what_cannot_be_read_hides_no_other_mistake(tmp_path: Path) -> None:
    found = told_of(
        """navai:
  api_key: !secret nowhere
  timeout: !env_var NOWHERE
  client_secret_ttl: 5
  client_secret_ttl: 600
  organization: !house here
  profiles:
    a: {voice: merin, tone: 2026-13-13}
    b: !include nowhere.yaml
    C: {voice: !secret nowhere}
  displays:
    d: {profile: b}
    e: {profile: x}
  hub:
    nonsense: !env_var NOWHERE
    cors: [!env_var NOWHERE]
""",
        tmp_path,
    )
    assert found == {
        (2, "secret_missing"),
        (3, "env_var_missing"),
        (4, "out_of_range"),
        (5, "duplicate_key"),
        (6, "unknown_tag"),
        (8, "unknown_voice"),
        (8, "invalid_scalar"),
        (9, "file_not_found"),
        (10, "invalid_name"),
        (10, "secret_missing"),
        (13, "unknown_profile"),
        (15, "unknown_key"),
        (15, "env_var_missing"),
        (16, "env_var_missing"),
    }


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("profiles: !include nowhere.yaml\n  displays: {d: {profile: kitchen}}", {(2, "file_not_found")}),
        (
            "profiles: {a: {}}\n  profiles: {b: {}}\n  displays: {d: {profile: b}}",
            {(3, "duplicate_key")},
        ),
        ("provider: !env_var P\n  profiles: {a: {voice: Ara}}", {(2, "env_var_missing")}),
        ("provider: !env_var P\n  client_secret_ttl: 7200\n  profiles: {a: {}}", {(2, "env_var_missing")}),
        ("defaults: !include nowhere.yaml\n  profiles: {a: {reasoning_effort: low}}", {(2, "file_not_found")}),
        ("profiles: {a: {model: !env_var M, reasoning_effort: low}}", {(2, "env_var_missing")}),
        ("profiles: {a: {turn_detection: {type: !env_var T, threshold: 0.5}}}", {(2, "env_var_missing")}),
        (
            "profiles: {a: {tools: [{type: mcp, server_label: x, server_url: !env_var U, headers: {A: !env_var U}}]}}",
            {(2, "env_var_missing")},
        ),
        ("profiles: {a: {}}\n  displays: {d: !include nowhere.yaml}", {(3, "file_not_found")}),
        ("profiles: {a: {}}\n  hub: {users: {anna: {token: !env_var T, profiles: a}}}", {(3, "env_var_missing")}),
        ("profiles: {a: {}}\n  displays: {d: {profile: a, token: !secret t}}", {(2, "invalid_scalar")}),
    ],
)
def test_what_cannot_be_read_causes_no_further_mistake(tmp_path: Path, text: str, only: set[tuple[int, str]]) -> None:
    if only == {(2, "invalid_scalar")}:
        (tmp_path / "secrets.yaml").write_text("a: 1\nt: 2026-13-13\n")
    assert told_of(f"navai:\n  {text}\n", tmp_path) == only


def test_the_files_that_the_hub_needs_are_looked_for_when_asked(tmp_path: Path) -> None:
    (tmp_path / "there.py").write_text("")
    (tmp_path / "chain.pem").write_text("")
    text = f"""navai:
  api_key: {KEY}
  profiles: {{a: {{model: gpt-realtime-2.1}}}}
  hub:
    functions: [there.py, gone.py, a.module]
"""
    (warning,) = load(text, tmp_path, files=True).warnings
    assert (warning.code, warning.line, warning.dotted) == ("file_missing", 5, "navai.hub.functions.1")
    assert load(text, tmp_path).warnings == ()
    alone = text.replace("[there.py, gone.py, a.module]", "gone.py")
    assert load(alone, tmp_path, files=True).warnings[0].dotted == "navai.hub.functions"
    with_tls = text + "    tls:\n      certificate: chain.pem\n      key: gone.pem\n    nonsense: 1\n"
    assert told_of(with_tls, tmp_path, files=True) == {(8, "file_missing"), (9, "unknown_key")}
    assert told_of(with_tls, tmp_path) == {(9, "unknown_key")}
    assert told_of(with_tls.replace("    nonsense: 1\n", ""), tmp_path, files=True) == {(8, "file_missing")}


def test_a_missing_secret_in_a_file_of_another_program(tmp_path: Path) -> None:
    for text in (
        "!secret nowhere\n",
        "navai:\n  api_key: !secret nowhere\n",
        "other: 1\nnavai: !secret nowhere\n",
        "navai:\n  api_key: !secret nowhere\n  profiles: {a: {model: m}}\n",
    ):
        with pytest.raises(ConfigError) as caught:
            load(text, tmp_path)
        assert "nowhere" in str(caught.value)


def test_a_key_in_the_wrong_place_is_never_quoted(tmp_path: Path) -> None:
    secret = WATCH.secret("sk-misplaced-0123456789")
    for wrong in (
        block(provider=secret),
        profile(voice=secret),
        profile(turn_detection=secret),
        block(displays={"a": {"profile": secret}}),
        block(base_url=secret),
        profile(allow_overrides=[secret]),
    ):
        assert all(secret not in str(problem) for problem in problems_of(wrong))


@pytest.mark.parametrize(
    ("given", "seconds"),
    [(90, 90.0), (1.5, 1.5), ("00:01:30", 90.0), ("01:30", 90.0), ("0:00:02.5", 2.5)],
)
def test_durations(given: Any, seconds: float) -> None:
    assert settings_from_block(block(timeout=given), environ={}, today=TODAY).timeout == seconds


def test_voices() -> None:
    assert made(voice="voice_abc-1").voice == "voice_abc-1"
    assert made(voice={"id": "voice_abc"}).voice == "voice_abc"
    assert made().voice == "marin"
    others = block(provider="compatible", base_url="https://api.x.ai/v1", profiles={"a": {"voice": "Ara"}})
    assert settings_from_block(others, environ={}, today=TODAY).profiles["a"].voice == "Ara"
    (problem,) = problems_of(others | {"profiles": {"a": {"voice": "x" * 101}}})
    assert problem.code == "unknown_voice"


def test_off_and_empty_mean_none_where_there_is_such_a_word() -> None:
    assert made(turn_detection=False, transcription=None, noise_reduction=False).transcription == "none"


@pytest.mark.parametrize(("said", "code"), [("es-MX", "es"), ("Spanish", "es"), ("de", "de"), ("Español", "es")])
def test_a_transcriptions_language_becomes_its_code(said: str, code: str) -> None:
    assert made(transcription={"model": "gpt-transcribe", "language": said}).transcription == {
        "model": "gpt-transcribe",
        "language": code,
    }


@pytest.mark.parametrize("said", ["auto", "Auto", " AUTO "])
def test_a_language_that_is_not_fixed(said: str) -> None:
    settings = settings_from_block(
        block(
            defaults={"language": "Spanish", "transcription": "gpt-transcribe"},
            profiles={
                "a": {"language": said},
                "b": {},
                "c": {"transcription": {"model": "whisper-1", "language": said}},
            },
        ),
        environ={},
        today=TODAY,
    )
    one, two, three = (build_session(profile) for profile in settings.profiles.values())
    assert "reply" not in one["instructions"]
    assert one["audio"]["input"]["transcription"] == {"model": "gpt-transcribe"}
    assert "Always reply in Spanish." in two["instructions"]
    assert "Always reply in Spanish." in three["instructions"]
    assert three["audio"]["input"]["transcription"] == {"model": "whisper-1"}, "it transcribes any language"


@pytest.mark.parametrize(
    "said", ["Andalusian Spanish", "informal German (Austria)", "es-XX", "Norsk", "mexican spanish"]
)
def test_a_language_with_words_before_it_is_one(said: str) -> None:
    assert made(language=said).language == said


def test_a_prompt_is_fine_where_the_model_takes_it_or_only_the_provider_knows() -> None:
    given = {"model": "gpt-transcribe", "prompt": "Küche"}
    assert made(transcription=given).transcription == given
    others = {"model": "gpt-realtime-whisper", "prompt": "Küche"}
    settings_from_block(
        profile(transcription=others) | {"provider": "compatible", "base_url": "https://api.x.ai/v1"}, environ={}
    )


def test_only_what_openai_refuses_of_tools_is_refused_for_openai() -> None:
    tool = {"type": "function", "name": "choose", "parameters": {"anyOf": [{"type": "object"}]}}
    others = profile(tools=[tool]) | {"provider": "compatible", "base_url": "https://api.x.ai/v1"}
    settings = settings_from_block(others, environ={}, today=TODAY)
    assert [each["name"] for each in settings.profiles["kitchen"].tools or ()] == ["choose"]


def test_a_tool_of_an_mcp_server_may_have_any_name() -> None:
    choice = {"type": "mcp", "server_label": "notes", "name": "notes/write it"}
    assert made(tool_choice=choice).tool_choice == choice


def test_the_credentials_of_an_mcp_server_are_secret() -> None:
    token, header = WATCH.secret("tok_mcp_authorization_012345"), WATCH.secret("tok_mcp_header_Xq7mZt2LxW9")
    given = mcp(authorization=token, headers={"X-Api-Key": header})
    settings = settings_from_block(given, environ={}, today=TODAY)
    assert "tok_mcp" not in repr(settings) + repr(settings.profiles["kitchen"].tools)
    assert redact(f"took {token} and {header}") == "took … and …"
    (tool,) = build_session(settings.profiles["kitchen"])["tools"]
    assert (tool["authorization"], tool["headers"]) == (token, {"X-Api-Key": header})


@pytest.mark.parametrize(
    ("number", "text"),
    [
        *((0.25, "0.25"), (7200, "7200"), (600.0, "600"), (0, "0"), (10_000, "10,000"), (1e6, "1,000,000")),
        *((1234567.5, "1,234,567.5"), (1e-7, "0.0000001"), (10**21, "1,000,000,000,000,000,000,000"), (-0.5, "-0.5")),
    ],
)
def test_a_number_is_written_without_an_exponent(number: float, text: str) -> None:
    assert counted(number) == text
    assert "e" not in quoted(number)


@pytest.mark.parametrize(
    ("network", "wide"),
    [
        *(("0.0.0.0/0", True), ("::/0", True), ("8.0.0.0/8", True), ("9.0.0.0/7", True), ("2000::/3", True)),
        *(("10.0.0.0/8", False), ("172.16.0.0/12", False), ("192.168.1.2", False), ("fd00::/8", False)),
        *(("104.16.0.0/13", False), ("2400:cb00::/32", False), ("203.0.113.9", False)),
    ],
)
def test_a_very_wide_network_of_proxies_is_a_warning(network: str, wide: bool) -> None:
    given = profile() | {"hub": {"trusted_proxies": ["192.168.1.2", network]}}
    warnings = settings_from_block(given, environ={}, today=TODAY).warnings
    found = [("wide_network", "navai.hub.trusted_proxies.1")] if wide else []
    assert [(warning.code, warning.dotted) for warning in warnings] == found
    assert all(warning.code == "other_host" for warning in in_home_assistant(given))


def test_servers_for_networks_without_udp() -> None:
    credential = WATCH.secret("tok_turn_Xq7mZt2LxW9bRk4N")
    urls = ["turns:turn.example.org:443?transport=tcp", "turn:[2001:db8::1]:3478"]
    servers = [{"urls": urls, "username": "navai", "credential": credential}, {"urls": "stun:stun.example.org"}]
    settings = settings_from_block(profile() | {"ice_servers": servers}, environ={}, today=TODAY)
    assert [(server.urls, server.username) for server in settings.ice_servers] == [
        (tuple(urls), "navai"),
        (("stun:stun.example.org",), ""),
    ]
    assert settings.ice_servers[0].credential
    assert settings.ice_servers[0].credential.reveal() == credential
    assert credential not in repr(settings)
    assert redact(f"credential {credential}") == "credential …"
    assert settings_from_block(profile(), environ={}, today=TODAY).ice_servers == ()


@pytest.mark.parametrize(
    ("server", "where", "code"),
    [
        ({}, "ice_servers.0.urls", "missing_key"),
        ({"urls": []}, "ice_servers.0.urls", "invalid_url"),
        ({"urls": "https://turn.example.org"}, "ice_servers.0.urls", "invalid_url"),
        ({"urls": "stun:stun.example.org?transport=tcp"}, "ice_servers.0.urls", "invalid_url"),
        ({"urls": ["stun:a", "turn:b?transport=tls"]}, "ice_servers.0.urls", "invalid_url"),
        ({"urls": "turn:me:you@turn.example.org"}, "ice_servers.0.urls", "invalid_url"),
        ({"urls": "turn:turn.example.org"}, "ice_servers.0", "missing_key"),
        ({"urls": ["stun:a", "turns:b"], "username": "navai"}, "ice_servers.0", "missing_key"),
        ({"urls": "stun:a", "password": "x"}, "ice_servers.0.password", "unknown_key"),
    ],
)
def test_a_server_that_browsers_would_refuse_is_a_mistake(server: dict[str, Any], where: str, code: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings_from_block(profile() | {"ice_servers": [server]}, environ={}, today=TODAY)
    assert [(problem.dotted, problem.code) for problem in caught.value.problems] == [(f"navai.{where}", code)]


def in_home_assistant(given: dict[str, Any]) -> tuple[Problem, ...]:
    return settings_from_block(given, environ={}, today=TODAY, host=Host.HOME_ASSISTANT).warnings


def test_users_that_the_hub_does_not_know_are_named() -> None:
    users = {"anna": {"token": OTHER, "profiles": ["kitchen"]}}
    given = profile(users=["ana", "anna"]) | {"hub": {"users": users}}
    (warning,) = settings_from_block(given, environ={}, today=TODAY).warnings
    assert (warning.code, warning.dotted) == ("unknown_user", "navai.profiles.kitchen.users")
    assert "did you mean `anna`?" in warning.message
    assert settings_from_block(given, environ={}, today=TODAY, host=Host.HOME_ASSISTANT).warnings == ()
    assert settings_from_block(profile(users=["ana"]), environ={}, today=TODAY).warnings == ()


def test_unknown_transcription_models_pass() -> None:
    assert made(transcription="gpt-transcribe-9").transcription == "gpt-transcribe-9"


def test_defaults_merge_under_each_profile() -> None:
    settings = settings_from_block(
        block(
            defaults={"tone": "calm", "limits": {"secrets_per_minute": 5, "sessions": 2}, "voice": "cedar"},
            profiles={
                "a": {"model": "gpt-realtime-2.1"},
                "living-room_2": {"model": "gpt-realtime-2.1", "tone": "brisk", "limits": {"sessions": 3}},
            },
        ),
        environ={},
        today=TODAY,
    )
    one, two = settings.profiles.values()
    assert (one.tone, one.voice, one.limits.sessions, one.limits.secrets_per_minute) == ("calm", "cedar", 2, 5)
    assert (two.tone, two.voice, two.limits.sessions, two.limits.secrets_per_minute) == ("brisk", "cedar", 3, 5)
    assert (one.name, two.name) == ("A", "Living room 2")
    assert settings.default_profile == "a"


@pytest.mark.parametrize(
    ("provider", "variable"),
    [("openai", "OPENAI_API_KEY"), ("azure", "AZURE_OPENAI_API_KEY"), ("compatible", "NAVAI_API_KEY")],
)
def test_a_key_comes_only_from_the_variable_of_its_own_provider(provider: str, variable: str) -> None:
    environ = dict.fromkeys(["OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "NAVAI_API_KEY"], "")
    environ[variable] = KEY
    given = {"profiles": {"a": {"model": "m"}}, "provider": provider, "base_url": "https://host.example/v1"}
    settings = settings_from_block(given, environ=environ, today=TODAY)
    assert settings.api_key is not None
    assert settings.api_key.reveal() == KEY
    environ[variable] = ""
    without = settings_from_block(given, environ=environ | {"X": KEY}, today=TODAY)
    assert without.api_key is None
    assert "api_key_missing" in {warning.code for warning in without.warnings}


@pytest.mark.parametrize("wrong", ["sk-a\x00b", "sk-a\udcff", "sk-a b", "sk-… of mine"])
def test_a_key_from_the_environment_is_checked_as_the_yamls(wrong: str) -> None:
    given = block()
    del given["api_key"]
    (problem,) = problems_of(given, OPENAI_API_KEY=wrong)
    assert problem.dotted == "navai.api_key"
    assert problem.message.startswith("comes from the environment variable OPENAI_API_KEY, which must not contain")
    assert "sk-" not in problem.message
    assert problem.code in {"control_characters", "invalid_key"}
    (problem,) = problems_of(block(api_key=wrong))
    assert problem.code in {"control_characters", "invalid_key"}


def test_a_missing_key_is_no_warning_where_requests_may_bring_theirs() -> None:
    given = block(allow_request_api_key=True)
    del given["api_key"]
    assert settings_from_block(given, environ={}, today=TODAY).warnings == ()


@pytest.mark.parametrize(
    ("model", "today", "says"),
    [
        ("gpt-realtime", date(2026, 11, 22), "will be shut down on 2027-01-20 — write gpt-realtime-2.1 instead"),
        ("gpt-realtime-mini", date(2027, 1, 20), "was shut down on 2027-01-20 — write gpt-realtime-2.1-mini instead"),
    ],
)
def test_models_that_retire_are_named_with_their_successor(model: str, today: date, says: str) -> None:
    settings = settings_from_block(block(profiles={"a": {"model": model}}), environ={}, today=today)
    (warning,) = settings.warnings
    assert warning.code == "model_retires"
    assert says in warning.message


def test_a_model_that_retires_is_told_of_where_it_is_written() -> None:
    profiles = {"a": {}, "b": {}, "c": {"model": "gpt-realtime-mini"}}
    given = block(defaults={"model": "gpt-realtime"}, profiles=profiles)
    warnings = settings_from_block(given, environ={}, today=TODAY).warnings
    assert [warning.dotted for warning in warnings] == ["navai.defaults.model", "navai.profiles.c.model"]


@pytest.mark.parametrize("today", [TODAY, date(2027, 1, 19), date(2027, 1, 20), date(2028, 1, 1)])
def test_a_profile_without_a_model_gets_one_that_lasts(today: date) -> None:
    found = settings_from_block(block(profiles={"a": {}}), environ={}, today=today)
    assert found.profiles["a"].model == "gpt-realtime-2.1"
    assert found.warnings == ()


def test_transcription_models_retire_too_and_other_providers_models_do_not() -> None:
    for transcription in ("whisper-1", {"model": "whisper-1"}):
        warnings = settings_from_block(profile(transcription=transcription), environ={}, today=TODAY).warnings
        assert [warning.dotted for warning in warnings] == ["navai.profiles.kitchen.transcription"]
    other = block(provider="compatible", base_url="https://h.example/v1", profiles={"a": {"model": "gpt-realtime"}})
    found = settings_from_block(other, environ={}, today=TODAY)
    assert found.warnings == ()
    assert retiring_models(found) == {}


def test_the_models_that_retire_each_once() -> None:
    profiles = {"a": {"model": "gpt-realtime"}, "b": {"model": "gpt-realtime", "transcription": "whisper-1"}, "c": {}}
    found = retiring_models(settings_from_block(block(profiles=profiles), environ={}, today=TODAY))
    assert {model: retirement.successor for model, retirement in found.items()} == {
        "gpt-realtime": "gpt-realtime-2.1",
        "whisper-1": "gpt-transcribe",
    }


def test_a_key_in_the_place_of_a_profiles_name_is_not_suggested() -> None:
    pasted = WATCH.secret("sk-Pasted-0123456789")
    given = block(profiles={pasted: {}, "kitchen": {}}, default_profile="sk-Pasted-012345678")
    with pytest.raises(ConfigError) as caught:
        settings_from_block(given, environ={}, today=TODAY)
    assert pasted not in str(caught.value)
    # The library's own errors are garbage; the watch must see what remains.
    gc.collect()


@pytest.mark.parametrize(("written", "seconds"), [(0.1, 0.1), (300, 300), ("00:01:30", 90)])
def test_how_long_a_tool_may_take(written: Any, seconds: float) -> None:
    given = block(defaults={"tool_timeout": written}, profiles={"a": {}, "b": {"tool_timeout": 5}})
    profiles = settings_from_block(given, environ={}, today=TODAY).profiles
    assert (profiles["a"].tool_timeout, profiles["b"].tool_timeout) == (seconds, 5)
    assert settings_from_block(block(), environ={}, today=TODAY).profiles["kitchen"].tool_timeout == 10
    for wrong in (0, 300.5, "soon"):
        with pytest.raises(ConfigError):
            settings_from_block(block(defaults={"tool_timeout": wrong}), environ={}, today=TODAY)


def test_the_older_name_of_tool_timeout_still_acts_and_is_warned_of() -> None:
    profiles = {"a": {"model": "gpt-realtime-2.1"}, "b": {"model": "gpt-realtime-2.1", "tool_timeout": 5}}
    given = block(hub={"function_timeout": 60}, profiles=profiles)
    settings = settings_from_block(given, environ={}, today=TODAY)
    assert [profile.tool_timeout for profile in settings.profiles.values()] == [60, 5]
    (warning,) = settings.warnings
    assert (warning.code, warning.dotted) == ("deprecated", "navai.hub.function_timeout")
    assert "write `tool_timeout`" in warning.message
    settings = settings_from_block(given | {"defaults": {"tool_timeout": 7}}, environ={}, today=TODAY)
    assert [profile.tool_timeout for profile in settings.profiles.values()] == [7, 5]
    # Home Assistant ignores all that is below `hub`.
    settings = settings_from_block(given, environ={}, today=TODAY, host=Host.HOME_ASSISTANT)
    assert [profile.tool_timeout for profile in settings.profiles.values()] == [10, 5]
    assert settings.warnings == ()


def test_an_option_of_another_host_is_named() -> None:
    given = block(profiles={"kitchen": {"model": "gpt-realtime-2.1", "llm_api": ["assist"]}})
    (warning,) = settings_from_block(given, environ={}, today=TODAY).warnings
    assert (warning.code, warning.dotted) == ("other_host", "navai.profiles.kitchen.llm_api")
    assert "Home Assistant" in warning.message
    assert settings_from_block(given, environ={}, today=TODAY, host=Host.HOME_ASSISTANT).warnings == ()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/v1",
        "http://localhost/v1",
        "http://192.168.1.4:4000/v1",
        "http://litellm.local/v1",
        "http://proxy/v1",
    ],
)
def test_plain_http_is_fine_at_home(url: str) -> None:
    assert settings_from_block(block(base_url=url + "/"), environ={}, today=TODAY).base_url == url


def test_hashed_tokens_and_hub_options() -> None:
    hashed = "sha256:" + "0" * 64
    settings = settings_from_block(
        block(
            displays={"a": {"profile": "kitchen", "token": hashed}},
            hub={
                "tls": {"certificate": "c.pem", "key": "k.pem"},
                "users": {"anna": {"token": OTHER, "profiles": "kitchen"}},
                "redis_url": "redis://localhost/0",
                "metrics_token": TOKEN,
                "functions": "a.py",
                "trusted_proxies": ["10.0.0.0/8"],
                "cors": ["https://panel.example"],
                "port": 0,
            },
        ),
        environ={},
        today=TODAY,
    )
    hub = settings.hub
    assert (hub.tls_certificate, hub.tls_key, hub.functions, hub.port) == ("c.pem", "k.pem", ("a.py",), 0)
    assert hub.users[0].profiles == ("kitchen",)


@pytest.mark.parametrize("text", ["", "other: 1\n", "- navai\n", "navai\n"])
def test_a_file_without_our_block(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError):
        load(text, tmp_path)


def test_other_peoples_keys_in_the_file_are_left_alone(tmp_path: Path) -> None:
    settings = load(f"automation: []\nnavai:\n  api_key: {KEY}\n  profiles:\n    a: {{model: m}}\n", tmp_path)
    assert list(settings.profiles) == ["a"]


def test_the_table_and_the_value_types_have_the_same_options() -> None:
    """An option without a field would be read and lost; a field without an option could never be set."""

    def keys(options: tuple[Option, ...]) -> set[str]:
        return {option.key for option in options}

    def names(kind: type) -> set[str]:
        return {field.name for field in fields(kind)}

    assert keys(PROFILE) == names(VoiceProfile) - {"key"}
    assert keys(LIMITS) == names(Limits)
    # The old name of an option of profiles.
    assert keys(HUB) - {"function_timeout"} == names(HubSettings) - {"tls_certificate", "tls_key"} | {"tls"}
    assert keys(ROOT) == names(Settings) - {"warnings"} | {"defaults"}


def test_defaults_have_one_home() -> None:
    for options, kind in ((LIMITS, Limits), (HUB, HubSettings), (PROFILE, VoiceProfile)):
        declared = {field.name: field.default for field in fields(kind)}
        for option in options:
            if option.default is not None and isinstance(declared.get(option.key), int | float | str):
                assert declared[option.key] == option.default, option.key


def test_every_option_has_a_sentence_and_numbers_have_bounds() -> None:
    def walk(options: tuple[Option, ...]) -> None:
        for option in options:
            assert option.text.endswith("."), option.key
            if option.kind in {Kind.INTEGER, Kind.NUMBER, Kind.DURATION}:
                assert option.minimum is not None, option.key
                assert option.maximum is not None, option.key
            walk(option.options)

    walk(ROOT)


def test_the_reference_in_the_docs_is_fresh() -> None:
    script = ROOT_FOLDER / "scripts" / "lib" / "options_reference.py"
    environ = {"PYTHONPATH": str(ROOT_FOLDER)}
    done = subprocess.run([sys.executable, script, "--check"], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# Requests


def test_requests_are_answered_in_words_for_programs() -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_request({"tone": 1}, CLIENT_SECRET_REQUEST)
    assert caught.value.message == "The request is not valid: tone: must be a string — not a number."
    with pytest.raises(InvalidInputError) as caught:
        check_request({"langage": "es"}, CLIENT_SECRET_REQUEST)
    assert caught.value.message.endswith("did you mean `language`?")


def test_requests_name_the_unknown_field_and_forgive_nulls() -> None:
    assert check_request({"language": " es ", "tone": None}, CLIENT_SECRET_REQUEST) == {"language": "es"}
    with pytest.raises(InvalidInputError) as caught:
        check_request({"langage": "es", "tone": 1}, CLIENT_SECRET_REQUEST)
    assert caught.value.code == "invalid_request"
    assert {problem["field"]: problem["code"] for problem in caught.value.data["problems"]} == {
        "langage": "unknown_key",
        "tone": "wrong_type",
    }


@pytest.mark.parametrize("text", ["It is {{ now() }}.", "{% if x %}A{% endif %}", "Be brief. {# a note #}"])
def test_only_home_assistant_has_templates(tmp_path: Path, text: str) -> None:
    (said,) = lines_of(f"navai:\n  defaults:\n    instructions: '{text}'\n  profiles:\n    a:\n", tmp_path)
    assert said.startswith(
        "navai.yaml:3: navai.defaults.instructions: has a template (`{{`, `{%` or `{#`), and only Home"
    )
    assert "write plain text without these signs" in said
    given = profile(instructions=f" {text} ")
    settings = settings_from_block(given, environ={}, today=TODAY, check_template=lambda _: "")
    assert settings.profiles["kitchen"].instructions == text
    with pytest.raises(ConfigError) as caught:
        settings_from_block(given | {"timeout": 0}, environ={}, today=TODAY, check_template=lambda found: f"no {found}")
    assert [problem.code for problem in caught.value.problems] == ["invalid_template", "out_of_range"]
    assert f"is not a valid template: no {text} — correct it" in caught.value.message
    # What a request brings is text, on every host.
    assert check_request({"instructions": text}, CLIENT_SECRET_REQUEST) == {"instructions": text}


def test_braces_of_other_kinds_are_plain_text() -> None:
    text = 'Answer with {"answer": {"text": "…"}} or {}.'.replace("}}", "} }")
    assert made(instructions=text).instructions == text


@pytest.mark.parametrize(
    ("field", "cure"), [("opening_line", "`start_message`"), ("opening_context", "`extra_system_prompt`")]
)
def test_a_removed_field_names_what_to_use_instead(field: str, cure: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_request({field: "Hello"}, START_REQUEST)
    expected = f"The request is not valid: {field}: was removed in 0.1.0 — use {cure} instead."
    assert caught.value.message == expected


def test_a_removed_option_names_what_to_use_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    old = Removed(section=PROFILE, key="volume", since="0.9.0", cure="turn the device's volume down instead")
    monkeypatch.setattr("navai_core.config.hints.REMOVED", (old,))
    for wrong, path in ((profile(volume=3), "profiles.kitchen"), (block(defaults={"volume": 3}), "defaults")):
        (problem,) = problems_of(wrong)
        assert str(problem) == f"navai.{path}.volume: was removed in 0.9.0 — turn the device's volume down instead"
    (problem,) = problems_of(block(hub={"volume": 3}))
    assert "is not a valid option" in problem.message


# Random input

rubbish = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | st.text(max_size=20) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)
every_key = sorted({option.key for options in (ROOT, PROFILE, HUB, LIMITS) for option in options})
near = st.recursive(rubbish, lambda inner: st.dictionaries(st.sampled_from(every_key), inner, max_size=4), max_leaves=8)


@given(st.dictionaries(st.sampled_from(every_key), near, max_size=6))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_block_gives_settings_or_problems(given: dict[str, Any]) -> None:
    try:
        settings_from_block(given, environ={}, today=TODAY)
    except ConfigError as error:
        assert error.problems
        assert all(problem.path[0] == "navai" and problem.code for problem in error.problems)


@given(near)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_profile_gives_settings_or_problems(given: Any) -> None:
    for wrong in (block(profiles={"a": given}), block(defaults=given), block(hub=given), block(displays={"a": given})):
        try:
            settings_from_block(wrong, environ={}, today=TODAY)
        except ConfigError as error:
            assert error.problems


valid_profiles = st.fixed_dictionaries(
    {},
    optional={
        "voice": st.sampled_from(["marin", "cedar", "voice_x", {"id": "voice_x"}]),
        "speed": st.floats(0.25, 1.5),
        "modality": st.sampled_from(["audio", "text"]),
        "turn_detection": st.sampled_from(["server_vad", {"type": "semantic_vad", "eagerness": "low"}, "none"]),
        "max_output_tokens": st.integers(1, 5000) | st.just("inf"),
        "truncation": st.sampled_from(["auto", "disabled", {"retention_ratio": 0.5}]),
        "language": st.sampled_from(["es-MX", "German", ""]),
        "keep_warm": st.booleans(),
        "noise_reduction": st.sampled_from(["near_field", {"type": "far_field", "strength": 2.5}, "none"]),
    },
)


@given(valid_profiles, valid_profiles)
def test_a_good_profile_survives_yaml_and_merging(defaults: dict[str, Any], given: dict[str, Any]) -> None:
    text = yaml.safe_dump(block(defaults=defaults, profiles={"a": given | {"model": "gpt-realtime-2.1"}}))
    merged = settings_from_block(yaml.safe_load(text), environ={}, today=TODAY).profiles["a"]
    for name, value in (defaults | given).items():
        expected = value["id"] if name == "voice" and isinstance(value, dict) else value
        assert getattr(merged, name) == expected
