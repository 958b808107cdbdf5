import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from secret_watch import WATCH

from navai_core import exceptions as errors
from navai_core.client import ProviderClient
from navai_core.config import settings_from_block
from navai_core.minter import Minter, apply_overrides, choose_key
from navai_core.models import Caller, Overrides, Settings, VoiceProfile
from navai_core.providers import PROVIDERS
from navai_core.simulator import Simulator
from navai_core.warm import WarmSecrets

OWNER = Caller(kind="owner", key="shell")
HALL = Caller(kind="display", key="hall", profiles=("kitchen", "warm"))
ANNA = Caller(kind="user", key="anna", profiles=("office", "private"))
THEIRS = WATCH.secret("sk-request-0123456789")
OTHERS = WATCH.secret("sk-another-9876543210")


class House:
    def __init__(self, settings: Settings, http: aiohttp.ClientSession) -> None:
        client = ProviderClient(http, provider=settings.provider, base_url=settings.base_url)
        self.warm = WarmSecrets(settings.client_secret_ttl)
        self.minter = Minter(settings, client, self.warm)


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
async def house(simulator: Simulator, http: aiohttp.ClientSession, key: str) -> AsyncIterator[House]:
    house = House(settings_for(simulator, key), http)
    yield house
    await house.warm.close()


async def mint(house: House, caller: Caller, profile: str | None = None, **more: Any) -> Any:
    return await house.minter.mint(house.minter.profile_for(profile, caller), caller, **more)


async def test_a_mint_by_profile(house: House, simulator: Simulator) -> None:
    minted = await mint(house, HALL, "kitchen")
    assert (minted.profile, minted.model, minted.voice, minted.warm) == ("kitchen", "gpt-realtime-2.1", "marin", False)
    assert minted.url == f"{simulator.base_url}/realtime/calls"
    assert simulator.requests[0].body["session"]["instructions"].endswith("Always reply in Spanish.")
    assert minted.secret.value not in repr(minted)


def test_defaults_per_caller(house: House) -> None:
    assert house.minter.profile_for(None, HALL).key == "kitchen"
    assert house.minter.profile_for("", ANNA).key == "office"
    assert house.minter.profile_for(None, OWNER).key == "office"
    assert list(house.minter.profiles_of(OWNER)) == ["kitchen", "office", "warm", "private"]
    assert list(house.minter.profiles_of(ANNA)) == ["office"]
    assert house.minter.profile_for("private", replace(ANNA, key="ben")).key == "private"


@pytest.mark.parametrize(
    ("name", "caller", "kind", "says"),
    [
        ("kitchn", HALL, errors.UnknownProfileError, "did you mean `kitchen`?"),
        ("offic", HALL, errors.UnknownProfileError, "of that name."),
        ("office", HALL, errors.ProfileNotAllowedError, "not open to you"),
        ("private", ANNA, errors.ProfileNotAllowedError, "not open to you"),
        ("closed", OWNER, errors.ProfileNotAllowedError, "switched off"),
        (None, Caller(kind="user", key="x", profiles=()), errors.ProfileNotAllowedError, "No profile"),
    ],
)
def test_refused_profiles(house: House, name: str | None, caller: Caller, kind: type, says: str) -> None:
    with pytest.raises(kind, match=None) as caught:
        house.minter.profile_for(name, caller)
    assert says in str(caught.value)


async def test_overrides(house: House, simulator: Simulator) -> None:
    minted = await mint(house, HALL, "kitchen", overrides=Overrides(language="fr", voice=" cedar "))
    session = simulator.requests[0].body["session"]
    assert session["instructions"].endswith("Always reply in French.")
    assert session["audio"]["output"]["voice"] == minted.voice == "cedar"


def test_what_equals_the_profile_needs_no_leave(house: House) -> None:
    profile = house.minter.profile_for("office", OWNER)
    same = Overrides(model=profile.model, voice=profile.voice, instructions=profile.instructions)
    assert apply_overrides(profile, same, PROVIDERS["openai"]) is profile


def test_overrides_that_are_not_listed(house: House) -> None:
    profile = house.minter.profile_for("kitchen", OWNER)
    with pytest.raises(errors.OverrideNotAllowedError, match="model, tone") as caught:
        apply_overrides(profile, Overrides(model="x", tone="y", language="fr"), PROVIDERS["openai"])
    assert caught.value.data["refused"] == ["model", "tone"]


def test_an_override_to_no_voice(house: House) -> None:
    profile = house.minter.profile_for("kitchen", OWNER)
    with pytest.raises(
        errors.InvalidInputError, match=r"^The voice is no voice of openai; .* — did you mean `marin`\?$"
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
        house = House(settings_for(simulator, None, allow_request_api_key=True), http)
        assert (await mint(house, HALL, "warm", request_key=THEIRS)).secret.value
        # Nothing is made ready with somebody else's key.
        assert len(simulator.requests) == 1
        house.minter.be_ready_for(HALL)
        assert len(simulator.requests) == 1


async def test_a_request_key_that_is_refused_says_nothing_of_ours(http: aiohttp.ClientSession) -> None:
    heard: list[tuple[str, errors.NavaiError | None]] = []
    async with Simulator(api_keys={OTHERS}) as simulator:
        settings = settings_for(simulator, None, allow_request_api_key=True)
        client = ProviderClient(http, provider=settings.provider, base_url=settings.base_url)
        minter = Minter(settings, client, heard=lambda profile, error: heard.append((profile, error)))
        with pytest.raises(errors.UpstreamError) as refused:
            await minter.mint(minter.profile_for("office", OWNER), OWNER, request_key=THEIRS)
    assert refused.value.code == "api_key_refused"
    assert heard == []


async def test_a_warm_secret_is_used_and_replaced(house: House, simulator: Simulator) -> None:
    house.minter.be_ready_for(HALL)
    first = await mint(house, HALL, "warm")
    second = await mint(house, HALL, "warm")
    assert (first.warm, second.warm) == (True, True)
    assert first.secret.value != second.secret.value
    callers = {request.headers["openai-safety-identifier"] for request in simulator.requests}
    assert len(callers) == 1


async def test_a_warm_secret_is_for_its_caller_and_plain_requests_only(house: House, simulator: Simulator) -> None:
    house.minter.be_ready_for(HALL)
    assert not (await mint(house, OWNER, "warm")).warm
    assert not (await mint(house, HALL, "warm", overrides=Overrides(tone="calm"))).warm
    assert json.dumps(simulator.requests[-1].body).count("calm") == 1
    assert (await mint(house, HALL, "warm")).warm


async def test_profiles_without_keep_warm_make_nothing_ready(house: House, simulator: Simulator) -> None:
    house.minter.be_ready_for(ANNA)
    await mint(house, ANNA)
    assert len(simulator.requests) == 1


# --- what a host knows of the moment


async def test_a_host_adds_tools_to_every_way_of_minting(
    simulator: Simulator, http: aiohttp.ClientSession, key: str
) -> None:
    settings = settings_for(simulator, key)
    warm = WarmSecrets(settings.client_secret_ttl)
    seen = []

    async def enrich(profile: VoiceProfile, caller: Caller) -> VoiceProfile:
        seen.append((profile.key, caller.id))
        return replace(profile, instructions=f"{profile.instructions}\nThe lamp is on.")

    minter = Minter(settings, ProviderClient.of(settings, http), warm, enrich=enrich)
    for _ in range(2):
        minted = await minter.mint(minter.profile_for("warm", HALL), HALL)
        assert str((minted.secret.session or {})["instructions"]).endswith("The lamp is on.")
    await warm.close()
    assert set(seen) == {("warm", "display:hall")}


async def test_a_warm_secret_is_for_its_place_only(simulator: Simulator, http: aiohttp.ClientSession, key: str) -> None:
    settings = settings_for(simulator, key)
    warm = WarmSecrets(settings.client_secret_ttl)
    minter = Minter(settings, ProviderClient.of(settings, http), warm)
    here, there = (Caller(kind="user", key="anna", display=display) for display in ("hall", "desk"))
    profile = settings.profiles["warm"]
    await minter.mint(profile, here)
    assert not (await minter.mint(profile, there)).warm
    assert (await minter.mint(profile, here)).warm
    await warm.close()


def test_a_profile_that_is_switched_off_for_now(simulator: Simulator, http: aiohttp.ClientSession, key: str) -> None:
    settings = settings_for(simulator, key)
    off = {"office"}
    minter = Minter(settings, ProviderClient.of(settings, http), switched_off=off)
    with pytest.raises(errors.ProfileNotAllowedError, match="switched off"):
        minter.profile_for("office", OWNER)
    off.clear()
    assert minter.profile_for("office", OWNER).key == "office"


def test_automations_use_what_is_open_to_them_and_nothing_else(
    simulator: Simulator, http: aiohttp.ClientSession, key: str
) -> None:
    profiles = {"open": {"automations": True, "users": ["anna"]}, "closed": {}}
    settings = settings_for(simulator, key, profiles=profiles, default_profile="closed")
    minter = Minter(settings, ProviderClient.of(settings, http))
    automation = Caller(kind="automation", key="automation")
    assert list(minter.profiles_of(automation)) == ["open"]
    assert minter.profile_for(None, automation).key == "open"
    with pytest.raises(errors.ProfileNotAllowedError):
        minter.profile_for("closed", automation)
