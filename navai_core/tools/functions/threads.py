"""Somebody's blocking code in a thread that the server can do without.

Not `asyncio.to_thread`: its few threads also resolve the names of hosts, so that some hanging functions would stop all
traffic, and the interpreter waits for them at its end.
"""

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import Final, TypeVar

MAX_THREADS: Final = 32
"""At a time, those included for which nobody waits any more."""

T = TypeVar("T")

_free = threading.BoundedSemaphore(MAX_THREADS)


class NoThreadError(Exception):
    """All threads are taken."""


async def run_in_thread(call: Callable[[], T]) -> T:
    """Run a call that raises nothing in a daemon thread, with the caller's context variables.

    Raises:
        NoThreadError: `MAX_THREADS` calls still run.
    """
    if not _free.acquire(blocking=False):
        raise NoThreadError(f"{MAX_THREADS} others still run.")
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
            _free.release()
        with contextlib.suppress(RuntimeError):  # the loop has ended in the meantime
            loop.call_soon_threadsafe(deliver, value)

    try:
        threading.Thread(target=work, name="navai-function", daemon=True).start()
    except RuntimeError:
        _free.release()
        raise NoThreadError("the system gives no more threads.") from None
    return await future
