"""The output audio buffer: audio is produced faster than it is played, so it waits here. Every 20 ms takes a frame."""

from collections import deque
from typing import Final

from navai_core.simulator.call.voice import FRAME_BYTES, FRAME_MS

SILENCE: Final = bytes(FRAME_BYTES)


def frames_of(audio: bytes) -> list[bytes]:
    """Cut audio into frames; the last one is filled up with silence."""
    starts = range(0, len(audio), FRAME_BYTES)
    return [audio[start : start + FRAME_BYTES].ljust(FRAME_BYTES, b"\0") for start in starts]


class Playout:
    """The audio of one response at a time."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque()
        self._open = False
        self._played = 0
        self.response_id = ""
        self.item_id = ""

    @property
    def busy(self) -> bool:
        """Whether audio is playing, or soon will."""
        return bool(self.response_id)

    @property
    def played_ms(self) -> int:
        """How much of the response was played."""
        return self._played * FRAME_MS

    def begin(self, response_id: str, item_id: str) -> None:
        """Start the audio of a response. It does not end before `finish` is called."""
        self.response_id, self.item_id = response_id, item_id
        self._open = True
        self._played = 0

    def push(self, frames: list[bytes]) -> None:
        """Add audio of the response."""
        self._frames.extend(frames)

    def finish(self) -> None:
        """Mark the end of the response's audio."""
        self._open = False

    def next(self) -> tuple[bytes | None, str | None]:
        """Return the next frame (None is silence), and the id of a response whose audio has just ended."""
        if self._frames:
            self._played += 1
            return self._frames.popleft(), None
        if self.busy and not self._open:
            return None, self.clear()
        return None, None

    def clear(self) -> str:
        """Drop the audio that was not played yet, and return the id of its response."""
        response_id, self.response_id, self.item_id = self.response_id, "", ""
        self._frames.clear()
        self._open = False
        return response_id
