"""The measurements. Each returns its raw figures by contender; `report.py` turns them into medians and text."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import trustme
from children import HERE, result_of
from contenders import HUB, PEER, Contender, contender, contenders, provider

ROUND_TRIP_MS: Final = 30.0
PACED_LATENCY_MS: Final = 50.0
PER_SECOND: Final = 100.0
DIRECT: Final = "direct"

Rounds = dict[str, list[dict[str, float]]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. Times in seconds."""

    rounds: int
    """Of the closed loop: many short ones, because the speed of a shared machine changes within seconds."""
    closed_s: float
    warm_up_s: float
    memory_mints: int
    paced_rounds: int
    paced_count: int
    ready_count: int
    gaps_s: Sequence[float]
    idle_copies: int
    idle_limits_s: Mapping[str, float]
    """When the provider closes an idle connection, by its name in the report."""


FOREVER: Final = "kept long"
FULL: Final = Plan(
    rounds=20,
    closed_s=1.2,
    warm_up_s=0.3,
    memory_mints=20_000,
    paced_rounds=7,
    paced_count=400,
    ready_count=150,
    gaps_s=(8, 20, 70),
    idle_copies=4,
    idle_limits_s={FOREVER: 3600.0, "closed after 5 s": 5.0, "closed after 60 s": 60.0},
)
QUICK: Final = Plan(
    rounds=4,
    closed_s=1.0,
    warm_up_s=0.3,
    memory_mints=0,
    paced_rounds=2,
    paced_count=150,
    ready_count=40,
    gaps_s=(8,),
    idle_copies=1,
    idle_limits_s={FOREVER: 3600.0, "closed after 5 s": 5.0},
)


async def load(mode: str, folder: Path, end_after_s: float, /, **arguments: Any) -> dict[str, Any]:
    """Run the load generator once."""
    order = json.dumps({"mode": mode, **arguments})
    return await result_of([str(HERE / "load.py"), order], log=folder / "load.log", seconds=end_after_s)


def _in_turn(names: Sequence[str], rounds: int) -> Iterator[str]:
    """Every contender once a round, every other round in reverse order."""
    for number in range(rounds):
        yield from names if number % 2 == 0 else reversed(names)


@contextlib.asynccontextmanager
async def _all_of(names: Sequence[str], provider_url: str, folder: Path) -> AsyncIterator[dict[str, Contender]]:
    async with contextlib.AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(contender(name, provider_url, folder)) for name in names}


async def throughput(plan: Plan, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """32 and 256 closed-loop connections, a provider of 0 ms, and memory."""
    names = contenders()
    results: dict[str, Any] = {"mint": {n: [] for n in names}, "override": {n: [] for n in names}}
    results |= {"crowd": {n: [] for n in names}, "start": {}, "memory": {}}
    async with provider(folder) as (url, direct), _all_of(names, url, folder) as servers:
        # The rate of upstream and generator without a contender: well above that of any contender.
        results["ceiling"] = await load("closed", folder, 60, target=direct, connections=32, warm_up_s=0.3, seconds=1.0)
        await asyncio.sleep(1)
        for name, server in servers.items():
            results["start"][name] = {"seconds": server.child.took_s, "memory_mb": server.child.memory_mb()}
        done = dict.fromkeys(names, 0.0)

        async def one(kind: str, name: str, connections: int) -> None:
            server = servers[name]
            target = server.override if kind == "override" else server.mint
            before = server.child.cpu_s()
            figures = await load(
                "closed",
                folder,
                240,
                target=target,
                connections=connections,
                # More connections need more time until each had its turn.
                warm_up_s=plan.warm_up_s * connections / 32,
                seconds=plan.closed_s * connections / 64 if connections > 64 else plan.closed_s,
            )
            if not figures["count"]:
                raise RuntimeError(f"{name} answered nothing in {plan.closed_s:g} s")
            figures["cpu_s_per_1000"] = (server.child.cpu_s() - before) / figures["total"] * 1000
            done[name] += figures["total"]
            results[kind][name].append(figures)

        for name in _in_turn(names, plan.rounds):
            await one("mint", name, 32)
        say("32 connections done")
        for name in _in_turn(names, max(1, plan.rounds // 2)):
            await one("override", name, 32)
        # Too long for the quick run.
        for name in _in_turn(names, plan.rounds // 5 if plan.memory_mints else 0):
            await one("crowd", name, 256)
        say("overrides and 256 connections done")
        for name, server in servers.items():
            missing = plan.memory_mints - done[name]
            if missing > 0:
                await load(
                    "closed",
                    folder,
                    240,
                    target=server.mint,
                    connections=32,
                    warm_up_s=0.0,
                    seconds=0.1,
                    at_least=int(missing),
                )
            results["memory"][name] = {"mints": max(done[name], plan.memory_mints), "mb": server.child.memory_mb()}
    return results


async def added_time(plan: Plan, folder: Path) -> Rounds:
    """100 requests a second, a provider of 50 ms, directly and through each contender."""
    names = contenders()
    results: Rounds = {name: [] for name in (DIRECT, *names)}
    async with (
        provider(folder, latency_ms=PACED_LATENCY_MS) as (url, direct),
        _all_of(names, url, folder) as servers,
    ):
        targets = {DIRECT: direct} | {name: server.mint for name, server in servers.items()}
        await asyncio.sleep(1)
        for name in _in_turn(list(targets), plan.paced_rounds):
            figures = await load(
                "paced", folder, 60, target=targets[name], per_second=PER_SECOND, count=plan.paced_count
            )
            results[name].append(figures)
    return results


async def ready(plan: Plan, folder: Path) -> list[dict[str, float]]:
    """With a ready secret: ten taps a second, a provider of 50 ms."""
    results = []
    async with provider(folder, latency_ms=PACED_LATENCY_MS) as (url, _), contender(HUB, url, folder) as hub:
        await asyncio.sleep(1)
        for _ in range(2):
            figures = await load("paced_lean", folder, 90, target=hub.ready, per_second=10.0, count=plan.ready_count)
            results.append(figures)
    return results


async def idle(plan: Plan, folder: Path, say: Callable[[str], None]) -> dict[str, dict[str, dict[str, list[float]]]]:
    """The first mint, repeated ones and those after idle gaps: TLS, and a round trip of 30 ms. In ms, by idle limit."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    certificate = folder / "provider.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    results: dict[str, dict[str, dict[str, list[float]]]] = {}
    async with contextlib.AsyncExitStack() as stack:
        targets = {}
        for limit, seconds in plan.idle_limits_s.items():
            url, _ = await stack.enter_async_context(
                provider(folder, round_trip_ms=ROUND_TRIP_MS, idle_s=seconds, certificate=certificate)
            )
            for copy in range(plan.idle_copies):
                for name in (HUB, PEER):
                    server = await stack.enter_async_context(contender(name, url, folder, folder / "authority.pem"))
                    targets[json.dumps([limit, name, copy])] = server.mint
        await asyncio.sleep(2)
        say(f"{len(targets)} servers are idle for {sum(plan.gaps_s):g} s")
        seconds = sum(plan.gaps_s) + 60
        times = await load("idle", folder, seconds, targets=targets, gaps_s=plan.gaps_s, warm=5, apart_s=0.53)
    for key, measured in times.items():
        limit, name, _ = json.loads(key)
        into = results.setdefault(limit, {}).setdefault(name, {})
        for what, values in measured.items():
            into.setdefault(what, []).extend(values)
    return results


async def measure(plan: Plan, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure everything, one after the other."""
    began = time.perf_counter()
    results: dict[str, Any] = {"throughput": await throughput(plan, folder, say)}
    results["added"] = await added_time(plan, folder)
    say("added time done")
    results["ready"] = await ready(plan, folder)
    say("ready secrets done")
    results["idle"] = await idle(plan, folder, say)
    results["took_s"] = time.perf_counter() - began
    return results
