"""Schemathesis makes up requests from the hub's own description, right ones and wrong ones, and judges the answers."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from e2e_support import ANNA, Process, Reply, Simulated, ask, block, check_answer, served, write_config
from hypothesis import HealthCheck, Phase, settings
from multidict import CIMultiDict
from schemathesis.config import SchemathesisConfig

from navai_core.hub.openapi import describe
from navai_core.hub.routes import OPENAPI_PATH, ROUTES

pytestmark = pytest.mark.once

FUNCTIONS = '''
def echo(value=None, *more, **named):
    """Give the arguments back."""
    return [value, more, named]

def fail() -> None:
    raise RuntimeError("broken")
'''
OFTEN = 1_000_000
CONFIG = {
    "generation": {
        "mode": "all",
        "deterministic": True,
        "database": "none",
        "max-examples": 100,
        "allow-extra-parameters": False,
        "with-security-parameters": False,
    },
    "checks": {
        # 403 and 404: what is not allowed, and what does not exist. 400: see `only_what_no_schema_says`.
        "positive_data_acceptance": {
            "enabled": True,
            "expected-statuses": ["2xx", "400", "401", "403", "404", "429"],
        },
        # 405: an address with a wrong profile may be another route's.
        "negative_data_rejection": {
            "enabled": True,
            "expected-statuses": ["400", "401", "403", "404", "405", "413", "415", "429"],
        },
    },
}


@pytest.fixture(scope="module")
def hub(shared_simulator: Simulated, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Process, str]]:
    folder = tmp_path_factory.mktemp("hub")
    (folder / "echo.py").write_text(FUNCTIONS)
    users = {"anna": {"token": ANNA, "profiles": ["kitchen"], "secrets_per_minute": OFTEN}}
    kitchen = {
        "allow_overrides": ["instructions", "language", "accent", "tone"],
        "limits": {"secrets_per_minute": OFTEN},
    }
    hub = {
        "users": users,
        "functions": ["echo.py"],
        "trusted_proxies": ["127.0.0.1"],
        "sign_in_failures_per_minute": 1000,
    }
    config = write_config(folder, block(shared_simulator.base_url, hub, profiles={"kitchen": kitchen}))
    with served(config) as running:
        yield running


schema = schemathesis.openapi.from_dict(describe(), config=SchemathesisConfig.from_dict(CONFIG))
"""What the hub serves: a test below holds it against what a running hub says."""
_ADDRESSES = itertools.count(1)


@schema.parametrize()
@settings(
    max_examples=100,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_described(case: schemathesis.Case, hub: tuple[Process, str]) -> None:
    number = next(_ADDRESSES)
    # Each from an address of its own, lest the made-up tokens be throttled, which would hide what we look for.
    headers = {"X-Forwarded-For": f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"}
    if case.path == "/metrics":
        del headers["X-Forwarded-For"]  # they are for this machine alone
    if case.operation.definition.raw["security"]:
        headers["Authorization"] = f"Bearer {ANNA}"
    response = case.call_and_validate(base_url=hub[1], headers=headers)
    received = CIMultiDict((name, value) for name, values in response.headers.items() for value in values)
    check_answer(response.status_code, received, response.content)
    assert response.status_code < 500
    if response.status_code == 400 and case.meta.generation.mode.is_positive:
        only_what_no_schema_says(response.json(), case.body)


def only_what_no_schema_says(error: Any, body: Any) -> None:
    """A body that fits the description is refused for control characters, or for a name of nothing but blanks."""
    codes = {problem["code"] for problem in error.get("problems", [])}
    blank = isinstance(body, dict) and (body.get("function_name") or "").isspace()
    # `duplicate`: the id of a call was that of another call.
    assert codes in ({"control_characters"}, {"duplicate"}) or blank, (error, body)


def test_the_description_is_valid_and_complete(hub: tuple[Process, str]) -> None:
    described = ask("GET", hub[1] + OPENAPI_PATH).body
    assert described == describe()
    assert described["openapi"] == "3.1.0"
    schema.validate()
    operations = {(method.upper(), path) for path, methods in described["paths"].items() for method in methods}
    assert operations == {(route.method, route.path) for route in ROUTES}


def test_without_a_token_everything_guarded_is_401(hub: tuple[Process, str]) -> None:
    described = ask("GET", hub[1] + OPENAPI_PATH).body
    guarded = [
        (method.upper(), path, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if operation["security"]
    ]
    assert len(guarded) >= 5
    for method, path, operation in guarded:
        assert "401" in operation["responses"]
        for profile in ("kitchen", "nosuch"):
            for body in (None, {}, {"nonsense": 1}):
                reply: Reply = ask(
                    method, hub[1] + path.format(profile=profile, running="call_1", display="hall"), json_body=body
                )
                assert (reply.status, reply.code) == (401, "not_signed_in"), "nobody learns what is there"


def test_what_the_hub_answers_in_trouble_is_described_too(hub: tuple[Process, str], simulator: Simulated) -> None:
    described = ask("GET", hub[1] + OPENAPI_PATH).body
    for fault, status in (
        ("status=400", 502),
        ("status=401", 503),
        ("error=insufficient_quota", 503),
        ("status=429; retry-after=100", 429),
    ):
        for path in ("/navai/profiles/{profile}/client-secret", "/navai/realtime/client-secret"):
            simulator.fault(fault)
            reply = ask("POST", hub[1] + path.replace("{profile}", "kitchen"), token=ANNA)
            assert reply.status == status
            assert str(status) in described["paths"][path]["post"]["responses"]
