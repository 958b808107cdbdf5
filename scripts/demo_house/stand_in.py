"""Acts for the displays' browsers: receives their commands, and shows them in the terminal."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

from ha_socket import HaSocket, Subscription
from home_assistant import HomeAssistant

STATES = ("listening", "thinking", "speaking")
STATE_S = 1.0
"""How long the dashboard shows each state."""

Say = Callable[[str], None]


async def stand_in(house: HomeAssistant, displays: list[str], say: Say, ready: Callable[[], None]) -> None:
    """Be these displays until cancelled; `ready` is called when all of them can receive commands."""
    async with house.websocket() as socket, asyncio.TaskGroup() as tasks:
        for display in displays:
            events = await socket.subscribe("navai/subscribe", display=display)
            tasks.create_task(_follow(socket, events, display, say, tasks))
        ready()


async def _follow(socket: HaSocket, events: Subscription, display: str, say: Say, tasks: asyncio.TaskGroup) -> None:
    """Follow the commands for one display."""
    talk: asyncio.Task[None] | None = None
    session = ""

    async def report(state: str, **more: Any) -> None:
        await socket.call("navai/session/report", session=session, state=state, display=display, **more)

    async def speak() -> None:
        for state in STATES:
            await report(state)
            await asyncio.sleep(STATE_S)

    while True:
        event = await events.events.get()
        if event["type"] not in {"start", "stop"}:
            continue
        if talk:
            talk.cancel()
        request = {"request": event["request"]} if "request" in event else {}
        if event["type"] == "start":
            profile, session = event["profile"], secrets.token_hex(8)
            opening = event.get("start_message") or event.get("extra_system_prompt")
            say(f"{display} starts a conversation with “{profile}”" + (f": {opening}" if opening else "."))
            await socket.call("navai/client_secret", display=display, profile=profile)
            await report("connecting", profile=profile, **request)
            talk = tasks.create_task(speak())
        elif session or request:
            say(f"{display} is silent.")
            session = session or secrets.token_hex(8)
            await report("ended", **request)
            session = ""
