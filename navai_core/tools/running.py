"""Running tools, on both hosts: each in its own task, so that a waiting caller cannot stop it.

A tool may open a valve now and close it in a minute. Meanwhile the browser may give up, lose its network or be closed,
and the YAML may be reloaded: the tool continues. After `tool_timeout`, the caller gets the answer that it is still
running, and requests the result later.
"""

import asyncio
import logging
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from ..access import check_tools
from ..exceptions import InvalidInputError, NavaiError, NotFoundError, StoppingError
from .base import (
    ToolCall,
    ToolContext,
    ToolFailedError,
    ToolResult,
    ToolSource,
    Work,
    failed_function_body,
)
from .results import for_model

MAX_RUNNING: Final = 16
"""How many tools of one caller may run at the same time."""
MAX_KEPT: Final = 25
"""How many results are kept for one caller. A caller cannot remove the results of another one."""
KEPT_S: Final = 300.0
"""How long a result is kept after the tool has ended."""
POLL_S: Final = 20.0
"""The longest wait of a request for a result. Proxies on the way to a browser may only wait for 30 s."""
_UNWIND_S: Final = 1.0
"""How long a cancelled tool may take to clean up."""

_STATUS: Final = "still running"
_NOTE: Final = "It was started and goes on. Do not call it again."

_LOGGER = logging.getLogger(__name__)

Body = dict[str, Any]


class UnknownRunningToolError(NotFoundError):
    """No tool of this caller has that id, or it ended too long ago."""

    code = "unknown_running_tool"


class TooManyToolsError(NavaiError):
    """Too many tools of the caller are still running."""

    code = "too_many_functions"


class ToolStoppedError(NavaiError):
    """The tool was cancelled before its end: by its own code, or because the server stops."""

    code = "function_stopped"


@dataclass(slots=True, eq=False)
class _Run:
    """A tool that is running or has ended."""

    id: str
    call: ToolCall
    task: asyncio.Task[ToolResult]
    wanted: bool
    """Whether its caller knows an id to request the result."""
    ended_at: float = math.inf


class RunningTools:
    """All running tools, and the results of those that ended a short time ago.

    Args:
        clock: Monotonic seconds.
        audit: Called with each call that has ended, and its duration in seconds.
    """

    def __init__(
        self,
        clock: Callable[[], float] = monotonic,
        *,
        audit: Callable[[ToolResult, float], None] = lambda _result, _seconds: None,
    ) -> None:
        self._clock = clock
        self._audit = audit
        # Keep references to the tasks: the event loop alone does not protect them from the garbage collector.
        self._runs: dict[tuple[str, str], _Run] = {}
        self._closing = False

    @property
    def count(self) -> int:
        """How many tools are running now."""
        return len(self._under_way())

    async def execute(self, source: ToolSource, context: ToolContext, body: dict[str, Any]) -> Body:
        """Run the tool of a request, with the time limit of its profile.

        Args:
            source: The source of the tool.
            context: The caller and the profile.
            body: The checked fields of the request.

        Returns:
            The answer of `functions/execute`.

        Raises:
            NotAllowedError: the caller may not use tools.
            UnknownFunctionError: there is no tool with that name.
            InvalidInputError, StoppingError: see `run`.
        """
        check_tools(context.caller)
        arguments = body.get("payload")
        try:
            found = await source.prepare(body["function_name"], arguments, context)
        except ToolFailedError as error:
            return failed_function_body(error)
        call = ToolCall(
            caller=context.caller.id,
            name=found.name,
            source=found.source,
            arguments=arguments,
            id=body.get("call", ""),
        )
        return await self.run(call, found.work, context.profile.tool_timeout)

    async def run(self, call: ToolCall, work: Work, timeout: float) -> Body:  # noqa: ASYNC109
        """Start a tool and wait for it. A call that was already sent is not started again.

        Args:
            call: The tool and its caller.
            work: Does the work, and returns anything. A `NavaiError` is also an answer for the model.
            timeout: Time in seconds until the answer is that it is still running.

        Returns:
            The answer of `functions/execute`.

        Raises:
            InvalidInputError: the call's id belongs to another call.
            StoppingError: the server is stopping.
        """
        self._forget_old()
        run = self._runs.get((call.caller, call.id))
        if run is None:
            if self._closing:
                raise StoppingError("The server is stopping. Try again in a minute.")
            running = sum(each.call.caller == call.caller for each in self._under_way())
            if running >= MAX_RUNNING:
                error = f"{running} of your functions are still running. Wait until one of them has ended."
                return failed_function_body(TooManyToolsError(error))
            run = self._start(call, work)
        elif (run.call.name, run.call.arguments) != (call.name, call.arguments):
            message = "is the id of another call — use a new id for each call"
            problem = {"field": "call", "code": "duplicate", "message": message}
            raise InvalidInputError(f"The request is not valid: `call` {message}.", problems=[problem])
        # This does not cancel the task.
        await asyncio.wait({run.task}, timeout=timeout)
        if run.task.done():
            return _outcome(run)
        run.wanted = True
        result = {"status": _STATUS, "note": _NOTE}
        return {**ToolResult(call, result).body(), "running": run.id}

    async def result(self, caller: str, run_id: str) -> Body:
        """Wait for a tool that was already started, for at most `POLL_S` seconds.

        Returns:
            The answer of `functions/execute`, or that the tool is still running.

        Raises:
            UnknownRunningToolError: this caller has no tool with that id.
        """
        self._forget_old()
        run = self._runs.get((caller, run_id))
        if run is None:
            raise UnknownRunningToolError(
                "None of your functions has that id. Results are kept for 5 minutes and are lost at a restart."
            )
        await asyncio.wait({run.task}, timeout=POLL_S)
        return _outcome(run) if run.task.done() else {"ok": True, "status": _STATUS, "running": run.id}

    async def close(self, timeout: float) -> None:  # noqa: ASYNC109
        """Start no more tools, wait so many seconds for the running ones, and cancel the rest."""
        self._closing = True
        await _ended([run.task for run in self._under_way()], timeout)
        left = self._under_way()
        if not left:
            return
        names = ", ".join(f"{run.call.name} (for {run.call.caller})" for run in left)
        _LOGGER.warning("The server stops while these functions are still running: %s", names)
        for run in left:
            run.task.cancel()
        await _ended([run.task for run in left], _UNWIND_S)

    def _start(self, call: ToolCall, work: Work) -> _Run:
        # Not with Home Assistant's own helpers: it cancels its tasks when it starts to stop, and these may take longer.
        task = asyncio.get_running_loop().create_task(self._done(call, work), name=f"navai function {call.name}")
        run = _Run(call.id or f"run_{os.urandom(8).hex()}", call, task, wanted=bool(call.id))
        self._runs[call.caller, run.id] = run
        task.add_done_callback(lambda _: self._keep(run))
        return run

    async def _done(self, call: ToolCall, work: Work) -> ToolResult:
        started = self._clock()
        try:
            result = ToolResult(call, for_model(await work()))
        except NavaiError as error:
            result = ToolResult(call, error=error)
        self._audit(result, self._clock() - started)
        return result

    def _under_way(self) -> list[_Run]:
        return [run for run in self._runs.values() if not run.task.done()]

    def _keep(self, run: _Run) -> None:
        """The tool has ended: keep its result, if the caller can request it."""
        run.ended_at = self._clock()
        if not run.wanted:
            self._forget(run)
            return
        kept = [each for each in self._runs.values() if each.call.caller == run.call.caller and each.task.done()]
        for each in sorted(kept, key=lambda run: run.ended_at)[:-MAX_KEPT]:
            self._forget(each)

    def _forget_old(self) -> None:
        now = self._clock()
        for run in [run for run in self._runs.values() if now - run.ended_at > KEPT_S]:
            self._forget(run)

    def _forget(self, run: _Run) -> None:
        self._runs.pop((run.call.caller, run.id), None)


def _outcome(run: _Run) -> Body:
    if run.task.cancelled():
        return failed_function_body(ToolStoppedError("The function was stopped before its end."))
    return run.task.result().body()


async def _ended(tasks: list[asyncio.Task[ToolResult]], timeout: float) -> None:  # noqa: ASYNC109
    if tasks:
        await asyncio.wait(tasks, timeout=timeout)
