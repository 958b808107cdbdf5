"""``demo [--home-assistant] [--once] [--port N]``: navai on this machine beside a simulated OpenAI, without a key."""

import argparse
import os
from typing import NoReturn

from lib import cache, environment, home_assistant, interpreter
from lib.commands import run


def main(arguments: list[str]) -> int:
    """Become the demo of the standalone hub, or that of a whole house."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description="navai beside a simulated OpenAI. No key needed.")
    parser.add_argument(
        "--home-assistant", action="store_true", help="a real Home Assistant with navai, instead of the standalone hub"
    )
    parser.add_argument("--keep", action="store_true", help="go on with the Home Assistant of the last time")
    parser.add_argument("--once", action="store_true", help="end after a first client secret")
    parser.add_argument("--port", type=int, help="the port to listen on")
    options = parser.parse_args(arguments)
    if options.keep and not options.home_assistant:
        parser.error("--keep is for --home-assistant")
    more = (["--once"] if options.once else []) + ([f"--port={options.port}"] if options.port else [])
    if options.home_assistant:
        _become_a_house(more + (["--keep"] if options.keep else []))
    return run.main(["hub", "navai", "demo", "--config", str(cache.ROOT / "config.example.yaml"), *more])


def _become_a_house(options: list[str]) -> NoReturn:
    """Run the demo of a whole house with the Python that its Home Assistant lives in."""
    house = home_assistant.newest()
    # Each release has a house of its own: none takes over what a newer one has left.
    folder = cache.folder() / "demo" / house.edition.lock
    program = cache.ROOT / "scripts" / "demo_house"
    python = house.folder / "bin" / "python"
    variables = house.variables()
    variables["PYTHONPATH"] = os.pathsep.join([variables["PYTHONPATH"], str(cache.ROOT)])
    simulator = environment.prepare("hub", interpreter.at_hand()) / "bin" / "python"
    command = [str(python), "-B", str(program), f"--folder={folder}", f"--simulator-python={simulator}", *options]
    os.execve(python, command, variables)  # noqa: S606
