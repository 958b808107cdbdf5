"""A caller made with aiortc: real media over this machine's network, without a browser."""

import asyncio
import fractions
import json
import math
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import av
from aiortc import AudioStreamTrack, MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

RATE = 48_000
FRAME = 960
PATIENCE_S = 20


class Microphone(AudioStreamTrack):
    """Silence, and a tone while `speaking`."""

    def __init__(self) -> None:
        super().__init__()
        self.speaking = False
        self._sent = 0
        self._due = asyncio.get_running_loop().time()
        self._tone = array("h", (int(8_000 * math.sin(math.tau * at / 96)) for at in range(FRAME))).tobytes()

    async def recv(self) -> av.AudioFrame:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._due - loop.time()))
        self._due += 0.02
        frame = av.AudioFrame(format="s16", layout="mono", samples=FRAME)
        frame.planes[0].update(self._tone if self.speaking else bytes(FRAME * 2))
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._sent, fractions.Fraction(1, RATE)
        self._sent += FRAME
        return frame


@dataclass
class Caller:
    """One end of a call."""

    events: list[dict[str, Any]] = field(default_factory=list)
    peak: float = 0.0
    status: int = 0
    headers: Any = None
    answer: str = ""
    with_channel: bool = True

    def __post_init__(self) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.microphone = Microphone()
        self.connection.addTrack(self.microphone)
        if self.with_channel:
            self.channel = self.connection.createDataChannel("oai-events")
            self.channel.on("message", lambda text: self.events.append(json.loads(text)))
        self.connection.on("track", self._listen)
        self._tasks: set[asyncio.Task[None]] = set()

    def _listen(self, track: MediaStreamTrack) -> None:
        async def listen() -> None:
            try:
                while True:
                    frame: Any = await track.recv()
                    used = memoryview(frame.planes[0])[: frame.samples * 4].cast("h")
                    self.peak = max(self.peak, max(used[::16].tolist()) / 32_768)
            except MediaStreamError:
                return

        self._tasks.add(asyncio.get_running_loop().create_task(listen()))

    async def offer(self, *, candidates: bool = True) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        sdp = self.connection.localDescription.sdp
        if candidates:
            return sdp
        return "".join(line for line in sdp.splitlines(keepends=True) if not line.startswith("a=candidate:"))

    async def call(
        self, http: aiohttp.ClientSession, url: str, credential: str, *, candidates: bool = True, fault: str = ""
    ) -> None:
        """Post the offer, and take the answer if there is one."""
        headers = {"Authorization": f"Bearer {credential}", "Content-Type": "application/sdp"}
        if fault:
            headers["x-simulator-fault"] = fault
        async with http.post(url, data=await self.offer(candidates=candidates), headers=headers) as response:
            self.status, self.headers, self.answer = response.status, response.headers, await response.text()
        if self.status == 201:
            await self.accept(self.answer)

    async def place(
        self, http: aiohttp.ClientSession, url: str, key: str, *, fault: str = "", project: str = "", **session: Any
    ) -> None:
        """Start the call like a server: a form with offer and session, and a key."""
        form = aiohttp.FormData({"session": json.dumps({"type": "realtime", **session})})
        form.add_field("sdp", await self.offer(), content_type="application/sdp", filename="offer.sdp")
        headers = {"Authorization": f"Bearer {key}"}
        headers |= {"x-simulator-fault": fault} if fault else {}
        headers |= {"OpenAI-Project": project} if project else {}
        async with http.post(url, data=form, headers=headers) as response:
            self.status, self.headers, self.answer = response.status, response.headers, await response.text()
        if self.status == 201:
            await self.accept(self.answer)

    @property
    def call_id(self) -> str:
        location: str = self.headers["Location"]
        return location.rpartition("/")[2]

    async def accept(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    def send(self, kind: str, **members: Any) -> None:
        self.channel.send(json.dumps({"type": kind, **members}))

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    async def until(self, kind: str) -> dict[str, Any]:
        """Wait for an event."""
        await until(lambda: kind in self.types())
        return next(event for event in self.events if event["type"] == kind)

    async def close(self) -> None:
        await self.connection.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def until(condition: Callable[[], Any]) -> None:
    """Wait for something without an event."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)
