"""The WebRTC side of a call. Only this module needs the extra `simulator`: aiortc and its packages."""

import asyncio
import fractions
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final, cast

import av
from aiortc import (
    AudioStreamTrack,
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError

from navai_core.simulator.call.call import Call
from navai_core.simulator.call.detector import level_of
from navai_core.simulator.call.network import cut_while
from navai_core.simulator.call.playout import SILENCE
from navai_core.simulator.call.voice import FRAME_MS, RATE
from navai_core.simulator.errors import ApiError

CONNECT_S: Final = 30.0
"""How long a browser may take to connect."""
_LATE_S: Final = 0.5
"""After standing still for so long, a process does not catch up: nobody needs the old audio."""
_FRAME_SAMPLES: Final = RATE * FRAME_MS // 1_000
_LOGGER: Final = logging.getLogger(__name__)


class _Outgoing(AudioStreamTrack):
    """The voice of the simulated model."""

    def __init__(self) -> None:
        super().__init__()
        self._frames: asyncio.Queue[bytes] = asyncio.Queue()
        self._samples = 0
        self._muted = False

    def push(self, frame: bytes | None) -> None:
        """Send 20 ms of audio."""
        if not self._muted:
            self._frames.put_nowait(frame or SILENCE)

    def mute(self) -> None:
        """Send nothing more: nobody receives it."""
        self._muted = True

    async def recv(self) -> av.AudioFrame:
        """Return the next 20 ms; aiortc calls this."""
        data = await self._frames.get()
        frame = av.AudioFrame(format="s16", layout="mono", samples=_FRAME_SAMPLES)
        frame.planes[0].update(data)
        frame.sample_rate = RATE
        frame.time_base = fractions.Fraction(1, RATE)
        frame.pts = self._samples
        self._samples += _FRAME_SAMPLES
        return frame


class Peer:
    """Connects one call with its browser.

    Args:
        call: The call.
        reachable: Whether the browser can reach us. If not, the answer has no usable address.

    """

    def __init__(self, call: Call, *, reachable: bool = True) -> None:
        self._call = call
        self._reachable = reachable
        # No STUN server: clients of a simulator are on this machine.
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.when_closed: Callable[[], object] = lambda: None
        self._outgoing = _Outgoing()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._connection.on("connectionstatechange", self._state_changed)
        self._connection.on("track", self._heard)
        self._connection.on("datachannel", self._opened)

    async def answer(self, offer: str) -> str:
        """Return the answer to an offer.

        Raises:
            ApiError: It is not an offer of a call with audio.

        """
        self._call.when_over.append(self._end)
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(_without_end(offer), "offer"))
        except Exception as error:
            await self.closed()
            # Any error of the parser means that the offer is not valid.
            raise ApiError(400, "The offer could not be parsed as SDP.", code="invalid_offer", param="") from error
        if not any(transceiver.kind == "audio" for transceiver in self._connection.getTransceivers()):
            await self.closed()
            raise ApiError(400, "Offer did not have an audio media section.", code="invalid_offer", param="")
        self._connection.addTrack(self._outgoing)
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        cut_while(self._connection, lambda: self._call.cut_off)
        sdp = self._connection.localDescription.sdp
        if not self._reachable:
            self._call.end("fault")
            return "".join(line for line in sdp.splitlines(keepends=True) if not line.startswith("a=candidate:"))
        self._deadline = asyncio.get_running_loop().call_later(CONNECT_S, self._call.end, "failed")
        return str(sdp)

    async def closed(self) -> None:
        """Release everything, unless already started, and wait until it is done."""
        await self._end()

    def _state_changed(self) -> None:
        state = self._connection.connectionState
        _LOGGER.debug("call %s: %s", self._call.id, state)
        if state == "connected":
            self._stop_waiting()
            self._start(self._pace())
        elif state in {"failed", "closed"} and self._call.stays_open:
            # The call continues, with nobody at the other end.
            self._outgoing.mute()
        elif state in {"failed", "closed"}:
            self._call.end("failed" if state == "failed" else "client")

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()

    def _opened(self, channel: RTCDataChannel) -> None:
        def send(text: str) -> None:
            if channel.readyState == "open":
                channel.send(text)

        channel.on("message", self._call.receive)
        self._call.close_channel = channel.close
        self._call.attach(send)

    def _heard(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self._start(self._listen(track))

    async def _listen(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = cast(av.AudioFrame, await track.recv())
                used = frame.samples * len(frame.layout.channels) * 2
                level = level_of(memoryview(frame.planes[0])[:used])
                self._call.hear(level, frame.samples * 1_000 // frame.sample_rate)
        except MediaStreamError:
            return

    async def _pace(self) -> None:
        """Let the call's time pass, until the call is over."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self._outgoing.push(self._call.tick(late=loop.time() - due >= FRAME_MS / 1_000))
            due = max(due + FRAME_MS / 1_000, loop.time() - _LATE_S)
            await asyncio.sleep(due - loop.time())

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _end(self) -> asyncio.Task[None]:
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close())
        return self._closing

    async def _close(self) -> None:
        # The last events, such as the reason for the end, are sent before the connection closes.
        await asyncio.sleep(0)
        self._stop_waiting()
        for task in self._tasks:
            task.cancel()
        await self._connection.close()
        self._outgoing.stop()
        self.when_closed()


def _without_end(offer: str) -> str:
    """Return an offer without candidates as incomplete: the browser's first packet shows its address."""
    if "\na=candidate:" in offer:
        return offer
    return "".join(line for line in offer.splitlines(keepends=True) if not line.startswith("a=end-of-candidates"))
