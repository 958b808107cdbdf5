"""A client of Home Assistant's websocket API: commands with their answers, subscriptions with their events."""

import asyncio
import contextlib
import itertools
from types import TracebackType
from typing import Any, Self

import aiohttp

PATIENCE_S = 30.0


class CommandError(Exception):
    """A command was refused. `code` and `message` are from Home Assistant."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Subscription:
    """The events of one subscription, in order."""

    def __init__(self, socket: "HaSocket", number: int) -> None:
        self._socket = socket
        self.number = number
        self.events: asyncio.Queue[Any] = asyncio.Queue()

    async def next(self, patience: float = PATIENCE_S) -> Any:
        """Wait for the next event."""
        async with asyncio.timeout(patience):
            return await self.events.get()

    async def end(self) -> None:
        await self._socket.call("unsubscribe_events", subscription=self.number)


class HaSocket:
    """Use with `async with`. A token that is refused raises `CommandError("auth_invalid", …)`."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        self._session = session
        self._url = url
        self._token = token
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._subscriptions: dict[int, Subscription] = {}

    async def __aenter__(self) -> Self:
        self._ws = await self._session.ws_connect(f"{self._url}/api/websocket", max_msg_size=0)
        await self._ws.receive_json()
        await self._ws.send_json({"type": "auth", "access_token": self._token})
        greeting = await self._ws.receive_json()
        if greeting["type"] != "auth_ok":
            await self._ws.close()
            raise CommandError(greeting["type"], greeting.get("message", ""))
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._ws.close()
        await self._reader

    async def call(self, kind: str, /, **data: Any) -> Any:
        """Send a command and return its result."""
        return await self._call(next(self._numbers), kind, data)

    async def subscribe(self, kind: str, /, **data: Any) -> Subscription:
        """Send a command that answers with events: `subscribe_events`, `subscribe_trigger`, or one of ours."""
        subscription = Subscription(self, next(self._numbers))
        # Before the answer, since the first event may follow it immediately.
        self._subscriptions[subscription.number] = subscription
        await self._call(subscription.number, kind, data)
        return subscription

    async def _call(self, number: int, kind: str, data: dict[str, Any]) -> Any:
        self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            await self._ws.send_json({"id": number, "type": kind} | data)
            async with asyncio.timeout(PATIENCE_S):
                message = await self._answers[number]
        finally:
            del self._answers[number]
        if not message["success"]:
            raise CommandError(message["error"]["code"], message["error"]["message"])
        return message["result"]

    async def _read(self) -> None:
        with contextlib.suppress(aiohttp.ClientError):
            async for frame in self._ws:
                message = frame.json()
                # Home Assistant may send several messages in one frame.
                for each in message if isinstance(message, list) else [message]:
                    self._take(each)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ConnectionError("Home Assistant closed the websocket"))

    def _take(self, message: dict[str, Any]) -> None:
        number = message["id"]
        if message["type"] == "event" and number in self._subscriptions:
            self._subscriptions[number].events.put_nowait(message["event"])
        elif number in self._answers and not self._answers[number].done():
            self._answers[number].set_result(message)
