"""`navai serve --config FILE`: the standalone hub."""

import argparse
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..config.load import load_settings
from ..exceptions import StartError
from ..models import Settings
from .command import Command, add_config, add_json, host, port, say, say_json, say_warnings
from .kiosk_address import kiosk_addresses, say_kiosk


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument("--host", type=host, help="listen on this address instead of `hub.host`")
    parser.add_argument("--port", type=port, help="listen on this port instead of `hub.port`; 0 uses a free one")
    add_json(parser)


def _load(config: Path, environ: Mapping[str, str], host: str | None, port: int | None) -> Settings:
    settings = load_settings(config, environ=environ)
    listen = replace(
        settings.hub,
        host=settings.hub.host if host is None else host,
        port=settings.hub.port if port is None else port,
    )
    return replace(settings, hub=listen)


async def _run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    try:
        from ..hub.server import serve  # noqa: PLC0415  # the core installs without what only the hub needs
    except ImportError as error:
        raise StartError(
            f"The hub needs `{error.name}`, which is not installed. Install navai with its extra: "
            '`pip install "navai[hub]"`.'
        ) from None
    load = partial(_load, arguments.config, environ, arguments.host, arguments.port)
    settings = load()
    say_warnings(settings)

    def announce(url: str) -> None:
        addresses = kiosk_addresses(url, settings)
        if arguments.json:
            say_json({"url": url, "profiles": list(settings.profiles), "kiosk": addresses})
        else:
            say(f"navai listens on {url} (profiles: {', '.join(settings.profiles)})")
            say_kiosk(addresses, sys.stdout)

    if not await serve(settings, load, arguments.config.resolve().parent, announce):
        # A function that refuses to be cancelled must not prevent the hub from stopping.
        logging.getLogger(__name__).warning("A function does not end. The hub stops anyway")
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)
    return 0


SERVE = Command("serve", "run the standalone hub", _add_arguments, _run)
