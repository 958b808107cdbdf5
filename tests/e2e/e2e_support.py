"""What the end-to-end tests share: our processes, plain HTTP, and the checks of every answer."""

import contextlib
import http.client
import itertools
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import yaml
from secret_watch import WATCH

import navai_core.hub.errors  # with the errors of all parts
import navai_core.tools.functions
import navai_core.tools.running  # noqa: F401
from navai_core.exceptions import NavaiError

ROOT = Path(__file__).parents[2]
PATIENCE_S = 20.0
"""How long a test waits for something short; a busy machine is slow."""

KEY = WATCH.secret("sk-e2e-key-0123456789abcdef")
REQUEST_KEY = WATCH.secret("sk-request-0123456789abcdef")
ANNA = WATCH.secret("tok_anna_Xq7mZt2LxW9bRk4N")
HALL = WATCH.secret("tok_hall_Xq7mZt2LxW9bRk4N")
WRONG = WATCH.secret("tok_wrong_Xq7mZt2LxW9bRk4N")
METRICS = WATCH.secret("tok_metrics_Xq7mZt2LxW9bRk4N")
NOTES = {
    "type": "mcp",
    "server_label": "notes",
    "server_url": "https://notes.example/mcp",
    "require_approval": "never",
    "authorization": WATCH.secret("tok_notes_Xq7mZt2LxW9bRk4N"),
    "headers": {"X-House": WATCH.secret("tok_house_Xq7mZt2LxW9bRk4N")},
}
"""A tool with credentials, so that the watch sees if they reach anyone except the provider."""

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (DEBUG|INFO|WARNING|ERROR) [\w.]+: ")


def error_classes() -> list[type[NavaiError]]:
    """All of navai's own errors; a test may have made more."""

    def below(kind: type[NavaiError]) -> Iterator[type[NavaiError]]:
        yield kind
        for each in kind.__subclasses__():
            yield from below(each)

    found = dict.fromkeys(kind for kind in below(NavaiError) if kind.__module__.startswith("navai_core."))
    return list(found)


CODES = {kind.code for kind in error_classes()}


def environment(**more: str) -> dict[str, str]:
    """The environment of a process: none of the user's own keys, and this checkout's code."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENAI_", "NAVAI_", "AZURE_", "SIMULATOR_")) and not name.lower().endswith("_proxy")
    }
    return kept | {"PYTHONPATH": str(ROOT)} | more


class Process:
    """A child process whose output is read as it comes. `shows_secrets`: its stdout is meant to hold one.

    Use `with`; at the end of the block it is stopped if it still runs.
    """

    def __init__(
        self,
        *command: str | Path,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
        shows_secrets: bool = False,
    ) -> None:
        self._lines: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self._news = threading.Condition()
        self._shows_secrets = shows_secrets
        self.child = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env=dict(environment() if env is None else env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        assert self.child.stdin is not None
        self.child.stdin.write(stdin)
        self.child.stdin.close()
        self._readers = [threading.Thread(target=self._read, args=(name,), daemon=True) for name in self._lines]
        for reader in self._readers:
            reader.start()

    def _read(self, name: str) -> None:
        with getattr(self.child, name) as stream:
            for line in stream:
                if not (name == "stdout" and self._shows_secrets):
                    WATCH.text(f"{name} of {self.child.args[3:5]}", line)  # type: ignore[index]
                with self._news:
                    self._lines[name].append(line.rstrip("\n"))
                    self._news.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.child.poll() is None:
            self.child.kill()
        self._finish()

    @property
    def out(self) -> str:
        return "\n".join(self._lines["stdout"])

    @property
    def err(self) -> str:
        return "\n".join(self._lines["stderr"])

    def line(self, stream: str, part: str, *, after: int = 0) -> str:
        """Wait for a line that contains a text; `after` skips that many lines from the beginning."""
        ends = time.monotonic() + PATIENCE_S
        with self._news:
            while True:
                if found := [line for line in self._lines[stream][after:] if part in line]:
                    return found[0]
                left = ends - time.monotonic()
                running = any(reader.is_alive() for reader in self._readers)
                if left < 0 or not running:
                    raise AssertionError(f"no {part!r} in {stream}; stdout: {self.out!r}; stderr: {self.err}")
                self._news.wait(min(left, 0.1))

    def count(self, stream: str) -> int:
        """How many lines there are now: for `line(…, after=…)`."""
        return len(self._lines[stream])

    def send(self, number: signal.Signals) -> None:
        self.child.send_signal(number)

    def end(self) -> int:
        """Wait until it ends by itself; return its exit code."""
        code = self.child.wait(PATIENCE_S)
        self._finish()
        return code

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.send(number)
        return self.end()

    def _finish(self) -> None:
        self.child.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)

    @property
    def trouble(self) -> str:
        """What the log should never hold: a traceback, or a resource that was forgotten."""
        words = (
            "Traceback",
            "Exception ignored",
            "never awaited",
            "never retrieved",
            "Warning: ",
            "Unclosed",
            "Error: ",
        )
        return "\n".join(line for line in self.err.splitlines() if any(word in line for word in words))


def navai(*arguments: str | Path, cwd: Path, **more: Any) -> Process:
    """A command of ours as a process. Warnings are errors there too."""
    return Process(sys.executable, "-W", "error", "-m", "navai_core", *arguments, cwd=cwd, **more)


def run(*arguments: str | Path, cwd: Path, **more: Any) -> tuple[int, str, str]:
    """A command that ends by itself: its exit code, stdout and stderr."""
    with navai(*arguments, cwd=cwd, **more) as process:
        code = process.end()
        assert process.trouble == "", process.trouble[:2000]
        return code, process.out, process.err


@dataclass(frozen=True)
class Reply:
    """An answer that has been read to its end. Header names are compared in any case."""

    status: int
    headers: Any
    raw: bytes
    body: Any

    @property
    def code(self) -> Any:
        return self.body["code"]


def ask(
    method: str,
    url: str,
    *,
    json_body: Any = None,
    data: bytes | None = None,
    token: str | None = None,
    headers: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Reply:
    """One request over a connection of its own. Every answer of a hub is held against `check_answer`."""
    parts = urlsplit(url)
    assert parts.hostname
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=PATIENCE_S, context=tls)
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE_S)
    sent = dict(headers or {})
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    if json_body is not None:
        data = json.dumps(json_body).encode()
        sent.setdefault("Content-Type", "application/json")
    with contextlib.closing(connection):
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body=data, headers=sent)
        response = connection.getresponse()
        raw = response.read()
    reply = Reply(response.status, response.headers, raw, parsed(response.headers, raw))
    if parts.path.startswith(("/navai/", "/metrics")):
        check_answer(reply.status, reply.headers, raw)
    return reply


def parsed(headers: Any, raw: bytes) -> Any:
    return json.loads(raw) if raw and headers.get("Content-Type", "").startswith("application/json") else None


def check_answer(status: int, headers: Any, raw: bytes) -> None:
    """The rules for every answer of a hub. Client secrets are noted; everything else is watched."""
    assert re.fullmatch(r"req_[0-9a-f]{16}", headers.get("X-Request-Id", "")), (status, raw)
    for name, value in SECURITY_HEADERS.items():
        assert headers.get(name) == value, (status, name, headers.get(name))
    body = parsed(headers, raw)
    if status == 200 and isinstance(body, dict) and "value" in body:
        WATCH.secret(body["value"])
        return
    WATCH.text(f"answer {status}", raw.decode("utf-8", "replace"))
    if status >= 400 and raw:
        check_error(status, headers, body)


def check_error(status: int, headers: Any, body: Any) -> None:
    """The one shape of an error."""
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert body["code"] in CODES, body
    assert body["request_id"] == headers["X-Request-Id"]
    assert isinstance(body["error"], str)
    assert len(body["error"]) > 15, "a sentence with the cure"
    if status == 429:
        assert 1 <= int(headers["Retry-After"]) <= 120
    if status == 401:
        assert headers["WWW-Authenticate"] == 'Bearer realm="navai"'


class Simulated:
    """A simulator in a process of its own."""

    def __init__(self, folder: Path, *arguments: str, environment_of_it: Mapping[str, str] | None = None) -> None:
        env = environment(SIMULATOR_API_KEY=KEY, **(environment_of_it or {}))
        self.process = navai("simulate", "--port", "0", "--json", *arguments, cwd=folder, env=env)
        self.base_url: str = json.loads(self.process.line("stdout", "base_url"))["base_url"]
        self._control = self.base_url.removesuffix("/v1") + "/_simulator"
        self.tls: ssl.SSLContext | None = None

    def requests(self) -> list[Any]:
        """What arrived since the last `forget`."""
        reply = ask("GET", f"{self._control}/requests", tls=self.tls)
        WATCH.text("simulator", reply.raw.decode())
        requests: list[Any] = reply.body["requests"]
        return requests

    def forget(self) -> None:
        """No requests and no faults any more."""
        ask("DELETE", f"{self._control}/requests", tls=self.tls)
        ask("DELETE", f"{self._control}/faults", tls=self.tls)

    def fault(self, text: str, times: int = 1) -> None:
        assert ask("POST", f"{self._control}/faults", json_body={"fault": text, "times": times}).status == 200

    def wait_for_requests(self, count: int) -> list[Any]:
        """Wait until that many have arrived, answered or not."""
        return until(lambda: [mint for mint in [self.requests()] if len(mint) >= count])[0]


def until(look: Callable[[], Any]) -> Any:
    """Look again and again until there is something to see."""
    ends = time.monotonic() + PATIENCE_S
    while True:
        if seen := look():
            return seen
        assert time.monotonic() < ends, "nothing came"
        time.sleep(0.01)


_NUMBERS = itertools.count(1)


def write_config(folder: Path, block: Mapping[str, Any], name: str = "") -> Path:
    """A YAML file with a `navai:` block."""
    path = folder / (name or f"config-{next(_NUMBERS)}.yaml")
    path.write_text(yaml.safe_dump({"navai": dict(block)}, sort_keys=False))
    return path


def block(base_url: str, hub: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The smallest useful block: one profile, one user, one display."""
    start: dict[str, Any] = {
        "api_key": KEY,
        "base_url": base_url,
        "defaults": {"model": "gpt-realtime-2.1", "tools": [NOTES]},
        "profiles": {"kitchen": {}},
        "displays": {"hall": {"profile": "kitchen", "token": HALL, "functions": True}},
    }
    users = {"anna": {"token": ANNA, "profiles": ["kitchen"]}}
    return start | {"hub": {"users": users} | dict(hub or {})} | more


@contextlib.contextmanager
def served(config: Path, *arguments: str, **more: Any) -> Iterator[tuple[Process, str]]:
    """A hub in a process of its own, and its URL. It must stop cleanly at the end, without errors in its log."""
    with navai("serve", "--config", config, "--port", "0", "--json", *arguments, cwd=config.parent, **more) as process:
        url: str = json.loads(process.line("stdout", '"url"'))["url"]
        yield process, url
        if process.child.poll() is None:
            assert process.stop() == 0
        assert process.trouble == "", process.trouble[:2000]


@contextlib.contextmanager
def open_socket(url: str) -> Iterator[socket.socket]:
    """A bare connection to a server."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE_S) as connection:
        yield connection
