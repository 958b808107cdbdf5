"""The rules of the hub that hold for every route: origins, headers, bodies, throttling, proxies, metrics, limits."""

import json
import zlib
from dataclasses import dataclass
from typing import Any

import pytest
from e2e_house import House, Open
from e2e_support import ANNA, HALL, METRICS, WRONG, Reply
from secret_watch import WATCH

from navai_core.hub.limits import HubLimiter
from navai_core.hub.routes import OPENAPI_PATH, ROUTES
from navai_core.models import HubSettings
from navai_core.sessions.rate_limits import LocalCounter
from navai_core.simulator import Simulator

KITCHEN = "/navai/profiles/kitchen/client-secret"
CONTRACT = "/navai/realtime/client-secret"
PANEL = "https://panel.example.org"
STRANGER = "https://stranger.example"
ALL_ROUTES = [
    *((route.method, route.path.format(profile="kitchen", running="call_1", display="hall")) for route in ROUTES),
    ("GET", OPENAPI_PATH),
]


# --- origins


@pytest.mark.parametrize(("method", "path"), ALL_ROUTES)
async def test_a_page_of_a_listed_origin_may_call(open_house: Open, method: str, path: str) -> None:
    async with open_house({"cors": [PANEL]}) as house:
        asked = {
            "Origin": PANEL,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization, content-type",
        }
        preflight = await house.ask("OPTIONS", path, token=None, headers=asked)
        assert preflight.status == 200
        assert preflight.headers["Access-Control-Allow-Origin"] == PANEL
        assert preflight.headers["Access-Control-Allow-Methods"] == method
        assert set(preflight.headers["Access-Control-Allow-Headers"].upper().split(",")) == {
            "AUTHORIZATION",
            "CONTENT-TYPE",
        }
        reply = await house.ask(method, path, headers={"Origin": PANEL})
        assert reply.headers["Access-Control-Allow-Origin"] == PANEL
        assert "Access-Control-Allow-Credentials" not in reply.headers
        exposed = {name.strip() for name in reply.headers["Access-Control-Expose-Headers"].split(",")}
        assert {"Retry-After", "X-Request-Id"} <= exposed


@pytest.mark.parametrize(("method", "path"), ALL_ROUTES)
async def test_a_page_of_another_origin_may_not(open_house: Open, method: str, path: str) -> None:
    async with open_house({"cors": [PANEL]}) as house:
        for origin in (STRANGER, "null", f"{PANEL}.evil.example", PANEL.replace("https", "http"), f"{PANEL}:8443"):
            asked = {"Origin": origin, "Access-Control-Request-Method": method}
            preflight = await house.ask("OPTIONS", path, token=None, headers=asked)
            assert (preflight.status, preflight.code) == (403, "origin_not_allowed")
            reply = await house.ask(method, path, headers={"Origin": origin})
            for answer in (preflight, reply):
                assert [name for name in answer.headers if name.startswith("Access-Control-")] == []


async def test_a_page_can_read_errors_too(open_house: Open) -> None:
    """Without these headers, a browser shows `Failed to fetch` instead of the message with the cure."""
    async with open_house({"cors": [PANEL]}, profiles={"kitchen": {"limits": {"secrets_per_minute": 1}}}) as house:
        origin = {"Origin": PANEL}
        replies = [
            await house.ask("GET", "/navai/profiles", token=None, headers=origin),
            await house.ask("POST", "/navai/profiles/nosuch/client-secret", headers=origin),
            await house.ask("POST", KITCHEN, headers=origin, json={"nonsense": 1}),
            await house.ask("POST", KITCHEN, headers=origin, data=b" " * 70_000),
            *[await house.ask("POST", KITCHEN, headers=origin) for _ in range(4)][-1:],
        ]
    assert [reply.status for reply in replies] == [401, 404, 400, 413, 429]
    for reply in replies:
        assert reply.headers.get("Access-Control-Allow-Origin") == PANEL, reply.body


async def test_without_origins_there_are_no_such_headers(open_house: Open) -> None:
    async with open_house() as house:
        asked = {"Origin": PANEL, "Access-Control-Request-Method": "POST"}
        preflight = await house.ask("OPTIONS", KITCHEN, token=None, headers=asked)
        reply = await house.ask("POST", KITCHEN, headers={"Origin": PANEL})
    assert preflight.status in {403, 405}
    assert reply.status == 200
    for answer in (preflight, reply):
        assert [name for name in answer.headers if name.startswith("Access-Control-")] == []


# --- headers and methods; `House.ask` holds every answer against the security headers and the request's id


@pytest.mark.parametrize(("method", "path"), ALL_ROUTES)
async def test_every_route_answers_and_refuses_other_methods(open_house: Open, method: str, path: str) -> None:
    async with open_house() as house:
        assert (await house.ask(method, path)).status < 500
        for other in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND"} - {method}:
            reply = await house.ask(other, path)
            assert reply.status == 405, other
            assert reply.headers.get("Allow") == method, f"{other}: RFC 9110 wants Allow on a 405"
            if other != "HEAD":
                assert reply.code == "method_not_allowed"
                assert reply.body["allowed"] == [method]


async def test_request_ids_differ(open_house: Open) -> None:
    async with open_house() as house:
        ids = {(await house.ask("GET", "/navai/health")).headers["X-Request-Id"] for _ in range(20)}
    assert len(ids) == 20


async def test_the_server_does_not_tell_its_versions(open_house: Open) -> None:
    async with open_house() as house:
        reply = await house.ask("GET", "/navai/health", token=None)
    assert "python" not in reply.headers.get("Server", "").lower()
    assert "aiohttp" not in reply.headers.get("Server", "").lower()


async def test_an_expectation_that_cannot_be_met_is_ignored_or_an_error_like_any_other(open_house: Open) -> None:
    async with open_house() as house:
        reply = await house.ask("POST", KITCHEN, headers={"Expect": "200-maybe"}, json={})
    assert reply.status in {200, 400, 417}
    assert reply.body is not None


async def test_health_and_description_are_open_and_nothing_else_is(open_house: Open) -> None:
    async with open_house({"metrics_token": METRICS}) as house:
        statuses = {path: (await house.ask(method, path, token=None)).status for method, path in ALL_ROUTES}
    assert {path for path, status in statuses.items() if status == 200} == {"/navai/health", OPENAPI_PATH}
    assert {status for status in statuses.values() if status != 200} == {401}


# --- bodies


@pytest.mark.parametrize("path", [KITCHEN, CONTRACT, "/navai/functions/execute"])
async def test_a_body_of_64_kib_is_read_and_one_byte_more_is_not(open_house: Open, path: str) -> None:
    async with open_house() as house:
        headers = {"Content-Type": "application/json"}
        fits = await house.ask("POST", path, data=b"{}" + b" " * (65_536 - 2), headers=headers)
        assert fits.status in {200, 400}
        assert fits.status == 200 or fits.body["error"] == "function_name is required."
        large = await house.ask("POST", path, data=b"{}" + b" " * (65_536 - 1), headers=headers)
        assert (large.status, large.code) == (413, "body_too_large")

        async def unannounced() -> Any:
            for _ in range(70):
                yield b" " * 1024

        chunked = await house.ask("POST", path, data=unannounced(), headers=headers)
        assert (chunked.status, chunked.code) == (413, "body_too_large")


async def test_a_body_that_unpacks_to_too_much_is_too_large(open_house: Open) -> None:
    packed = zlib.compress(b" " * 50_000_000)
    headers = {"Content-Type": "application/json", "Content-Encoding": "deflate"}
    async with open_house() as house:
        reply = await house.ask("POST", KITCHEN, data=packed, headers=headers)
    assert (reply.status, reply.code) == (413, "body_too_large")


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_does_not_unpack_is_the_callers_mistake(open_house: Open, encoding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    async with open_house() as house:
        reply = await house.ask("POST", KITCHEN, data=b"not packed at all", headers=headers)
    assert reply.status in {400, 415}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"])
async def test_a_body_that_is_not_declared_as_json_is_415(open_house: Open, kind: str) -> None:
    async with open_house() as house:
        reply = await house.ask("POST", KITCHEN, data=b"{}", headers={"Content-Type": kind})
    assert (reply.status, reply.code) == (415, "unsupported_content_type")


async def test_json_may_have_parameters_and_an_empty_body_needs_no_type(open_house: Open) -> None:
    async with open_house() as house:
        headers = {"Content-Type": "Application/JSON; charset=utf-8"}
        assert (await house.ask("POST", KITCHEN, data=b"{}", headers=headers)).status == 200
        assert (await house.ask("POST", KITCHEN, data=b"", headers={"Content-Type": "text/plain"})).status == 200


async def test_unknown_fields_are_named_all_at_once_with_their_cure(open_house: Open) -> None:
    async with open_house() as house:
        reply = await house.ask("POST", CONTRACT, json={"voise": "ash", "tone": "dry", "model": 5, "language": None})
    assert (reply.status, reply.code) == (400, "invalid_request")
    problems = {problem["field"]: problem for problem in reply.body["problems"]}
    assert set(problems) == {"voise", "tone", "model"}
    assert problems["voise"]["code"] == "unknown_key"
    assert "`voice`" in problems["voise"]["message"]
    assert problems["model"]["code"] == "wrong_type"


async def test_a_value_is_never_repeated_in_an_error(open_house: Open) -> None:
    pasted = WATCH.secret("sk-pasted-0123456789abcdef")
    async with open_house(profiles={"kitchen": {"allow_overrides": ["voice"]}}) as house:
        replies = [
            await house.ask("POST", CONTRACT, json=body)
            for body in (
                {"voice": pasted},
                {"profile": pasted},
                {"model": pasted},
                {"apiKey": pasted},
                {"tone": [pasted]},
            )
        ]
    assert {reply.status for reply in replies} <= {400, 403, 404}
    for reply in replies:
        assert pasted not in reply.raw.decode()


async def test_a_key_that_was_pasted_as_a_fields_name_is_not_repeated(open_house: Open) -> None:
    pasted = WATCH.secret("sk-field-0123456789abcdef")
    async with open_house() as house:
        reply = await house.ask("POST", CONTRACT, json={pasted: "x"})
        assert reply.status == 400
        assert pasted not in reply.raw.decode()
        reply = await house.ask("POST", CONTRACT, json={"x" * 60_000: 1})
        assert len(reply.raw) < 2_000


# --- wrong tokens


async def wrong_until_throttled(house: House, limit: int, **headers: str) -> Reply:
    for count in range(limit + 3):
        reply = await house.ask("GET", "/navai/profiles", token=WRONG, headers=headers)
        if reply.status == 429:
            assert count >= limit
            return reply
        assert reply.status == 401
    raise AssertionError("never throttled")


async def test_wrong_tokens_are_throttled_per_address(open_house: Open) -> None:
    async with open_house({"sign_in_failures_per_minute": 3}) as house:
        reply = await wrong_until_throttled(house, 3)
        assert reply.code == "too_many_failures"
        assert (await house.ask("GET", "/navai/profiles", token=f"{WRONG}-2")).status == 429
        assert (await house.ask("GET", "/navai/health")).status == 200


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_a_stale_token_never_blocks_others_at_the_same_address(open_house: Open) -> None:
    """A tablet whose token was changed asks every 2 seconds, for five minutes; others next to it work."""
    async with open_house({"metrics_token": METRICS}, profiles={"kitchen": {}}) as house:
        clock = Clock()
        house.running.hub.limiter = limiter = HubLimiter(HubSettings(sign_in_failures_per_minute=10))
        limiter._counter = LocalCounter(clock)
        stale, good = [], []
        for _ in range(150):
            reply = await house.ask("GET", "/navai/profiles", token=WRONG)
            stale.append(reply.status)
            if reply.status == 429:
                assert reply.code == "too_many_failures"
                assert 1 <= int(reply.headers["Retry-After"]) <= 61
            for path, token in (("/navai/profiles", ANNA), ("/navai/profiles", HALL), ("/metrics", METRICS)):
                good.append((await house.ask("GET", path, token=token)).status)
            clock.now += 2
        metrics = (await house.ask("GET", "/metrics", token=METRICS)).raw.decode()
    assert set(good) == {200}
    assert set(stale) == {401, 429}
    assert stale.count(401) <= 60, "the wrong one is still slowed down"
    assert "navai_sign_in_failures_total 150.0" in metrics


async def test_guesses_at_the_metrics_token_are_throttled_and_the_right_one_is_not(open_house: Open) -> None:
    async with open_house({"metrics_token": METRICS, "sign_in_failures_per_minute": 2}) as house:
        statuses = [(await house.ask("GET", "/metrics", token=WRONG)).status for _ in range(6)]
        assert 429 in statuses
        assert (await house.ask("GET", "/metrics", token=METRICS)).status == 200


async def test_the_hash_of_a_token_is_refused_with_a_hint(open_house: Open) -> None:
    async with open_house() as house:
        reply = await house.ask("GET", "/navai/profiles", token=f"sha256:{'0' * 64}")
        assert (reply.status, reply.code) == (401, "not_signed_in")
        assert "Send the token itself" in reply.body["error"]


async def test_to_have_forgotten_the_token_is_no_guess(open_house: Open) -> None:
    async with open_house({"sign_in_failures_per_minute": 1}) as house:
        for _ in range(5):
            assert (await house.ask("GET", "/navai/profiles", token=None)).status == 401
        assert (await house.ask("GET", "/navai/profiles")).status == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer  "])
async def test_the_scheme_may_be_written_in_any_case(open_house: Open, scheme: str) -> None:
    async with open_house() as house:
        headers = {"Authorization": f"{scheme} {ANNA}"}
        assert (await house.ask("GET", "/navai/profiles", token=None, headers=headers)).status == 200


@pytest.mark.parametrize("path", [f"/navai/profiles?token={ANNA}", f"/navai/profiles?access_token={ANNA}"])
async def test_a_token_in_the_address_opens_nothing(open_house: Open, path: str) -> None:
    async with open_house() as house:
        assert (await house.ask("GET", path, token=None)).status == 401


# --- proxies

PROXIES = {"sign_in_failures_per_minute": 2, "trusted_proxies": ["127.0.0.1", "10.0.0.0/8"]}


async def test_the_address_that_a_trusted_proxy_tells_counts(open_house: Open) -> None:
    async with open_house(PROXIES) as house:
        await wrong_until_throttled(house, 2, **{"X-Forwarded-For": "203.0.113.1"})
        for hop, status in (("203.0.113.2", 401), ("203.0.113.1", 429)):
            reply = await house.ask("GET", "/navai/profiles", token=WRONG, headers={"X-Forwarded-For": hop})
            assert reply.status == status
            assert (await house.ask("GET", "/navai/profiles", headers={"X-Forwarded-For": hop})).status == 200


async def test_what_a_client_writes_there_itself_does_not_count(open_house: Open) -> None:
    async with open_house(PROXIES) as house:
        for number in range(6):
            # The client invents the first; the last two hops are ours.
            hops = {"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.1, 10.0.0.5"}
            status = (await house.ask("GET", "/navai/profiles", token=WRONG, headers=hops)).status
        assert status == 429
        other = {"X-Forwarded-For": "203.0.113.9"}
        assert (await house.ask("GET", "/navai/profiles", token=WRONG, headers=other)).status == 401


async def test_an_untrusted_proxy_is_not_believed(open_house: Open) -> None:
    for trusted in ([], ["192.0.2.1"]):
        async with open_house({"sign_in_failures_per_minute": 2, "trusted_proxies": trusted}) as house:
            for number in range(6):
                hops = {"X-Forwarded-For": f"203.0.113.{number}"}
                status = (await house.ask("GET", "/navai/profiles", token=WRONG, headers=hops)).status
            assert status == 429
            other = {"X-Forwarded-For": "203.0.113.99"}
            assert (await house.ask("GET", "/navai/profiles", token=WRONG, headers=other)).status == 429


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8::1", "2001:db8::ffff"),  # one machine has the whole /64
        ("203.0.113.1", "::ffff:203.0.113.1"),
        ("203.0.113.1:4711", "203.0.113.1:4712"),  # some proxies append the port
        ("[2001:db8::1]:4711", "[2001:db8::1]:4712"),
    ],
)
async def test_two_ways_of_writing_one_address_count_as_one(open_house: Open, one: str, other: str) -> None:
    async with open_house(PROXIES) as house:
        await wrong_until_throttled(house, 2, **{"X-Forwarded-For": one})
        hops = {"X-Forwarded-For": other}
        assert (await house.ask("GET", "/navai/profiles", token=WRONG, headers=hops)).status == 429


# --- metrics


async def test_the_metrics_are_open_to_this_machine(open_house: Open) -> None:
    async with open_house() as house:
        await house.ask("POST", KITCHEN)
        reply = await house.ask("GET", "/metrics", token=None)
    text = reply.raw.decode()
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("text/plain; version=")
    assert 'navai_mints_total{outcome="minted",profile="kitchen"} 1.0' in text
    assert "navai_http_request_seconds_bucket" in text


async def test_behind_a_proxy_the_metrics_are_not_for_everyone(open_house: Open) -> None:
    async with open_house(PROXIES) as house:
        for hops in ("203.0.113.1", "127.0.0.1, 203.0.113.1", "nonsense", "::1, 203.0.113.1, 10.0.0.1"):
            reply = await house.ask("GET", "/metrics", token=ANNA, headers={"X-Forwarded-For": hops})
            assert (reply.status, reply.code) == (401, "not_signed_in"), hops


async def test_metrics_with_a_token_of_their_own(open_house: Open) -> None:
    async with open_house({"metrics_token": METRICS, "sign_in_failures_per_minute": 3}) as house:
        assert (await house.ask("GET", "/metrics", token=METRICS)).status == 200
        assert (await house.ask("GET", "/metrics", token=None)).status == 401
        assert (await house.ask("GET", "/metrics", token=ANNA)).status == 401
        assert (await house.ask("GET", "/navai/profiles", token=METRICS)).status == 401, "it opens nothing else"


async def test_to_have_forgotten_the_metrics_token_is_no_guess_either(open_house: Open) -> None:
    async with open_house({"metrics_token": METRICS, "sign_in_failures_per_minute": 2}) as house:
        for _ in range(5):
            assert (await house.ask("GET", "/metrics", token=None)).status == 401
        assert (await house.ask("GET", "/navai/profiles")).status == 200, "a scraper must not lock the house out"


async def test_nothing_that_a_request_says_becomes_a_label(open_house: Open) -> None:
    async with open_house() as house:
        for path in ("/navai/made-up", "/navai/profiles/made-up/client-secret", "/made-up"):
            await house.ask("POST", path)
        await house.ask("PROPFIND", "/navai/profiles")
        await house.ask("POST", f"{CONTRACT}?profile=made-up")
        text = (await house.ask("GET", "/metrics", token=None)).raw.decode()
    assert "made-up" not in text
    assert "PROPFIND" not in text


# --- limits


async def mints_until_refused(house: House, limit: int, path: str = KITCHEN, token: str = ANNA) -> None:
    for count in range(limit + 3):
        reply = await house.ask("POST", path, token=token)
        if reply.status == 429:
            assert reply.code == "rate_limited"
            assert count >= limit
            return
        assert reply.status == 200
    raise AssertionError("never refused")


async def test_each_display_has_a_limit_of_its_own(open_house: Open) -> None:
    bath = WATCH.secret("tok_bath_Xq7mZt2LxW9bRk4N")
    displays = {
        "hall": {"profile": "kitchen", "profiles": ["office"], "token": HALL, "secrets_per_minute": 3},
        "bath": {"profile": "kitchen", "token": bath, "secrets_per_minute": 2},
    }
    async with open_house(profiles={"kitchen": {}, "office": {}}, displays=displays) as house:
        await mints_until_refused(house, 3, token=HALL)
        office = await house.ask("POST", "/navai/profiles/office/client-secret", token=HALL)
        assert office.status == 429, "over all its profiles"
        await mints_until_refused(house, 2, token=bath)
        assert (await house.ask("POST", KITCHEN)).status == 200


async def test_each_profile_has_a_limit_over_all_callers(open_house: Open, provider: Simulator) -> None:
    users = {"anna": {"token": ANNA, "profiles": ["kitchen", "office"]}}
    profiles = {"kitchen": {"limits": {"secrets_per_minute": 3}}, "office": {}}
    async with open_house({"users": users}, profiles=profiles) as house:
        assert (await house.ask("POST", KITCHEN, token=HALL)).status == 200
        await mints_until_refused(house, 2)
        assert (await house.ask("POST", KITCHEN, token=HALL)).status == 429
        assert (await house.ask("POST", CONTRACT, token=HALL)).status == 429, "by whichever route"
        assert (await house.ask("POST", "/navai/profiles/office/client-secret")).status == 200
    assert len(provider.requests) <= 6


async def test_what_was_never_asked_of_the_provider_uses_nothing_up(open_house: Open) -> None:
    async with open_house(profiles={"kitchen": {"limits": {"secrets_per_minute": 2}}}) as house:
        for _ in range(5):
            assert (await house.ask("POST", KITCHEN, json={"nonsense": 1})).status == 400
            assert (await house.ask("POST", "/navai/profiles/nosuch/client-secret")).status == 404
        assert (await house.ask("POST", KITCHEN)).status == 200


# --- who may use what


async def test_profiles_tell_no_instructions_and_no_keys(open_house: Open) -> None:
    profiles = {
        "kitchen": {
            "instructions": "Secretly whisper.",
            "language": "Spanish",
            "allow_overrides": ["tone", "language"],
        },
        "office": {},
        "closed": {"enabled": False},
        "annas": {"users": ["anna"]},
        "bens": {"users": ["ben"]},
    }
    users = {"anna": {"token": ANNA, "profiles": ["annas", "bens", "closed", "kitchen"]}}
    async with open_house({"users": users}, profiles=profiles) as house:
        anna = await house.ask("GET", "/navai/profiles")
        hall = await house.ask("GET", "/navai/profiles", token=HALL)
    assert [profile["profile"] for profile in anna.body["profiles"]] == ["annas", "kitchen"]
    assert anna.body["default_profile"] == "annas"
    assert hall.body == {
        "profiles": [
            {
                "profile": "kitchen",
                "name": "Kitchen",
                "model": "gpt-realtime-2.1",
                "voice": "marin",
                "language": "Spanish",
                "transport": "client_secret",
                "allow_overrides": ["language", "tone"],
            }
        ],
        "default_profile": "kitchen",
        "functions": True,
    }
    assert anna.body["functions"] is True
    assert "whisper" not in json.dumps(anna.body)
