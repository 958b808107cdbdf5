"""Voice-activity detection by energy: when somebody starts to speak, and when the silence after it is long enough."""

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

STEP_MS: Final = 20
_EVERY: Final = 16
"""One of so many samples is enough for the level."""
_FULL_SCALE: Final = 32_768.0
_LOUD_AT_FULL_THRESHOLD: Final = 0.02
_QUIET_SHARE: Final = 0.5
_ONSET_MS: Final = 60
_PADDING_MS: Final = 300
_SEMANTIC_SILENCE_MS: Final[Mapping[str, int]] = {"low": 800, "medium": 500, "auto": 500, "high": 300}


def level_of(samples: memoryview) -> float:
    """Return the level (root mean square, 0 to 1) of 16-bit samples."""
    some = array("h", samples.cast("h")[::_EVERY].tolist())
    return math.sqrt(sum(sample * sample for sample in some) / len(some)) / _FULL_SCALE if some else 0.0


@dataclass(frozen=True, slots=True)
class Speech:
    """A change: speech has started, or it has stopped. Times are in milliseconds since the call's first audio."""

    started: bool
    at_ms: int


class Detector:
    """Follows the incoming audio of one call.

    Args:
        settings: The session's `turn_detection`, with every default filled in; None means that the client controls all
            turns.

    """

    def __init__(self, settings: Mapping[str, Any] | None) -> None:
        self.heard_ms = 0
        self.peak = 0.0
        self.speaking = False
        self._run_ms = 0
        self._buffer_start_ms = 0
        self.configure(settings)

    def configure(self, settings: Mapping[str, Any] | None) -> None:
        """Use new settings for the next audio."""
        self._on = settings is not None
        given = settings or {}
        self._loud = _LOUD_AT_FULL_THRESHOLD * given.get("threshold", 0.5)
        self._padding_ms = given.get("prefix_padding_ms", _PADDING_MS)
        self._silence_ms = given.get("silence_duration_ms", _SEMANTIC_SILENCE_MS[given.get("eagerness", "auto")])
        if not self._on:
            self.speaking = False
            self._run_ms = 0

    @property
    def buffered_ms(self) -> int:
        """How much audio is in the input buffer."""
        return self.heard_ms - self._buffer_start_ms

    def take(self) -> int:
        """Empty the input buffer, and return how much audio was in it, in milliseconds."""
        taken = self.buffered_ms
        self._buffer_start_ms = self.heard_ms
        self.speaking = False
        self._run_ms = 0
        return taken

    def hear(self, level: float, duration_ms: int = STEP_MS) -> Speech | None:
        """Take a piece of audio, and return the changes."""
        self.heard_ms += duration_ms
        self.peak = max(self.peak, level)
        if not self._on:
            return None
        if self.speaking:
            self._run_ms = self._run_ms + duration_ms if level <= self._loud * _QUIET_SHARE else 0
            if self._run_ms < self._silence_ms:
                return None
            self.speaking, self._run_ms = False, 0
            return Speech(started=False, at_ms=self.heard_ms)
        self._run_ms = self._run_ms + duration_ms if level > self._loud else 0
        if self._run_ms < _ONSET_MS:
            return None
        self._buffer_start_ms = max(self._buffer_start_ms, self.heard_ms - self._run_ms - self._padding_ms)
        self.speaking, self._run_ms = True, 0
        return Speech(started=True, at_ms=self._buffer_start_ms)
