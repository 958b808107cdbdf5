import json
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navai_core import exceptions as errors
from navai_core.const import MAX_RETRY_AFTER_S
from navai_core.provider.errors import Refusal, error_of, read_refusal
from navai_core.provider.retry import delay_of, is_retried, retry_after_of


def body(**error: Any) -> bytes:
    return json.dumps({"error": error}).encode()


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of other tests: a code that shares eight letters with one of them would not be passed on."""
    monkeypatch.setattr(import_module("navai_core.redact"), "_remembered_parts", lambda _: set())


@pytest.mark.parametrize(
    ("refusal", "headers", "expected"),
    [
        (Refusal(408), {}, True),
        (Refusal(409), {}, True),
        (Refusal(429), {}, True),
        (Refusal(500), {}, True),
        (Refusal(503), {}, True),
        (Refusal(400), {}, False),
        (Refusal(401), {}, False),
        (Refusal(404), {}, False),
        (Refusal(307), {}, False),
        (Refusal(511, signs_in=True), {}, False),
        (Refusal(429, type="insufficient_quota"), {}, False),
        (Refusal(429, code="credit_balance_exhausted"), {}, False),
        (Refusal(429, code="insufficient_quota"), {"x-should-retry": "true"}, False),
        (Refusal(500), {"x-should-retry": "false"}, False),
        (Refusal(400), {"x-should-retry": "true"}, False),
    ],
)
def test_what_is_tried_again(refusal: Refusal, headers: dict[str, str], expected: bool) -> None:
    assert is_retried(refusal, headers) is expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "3"}, 3.0),
        ({"retry-after-ms": "250", "Retry-After": "3"}, 0.25),
        ({"retry-after-ms": "soon", "Retry-After": "3"}, 3.0),
        ({"Retry-After": "121"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT", "Date": "Wed, 21 Oct 2026 07:27:48 GMT"}, 12.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT", "Date": "Wed, 21 Oct 2026 07:28:01 GMT"}, None),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT", "Date": "Tue, 20 Oct 2026 07:28:00 GMT"}, None),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT", "Date": "today"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after_of(headers) == expected


def test_delays_double_up_to_eight_seconds_with_a_quarter_of_jitter() -> None:
    assert [delay_of(attempt, None, 0.0) for attempt in range(6)] == [0.5, 1, 2, 4, 8, 8]
    assert delay_of(0, None, 1.0) == 0.375
    assert delay_of(0, 7.0, 1.0) == 7.0


@given(st.dictionaries(st.sampled_from(["retry-after-ms", "Retry-After", "Date"]), st.text()))
def test_any_header_gives_a_bounded_delay_or_none(headers: dict[str, str]) -> None:
    seconds = retry_after_of(headers)
    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER_S


@pytest.mark.parametrize(
    ("status", "content", "kind", "code"),
    [
        (
            400,
            body(type="invalid_request_error", code="unknown_parameter", param="session.speed"),
            errors.UpstreamError,
            "upstream_refused",
        ),
        (400, b"rubbish", errors.UpstreamError, "upstream_refused"),
        (401, body(code="invalid_api_key"), errors.ApiKeyRefusedError, "api_key_refused"),
        (403, body(code="insufficient_permissions"), errors.PermissionRefusedError, "permission_refused"),
        (
            403,
            body(code="unsupported_country_region_territory"),
            errors.CountryNotSupportedError,
            "country_not_supported",
        ),
        (401, body(code="missing_scope"), errors.MissingScopeError, "missing_scope"),
        (403, body(code="missing_scope"), errors.MissingScopeError, "missing_scope"),
        (403, body(code="model_not_found"), errors.ModelNotFoundError, "model_not_found"),
        (404, body(code="model_not_found"), errors.ModelNotFoundError, "model_not_found"),
        (400, body(code="invalid_model", param="model"), errors.InvalidModelError, "invalid_model"),
        (400, body(code="beta_api_shape_disabled"), errors.BetaApiRetiredError, "beta_api_retired"),
        (404, body(code="DeploymentNotFound"), errors.DeploymentNotFoundError, "deployment_not_found"),
        (404, b"<html>", errors.UpstreamError, "upstream_refused"),
        (403, b"<!DOCTYPE html><input type='password'>", errors.UpstreamSignInError, "upstream_sign_in"),
        (200, b"\n<html><p>Please sign in to the guest network", errors.UpstreamSignInError, "upstream_sign_in"),
        # A web page is never believed, whatever it says.
        *(
            (status, b"<!doctype html><title>Welcome", errors.UpstreamSignInError, "upstream_sign_in")
            for status in (200, 201, 302, 303, 400, 401, 403)
        ),
        (302, b"", errors.UpstreamSignInError, "upstream_sign_in"),
        (429, b"<html>Slow down", errors.UpstreamRateLimitedError, "upstream_rate_limited"),
        (301, b"<html><h1>Moved", errors.UpstreamError, "upstream_refused"),
        (308, b"<html>Log in first", errors.UpstreamSignInError, "upstream_sign_in"),
        (407, b"", errors.UpstreamSignInError, "upstream_sign_in"),
        (511, b"anything", errors.UpstreamSignInError, "upstream_sign_in"),
        (502, b"<html>Bad gateway. <a href=/login>Log in</a>", errors.UpstreamUnavailableError, "upstream_unavailable"),
        (429, body(code="rate_limit_exceeded"), errors.UpstreamRateLimitedError, "upstream_rate_limited"),
        (
            429,
            body(type="rate_limit_error", code="slow_down"),
            errors.UpstreamRateLimitedError,
            "upstream_rate_limited",
        ),
        (
            429,
            body(type="insufficient_quota", code="credit_balance_exhausted"),
            errors.QuotaExhaustedError,
            "quota_exhausted",
        ),
        (409, b"", errors.UpstreamUnavailableError, "upstream_unavailable"),
        (500, b"", errors.UpstreamUnavailableError, "upstream_unavailable"),
        (503, body(code="server_is_overloaded"), errors.UpstreamUnavailableError, "upstream_unavailable"),
        (307, b"", errors.UpstreamError, "upstream_refused"),
        (204, b"", errors.UpstreamError, "upstream_refused"),
    ],
)
def test_every_answer_has_its_error(status: int, content: bytes, kind: type, code: str) -> None:
    error = error_of(read_refusal(status, content, api_key=""), request_id="req_1", retry_after=None)
    assert type(error) is kind
    assert error.code == code
    assert error.status == status
    assert error.request_id == "req_1"
    assert error.data["upstream_request_id"] == "req_1"
    assert error.message.count(". ") == 1, "what is wrong, then the cure"


def test_the_refused_field_is_named_and_rubbish_in_its_place_is_not() -> None:
    named = read_refusal(400, body(param="session.audio.output.speed"), api_key="")
    error = error_of(named, request_id=None, retry_after=None)
    assert "`session.audio.output.speed`" in error.message
    assert error.param == "session.audio.output.speed"
    pasted = read_refusal(400, body(param="your key sk-1234 is bad"), api_key="")
    rubbish = error_of(pasted, request_id=None, retry_after=None)
    assert "sk-" not in rubbish.message
    assert rubbish.param is None


def test_retry_after_is_kept_or_guessed() -> None:
    kept = error_of(Refusal(429), request_id=None, retry_after=17.0)
    guessed = error_of(Refusal(429), request_id=None, retry_after=None)
    assert isinstance(kept, errors.UpstreamRateLimitedError)
    assert isinstance(guessed, errors.UpstreamRateLimitedError)
    assert kept.retry_after == 17.0
    assert guessed.retry_after > 0


@given(st.integers(100, 599), st.binary())
def test_any_body_can_be_read(status: int, content: bytes) -> None:
    error_of(read_refusal(status, content, api_key=""), request_id=None, retry_after=None)


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_json_can_be_read(content: Any) -> None:
    for shape in (content, {"error": content}, {"error": {"code": content, "type": content}}):
        assert read_refusal(400, json.dumps(shape).encode(), api_key="").status == 400


def test_deep_json_can_be_read() -> None:
    assert read_refusal(400, b'{"error":' + b"[" * 200_000, api_key="") == Refusal(400)
