"""`navai check-config --config FILE`: shows every mistake at once, and with `--online` what the provider says."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from aiohttp import ClientSession

from ..config.load import load_settings
from ..exceptions import ConfigError, Problem
from ..models import Settings
from ..provider.client import NoCookies
from ..sessions.model_check import check_models
from .command import Command, add_config, add_json, say, say_json, say_warnings


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config(parser, positional="file")
    parser.add_argument(
        "--online", action="store_true", help="ask the provider which models end, and which ones the key may use"
    )
    add_json(parser)


async def _run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    path = arguments.config or arguments.file
    try:
        settings = load_settings(path, environ=environ, files=True)
    except ConfigError as error:
        # The mistakes are the result, so they go to stdout.
        if arguments.json:
            say_json({"valid": False, "problems": [_as_json(problem) for problem in error.problems], "warnings": []})
        else:
            say(error.message)
        return 1
    if arguments.online:
        settings = replace(settings, warnings=(*settings.warnings, *await _ask(settings)))
    if arguments.json:
        warnings = [_as_json(warning) for warning in settings.warnings]
        say_json({"valid": True, "problems": [], "warnings": warnings})
        return 0
    say_warnings(settings)
    counted = {"profile": settings.profiles, "display": settings.displays, "user": settings.hub.users}
    counts = ", ".join(f"{len(found)} {name}{'' if len(found) == 1 else 's'}" for name, found in counted.items())
    say(f"{path} is valid: {counts}.")
    return 0


async def _ask(settings: Settings) -> Sequence[Problem]:
    today = date.today()  # noqa: DTZ011
    async with ClientSession(cookie_jar=NoCookies(), trust_env=True) as session:
        troubles = await check_models(settings, session, today)
    if troubles is None:
        cause = "there is no API key" if settings.provider.names_models else "only OpenAI is asked"
        return [Problem(("navai",), f"The models were not checked online: {cause}", "not_checked")]
    return [problem for trouble in troubles for problem in trouble.problems(today)]


def _as_json(problem: Problem) -> dict[str, Any]:
    return asdict(problem) | {"path": problem.dotted}


CHECK_CONFIG = Command("check-config", "check a configuration and print every mistake", _add_arguments, _run)
