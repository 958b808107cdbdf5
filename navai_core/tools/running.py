"""Tools that run, on both hosts: each in a task of its own, so that nobody who waits for one can stop it.

A tool may open a valve now and close it in a minute. The browser that asked for it may give up, lose its network or be
closed meanwhile, and the YAML may be reloaded: the tool goes on. Who waits longer than `tool_timeout` is told that it
still runs, and fetches the result later.
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
    checked_size,
    failed_function_body,
)

MAX_RUNNING: Final = 16
"""How many tools of one caller may run at a time."""
MAX_KEPT: Final = 25
"""How many results are kept for one caller; no caller costs another one its results."""
KEPT_S: Final = 300.0
"""How long a result is kept after the tool has ended."""
POLL_S: Final = 20.0
"""How long a request for a result waits at most. Proxies between here and a browser may wait for 30 s only."""
_UNWIND_S: Final = 1.0
"""How long a tool that has to be given up may take to clean up."""

_STATUS: Final = "still running"
_NOTE: Final = "It was started and goes on. Do not call it again."

_LOGGER = logging.getLogger(__name__)

Body = dict[str, Any]


class UnknownRunningToolError(NotFoundError):
    """No tool of this caller has that id, or it ended too long ago."""

    code = "unknown_running_tool"


class TooManyToolsError(NavaiError):
    """The caller's other tools still run."""

    code = "too_many_functions"


class ToolStoppedError(NavaiError):
    """The tool was cancelled before its end: by its own code, or since the server stops."""

    code = "function_stopped"


@dataclass(slots=True, eq=False)
class _Run:
    """A tool that runs, or has ended."""

    id: str
    call: ToolCall
    task: asyncio.Task[ToolResult]
    wanted: bool
    """Whether its caller knows an id by which to ask for it."""
    ended_at: float = math.inf


class RunningTools:
    """All tools that run, and the results of those that ended a short time ago.

    Args:
        clock: Monotonic seconds.
        audit: Hears of each call that has ended, and how many seconds it took.
    """

    def __init__(
        self,
        clock: Callable[[], float] = monotonic,
        *,
        audit: Callable[[ToolResult, float], None] = lambda _result, _seconds: None,
    ) -> None:
        self._clock = clock
        self._audit = audit
        # The tasks are held here: the event loop itself would let one be collected while it runs.
        self._runs: dict[tuple[str, str], _Run] = {}
        self._closing = False

    @property
    def count(self) -> int:
        """How many run now."""
        return len(self._under_way())

    async def execute(self, source: ToolSource, context: ToolContext, body: dict[str, Any]) -> Body:
        """Run the tool that a request names, under its profile's time limit.

        Args:
            source: Whose tool it is.
            context: For whom it runs.
            body: The checked fields of the request.

        Returns:
            What `functions/execute` answers.

        Raises:
            NotAllowedError: the caller may use no tools.
            UnknownFunctionError: there is none of that name.
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
        """Start a tool and wait for it; a call that was sent before is not started again.

        Args:
            call: Which tool, and for whom.
            work: Does it, and returns its result as JSON-safe data. A `NavaiError` is an answer for the model, too.
            timeout: Time in seconds until the answer is that it still runs.

        Returns:
            What `functions/execute` answers.

        Raises:
            InvalidInputError: the call's id belongs to another call.
            StoppingError: the server is being stopped.
        """
        self._forget_old()
        run = self._runs.get((call.caller, call.id))
        if run is None:
            if self._closing:
                raise StoppingError("The server is being stopped. Try again in a minute.")
            running = sum(each.call.caller == call.caller for each in self._under_way())
            if running >= MAX_RUNNING:
                error = f"{running} functions of yours still run. Wait until one of them has ended."
                return failed_function_body(TooManyToolsError(error))
            run = self._start(call, work)
        elif (run.call.name, run.call.arguments) != (call.name, call.arguments):
            message = "is the id of another call. Use a new one for each call"
            problem = {"field": "call", "code": "duplicate", "message": message}
            raise InvalidInputError(f"The request does not fit: `call` {message}.", problems=[problem])
        # It does not cancel what it waits for.
        await asyncio.wait({run.task}, timeout=timeout)
        if run.task.done():
            return _outcome(run)
        run.wanted = True
        result = {"status": _STATUS, "note": _NOTE}
        return {**ToolResult(call, result).body(), "running": run.id}

    async def result(self, caller: str, run_id: str) -> Body:
        """Wait for a tool that was started before, for at most `POLL_S` seconds.

        Returns:
            What `functions/execute` would have answered, or that it still runs.

        Raises:
            UnknownRunningToolError: there is none of that id for this caller.
        """
        self._forget_old()
        run = self._runs.get((caller, run_id))
        if run is None:
            raise UnknownRunningToolError(
                "No function of yours has that id. A result is kept for 5 minutes, and not over a restart."
            )
        await asyncio.wait({run.task}, timeout=POLL_S)
        return _outcome(run) if run.task.done() else {"ok": True, "status": _STATUS, "running": run.id}

    async def close(self, timeout: float) -> None:  # noqa: ASYNC109
        """Start no more, let those that run end for so many seconds, and give up the rest."""
        self._closing = True
        await _ended([run.task for run in self._under_way()], timeout)
        left = self._under_way()
        if not left:
            return
        names = ", ".join(f"{run.call.name} (for {run.call.caller})" for run in left)
        _LOGGER.warning("The server stops while these functions still run: %s", names)
        for run in left:
            run.task.cancel()
        await _ended([run.task for run in left], _UNWIND_S)

    def _start(self, call: ToolCall, work: Work) -> _Run:
        # Not by Home Assistant's own helpers: its tasks are cancelled when it begins to stop, and these have some time.
        task = asyncio.get_running_loop().create_task(self._done(call, work), name=f"navai function {call.name}")
        run = _Run(call.id or f"run_{os.urandom(8).hex()}", call, task, wanted=bool(call.id))
        self._runs[call.caller, run.id] = run
        task.add_done_callback(lambda _: self._keep(run))
        return run

    async def _done(self, call: ToolCall, work: Work) -> ToolResult:
        began = self._clock()
        try:
            result = ToolResult(call, checked_size(await work()))
        except NavaiError as error:
            result = ToolResult(call, error=error)
        self._audit(result, self._clock() - began)
        return result

    def _under_way(self) -> list[_Run]:
        return [run for run in self._runs.values() if not run.task.done()]

    def _keep(self, run: _Run) -> None:
        """It has ended: keep its result, if anybody can ask for it."""
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
        return failed_function_body(ToolStoppedError("The function was stopped before it had ended."))
    return run.task.result().body()


async def _ended(tasks: list[asyncio.Task[ToolResult]], timeout: float) -> None:  # noqa: ASYNC109
    if tasks:
        await asyncio.wait(tasks, timeout=timeout)
