"""What the provider's own list of models says, and who asks for it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from navai_core import exceptions as errors
from navai_core.cli import main
from navai_core.config.load import settings_from_block
from navai_core.models import Settings
from navai_core.provider.model_list import ModelTrouble, read_models
from navai_core.sessions.model_check import check_models
from navai_core.simulator import Simulator
from navai_core.simulator.rules import Rules

TODAY = date(2026, 11, 22)


def settings_for(simulator: Simulator, key: str, **profiles: Any) -> Settings:
    block = {"api_key": key, "base_url": simulator.base_url, "profiles": profiles}
    return settings_from_block(block, environ={}, today=TODAY)


@asynccontextmanager
async def provider(key: str, **rules: Any) -> AsyncIterator[Simulator]:
    async with Simulator(api_keys={key}, rules=Rules(**rules)) as simulator:
        yield simulator


async def troubles(key: str, http: aiohttp.ClientSession, rules: dict[str, Any], **profiles: Any) -> list[ModelTrouble]:
    async with provider(key, **rules) as simulator:
        found = await check_models(settings_for(simulator, key, **profiles), http, TODAY)
        assert found is not None
        return list(found)


async def test_models_that_are_fine_say_nothing(http: aiohttp.ClientSession, key: str) -> None:
    profiles = {"a": {}, "b": {"model": "gpt-realtime-2.1-mini", "transcription": "gpt-transcribe"}}
    assert await troubles(key, http, {}, **profiles) == []


async def test_an_end_that_the_table_does_not_know(http: aiohttp.ClientSession, key: str) -> None:
    dates = {"gpt-realtime-2.1": "2027-06-01", "gpt-transcribe": "2026-01-01"}
    profiles = {"a": {}, "b": {"transcription": {"model": "gpt-transcribe"}}}
    one, two = await troubles(key, http, {"shutdown_dates": dates}, **profiles)
    assert (one.model, one.profiles, one.ends) == ("gpt-realtime-2.1", ("a", "b"), date(2027, 6, 1))
    assert one.successor != "gpt-realtime-2.1"
    (first, second), (third,) = one.problems(TODAY), two.problems(TODAY)
    assert first.dotted == "navai.profiles.a.model"
    assert second.dotted == "navai.profiles.b.model"
    assert first.message == f"gpt-realtime-2.1 will be shut down on 2027-06-01 — write {one.successor} instead"
    assert third.message == "gpt-transcribe was shut down on 2026-01-01 — write gpt-live-transcribe instead"
    assert (third.dotted, third.code) == ("navai.profiles.b.transcription", "model_retires")


async def test_a_model_that_the_key_may_not_use(http: aiohttp.ClientSession, key: str) -> None:
    rules = {"forbidden_models": {"gpt-realtime-2.1"}}
    (trouble,) = await troubles(key, http, rules, a={}, b={"model": "gpt-realtime-2"})
    assert (trouble.profiles, trouble.ends, trouble.successor) == (("a",), None, "gpt-realtime-2")
    (problem,) = trouble.problems(TODAY)
    assert problem.code == "model_unavailable"
    assert "is not in the provider's list of models for this key — allow it in the key's project" in problem.message


async def test_a_misspelt_model_and_one_that_ends_meanwhile(http: aiohttp.ClientSession, key: str) -> None:
    rules = {"forbidden_models": {"gpt-realtime"}}
    profiles = {
        "a": {"model": "gpt-realtime-2-1-mini"},
        "b": {"model": "gpt-realtime"},
        "c": {"model": "gpt-realtime-9"},
    }
    found = await troubles(key, http, rules, **profiles)
    assert [trouble.successor for trouble in found] == ["gpt-realtime-2.1-mini", "gpt-realtime-2.1", "gpt-realtime-2"]


async def test_without_another_model_the_usual_successor_is_named(http: aiohttp.ClientSession, key: str) -> None:
    rules = {"models": {"gpt-realtime-mini"}, "shutdown_dates": {"gpt-realtime-mini": "2027-01-20"}}
    (trouble,) = await troubles(key, http, rules, a={"model": "gpt-realtime-mini"})
    assert trouble.successor == "gpt-realtime-2.1-mini"
    (other,) = await troubles(key, http, {"models": {}}, a={"model": "gpt-realtime-3-mini"})
    assert other.successor == "gpt-realtime-2.1-mini"


async def test_what_the_yaml_is_warned_about_is_not_repeated(http: aiohttp.ClientSession, key: str) -> None:
    profiles = {"a": {"model": "OpenAI/GPT-Realtime"}, "b": {"model": "gpt-4o-realtime-preview"}}
    assert await troubles(key, http, {}, **profiles) == []


@pytest.mark.parametrize(
    "more",
    [
        {"api_key": ""},
        {"provider": "azure"},
        {"provider": "compatible"},
    ],
)
async def test_sometimes_there_is_nobody_to_ask(
    simulator: Simulator, http: aiohttp.ClientSession, key: str, more: dict[str, str]
) -> None:
    block = {"api_key": key, "base_url": simulator.base_url, "profiles": {"a": {"model": "m"}}} | more
    if not block["api_key"]:
        del block["api_key"]
    assert await check_models(settings_from_block(block, environ={}, today=TODAY), http, TODAY) is None


async def test_a_key_that_may_not_read_the_list(simulator: Simulator, http: aiohttp.ClientSession, key: str) -> None:
    simulator.faults.push("on=models; error=missing_scope")
    with pytest.raises(errors.MissingScopeError, match="may not read the provider's list of models") as caught:
        await check_models(settings_for(simulator, key, a={}), http, TODAY)
    assert caught.value.status == 401


async def test_the_account_is_named(http: aiohttp.ClientSession, simulator: Simulator, key: str) -> None:
    simulator.faults.push("on=models; error=invalid_api_key")
    with pytest.raises(errors.ApiKeyRefusedError):
        await check_models(settings_for(simulator, key, a={}), http, TODAY)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": {}}', b"[" * 100_000])
def test_something_else_is_no_list(body: bytes) -> None:
    with pytest.raises(errors.UpstreamInvalidResponseError, match="not a list of models"):
        read_models(body, None)


def test_entries_that_cannot_be_read_are_left_out() -> None:
    entries = [{"id": "a", "shutdown_date": "soon"}, {"id": "b"}, {"id": 5}, {"id": "c d"}, "e", {"shutdown_date": 1}]
    found = read_models(json.dumps({"data": entries}).encode(), None)
    assert [(model.id, model.ends) for model in found] == [("a", None), ("b", None)]


json_values = st.recursive(
    st.none() | st.booleans() | st.text(max_size=12) | st.integers() | st.just("2027-01-20"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["data", "id", "shutdown_date", "x"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(json_values)
def test_any_answer_is_a_list_or_an_error(answer: Any) -> None:
    try:
        assert isinstance(read_models(json.dumps(answer).encode(), None), tuple)
    except errors.UpstreamInvalidResponseError as error:
        assert error.status == 200


# `navai check-config --online`


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def write(config: Path, **block: Any) -> str:
    config.write_text(yaml.safe_dump({"navai": block}), encoding="utf-8")
    return str(config)


async def check(file: str, *options: str) -> int:
    return await asyncio.to_thread(main, ["check-config", file, *options])


async def test_the_check_asks_only_if_it_should(
    http: aiohttp.ClientSession, key: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = {"forbidden_models": {"gpt-realtime-2.1"}, "shutdown_dates": {"gpt-realtime-2": "2027-09-01"}}
    async with provider(key, **rules) as simulator:
        profiles = {"a": {}, "b": {"model": "gpt-realtime-2"}}
        file = write(config, api_key=key, base_url=simulator.base_url, profiles=profiles)
        assert await check(file) == 0
        assert capsys.readouterr().err == ""
        assert await check(file, "--online") == 0
        told = capsys.readouterr().err
        assert "warning: navai.profiles.a.model: gpt-realtime-2.1 is not in the provider's list of models" in told
        assert "warning: navai.profiles.b.model: gpt-realtime-2 will be shut down on 2027-09-01" in told
        assert await check(file, "--online", "--json") == 0
        found = json.loads(capsys.readouterr().out)
        assert found["valid"]
        assert [warning["code"] for warning in found["warnings"]] == ["model_unavailable", "model_retires"]


async def test_the_check_says_why_it_cannot_ask(
    simulator: Simulator, key: str, config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert await check(write(config, base_url=simulator.base_url, profiles={"a": {}}), "--online") == 0
    assert "The models were not checked online: there is no API key" in capsys.readouterr().err
    other = {"provider": "azure", "base_url": simulator.base_url, "api_key": key, "profiles": {"a": {"model": "m"}}}
    assert await check(write(config, **other), "--online") == 0
    assert "The models were not checked online: only OpenAI is asked" in capsys.readouterr().err
    simulator.faults.push("on=models; error=invalid_api_key")
    file = write(config, base_url=simulator.base_url, api_key=key, profiles={"a": {}})
    assert await check(file, "--online") == 3
    assert "The provider refused the API key" in capsys.readouterr().err
