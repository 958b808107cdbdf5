"""`navai demo`: the hub and the simulator on loopback, and a page to talk with. No key, no internet."""

import argparse
import asyncio
import logging
import secrets
import signal
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import Final

import aiohttp

from ..config.load import load_settings
from ..exceptions import StartError
from ..models import Settings
from ..providers import PROVIDERS
from ..redact import Secret, mask
from ..simulator import DEMO_API_KEY, CallSettings, Simulator
from ..simulator.call.voice import PROGRAM, Melody, choose
from .command import Command, add_config, port, say
from .demo_scenario import language_of, scenario_for

_CALLS_NEED: Final = "aiortc"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument("--port", type=port, default=0, help="the hub's port (default: a free one)")
    parser.add_argument("--once", action="store_true", help="stop after the first secret")


class _DemoSecrets:
    """Returns a new token for every `!secret` of the example."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        return self.made.setdefault(name, secrets.token_urlsafe(24))


async def _run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    try:
        from ..hub.server import running_hub  # noqa: PLC0415  # the core installs without what only the hub needs
    except ImportError as error:
        raise StartError(
            f'The demo needs `{error.name}`. Install navai with its extras: `pip install "navai[hub,simulator]"`.'
        ) from None
    if not arguments.once and find_spec(_CALLS_NEED) is None:
        raise StartError(
            f"The demo needs `{_CALLS_NEED}` to talk. Install navai with its extras: "
            '`pip install "navai[hub,simulator]"`.'
        )
    if not arguments.verbose:
        # A line for each request would stand between the lines that people read.
        for handler in logging.getLogger().handlers:
            handler.setLevel(logging.WARNING)
    made = _DemoSecrets()
    settings = load_settings(arguments.config, environ=environ, secrets=made)
    display = next((display for display in settings.displays.values() if display.token), None)
    if display is None or display.token is None:
        raise StartError("The demo uses a display. Give one of the displays in the YAML a `token`.")
    token = display.token.reveal()
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    voice = choose("auto")
    if language := language_of(environ):
        spoken = replace(settings.profiles[display.profile], language=language, accent="")
        settings = replace(settings, profiles={**settings.profiles, display.profile: spoken})
    calls = CallSettings(scenario=scenario_for(settings.profiles[display.profile].language), voice=voice)
    async with Simulator(api_keys={DEMO_API_KEY}, call_settings=calls) as simulator:
        say(f"The simulator of OpenAI Realtime runs at {simulator.base_url}.")
        settings = _on_simulator(settings, simulator.base_url, arguments.port)
        async with running_hub(settings, arguments.config.resolve().parent) as running:
            say(f"The hub runs at {running.url}. Profiles: {', '.join(settings.profiles)}.")
            await _first_secret(running.url, display.profile, token)
            if not arguments.once:
                say(_invitation(running.url, display.profile, token, hums=isinstance(voice, Melody)))
                say(_with_a_real_key(arguments.config.name, list(made.made), display.profile))
                await stop.wait()
                say("Stopping.")
    return 0


def _invitation(url: str, profile: str, token: str, *, hums: bool) -> str:
    sounds = f"plays a note for each word. Install {PROGRAM} to hear speech" if hums else f"speaks with {PROGRAM}"
    return f"""
To talk with it, open this page on this machine, tap the button, and say something.

  {url}/navai/kiosk/{profile}#token={token}

The token is only for this run. The browser stores it and removes it from the address. On this machine, the microphone
works without HTTPS. The simulator notices that you speak, but not what you say: both sides follow a script. It answers
when you are quiet for a moment.
It {sounds}.

To send a request like a program, from another terminal:

  curl -X POST {url}/navai/profiles/{profile}/client-secret \\
    -H 'Authorization: Bearer {token}'
"""


def _with_a_real_key(config: str, names: list[str], profile: str) -> str:
    return f"""To use a real key, copy {config} to config.yaml. Create secrets.yaml next to it, with a line
`name: value` for each of {", ".join(names)}. The API key comes from your provider.
`navai hash-token --new` makes a token and its hash. Install the program `navai` with
`pip install ".[hub]"` in a virtual environment. Run `navai serve --config config.yaml`, and open
the kiosk page of {profile} there with the display's token, as above.

Press Ctrl-C to stop the demo."""


def _on_simulator(settings: Settings, base_url: str, port: int) -> Settings:
    """The same settings for the simulator: with its key, never with yours."""
    return replace(
        settings,
        provider=PROVIDERS["openai"],
        base_url=base_url,
        api_key=Secret(DEMO_API_KEY),
        hub=replace(settings.hub, host="127.0.0.1", port=port, redis_url=None, tls_certificate="", tls_key=""),
    )


async def _first_secret(url: str, profile: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{url}/navai/profiles/{profile}/client-secret") as response,
    ):
        answer = await response.json()
    if response.status != 200:
        raise StartError(f"The first secret was refused. {answer['error']}")
    say(f"The first client secret for “{profile}”: {mask(answer['value'])} ({answer['model']}, {answer['voice']}).")


DEMO = Command("demo", "run the hub and the simulator, with a page to talk", _add_arguments, _run)
