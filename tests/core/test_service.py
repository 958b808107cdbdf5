import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from time import monotonic
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from secret_watch import WATCH

from navai_core import exceptions as errors
from navai_core.config.load import settings_from_block
from navai_core.models import Caller, Overrides, Settings, VoiceProfile
from navai_core.provider.client import ProviderClient
from navai_core.provider.keywords import wants_names, with_names, without_keywords
from navai_core.providers import PROVIDERS
from navai_core.sessions.minter import ENRICH_S, Minted, Minter, apply_overrides, choose_key
from navai_core.sessions.rate_limits import Limiter, LocalCounter
from navai_core.sessions.service import MintResult, SessionService
from navai_core.simulator import Simulator
from navai_core.web.responses import secret_body

OWNER = Caller(kind="owner", key="shell")
HALL = Caller(kind="display", key="hall", profiles=("kitchen", "warm"))
ANNA = Caller(kind="user", key="anna", profiles=("office", "private"))
THEIRS = WATCH.secret("sk-request-0123456789")
OTHERS = WATCH.secret("sk-another-9876543210")


def settings_for(simulator: Simulator, key: str | None, **more: Any) -> Settings:
    block = {
        "base_url": simulator.base_url,
        "default_profile": "office",
        "profiles": {
            "kitchen": {"model": "gpt-realtime-2.1", "language": "Spanish", "allow_overrides": ["language", "voice"]},
            "office": {"model": "gpt-realtime-2.1"},
            "warm": {"model": "gpt-realtime-2.1", "keep_warm": True, "allow_overrides": ["tone"]},
            "private": {"model": "gpt-realtime-2.1", "users": ["ben"]},
            "closed": {"model": "gpt-realtime-2.1", "enabled": False},
        },
    } | more
    if key:
        block["api_key"] = key
    return settings_from_block(block, environ={})


@pytest.fixture
async def service(simulator: Simulator, http: aiohttp.ClientSession, key: str) -> AsyncIterator[SessionService]:
    service = SessionService(settings_for(simulator, key), http)
    yield service
    await service.close()


async def test_a_mint_by_profile(service: SessionService, simulator: Simulator) -> None:
    minted = await service.mint(HALL, "kitchen")
    assert (minted.profile, minted.model, minted.voice, minted.warm) == ("kitchen", "gpt-realtime-2.1", "marin", False)
    assert minted.url == f"{simulator.base_url}/realtime/calls"
    assert simulator.requests[0].body["session"]["instructions"].endswith("Always reply in Spanish.")
    assert minted.secret.value not in repr(minted)


async def test_a_secret_from_a_template_is_kept_ready_for_a_minute_at_most(
    simulator: Simulator, http: aiohttp.ClientSession, key: str
) -> None:
    profiles = {
        "now": {"model": "gpt-realtime-2.1", "keep_warm": True, "instructions": "It is {{ now() }}."},
        "warm": {"model": "gpt-realtime-2.1", "keep_warm": True},
    }
    given = {"api_key": key, "base_url": simulator.base_url, "profiles": profiles}
    service = SessionService(settings_from_block(given, environ={}, check_template=lambda _: ""), http)
    kept = []
    for name, ready_for in (("now", 30.0), ("warm", None)):
        minted = await service.mint(OWNER, name)
        assert minted.ready_for == ready_for
        assert secret_body(minted).get("ready_for") == ready_for
        kept.append(service._warm._places[name, "owner:shell@"].fresh_s)  # type: ignore[union-attr]
    # Another minute at most passes in a browser.
    assert kept == [30.0, 300.0]
    await service.close()


async def test_overrides(service: SessionService, simulator: Simulator) -> None:
    minted = await service.mint(HALL, "kitchen", Overrides(language="fr", voice=" cedar "))
    session = simulator.requests[0].body["session"]
    assert session["instructions"].endswith("Always reply in French.")
    assert session["audio"]["output"]["voice"] == minted.voice == "cedar"


def test_what_equals_the_profile_needs_no_leave(service: SessionService) -> None:
    profile = service.access.profile_for("office", OWNER)
    same = Overrides(model=profile.model, voice=profile.voice, instructions=profile.instructions)
    assert apply_overrides(profile, same, PROVIDERS["openai"]) is profile


def test_overrides_that_are_not_listed(service: SessionService) -> None:
    profile = service.access.profile_for("kitchen", OWNER)
    with pytest.raises(errors.OverrideNotAllowedError, match="model, tone") as caught:
        apply_overrides(profile, Overrides(model="x", tone="y", language="fr"), PROVIDERS["openai"])
    assert caught.value.data["refused"] == ["model", "tone"]


def test_an_override_to_no_voice(service: SessionService) -> None:
    profile = service.access.profile_for("kitchen", OWNER)
    with pytest.raises(
        errors.InvalidInputError, match=r"^The voice `merin` is not an OpenAI voice; .* — did you mean `marin`\?$"
    ):
        apply_overrides(profile, Overrides(voice="merin"), PROVIDERS["openai"])


def test_overrides_are_falsy_when_they_change_nothing() -> None:
    assert not Overrides()
    assert Overrides(tone="calm")


@pytest.mark.parametrize(
    ("own", "theirs", "allowed", "expected"),
    [
        ("own", "", False, "own"),
        ("own", "", True, "own"),
        ("own", "theirs", True, "own"),
        ("", "theirs", True, "theirs"),
        ("own", "theirs", False, errors.RequestKeyNotAllowedError),
        ("", "theirs", False, errors.RequestKeyNotAllowedError),
        ("", "", False, errors.ApiKeyMissingError),
        ("", "", True, errors.ApiKeyMissingError),
    ],
)
def test_whose_key(own: str, theirs: str, allowed: bool, expected: Any) -> None:
    if isinstance(expected, str):
        assert choose_key(own, theirs, allow_request_key=allowed) == expected
    else:
        with pytest.raises(expected):
            choose_key(own, theirs, allow_request_key=allowed)


async def test_a_request_key_mints(http: aiohttp.ClientSession) -> None:
    async with Simulator(api_keys={THEIRS}) as simulator:
        service = SessionService(settings_for(simulator, None, allow_request_api_key=True), http)
        assert (await service.mint(HALL, "warm", request_key=THEIRS)).secret.value
        # No secret is prepared with another user's key.
        assert len(simulator.requests) == 1
        service.profiles_for(HALL)
        assert len(simulator.requests) == 1


async def test_a_request_key_that_is_refused_says_nothing_of_ours(http: aiohttp.ClientSession) -> None:
    results: list[tuple[str, errors.NavaiError | None]] = []
    async with Simulator(api_keys={OTHERS}) as simulator:
        settings = settings_for(simulator, None, allow_request_api_key=True)
        service = SessionService(
            settings, http, on_provider_result=lambda profile, error: results.append((profile, error))
        )
        with pytest.raises(errors.UpstreamError) as refused:
            await service.mint(OWNER, "office", request_key=THEIRS)
    assert refused.value.code == "api_key_refused"
    assert results == []


async def test_a_warm_secret_is_used_and_replaced(service: SessionService, simulator: Simulator) -> None:
    service.profiles_for(HALL)
    first = await service.mint(HALL, "warm")
    second = await service.mint(HALL, "warm")
    assert (first.warm, second.warm) == (True, True)
    assert first.secret.value != second.secret.value
    callers = {request.headers["openai-safety-identifier"] for request in simulator.requests}
    assert len(callers) == 1


async def test_a_warm_secret_is_for_its_caller_and_plain_requests_only(
    service: SessionService, simulator: Simulator
) -> None:
    service.profiles_for(HALL)
    assert not (await service.mint(OWNER, "warm")).warm
    assert not (await service.mint(HALL, "warm", overrides=Overrides(tone="calm"))).warm
    assert json.dumps(simulator.requests[-1].body).count("calm") == 1
    assert (await service.mint(HALL, "warm")).warm


async def test_profiles_without_keep_warm_make_nothing_ready(service: SessionService, simulator: Simulator) -> None:
    service.profiles_for(ANNA)
    await service.mint(ANNA, None)
    assert len(simulator.requests) == 1


# --- what the host adds


async def test_a_host_adds_tools_to_every_way_of_minting(
    simulator: Simulator, http: aiohttp.ClientSession, key: str
) -> None:
    settings = settings_for(simulator, key)
    seen = []

    async def enrich(profile: VoiceProfile, caller: Caller, _: float) -> VoiceProfile:
        seen.append((profile.key, caller.id))
        return replace(profile, instructions=f"{profile.instructions}\nThe lamp is on.")

    service = SessionService(settings, http, enrich=enrich)
    for _ in range(2):
        minted = await service.mint(HALL, "warm")
        assert str((minted.secret.session or {})["instructions"]).endswith("The lamp is on.")
    await service.close()
    assert set(seen) == {("warm", "display:hall")}


async def test_what_the_host_takes_counts_in_the_timeout(
    simulator: Simulator, http: aiohttp.ClientSession, key: str
) -> None:
    settings = settings_for(simulator, key, timeout=4)
    now, allowed = [100.0], []

    async def enrich(profile: VoiceProfile, _: Caller, seconds: float) -> VoiceProfile:
        allowed.append(seconds)
        now[0] += 3.9
        return profile

    minter = Minter(settings, ProviderClient.of(settings, http), enrich=enrich, clock=lambda: now[0])
    simulator.faults.push("latency-ms=30000")
    started = monotonic()
    with pytest.raises(errors.UpstreamTimeoutError):
        await minter.mint(settings.profiles["kitchen"], HALL)
    # A tenth of a second was left for the provider.
    assert monotonic() - started < 2
    assert allowed == [2.0]
    settings = replace(settings, timeout=60)
    await Minter(settings, ProviderClient.of(settings, http), enrich=enrich).mint(settings.profiles["kitchen"], HALL)
    assert allowed == [2.0, ENRICH_S]


async def test_a_warm_secret_has_the_tools_of_now(simulator: Simulator, http: aiohttp.ClientSession, key: str) -> None:
    tools = [{"type": "function", "name": "lamp", "parameters": {"type": "object", "properties": {}}}]

    async def enrich(profile: VoiceProfile, *_: object) -> VoiceProfile:
        return replace(profile, tools=tuple(tools))

    service = SessionService(settings_for(simulator, key), http, enrich=enrich)
    await service.mint(HALL, "warm")
    assert (await service.mint(HALL, "warm")).warm
    while not service.ready():
        await asyncio.sleep(0.001)
    tools.append(tools[0] | {"name": "lock"})
    minted = await service.mint(HALL, "warm")
    assert not minted.warm
    assert [tool["name"] for tool in (minted.secret.session or {})["tools"]] == ["lamp", "lock"]
    assert (await service.mint(HALL, "warm")).warm
    service.drop_ready()
    assert not (await service.mint(HALL, "warm")).warm
    await service.close()


async def test_a_warm_secret_is_for_its_place_only(simulator: Simulator, http: aiohttp.ClientSession, key: str) -> None:
    settings = settings_for(simulator, key)
    service = SessionService(settings, http)
    here, there = (Caller(kind="user", key="anna", display=display) for display in ("hall", "desk"))
    await service.mint(here, "warm")
    assert not (await service.mint(there, "warm")).warm
    assert (await service.mint(here, "warm")).warm
    await service.close()


# --- what the host receives


async def test_everybody_who_asks_is_news_once(simulator: Simulator, http: aiohttp.ClientSession, key: str) -> None:
    results: list[MintResult] = []
    limiter = Limiter(LocalCounter(), 10)
    settings = settings_for(simulator, key)
    service = SessionService(settings, http, allowance=limiter, keep_warm=False, on_mint=results.append)
    once = replace(HALL, secrets_per_minute=1)
    minted: Minted = await service.mint(once, "warm")
    with pytest.raises(errors.RateLimitedError):
        await service.mint(once, "warm")
    with pytest.raises(errors.UnknownProfileError):
        await service.mint(once, "nosuch")
    found = [(result.caller.id, result.profile, result.outcome, result.minted) for result in results]
    assert found == [
        ("display:hall", "warm", "minted", minted),
        ("display:hall", "warm", "rate_limited", None),
        ("display:hall", None, "unknown_profile", None),
    ]
    assert all(0 <= result.seconds < 60 for result in results)
    assert service.ready() == 0


async def test_a_fault_of_ours_is_news_too(simulator: Simulator, http: aiohttp.ClientSession, key: str) -> None:
    results: list[MintResult] = []

    async def enrich(*_: object) -> VoiceProfile:
        raise RuntimeError("broken")

    service = SessionService(settings_for(simulator, key), http, enrich=enrich, on_mint=results.append)
    with pytest.raises(RuntimeError):
        await service.mint(HALL, "kitchen")
    assert [result.outcome for result in results] == ["internal_error"]


async def test_a_secret_that_was_ready_is_reported_as_warm(service: SessionService, simulator: Simulator) -> None:
    await service.mint(HALL, "warm")
    minted = await service.mint(HALL, "warm")
    assert MintResult(caller=HALL, profile="warm", seconds=0.1, minted=minted).outcome == "warm"


async def test_one_that_keeps_nothing_warm_has_nothing_to_forget(
    simulator: Simulator, http: aiohttp.ClientSession, key: str
) -> None:
    service = SessionService(settings_for(simulator, key), http, keep_warm=False)
    await service.mint(HALL, "warm")
    service.drop_ready()
    assert service.ready() == 0
    await service.close()
    assert not (await service.mint(HALL, "warm")).warm


class Picky:
    """A provider that refuses a field, if it is there."""

    def __init__(self, field: str) -> None:
        self.field = field
        self.bodies: list[dict[str, Any]] = []

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.bodies.append(body)
        if self.field in body["session"]["audio"]["input"]["transcription"]:
            param = f"session.audio.input.transcription.{self.field}[0]"
            error = {"message": "No.", "type": "invalid_request_error", "code": "invalid_value", "param": param}
            return web.json_response({"error": error}, status=400, headers={"x-request-id": "req_0123456789"})
        return web.json_response({"value": "ek_made_of_nothing", "expires_at": 1_900_000_000})

    @property
    def keywords(self) -> list[Any]:
        return [body["session"]["audio"]["input"]["transcription"].get("keywords") for body in self.bodies]


@pytest.fixture
async def picky() -> AsyncIterator[tuple[Picky, str]]:
    provider = Picky("keywords")
    app = web.Application()
    app.router.add_post("/v1/realtime/client_secrets", provider.answer)
    async with TestServer(app) as server:
        yield provider, str(server.make_url("/v1"))


def with_keywords(base_url: str, *words: str, **more: Any) -> Settings:
    transcription = {"model": "gpt-transcribe", "keywords": list(words)}
    block = {"api_key": "sk-x", "base_url": base_url, "profiles": {"kitchen": {"transcription": transcription} | more}}
    return settings_from_block(block, environ={})


async def test_refused_keywords_are_left_out_and_remembered(
    picky: tuple[Picky, str], http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    provider, url = picky
    names = ["Ana"]

    async def enrich(profile: VoiceProfile, _: Caller, __: float) -> VoiceProfile:
        return with_names(profile, names)

    results: list[errors.UpstreamError | None] = []
    service = SessionService(
        with_keywords(url, "auto", "Rosa"),
        http,
        enrich=enrich,
        on_provider_result=lambda _, error: results.append(error),
    )
    assert (await service.mint(OWNER, "kitchen")).secret.value == "ek_made_of_nothing"
    assert provider.keywords == [["Rosa", "Ana"], None]
    assert "The provider refused the `keywords` of kitchen" in caplog.text
    assert "req_0123456789" in caplog.text
    await service.mint(OWNER, "kitchen")
    assert provider.keywords == [["Rosa", "Ana"], None, None], "they were refused a moment ago"
    names.append("Ben")
    await service.mint(OWNER, "kitchen")
    assert provider.keywords[3:] == [["Rosa", "Ana", "Ben"], None], "other keywords may be fine"
    assert results == [None] * 3, "a conversation without keywords is no error"
    await service.close()


async def test_refused_keywords_of_the_yaml_alone(picky: tuple[Picky, str], http: aiohttp.ClientSession) -> None:
    provider, url = picky
    service = SessionService(with_keywords(url, "Rosa"), http)
    await service.mint(OWNER, "kitchen")
    await service.mint(OWNER, "kitchen")
    assert provider.keywords == [["Rosa"], None, None]
    await service.close()


async def test_another_refusal_is_not_blamed_on_the_keywords(
    picky: tuple[Picky, str], http: aiohttp.ClientSession
) -> None:
    provider, url = picky
    provider.field = "languages"
    service = SessionService(with_keywords(url, "Rosa", language="es"), http)
    with pytest.raises(errors.UpstreamError) as caught:
        await service.mint(OWNER, "kitchen")
    assert caught.value.param == "session.audio.input.transcription.languages[0]"
    assert provider.keywords == [["Rosa"]]
    await service.close()


async def test_names_for_a_profile_that_transcribes_nothing_change_nothing() -> None:
    profile = with_keywords("https://h.example/v1").profiles["kitchen"]
    plain = replace(profile, transcription="gpt-transcribe")
    assert with_names(plain, ["Ana"]) is without_keywords(plain) is plain
    assert not wants_names(plain)
    assert wants_names(with_keywords("https://h.example/v1", "auto").profiles["kitchen"])
