"""Audio for a text: the voice of Debian's espeak-ng if it is installed, else a melody of the text.

All audio of a call is 16-bit mono at 48 kHz.
"""

import io
import logging
import math
import random
import shutil
import subprocess
import wave
from array import array
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Final, Protocol

RATE: Final = 48_000
FRAME_MS: Final = 20
FRAME_BYTES: Final = RATE * FRAME_MS // 1_000 * 2
PROGRAM: Final = "espeak-ng"
VOICES: Final = ("auto", "melody", PROGRAM)

_LOGGER: Final = logging.getLogger(__name__)
_SCALE_HZ: Final = (250, 300, 350, 400, 450, 500, 600, 700)
_NOTE_MS: Final = 240
_VOLUME: Final = 9_000
_WORDS_A_MINUTE: Final = 165
_PATIENCE_S: Final = 10


class Voice(Protocol):
    """Speaks."""

    def utter(self, text: str, *, language: str, speed: float) -> "Future[bytes]":
        """Return the audio of a text. `speed` 1 is normal."""


def choose(name: str, seed: int = 0) -> Voice:
    """Return the voice with that name; "auto" is espeak-ng if it is installed."""
    program = shutil.which(PROGRAM)
    if name == PROGRAM or (name == "auto" and program is not None):
        return Espeak(program or PROGRAM, Melody(seed))
    return Melody(seed)


class Melody:
    """One note for each word. The same seed and text always give the same melody."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    def utter(self, text: str, *, language: str, speed: float) -> "Future[bytes]":
        """Return the melody of a text."""
        notes = random.Random(f"{self._seed} {language} {text}")  # noqa: S311 - a melody needs no secrecy
        length_ms = round(_NOTE_MS / speed / FRAME_MS) * FRAME_MS
        done: Future[bytes] = Future()
        done.set_result(b"".join(_note(notes.choice(_SCALE_HZ), length_ms) for _ in text.split()))
        return done


@cache
def _note(frequency_hz: int, length_ms: int) -> bytes:
    """Return a note. A frame has whole periods, so that the middle is one repeated frame."""
    count = RATE * FRAME_MS // 1_000
    turn = math.tau * frequency_hz / RATE
    wave_form = [_VOLUME * math.sin(turn * at) for at in range(count)]
    rise = array("h", (int(sample * at / count) for at, sample in enumerate(wave_form)))
    fall = array("h", (int(sample * (count - at) / count) for at, sample in enumerate(wave_form)))
    middle = array("h", map(int, wave_form)).tobytes()
    return rise.tobytes() + middle * (length_ms // FRAME_MS - 2) + fall.tobytes()


class Espeak:
    """The voice of espeak-ng, with a fallback for when it fails."""

    def __init__(self, program: str, fallback: Voice) -> None:
        self._program = program
        self._fallback = fallback
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="espeak")

    def utter(self, text: str, *, language: str, speed: float) -> "Future[bytes]":
        """Return the speech of a text."""
        return self._pool.submit(self._speak, text, language, speed)

    def _speak(self, text: str, language: str, speed: float) -> bytes:
        rate = str(round(_WORDS_A_MINUTE * speed))
        command = [self._program, "--stdin", "--stdout", "-v", language, "-s", rate]
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and the text goes through stdin
                command, input=text.encode(), capture_output=True, check=True, timeout=_PATIENCE_S
            )
            return _resampled(done.stdout)
        except (OSError, subprocess.SubprocessError, wave.Error, EOFError) as error:
            _LOGGER.warning("%s produced no speech (%s). Using a melody instead", PROGRAM, type(error).__name__)
            return self._fallback.utter(text, language=language, speed=speed).result()


def _resampled(riff: bytes) -> bytes:
    """Return the samples of a 16-bit mono WAV file at our rate."""
    with wave.open(io.BytesIO(riff)) as file:
        rate = file.getframerate()
        # In a pipe, the length in the header is only a guess.
        samples = array("h", file.readframes(file.getnframes())[: len(riff) // 2 * 2])
    last = len(samples) - 1
    if last < 0:
        return b""
    step = rate / RATE
    result = array("h")
    for index in range(int(len(samples) / step)):
        at = index * step
        whole = min(int(at), last)
        following = samples[min(whole + 1, last)]
        result.append(int(samples[whole] + (following - samples[whole]) * (at - whole)))
    return result.tobytes()
