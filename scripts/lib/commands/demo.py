"""``demo [--home-assistant] [--once] [--port N]``: navai on this machine with a simulated OpenAI, without a key."""

import argparse
import os
from typing import NoReturn

from lib import cache, environment, home_assistant, interpreter
from lib.commands import run


def main(arguments: list[str]) -> int:
    """Run the demo of the standalone hub, or of Home Assistant."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description="navai with a simulated OpenAI. You need no key.")
    parser.add_argument(
        "--home-assistant", action="store_true", help="a real Home Assistant with navai, instead of the standalone hub"
    )
    parser.add_argument("--keep", action="store_true", help="continue with the Home Assistant of the last time")
    parser.add_argument("--once", action="store_true", help="stop after the first client secret")
    parser.add_argument("--port", type=int, help="the port to listen on")
    options = parser.parse_args(arguments)
    if options.keep and not options.home_assistant:
        parser.error("--keep is for --home-assistant")
    more = (["--once"] if options.once else []) + ([f"--port={options.port}"] if options.port else [])
    if options.home_assistant:
        _become_a_house(more + (["--keep"] if options.keep else []))
    return run.main(["hub", "navai", "demo", "--config", str(cache.ROOT / "config.example.yaml"), *more])


def _become_a_house(options: list[str]) -> NoReturn:
    """Run the demo of Home Assistant, with Home Assistant's Python."""
    house = home_assistant.newest()
    # Each release has its own folder: an older one must not use the data of a newer one.
    folder = cache.folder() / "demo" / house.edition.lock
    program = cache.ROOT / "scripts" / "demo_house"
    python = house.folder / "bin" / "python"
    variables = house.variables()
    variables["PYTHONPATH"] = os.pathsep.join([variables["PYTHONPATH"], str(cache.ROOT)])
    simulator = environment.prepare("hub", interpreter.at_hand()) / "bin" / "python"
    command = [str(python), "-B", str(program), f"--folder={folder}", f"--simulator-python={simulator}", *options]
    os.execve(python, command, variables)  # noqa: S606
