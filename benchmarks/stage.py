"""What the benchmarks in a browser share: a hub and a simulated OpenAI, each in its own process."""

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from children import child

TOKEN: Final = "benchmark-token-of-the-hallway-tablet"
MICROPHONE: Final = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
"""Chromium's arguments for a microphone that needs neither a device nor a person."""
_KEY: Final = "sk-simulator-0000"
_PLENTY: Final = 1_000_000


@contextlib.asynccontextmanager
async def house(folder: Path, *simulate: str) -> AsyncIterator[tuple[str, str]]:
    """Run both.

    Args:
        folder: For the configuration and the logs.
        simulate: More arguments of `navai simulate`.

    Yields:
        The addresses of the hub and of the simulator.
    """
    options = ["--port", "0", "--json", "--voice", "melody", *simulate]
    config = folder / "hub.yaml"
    async with contextlib.AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(
            child(["-m", "navai_core", "simulate", *options], log=folder / "simulator.log")
        )
        config.write_text(json.dumps({"navai": _block(simulator.url)}), encoding="utf-8")
        serve = ["-m", "navai_core", "serve", "--config", str(config), "--json"]
        hub = await stack.enter_async_context(child(serve, log=folder / "hub.log"))
        yield hub.url, simulator.url.removesuffix("/v1")


def _block(provider_url: str) -> dict[str, Any]:
    """The YAML, with limits that are never reached. JSON is also YAML."""
    profile = {"language": "Spanish", "limits": {"secrets_per_minute": _PLENTY}}
    tablet = {"profile": "kitchen", "profiles": ["ready"], "token": TOKEN, "secrets_per_minute": _PLENTY}
    return {
        "api_key": _KEY,
        "base_url": provider_url,
        "client_secret_ttl": 7200,  # none expires: they are counted
        "defaults": {"model": "gpt-realtime-2.1"},
        "profiles": {"kitchen": profile, "ready": profile | {"keep_warm": True}},
        "displays": {"hallway_tablet": tablet},
        "hub": {"host": "127.0.0.1", "port": 0},
    }
