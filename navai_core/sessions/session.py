"""What a browser says of a conversation, and what is kept of it."""

from collections.abc import Callable, Hashable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

from .prices import TokenUsage


class SessionState(StrEnum):
    """What a conversation is doing; the values are those of the display's sensor."""

    IDLE = "idle"
    CONNECTING = "connecting"
    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"
    ERROR = "error"


class SessionEvent(StrEnum):
    """What happens to a conversation; the values are those of the display's event entity."""

    STARTED = "started"
    ENDED = "ended"
    FAILED = "failed"
    REFUSED = "refused"
    MISSED = "missed"
    """The display rang, and nobody answered."""
    PROBLEM = "problem"
    """Something went wrong in a conversation that goes on: an answer failed, or the assistant heard itself."""


ENDED: Final = "ended"
FAILED: Final = "failed"
OVER: Final = frozenset({ENDED, FAILED})
"""The states after which nothing comes."""
REPORTED: Final = (
    *(state for state in SessionState if state not in {SessionState.IDLE, SessionState.ERROR}),
    ENDED,
    FAILED,
)
"""The states that a browser may report."""
REPLACED: Final = "replaced"
"""The code of an end: another browser of the same display has begun a conversation."""
NO_ANSWER: Final = "no_answer"
"""The code of an end: it was to be stopped, and no browser answered for it."""
LOST: Final = "connection_lost"
"""The code of an end: its browser has gone, or gives no sign of life."""
MAX_NUMBER: Final = 2**53 - 1
"""The largest whole number that a browser can count to."""
MAX_LATE: Final = 5_000
"""How far behind the newest number the usage of a late report is still counted."""
MAX_PAST_PER_CALLER: Final = 32
"""How many conversations that are over are remembered of one display, or of one person's browsers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a browser says of its conversation."""

    session: str
    state: str
    profile: str
    model: str
    number: int | None = None
    """Grows with every report of a conversation; None for clients that do not number theirs."""
    display: str | None = None
    user: str | None = None
    code: str | None = None
    problem: str | None = None
    """What went wrong in a conversation that goes on."""
    provider_code: str | None = None
    request_id: str | None = None
    usage: TokenUsage | None = None


@dataclass(slots=True)
class Numbers:
    """The numbered reports of a conversation that have come. They may come late, twice, or never."""

    newest: int = 0
    """0 before the first one."""
    _counted: set[int] = field(default_factory=set)
    """Those whose usage has been counted."""

    def is_newest(self, number: int | None) -> bool:
        """Take a number, and tell whether no later report has come yet. One without a number is always the latest."""
        if number is None:
            return True
        found = number > self.newest
        self.newest = max(number, self.newest)
        return found

    def counts(self, number: int | None) -> bool:
        """Whether the usage of that report is to be counted now: once for each number."""
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
    began: float
    counted: float
    """Until when its time has been counted."""
    heard: float
    """When the browser gave its latest sign of life."""
    numbers: Numbers = field(default_factory=Numbers)
    provider_code: str | None = None
    """What the provider called it when something went wrong, and its id of the request that it refused."""
    request_id: str | None = None

    @property
    def numbered(self) -> bool:
        """Whether the browser numbers its reports, and so promises to give signs of life."""
        return self.numbers.newest > 0

    @property
    def caller(self) -> tuple[str | None, str | None]:
        """The display and the person that it belongs to."""
        return self.display, self.user


class Tell(Protocol):
    """Hears what happens to a conversation."""

    def __call__(self, event: SessionEvent, session: Session, *, code: str | None, seconds: float) -> None:
        """Take an event, with a code where something is wrong, and the seconds that the conversation lasted."""


@dataclass(frozen=True, slots=True)
class SessionNews:
    """What happened at a display, or to a conversation. None is what is not known, or does not apply."""

    event: SessionEvent
    display: str | None
    profile: str | None
    user: str | None = None
    code: str | None = None
    session: str | None = None
    seconds: float | None = None
    """How long the conversation has lasted."""
    provider_code: str | None = None
    request_id: str | None = None
    """The provider's."""

    def fields(self) -> dict[str, Any]:
        """What is known, ready for JSON. `type` is the event."""
        seconds = None if self.seconds is None else round(self.seconds, 1)
        found = {"type": self.event.value, **asdict(self), "seconds": seconds}
        del found["event"]
        return {name: value for name, value in found.items() if value is not None}


Halt = Callable[[Hashable, Session, str], None]
"""Tells the browser of a connection to end a conversation that is over here, and the code of why."""


@dataclass(slots=True)
class Ended:
    """A conversation that is over."""

    session: Session
    code: str | None
    final: bool
    """Whether it stays so whatever the browser says: not where only its connection was lost."""


class Past:
    """The conversations that are over, the latest of each caller: a report of one of them may still be on its way."""

    def __init__(self) -> None:
        self._ended: dict[str, Ended] = {}

    def add(self, ended: Ended) -> None:
        """Remember one, and forget the caller's oldest if there are too many."""
        caller = ended.session.caller
        same = [key for key, other in self._ended.items() if other.session.caller == caller]
        if len(same) >= MAX_PAST_PER_CALLER:
            del self._ended[same[0]]
        self._ended[ended.session.id] = ended

    def get(self, session: str) -> Ended | None:
        """The one with that id, if it is remembered."""
        return self._ended.get(session)

    def drop(self, session: str) -> None:
        """Forget it: it goes on, or begins again."""
        self._ended.pop(session, None)
