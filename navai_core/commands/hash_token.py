"""`navai hash-token`: what to write into the YAML instead of a token."""

import argparse
import getpass
import hashlib
import secrets
import sys
from collections.abc import Mapping

from ..token_hashes import HASH_PREFIX
from .command import Command, add_json, say, say_json

_BYTES = 32


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--new", action="store_true", help="make a new token and print it once, with its hash")
    add_json(parser)


async def _run(arguments: argparse.Namespace, _: Mapping[str, str]) -> int:
    if arguments.new:
        token = secrets.token_urlsafe(_BYTES)
    elif sys.stdin.isatty():
        token = getpass.getpass("Token: ")
    else:
        token = sys.stdin.readline()
    token = token.strip()
    if len(token) < 16:
        sys.stderr.write("A token has at least 16 characters — let `navai hash-token --new` make one.\n")
        return 2
    digest = HASH_PREFIX + hashlib.sha256(token.encode()).hexdigest()
    if arguments.json:
        say_json({"hash": digest} | ({"token": token} if arguments.new else {}))
        return 0
    if arguments.new:
        say(f"token for the display: {token}")
    say(f"hash for the YAML:     {digest}" if arguments.new else digest)
    return 0


HASH_TOKEN = Command("hash-token", "hash a token (asked for, or read from stdin) for the YAML", _add_arguments, _run)
