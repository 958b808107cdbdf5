"""The command line. Results and progress go to stdout, logs to stderr.

Exit codes: 0 done; 1 the configuration has mistakes; 2 wrong usage, or it cannot start; 3 refused by the provider or a
rule; 4 an internal error of navai; 130 interrupted.
"""

import argparse
import asyncio
import io
import logging
import os
import sys
import time
from collections.abc import Sequence
from typing import Final

from . import commands
from .const import VERSION
from .exceptions import ConfigError, NavaiError, StartError
from .redact import SAFE, redact

EXIT_OK: Final = 0
EXIT_INVALID_CONFIG: Final = 1
EXIT_USAGE: Final = 2
EXIT_REFUSED: Final = 3
EXIT_BROKEN: Final = 4
EXIT_INTERRUPTED: Final = 130


class _RedactingFormatter(logging.Formatter):
    """Removes keys from every log line, also from those of libraries."""

    _second = -1
    _shown = ""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        # The access log has nothing secret, is marked as safe, and has most of the lines.
        return line if getattr(record, SAFE, False) else redact(line)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802
        """The local time, calculated once a second: a busy hub writes thousands of lines in a second."""
        second = int(record.created)
        if second != self._second:
            self._second, self._shown = second, time.strftime("%Y-%m-%d %H:%M:%S", self.converter(second))
        return f"{self._shown},{int(record.msecs):03d}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Do not fail on a terminal without dashes and typographic quotes.
            stream.reconfigure(errors="replace")
    parser = build_parser()
    parsed = parser.parse_args(arguments)
    _log_to_stderr(verbose=parsed.verbose)
    try:
        code: int = asyncio.run(parsed.run(parsed, os.environ))
    except NavaiError as error:
        exit_code, shows_code = _outcome_of(error)
        if getattr(parsed, "json", False):
            # With --json the result is always one object, also for errors.
            commands.say_json({"error": error.message, "code": error.code, **error.data})
        else:
            _complain(f"{error.message} [{error.code}]" if shows_code else error.message)
        return exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as error:  # the last resort: Python's own message may contain a key
        if parsed.verbose:
            logging.getLogger(__name__).exception("Something went wrong in navai")
        else:
            kind = type(error).__name__
            _complain(f"Something went wrong in navai ({kind}). Run `navai --verbose …`, and report the output.")
        return EXIT_BROKEN
    return code


def _outcome_of(error: NavaiError) -> tuple[int, bool]:
    """The exit code of an error, and whether to show its `code` to a person."""
    if isinstance(error, ConfigError):
        return EXIT_INVALID_CONFIG, False
    return (EXIT_USAGE, False) if isinstance(error, StartError) else (EXIT_REFUSED, True)


def _complain(text: str) -> None:
    print(redact(text), file=sys.stderr)  # noqa: T201


def build_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser(
        prog="navai",
        description="Named voice profiles in YAML become OpenAI Realtime sessions.",
        epilog="Exit codes: 0 done; 1 mistakes in the configuration; 2 wrong usage or cannot start; 3 refused by the "
        "provider or a rule; 4 an internal error of navai; 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"navai {VERSION}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log more details")
    chosen = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in commands.ALL:
        sub = chosen.add_parser(command.name, help=command.help, description=command.help)
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    return parser


def _log_to_stderr(*, verbose: bool) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    # Our lines use none of these, and each costs time (Python's logging HOWTO, "Optimization").
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001  # the documented way
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    # asyncio's debug lines are not about navai.
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    if not verbose:
        # The simulator's library logs each address of a call.
        logging.getLogger("aioice").setLevel(logging.WARNING)
