"""What a command is, and what several of them share."""

import argparse
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..models import Settings


@dataclass(frozen=True, slots=True)
class Command:
    """One word of the command line."""

    name: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Mapping[str, str]], Awaitable[int]]
    """Takes the parsed options and the environment; returns the exit code."""


def add_config(parser: argparse.ArgumentParser, *, positional: bool = False) -> None:
    """The option that names the YAML."""
    if positional:
        parser.add_argument("config", type=Path, metavar="FILE", help="the YAML with the `navai:` block")
    else:
        parser.add_argument(
            "--config", type=Path, required=True, metavar="FILE", help="the YAML with the `navai:` block"
        )


def host(text: str) -> str:
    """An address to listen on, for argparse. An empty one would be every address."""
    if not text.strip():
        raise argparse.ArgumentTypeError("a host is an address such as 127.0.0.1; 0.0.0.0 listens everywhere")
    return text


def port(text: str) -> int:
    """A port, for argparse."""
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return number


def add_json(parser: argparse.ArgumentParser) -> None:
    """The option that makes the result readable for programs."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def say(text: str) -> None:
    """A result or progress: to stdout, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say_json(value: Mapping[str, Any]) -> None:
    """A result for programs."""
    say(json.dumps(value))


def complain(text: str) -> None:
    """What is not the result: to stderr."""
    sys.stderr.write(text + "\n")


def say_warnings(settings: Settings) -> None:
    """What is not wrong and worth knowing."""
    for warning in settings.warnings:
        complain(f"warning: {warning}")
