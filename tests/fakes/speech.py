"""Something for a browser's microphone to hear."""

import math
import random
import wave
from array import array
from collections.abc import Sequence
from functools import cache
from pathlib import Path

RATE = 48_000
ROOM_S = 30
"""How long the sound of a room continues after the last words."""


def write_speech(path: Path, bursts: Sequence[tuple[float, float]], *, room: bool = True) -> None:
    """A sound that a browser's noise suppression accepts as a voice: harmonics in syllables.

    `bursts` are pairs of how long it is silent, then how long it speaks, in seconds. A microphone that works hears the
    room in a silence; without `room` it delivers nothing, as one that is switched off does.
    """
    samples = array("h")
    for silence_s, speech_s in bursts:
        samples.extend(_silence(silence_s, room))
        samples.extend(_voice(int(RATE * speech_s)))
    samples.extend(_silence(ROOM_S, room))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def _silence(seconds: float, room: bool) -> "array[int]":
    if not room:
        return array("h", [0]) * int(RATE * seconds)
    return (_room() * math.ceil(seconds))[: int(RATE * seconds)]


@cache
def _room() -> "array[int]":
    noise = random.Random(1)
    return array("h", (noise.randint(-3, 3) for _ in range(RATE)))


@cache
def _voice(count: int) -> "array[int]":
    return array("h", (_sample(at / RATE) for at in range(count)))


def _sample(seconds: float) -> int:
    pitch = 140 + 30 * math.sin(math.tau * 1.3 * seconds)
    loudness = max(0.0, math.sin(math.tau * 3 * seconds)) ** 0.5
    tone = sum(math.sin(math.tau * pitch * harmonic * seconds) / harmonic for harmonic in range(1, 12))
    return int(7_000 * loudness * tone)
