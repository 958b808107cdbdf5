"""A real Home Assistant with navai in it, on this machine alone: no key and no internet.

It runs with the Python of a Home Assistant environment; `scripts/demo --home-assistant` brings one and starts this.
"""

import argparse
import asyncio
import contextlib
import functools
import secrets
import signal
import sys
from collections.abc import Awaitable
from importlib.metadata import version
from pathlib import Path
from typing import Final

from furniture import BLOCK, DASHBOARD, DISPLAYS, FILES, SURROUNDINGS, blueprints, furnish
from ha_socket import CommandError
from home_assistant import HomeAssistant, User
from place import home, port_of
from provider import provider
from stand_in import stand_in

from navai_core.redact import mask
from navai_core.simulator import DEMO_API_KEY
from scripts.lib.bundling import ROOT, build

NAME: Final = "demo"
"""The owner's, and their password."""
TOKEN: Final = "token"  # noqa: S105  # the name of a file
RESTART: Final = 100
"""The status with which Home Assistant ends when somebody restarts it in the interface."""
PATIENCE_S: Final = 5.0


def say(text: str) -> None:
    """Print a line now."""
    print(f"navai: {text}", flush=True)


async def meanwhile(what: str, work: Awaitable[object]) -> None:
    """Say what is waited for, and say so again while it takes long."""

    async def remind() -> None:
        waited = 0.0
        while True:
            await asyncio.sleep(PATIENCE_S)
            waited += PATIENCE_S
            say(f"  {waited:.0f} s, still at it ...")

    say(f"{what} ...")
    reminder = asyncio.create_task(remind())
    try:
        await work
    finally:
        reminder.cancel()


def built(folder: Path, base_url: str, port: int | None) -> HomeAssistant:
    """The house, not yet running. One that was lived in keeps its rooms and its secrets."""
    files: dict[str, str | bytes] = {**blueprints(ROOT / "blueprints" / "automation" / "navai")}
    if not (folder / "secrets.yaml").exists():
        files |= FILES
        files["secrets.yaml"] = f"openai_api_key: {DEMO_API_KEY}\nhallway_token: {secrets.token_urlsafe(24)}\n"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    bundle = build(folder / "navai.zip")
    configuration = BLOCK.format(base_url=base_url) + SURROUNDINGS
    return HomeAssistant(folder, configuration=configuration, bundle=bundle, files=files, port=port)


async def move_in(house: HomeAssistant, folder: Path) -> None:
    """Make the owner and the rooms; where they are already, be the owner again."""
    kept = folder / TOKEN
    if kept.exists():
        token = kept.read_text()
        async with house.websocket(token) as socket:
            house.owner = User((await socket.call("auth/current_user"))["id"], NAME, NAME, token)
        await house.started()
        return
    owner = await house.onboard(NAME, password=NAME)
    await furnish(house)
    kept.write_text(owner.token)


async def live(house: HomeAssistant, log: Path, text: str) -> None:
    """Stand in for the displays until the house ends; start it again when somebody restarts it.

    The text is printed once the displays can be told something.
    """
    status, ready = RESTART, functools.partial(print, text, flush=True)
    while status == RESTART:
        displays = asyncio.create_task(stand_in(house, DISPLAYS, say, ready))
        try:
            status = await house.process.wait()
        finally:
            displays.cancel()
            await asyncio.gather(displays, return_exceptions=True)
        if status == RESTART:
            ready = functools.partial(say, "Home Assistant runs again.")
            await meanwhile("Home Assistant starts again", house.start())
    say(f"Home Assistant has ended by itself (status {status}); its log is {log}")


async def demo(folder: Path, port: int | None, simulator: str, *, once: bool) -> None:
    """Run the house until it is ended; with `once` until a client secret has been minted."""
    async with provider(simulator, version("homeassistant")) as base_url:
        house = built(folder, base_url, port)
        async with contextlib.AsyncExitStack() as stack:
            await meanwhile(f"Home Assistant {house.version} starts", stack.enter_async_context(house))
            stack.callback(say, "ending ...")
            await meanwhile("the demo moves in", move_in(house, folder))
            answer = await house.call_action("navai", "create_client_secret", {"profile": "kitchen"}, respond=True)
            say(f"a first client secret for “kitchen”: {mask(answer['value'])} ({answer['model']}, {answer['voice']})")
            if not once:
                await live(house, folder / "home-assistant.log", welcome(house, folder))


def welcome(house: HomeAssistant, folder: Path) -> str:
    """What there is to try."""
    return f"""
  Home Assistant  {house.url}/{DASHBOARD}
  Login           {NAME}, password {NAME}
  Token           in the file {folder / TOKEN}
  Configuration   {folder / "configuration.yaml"}

Try:
- “Talk” on the dashboard: tap it, allow the microphone, say something. The simulator follows a script whatever you say;
  first it turns on the kitchen light, which you see further below.
- “Try it”: open the front door, let the washing machine run and end, press the kitchen button. Each has an automation,
  made from navai's blueprints, that lets a display begin to talk. The dashboard in your browser is the hallway tablet;
  this terminal stands in for the displays that no browser shows, and shows below what they are told.
- The kiosk page, full screen and without Home Assistant's interface:
    {house.url}/api/navai/kiosk/kitchen#token=<hallway_token, in {folder / "secrets.yaml"}>
- Settings > Devices & services > navai: the displays, and what each profile has used today.
- Tools (Developer tools) > Actions > navai: Create client secret.
- A client secret over HTTP:
    curl -X POST {house.url}/api/navai/profiles/kitchen/client-secret \\
      -H "Authorization: Bearer $(cat {folder / TOKEN})"
- Change a profile in the configuration, then run the action navai: Reload.

OpenAI is simulated, so nothing costs anything. Ctrl-C ends all of it.
"""


async def run(options: argparse.Namespace) -> None:
    """Run the demo; a signal ends it in an orderly way."""
    if task := asyncio.current_task():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with home(None if options.once else options.folder, keep=options.keep) as folder:
        port = None if options.once else port_of(options.port)
        await demo(folder, port, options.simulator_python, once=options.once)


def main() -> int:
    """Return 0 when it was ended, or when `--once` has seen a client secret."""
    parser = argparse.ArgumentParser(prog="demo_house", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the house stands")
    parser.add_argument("--keep", action="store_true", help="go on with the house of the last time")
    parser.add_argument("--once", action="store_true", help="end after the first client secret, and leave nothing")
    parser.add_argument(
        "--simulator-python", default=sys.executable, help="an interpreter with aiortc, for conversations"
    )
    parser.add_argument("--port", type=int, help="8123 unless given")
    options = parser.parse_args()
    try:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(run(options))
    except (AssertionError, CommandError) as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
