"""The command line. Results and progress go to stdout, logs to stderr.

Exit codes: 0 done; 1 the configuration has mistakes; 2 wrong usage, or it cannot start as asked; 3 the provider or a
policy refused; 4 a mistake of navai's own; 130 interrupted.
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
    """The last line of defence: whatever is logged, by us or by a library, no key gets through."""

    _second = -1
    _shown = ""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        # The access log is made of nothing secret, says so, and is most of what is written.
        return line if getattr(record, SAFE, False) else redact(line)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802
        """The local time, worked out once a second: a busy hub writes thousands of lines in one."""
        second = int(record.created)
        if second != self._second:
            self._second, self._shown = second, time.strftime("%Y-%m-%d %H:%M:%S", self.converter(second))
        return f"{self._shown},{int(record.msecs):03d}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal without our dashes and quotes is no reason to fail.
            stream.reconfigure(errors="replace")
    parser = build_parser()
    parsed = parser.parse_args(arguments)
    _log_to_stderr(verbose=parsed.verbose)
    try:
        code: int = asyncio.run(parsed.run(parsed, os.environ))
    except NavaiError as error:
        exit_code, shows_code = _outcome_of(error)
        if getattr(parsed, "json", False):
            # Whoever asked for JSON reads one object, whatever comes of it.
            commands.say_json({"error": error.message, "code": error.code, **error.data})
        else:
            _complain(f"{error.message} [{error.code}]" if shows_code else error.message)
        return exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as error:  # the last wall: Python would print what it likes, and a key may be in it
        if parsed.verbose:
            logging.getLogger(__name__).exception("Something went wrong inside navai")
        else:
            kind = type(error).__name__
            _complain(
                f"Something went wrong inside navai ({kind}) — run `navai --verbose …`, and report what it prints."
            )
        return EXIT_BROKEN
    return code


def _outcome_of(error: NavaiError) -> tuple[int, bool]:
    """The exit code of an error, and whether its own code helps a person at the shell."""
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
        "provider or a policy; 4 a mistake of navai's own; 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"navai {VERSION}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log what happens behind the scenes")
    chosen = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in commands.ALL:
        sub = chosen.add_parser(command.name, help=command.help, description=command.help)
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    return parser


def _log_to_stderr(*, verbose: bool) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    # None of these is in our lines, and each costs something on every one (Python's logging HOWTO, "Optimization").
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001  # the documented way
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    # asyncio's debug lines say nothing about navai.
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    if not verbose:
        # The simulator's library tells of each of a call's addresses.
        logging.getLogger("aioice").setLevel(logging.WARNING)
