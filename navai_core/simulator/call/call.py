"""One call: the session, the conversation, and everything that happens on its data channel and its sideband."""

import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from navai_core.simulator.call import client_events, handlers, turns
from navai_core.simulator.call.audience import GOING_AWAY, NORMAL, Audience, Sink
from navai_core.simulator.call.context import CallContext, CallSettings
from navai_core.simulator.call.detector import Detector
from navai_core.simulator.call.ending import Ending, of_fault
from navai_core.simulator.call.items import Conversation
from navai_core.simulator.call.mcp import Servers
from navai_core.simulator.call.playout import Playout
from navai_core.simulator.call.response import Response
from navai_core.simulator.call.script import Script
from navai_core.simulator.call.usage import Tokens
from navai_core.simulator.call.voice import FRAME_MS
from navai_core.simulator.errors import ApiError
from navai_core.simulator.faults import Fault

_KEPT_EVENTS: Final = 2_000
_MISSED_MS: Final = 100
"""After this time without incoming audio, it counts as silence: a browser may stop sending."""

_NO_FAULT: Final = Fault("")


class Call(CallContext):
    """A call from `session.created` to its end.

    Args:
        call_id: `rtc_…`.
        session: The effective session.
        settings: The settings of the simulator.
        clock: Returns the time in seconds since the epoch; only for the end of the session.
        new_id: Returns a fresh id with a prefix and a number of random bytes.
        fault: The fault of the call.
        project: The project of the call.
        by_secret: Whether a client secret opened it.

    """

    def __init__(
        self,
        call_id: str,
        session: Mapping[str, Any],
        *,
        settings: CallSettings,
        clock: Callable[[], float],
        new_id: Callable[..., str],
        fault: Fault | None = None,
        project: str = "",
        by_secret: bool = False,
    ) -> None:
        self.id = call_id
        self.project = project
        self.by_secret = by_secret
        self.settings = settings
        self.new_id = new_id
        self.started_at = clock()
        self.session: dict[str, Any] = {**session, "expires_at": int(self.started_at + settings.max_session_s)}
        self.conversation = Conversation()
        self.conversation_id = new_id("conv_", 10)
        self.script = Script(settings.scenario)
        self.voice = settings.voice
        self.playout = Playout()
        self.detector = Detector(self.session["audio"]["input"]["turn_detection"])
        self.turns = turns.Turns(self)
        self.response: Response | None = None
        self.context = Tokens()
        self.has_spoken = False
        self.ended: str | None = None
        self.cut_off = False
        """Whether the network loses everything, without notice to either side."""
        self.close_channel: Callable[[], None] = lambda: None
        self.when_over: list[Callable[[], object]] = []
        self._clock = clock
        self._fault = fault or _NO_FAULT
        self.audience = Audience(self._fault)
        self._events: deque[tuple[int, str, str]] = deque(maxlen=_KEPT_EVENTS)
        self._ticks = 0
        self._last_heard_ms = 0
        self.mcp = Servers(self, settings.scenario.mcp)

    def __repr__(self) -> str:
        return f"<Call {self.id} {self.ended or 'on'}>"

    @property
    def in_progress(self) -> Response | None:
        """The current response."""
        return self.response

    @property
    def listening(self) -> turns.Turns:
        """The turns of the conversation."""
        return self.turns

    @property
    def servers(self) -> Servers:
        """The MCP servers."""
        return self.mcp

    @property
    def now_ms(self) -> int:
        """How long the call has lasted."""
        return self._ticks * FRAME_MS

    @property
    def events(self) -> list[dict[str, Any]]:
        """The latest events: `at_ms`, `from` ("server", or who sent it) and `event`."""
        return [{"at_ms": at, "from": who, "event": json.loads(text)} for at, who, text in self._events]

    def to_json(self) -> dict[str, Any]:
        """Return what the control endpoint shows of it."""
        return {
            "id": self.id,
            "model": self.session["model"],
            "started_at": self.started_at,
            "duration_ms": self.now_ms,
            "ended": self.ended,
            "sidebands": self.audience.sidebands,
            "heard_ms": self.detector.heard_ms,
            "heard_peak": round(self.detector.peak, 4),
            "events": len(self._events),
        }

    @property
    def up(self) -> bool:
        """Whether a sideband may attach already."""
        return self._clock() >= self.started_at + self._fault.sideband_delay_ms / 1_000

    @property
    def stays_open(self) -> bool:
        """Whether the loss of the browser goes unnoticed."""
        return self._fault.stays_open

    def attach(self, sink: Sink) -> None:
        """Send all events to the browser, starting with `session.created`."""
        self.audience.add(sink)
        sink(self._encode("session.created", {"session": self.session}))

    def emit(self, kind: str, **members: Any) -> None:
        """Send an event to every client."""
        self.audience.send(self._encode(kind, members))

    def _encode(self, kind: str, members: Mapping[str, Any]) -> str:
        text = json.dumps({"type": kind, "event_id": self.new_id("event_", 10), **members})
        self._events.append((self.now_ms, "server", text))
        return text

    def receive(self, text: str | bytes, *, sender: str = "channel") -> None:
        """Handle a client's event, or answer it with an `error` event."""
        event: dict[str, Any] = {}
        try:
            event = client_events.read(text)
            self._events.append((self.now_ms, sender, json.dumps(event)))
            client_events.check(event)
            handlers.handle(self, event)
        except ApiError as error:
            self.fail(error, event.get("event_id"))

    def fail(self, error: ApiError, event_id: Any = None) -> None:
        """Send an `error` event."""
        known = event_id if isinstance(event_id, str) else None
        self.emit("error", error={**error.to_json()["error"], "event_id": known})

    def hear(self, level: float, duration_ms: int = FRAME_MS) -> None:
        """Take incoming audio."""
        self._last_heard_ms = self.now_ms
        self.turns.changed(self.detector.hear(level, duration_ms))

    def respond(self, options: Mapping[str, Any]) -> None:
        """Start a response.

        Raises:
            ApiError: There is already one.

        """
        if self.response is not None:
            message = (
                f"Conversation already has an active response in progress: {self.response.id}. "
                "Wait until the response is finished before creating a new one."
            )
            raise ApiError(400, message, code="conversation_already_has_active_response")
        self.response = Response(self, self.mcp, options)
        self._advance()

    def cancel(self, reason: str) -> None:
        """End the current response."""
        response, self.response = self.response, None
        if response is not None:
            response.cancel(reason)

    @property
    def ending(self) -> Ending | None:
        """How every response ends; None: as the scenario says."""
        return of_fault(self._fault)

    def reach_mid_sentence(self) -> None:
        """Apply the faults that happen in the middle of a sentence."""
        if self._fault.channel_closes:
            self.close_channel()

    def tick(self, *, late: bool = False) -> bytes | None:
        """Let 20 ms pass, and return their outgoing audio; None is silence.

        Args:
            late: The process stood still, so these and the next 20 ms are already over, and their incoming audio is not
                read yet.
        """
        self._ticks += 1
        if self._fault.mute_network is not None:
            begin, end = self._fault.mute_network
            self.cut_off = begin <= self.now_ms < end
        if late:
            self._last_heard_ms += FRAME_MS
        elif self.now_ms - self._last_heard_ms > _MISSED_MS:
            self.turns.changed(self.detector.hear(0.0))
        self._advance()
        frame, finished = self.playout.next()
        if finished is not None:
            self.emit("output_audio_buffer.stopped", response_id=finished)
        self.turns.tick()
        self.mcp.tick()
        self.audience.tick(self.now_ms)
        self._end_in_time()
        return frame

    def end(self, reason: str) -> None:
        """Hang up: "hangup", "expired", "client", "fault", "failed" or "stopped". The first reason stays."""
        if self.ended is not None:
            return
        self.ended = reason
        over, self.when_over = self.when_over, []
        # An ended call is kept for inspection, without its connection.
        self.audience.leave(GOING_AWAY if reason in {"expired", "stopped"} else NORMAL)
        self.close_channel = lambda: None
        for tell in over:
            tell()

    def _advance(self) -> None:
        response = self.response
        if response is not None and not response.advance() and self.response is response:
            self.response = None

    def _end_in_time(self) -> None:
        hangup_ms = self._fault.hangup_ms
        if hangup_ms is not None and self.now_ms >= hangup_ms:
            self.end("fault")
        elif self.ended is None and self._clock() >= self.started_at + self.settings.max_session_s:
            minutes = round(self.settings.max_session_s / 60)
            message = f"Your session hit the maximum duration of {minutes} minutes."
            self.fail(ApiError(400, message, code="session_expired"))
            self.end("expired")
