"""The modules that need no browser, in Node: the provider's events, secrets in reserve, tools, the servers' routes."""

import asyncio
import json
import os
import re
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import npm_packages
import pytest
from aiohttp import web

pytestmark = pytest.mark.npm

HERE: Final = Path(__file__).parent
MODULES: Final = HERE.parents[1] / "navai_core" / "www"
SCENARIOS: Final = HERE.parent / "scenarios"
TESTS: Final = sorted((HERE / "modules").glob("*.test.js"))
TOKENS: Final = {"Bearer tok_hall": True, "Bearer tok_without": False}
"""Those that are good, and whether they open functions."""
HELD_BACK: Final = "Bearer tok_held_back"
"""One that is not known, from an address that has sent too many such."""
COMMANDS: Final = (
    {"type": "stream", "stream": "s1"},
    {"type": "configuration", "name": "Küche 🎙"},
    {"type": "start", "start_message": "Grüß Gott\nund guten Tag"},
    {"type": "stop"},
)
PAGE: Final = {"text": "<html>no JSON</html>", "content_type": "text/html"}
OURS: Final = {"request_id": "req_0123456789abcdef"}
"""What only an answer of our servers has."""


class Server:
    """Answers as the hub and Home Assistant do, and as what stands before them."""

    def __init__(self) -> None:
        self._reports: list[Any] = []
        self._reported = asyncio.Condition()
        self._calls: Counter[str] = Counter()
        self._polls: Counter[str] = Counter()
        self._asked: dict[str, int] = {}
        """How often each token asked for commands."""

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._signed_in])
        app.router.add_post("/navai/profiles/{profile}/client-secret", self._secret)
        app.router.add_get("/navai/profiles", self._profiles)
        app.router.add_get("/navai/functions", self._functions)
        app.router.add_post("/navai/functions/execute", self._execute)
        app.router.add_get("/navai/functions/running/{running}", self._running)
        app.router.add_get("/navai/display/commands", self._commands)
        app.router.add_post("/navai/session/report", self._report)
        app.router.add_get("/reported", self._seen)
        app.router.add_get("/asked", self._asked_by)
        app.router.add_get("/elsewhere", self._elsewhere)
        app.router.add_get("/behind/display/commands", self._behind)
        return app

    @web.middleware
    async def _signed_in(self, request: web.Request, handler: Any) -> web.StreamResponse:
        token = request.headers.get("Authorization", "")
        if request.path == "/navai/display/commands":
            self._asked[token] = self._asked.get(token, 0) + 1
        if token == HELD_BACK:
            body = {"error": "Too many.", "code": "too_many_failures", **OURS}
            return web.json_response(body, status=429, headers={"Retry-After": "60"})
        if request.path.startswith("/navai/") and token not in TOKENS:
            return web.json_response({"error": "Who?", "code": "not_signed_in", **OURS}, status=401)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _secret(self, request: web.Request) -> web.Response:
        match request.match_info["profile"]:
            case "limited":
                body = {"error": "Too often.", "code": "rate_limited", **OURS}
                return web.json_response(body, status=429, headers={"Retry-After": "7"})
            case "proxy":
                return web.Response(status=502, **PAGE)
            case profile if profile.startswith("proxy "):
                return self._of_a_proxy(profile.removeprefix("proxy "))
            case "rubbish":
                return web.Response(**PAGE)
            case "cut":
                return self._cut(request)
            case profile:
                return web.json_response({"value": "a secret", "profile": profile})

    async def _profiles(self, request: web.Request) -> web.Response:
        return web.json_response({"profiles": [], "functions": TOKENS[request.headers["Authorization"]]})

    async def _functions(self, request: web.Request) -> web.Response:
        assert TOKENS[request.headers["Authorization"]]
        timer = {"name": "set_timer", "description": "Set a timer.", "parameters": {}, "source": "house.py"}
        return web.json_response({"items": [timer], "warnings": []})

    async def _execute(self, request: web.Request) -> web.Response:
        asked = await request.json()
        name, call = asked["function_name"], asked["call"]
        self._calls[call] += 1
        # The answer of one is lost twice, and the third time there is the result of the first.
        if name == "never answered" or (name == "lost" and self._calls[call] < 3):
            return self._cut(request)
        results = {"lost": "done", "count": dict(self._calls)}
        body = {"ok": True, "result": results.get(name, {**asked["payload"], "profile": request.query.get("profile")})}
        if name == "fail":
            body = {"ok": False, "error": "function_failed", "details": "no minutes"}
        if name in {"water", "boil", "forgotten", "not signed in"}:
            body = {"ok": True, "result": {"status": "still running", "note": "Wait."}, "running": f"run_{name}"}
        if name == "refused":
            return web.json_response({"error": "No.", "code": "not_allowed", **OURS}, status=403)
        return web.json_response(body)

    async def _running(self, request: web.Request) -> web.Response:
        """Of `run_water` each answer is another one; what was never answered has its result by the call's own id."""
        running = request.match_info["running"]
        self._polls[running] += 1
        if running in self._calls:
            return web.json_response({"ok": True, "result": f"asked {self._calls[running]} times"})
        still = 200, {"ok": True, "status": "still running", "running": running}
        stopping = 503, {"code": "stopping", **OURS}
        unknown = 404, {"error": "None.", "code": "unknown_running_tool", **OURS}
        answers: dict[str, list[tuple[int, Any] | None]] = {
            "run_water": [
                still,
                None,
                still,
                stopping,
                (200, {"ok": True, "result": "watered"}),
            ],
            "run_boil": [still, (200, {"ok": True, "result": "boiled"})],
            "run_not signed in": [(401, {"code": "not_signed_in", **OURS})],
        }
        in_order = answers.get(running, [unknown])
        answer = in_order[(self._polls[running] - 1) % len(in_order)]
        return web.json_response(answer[1], status=answer[0]) if answer else self._cut(request)

    @staticmethod
    def _of_a_proxy(kind: str) -> web.Response:
        if kind == "redirect":
            raise web.HTTPFound("/elsewhere")
        if kind == "JSON":
            return web.json_response({"code": "not_signed_in", "error": "Sign in at the gateway."}, status=401)
        return web.Response(status=int(kind), **PAGE)

    @staticmethod
    async def _elsewhere(_: web.Request) -> web.Response:
        """Where a redirect leads: an answer that would be believed."""
        return web.json_response({"value": "of a proxy", "profile": "kitchen"})

    async def _behind(self, request: web.Request) -> web.StreamResponse:
        """The commands behind a proxy, which has pages of its own first: one after the other, then the stream."""
        self._calls["behind"] += 1
        match self._calls["behind"]:
            case 1:
                return web.Response(status=401, **PAGE)
            case 2:
                raise web.HTTPFound("/elsewhere")
            case 3 | 4:
                return web.Response(status=200 if self._calls["behind"] == 3 else 400, **PAGE)
            case _:
                return await self._commands(request)

    @staticmethod
    def _cut(request: web.Request) -> web.Response:
        assert request.transport
        request.transport.close()
        return web.Response()

    async def _commands(self, request: web.Request) -> web.StreamResponse:
        """Send them in pieces that end anywhere: in a line, and in a letter."""
        if request.headers["Authorization"] == "Bearer tok_without":
            return web.json_response({"error": "A person's.", "code": "not_allowed", **OURS}, status=403)
        assert request.query["secure"] == "0"
        response = web.StreamResponse()
        response.content_type = "application/x-ndjson"
        await response.prepare(request)
        lines = "\n\n".join(json.dumps(command, ensure_ascii=False) for command in COMMANDS) + "\n"
        sent = lines.encode()
        for at in range(0, len(sent), 3):
            await response.write(sent[at : at + 3])
            await asyncio.sleep(0)
        async with self._reported:
            await self._reported.wait_for(lambda: len(self._reports) == 5)
        return response

    async def _report(self, request: web.Request) -> web.Response:
        async with self._reported:
            self._reports.append(await request.json())
            self._reported.notify_all()
        return web.json_response({})

    async def _asked_by(self, request: web.Request) -> web.Response:
        return web.json_response(self._asked.get(f"Bearer {request.query['token']}", 0))

    async def _seen(self, request: web.Request) -> web.Response:
        async with self._reported:
            await self._reported.wait_for(lambda: len(self._reports) == int(request.query["count"]))
        return web.json_response(sorted(self._reports, key=len))


@pytest.fixture
async def url() -> AsyncIterator[str]:
    runner = web.AppRunner(Server().app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize("name", [path.name.removesuffix(".test.js") for path in TESTS])
async def test_module(name: str, url: str, tmp_path: Path) -> None:
    shutil.copytree(MODULES, tmp_path, dirs_exist_ok=True)
    shutil.copy(HERE / "modules" / f"{name}.test.js", tmp_path)
    shutil.copytree(SCENARIOS, tmp_path / "scenarios")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    node = npm_packages.program("NAVAI_TEST_NODE", "node")
    # Connections that are kept open would keep it running; and the option loses results where there are many.
    endings = ["--test-force-exit"] if name == "api" else []
    process = await asyncio.create_subprocess_exec(
        *(node, "--test", "--test-reporter=tap", *endings, f"{name}.test.js"),
        cwd=tmp_path,
        start_new_session=True,
        env={"PATH": os.environ["PATH"], "NAVAI_TEST_URL": url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            # The one that runs the file, too: it holds the same pipe.
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    told = output.decode()
    assert process.returncode == 0, told
    passed = re.search(r"^# pass (\d+)$", told, re.MULTILINE)
    assert passed is not None, told
    scenarios = sum(len(json.loads(file.read_text())["scenarios"]) for file in SCENARIOS.glob("*.json"))
    written = (tmp_path / f"{name}.test.js").read_text().count('\ntest("')
    assert int(passed[1]) == (scenarios if name == "scenarios" else written) > 0
