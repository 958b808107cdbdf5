"""No secret in a provider's answer reaches a display, the log or the metrics of the hub."""

import logging
from collections.abc import AsyncIterator

import pytest
from e2e_house import Open
from e2e_support import ANNA
from leaky_provider import (
    AZURE_KEY,
    GIFTS,
    OPENAI_KEY,
    REFUSALS,
    STRANGERS,
    LeakyProvider,
    forms_of,
    found_in,
    leaky_provider,
    text_of,
)

# More often than any limit would let a caller ask.
OFTEN = {"secrets_per_minute": 10_000}
HUB = {"users": {"anna": {"token": ANNA, "profiles": ["kitchen"], **OFTEN}}}
PROFILES = {"kitchen": {"limits": OFTEN}}
KITCHEN = "/navai/profiles/kitchen/client-secret"
CONTRACT = "/navai/realtime/client-secret"
FORMS = [*forms_of(AZURE_KEY)]
GOOD = "ek_0f1e2d3c4b5a69788796a5b4c3d2e1f0"


@pytest.fixture
async def leaky() -> AsyncIterator[LeakyProvider]:
    async with leaky_provider() as provider:
        yield provider


@pytest.mark.parametrize(("kind", "key"), [("azure", AZURE_KEY), ("openai", OPENAI_KEY)])
@pytest.mark.parametrize("form", FORMS)
async def test_the_key_stays_here(
    open_house: Open, leaky: LeakyProvider, caplog: pytest.LogCaptureFixture, kind: str, key: str, form: str
) -> None:
    caplog.set_level(logging.DEBUG)
    leak = forms_of(key)[form]
    async with open_house(HUB, provider=kind, api_key=key, base_url=leaky.base_url, profiles=PROFILES) as house:
        for place in REFUSALS:
            leaky.leaks(place, leak)
            for path in (KITCHEN, CONTRACT):
                reply = await house.ask("POST", path)
                assert reply.body["code"] != "rate_limited"
                assert reply.status >= 400, place
                shown = text_of([*reply.headers.items()]) + reply.raw.decode()
                assert found_in(shown, key) is None, (place, shown)
        for place in GIFTS:
            leaky.leaks(place, leak)
            reply = await house.ask("POST", KITCHEN)
            assert (reply.status, reply.body["value"]) == (200, GOOD), place
            assert found_in(text_of([*reply.headers.items()]) + reply.raw.decode(), key) is None, place
        metrics = (await house.ask("GET", "/metrics", token=None)).raw.decode()
    assert "navai_mints_total" in metrics
    assert found_in(metrics, key) is None
    assert found_in(caplog.text, key) is None


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_what_looks_like_somebodys_key_stays_here_too(
    open_house: Open, leaky: LeakyProvider, caplog: pytest.LogCaptureFixture, stranger: str
) -> None:
    caplog.set_level(logging.DEBUG)
    async with open_house(HUB, base_url=leaky.base_url, profiles=PROFILES) as house:
        for place in REFUSALS.keys() - {"secret"}:  # whatever looks like one is one there
            for form in ("whole", "in a path"):
                leaky.leaks(place, forms_of(stranger)[form])
                reply = await house.ask("POST", KITCHEN)
                assert reply.body["code"] != "rate_limited"
                assert reply.status >= 400, place
                shown = text_of([*reply.headers.items()]) + reply.raw.decode()
                assert found_in(shown, stranger) is None, (place, shown)
        metrics = (await house.ask("GET", "/metrics", token=None)).raw.decode()
    assert found_in(metrics + caplog.text, stranger) is None


async def test_a_key_that_came_with_the_request_stays_here_too(
    open_house: Open, leaky: LeakyProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    options = {"api_key": None, "allow_request_api_key": True, "base_url": leaky.base_url, "profiles": PROFILES}
    async with open_house(HUB, **options) as house:
        for place in REFUSALS:
            leaky.leaks(place, AZURE_KEY)
            reply = await house.ask("POST", CONTRACT, token=ANNA, json={"apiKey": AZURE_KEY})
            assert reply.body["code"] != "rate_limited"
            assert reply.status >= 400, place
            assert found_in(text_of([*reply.headers.items()]) + reply.raw.decode(), AZURE_KEY) is None, place
    assert found_in(caplog.text, AZURE_KEY) is None


async def test_what_helps_to_find_the_mistake_is_still_told(open_house: Open, leaky: LeakyProvider) -> None:
    async with open_house(provider="azure", api_key=AZURE_KEY, base_url=leaky.base_url) as house:
        leaky.leaks("param", "session.audio.input.transcription.model")
        reply = await house.ask("POST", KITCHEN)
        assert reply.body["param"] == "session.audio.input.transcription.model"
        for request_id in ("req_4b1f0e6c2d7a4e3f9a8b7c6d5e4f3a2b", "4b1f0e6c-2d7a-4e3f-9a8b-7c6d5e4f3a2b"):
            leaky.leaks("request id", request_id)
            reply = await house.ask("POST", KITCHEN)
            assert reply.body["upstream_request_id"] == request_id
