"""The sideband: a WebSocket for a server that watches and steers a call which a browser holds."""

import asyncio

from aiohttp import WSMsgType, web

from navai_core.simulator.answering import send
from navai_core.simulator.call.call import Call
from navai_core.simulator.checks import missing
from navai_core.simulator.delivery import refusal
from navai_core.simulator.errors import ApiError
from navai_core.simulator.mint import check_key
from navai_core.simulator.state import State


class Sideband:
    """`GET /v1/realtime?call_id=rtc_…`: every event of the call, and the right to send some."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until either side ends it."""
        socket = web.WebSocketResponse()
        try:
            call = self._call_of(request, wanted=bool(socket.can_prepare(request)))
        except ApiError as error:
            return await send(request, self._state, refusal(error))
        await socket.prepare(request)
        await _mirror(call, socket)
        return socket

    def _call_of(self, request: web.Request, *, wanted: bool) -> Call:
        check_key(self._state, request.headers, azure=request.path.startswith("/openai/"))
        if not wanted:
            raise ApiError(426, "This address takes WebSocket connections only.", code="websocket_required")
        if "call_id" not in request.query:
            raise missing("call_id")
        return self._state.calls.on(request.query["call_id"])


async def _mirror(call: Call, socket: web.WebSocketResponse) -> None:
    queue: asyncio.Queue[str | None] = asyncio.Queue()

    def over() -> None:
        queue.put_nowait(None)

    async def write() -> None:
        while (text := await queue.get()) is not None:
            await socket.send_str(text)
        await socket.close()

    call.when_over.append(over)
    call.attach(queue.put_nowait)
    writer = asyncio.get_running_loop().create_task(write())
    try:
        while (message := await socket.receive()).type in {WSMsgType.TEXT, WSMsgType.BINARY}:
            call.receive(message.data, sender="sideband")
    finally:
        if call.ended is None:
            call.detach(queue.put_nowait)
            call.when_over.remove(over)
            writer.cancel()
