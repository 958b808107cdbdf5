"""`navai mint PROFILE`: gets a client secret in the shell."""

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime

from aiohttp import ClientSession

from ..config.load import load_settings
from ..models import Caller
from ..provider.client import NoCookies
from ..redact import mask
from ..sessions.service import SessionService
from .command import Command, add_config, add_json, say, say_json, say_warnings


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("profile", metavar="PROFILE", nargs="?", help="the profile (default: the default profile)")
    add_config(parser)
    parser.add_argument("--reveal", action="store_true", help="print the whole secret instead of a masked one")
    add_json(parser)


async def _run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = load_settings(arguments.config, environ=environ)
    if not arguments.json:
        say_warnings(settings)
    async with ClientSession(cookie_jar=NoCookies(), trust_env=True) as session:
        service = SessionService(settings, session, keep_warm=False)
        minted = await service.mint(Caller(kind="owner", key="shell"), arguments.profile)
    value = minted.secret.value if arguments.reveal else mask(minted.secret.value)
    expires = datetime.fromtimestamp(minted.secret.expires_at, UTC).isoformat()
    result = {
        "profile": minted.profile,
        "model": minted.model,
        "voice": minted.voice,
        "value": value,
        "expires_at": minted.secret.expires_at,
        "expires_at_iso": expires,
        "url": minted.url,
    }
    if arguments.json:
        say_json(result)
    else:
        say(f"{minted.profile}: {value}, expires {expires} ({minted.model}, {minted.voice})")
    return 0


MINT = Command("mint", "get a client secret for a profile", _add_arguments, _run)
