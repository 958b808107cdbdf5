"""Firefox as it comes from its makers, driven by WebDriver BiDi: Playwright drives only a Firefox of its own.

async with firefox(folder) as driven:
    await driven.preload("window.early = true")
    await driven.open("http://127.0.0.1:8000/")
    assert await driven.ask("window.early")
"""

import asyncio
import base64
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import aiohttp

PREFERENCES: Final = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.aboutwelcome.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "captivedetect.canonicalURL": "",
    "datareporting.policy.dataSubmissionEnabled": False,
    "intl.accept_languages": "en",
    "media.autoplay.default": 0,
    "media.gmp-manager.updateEnabled": False,
    # A microphone that sounds, given without a question; and calls on this machine.
    "media.navigator.permission.disabled": True,
    "media.navigator.streams.fake": True,
    "media.peerconnection.ice.loopback": True,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
    "toolkit.telemetry.enabled": False,
}
START_S: Final = 60.0
ANSWER_S: Final = 60.0


class BidiError(Exception):
    """Firefox refused a command, or what a page was asked threw."""


class Firefox:
    """One window, with one page in it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.complaints: list[str] = []
        """What its page has written to the console as an error."""
        self._socket = socket
        self._number = 0
        self._context = ""
        self._answers: dict[int, asyncio.Future[Any]] = {}

    async def read(self) -> None:
        """Take what comes, until the connection ends."""
        async for message in self._socket:
            given = message.json()
            if "id" in given and (answer := self._answers.pop(given["id"], None)):
                if given["type"] == "success":
                    answer.set_result(given["result"])
                else:
                    answer.set_exception(BidiError(f"{given['error']}: {given['message']}"))
            elif given.get("method") == "log.entryAdded" and given["params"]["level"] == "error":
                self._complain(given["params"])

    def _complain(self, entry: dict[str, Any]) -> None:
        frames = (entry.get("stackTrace") or {}).get("callFrames") or []
        # Firefox's own scripts now and then look for what a page that is just ending has no more.
        if entry["text"].startswith("Error: Permission denied to access property") and not any(
            frame["url"].startswith("http") for frame in frames
        ):
            return
        self.complaints.append(f"{entry['text']} {[(frame['url'], frame['lineNumber']) for frame in frames]}")

    async def command(self, method: str, **parameters: Any) -> Any:
        """Send a command and return its result."""
        self._number += 1
        answer = self._answers[self._number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._number, "method": method, "params": parameters})
        return await asyncio.wait_for(answer, ANSWER_S)

    async def begin(self) -> None:
        """Begin the session."""
        await self.command("session.new", capabilities={})
        tree = await self.command("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]
        await self.command("session.subscribe", events=["log.entryAdded"])

    async def preload(self, script: str) -> None:
        """Run a script in every page before its own."""
        await self.command("script.addPreloadScript", functionDeclaration=f"() => {{ {script} }}")

    async def open(self, url: str) -> None:
        """Open an address, and wait until it is loaded."""
        await self.command("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def size(self, width: int, height: int) -> None:
        """Make the window so large, inside."""
        await self.command(
            "browsingContext.setViewport", context=self._context, viewport={"width": width, "height": height}
        )

    async def ask(self, expression: str) -> Any:
        """What an expression comes to in the page; a promise is awaited."""
        answer = await self.command(
            "script.evaluate",
            expression=f"(async () => JSON.stringify((await ({expression})) ?? null))()",
            target={"context": self._context},
            awaitPromise=True,
        )
        if answer["type"] != "success":
            raise BidiError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    async def click(self, at: tuple[float, float]) -> None:
        """Press the mouse's button at a place of the page."""
        move = {"type": "pointerMove", "x": round(at[0]), "y": round(at[1])}
        actions = [move, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        await self.command(
            "input.performActions",
            context=self._context,
            actions=[{"type": "pointer", "id": "mouse", "actions": actions}],
        )

    async def picture(self, path: Path) -> None:
        """Take one of what the window shows."""
        shot = await self.command("browsingContext.captureScreenshot", context=self._context)
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))


def program() -> str:
    """Firefox: the one that the environment names, or an installed one."""
    return os.environ.get("NAVAI_TEST_FIREFOX") or shutil.which("firefox-esr") or "firefox"


@asynccontextmanager
async def firefox(folder: Path, preferences: dict[str, Any] | None = None) -> AsyncIterator[Firefox]:
    """A Firefox that has nothing of the person's who runs the tests. `folder` becomes its profile."""
    profile = folder / "firefox"
    profile.mkdir()
    lines = [
        f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
        for name, value in (PREFERENCES | (preferences or {})).items()
    ]
    (profile / "user.js").write_text("".join(lines))
    process = await asyncio.create_subprocess_exec(
        *(program(), "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"),
        env=os.environ | {"HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        address = await asyncio.wait_for(_address(process), START_S)
        drain = asyncio.create_task(_drain(process))
        async with aiohttp.ClientSession() as http, http.ws_connect(f"{address}/session", max_msg_size=0) as socket:
            driven = Firefox(socket)
            reader = asyncio.create_task(driven.read())
            await driven.begin()
            yield driven
            with suppress(TimeoutError):
                await asyncio.wait_for(driven.command("browser.close"), 10)
            reader.cancel()
        drain.cancel()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    """Where it listens, as it writes itself."""
    assert process.stderr
    said = b""
    async for line in process.stderr:
        said += line
        if b"WebDriver BiDi listening on" in line:
            return line.decode().split()[-1]
    raise BidiError(f"Firefox ended: {said.decode(errors='replace')[-2000:]}")


async def _drain(process: asyncio.subprocess.Process) -> None:
    assert process.stderr
    async for _ in process.stderr:
        pass
