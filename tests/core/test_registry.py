"""Conversations as browsers report them: their owners, their length, and the counts."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navai_core.exceptions import NotAllowedError, RateLimitedError, UnknownSessionError
from navai_core.sessions.registry import MAX_PER_OWNER, MAX_STARTS, SessionRegistry
from navai_core.sessions.session import (
    MAX_LATE,
    MAX_PAST_PER_CALLER,
    REPORTED,
    Report,
    Session,
    SessionEvent,
    SessionState,
)
from navai_core.sessions.usage import UsageBook, read_usage

USAGE = read_usage({"input_tokens": 100, "output_tokens": 50})


class Hall:
    """Sessions with their own clock, and their events."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.events: list[tuple[SessionEvent, str, str | None, float]] = []
        self.changed: list[str] = []
        self.halted: list[tuple[object, str, str]] = []
        self.usage = UsageBook(lambda: date(2026, 11, 24))
        self.sessions = SessionRegistry(self.usage, self._tell, self._changed, self._halt, clock=lambda: self.now)

    def _tell(self, event: SessionEvent, session: Session, *, code: str | None, seconds: float) -> None:
        self.events.append((event, session.id, code, seconds))

    def _halt(self, owner: object, session: Session, code: str) -> None:
        self.halted.append((owner, session.id, code))

    def _changed(self, display: str) -> None:
        self.changed.append(display)

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


def test_a_display_begins_at_most_thirty_conversations_in_any_minute(hall: Hall) -> None:
    for number in range(MAX_STARTS):
        hall.report("connecting", session=f"s{number}", number=number + 1)
        hall.now += 1
    published = len(hall.events)
    for more in ({"state": "connecting", "number": 99}, {"state": "failed", "number": 99}):
        with pytest.raises(RateLimitedError, match="Try again in 30 seconds") as caught:
            hall.report(session="more", **more)
        assert caught.value.retry_after == 30.0
    assert len(hall.events) == published
    assert hall.usage.of("kitchen").sessions == MAX_STARTS
    # Another display is another caller, and the conversation that runs goes on.
    hall.report("connecting", session="other", display="desk", owner="desk", number=1)
    hall.report("speaking", session=f"s{MAX_STARTS - 1}", number=100)
    assert hall.state is SessionState.SPEAKING
    hall.now += 31
    hall.report("connecting", session="more", number=101)
    assert hall.state is SessionState.CONNECTING


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
    assert len(hall.changed) == 4
    assert not hall.sessions.is_under_way("one")


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
    assert hall.sessions.is_under_way("two")
    before = len(hall.changed)
    hall.sessions.owner_left("tablet")
    assert len(hall.changed) == before


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
    changes = len(hall.changed)
    hall.sessions.tick()
    assert hall.state is SessionState.IDLE
    assert len(hall.changed) == changes + 1
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
    changes = len(hall.changed)
    hall.sessions.end_all()
    assert hall.events[2:] == [
        (SessionEvent.ENDED, "one", "stopped", 9.0),
        (SessionEvent.ENDED, "two", "stopped", 9.0),
    ]
    assert hall.seconds == 9
    assert not hall.sessions.all()
    hall.sessions.end_all()
    assert len(hall.changed) == changes + 1


# --- reports out of order


def test_an_end_that_was_overtaken_stays_the_end(hall: Hall) -> None:
    hall.report("connecting", number=1)
    hall.report("ended", number=3)
    hall.report("listening", number=2)
    assert hall.state is SessionState.IDLE
    assert [event for event, *_ in hall.events] == [SessionEvent.STARTED, SessionEvent.ENDED]
    assert hall.halted == []


def test_an_end_may_come_before_its_beginning(hall: Hall) -> None:
    hall.report("ended", number=2, usage=USAGE)
    hall.report("connecting", number=1)
    assert hall.state is SessionState.IDLE
    assert (hall.events, hall.usage.of("kitchen").tokens) == ([], 150)
    # A failure is still published: somebody is waiting at the display.
    hall.report("failed", session="two", number=2, code="connection_blocked")
    hall.report("connecting", session="two", number=1)
    assert hall.state is SessionState.ERROR
    assert hall.events == [(SessionEvent.FAILED, "two", "connection_blocked", 0.0)]
    # Not if somebody talks again, or if there is no display.
    hall.report("connecting", session="three", number=3)
    hall.report("failed", session="four", number=5)
    hall.report("failed", session="five", number=6, display=None)
    assert hall.state is SessionState.CONNECTING


def test_of_an_old_report_only_the_usage_counts_and_once(hall: Hall) -> None:
    hall.report("connecting", number=1)
    hall.report("speaking", number=4)
    for _ in range(3):
        hall.report("thinking", number=3, usage=USAGE)
        hall.report("listening", number=2)
    assert hall.state is SessionState.SPEAKING
    assert hall.usage.of("kitchen").tokens == 150
    hall.report("ended", number=6)
    for _ in range(2):
        hall.report("speaking", number=5, usage=USAGE)
    assert hall.state is SessionState.IDLE
    assert hall.usage.of("kitchen").tokens == 300


def test_what_is_far_too_late_counts_no_more_and_needs_no_memory(hall: Hall) -> None:
    for number in range(1, 3 * MAX_LATE):
        hall.report("speaking", number=number, usage=USAGE)
    assert hall.usage.of("kitchen").tokens == (3 * MAX_LATE - 1) * 150
    found = hall.sessions.find("one")
    assert found is not None
    assert len(found.numbers._counted) <= MAX_LATE
    hall.report("speaking", number=MAX_LATE, usage=USAGE)
    assert hall.usage.of("kitchen").tokens == (3 * MAX_LATE - 1) * 150


def test_a_client_that_does_not_number_cannot_revive_what_is_over(hall: Hall) -> None:
    hall.report("listening")
    hall.report("ended")
    with pytest.raises(UnknownSessionError):
        hall.report("speaking")
    assert hall.state is SessionState.IDLE
    # The id can be used for another conversation.
    hall.report("connecting")
    assert hall.usage.of("kitchen").sessions == 2


def test_what_is_over_is_remembered_for_a_while_and_for_each_caller(hall: Hall) -> None:
    hall.report("ended", session="hers", user="Anna", number=1)
    for number in range(1, MAX_PAST_PER_CALLER + 2):
        hall.report("ended", session=f"s{number}", number=number)
    for session, known in (("s1", False), ("s2", True), (f"s{MAX_PAST_PER_CALLER + 1}", True), ("hers", True)):
        assert (hall.sessions.find(session) is not None) is known, session


# --- lost connections


def test_a_page_that_is_back_goes_on_with_its_conversation(hall: Hall) -> None:
    hall.report("connecting", number=1)
    hall.report("listening", number=2)
    hall.now += 10
    hall.sessions.owner_left("tablet")
    assert hall.state is SessionState.IDLE
    hall.now += 70
    # A late old report does not count as activity.
    hall.report("connecting", number=1, owner="tablet again")
    assert hall.state is SessionState.IDLE
    hall.report("speaking", number=3, owner="tablet again")
    assert hall.state is SessionState.SPEAKING
    hall.now += 10
    hall.report("ended", number=4, owner="tablet again")
    assert hall.usage.of("kitchen").sessions == 1
    assert hall.seconds == 90, "it went on all the time"
    assert hall.events[1:] == [
        (SessionEvent.ENDED, "one", "connection_lost", 10.0),
        (SessionEvent.STARTED, "one", None, 0.0),
        (SessionEvent.ENDED, "one", None, 90.0),
    ]


def test_a_page_that_is_back_and_says_that_it_is_over_ends_it_for_good(hall: Hall) -> None:
    hall.report("listening", number=1)
    hall.sessions.owner_left("tablet")
    hall.report("ended", number=3, owner="tablet again")
    hall.report("listening", number=2, owner="tablet again")
    hall.report("listening", number=4, owner="tablet again")
    assert hall.state is SessionState.IDLE
    assert hall.halted == [("tablet again", "one", "connection_lost")]


def test_a_page_is_back_before_its_old_connection_is_missed(hall: Hall) -> None:
    hall.report("listening", number=1)
    hall.report("speaking", number=2, owner="tablet again")
    assert hall.state is SessionState.SPEAKING
    hall.sessions.owner_left("tablet")
    assert hall.state is SessionState.SPEAKING
    hall.sessions.owner_left("tablet again")
    assert hall.state is SessionState.IDLE


@pytest.mark.parametrize("other", [{"display": "kitchen"}, {"user": "Bob"}, {"number": None}])
@pytest.mark.parametrize("over", [False, True])
def test_nobody_else_takes_a_conversation_over(hall: Hall, other: dict[str, Any], over: bool) -> None:
    hall.report("ended" if over else "listening", number=1)
    with pytest.raises(NotAllowedError):
        hall.report("speaking", **{"owner": "a stranger", "number": 2} | other)
    assert hall.state is (SessionState.IDLE if over else SessionState.LISTENING)


def test_a_conversation_without_a_sign_of_life_is_lost(hall: Hall) -> None:
    hall.report("listening", number=1)
    for number in range(2, 200):
        hall.now += 60
        hall.report("listening", number=number)
        hall.sessions.tick()
    assert hall.state is SessionState.LISTENING, "one that says that it goes on may take longer than an hour"
    hall.now += 89
    hall.sessions.tick()
    assert hall.state is SessionState.LISTENING
    hall.now += 1
    hall.sessions.tick()
    assert hall.state is SessionState.IDLE
    assert hall.events[-1] == (SessionEvent.ENDED, "one", "connection_lost", 198 * 60 + 90)
    # The tablet slept for a night, and continues. An hour of that counts.
    hall.now += 8 * 3600
    spoken = hall.seconds
    hall.report("listening", number=500)
    assert hall.state is SessionState.LISTENING
    assert hall.seconds - spoken == 3600 - 90


def test_a_conversation_that_moved_stays_where_it_is(hall: Hall) -> None:
    hall.report("listening", number=1)
    hall.report("connecting", owner="phone", session="two", number=1)
    assert hall.halted == [("tablet", "one", "replaced")]
    # The tablet does not know it yet, or its report was on the way.
    hall.report("speaking", number=2)
    assert hall.halted == [("tablet", "one", "replaced")] * 2
    assert [session.id for session in hall.sessions.all()] == ["two"]


def test_a_page_that_is_back_after_somebody_began_elsewhere_ends(hall: Hall) -> None:
    hall.report("listening", number=1)
    hall.sessions.owner_left("tablet")
    hall.report("connecting", owner="phone", session="two", number=1)
    hall.report("listening", owner="tablet again", number=2)
    assert hall.halted == [("tablet again", "one", "replaced")]
    hall.report("ended", owner="phone", session="two", number=2)
    hall.report("listening", owner="tablet again", number=3)
    assert hall.state is SessionState.IDLE, "what was over stays over"


def test_a_page_without_a_display_goes_on_too(hall: Hall) -> None:
    hall.report("listening", number=1, display=None)
    hall.sessions.owner_left("tablet")
    hall.report("listening", number=2, display=None, owner="tablet again")
    assert len(hall.sessions.all()) == 1


def test_what_nobody_answers_for_can_be_ended(hall: Hall) -> None:
    hall.report("listening", number=1)
    hall.now += 5
    assert hall.sessions.give_up("one")
    assert not hall.sessions.give_up("one")
    assert hall.events[-1] == (SessionEvent.ENDED, "one", "no_answer", 5.0)
    hall.report("speaking", number=2)
    assert hall.state is SessionState.IDLE
    assert hall.halted == [("tablet", "one", "no_answer")]


SAID = st.lists(st.tuples(st.sampled_from(["listening", "thinking", "speaking"]), st.booleans()), max_size=8)
"""The reports of a page after its start: states, and whether a report has usage."""


@settings(max_examples=300, deadline=None)
@given(said=SAID, over=st.sampled_from(["ended", "failed", None]), data=st.data())
def test_after_the_last_report_the_registry_agrees_with_the_page(
    said: list[tuple[str, bool]], over: str | None, data: st.DataObject
) -> None:
    """Reports come in any order, twice or never, and connections break in between; then the last one arrives."""
    hall = Hall()
    told = [("connecting", False), *said, *([(over, False)] if over else [])]
    reports = [
        {"state": state, "number": number, "usage": USAGE if used else None}
        for number, (state, used) in enumerate(told, 1)
    ]
    before = data.draw(st.lists(st.sampled_from([*reports, None]), max_size=20), label="before")
    after = data.draw(st.lists(st.sampled_from(reports), max_size=5), label="after")
    # A page that comes back reports its state again.
    last = {**reports[-1], "number": len(reports) + 1, "usage": None} if None in before else reports[-1]
    connection, came = 0, set()
    for report in (*before, last, *after):
        hall.now += 1
        if report is None:
            hall.sessions.owner_left(connection)
            connection += 1
        else:
            came.add(report["number"])
            hall.report(owner=connection, **report)
    if over:
        assert not hall.sessions.all()
    else:
        assert hall.state == told[-1][0]
    assert hall.usage.of("kitchen").tokens == 150 * sum(
        each["usage"] is not None and each["number"] in came for each in reports
    )
    assert hall.usage.of("kitchen").sessions <= 1
    assert hall.halted == []
