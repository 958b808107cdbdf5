import re
from datetime import date
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from secret_watch import WATCH

import navai_core
from navai_core import exceptions as errors
from navai_core.contract import (
    CreateClientSecretRequest,
    VoiceBackendOptions,
    check_ttl,
    create_realtime_client_secret,
    options_from_env,
)
from navai_core.simulator import Simulator

BEFORE = date(2026, 11, 22)
THEIRS = WATCH.secret("sk-theirs-0123456789")


async def test_the_documented_call(simulator: Simulator, key: str) -> None:
    options = VoiceBackendOptions(openai_api_key=key, base_url=simulator.base_url)
    secret = await create_realtime_client_secret(options, today=BEFORE)
    assert secret.value.startswith("ek_")
    assert simulator.requests[0].body == {
        "expires_after": {"anchor": "created_at", "seconds": 600},
        "session": {
            "type": "realtime",
            "model": "gpt-realtime",
            "instructions": "You are a helpful assistant.",
            "audio": {"output": {"voice": "marin"}},
        },
    }
    assert secret.session is not None
    assert key not in repr(options)


async def test_the_request_wins_over_the_options(simulator: Simulator, http: aiohttp.ClientSession, key: str) -> None:
    options = VoiceBackendOptions(
        openai_api_key=key,
        base_url=simulator.base_url + "/",
        default_model="gpt-realtime-mini",
        default_voice="alloy",
        default_instructions="Base.",
        default_language="Spanish",
        default_voice_accent="Mexican",
        default_voice_tone="warm",
        client_secret_ttl_seconds=10,
    )
    request = CreateClientSecretRequest(
        model="gpt-realtime-2.1", voice=" ", instructions=None, language="French", voice_tone="calm"
    )
    await create_realtime_client_secret(options, request, session=http)
    body = simulator.requests[0].body
    assert body["expires_after"]["seconds"] == 10
    assert body["session"]["model"] == "gpt-realtime-2.1"
    assert body["session"]["audio"]["output"]["voice"] == "alloy"
    assert body["session"]["instructions"] == (
        "Base.\nAlways reply in French.\nUse a Mexican accent while speaking.\nUse a calm tone while speaking."
    )
    assert not http.closed


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"base_url": ""}, "`base_url` must be an address"),
        ({"base_url": "ftp://x"}, "`base_url` must be an address"),
        ({"base_url": "http://[::1"}, "`base_url` must be an address"),
        ({"base_url": "http://api.example.com/v1"}, "`base_url` must start with https://"),
        ({"default_model": 5}, "`default_model` must be a string"),
        ({"default_instructions": "a\udcff"}, "`default_instructions` has half a character"),
        ({"openai_api_key": "sk-a\nb"}, "`openai_api_key` must not contain control characters"),
        ({"openai_api_key": "sk-a\udcff"}, "`openai_api_key` has half a character"),
        ({"openai_api_key": "sk-… of mine"}, "`openai_api_key` must not contain spaces"),
    ],
)
async def test_options_that_cannot_be_used_are_refused_before_anything_is_sent(
    given: dict[str, Any], says: str, key: str
) -> None:
    options = VoiceBackendOptions(**{"openai_api_key": key} | given)
    with pytest.raises(errors.InvalidInputError, match=re.escape(says)) as caught:
        await create_realtime_client_secret(options)
    assert caught.value.data["field"] in given


async def test_a_key_of_a_request_is_checked_too(key: str) -> None:
    options = VoiceBackendOptions(allow_api_key_from_request=True)
    with pytest.raises(errors.InvalidInputError, match="`api_key` must not contain spaces"):
        await create_realtime_client_secret(options, CreateClientSecretRequest(api_key=f"{key} x"))
    with pytest.raises(errors.InvalidInputError, match="`model` must be a string"):
        await create_realtime_client_secret(options, CreateClientSecretRequest(model=5))  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", ["sk-a\x00b", "sk-a\udcff", "sk-a b", "sk-…"])
def test_a_key_in_the_environment_is_checked(wrong: str) -> None:
    with pytest.raises(errors.InvalidInputError, match="`OPENAI_API_KEY` must not") as caught:
        options_from_env({"OPENAI_API_KEY": wrong})
    assert "sk-" not in caught.value.message


async def test_blank_defaults_fall_back_to_the_built_in(simulator: Simulator, key: str) -> None:
    options = VoiceBackendOptions(
        openai_api_key=f" {key} ",
        base_url=simulator.base_url,
        default_model=" ",
        default_voice="",
        default_instructions="",
    )
    await create_realtime_client_secret(options, today=BEFORE)
    session = simulator.requests[0].body["session"]
    assert (session["model"], session["instructions"]) == ("gpt-realtime", "You are a helpful assistant.")


ENDS = date(2027, 1, 20)


@pytest.mark.parametrize(
    ("today", "model"),
    [(date(2027, 1, 19), "gpt-realtime"), (ENDS, "gpt-realtime-2.1"), (date(2028, 1, 1), "gpt-realtime-2.1")],
)
@pytest.mark.parametrize("given", [{}, {"default_model": " "}, {"default_model": "gpt-realtime"}])
async def test_the_documented_default_lives_until_its_day(
    simulator: Simulator, key: str, given: dict[str, str], today: date, model: str, caplog: pytest.LogCaptureFixture
) -> None:
    options = VoiceBackendOptions(openai_api_key=key, base_url=simulator.base_url, **given)
    await create_realtime_client_secret(options, today=today)
    assert simulator.requests[0].body["session"]["model"] == model
    assert ("gpt-realtime was shut down on 2027-01-20, so gpt-realtime-2.1 is used" in caplog.text) == (today >= ENDS)


@pytest.mark.parametrize(("today", "model"), [(date(2027, 1, 19), "gpt-realtime"), (ENDS, "gpt-realtime-2.1")])
def test_the_environments_default_lives_until_its_day(
    today: date, model: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert options_from_env({}, today=today).default_model == model
    assert ("so gpt-realtime-2.1 is used" in caplog.text) == (today >= ENDS)
    other = options_from_env({"OPENAI_REALTIME_MODEL": "gpt-realtime-mini"}, today=today)
    assert other.default_model == "gpt-realtime-mini", "a model that was chosen stays"


async def test_a_model_that_a_request_names_stays(simulator: Simulator, key: str) -> None:
    options = VoiceBackendOptions(openai_api_key=key, base_url=simulator.base_url)
    await create_realtime_client_secret(options, CreateClientSecretRequest(model="gpt-realtime"), today=ENDS)
    assert simulator.requests[0].body["session"]["model"] == "gpt-realtime"


@pytest.mark.parametrize(
    ("own", "theirs", "allowed", "kind"),
    [
        (None, None, False, errors.ApiKeyMissingError),
        (" ", None, False, errors.ApiKeyMissingError),
        (None, None, True, errors.ApiKeyMissingError),
        (None, THEIRS, False, errors.RequestKeyNotAllowedError),
        ("own", THEIRS, False, errors.RequestKeyNotAllowedError),
    ],
)
async def test_key_errors(own: str | None, theirs: str | None, allowed: bool, kind: type) -> None:
    options = VoiceBackendOptions(openai_api_key=own, allow_api_key_from_request=allowed, base_url="http://127.0.0.1:9")
    with pytest.raises(kind):
        await create_realtime_client_secret(options, CreateClientSecretRequest(api_key=theirs))


async def test_the_backend_key_wins_over_the_requests(simulator: Simulator, key: str) -> None:
    options = VoiceBackendOptions(openai_api_key=key, allow_api_key_from_request=True, base_url=simulator.base_url)
    request = CreateClientSecretRequest(api_key=THEIRS)
    assert (await create_realtime_client_secret(options, request)).value
    assert THEIRS not in repr(request)


async def test_a_request_key_where_allowed() -> None:
    async with Simulator(api_keys={THEIRS}) as simulator:
        options = VoiceBackendOptions(allow_api_key_from_request=True, base_url=simulator.base_url)
        assert (await create_realtime_client_secret(options, CreateClientSecretRequest(api_key=THEIRS))).value


async def test_an_upstream_failure(simulator: Simulator, key: str) -> None:
    simulator.faults.push("status=401")
    with pytest.raises(errors.ApiKeyRefusedError):
        await create_realtime_client_secret(VoiceBackendOptions(openai_api_key=key, base_url=simulator.base_url))


BAD_TTLS: list[Any] = [9, 7201, -1, 0, True, False, None, "600", 9.0, 10.5, float("nan"), float("inf"), [], 10**30]


@pytest.mark.parametrize("ttl", BAD_TTLS)
async def test_bad_times_to_live(ttl: Any) -> None:
    options = VoiceBackendOptions(openai_api_key="x", client_secret_ttl_seconds=ttl, base_url="http://127.0.0.1:9")
    with pytest.raises(errors.InvalidTtlError, match="from 10 to 7200"):
        await create_realtime_client_secret(options)


@given(st.integers() | st.floats() | st.text() | st.booleans() | st.none())
def test_a_time_to_live_is_an_integer_within_bounds_or_refused(ttl: Any) -> None:
    if type(ttl) in {int, float} and 10 <= ttl <= 7200 and ttl == int(ttl):
        assert check_ttl(ttl) == ttl
        assert type(check_ttl(ttl)) is int
    else:
        with pytest.raises(errors.InvalidTtlError):
            check_ttl(ttl)


def test_the_bounds_are_inclusive() -> None:
    assert check_ttl(10) == 10
    assert check_ttl(7200) == 7200


def test_the_environment(key: str) -> None:
    options = options_from_env(
        {
            "OPENAI_API_KEY": key,
            "OPENAI_REALTIME_MODEL": "m",
            "OPENAI_REALTIME_VOICE": "v",
            "OPENAI_REALTIME_INSTRUCTIONS": "i",
            "OPENAI_REALTIME_LANGUAGE": "l",
            "OPENAI_REALTIME_VOICE_ACCENT": "a",
            "OPENAI_REALTIME_VOICE_TONE": "t",
            "OPENAI_REALTIME_CLIENT_SECRET_TTL": " 120 ",
            "NAVAI_ALLOW_FRONTEND_API_KEY": "True",
        }
    )
    assert options == VoiceBackendOptions(
        openai_api_key=key,
        default_model="m",
        default_voice="v",
        default_instructions="i",
        default_language="l",
        default_voice_accent="a",
        default_voice_tone="t",
        client_secret_ttl_seconds=120,
        allow_api_key_from_request=True,
    )
    assert key not in repr(options)


def test_an_empty_environment_is_the_built_in() -> None:
    assert options_from_env({}, today=BEFORE) == VoiceBackendOptions()
    blank = {"OPENAI_API_KEY": " ", "OPENAI_REALTIME_MODEL": ""}
    assert options_from_env(blank, today=BEFORE) == VoiceBackendOptions()


@pytest.mark.parametrize("word", ["1", "yes", "false", "", "truee"])
def test_only_the_word_true_allows_request_keys(word: str) -> None:
    assert not options_from_env({"NAVAI_ALLOW_FRONTEND_API_KEY": word}).allow_api_key_from_request


@pytest.mark.parametrize("ttl", ["ten", "9", "7201", "600.5", "nan", "١٢٠", "1e3", "9" * 5000])
def test_a_bad_time_to_live_in_the_environment(ttl: str) -> None:
    with pytest.raises(errors.InvalidTtlError):
        options_from_env({"OPENAI_REALTIME_CLIENT_SECRET_TTL": ttl})


@given(
    st.dictionaries(
        st.sampled_from(["OPENAI_API_KEY", "OPENAI_REALTIME_CLIENT_SECRET_TTL", "OPENAI_REALTIME_VOICE"]), st.text()
    )
)
def test_any_environment_gives_options_or_a_clear_error(environ: dict[str, str]) -> None:
    try:
        assert 10 <= options_from_env(environ).client_secret_ttl_seconds <= 7200
    except errors.InvalidTtlError as error:
        assert "whole number" in error.message
    except errors.InvalidInputError as error:
        assert error.message.startswith("`OPENAI_API_KEY` must not contain")


def test_the_public_surface() -> None:
    """The stable names for other code. Write every change of them into the CHANGELOG."""
    assert sorted(navai_core.__all__) == [
        "Caller",
        "ConfigError",
        "CreateClientSecretRequest",
        "Minted",
        "NavaiError",
        "Overrides",
        "Problem",
        "RealtimeClientSecret",
        "SessionService",
        "Settings",
        "VERSION",
        "VoiceBackendOptions",
        "VoiceProfile",
        "create_realtime_client_secret",
        "exceptions",
        "load_settings",
        "options_from_env",
    ]
    assert all(hasattr(navai_core, name) for name in navai_core.__all__)
