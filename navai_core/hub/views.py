"""Profiles and client secrets.

| route | who |
|---|---|
| `GET  /navai/profiles` | a display or a user: what it may use |
| `POST /navai/profiles/{profile}/client-secret` | a display or a user of that profile |
| `POST /navai/realtime/client-secret` | the same, in the words of the NAVAI contract |
"""

from collections.abc import Sequence
from time import perf_counter

from aiohttp import web

from ..answers import contract_body, profiles_body, secret_body
from ..exceptions import NavaiError
from ..minter import Minted
from ..options import CLIENT_SECRET_REQUEST, CONTRACT_REQUEST, Option
from ..requests import overrides_of, profile_in, read_body
from .keys import HUB
from .requests import answer, body_of, caller_of


async def list_profiles(request: web.Request) -> web.Response:
    """What the caller may use: no instructions, no keys. The caller is near now, so its secrets are made ready."""
    minter = request.app[HUB].house.minter
    caller = await caller_of(request)
    minter.be_ready_for(caller)
    return answer({**profiles_body(minter.profiles_of(caller)), "functions": caller.functions})


async def create_client_secret(request: web.Request) -> web.Response:
    """A secret for the profile in the address, and what is needed to connect with it."""
    return answer(secret_body(await _mint(request, CLIENT_SECRET_REQUEST, request.match_info["profile"])))


async def create_contract_secret(request: web.Request) -> web.Response:
    """The same in the contract's words, which allow nothing else in the answer. `profile` in body or query."""
    return answer(contract_body(await _mint(request, CONTRACT_REQUEST, None)))


async def _mint(request: web.Request, fields: Sequence[Option], profile_name: str | None) -> Minted:
    hub = request.app[HUB]
    house = hub.house
    caller = await caller_of(request)
    body = read_body(await body_of(request), request.content_type, fields)
    if profile_name is None:
        in_query = profile_in(request.query) if request.query_string else ""
        profile_name = body.pop("profile", "") or in_query
    profile = house.minter.profile_for(profile_name, caller)
    began = perf_counter()
    outcome = "internal_error"
    try:
        await hub.limiter.count_mint(caller, profile)
        request_key = body.pop("apiKey", "")
        minted = await house.minter.mint(profile, caller, overrides_of(body), request_key)
        outcome = "warm" if minted.warm else "minted"
    except NavaiError as error:
        outcome = error.code
        raise
    finally:
        hub.metrics.mint(profile.key, outcome, perf_counter() - began)
    return minted
