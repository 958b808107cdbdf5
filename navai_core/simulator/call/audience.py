"""The receivers of a call's events: the browser's data channel, and the sidebands of servers, which come and go."""

from collections.abc import Callable
from typing import Final

from navai_core.simulator.faults import Fault

Sink = Callable[[str], None]
Close = Callable[[int], None]
GOING_AWAY: Final = 1001
NORMAL: Final = 1000


class Audience:
    """The clients of one call. A fault may close the sidebands once; the call continues."""

    def __init__(self, fault: Fault) -> None:
        self._sinks: list[Sink] = []
        self._watchers: dict[Sink, Close] = {}
        self._close_after_ms = fault.sideband_close_ms
        self._close_code = int(fault.sideband_close_code)
        self._watched_ms: int | None = None

    @property
    def sidebands(self) -> int:
        """How many sidebands there are."""
        return len(self._watchers)

    def add(self, sink: Sink) -> None:
        """Send the events from now on to one more client."""
        self._sinks.append(sink)

    def watch(self, sink: Sink, close: Close) -> None:
        """Send the events from now on to a sideband, which is closed with a code at the end."""
        self.add(sink)
        self._watchers[sink] = close

    def unwatch(self, sink: Sink) -> bool:
        """Send a sideband no more events. Returns whether it received them until now."""
        if self._watchers.pop(sink, None) is None:
            return False
        self._sinks.remove(sink)
        return True

    def send(self, text: str) -> None:
        """Send an event to every client."""
        for sink in list(self._sinks):
            sink(text)

    def tick(self, now_ms: int) -> None:
        """Close the sidebands if a fault says so: some milliseconds after the first one connected."""
        if self._watched_ms is None and self._watchers:
            self._watched_ms = now_ms
        since, after_ms = self._watched_ms, self._close_after_ms
        if since is not None and after_ms is not None and now_ms - since >= after_ms:
            self._close_after_ms = None
            self.close_sidebands(self._close_code)

    def close_sidebands(self, code: int = GOING_AWAY) -> int:
        """Close every sideband, and return how many there were."""
        watchers = list(self._watchers.items())
        for sink, close in watchers:
            self.unwatch(sink)
            close(code)
        return len(watchers)

    def leave(self, code: int) -> None:
        """Send nothing more to anyone."""
        self.close_sidebands(code)
        self._sinks.clear()
