"""The sideband: a WebSocket for a server that watches and controls the call of a browser."""

import asyncio

from aiohttp import WSMsgType, web

from navai_core.simulator.answering import meet
from navai_core.simulator.call.call import Call
from navai_core.simulator.checks import missing
from navai_core.simulator.errors import ApiError
from navai_core.simulator.faults import SIDEBAND, Fault
from navai_core.simulator.mint import check_key, project_of
from navai_core.simulator.offers import is_azure
from navai_core.simulator.state import State


class Sideband:
    """`GET /v1/realtime?call_id=rtc_…`: sends every event of the call from now on, and receives events.

    Nothing is sent when it attaches, no `session.created` either.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until either side ends it."""
        return await meet(request, self._state, SIDEBAND, self._serve)

    async def _serve(self, request: web.Request, _: Fault | None) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        call = self._call_of(request, wanted=bool(socket.can_prepare(request)))
        await socket.prepare(request)
        await _mirror(call, socket)
        return socket

    def _call_of(self, request: web.Request, *, wanted: bool) -> Call:
        azure = is_azure(request)
        check_key(self._state, request.headers, azure=azure)
        if not wanted:
            raise ApiError(426, "This address takes WebSocket connections only.", code="websocket_required")
        if "call_id" not in request.query:
            raise missing("call_id")
        return self._state.calls.watchable(request.query["call_id"], project_of(request.headers, azure=azure))


async def _mirror(call: Call, socket: web.WebSocketResponse) -> None:
    queue: asyncio.Queue[str | int] = asyncio.Queue()

    async def write() -> None:
        while not isinstance(item := await queue.get(), int):
            await socket.send_str(item)
        await socket.close(code=item)

    call.audience.watch(queue.put_nowait, queue.put_nowait)
    writer = asyncio.get_running_loop().create_task(write())
    try:
        while (message := await socket.receive()).type in {WSMsgType.TEXT, WSMsgType.BINARY}:
            call.receive(message.data, sender="sideband")
    finally:
        # Otherwise the writer is about to close the socket.
        if call.audience.unwatch(queue.put_nowait):
            writer.cancel()
