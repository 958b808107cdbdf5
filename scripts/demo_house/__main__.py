"""A real Home Assistant with navai, only on this machine: no key and no internet.

It needs the Python of a Home Assistant environment. `scripts/demo --home-assistant` creates one and starts this.
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
"""The name and the password of the administrator."""
TOKEN: Final = "token"  # noqa: S105  # the name of a file
RESTART: Final = 100
"""The exit status of Home Assistant when somebody restarts it in the interface."""
PATIENCE_S: Final = 5.0


def say(text: str) -> None:
    """Print a line now."""
    print(f"navai: {text}", flush=True)


async def meanwhile(what: str, work: Awaitable[object]) -> None:
    """Print a line about a step, and again while the step takes long."""

    async def remind() -> None:
        waited = 0.0
        while True:
            await asyncio.sleep(PATIENCE_S)
            waited += PATIENCE_S
            say(f"  {waited:.0f} s, still working ...")

    say(f"{what} ...")
    reminder = asyncio.create_task(remind())
    try:
        await work
    finally:
        reminder.cancel()


def built(folder: Path, base_url: str, port: int | None) -> HomeAssistant:
    """Home Assistant, not yet running. A used folder keeps its areas and secrets."""
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
    """Create the administrator and the areas. If they already exist, sign in again."""
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
    """Act for the displays until Home Assistant ends. Start it again when somebody restarts it.

    The text is printed when the displays can receive commands.
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
    say(f"Home Assistant has stopped (status {status}). Its log is {log}")


async def demo(folder: Path, port: int | None, simulator: str, *, once: bool) -> None:
    """Run Home Assistant until it is stopped; with `once`, until there is a client secret."""
    async with provider(simulator, version("homeassistant")) as base_url:
        house = built(folder, base_url, port)
        async with contextlib.AsyncExitStack() as stack:
            await meanwhile(f"Home Assistant {house.version} starts", stack.enter_async_context(house))
            stack.callback(say, "ending ...")
            await meanwhile("setting up the demo", move_in(house, folder))
            answer = await house.call_action("navai", "create_client_secret", {"profile": "kitchen"}, respond=True)
            say(
                f"The first client secret for “kitchen”: {mask(answer['value'])} ({answer['model']}, {answer['voice']})"
            )
            if not once:
                await live(house, folder / "home-assistant.log", welcome(house, folder))


def welcome(house: HomeAssistant, folder: Path) -> str:
    """The instructions for the demo."""
    return f"""
  Home Assistant  {house.url}/{DASHBOARD}
  Login           {NAME}, password {NAME}
  Token           in the file {folder / TOKEN}
  Configuration   {folder / "configuration.yaml"}

Try:
- “Talk” on the dashboard: tap it, allow the microphone, say something. The simulator follows a script whatever you say.
  First it turns on the kitchen light, which you see further below.
- “Try it”: open the front door, start and stop the washing machine, press the kitchen button. Each has an automation
  from navai's blueprints that starts a conversation on a display. The dashboard in your browser is the hallway tablet.
  This terminal acts for the displays that no browser shows, and prints their commands below.
- The kiosk page, full screen and without Home Assistant's interface:
    {house.url}/api/navai/kiosk/kitchen#token=<hallway_token, in {folder / "secrets.yaml"}>
- Settings > Devices & services > navai: the displays, and what each profile has used today.
- Tools (Developer tools) > Actions > navai: Create client secret.
- A client secret over HTTP:
    curl -X POST {house.url}/api/navai/profiles/kitchen/client-secret \\
      -H "Authorization: Bearer $(cat {folder / TOKEN})"
- Change a profile in the configuration, then run the action navai: Reload.

OpenAI is simulated, so this costs nothing. Press Ctrl-C to stop the demo.
"""


async def run(options: argparse.Namespace) -> None:
    """Run the demo. A signal stops it cleanly."""
    if task := asyncio.current_task():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with home(None if options.once else options.folder, keep=options.keep) as folder:
        port = None if options.once else port_of(options.port)
        await demo(folder, port, options.simulator_python, once=options.once)


def main() -> int:
    """Return 0 if it was stopped, or after a client secret with `--once`."""
    parser = argparse.ArgumentParser(prog="demo_house", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the configuration folder of Home Assistant")
    parser.add_argument("--keep", action="store_true", help="continue with the Home Assistant of the last time")
    parser.add_argument("--once", action="store_true", help="stop after the first client secret, and delete everything")
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
