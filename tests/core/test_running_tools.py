"""Running tools: no caller stops one, results are kept for a while, and there is time to end."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from secret_watch import WATCH

from navai_core.config.load import settings_from_block
from navai_core.exceptions import InvalidInputError, NavaiError, StoppingError
from navai_core.models import Caller
from navai_core.tools import running as running_tools
from navai_core.tools.base import (
    Prepared,
    ToolContext,
    ToolFailedError,
    ToolResult,
    Tools,
)
from navai_core.tools.results import MAX_RESULT_BYTES
from navai_core.tools.running import KEPT_S, MAX_KEPT, MAX_RUNNING, RunningTools, ToolCall, UnknownRunningToolError


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tools(clock: Clock) -> RunningTools:
    return RunningTools(clock)


def call_of(name: str = "water", call: str = "", caller: str = "display:hall", arguments: Any = None) -> ToolCall:
    return ToolCall(caller=caller, name=name, source="garden.py", arguments=arguments, id=call)


def ended(name: str = "water", result: Any = "watered") -> dict[str, Any]:
    return {"ok": True, "function_name": name, "source": "garden.py", "result": result}


def gives(result: Any) -> Callable[[], Awaitable[Any]]:
    async def work() -> Any:
        return result

    return work


class Watering:
    """A tool that ends when the test says so."""

    def __init__(self) -> None:
        self.enough = asyncio.Event()
        self.runs = 0

    async def __call__(self) -> str:
        self.runs += 1
        await self.enough.wait()
        return "watered"


async def test_a_tool_that_ends_in_time_is_answered_and_forgotten(tools: RunningTools) -> None:
    assert await tools.run(call_of(), gives("watered"), 5) == ended()
    assert tools.count == 0
    assert not tools._runs


async def test_who_waits_stops_nothing(tools: RunningTools) -> None:
    water = Watering()
    waiting = asyncio.create_task(tools.run(call_of(call="call_1"), water, 5))
    while not water.runs:
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    following = asyncio.create_task(tools.result("display:hall", "call_1"))
    await asyncio.sleep(0)
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following
    water.enough.set()
    assert await tools.result("display:hall", "call_1") == ended()
    assert water.runs == 1


async def test_a_result_is_kept_for_five_minutes_after_the_end(tools: RunningTools, clock: Clock) -> None:
    water = Watering()
    running = (await tools.run(call_of(), water, 0))["running"]
    clock.now += 10_000
    water.enough.set()
    assert await tools.result("display:hall", running) == ended()
    clock.now += KEPT_S
    assert await tools.result("display:hall", running) == ended()
    clock.now += 1
    with pytest.raises(UnknownRunningToolError, match="5 minutes"):
        await tools.result("display:hall", running)


async def test_only_the_latest_results_of_each_caller_are_kept(tools: RunningTools, clock: Clock) -> None:
    await tools.run(call_of(call="mine", caller="display:desk"), gives(1), 5)
    for number in range(MAX_KEPT + 1):
        clock.now += 1
        await tools.run(call_of(call=f"call_{number}"), gives(number), 5)
    with pytest.raises(UnknownRunningToolError):
        await tools.result("display:hall", "call_0")
    assert (await tools.result("display:hall", "call_1"))["result"] == 1
    assert (await tools.result("display:desk", "mine"))["result"] == 1


async def test_one_call_runs_once_and_is_no_other_call(tools: RunningTools) -> None:
    water = Watering()
    first = await tools.run(call_of(call="call_1", arguments={"minutes": 1}), water, 0)
    assert first["running"] == "call_1"
    water.enough.set()
    again = call_of(call="call_1", arguments={"minutes": 1})
    assert [await tools.run(again, water, 5) for _ in range(2)] == [ended(), ended()]
    assert water.runs == 1
    for other in (call_of(call="call_1"), call_of("light", "call_1", arguments={"minutes": 1})):
        with pytest.raises(InvalidInputError, match="the id of another call"):
            await tools.run(other, water, 5)
    assert await tools.run(call_of(call="call_1", caller="user:anna"), gives("mine"), 5) == ended(result="mine")


async def test_each_caller_may_run_so_many_at_a_time(tools: RunningTools) -> None:
    water = Watering()
    for _ in range(MAX_RUNNING):
        await tools.run(call_of(), water, 0)
    refused = await tools.run(call_of(), water, 0)
    assert (refused["ok"], refused["code"]) == (False, "too_many_functions")
    assert await tools.run(call_of(caller="user:anna"), gives("watered"), 5) == ended()
    water.enough.set()
    while tools.count:
        await asyncio.sleep(0)
    assert await tools.run(call_of(), gives("watered"), 5) == ended()


async def test_what_goes_wrong_is_an_answer_and_a_mistake_of_ours_is_raised(tools: RunningTools) -> None:
    async def fail() -> None:
        raise NavaiError("The hose leaks.", details="leak")

    async def stop() -> None:
        raise asyncio.CancelledError

    async def slip() -> None:
        raise ZeroDivisionError

    assert (await tools.run(call_of(), fail, 5))["details"] == "leak"
    stopped = await tools.run(call_of(), stop, 5)
    assert (stopped["ok"], stopped["code"]) == (False, "function_stopped")
    assert "stopped before its end" in stopped["error"]
    with pytest.raises(ZeroDivisionError):
        await tools.run(call_of(), slip, 5)


async def test_who_stops_waits_for_those_that_run(tools: RunningTools, caplog: pytest.LogCaptureFixture) -> None:
    water = Watering()
    await tools.run(call_of(call="call_1"), water, 0)
    closing = asyncio.create_task(tools.close(30))
    await asyncio.sleep(0)
    with pytest.raises(StoppingError):
        await tools.run(call_of(), water, 5)
    waiting = asyncio.create_task(tools.run(call_of(call="call_1"), water, 5))
    water.enough.set()
    await closing
    assert await waiting == ended()
    assert not caplog.records


async def test_what_does_not_end_is_named_and_given_up(
    tools: RunningTools, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_tools, "_UNWIND_S", 0.01)
    over = asyncio.Event()
    cleaned: list[str] = []

    async def stubborn() -> None:
        while not over.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await over.wait()

    async def clean() -> None:
        try:
            await over.wait()
        finally:
            cleaned.append("closed")

    await tools.run(call_of("stubborn"), stubborn, 0)
    await tools.run(call_of("clean", call="call_1"), clean, 0)
    with caplog.at_level(logging.WARNING):
        await tools.close(0)
    assert caplog.messages == [
        (
            "The server stops while these functions are still running: "
            "stubborn (for display:hall), clean (for display:hall)"
        )
    ]
    assert cleaned == ["closed"]
    assert "stopped" in (await tools.result("display:hall", "call_1"))["error"]
    assert tools.count == 1
    over.set()
    await tools.close(5)


async def test_a_result_that_is_too_long_is_cut(tools: RunningTools) -> None:
    seen: list[ToolResult] = []
    audited = RunningTools(audit=lambda result, _: seen.append(result))
    body = await audited.run(call_of(), gives("x" * 200_000), 10)
    assert body["ok"] is True
    assert body["result"].endswith("x… <cut: 200000 characters>")
    assert len(body["result"]) < MAX_RESULT_BYTES
    assert [result.outcome for result in seen] == ["ok"]


async def test_a_source_that_does_not_work_is_an_answer(tools: RunningTools) -> None:
    class Broken:
        async def list(self, _: ToolContext) -> Tools:
            return Tools()

        async def prepare(self, name: str, arguments: Any, context: ToolContext) -> Prepared:
            raise ToolFailedError("It does not work.", details="no lamp")

    caller = Caller(kind="user", key="anna")
    block = {"api_key": WATCH.secret("sk-running-0123456789abcdef"), "profiles": {"kitchen": {}}}
    context = ToolContext(caller, settings_from_block(block, environ={}).profiles["kitchen"])
    body = await tools.execute(Broken(), context, {"function_name": "lamp"})
    assert body == {"ok": False, "error": "It does not work.", "code": "function_failed", "details": "no lamp"}
