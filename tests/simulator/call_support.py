"""A call without a network: tests send audio, let time pass, and read its events."""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter
from simulator_support import Clock

from navai_core.simulator import Call, CallSettings, Fault
from navai_core.simulator.call.script import parse
from navai_core.simulator.call.voice import Melody, Voice
from navai_core.simulator.session import read_order

SERVER_EVENT: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
LOUD, QUIET = 0.2, 0.0
WEATHER = {"type": "function", "name": "weather", "parameters": {"type": "object"}}
TURNS = [
    {"heard": "Hello.", "say": "Hello to you too, my friend."},
    {
        "heard": "Is it warm?",
        "say": "Wait.",
        "call": {"name": "weather", "arguments": {"city": "Rome"}},
        "then": "{output}!",
    },
]


class Talk:
    """One call, and its client on the data channel."""

    def __init__(
        self,
        *,
        fault: str | None = None,
        clock: Callable[[], float] | None = None,
        turns: Any = None,
        think_ms: int = 0,
        voice: Voice | None = None,
        mcp: Any = None,
        **session: Any,
    ) -> None:
        self.clock = clock or Clock()
        order = read_order({"session": {"type": "realtime", "tools": [WEATHER], **session}})
        numbers = random.Random(1)
        self.call = Call(
            "rtc_1",
            {**order.session, "id": "sess_1"},
            settings=CallSettings(
                scenario=parse({"turns": turns or TURNS, "mcp": mcp or {}}), voice=voice or Melody(), think_ms=think_ms
            ),
            clock=self.clock,
            new_id=lambda prefix, size=10: prefix + numbers.randbytes(size).hex(),
            fault=Fault.parse(fault) if fault else None,
        )
        self.got: list[dict[str, Any]] = []
        self.heard_frames = 0
        self.call.attach(self._take)

    def _take(self, text: str) -> None:
        event = json.loads(text)
        # The official SDK's types are the judge of every event.
        SERVER_EVENT.validate_python(event)
        self.got.append(event)

    def send(self, kind: str, **members: Any) -> list[dict[str, Any]]:
        """Send an event, and return what came at once."""
        before = len(self.got)
        self.call.receive(json.dumps({"type": kind, "event_id": "mine", **members}))
        return self.got[before:]

    def error(self, kind: str, **members: Any) -> dict[str, Any]:
        (event,) = self.send(kind, **members)
        assert event["type"] == "error"
        error: dict[str, Any] = event["error"]
        assert error["event_id"] == "mine"
        return error

    def pass_ms(self, duration_ms: int) -> list[dict[str, Any]]:
        """Let time pass without a sound."""
        return self._pass(duration_ms, QUIET)

    def speak(self, duration_ms: int = 400) -> list[dict[str, Any]]:
        return self._pass(duration_ms, LOUD)

    def _pass(self, duration_ms: int, level: float) -> list[dict[str, Any]]:
        before = len(self.got)
        for _ in range(duration_ms // 20):
            self.call.hear(level)
            self.heard_frames += self.call.tick() is not None
        return self.got[before:]

    def say_something(self) -> list[dict[str, Any]]:
        """Speak, and wait until all is answered and heard."""
        return self.speak() + self.pass_ms(6_000)

    def item(self, text: str, role: str = "user", **members: Any) -> dict[str, Any]:
        """Create an item with a text, and return it as it was added."""
        part = {"type": "output_text" if role == "assistant" else "input_text", "text": text}
        added, done = self.send(
            "conversation.item.create", item={"type": "message", "role": role, "content": [part]}, **members
        )
        assert (added["type"], done["type"]) == ("conversation.item.added", "conversation.item.done")
        found: dict[str, Any] = added["item"]
        return found

    def ids(self) -> list[str]:
        return [entry.id for entry in self.call.conversation.entries()]


def types(events: list[dict[str, Any]]) -> list[str]:
    """The types of events; equal neighbours count once."""
    found = [event["type"] for event in events]
    return [kind for index, kind in enumerate(found) if index == 0 or found[index - 1] != kind]


def only(events: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    (event,) = [event for event in events if event["type"] == kind]
    return event


def usage_of(events: list[dict[str, Any]]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = only(events, "response.done")["response"]["usage"]
    return found
