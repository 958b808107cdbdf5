"""Conversations as browsers report them: whose they are, how long they last, and what is counted."""

from datetime import date
from typing import Any

import pytest

from custom_components.navai.const import SessionEvent, SessionState
from custom_components.navai.navai_core import UsageBook, read_usage
from custom_components.navai.navai_core.exceptions import NotAllowedError, RateLimitedError, UnknownSessionError
from custom_components.navai.sessions import MAX_PER_OWNER, REPORTED, Report, Session, Sessions

USAGE = read_usage({"input_tokens": 100, "output_tokens": 50})


class Hall:
    """Sessions with a clock of their own, and what they tell."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.events: list[tuple[SessionEvent, str, str | None, float]] = []
        self.changes = 0
        self.usage = UsageBook(lambda: date(2026, 11, 24))
        self.sessions = Sessions(self.usage, self._tell, self._changed, clock=lambda: self.now)

    def _tell(self, event: SessionEvent, session: Session, *, code: str | None, seconds: float) -> None:
        self.events.append((event, session.id, code, seconds))

    def _changed(self) -> None:
        self.changes += 1

    def report(self, state: str, *, owner: object = "tablet", session: str = "one", **more: Any) -> None:
        known = {"profile": "kitchen", "model": "gpt-realtime-2.1", "display": "hall"} | more
        self.sessions.report(owner, Report(session=session, state=state, **known))

    @property
    def state(self) -> SessionState:
        return self.sessions.state_of("hall")

    @property
    def seconds(self) -> float:
        return self.usage.of("kitchen").seconds


@pytest.fixture
def hall() -> Hall:
    return Hall()


def test_a_conversation_is_told_shown_and_counted_from_its_beginning_to_its_end(hall: Hall) -> None:
    assert hall.state is SessionState.IDLE
    hall.report("connecting")
    assert hall.state is SessionState.CONNECTING
    assert hall.usage.of("kitchen").sessions == 1
    hall.now += 2
    hall.report("listening")
    assert hall.seconds == 0, "connecting costs nothing"
    hall.now += 10
    hall.report("speaking", usage=USAGE)
    hall.now += 5
    hall.report("ended", usage=USAGE)
    assert hall.state is SessionState.IDLE
    assert hall.seconds == 15
    assert hall.usage.of("kitchen").tokens == 300
    assert hall.events == [(SessionEvent.STARTED, "one", None, 0.0), (SessionEvent.ENDED, "one", None, 17.0)]
    assert hall.changes == 4
    assert hall.sessions.profile_of("one") is None


def test_a_first_report_may_come_late_and_begins_the_conversation_there(hall: Hall) -> None:
    hall.report("speaking")
    hall.now += 3
    hall.report("thinking")
    assert hall.state is SessionState.THINKING
    assert hall.seconds == 3


def test_what_a_browser_may_report_is_all_but_what_only_the_house_decides() -> None:
    assert set(REPORTED) == {"connecting", "listening", "thinking", "speaking", "ended", "failed"}


def test_a_failure_shows_until_the_next_conversation_begins(hall: Hall) -> None:
    hall.report("connecting")
    hall.now += 1
    hall.report("failed", code="ice_failed")
    assert hall.events[-1] == (SessionEvent.FAILED, "one", "ice_failed", 1.0)
    assert hall.state is SessionState.ERROR
    hall.report("connecting", session="two")
    assert hall.state is SessionState.CONNECTING
    hall.report("ended", session="two")
    assert hall.state is SessionState.IDLE


def test_a_failure_without_a_display_shows_nowhere(hall: Hall) -> None:
    hall.report("connecting", display=None)
    hall.report("failed", display=None)
    assert hall.state is SessionState.IDLE
    assert [event for event, *_ in hall.events] == [SessionEvent.STARTED, SessionEvent.FAILED]


@pytest.mark.parametrize("state", ["ended", "failed"])
def test_what_never_began_cannot_end(hall: Hall, state: str) -> None:
    with pytest.raises(UnknownSessionError):
        hall.report(state)
    hall.report("connecting")
    hall.report("ended")
    with pytest.raises(UnknownSessionError):
        hall.report(state)
    assert hall.usage.of("kitchen").sessions == 1


def test_a_conversation_belongs_to_the_connection_that_began_it(hall: Hall) -> None:
    hall.report("listening")
    hall.now += 5
    for state in ("speaking", "ended"):
        with pytest.raises(NotAllowedError):
            hall.report(state, owner="a stranger", usage=USAGE)
    assert hall.state is SessionState.LISTENING
    assert (hall.seconds, hall.usage.of("kitchen").tokens) == (0, 0)


def test_a_display_has_one_conversation_and_a_new_one_replaces_it(hall: Hall) -> None:
    hall.report("speaking")
    hall.now += 4
    hall.report("connecting", owner="the tablet after a reload", session="two")
    assert hall.events[1:] == [
        (SessionEvent.ENDED, "one", "replaced", 4.0),
        (SessionEvent.STARTED, "two", None, 0.0),
    ]
    assert hall.seconds == 4
    assert hall.state is SessionState.CONNECTING
    assert [session.id for session in hall.sessions.all()] == ["two"]


def test_displays_do_not_disturb_each_other_nor_those_without_one(hall: Hall) -> None:
    hall.report("speaking")
    hall.report("listening", session="two", display="kitchen")
    hall.report("listening", session="three", display=None)
    hall.report("listening", session="four", display=None)
    assert len(hall.sessions.all()) == 4
    assert hall.state is SessionState.SPEAKING
    assert hall.sessions.state_of("kitchen") is SessionState.LISTENING
    found = hall.sessions.of_display("kitchen")
    assert found is not None
    assert found.id == "two"


def test_a_connection_that_closes_ends_its_conversations_and_only_those(hall: Hall) -> None:
    hall.report("speaking")
    hall.report("speaking", session="two", owner="phone", display=None)
    hall.now += 7
    hall.sessions.owner_left("tablet")
    assert hall.events[-1] == (SessionEvent.ENDED, "one", "connection_lost", 7.0)
    assert hall.seconds == 7
    assert hall.state is SessionState.IDLE, "a browser that went away is no error"
    assert hall.sessions.profile_of("two") == "kitchen"
    before = hall.changes
    hall.sessions.owner_left("tablet")
    assert hall.changes == before


def test_one_connection_holds_a_few_conversations_at_a_time(hall: Hall) -> None:
    for number in range(MAX_PER_OWNER):
        hall.report("connecting", session=f"s{number}", display=None)
    with pytest.raises(RateLimitedError):
        hall.report("connecting", session="one too many", display=None)
    hall.report("connecting", session="of another", owner="phone", display=None)
    hall.report("ended", session="s0", display=None)
    hall.report("connecting", session="one more", display=None)


def test_every_minute_counts_without_a_report(hall: Hall) -> None:
    hall.report("listening")
    for _ in range(3):
        hall.now += 60
        hall.sessions.tick()
    assert hall.seconds == 180
    assert hall.state is SessionState.LISTENING
    hall.now += 30
    hall.report("ended")
    assert hall.seconds == 210
    assert hall.events[-1] == (SessionEvent.ENDED, "one", None, 210.0)


def test_nothing_lasts_longer_than_the_provider_lets_it(hall: Hall) -> None:
    hall.report("listening")
    hall.now += 3630
    hall.sessions.tick()
    assert hall.state is SessionState.LISTENING, "the browser may still say so itself"
    hall.now += 30
    changes = hall.changes
    hall.sessions.tick()
    assert hall.state is SessionState.IDLE
    assert hall.changes == changes + 1
    assert hall.seconds == 3600
    assert hall.events[-1] == (SessionEvent.ENDED, "one", "expired", 3600.0)


def test_an_end_that_is_reported_hours_late_counts_an_hour(hall: Hall) -> None:
    hall.report("listening")
    hall.now += 8 * 3600
    hall.report("ended")
    assert hall.seconds == 3600
    assert hall.events[-1] == (SessionEvent.ENDED, "one", None, 3600.0)


def test_time_that_was_counted_is_not_counted_twice_after_the_hour(hall: Hall) -> None:
    hall.report("listening")
    hall.now += 3590
    hall.report("speaking")
    hall.now += 20
    hall.report("listening")
    hall.now += 20
    hall.report("ended")
    assert hall.seconds == 3600


def test_when_the_house_stops_all_end_and_what_was_spoken_counts(hall: Hall) -> None:
    hall.report("speaking")
    hall.report("connecting", session="two", display=None)
    hall.now += 9
    changes = hall.changes
    hall.sessions.end_all()
    assert hall.events[2:] == [
        (SessionEvent.ENDED, "one", "stopped", 9.0),
        (SessionEvent.ENDED, "two", "stopped", 9.0),
    ]
    assert hall.seconds == 9
    assert not hall.sessions.all()
    hall.sessions.end_all()
    assert hall.changes == changes + 1
