"""A call as its parts see it: its state and its methods. The call itself knows all its parts."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from navai_core.simulator.call.detector import Detector
from navai_core.simulator.call.ending import Ending
from navai_core.simulator.call.items import Conversation
from navai_core.simulator.call.playout import Playout
from navai_core.simulator.call.script import DEFAULT, Scenario, Script
from navai_core.simulator.call.usage import Tokens
from navai_core.simulator.call.voice import FRAME_MS, Melody, Voice
from navai_core.simulator.rules import DEFAULT as RULES
from navai_core.simulator.rules import Rules

MAX_SESSION_S: Final = 3_600.0
THINK_MS: Final = 300


@dataclass(frozen=True, slots=True)
class CallSettings:
    """What all calls of a simulator have in common."""

    scenario: Scenario = DEFAULT
    voice: Voice = field(default_factory=Melody)
    think_ms: int = THINK_MS
    max_session_s: float = MAX_SESSION_S
    rules: Rules = RULES


class InProgress(Protocol):
    """A response in progress."""

    id: str


class Listening(Protocol):
    """The turns of the conversation."""

    def commit(self, transcript: str) -> None:
        """Turn the content of the input buffer into an item."""

    def clear_output(self) -> None:
        """Forget the audio that has not been played."""


class ToolServers(Protocol):
    """The MCP servers."""

    def configure(self) -> None:
        """The session has other tools now."""

    def answered(self, request_id: str, *, approve: bool) -> None:
        """A person has decided about an approval."""


class CallContext(ABC):
    """A call, as far as its parts need it."""

    conversation: Conversation
    conversation_id: str
    context: Tokens
    detector: Detector
    has_spoken: bool
    playout: Playout
    script: Script
    session: dict[str, Any]
    settings: CallSettings
    voice: Voice
    new_id: Callable[..., str]

    @property
    @abstractmethod
    def in_progress(self) -> InProgress | None:
        """The current response."""

    @property
    @abstractmethod
    def listening(self) -> Listening:
        """The turns of the conversation."""

    @property
    @abstractmethod
    def servers(self) -> ToolServers:
        """The MCP servers."""

    @property
    @abstractmethod
    def now_ms(self) -> int:
        """How long the call has lasted."""

    @property
    @abstractmethod
    def ending(self) -> Ending | None:
        """How every response ends; None: as the scenario says."""

    @abstractmethod
    def emit(self, kind: str, **members: Any) -> None:
        """Send an event to every client."""

    @abstractmethod
    def hear(self, level: float, duration_ms: int = FRAME_MS) -> None:
        """Take incoming audio."""

    @abstractmethod
    def respond(self, options: Mapping[str, Any]) -> None:
        """Start a response.

        Raises:
            ApiError: There is already one.

        """

    @abstractmethod
    def cancel(self, reason: str) -> None:
        """End the current response."""

    @abstractmethod
    def reach_mid_sentence(self) -> None:
        """Apply the faults that happen in the middle of a sentence."""
