"""A real Home Assistant: a `hass` process in a configuration folder of its own, on loopback, without internet.

async with HomeAssistant(tmp_path / "house", configuration=YAML, bundle=ROOT / "dist" / "navai.zip") as house:
    await house.onboard()
    answer = await house.call_action("navai", "list_profiles", {}, respond=True)
    async with house.websocket() as socket:
        await socket.call("navai/profiles")
    anna = await house.add_user("anna")
    status, body = await house.request("GET", "/api/navai/profiles", token=anna.token)
    await house.restart()
    assert not house.log.troubles("navai")
"""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from ha_folder import HaFolder
from ha_log import Log
from ha_socket import HaSocket

START_PATIENCE_S = 180.0
"""A first start takes about ten seconds, or longer on a busy machine."""
STOP_PATIENCE_S = 60.0
PRIVATE = ("OPENAI_", "NAVAI_", "AZURE_", "SIMULATOR_", "PYTHON", "COV_", "COVERAGE_", "UV_", "PIP_")


@dataclass(frozen=True, slots=True)
class User:
    """A user. `token` is a long-lived access token."""

    id: str
    name: str
    password: str
    token: str


class HomeAssistant:
    """One Home Assistant, in a new or existing configuration folder; see `HaFolder`.

    `configuration` is the YAML after the part that this class writes (`http:`). `custom_components` is a folder
    with integrations to copy; `bundle` is a zip with one integration, its folder at the top or its files. `files` are
    more files, by their path below the folder. `http` holds more options of the `http` integration. `environment` is
    added to the process's own, from which our variables, the user's keys and proxies are removed. Without a `port`, it
    uses a free one.
    """

    def __init__(
        self,
        folder: Path,
        *,
        configuration: str = "",
        custom_components: Path | None = None,
        bundle: Path | None = None,
        files: Mapping[str, str | bytes] | None = None,
        http: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> None:
        self.version = distribution("homeassistant").version
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = Log()
        self.owner: User | None = None
        self._environment = dict(environment or {})
        self.config = HaFolder(folder, {"server_port": self.port, "server_host": ["127.0.0.1"]} | dict(http or {}))
        self.config.configure(configuration)
        for name, content in (files or {}).items():
            self.config.write(name, content)
        if custom_components:
            self.config.copy(custom_components)
        if bundle:
            self.config.unpack(bundle)

    async def __aenter__(self) -> Self:
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        try:
            await self.start()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.stop()
        finally:
            await self.session.close()

    async def start(self) -> None:
        """Start the process and wait until it is set up. With an owner, wait until it has started completely."""
        before = len(self.log.lines)
        variables = {name: value for name, value in os.environ.items() if not _private(name)}
        # Any installation of packages fails at once, and is logged.
        variables |= {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1", "PYTHONUNBUFFERED": "1"} | self._environment
        command = [sys.executable, "-P", "-m", "homeassistant", "--config", str(self.config.path)]
        command += ["--verbose", "--log-no-color", "--skip-pip"]
        self.process = await asyncio.create_subprocess_exec(
            *command,
            cwd=self.config.path,
            env=variables,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=2**22,
            process_group=0,  # Ctrl-C in a terminal goes to the parent process only, which then ends this one
        )
        assert self.process.stdout
        self.log.ended = False
        self._follower = asyncio.create_task(self.log.follow(self.process.stdout))
        await self.log.wait_for("Home Assistant initialized in", after=before, patience=START_PATIENCE_S)
        await self.log.wait_for("Now listening on port", after=before, patience=START_PATIENCE_S)
        if self.owner:
            await self.started()

    async def started(self) -> None:
        """Wait until it has started completely. This needs an owner."""
        async with self.websocket() as socket:
            events = await socket.subscribe("subscribe_events", event_type="homeassistant_started")
            if (await socket.call("get_config"))["state"] != "RUNNING":
                await events.next(START_PATIENCE_S)

    async def stop(self) -> None:
        """Stop it as the operating system does. It is an error if it does not stop in time."""
        if not hasattr(self, "process"):
            return
        try:
            if self.process.returncode is None:
                self.process.send_signal(signal.SIGTERM)
                async with asyncio.timeout(STOP_PATIENCE_S):
                    await self.process.wait()
        except TimeoutError:
            raise AssertionError(f"Home Assistant does not stop. Its log:\n{self.log.text}") from None
        finally:
            if self.process.returncode is None:
                self.process.kill()
                await self.process.wait()
            await self._follower

    async def restart(self) -> None:
        """Stop it and start it again on the same folder and port."""
        await self.stop()
        await self.start()

    async def onboard(self, name: str = "owner", *, password: str = "", language: str = "en") -> User:
        """Create the first user, who is Home Assistant's owner, and return them."""
        password = password or f"pw-{name}"
        client = f"{self.url}/"
        account = {"name": name.title(), "username": name, "password": password, "language": language}
        code = (await self._post("/api/onboarding/users", json={"client_id": client} | account))["auth_code"]
        access = await self._access(code)
        self.owner = await self._user(name, password, access)
        async with self.websocket() as socket:
            await socket.call("config/core/update", country="GB", language=language)  # without it, there is a repair
        await self.started()
        return self.owner

    async def add_user(self, name: str, *, admin: bool = False) -> User:
        """Create another user and sign them in, as in a browser."""
        password = f"pw-{name}"
        async with self.websocket() as socket:
            groups = ["system-admin" if admin else "system-users"]
            user = (await socket.call("config/auth/create", name=name.title(), group_ids=groups))["user"]
            provider = "config/auth_provider/homeassistant/create"
            await socket.call(provider, user_id=user["id"], username=name, password=password)
        client = {"client_id": f"{self.url}/"}
        start = client | {"handler": ["homeassistant", None], "redirect_uri": client["client_id"]}
        flow = await self._post("/auth/login_flow", json=start)
        answer = client | {"username": name, "password": password}
        done = await self._post(f"/auth/login_flow/{flow['flow_id']}", json=answer)
        return await self._user(name, password, await self._access(done["result"]))

    async def _access(self, code: str) -> str:
        form = {"grant_type": "authorization_code", "code": code, "client_id": f"{self.url}/"}
        return str((await self._post("/auth/token", data=form))["access_token"])

    async def _user(self, name: str, password: str, access: str) -> User:
        async with self.websocket(access) as socket:
            token = await socket.call("auth/long_lived_access_token", client_name="tests", lifespan=365)
            user = await socket.call("auth/current_user")
        return User(user["id"], name, password, token)

    def websocket(self, token: str | None = None) -> HaSocket:
        """Return a client for `async with`. Without a token, it is the first user's."""
        return HaSocket(self.session, self.url, self._token(token))

    async def request(
        self, method: str, path: str, *, token: str | None = None, sign_in: bool = True, **more: Any
    ) -> tuple[int, Any]:
        """Send a request and return status and body (decoded JSON or text). Without a token, use the first user's."""
        headers = dict(more.pop("headers", {}))
        if sign_in:
            headers["Authorization"] = f"Bearer {self._token(token)}"
        async with self.session.request(method, self.url + path, headers=headers, **more) as response:
            text = await response.text()
            return response.status, json.loads(text) if response.content_type == "application/json" else text

    async def call_action(
        self,
        domain: str,
        action: str,
        data: Mapping[str, Any] | None = None,
        *,
        respond: bool = False,
        token: str | None = None,
    ) -> Any:
        """Call an action over REST. With `respond`, return its response. A refusal raises AssertionError with the text.

        `websocket().call("call_service", …)` carries errors with their translation keys.
        """
        path = f"/api/services/{domain}/{action}" + ("?return_response" if respond else "")
        body = await self._post(path, token=self._token(token), json=dict(data or {}))
        return body["service_response"] if respond else body

    async def state(self, entity: str) -> dict[str, Any]:
        """Return an entity's state object."""
        status, body = await self.request("GET", f"/api/states/{entity}")
        assert status == 200, f"{entity}: {status} {body}"
        return dict(body)

    async def automate(self, name: str, **made: Any) -> str:
        """Create an automation, as the interface does, wait until it is active, and return its entity."""
        async with self.websocket() as socket:
            # The answer arrives before the automations are reloaded.
            reloaded = await socket.subscribe("subscribe_events", event_type="automation_reloaded")
            await self._post(f"/api/config/automation/config/{name}", token=self._token(None), json=made)
            await reloaded.next()
            registered = await socket.call("config/entity_registry/list")
        (entity,) = (
            each["entity_id"] for each in registered if (each["platform"], each["unique_id"]) == ("automation", name)
        )
        assert (await self.state(entity))["state"] == "on"
        return str(entity)

    async def _post(self, path: str, *, token: str | None = None, **more: Any) -> Any:
        status, body = await self.request("POST", path, token=token, sign_in=token is not None, **more)
        assert status in {200, 201}, f"{path} answers {status}: {body}"
        return body

    def _token(self, token: str | None) -> str:
        if token is None:
            assert self.owner, "there is no user yet: call onboard() first"
            return self.owner.token
        return token


def _private(name: str) -> bool:
    return name.startswith(PRIVATE) or name.lower().endswith("_proxy")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
