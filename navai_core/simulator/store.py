"""What the simulator remembers: the client secrets that it gave out, and the requests that it saw. Both are bounded."""

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
    """Whose key minted it."""


class SecretStore:
    """The client secrets that were given out, oldest first. The oldest go when `capacity` is reached.

    Args:
        clock: Gives the time, in seconds since the epoch.
        capacity: How many secrets to remember.

    """

    def __init__(self, clock: Callable[[], float], capacity: int = DEFAULT_CAPACITY) -> None:
        self._clock = clock
        self._capacity = capacity
        self._records: OrderedDict[str, SecretRecord] = OrderedDict()

    def __repr__(self) -> str:
        return f"<SecretStore with {len(self)} secrets>"

    def __len__(self) -> int:
        """How many secrets are still good."""
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
        """Tell whether there was a secret with that value, be it expired or not."""
        return value in self._records


@dataclass(frozen=True, slots=True)
class Mint:
    """One request for a client secret, as it arrived, and the status that it was answered with.

    `headers` have lower-case names and masked credentials. `body` is the parsed JSON, or None when it was none.
    `status` stays None when the connection was closed without an answer, and until there is one.
    """

    sequence: int
    """Starts at 1."""
    time: float
    """Seconds since the epoch."""
    request_id: str
    connection: int
    """Which TCP connection it came over. Starts at 1."""
    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(repr=False)
    fault: str | None = field(default=None, repr=False)
    status: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what the control endpoint shows of it. Credentials of MCP servers are hidden here too."""
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
    """The latest requests, oldest first. Cleared, it goes on counting."""

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
    """Return a copy in which what an MCP tool signs in with (`authorization`, `headers`) is hidden."""
    if isinstance(value, dict):
        return {
            key: _HIDDEN if key in ("authorization", "headers") else without_credentials(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [without_credentials(item) for item in value]
    return value
