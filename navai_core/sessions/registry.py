"""The current conversations, as their browsers report them.

Reports come from browsers and may be wrong: they are used for the state that people see and for the counts of the day,
and never for access.

Reports may arrive out of order or get lost, so a browser numbers them. The latest number has the state of the
conversation. Of an older one, only the usage counts, and only once. A conversation that has ended stays ended. Only if
its connection was lost, it continues when its browser is back.
"""

from collections.abc import Callable, Hashable
from math import ceil
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
    EndInBrowser,
    OnEvent,
    Past,
    Report,
    Session,
    SessionEvent,
    SessionState,
)
from .usage import UsageBook

MAX_SESSION_S: Final = 3600.0
"""The provider ends a conversation after an hour."""
GRACE_S: Final = 60.0
"""How much later a browser without numbered reports may report the end itself."""
SILENCE_S: Final = 90.0
"""How long a conversation with numbered reports may send none: its browser sends one every 30 s."""
MAX_PER_OWNER: Final = 8
"""A browser has one conversation, or two while one replaces the other."""
MAX_STARTS: Final = 30
"""How many conversations a display, or a person without one, may begin within `STARTS_S`: each one is an event that
people's automations, logs and counts receive."""
STARTS_S: Final = 60.0


class SessionRegistry:
    """Keeps the conversations and counts their time and tokens.

    Args:
        usage: Where to count.
        on_event: Called with starts, ends and failures.
        changed: Called with a display whose conversation has changed.
        end_in_browser: Called when a browser must end a conversation.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        usage: UsageBook,
        on_event: OnEvent,
        changed: Callable[[str], None],
        end_in_browser: EndInBrowser,
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._usage = usage
        self._on_event = on_event
        self._changed = changed
        self._end_in_browser = end_in_browser
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._past = Past()
        self._failed: set[str] = set()
        self._starts: dict[tuple[str | None, str | None], list[float]] = {}
        """When each caller began its latest conversations."""

    def report(self, owner: Hashable, report: Report) -> None:
        """Take a report.

        Args:
            owner: The connection that it came over. A conversation belongs to the connection that started it, or to
                another one of the same caller with a later number.
            report: The report; it needs `display` and `user` if it came over another connection than the
                conversation's.

        Raises:
            UnknownSessionError: the end of an unknown conversation, or a report of one that is over.
            NotAllowedError: the conversation belongs to another caller.
            RateLimitedError: one connection starts too many at the same time, or its caller too many in a minute.
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
        session.owner, session.last_report = owner, self._clock()
        if report.state in OVER:
            session.provider_code, session.request_id = report.provider_code, report.request_id
            self._end(session, failed=report.state == FAILED, code=report.code)
        else:
            session.state = SessionState(report.state)
        self._shown(session)

    def owner_left(self, owner: Hashable) -> None:
        """A connection closed: its conversations are over, as far as it is known here."""
        left = [session for session in self._sessions.values() if session.owner == owner]
        for session in left:
            self._count(session)
            self._end(session, failed=False, code=LOST, final=False)
            self._shown(session)

    def tick(self) -> None:
        """Count the time until now, and end conversations that are overdue. Call it every minute."""
        now = self._clock()
        for session in self.all():
            self._count(session)
            if session.numbered and now - session.last_report >= SILENCE_S:
                self._end(session, failed=False, code=LOST, final=False)
            elif not session.numbered and now - session.started >= MAX_SESSION_S + GRACE_S:
                self._end(session, failed=False, code="expired", final=False)
            else:
                continue
            self._shown(session)

    def end_all(self) -> None:
        """Count the time until now: no more reports will come."""
        for session in self.all():
            self._count(session)
            self._end(session, failed=False, code="stopped", final=False)
            self._shown(session)

    def give_up(self, session: str) -> bool:
        """End a conversation whose browser does not respond. Returns whether it was still running."""
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
        """The conversation with that id, even if it is over; None if it is unknown."""
        ended = self._past.get(session)
        return ended.session if ended else self._sessions.get(session)

    def is_under_way(self, session: str) -> bool:
        """Whether there is a conversation with that id now."""
        return session in self._sessions

    def state_of(self, display: str) -> SessionState:
        """The state of a display's conversation. An error stays until the next one, or until the display is opened."""
        session = self.of_display(display)
        if session is not None:
            return session.state
        return SessionState.ERROR if display in self._failed else SessionState.IDLE

    def forgive(self, display: str) -> None:
        """Forget that a display's last conversation failed: somebody has opened it again."""
        if display in self._failed:
            self._failed.discard(display)
            self._changed(display)

    def all(self) -> list[Session]:
        """The current conversations."""
        return list(self._sessions.values())

    def _shown(self, session: Session) -> None:
        if session.display:
            self._changed(session.display)

    def _is_latest(self, session: Session, report: Report) -> bool:
        """Take a report's usage and problem, unless already done. Returns whether its state is the latest."""
        latest = session.numbers.is_newest(report.number)
        if (report.usage is not None or report.problem) and session.numbers.counts(report.number):
            if report.usage is not None:
                self._usage.tokens(session.profile, report.model, report.usage)
            if report.problem:
                session.provider_code = report.provider_code
                seconds = self._clock() - session.started
                self._on_event(SessionEvent.PROBLEM, session, code=report.problem, seconds=seconds)
                session.provider_code = None
        return latest

    def _late(self, owner: Hashable, report: Report, ended: Ended) -> None:
        """Take a report of a conversation that is over here."""
        session = ended.session
        _check_owner(session, owner, report)
        if report.number is None:
            raise UnknownSessionError("This conversation is over. Start another one.")
        if not self._is_latest(session, report):
            return
        if report.state in OVER:
            ended.final = True
            return
        if session.display and self.of_display(session.display):
            # Meanwhile somebody has started to talk in another browser of the display.
            ended.final, ended.code = True, ended.code if ended.final else REPLACED
        if ended.final:
            self._end_in_browser(owner, session, ended.code or ENDED)
            return
        self._check_room(owner)
        self._count_start(session.caller)
        self._past.drop(session.id)
        # It continued while no reports arrived.
        self._count(session)
        session.owner, session.last_report, session.state = owner, self._clock(), SessionState(report.state)
        self._enter(session)
        self._shown(session)

    def _overtake(self, owner: Hashable, report: Report) -> None:
        """Take an end that arrives before its start, so that the start has no effect later."""
        if report.number is None:
            raise UnknownSessionError("This conversation is unknown. Report its start first.")
        session = self._made(owner, report)
        if report.state == FAILED:
            self._count_start(session.caller)
        self._is_latest(session, report)
        self._past.add(Ended(session, report.code, final=True))
        if report.state == FAILED:
            session.provider_code, session.request_id = report.provider_code, report.request_id
            if session.display and not self.of_display(session.display):
                self._failed.add(session.display)
            self._on_event(SessionEvent.FAILED, session, code=report.code, seconds=0.0)
        self._shown(session)

    def _begin(self, owner: Hashable, report: Report) -> Session:
        self._check_room(owner)
        self._count_start((report.display, report.user))
        self._past.drop(report.session)
        if report.display and (former := self.of_display(report.display)):
            # A display has one conversation at a time: it moves to the browser that started last.
            self._count(former)
            self._end(former, failed=False, code=REPLACED)
            self._end_in_browser(former.owner, former, REPLACED)
        session = self._made(owner, report)
        self._usage.session(session.profile)
        self._enter(session)
        return session

    def _enter(self, session: Session) -> None:
        self._sessions[session.id] = session
        self._failed.discard(session.display or "")
        self._on_event(SessionEvent.STARTED, session, code=None, seconds=0.0)

    def _check_room(self, owner: Hashable) -> None:
        if sum(1 for session in self._sessions.values() if session.owner == owner) >= MAX_PER_OWNER:
            raise RateLimitedError(
                "Too many conversations at the same time. Report the end of the others.", retry_after=1.0
            )

    def _count_start(self, caller: tuple[str | None, str | None]) -> None:
        now = self._clock()
        latest = [start for start in self._starts.get(caller, ()) if now - start <= STARTS_S]
        if len(latest) >= MAX_STARTS:
            wait = max(1.0, latest[-MAX_STARTS] + STARTS_S - now)
            raise RateLimitedError(
                f"Too many conversations were started. Try again in {ceil(wait)} seconds.", retry_after=wait
            )
        self._starts[caller] = [*latest, now]

    def _made(self, owner: Hashable, report: Report) -> Session:
        now = self._clock()
        return Session(
            id=report.session,
            owner=owner,
            profile=report.profile,
            display=report.display,
            user=report.user,
            state=SessionState.CONNECTING,
            started=now,
            counted=now,
            last_report=now,
        )

    def _count(self, session: Session) -> None:
        now = self._clock()
        if session.state is not SessionState.CONNECTING:
            # A browser that did not report the end talked no longer than this.
            until = min(now, (session.last_report if session.numbered else session.started) + MAX_SESSION_S)
            self._usage.time(session.profile, max(0.0, until - session.counted))
        session.counted = now

    def _end(self, session: Session, *, failed: bool, code: str | None, final: bool = True) -> None:
        del self._sessions[session.id]
        self._past.add(Ended(session, code, final))
        if failed and session.display:
            self._failed.add(session.display)
        event = SessionEvent.FAILED if failed else SessionEvent.ENDED
        seconds = session.counted - session.started
        self._on_event(event, session, code=code, seconds=seconds if session.numbered else min(seconds, MAX_SESSION_S))


def _begins_again(report: Report, ended: Ended) -> bool:
    """Whether a client without numbered reports reuses the id of an ended conversation for another one."""
    return report.number is None and (report.state == SessionState.CONNECTING or not ended.final)


def _check_owner(session: Session, owner: Hashable, report: Report) -> None:
    if session.owner == owner:
        return
    # A page that has lost its connection soon comes back over another one.
    if report.number is None or session.caller != (report.display, report.user):
        raise NotAllowedError("This conversation belongs to another browser. Use your own id.")
