"""A command, and the parts that several commands share."""

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
    """One command of the command line."""

    name: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Mapping[str, str]], Awaitable[int]]
    """Takes the parsed options and the environment; returns the exit code."""


def add_config(parser: argparse.ArgumentParser, *, positional: str = "") -> None:
    """The option for the YAML file.

    Args:
        parser: Of the command.
        positional: If the file may also stand without `--config`: the name of that argument.
    """
    text = "the YAML file with the `navai:` block"
    if not positional:
        parser.add_argument("--config", type=Path, required=True, metavar="FILE", help=text)
        return
    one = parser.add_mutually_exclusive_group(required=True)
    one.add_argument(positional, type=Path, nargs="?", metavar="FILE", help=text)
    one.add_argument("--config", type=Path, metavar="FILE", help="the same")


def host(text: str) -> str:
    """An address to listen on, for argparse. An empty one would mean every address."""
    if not text.strip():
        raise argparse.ArgumentTypeError("must be an address such as 127.0.0.1, or 0.0.0.0 to listen everywhere")
    return text


def port(text: str) -> int:
    """A port, for argparse."""
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError("must be a number from 0 to 65535")
    return number


def add_json(parser: argparse.ArgumentParser) -> None:
    """The option for a result in JSON."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def say(text: str) -> None:
    """Write a result or progress to stdout, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say_json(value: Mapping[str, Any]) -> None:
    """Write a result for programs."""
    say(json.dumps(value))


def complain(text: str) -> None:
    """Write anything else to stderr."""
    sys.stderr.write(text + "\n")


def say_warnings(settings: Settings) -> None:
    """Write the warnings about settings."""
    for warning in settings.warnings:
        complain(f"warning: {warning}")
