"""A conversation: what a browser reports, and what is kept of it."""

from collections.abc import Callable, Hashable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

from .prices import TokenUsage


class SessionState(StrEnum):
    """The state of a conversation; the display's sensor has the same values."""

    IDLE = "idle"
    CONNECTING = "connecting"
    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"
    ERROR = "error"


class SessionEvent(StrEnum):
    """An event of a conversation; the display's event entity has the same values."""

    STARTED = "started"
    ENDED = "ended"
    FAILED = "failed"
    REFUSED = "refused"
    MISSED = "missed"
    """The display rang, and nobody answered."""
    PROBLEM = "problem"
    """Something went wrong in a conversation that continues: an answer failed, or the assistant heard itself."""


ENDED: Final = "ended"
FAILED: Final = "failed"
OVER: Final = frozenset({ENDED, FAILED})
"""The final states."""
REPORTED: Final = (
    *(state for state in SessionState if state not in {SessionState.IDLE, SessionState.ERROR}),
    ENDED,
    FAILED,
)
"""The states that a browser may report."""
REPLACED: Final = "replaced"
"""The code of an end: another browser of the same display has started a conversation."""
NO_ANSWER: Final = "no_answer"
"""The code of an end: somebody stopped it, and its browser did not respond."""
LOST: Final = "connection_lost"
"""The code of an end: its browser is gone, or does not report any more."""
MAX_NUMBER: Final = 2**53 - 1
"""The largest whole number in a browser."""
MAX_LATE: Final = 5_000
"""How far behind the latest number a late report may be so that its usage counts."""
MAX_PAST_PER_CALLER: Final = 32
"""How many ended conversations are remembered for one display, or for one person's browsers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A browser's report of its conversation."""

    session: str
    state: str
    profile: str
    model: str
    number: int | None = None
    """Increases with every report of a conversation; None for clients without numbers."""
    display: str | None = None
    user: str | None = None
    code: str | None = None
    problem: str | None = None
    """What went wrong in a conversation that continues."""
    provider_code: str | None = None
    request_id: str | None = None
    usage: TokenUsage | None = None


@dataclass(slots=True)
class Numbers:
    """The numbers of a conversation's reports so far. Reports may come late, twice, or never."""

    newest: int = 0
    """0 before the first report."""
    _counted: set[int] = field(default_factory=set)
    """The reports whose usage has been counted."""

    def is_newest(self, number: int | None) -> bool:
        """Take a number. Returns whether it is the latest; a report without a number always is."""
        if number is None:
            return True
        found = number > self.newest
        self.newest = max(number, self.newest)
        return found

    def counts(self, number: int | None) -> bool:
        """Whether to count the usage of that report now: once for each number."""
        if number is None:
            return True
        oldest = self.newest - MAX_LATE
        if number in self._counted or number <= oldest:
            return False
        self._counted.add(number)
        if len(self._counted) > MAX_LATE:
            self._counted = {each for each in self._counted if each > oldest}
        return True


@dataclass(slots=True, kw_only=True)
class Session:
    """One conversation. Times in seconds of the injected clock."""

    id: str
    owner: Hashable
    """The connection that the latest report came over."""
    profile: str
    display: str | None
    user: str | None
    state: SessionState
    started: float
    counted: float
    """Its time has been counted until then."""
    last_report: float
    """When the browser sent its latest report."""
    numbers: Numbers = field(default_factory=Numbers)
    provider_code: str | None = None
    """The provider's code for an error, and its id of the refused request."""
    request_id: str | None = None

    @property
    def numbered(self) -> bool:
        """Whether the browser numbers its reports, and so reports regularly."""
        return self.numbers.newest > 0

    @property
    def caller(self) -> tuple[str | None, str | None]:
        """The display and the person that it belongs to."""
        return self.display, self.user


class OnEvent(Protocol):
    """Receives the events of conversations."""

    def __call__(self, event: SessionEvent, session: Session, *, code: str | None, seconds: float) -> None:
        """Take an event, with a code if something went wrong, and the length of the conversation in seconds."""


@dataclass(frozen=True, slots=True)
class SessionChange:
    """An event of a display or a conversation. None: unknown, or does not apply."""

    event: SessionEvent
    display: str | None
    profile: str | None
    user: str | None = None
    code: str | None = None
    session: str | None = None
    seconds: float | None = None
    """The length of the conversation."""
    provider_code: str | None = None
    request_id: str | None = None
    """The provider's code."""

    def fields(self) -> dict[str, Any]:
        """The known fields, as JSON can hold them. `type` is the event."""
        seconds = None if self.seconds is None else round(self.seconds, 1)
        found = {"type": self.event.value, **asdict(self), "seconds": seconds}
        del found["event"]
        return {name: value for name, value in found.items() if value is not None}


EndInBrowser = Callable[[Hashable, Session, str], None]
"""Tells the browser of a connection to end a conversation that is over here, with the code of the reason."""


@dataclass(slots=True)
class Ended:
    """A conversation that is over."""

    session: Session
    code: str | None
    final: bool
    """Whether it stays ended whatever the browser reports. False if only its connection was lost."""


class Past:
    """The latest ended conversations of each caller: late reports of them may still arrive."""

    def __init__(self) -> None:
        self._ended: dict[str, Ended] = {}

    def add(self, ended: Ended) -> None:
        """Remember one. Forget the caller's oldest if there are too many."""
        caller = ended.session.caller
        same = [key for key, other in self._ended.items() if other.session.caller == caller]
        if len(same) >= MAX_PAST_PER_CALLER:
            del self._ended[same[0]]
        self._ended[ended.session.id] = ended

    def get(self, session: str) -> Ended | None:
        """The one with that id, if it is remembered."""
        return self._ended.get(session)

    def drop(self, session: str) -> None:
        """Forget it: it continues, or starts again."""
        self._ended.pop(session, None)
