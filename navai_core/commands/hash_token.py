"""`navai hash-token`: makes the hash to write into the YAML instead of a token."""

import argparse
import getpass
import hashlib
import secrets
import sys
from collections.abc import Mapping

from ..config.guessable import is_guessable
from ..config.validators.scalars import NO_TOKEN
from ..config.warnings import LOOKS_GUESSABLE
from ..exceptions import StartError
from ..tokens import HASH_PREFIX, fits_header
from .command import Command, add_json, complain, say, say_json

_BYTES = 32
_MIN_CHARS = 16


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--new", action="store_true", help="make a new token and print it once, with its hash")
    add_json(parser)


async def _run(arguments: argparse.Namespace, _: Mapping[str, str]) -> int:
    try:
        token = secrets.token_urlsafe(_BYTES) if arguments.new else _given()
        digest = HASH_PREFIX + hashlib.sha256(token.encode()).hexdigest()
    except UnicodeError:
        raise StartError("The token is not UTF-8 text. Run `navai hash-token --new` to make one.") from None
    if len(token) < _MIN_CHARS:
        raise StartError(f"A token needs at least {_MIN_CHARS} characters. Run `navai hash-token --new` to make one.")
    if not fits_header(token):
        raise StartError(f"A token {NO_TOKEN}. Run `navai hash-token --new` to make one.")
    if not arguments.new and is_guessable(token):
        # The hash does not show whether the token is weak.
        complain(f"warning: the token {LOOKS_GUESSABLE}")
    if arguments.json:
        say_json({"hash": digest} | ({"token": token} if arguments.new else {}))
        return 0
    if arguments.new:
        say(f"token for the display: {token}")
    say(f"hash for the YAML:     {digest}" if arguments.new else digest)
    return 0


def _given() -> str:
    return (getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()


HASH_TOKEN = Command("hash-token", "hash a token (typed in, or read from stdin) for the YAML", _add_arguments, _run)
