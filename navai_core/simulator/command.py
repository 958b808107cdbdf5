"""`navai simulate`: a simulator for the command line. Its address goes to stdout, everything else to stderr."""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import ssl
import sys
from collections.abc import Mapping
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NoReturn

from navai_core.simulator.call.calls import EXTRA
from navai_core.simulator.call.context import MAX_SESSION_S, THINK_MS, CallSettings
from navai_core.simulator.call.script import DEFAULT, ScenarioError, load
from navai_core.simulator.call.voice import VOICES, choose
from navai_core.simulator.fault_values import FaultSyntaxError
from navai_core.simulator.rules import DIALECTS, OPENAI, SHUTDOWN_DATES, Rules
from navai_core.simulator.server import DEFAULT_HOST, Simulator, loopback_address
from navai_core.simulator.state import DEMO_API_KEY
from navai_core.simulator.wire import MODELS

DEFAULT_PORT: Final = 8765
KEY_VARIABLE: Final = "SIMULATOR_API_KEY"
EXIT_OK: Final = 0
EXIT_USAGE: Final = 2

_LOGGER: Final = logging.getLogger(__name__)


class UsageError(Exception):
    """The options are not valid. The message says which, and never shows a key."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `navai simulate`."""
    parser.add_argument("--host", default=DEFAULT_HOST, help="a loopback address (default: %(default)s)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 uses any free port (default: %(default)s)")
    parser.add_argument(
        "--api-key-file",
        type=Path,
        metavar="FILE",
        help=f"the accepted keys, one per line (default: the environment variable {KEY_VARIABLE}, else {DEMO_API_KEY})",
    )
    parser.add_argument("--latency-ms", type=float, default=0.0, metavar="N", help="the minimum time of every mint")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="FAULT",
        help="a fault for the next requests, such as 'status=503; times=2'; can be repeated",
    )
    parser.add_argument("--scenario", type=Path, metavar="FILE", help="the script of calls (YAML or JSON)")
    parser.add_argument("--voice", choices=VOICES, default=VOICES[0], help="the voice (default: %(default)s)")
    parser.add_argument(
        "--think-ms", type=int, default=THINK_MS, metavar="N", help="the pause before an answer (default: %(default)s)"
    )
    parser.add_argument(
        "--session-s",
        type=float,
        default=MAX_SESSION_S,
        metavar="N",
        help="the maximum length of a call (default: %(default)g)",
    )
    parser.add_argument(
        "--model",
        action="append",
        metavar="NAME",
        help="a Realtime model that exists, instead of the current ones; can be repeated",
    )
    parser.add_argument(
        "--forbidden-model",
        action="append",
        default=[],
        metavar="NAME",
        help="a model that exists, but that the key may not use; can be repeated",
    )
    parser.add_argument(
        "--shutdown",
        action="append",
        default=[],
        metavar="NAME=DATE",
        help="when a model ends (2027-01-20), for the list of models; can be repeated",
    )
    parser.add_argument(
        "--dialect", choices=DIALECTS, default=OPENAI, help="the API that the mint follows (default: %(default)s)"
    )
    parser.add_argument(
        "--azure-calls-need-secret", action="store_true", help="refuse calls with a key at Azure's addresses"
    )
    parser.add_argument(
        "--singular-language", action="store_true", help="accept `language` for gpt-transcribe, which needs `languages`"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="the same ids and melodies in every run")
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="a certificate chain (PEM): serve https")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="the certificate's private key (PEM)")
    parser.add_argument("--json", action="store_true", help="print the address as a JSON object")


async def run(args: argparse.Namespace) -> int:
    """Run a simulator until SIGTERM or SIGINT. Returns the exit code: 0 stopped, 2 cannot start."""
    try:
        simulator, ssl_context = _prepare(args, os.environ)
    except UsageError as error:
        sys.stderr.write(f"navai simulate: {error}\n")
        return EXIT_USAGE
    try:
        await simulator.start(host=args.host, port=args.port, ssl_context=ssl_context)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "no such address"
        sys.stderr.write(
            f"navai simulate: cannot listen on {args.host} port {args.port} ({reason}). Choose another --port; "
            "0 uses any free one\n"
        )
        return EXIT_USAGE
    try:
        # A program that reads the address may send a signal at once.
        stopped = _stop_on_signals()
        _announce(simulator, as_json=args.json)
        await stopped.wait()
    finally:
        await simulator.stop()
        _LOGGER.info("stopped")
    return EXIT_OK


def _prepare(args: argparse.Namespace, environment: Mapping[str, str]) -> tuple[Simulator, ssl.SSLContext | None]:
    try:
        loopback_address(args.host)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if not 0 <= args.port <= 65_535:
        raise UsageError("--port must be from 0 to 65535")
    if not 0 <= args.latency_ms < float("inf"):
        raise UsageError("--latency-ms must be 0 or more")
    simulator = Simulator(
        api_keys=_api_keys(args.api_key_file, environment),
        latency_s=args.latency_ms / 1000,
        seed=args.seed,
        call_settings=_call_settings(args),
        rules=_rules(args),
    )
    for fault in args.fault:
        try:
            simulator.faults.push(fault)
        except FaultSyntaxError as error:
            raise UsageError(f"--fault: {error}") from error
    return simulator, _ssl_context(args.tls_cert, args.tls_key)


def _call_settings(args: argparse.Namespace) -> CallSettings:
    if args.think_ms < 0:
        raise UsageError("--think-ms must be 0 or more")
    if not 0 < args.session_s < float("inf"):
        raise UsageError("--session-s must be more than 0")
    try:
        scenario = DEFAULT if args.scenario is None else load(args.scenario)
    except ScenarioError as error:
        raise UsageError(f"--scenario: {error}") from error
    voice = choose(args.voice, args.seed or 0)
    return CallSettings(scenario=scenario, voice=voice, think_ms=args.think_ms, max_session_s=args.session_s)


def _rules(args: argparse.Namespace) -> Rules:
    dates = dict(SHUTDOWN_DATES)
    for text in args.shutdown:
        name, _, day = text.partition("=")
        try:
            dates[name] = date.fromisoformat(day).isoformat()
        except ValueError as error:
            raise UsageError("--shutdown needs a model and a date: gpt-realtime=2027-01-20") from error
    return Rules(
        models=MODELS if args.model is None else frozenset(args.model),
        forbidden_models=frozenset(args.forbidden_model),
        shutdown_dates=dates,
        dialect=args.dialect,
        azure_calls_need_secret=args.azure_calls_need_secret,
        singular_language=args.singular_language,
    )


def _api_keys(path: Path | None, environment: Mapping[str, str]) -> list[str] | None:
    if path is None:
        key = environment.get(KEY_VARIABLE, "").strip()
        return [key] if key else None
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read --api-key-file {path}") from error
    keys = [line.strip() for line in lines if line.strip()]
    if not keys:
        raise UsageError(f"--api-key-file {path} has no key")
    return keys


def _ssl_context(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        if key is not None:
            raise UsageError("--tls-key needs --tls-cert")
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # Without the callback OpenSSL would ask at the terminal.
        context.load_cert_chain(certificate, key, _refuse_password)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"cannot load the certificate {certificate} and its key") from error
    return context


def _refuse_password() -> NoReturn:
    raise UsageError("the key of --tls-cert is encrypted: decrypt it, with `openssl pkey -in … -out …`")


def _announce(simulator: Simulator, *, as_json: bool) -> None:
    base_url = simulator.base_url
    sys.stdout.write((json.dumps({"base_url": base_url, "pid": os.getpid()}) if as_json else base_url) + "\n")
    sys.stdout.flush()
    _LOGGER.info("listening on %s", base_url)
    if find_spec("aiortc") is None:
        _LOGGER.warning("only client secrets are available here: %s", EXTRA)


def _stop_on_signals() -> asyncio.Event:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # Windows raises KeyboardInterrupt instead
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
    return stopped
