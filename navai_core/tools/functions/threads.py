"""Runs a user's blocking code in a thread that cannot block the server.

Not `asyncio.to_thread`: its few threads also resolve host names, so a few hanging functions would stop all traffic. The
interpreter would also wait for them when it exits.
"""

import asyncio
import contextlib
import contextvars
import threading
from collections import Counter
from collections.abc import Callable
from typing import Final, TypeVar

MAX_SHARED: Final = 32
"""Threads that all callers share, including those that nobody waits for any more."""
MAX_PER_CALLER: Final = 16
"""How many of one caller may run, so that its hanging functions leave the others their threads."""
RESERVED: Final = 2
"""So many threads every caller has for itself, even if the others use all shared ones."""

T = TypeVar("T")


class NoThreadError(Exception):
    """All threads that the caller may use are busy."""


class Threads:
    """Which callers use how many threads. The YAML names the callers, so there are not too many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()

    def take(self, caller: str) -> None:
        """Take a thread for a caller.

        Raises:
            NoThreadError: it has as many as it may have.
        """
        with self._lock:
            own = self._running[caller]
            shared = sum(max(0, running - RESERVED) for running in self._running.values())
            if own >= MAX_PER_CALLER:
                raise NoThreadError(f"{own} of your functions are still running.")
            if own >= RESERVED and shared >= MAX_SHARED:
                raise NoThreadError(f"{shared} others are still running.")
            self._running[caller] += 1

    def give_back(self, caller: str) -> None:
        """The thread has ended."""
        with self._lock:
            self._running[caller] -= 1
            if not self._running[caller]:
                del self._running[caller]


_threads: Final = Threads()


async def run_in_thread(call: Callable[[], T], caller: str) -> T:
    """Run a call that raises nothing in a daemon thread, with the current context variables.

    Args:
        call: What to run.
        caller: The id of the caller whose thread it is.

    Raises:
        NoThreadError: too many threads are still running.
    """
    _threads.take(caller)
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def deliver(value: T) -> None:
        if not future.done():
            future.set_result(value)

    def work() -> None:
        try:
            value = context.run(call)
        finally:
            _threads.give_back(caller)
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(deliver, value)

    try:
        threading.Thread(target=work, name="navai-function", daemon=True).start()
    except RuntimeError:
        _threads.give_back(caller)
        raise NoThreadError("the system has no more threads.") from None
    return await future
