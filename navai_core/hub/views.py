"""Profiles and client secrets.

| route | who |
|---|---|
| `GET  /navai/profiles` | a display or a user: what it may use |
| `POST /navai/profiles/{profile}/client-secret` | a display or a user of that profile |
| `POST /navai/realtime/client-secret` | the same, in the words of the NAVAI contract |
"""

from collections.abc import Mapping
from time import perf_counter
from typing import Any, Final

from aiohttp import web

from ..exceptions import InvalidInputError, NavaiError
from ..minter import Minted
from ..models import Overrides
from ..options import CLIENT_SECRET_REQUEST, CONTRACT_REQUEST
from ..schema import check_request
from .keys import HUB
from .requests import answer, body_of, caller_of

_CONTRACT_NAMES: Final = {"voiceAccent": "accent", "voiceTone": "tone"}


async def list_profiles(request: web.Request) -> web.Response:
    """What the caller may use: no instructions, no keys. The caller is near now, so its secrets are made ready."""
    minter = request.app[HUB].house.minter
    caller = await caller_of(request)
    minter.be_ready_for(caller)
    profiles = minter.profiles_of(caller)
    items = [
        {
            "profile": profile.key,
            "name": profile.name,
            "model": profile.model,
            "voice": profile.voice,
            "language": profile.language,
            "transport": "client_secret",
            "allow_overrides": sorted(profile.allow_overrides),
        }
        for profile in profiles.values()
    ]
    return answer({"profiles": items, "default_profile": next(iter(profiles), None)})


async def create_client_secret(request: web.Request) -> web.Response:
    """A secret for the profile in the address, and what is needed to connect with it."""
    minted = await _mint(request, CLIENT_SECRET_REQUEST, request.match_info["profile"])
    return answer(
        {
            "value": minted.secret.value,
            "expires_at": minted.secret.expires_at,
            "profile": minted.profile,
            "model": minted.model,
            "voice": minted.voice,
            "url": minted.url,
        }
    )


async def create_contract_secret(request: web.Request) -> web.Response:
    """The same in the contract's words, which allow nothing else in the answer. `profile` in body or query."""
    minted = await _mint(request, CONTRACT_REQUEST, None)
    return answer({"value": minted.secret.value, "expires_at": minted.secret.expires_at})


async def _mint(request: web.Request, fields: Any, profile_name: str | None) -> Minted:
    hub = request.app[HUB]
    house = hub.house
    caller = await caller_of(request)
    body = await body_of(request, fields)
    if profile_name is None:
        profile_name = _profile_of_contract(body.pop("profile", ""), request)
    profile = house.minter.profile_for(profile_name, caller)
    began = perf_counter()
    outcome = "internal_error"
    try:
        await hub.limiter.count_mint(caller, profile)
        request_key = body.pop("apiKey", "")
        overrides = _overrides(body) if body else None
        minted = await house.minter.mint(profile, caller, overrides, request_key)
        outcome = "warm" if minted.warm else "minted"
    except NavaiError as error:
        outcome = error.code
        raise
    finally:
        hub.metrics.mint(profile.key, outcome, perf_counter() - began)
    return minted


def _profile_of_contract(in_body: str, request: web.Request) -> str:
    """The profile that is named in the body, else in the query."""
    if not request.query_string:
        return in_body
    if len(request.query) != len(set(request.query)):
        raise InvalidInputError("The query names something twice — name the profile once.")
    in_query: str = check_request(request.query, CONTRACT_REQUEST[:1]).get("profile", "")
    return in_body or in_query


def _overrides(body: Mapping[str, str]) -> Overrides:
    return Overrides(**{_CONTRACT_NAMES.get(name, name): value for name, value in body.items()})
