"""From raw figures to medians, tables and verdicts."""

import statistics
from collections.abc import Iterator, Sequence
from typing import Any, Final

from contenders import FAST_PEER, HUB, PEER
from measures import DIRECT, FOREVER

THROUGHPUT_RATIO: Final = 6.0
ADDED_MS: Final = 1.5
COLD_RATIO: Final = 1.15
READY_MS: Final = 2.0


def median_of(rounds: Sequence[dict[str, float]], what: str) -> float:
    """The median over the rounds."""
    return statistics.median(each[what] for each in rounds)


def ratio(ours: Sequence[dict[str, float]], theirs: Sequence[dict[str, float]], what: str) -> list[float]:
    """Ours by theirs, round by round."""
    return [a[what] / b[what] for a, b in zip(ours, theirs, strict=True)]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def _spread(values: Sequence[float], digits: int = 2) -> str:
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def _verdict(*, good: bool) -> str:
    return "met" if good else "NOT MET"


def lines_of(results: dict[str, Any]) -> Iterator[str]:
    """The whole report, as Markdown."""
    yield from _throughput(results["throughput"])
    yield from _added(results["added"])
    yield from _ready(results["ready"])
    for limit, figures in results["idle"].items():
        yield from _idle(limit, figures)
    yield "Targets:"
    yield from verdicts(results)
    yield f"Measured in {results['took_s']:.0f} s."


def _throughput(figures: dict[str, Any]) -> Iterator[str]:
    for kind, title in (
        ("mint", "32 connections, a tap that changes nothing"),
        ("override", "32 connections, a tap that changes the language"),
        ("crowd", "256 connections"),
    ):
        rounds = figures[kind]
        if not rounds[HUB]:
            continue
        yield f"Closed loop, provider of 0 ms: {title}"
        yield ""
        yield from _table(
            ("", "mints/s", "hub's times it", "CPU s per 1,000", "times the hub's", "p50 ms", "p99 ms"),
            [
                (
                    name,
                    f"{median_of(each, 'per_second'):.0f}",
                    "" if name == HUB else _spread(ratio(rounds[HUB], each, "per_second")),
                    f"{median_of(each, 'cpu_s_per_1000'):.3f}",
                    "" if name == HUB else _spread(ratio(each, rounds[HUB], "cpu_s_per_1000")),
                    f"{median_of(each, 'p50_ms'):.1f}",
                    f"{median_of(each, 'p99_ms'):.1f}",
                )
                for name, each in rounds.items()
            ],
        )
    yield f"Upstream and generator by themselves: {figures['ceiling']['per_second']:.0f} a second."
    yield ""
    yield from _table(
        ("", "listens after s", "MB at start", "MB later", "mints until then"),
        [
            (
                name,
                f"{start['seconds']:.2f}",
                f"{start['memory_mb']:.0f}",
                f"{figures['memory'][name]['mb']:.0f}",
                f"{figures['memory'][name]['mints']:.0f}",
            )
            for name, start in figures["start"].items()
        ],
    )


def _added(rounds: dict[str, list[dict[str, float]]]) -> Iterator[str]:
    yield "Open loop, 100 requests a second, provider of 50 ms"
    yield ""
    yield from _table(
        ("", "p50 ms", "p99 ms", "added p50 ms"),
        [
            (
                name,
                f"{median_of(each, 'p50_ms'):.2f}",
                f"{median_of(each, 'p99_ms'):.2f}",
                "" if name == DIRECT else _spread(_differences(each, rounds[DIRECT])),
            )
            for name, each in rounds.items()
        ],
    )


def _differences(ours: Sequence[dict[str, float]], direct: Sequence[dict[str, float]]) -> list[float]:
    return [a["p50_ms"] - b["p50_ms"] for a, b in zip(ours, direct, strict=True)]


def _ready(rounds: list[dict[str, float]]) -> Iterator[str]:
    p50, p99 = median_of(rounds, "p50_ms"), median_of(rounds, "p99_ms")
    yield f"A ready secret (`keep_warm`): p50 {p50:.2f} ms, p99 {p99:.2f} ms in all"
    yield ""


def _idle(limit: str, figures: dict[str, dict[str, list[float]]]) -> Iterator[str]:
    yield f"TLS, round trip of 30 ms; an idle connection is {limit} by the provider. Medians in ms (worst)"
    yield ""
    whats = list(figures[HUB])
    yield from _table(
        ("", *whats),
        [
            (name, *(f"{statistics.median(each[what]):.1f} ({max(each[what]):.1f})" for what in whats))
            for name, each in figures.items()
        ],
    )


def cold_ratios(figures: dict[str, list[float]]) -> dict[str, float]:
    """The time of each mint relative to a repeated one, by medians."""
    warm = statistics.median(figures["warm"])
    return {what: statistics.median(values) / warm for what, values in figures.items() if what != "warm"}


def verdicts(results: dict[str, Any]) -> Iterator[str]:
    """One line for each target."""
    mints = results["throughput"]["mint"]
    for name in (PEER, FAST_PEER):
        if name in mints:
            times = statistics.median(ratio(mints[HUB], mints[name], "per_second"))
            # The target is for the plain peer; the fast one is for fairness.
            good = _verdict(good=times >= THROUGHPUT_RATIO)
            target = f" (target {THROUGHPUT_RATIO:g}): {good}" if name == PEER else ""
            yield f"- {times:.2f} times the throughput of the {name} at 32 connections{target}"
    added = statistics.median(_differences(results["added"][HUB], results["added"][DIRECT]))
    yield f"- {added:.2f} ms added p50 (target {ADDED_MS:g}): {_verdict(good=added <= ADDED_MS)}"
    for limit, figures in results["idle"].items():
        ratios = cold_ratios(figures[HUB])
        worst = max(ratios, key=lambda what: ratios[what])
        target = f" (target {COLD_RATIO:g}): {_verdict(good=ratios[worst] <= COLD_RATIO)}" if limit == FOREVER else ""
        yield f"- idle connections {limit}: at most {ratios[worst]:.2f} times a warm mint, {worst}{target}"
    p50 = median_of(results["ready"], "p50_ms")
    yield f"- {p50:.2f} ms with a secret ready (target {READY_MS:g}): {_verdict(good=p50 < READY_MS)}"
