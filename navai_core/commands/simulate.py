"""`navai simulate`: a simulated OpenAI Realtime on loopback."""

import argparse
from collections.abc import Mapping

from ..simulator import command
from .command import Command


async def _run(arguments: argparse.Namespace, _: Mapping[str, str]) -> int:
    return await command.run(arguments)


SIMULATE = Command("simulate", "run a simulated OpenAI Realtime, for demos and tests", command.add_arguments, _run)
