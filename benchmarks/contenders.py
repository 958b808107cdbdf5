"""The servers to compare: the hub as users run it, FastAPI with the official SDK, and a substitute for the provider."""

import contextlib
import importlib.util
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from children import HERE, Child, child

HUB: Final = "hub"
PEER: Final = "peer"
FAST_PEER: Final = "peer, uvloop"
"""The peer with the packages of the extra `uvicorn[standard]`, if installed."""

_TOKEN: Final = "benchmark-token-of-the-hallway-tablet"
_KEY: Final = "sk-benchmark-0000"
_PLENTY: Final = 1_000_000

Target = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Contender:
    """One server under test."""

    child: Child
    mint: Target
    """A tap: nothing is changed."""
    override: Target
    """A tap with another language: the server checks the body and builds another payload."""
    ready: Target | None = None
    """A tap on a profile with `keep_warm`."""


def contenders() -> tuple[str, ...]:
    """The servers that can be compared here."""
    has_fast = all(importlib.util.find_spec(name) for name in ("uvloop", "httptools"))
    return (HUB, PEER, FAST_PEER) if has_fast else (HUB, PEER)


@contextlib.asynccontextmanager
async def contender(
    name: str, provider_url: str, folder: Path, certificates: Path | None = None
) -> AsyncIterator[Contender]:
    """Run one.

    Args:
        name: One of `contenders`.
        provider_url: The provider for its mints.
        folder: For its configuration and its log.
        certificates: The authorities that it trusts instead of the system's.
    """
    environ = {"SSL_CERT_FILE": str(certificates)} if certificates else {}
    run = _hub if name == HUB else _peer
    async with run(name, provider_url, folder, environ) as running:
        yield running


@contextlib.asynccontextmanager
async def _hub(_: str, provider_url: str, folder: Path, environ: Mapping[str, str]) -> AsyncIterator[Contender]:
    config = folder / f"hub-{provider_url.rpartition(':')[2].partition('/')[0]}.yaml"
    config.write_text(json.dumps({"navai": _block(provider_url)}), encoding="utf-8")
    arguments = ["-m", "navai_core", "serve", "--config", str(config), "--json"]
    async with child(arguments, log=folder / "hub.log", environ=environ) as process:

        def target(profile: str, body: str) -> Target:
            url = f"{process.url}/navai/profiles/{profile}/client-secret"
            return {"url": url, "headers": {"Authorization": f"Bearer {_TOKEN}"}, "body": body}

        yield Contender(
            process, target("kitchen", "{}"), target("kitchen", '{"language": "French"}'), target("ready", "{}")
        )


def _block(provider_url: str) -> dict[str, Any]:
    """A usual YAML, with limits that are never reached. JSON is also YAML."""
    profile = {
        "language": "Spanish",
        "instructions": "You help a family cook. Ask what they have first.",
        "allow_overrides": ["language"],
        "limits": {"secrets_per_minute": _PLENTY},
    }
    return {
        "api_key": _KEY,
        "base_url": provider_url,
        "defaults": {
            "model": "gpt-realtime-2.1",
            "voice": "marin",
            "noise_reduction": "far_field",
            "turn_detection": "semantic_vad",
        },
        "profiles": {"kitchen": profile, "ready": profile | {"keep_warm": True}},
        "displays": {
            "hallway_tablet": {
                "profile": "kitchen",
                "profiles": ["ready"],
                "token": _TOKEN,
                "secrets_per_minute": _PLENTY,
            },
            "bedroom_tablet": {"profile": "kitchen", "token": "another-token-of-the-bedroom-tablet"},
        },
        "hub": {"host": "127.0.0.1", "port": 0},
    }


@contextlib.asynccontextmanager
async def _peer(name: str, provider_url: str, folder: Path, environ: Mapping[str, str]) -> AsyncIterator[Contender]:
    provider = {"PROVIDER_URL": provider_url, "PROVIDER_KEY": _KEY}
    arguments = [str(HERE / "peer.py"), *(["--fast"] if name == FAST_PEER else [])]
    async with child(arguments, log=folder / "peer.log", environ={**environ, **provider}) as process:

        def target(body: str) -> Target:
            return {"url": f"{process.url}/client-secret", "headers": {}, "body": body}

        yield Contender(process, target("{}"), target('{"language": "French"}'))


@contextlib.asynccontextmanager
async def provider(
    folder: Path,
    *,
    latency_ms: float = 0.0,
    round_trip_ms: float = 0.0,
    idle_s: float = 3600.0,
    certificate: Path | None = None,
) -> AsyncIterator[tuple[str, Target]]:
    """Run the substitute for the provider (`upstream.py`). Yields its base URL, and itself as a target."""
    arguments = [
        str(HERE / "upstream.py"),
        f"--latency-ms={latency_ms}",
        f"--round-trip-ms={round_trip_ms}",
        f"--idle-s={idle_s}",
        *([f"--certificate={certificate}"] if certificate else []),
    ]
    async with child(arguments, log=folder / "upstream.log") as process:
        url = f"{process.url}/realtime/client_secrets"
        yield process.url, {"url": url, "headers": {"Authorization": f"Bearer {_KEY}"}, "body": "{}"}
