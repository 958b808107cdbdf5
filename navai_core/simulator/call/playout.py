"""The output audio buffer: what was made faster than it can be heard waits here, one frame is taken every 20 ms."""

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
        """Whether somebody hears something, or soon will."""
        return bool(self.response_id)

    @property
    def played_ms(self) -> int:
        """How much of the response was heard."""
        return self._played * FRAME_MS

    def begin(self, response_id: str, item_id: str) -> None:
        """Start the audio of a response. It is not over before `finish` was called."""
        self.response_id, self.item_id = response_id, item_id
        self._open = True
        self._played = 0

    def push(self, frames: list[bytes]) -> None:
        """Add audio of the response."""
        self._frames.extend(frames)

    def finish(self) -> None:
        """Tell that the response has no more audio."""
        self._open = False

    def next(self) -> tuple[bytes | None, str | None]:
        """Return the next frame (None is silence), and the id of a response that has just been played to its end."""
        if self._frames:
            self._played += 1
            return self._frames.popleft(), None
        if self.busy and not self._open:
            return None, self.clear()
        return None, None

    def clear(self) -> str:
        """Throw away what was not heard yet, and return whose it was."""
        response_id, self.response_id, self.item_id = self.response_id, "", ""
        self._frames.clear()
        self._open = False
        return response_id
