"""Runs a user's blocking code in a thread that cannot block the server.

Not `asyncio.to_thread`: its few threads also resolve host names, so a few hanging functions would stop all traffic. The
interpreter would also wait for them when it exits.
"""

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import Final, TypeVar

MAX_THREADS: Final = 32
"""At the same time, including those that nobody waits for any more."""

T = TypeVar("T")

_free = threading.BoundedSemaphore(MAX_THREADS)


class NoThreadError(Exception):
    """All threads are busy."""


async def run_in_thread(call: Callable[[], T]) -> T:
    """Run a call that raises nothing in a daemon thread, with the caller's context variables.

    Raises:
        NoThreadError: `MAX_THREADS` calls are still running.
    """
    if not _free.acquire(blocking=False):
        raise NoThreadError(f"{MAX_THREADS} others are still running.")
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
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(deliver, value)

    try:
        threading.Thread(target=work, name="navai-function", daemon=True).start()
    except RuntimeError:
        _free.release()
        raise NoThreadError("the system has no more threads.") from None
    return await future
