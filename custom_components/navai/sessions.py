"""The conversations under way, as the browsers that hold them report. Nothing of Home Assistant is needed here.

A report is a browser's word: it drives what people see and what the day's counts say, and nothing that must hold.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from time import monotonic
from typing import Final, Protocol

from .const import SessionEvent, SessionState
from .navai_core import TokenUsage, UsageBook
from .navai_core.exceptions import NotAllowedError, RateLimitedError, UnknownSessionError

ENDED: Final = "ended"
FAILED: Final = "failed"
REPLACED: Final = "replaced"
"""The code of an end: another browser of the same display has begun a conversation."""
REPORTED: Final = (
    *(state for state in SessionState if state not in {SessionState.IDLE, SessionState.ERROR}),
    ENDED,
    FAILED,
)
"""The states that a browser may report."""
MAX_SESSION_S: Final = 3600.0
"""The provider ends a conversation after an hour."""
GRACE_S: Final = 60.0
"""How long after that the browser may take to say so itself."""
MAX_PER_OWNER: Final = 8
"""A browser holds one conversation, or two while one takes over from the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a browser says of its conversation."""

    session: str
    state: str
    profile: str
    model: str
    display: str | None = None
    user: str | None = None
    code: str | None = None
    provider_code: str | None = None
    request_id: str | None = None
    usage: TokenUsage | None = None


@dataclass(slots=True, kw_only=True)
class Session:
    """One conversation. Times in seconds of the injected clock."""

    id: str
    owner: Hashable
    profile: str
    display: str | None
    user: str | None
    state: SessionState
    began: float
    counted: float
    """Until when its time has been counted."""
    provider_code: str | None = None
    """What the provider called it when it failed, and its id of the request that it refused."""
    request_id: str | None = None


class Tell(Protocol):
    """Hears what happens to a conversation."""

    def __call__(self, event: SessionEvent, session: Session, *, code: str | None, seconds: float) -> None:
        """Take an event, with a code where something is wrong, and the seconds that the conversation lasted."""


class Sessions:
    """Keeps the conversations and counts their time and tokens.

    Args:
        usage: Where to count.
        tell: Hears of beginnings, ends and failures.
        changed: Called after every change of a state.
        clock: Seconds that only grow.
    """

    def __init__(
        self, usage: UsageBook, tell: Tell, changed: Callable[[], None], *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._usage = usage
        self._tell = tell
        self._changed = changed
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._failed: set[str] = set()

    def report(self, owner: Hashable, report: Report) -> None:
        """Take a report.

        Args:
            owner: The connection that it came over; a conversation belongs to the one that began it.
            report: What it says.

        Raises:
            UnknownSessionError: the end of a conversation that never began here.
            NotAllowedError: the conversation is another connection's.
            RateLimitedError: one connection begins too many at a time.
        """
        session = self._sessions.get(report.session)
        if session is None:
            if report.state in {ENDED, FAILED}:
                raise UnknownSessionError("This conversation is not known here — report its beginning first.")
            session = self._begin(owner, report)
        elif session.owner != owner:
            raise NotAllowedError("This conversation is another browser's — take an id of your own.")
        self._count(session)
        if report.usage is not None:
            self._usage.tokens(session.profile, report.model, report.usage)
        if report.state in {ENDED, FAILED}:
            session.provider_code, session.request_id = report.provider_code, report.request_id
            self._end(session, failed=report.state == FAILED, code=report.code)
        else:
            session.state = SessionState(report.state)
        self._changed()

    def owner_left(self, owner: Hashable) -> None:
        """A connection closed: its conversations are over, for all that can be known here."""
        left = [session for session in self._sessions.values() if session.owner == owner]
        for session in left:
            self._count(session)
            self._end(session, failed=False, code="connection_lost")
        if left:
            self._changed()

    def tick(self) -> None:
        """Count what has been spoken until now, and end what the provider has ended long ago. Call it every minute."""
        sessions = self.all()
        for session in sessions:
            self._count(session)
            if self._clock() - session.began >= MAX_SESSION_S + GRACE_S:
                self._end(session, failed=False, code="expired")
        if len(self._sessions) < len(sessions):
            self._changed()

    def end_all(self) -> None:
        """Count what has been spoken until now; nobody will report any more."""
        sessions = self.all()
        for session in sessions:
            self._count(session)
            self._end(session, failed=False, code="stopped")
        if sessions:
            self._changed()

    def of_display(self, display: str) -> Session | None:
        """The conversation at a display."""
        return next((session for session in self._sessions.values() if session.display == display), None)

    def profile_of(self, session: str) -> str | None:
        """The profile of a conversation; None where none has that id."""
        found = self._sessions.get(session)
        return found.profile if found else None

    def state_of(self, display: str) -> SessionState:
        """What a display's conversation is doing. An error stays until the next one, or until the display is opened."""
        session = self.of_display(display)
        if session is not None:
            return session.state
        return SessionState.ERROR if display in self._failed else SessionState.IDLE

    def forgive(self, display: str) -> None:
        """Forget that a display's last conversation failed: somebody has opened it anew."""
        if display in self._failed:
            self._failed.discard(display)
            self._changed()

    def all(self) -> list[Session]:
        """Those under way."""
        return list(self._sessions.values())

    def _begin(self, owner: Hashable, report: Report) -> Session:
        if sum(1 for session in self._sessions.values() if session.owner == owner) >= MAX_PER_OWNER:
            raise RateLimitedError("Too many conversations at a time — report the end of the others.", retry_after=1.0)
        if report.display and (former := self.of_display(report.display)):
            # A display speaks with one person at a time; the browser of the former one was lost without a word.
            self._count(former)
            self._end(former, failed=False, code=REPLACED)
        now = self._clock()
        session = Session(
            id=report.session,
            owner=owner,
            profile=report.profile,
            display=report.display,
            user=report.user,
            state=SessionState.CONNECTING,
            began=now,
            counted=now,
        )
        self._sessions[session.id] = session
        self._failed.discard(report.display or "")
        self._usage.session(session.profile)
        self._tell(SessionEvent.STARTED, session, code=None, seconds=0.0)
        return session

    def _count(self, session: Session) -> None:
        now = self._clock()
        if session.state is not SessionState.CONNECTING:
            # A browser that forgot to say that it is over spoke no longer.
            until = min(now, session.began + MAX_SESSION_S)
            self._usage.time(session.profile, max(0.0, until - session.counted))
        session.counted = now

    def _end(self, session: Session, *, failed: bool, code: str | None) -> None:
        del self._sessions[session.id]
        if failed and session.display:
            self._failed.add(session.display)
        event = SessionEvent.FAILED if failed else SessionEvent.ENDED
        self._tell(event, session, code=code, seconds=min(session.counted - session.began, MAX_SESSION_S))
