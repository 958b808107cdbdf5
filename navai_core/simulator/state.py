"""The state of a running simulator. The server, the routes and the tests share it."""

import random
import secrets
import time
from asyncio import BaseTransport
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final
from weakref import WeakKeyDictionary

from navai_core.simulator.call.calls import Calls
from navai_core.simulator.call.context import CallSettings
from navai_core.simulator.faults import FaultQueue
from navai_core.simulator.rules import Rules
from navai_core.simulator.store import RequestLog, SecretStore

DEMO_API_KEY: Final = "sk-simulator-0000"
"""The default key of a simulator. It is public and works nowhere else."""


class Connection:
    """One TCP connection that has sent a request. `number` starts at 1; `requests` includes the current one."""

    __slots__ = ("number", "requests")

    def __init__(self, number: int) -> None:
        self.number = number
        self.requests = 0


class Connections:
    """The TCP connections that clients opened."""

    def __init__(self) -> None:
        self._seen: WeakKeyDictionary[BaseTransport, Connection] = WeakKeyDictionary()
        self._accepted = 0
        self._used = 0

    @property
    def opened(self) -> int:
        """How many connections were opened so far, also those that never sent a request."""
        return max(self._accepted, self._used)

    def accept(self) -> None:
        """Count a connection that has just been opened."""
        self._accepted += 1

    def of(self, transport: BaseTransport | None) -> Connection:
        """Return the connection of a transport. If the client has already disconnected (None), its number is 0."""
        if transport is None:
            return Connection(0)
        connection = self._seen.get(transport)
        if connection is None:
            self._used += 1
            connection = self._seen[transport] = Connection(self._used)
        return connection


class State:
    """Keys, clock, memory and faults of one simulator.

    Args:
        api_keys: The keys that may mint; None means only `DEMO_API_KEY`.
        clock: Returns the time in seconds since the epoch.
        latency_s: The minimum time of every mint, in seconds.
        seed: Makes ids and client secrets the same in every run. Without it they are unguessable.
        record: Whether to keep the requests.
        call_settings: What all calls have in common.
        rules: The models, and how strict the API is; None for those of `call_settings`.

    """

    def __init__(
        self,
        *,
        api_keys: Collection[str] | None = None,
        clock: Callable[[], float] = time.time,
        latency_s: float = 0.0,
        seed: int | None = None,
        record: bool = True,
        call_settings: CallSettings | None = None,
        rules: Rules | None = None,
    ) -> None:
        self._api_keys = frozenset((DEMO_API_KEY,) if api_keys is None else api_keys)
        self._random_bytes = secrets.token_bytes if seed is None else random.Random(seed).randbytes  # noqa: S311
        self.clock = clock
        self.latency_s = latency_s
        self.record = record
        self.secrets = SecretStore(clock)
        self.requests = RequestLog()
        self.faults = FaultQueue()
        self.connections = Connections()
        settings = call_settings or CallSettings()
        self.rules = rules or settings.rules
        self.calls = Calls(replace(settings, rules=self.rules), clock, self.new_id)

    def knows(self, key: str) -> bool:
        """Whether a key may mint."""
        return key in self._api_keys

    def new_id(self, prefix: str, size_bytes: int = 16) -> str:
        """Return a fresh id: the prefix, and twice as many hexadecimal digits as bytes."""
        return prefix + self._random_bytes(size_bytes).hex()
