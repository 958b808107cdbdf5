import hashlib
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from hub_support import ANNA, HALL, settings_for
from hypothesis import given
from hypothesis import strategies as st

from navai_core.addresses import is_loopback
from navai_core.hub.auth import HubTokens, address_of, bearer_of_request, is_of_this_machine
from navai_core.simulator import Simulator


def request(remote: str | None = "192.0.2.1", **headers: str) -> Any:
    made = make_mocked_request("GET", "/", headers={name.replace("_", "-"): value for name, value in headers.items()})
    return made.clone(remote=remote) if remote is not None else made.clone(remote="")


async def test_tokens_find_their_callers(simulator: Simulator) -> None:
    tokens = HubTokens(settings_for(simulator))
    assert len(tokens) == 2
    hall = tokens.caller_of(HALL)
    assert hall is not None
    assert (hall.id, hall.profiles) == ("display:hall", ("warm", "kitchen"))
    anna = tokens.caller_of(ANNA)
    assert anna is not None
    assert anna.id == "user:anna"
    assert tokens.caller_of(HALL + "x") is None
    assert not tokens.guards_metrics
    assert not tokens.opens_metrics(HALL)


async def test_a_hashed_token_works_and_its_hash_does_not(simulator: Simulator) -> None:
    hashed = "sha256:" + hashlib.sha256(HALL.encode()).hexdigest()
    settings = settings_for(simulator, displays={"hall": {"profile": "kitchen", "token": hashed}})
    assert HubTokens(settings).caller_of(HALL)
    assert HubTokens(settings).caller_of(hashed) is None


async def test_the_metrics_token(simulator: Simulator) -> None:
    tokens = HubTokens(settings_for(simulator, hub={"metrics_token": "tok_metrics_Xq7mZt2LxW9"}))
    assert tokens.guards_metrics
    assert tokens.opens_metrics("tok_metrics_Xq7mZt2LxW9")
    assert not tokens.opens_metrics(HALL)


@given(st.text())
def test_any_header_gives_a_token_or_none(header: str) -> None:
    try:
        header.encode("latin-1")
    except UnicodeEncodeError:
        return
    assert isinstance(bearer_of_request(request(Authorization=header)), str)


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Basic abc", ""),
        ("Bearer", ""),
        ("", ""),
        ("Bearer " + "a" * 2000, ""),
    ],
)
def test_bearer(header: str, token: str) -> None:
    assert bearer_of_request(request(Authorization=header)) == token


@pytest.mark.parametrize(
    ("remote", "forwarded", "trusted", "address"),
    [
        ("192.0.2.1", "203.0.113.9", (), "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", ("10.0.0.0/8",), "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9", ("10.0.0.0/8",), "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.7", ("10.0.0.0/8",), "203.0.113.9"),
        ("10.0.0.1", "10.0.0.2", ("10.0.0.0/8",), "10.0.0.2"),
        ("10.0.0.1", "", ("10.0.0.0/8",), "10.0.0.1"),
        ("10.0.0.1", "rubbish", ("10.0.0.0/8",), "rubbish"),
        ("rubbish", "203.0.113.9", ("10.0.0.0/8",), "rubbish"),
        ("2001:db8:1:2:3:4:5:6", "", (), "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "", (), "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9:4711", ("10.0.0.0/8",), "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::1]:4711", ("10.0.0.0/8",), "2001:db8::/64"),
        ("", "", (), "unknown"),
    ],
)
def test_addresses(remote: str, forwarded: str, trusted: tuple[str, ...], address: str) -> None:
    headers = {"X_Forwarded_For": forwarded} if forwarded else {}
    assert address_of(request(remote, **headers), trusted) == address


def test_loopback() -> None:
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert is_loopback("localhost")
    assert not is_loopback("192.0.2.1")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("example.org")


OF_PROXIES = [
    *("X_Forwarded_For", "X_Forwarded_Host", "X_Forwarded_Proto", "X_Forwarded_Server", "Forwarded", "Via"),
    *("X_Real_IP", "X_Client_IP", "True_Client_IP", "CF_Connecting_IP", "CF_Ray", "x_forwarded_for"),
]


def test_what_a_proxy_passes_on_is_not_of_this_machine() -> None:
    assert is_of_this_machine(request("127.0.0.1", Host="localhost:8770"), "127.0.0.1")
    assert not is_of_this_machine(request("192.0.2.1", Host="localhost"), "127.0.0.1")
    for name in OF_PROXIES:
        assert not is_of_this_machine(request("127.0.0.1", Host="localhost", **{name: "203.0.113.9"}), "127.0.0.1")


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1", True),
        ("127.0.0.1:8770", True),
        ("LOCALHOST:80", True),
        ("localhost.", True),
        ("[::1]:8770", True),
        ("pi.local:8770", True),
        ("Pi.Local", True),
        ("", False),
        ("evil.example:8770", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("192.168.1.5:8770", False),
        ("::1", True),
        ("[::1", True),
        ("user@localhost", False),
    ],
)
def test_a_page_whose_name_leads_here_is_not_of_this_machine(host: str, known: bool) -> None:
    assert is_of_this_machine(request("127.0.0.1", Host=host), "pi.local") is known
