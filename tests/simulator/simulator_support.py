"""What the tests of the simulator share."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

KEY = "sk-test-abcdefghijklmnopqrstuvwxyz"


class Clock:
    """A clock that stands still until it is moved. Seconds since the epoch."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.25

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Reply:
    """An answer that has been read to its end."""

    status: int
    headers: Any
    raw: bytes
    body: Any

    @property
    def error(self) -> Any:
        return self.body["error"]


Post = Callable[..., Coroutine[Any, Any, Reply]]
