"""Random requests over real HTTP: no 500, no traceback in the log, no long waits, and every error has its shape."""

import http.client
import io
import json
import re
import string
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

import pytest
from e2e_support import ANNA, Process, Simulated, ask, block, check_answer, open_socket, served, write_config
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from secret_watch import WATCH

from navai_core.hub.open_views import PAGES
from navai_core.hub.routes import OPENAPI_PATH, ROUTES

pytestmark = pytest.mark.once

ANSWER_S = 5.0
"""How soon every request is answered. Far more than it takes, and far less than a person waits."""
FINE = {200, 400, 401, 403, 404, 405, 408, 413, 414, 415, 417, 429, 431}
"""No 5xx: the simulator has no faults here, so nothing but our own mistakes could make one."""

PATHS = [*(route.path.format(profile="kitchen", running="call_1", display="hall") for route in ROUTES), OPENAPI_PATH]
POSTS = [route.path.replace("{profile}", "kitchen") for route in ROUTES if route.method == "POST"]
SCRIPT = '"><script>alert(1)</script>'
FIELDS = [
    "profile",
    "model",
    "voice",
    "instructions",
    "language",
    "tone",
    "voiceTone",
    "apiKey",
    "function_name",
    "payload",
]

fuzzed = settings(
    derandomize=True,
    deadline=None,
    max_examples=150,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)

FUNCTIONS = """
def echo(value=None, *more, **named):
    return [value, more, named]

def typed(text: str, number: int = 0, items: list[float] = []) -> str:
    return f"{text}{number}{items}"
"""


@pytest.fixture(scope="module")
def hub(shared_simulator: Simulated, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Process, str]]:
    folder = tmp_path_factory.mktemp("hub")
    (folder / "echo.py").write_text(FUNCTIONS)
    often = 1_000_000
    overrides = ["instructions", "language", "accent", "tone"]
    options = block(
        shared_simulator.base_url,
        {
            "functions": ["echo.py"],
            "sign_in_failures_per_minute": 1000,
            "trusted_proxies": ["127.0.0.1"],
            "users": {"anna": {"token": ANNA, "profiles": ["kitchen"], "secrets_per_minute": often}},
        },
        profiles={"kitchen": {"allow_overrides": overrides, "limits": {"secrets_per_minute": often}}},
    )
    with served(write_config(folder, options)) as running:
        yield running


@pytest.fixture
def url(hub: tuple[Process, str]) -> Iterator[str]:
    process, url = hub
    before = process.count("stderr")
    yield url
    assert ask("GET", f"{url}/navai/health").status == 200, "it still runs"
    strange = [line for line in process.err.splitlines()[before:] if " ERROR " in line or "Error: " in line]
    assert strange == [], strange[:4]


def send(url: str, raw: bytes, *, half_close: bool = False) -> bytes:
    """Send bytes over a connection of their own; return all that comes back until it closes, or one whole answer."""
    began = time.monotonic()
    answer = b""
    with open_socket(url) as connection:
        connection.settimeout(ANSWER_S)
        try:
            connection.sendall(raw)
            if half_close:
                connection.shutdown(1)
            while chunk := connection.recv(65_536):
                answer += chunk
        except (ConnectionResetError, BrokenPipeError):
            pass  # it closed while we still sent
        except TimeoutError:
            raise AssertionError(f"nothing came within {ANSWER_S} s for {raw[:200]!r}, but {answer[:200]!r}") from None
    assert time.monotonic() - began < ANSWER_S
    return answer


def read(answer: bytes) -> tuple[http.client.HTTPResponse, bytes]:
    """One answer and its body. Interim answers (100 Continue) may stand before it."""
    stream = io.BytesIO(answer)

    class Socket:
        def makefile(self, *_: Any) -> io.BytesIO:
            return stream

    response = http.client.HTTPResponse(Socket())  # type: ignore[arg-type]
    response.begin()
    return response, response.read()


def check(answer: bytes) -> int:
    """Check one answer; return its status."""
    response, raw = read(answer)
    if response.status != 200:
        WATCH.text("raw answer", answer.decode("latin-1"))
    assert response.status in FINE, answer[:500]
    check_answer(response.status, response.headers, raw)
    return response.status


def request(method: str, target: str, body: bytes = b"", headers: str = "", kind: str = "application/json") -> bytes:
    head = f"{method} {target} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nAuthorization: Bearer {ANNA}\r\n"
    head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode("latin-1") + body


# --- bodies

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=15,
)
near_valid = st.dictionaries(
    st.sampled_from(FIELDS),
    st.text(max_size=20) | json_values | st.sampled_from(["kitchen", "echo", "typed"]),
    max_size=4,
)
NASTY = [
    '{"model": "\\ud800"}',
    '{"\\udfff": 1}',
    '{"tone": "\\u0000"}',
    '{"tone": "a\\u202eb"}',
    '{"tone": "a\u2028b"}',
    '{"model": 1e999}',
    '{"model": -1e999999}',
    '{"payload": {"value": 1e400}}',
    '{"model": NaN}',
    '{"function_name": "echo", "payload": {"value": ' + "9" * 5000 + "}}",
    '{"function_name": "echo", "payload": {"value": ' + "9" * 4000 + "}}",
    '{"function_name": "echo", "payload": {"value": "\\ud800"}}',
    '{"function_name": "echo", "payload": {"\\ud800": 1}}',
    '{"function_name": "\\ud800"}',
    '{"function_name": "typed", "payload": {"text": "\\udc00", "number": 1e300}}',
    '{"function_name": "typed", "payload": {"text": "", "items": [1e308, ' + "9" * 400 + "]}}",
    '{"function_name": "echo", "payload": ' + '{"a":' * 40 + "1" + "}" * 40 + "}",
    '{"function_name": "echo", "payload": {"value": ' + "[" * 30_000 + "]" * 30_000 + "}}",
    '{"payload": ' + "[" * 900 + "]" * 900 + "}",
    "[" * 60_000,
    '{"a":' * 12_000,
    '{"model": "a", "model": "b"}',
    '{"__proto__": {}, "constructor": 1}',
    '{"apiKey": "a\\nb"}',
    "\ufeff{}",
    "",
    " ",
    "null",
    "0",
    '"{}"',
    "{'model': 'a'}",
    '{"model": "a",}',
    "{" + '"a": 1,' * 8000 + '"b": 2}',
]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("body", NASTY, ids=range(len(NASTY)))
def test_json_that_is_meant_to_hurt(url: str, path: str, body: str) -> None:
    check(send(url, request("POST", path, body.encode("utf-8", "surrogatepass"))))


@fuzzed
@given(path=st.sampled_from(POSTS), body=near_valid | json_values)
def test_any_json(url: str, path: str, body: Any) -> None:
    check(send(url, request("POST", path, json.dumps(body).encode())))


@fuzzed
@given(path=st.sampled_from(POSTS), body=st.binary(max_size=200))
@example(path=POSTS[0], body="{}".encode("utf-16"))
@example(path=POSTS[0], body=b'{"tone": "\xff"}')
@example(path=POSTS[0], body=b"\x00" * 100)
def test_any_bytes(url: str, path: str, body: bytes) -> None:
    check(send(url, request("POST", path, body)))


@fuzzed
@given(
    path=st.sampled_from(POSTS),
    body=st.binary(max_size=60),
    encoding=st.sampled_from(["gzip", "deflate", "br", "zstd", "compress", "identity", "gzip, gzip", "x" * 100, ""]),
)
def test_any_packing(url: str, path: str, body: bytes, encoding: str) -> None:
    check(send(url, request("POST", path, body, f"Content-Encoding: {encoding}\r\n")))


@fuzzed
@given(
    path=st.sampled_from(POSTS),
    kind=st.text(string.printable.strip(), max_size=30) | st.sampled_from([";", "a/b/c", "*/*"]),
)
def test_any_content_type(url: str, path: str, kind: str) -> None:
    check(send(url, request("POST", path, b"{}", kind=kind)))


# --- addresses and headers

junk = st.text(max_size=30).map(lambda text: quote(text, safe="", errors="surrogatepass"))
percent = st.lists(
    st.sampled_from(
        ["%00", "%0a", "%0d%0a", "%2f", "%2e%2e", "%ff", "%c3%28", "%zz", "%", "%ed%a0%80", "a", "..", ".", "//"]
    )
).map("".join)


@fuzzed
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "PROPFIND"]),
    path=st.builds(
        "".join,
        st.lists(
            st.sampled_from(["/navai", "/profiles", "/client-secret", "/kitchen", "/realtime", "/metrics", "/"])
            | junk.map(lambda part: f"/{part}")
            | percent.map(lambda part: f"/{part}"),
            min_size=1,
            max_size=6,
        ),
    ),
    query=st.none()
    | junk
    | percent
    | junk.map(lambda value: f"profile={value}")
    | percent.map(lambda value: f"profile={value}"),
)
def test_any_address(url: str, method: str, path: str, query: str | None) -> None:
    target = path if query is None else f"{path}?{query}"
    answer = send(url, request(method, target))
    if method == "HEAD":
        assert int(answer.split(b" ", 2)[1]) in FINE
        return
    response, _ = read(answer)
    # Ways to write the address of the start page; `test_any_address_of_a_page` has the pages.
    if not (response.status == 200 and response.headers["Content-Type"].startswith("text/html")):
        check(answer)


@fuzzed
@given(
    page=st.sampled_from([path for path, _ in PAGES]),
    method=st.sampled_from(["GET", "GET", "GET", "POST", "HEAD", "OPTIONS"]),
    part=junk | percent | st.sampled_from(["kitchen", quote(SCRIPT, safe="")]),
    query=st.none() | junk | percent,
)
@example(page=PAGES[0][0], method="GET", part=quote(SCRIPT, safe=""), query=quote(SCRIPT, safe=""))
def test_any_address_of_a_page(url: str, page: str, method: str, part: str, query: str | None) -> None:
    path = re.sub(r"\{\w+\}", lambda _: part, page)
    answer = send(url, request(method, path if query is None else f"{path}?{query}"))
    if method == "HEAD":
        assert int(answer.split(b" ", 2)[1]) in FINE
        return
    response, raw = read(answer)
    if response.status != 200:
        check(answer)
        return
    assert SCRIPT.encode() not in raw
    assert re.fullmatch(r"req_[0-9a-f]{16}", response.headers["X-Request-Id"])
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    has_no_script = "manifest" in page or "www" in page or page == "/"
    assert "script-src" in response.headers["Content-Security-Policy"] or has_no_script


header_names = st.sampled_from(
    [
        "Authorization",
        "X-Forwarded-For",
        "Forwarded",
        "Origin",
        "Cookie",
        "Accept",
        "Expect",
        "Upgrade",
        "If-None-Match",
        "If-Modified-Since",
        "Range",
        "Content-Disposition",
        "Host",
        "X-HTTP-Method-Override",
        "X-Request-Id",
    ]
)
header_values = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=60
) | st.sampled_from(
    [
        "100-continue",
        "websocket",
        "h2c",
        "chunked",
        "-1",
        "9" * 30,
        "bytes=0-",
        "Bearer",
        "Bearer \xff",
        "multipart/form-data",
    ]
)


@fuzzed
@given(path=st.sampled_from(PATHS), name=header_names, value=header_values)
@example(path=POSTS[0], name="Expect", value="something")
@example(path="/navai/nothing", name="Expect", value="something")
@example(path="/navai/www/none/none.js", name="Expect", value="a\x8c")
@example(path="/navai/nothing", name="Expect", value="100-continue")
@example(path=POSTS[0], name="X-Forwarded-For", value=",,,")
@example(path=POSTS[0], name="X-Forwarded-For", value="fe80::1%eth0")
@example(path=POSTS[0], name="Authorization", value="Bearer " + "x" * 7000)
def test_any_header(url: str, path: str, name: str, value: str) -> None:
    method = "POST" if path in POSTS else "GET"
    own = f"Authorization: Bearer {ANNA}\r\n" if name != "Authorization" else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n{own}{name}: {value}\r\n\r\n"
    check(send(url, head.encode("latin-1")))


# --- no HTTP at all

POST = b"POST /navai/realtime/client-secret HTTP/1.1\r\n"
GARBAGE = {
    "an unknown method": b"HELLO\r\n\r\n",
    "a method that is not one": b"N\x00PE / HTTP/1.1\r\nHost: hub\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a control character in a header": b"GET /navai/health HTTP/1.1\r\nHost: hub\r\nX: a\x00b\r\n\r\n",
    "a token with a control character": b"GET /navai/profiles HTTP/1.1\r\nAuthorization: Bearer %b\x01\r\n\r\n"
    % ANNA.encode(),
    "a very long address": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: hub\r\n\r\n",
    "a very long header": b"GET /navai/health HTTP/1.1\r\nHost: hub\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
    "very many headers": b"GET /navai/health HTTP/1.1\r\nHost: hub\r\n" + b"X: a\r\n" * 5000 + b"\r\n",
    "an address without a slash": b"GET navai/health HTTP/1.1\r\nHost: hub\r\n\r\n",
    "no address": b"GET  HTTP/1.1\r\nHost: hub\r\n\r\n",
    "a broken address": b"GET http://[::1/navai/health HTTP/1.1\r\nHost: hub\r\n\r\n",
    "a port that does not exist": b"GET http://hub:99999999/navai/health HTTP/1.1\r\nHost: hub\r\n\r\n",
    "a negative length": POST + b"Host: hub\r\nContent-Length: -5\r\n\r\n",
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunks": POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk that is none": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}",
    "a packing that is not known": POST + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_what_is_not_http_gets_an_error_like_any_other(url: str, kind: str) -> None:
    assert 400 <= check(send(url, GARBAGE[kind])) < 500


@fuzzed
@given(raw=st.binary(min_size=1, max_size=100))
def test_any_bytes_instead_of_http(url: str, raw: bytes) -> None:
    answer = send(url, raw, half_close=True)
    if answer and not answer.startswith(b"HTTP/0.9"):
        check(answer)


def parts() -> st.SearchStrategy[list[bytes]]:
    line = st.sampled_from([b"GET", b"POST", b"get", b"G\tT"])
    target = st.sampled_from([b"/navai/health", b"*", b"//", b"/\xff", b"/navai/profiles", b"?", b"#", b"/ x"])
    version = st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/9.9", b"HTTP/1.1 ", b"http/1.1", b""])
    header = st.sampled_from(
        [b"Host: hub", b"Host", b": x", b" folded", b"A: b", b"X:\x0b", b"Host: a, b", b"\xff: \xff", b"A:\tb"]
    )
    end = st.sampled_from([b"\r\n", b"\n", b"\r"])
    return st.builds(
        lambda start, headers, ends: [b" ".join(start) + ends, *[each + ends for each in headers], ends],
        st.tuples(line, target, version),
        st.lists(header, max_size=4),
        end,
    )


@fuzzed
@given(lines=parts())
def test_nearly_http(url: str, lines: list[bytes]) -> None:
    answer = send(url, b"".join(lines), half_close=True)
    if answer and not answer.startswith(b"HTTP/0.9"):
        check(answer)


# --- clients that go away


def test_clients_that_go_away_leave_no_trace_but_a_line(hub: tuple[Process, str], url: str) -> None:
    whole = request("POST", POSTS[0], b'{"tone": "dry"}')
    for length in range(1, len(whole), 7):
        with open_socket(url) as connection:
            connection.sendall(whole[:length])
    with open_socket(url) as connection:
        connection.sendall(whole)  # and never reads the answer
    for _ in range(5):
        assert ask("GET", f"{url}/navai/profiles", token=ANNA).status == 200
    # A client that disconnects is not an error of the hub.
    metrics = ask("GET", f"{url}/metrics").raw.decode()
    assert not re.search(r'navai_http_requests_total\{[^}]*status="5', metrics)


def test_many_slow_clients_keep_nobody_else_waiting(url: str) -> None:
    with ExitStack() as stack:
        for _ in range(200):
            connection = stack.enter_context(open_socket(url))
            connection.sendall(POST + b"Host: hub\r\nContent-Le")
        began = time.monotonic()
        assert ask("POST", f"{url}{POSTS[0]}", token=ANNA).status == 200
        assert time.monotonic() - began < ANSWER_S


def test_requests_one_behind_the_other_are_answered_in_order(url: str) -> None:
    first = b"GET /navai/health HTTP/1.1\r\nHost: hub\r\n\r\n"
    answer = send(url, first * 3 + request("GET", "/navai/nothing"))
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"200", b"200", b"404"]
