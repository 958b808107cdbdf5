"""The conversations under way, as the browsers that hold them report.

A report is a browser's word: it drives what people see and what the day's counts say, and nothing that must hold.

Reports overtake each other and get lost, so a browser numbers them. The latest number says what the conversation is
doing; of an older one only the usage counts, and that once. What is over stays over. Only where nobody said so, and
the connection was lost, the conversation goes on when its browser is back.
"""

from collections.abc import Callable, Hashable
from time import monotonic
from typing import Final

from ..exceptions import NotAllowedError, RateLimitedError, UnknownSessionError
from .session import (
    ENDED,
    FAILED,
    LOST,
    NO_ANSWER,
    OVER,
    REPLACED,
    Ended,
    Halt,
    Past,
    Report,
    Session,
    SessionEvent,
    SessionState,
    Tell,
)
from .usage import UsageBook

MAX_SESSION_S: Final = 3600.0
"""The provider ends a conversation after an hour."""
GRACE_S: Final = 60.0
"""How long after that a browser that does not number its reports may take to say so itself."""
SILENCE_S: Final = 90.0
"""After how long without a report a numbered conversation is lost: its browser sends one every 30 s."""
MAX_PER_OWNER: Final = 8
"""A browser holds one conversation, or two while one takes over from the other."""


class SessionRegistry:
    """Keeps the conversations and counts their time and tokens.

    Args:
        usage: Where to count.
        tell: Hears of beginnings, ends and failures.
        changed: Called with a display whose conversation has changed.
        halt: Called when a browser must end a conversation.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        usage: UsageBook,
        tell: Tell,
        changed: Callable[[str], None],
        halt: Halt,
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._usage = usage
        self._tell = tell
        self._changed = changed
        self._halt = halt
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._past = Past()
        self._failed: set[str] = set()

    def report(self, owner: Hashable, report: Report) -> None:
        """Take a report.

        Args:
            owner: The connection that it came over; a conversation belongs to the one that began it, or to another
                one of the same caller that sends a later number.
            report: What it says; `display` and `user` are needed where the connection is not the conversation's.

        Raises:
            UnknownSessionError: the end of a conversation that never began here, or a word about one that is over.
            NotAllowedError: the conversation is another caller's.
            RateLimitedError: one connection begins too many at a time.
        """
        ended = self._past.get(report.session)
        if ended is not None and not _begins_again(report, ended):
            self._late(owner, report, ended)
            return
        session = self._sessions.get(report.session)
        if session is not None:
            _check_owner(session, owner, report)
        elif report.state in OVER:
            self._overtake(owner, report)
            return
        else:
            session = self._begin(owner, report)
        if not self._is_latest(session, report):
            return
        self._count(session)
        session.owner, session.heard = owner, self._clock()
        if report.state in OVER:
            session.provider_code, session.request_id = report.provider_code, report.request_id
            self._end(session, failed=report.state == FAILED, code=report.code)
        else:
            session.state = SessionState(report.state)
        self._shown(session)

    def owner_left(self, owner: Hashable) -> None:
        """A connection closed: its conversations are over, for all that can be known here."""
        left = [session for session in self._sessions.values() if session.owner == owner]
        for session in left:
            self._count(session)
            self._end(session, failed=False, code=LOST, final=False)
            self._shown(session)

    def tick(self) -> None:
        """Count what has been spoken until now, and end what has been over for long. Call it every minute."""
        now = self._clock()
        for session in self.all():
            self._count(session)
            if session.numbered and now - session.heard >= SILENCE_S:
                self._end(session, failed=False, code=LOST, final=False)
            elif not session.numbered and now - session.began >= MAX_SESSION_S + GRACE_S:
                self._end(session, failed=False, code="expired", final=False)
            else:
                continue
            self._shown(session)

    def end_all(self) -> None:
        """Count what has been spoken until now; nobody will report any more."""
        for session in self.all():
            self._count(session)
            self._end(session, failed=False, code="stopped", final=False)
            self._shown(session)

    def give_up(self, session: str) -> bool:
        """End a conversation that no browser answers for; tell whether it was still under way."""
        found = self._sessions.get(session)
        if found is None:
            return False
        self._count(found)
        self._end(found, failed=False, code=NO_ANSWER)
        self._shown(found)
        return True

    def of_display(self, display: str) -> Session | None:
        """The conversation at a display."""
        return next((session for session in self._sessions.values() if session.display == display), None)

    def find(self, session: str) -> Session | None:
        """The conversation of that id, also one that is over; None where none is known."""
        ended = self._past.get(session)
        return ended.session if ended else self._sessions.get(session)

    def is_under_way(self, session: str) -> bool:
        """Whether there is a conversation of that id now."""
        return session in self._sessions

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
            self._changed(display)

    def all(self) -> list[Session]:
        """Those under way."""
        return list(self._sessions.values())

    def _shown(self, session: Session) -> None:
        if session.display:
            self._changed(session.display)

    def _is_latest(self, session: Session, report: Report) -> bool:
        """Take a report's usage and problem, if that was not done, and tell whether its state is the latest."""
        latest = session.numbers.is_newest(report.number)
        if (report.usage is not None or report.problem) and session.numbers.counts(report.number):
            if report.usage is not None:
                self._usage.tokens(session.profile, report.model, report.usage)
            if report.problem:
                session.provider_code = report.provider_code
                seconds = self._clock() - session.began
                self._tell(SessionEvent.PROBLEM, session, code=report.problem, seconds=seconds)
                session.provider_code = None
        return latest

    def _late(self, owner: Hashable, report: Report, ended: Ended) -> None:
        """Take a report of a conversation that is over here."""
        session = ended.session
        _check_owner(session, owner, report)
        if report.number is None:
            raise UnknownSessionError("This conversation is over — begin another one.")
        if not self._is_latest(session, report):
            return
        if report.state in OVER:
            ended.final = True
            return
        if session.display and self.of_display(session.display):
            # Somebody has begun to talk at another browser of the display meanwhile.
            ended.final, ended.code = True, ended.code if ended.final else REPLACED
        if ended.final:
            self._halt(owner, session, ended.code or ENDED)
            return
        self._check_room(owner)
        self._past.drop(session.id)
        # It went on while nothing was heard of it.
        self._count(session)
        session.owner, session.heard, session.state = owner, self._clock(), SessionState(report.state)
        self._enter(session)
        self._shown(session)

    def _overtake(self, owner: Hashable, report: Report) -> None:
        """Take an end that comes before its beginning: that one must not begin it when it comes."""
        if report.number is None:
            raise UnknownSessionError("This conversation is not known here — report its beginning first.")
        session = self._made(owner, report)
        self._is_latest(session, report)
        self._past.add(Ended(session, report.code, final=True))
        if report.state == FAILED:
            session.provider_code, session.request_id = report.provider_code, report.request_id
            if session.display and not self.of_display(session.display):
                self._failed.add(session.display)
            self._tell(SessionEvent.FAILED, session, code=report.code, seconds=0.0)
        self._shown(session)

    def _begin(self, owner: Hashable, report: Report) -> Session:
        self._check_room(owner)
        self._past.drop(report.session)
        if report.display and (former := self.of_display(report.display)):
            # A display speaks with one person at a time: the conversation moves to the browser that began last.
            self._count(former)
            self._end(former, failed=False, code=REPLACED)
            self._halt(former.owner, former, REPLACED)
        session = self._made(owner, report)
        self._usage.session(session.profile)
        self._enter(session)
        return session

    def _enter(self, session: Session) -> None:
        self._sessions[session.id] = session
        self._failed.discard(session.display or "")
        self._tell(SessionEvent.STARTED, session, code=None, seconds=0.0)

    def _check_room(self, owner: Hashable) -> None:
        if sum(1 for session in self._sessions.values() if session.owner == owner) >= MAX_PER_OWNER:
            raise RateLimitedError("Too many conversations at a time — report the end of the others.", retry_after=1.0)

    def _made(self, owner: Hashable, report: Report) -> Session:
        now = self._clock()
        return Session(
            id=report.session,
            owner=owner,
            profile=report.profile,
            display=report.display,
            user=report.user,
            state=SessionState.CONNECTING,
            began=now,
            counted=now,
            heard=now,
        )

    def _count(self, session: Session) -> None:
        now = self._clock()
        if session.state is not SessionState.CONNECTING:
            # A browser that forgot to say that it is over spoke no longer.
            until = min(now, (session.heard if session.numbered else session.began) + MAX_SESSION_S)
            self._usage.time(session.profile, max(0.0, until - session.counted))
        session.counted = now

    def _end(self, session: Session, *, failed: bool, code: str | None, final: bool = True) -> None:
        del self._sessions[session.id]
        self._past.add(Ended(session, code, final))
        if failed and session.display:
            self._failed.add(session.display)
        event = SessionEvent.FAILED if failed else SessionEvent.ENDED
        seconds = session.counted - session.began
        self._tell(event, session, code=code, seconds=seconds if session.numbered else min(seconds, MAX_SESSION_S))


def _begins_again(report: Report, ended: Ended) -> bool:
    """Whether a client that does not number its reports means another conversation, by the id of one that is over."""
    return report.number is None and (report.state == SessionState.CONNECTING or not ended.final)


def _check_owner(session: Session, owner: Hashable, report: Report) -> None:
    if session.owner == owner:
        return
    # A page that has lost its connection is soon back over another one.
    if report.number is None or session.caller != (report.display, report.user):
        raise NotAllowedError("This conversation is another browser's — take an id of your own.")
