"""The memory of the simulator: the client secrets and the requests. Both are limited."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

DEFAULT_CAPACITY: Final = 10_000
_HIDDEN: Final = "***"


@dataclass(frozen=True, slots=True)
class SecretRecord:
    """One client secret. Times are in seconds since the epoch."""

    value: str = field(repr=False)
    session: Mapping[str, Any] = field(repr=False)
    created_at: float
    expires_at: int
    request_id: str
    project: str = field(default="", repr=False)
    """The project that minted it."""


class SecretStore:
    """The client secrets that were created, oldest first. At `capacity`, the oldest are removed.

    Args:
        clock: Returns the time in seconds since the epoch.
        capacity: How many secrets to remember.

    """

    def __init__(self, clock: Callable[[], float], capacity: int = DEFAULT_CAPACITY) -> None:
        self._clock = clock
        self._capacity = capacity
        self._records: OrderedDict[str, SecretRecord] = OrderedDict()

    def __repr__(self) -> str:
        return f"<SecretStore with {len(self)} secrets>"

    def __len__(self) -> int:
        """How many secrets are still valid."""
        now = self._clock()
        return sum(record.expires_at > now for record in self._records.values())

    def add(self, record: SecretRecord) -> None:
        """Remember a secret."""
        self._records[record.value] = record
        if len(self._records) > self._capacity:
            self._records.popitem(last=False)

    def lookup(self, value: str) -> SecretRecord | None:
        """Return the secret with that value unless it is unknown or expired. One secret may start several sessions."""
        record = self._records.get(value)
        if record is None:
            return None
        return record if record.expires_at > self._clock() else None

    def knew(self, value: str) -> bool:
        """Return whether there was a secret with that value, expired or not."""
        return value in self._records


@dataclass(frozen=True, slots=True)
class Mint:
    """One request for a client secret, as it arrived, and the status of the answer.

    `headers` have lower-case names and masked credentials. `body` is the parsed JSON, or None if it was not JSON.
    `status` is None until there is an answer.
    """

    sequence: int
    """Starts at 1."""
    time: float
    """Seconds since the epoch."""
    request_id: str
    connection: int
    """The number of its TCP connection. Starts at 1."""
    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(repr=False)
    fault: str | None = field(default=None, repr=False)
    status: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what the control endpoint shows of it. Credentials of MCP servers are hidden too."""
        return {
            "sequence": self.sequence,
            "time": self.time,
            "request_id": self.request_id,
            "connection": self.connection,
            "method": self.method,
            "path": self.path,
            "headers": dict(self.headers),
            "body": without_credentials(self.body),
            "fault": self.fault,
            "status": self.status,
        }


class RequestLog:
    """The latest requests, oldest first. After a clear, the numbers continue."""

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self._capacity = capacity
        self._mints: OrderedDict[int, Mint] = OrderedDict()
        self._count = 0

    def next_sequence(self) -> int:
        """Return the number of the request that has just arrived."""
        self._count += 1
        return self._count

    def add(self, mint: Mint) -> None:
        """Remember a request."""
        self._mints[mint.sequence] = mint
        if len(self._mints) > self._capacity:
            self._mints.popitem(last=False)

    def answered(self, sequence: int, status: int) -> None:
        """Note the status of a request, if it is still remembered."""
        mint = self._mints.get(sequence)
        if mint is not None:
            self._mints[sequence] = replace(mint, status=status)

    def clear(self) -> None:
        """Forget the requests."""
        self._mints.clear()

    def to_list(self) -> list[Mint]:
        """Return the requests, oldest first."""
        return list(self._mints.values())


def without_credentials(value: Any) -> Any:
    """Return a copy with the credentials of MCP tools (`authorization`, `headers`) hidden."""
    if isinstance(value, dict):
        return {
            key: _HIDDEN if key in ("authorization", "headers") else without_credentials(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [without_credentials(item) for item in value]
    return value
