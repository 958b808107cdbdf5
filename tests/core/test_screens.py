"""Which of a display's screens are asked, and whose answer counts."""

import asyncio
from datetime import date
from typing import Any

import pytest

from navai_core.models import Display, Settings
from navai_core.sessions.displays import Displays, Screen
from navai_core.sessions.manager import SessionManager
from navai_core.sessions.rate_limits import Limiter, LocalCounter
from navai_core.sessions.session import SessionChange
from navai_core.sessions.usage import UsageBook


class Page:
    """A screen that remembers what it was sent."""

    def __init__(self, displays: Displays, owner: str) -> None:
        self.events: list[dict[str, Any]] = []
        self.leave = displays.add(Screen("hall", self.events.append, owner, find=self._find))

    def _find(self, _: Settings) -> Display:
        raise AssertionError


@pytest.fixture
def displays() -> Displays:
    return Displays(lambda _: None)


async def settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_all_are_told(displays: Displays) -> None:
    first, second = Page(displays, "a"), Page(displays, "b")
    displays.send("hall", {"type": "stop"})
    assert first.events == second.events == [{"type": "stop"}]


async def test_nobody_is_asked_where_nobody_is(displays: Displays) -> None:
    assert await displays.start("hall", {"type": "start", "profile": "kitchen"}, "r1") is False
    assert await displays.stop("hall", "r2", None) is False


async def test_a_holder_that_gives_no_answer_is_replaced(displays: Displays, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("navai_core.sessions.displays.ANSWER_TIMEOUT_S", 0.01)
    dead, alive = Page(displays, "dead"), Page(displays, "alive")
    start = {"type": "start", "profile": "kitchen"}
    starting = asyncio.ensure_future(displays.start("hall", start, "r1", ("dead", "s1")))
    while not alive.events:
        await asyncio.sleep(0)
    displays.answered("nosuch", "alive")
    displays.answered("r1", "somebody else")
    displays.answered("r1", "alive")
    assert await starting is True
    assert dead.events[0]["session"] == "s1"


async def test_a_stop_counts_when_all_of_a_connection_hold_nothing(displays: Displays) -> None:
    Page(displays, "a")
    Page(displays, "a")
    stopping = asyncio.ensure_future(displays.stop("hall", "r1", "a"))
    await settle()
    displays.answered("r1", "a", talks=False)
    await settle()
    assert not stopping.done()
    displays.answered("r1", "a", talks=False)
    assert await stopping is True


class Manager(SessionManager):
    """A host that says nothing."""

    def publish(self, change: SessionChange) -> None:
        pass

    def display_changed(self, display: str) -> None:
        pass


async def test_without_settings_there_is_nothing_to_serve() -> None:
    manager = Manager(UsageBook(date.today), Limiter(LocalCounter(), 10), "tag")
    assert not manager.is_ready
    with pytest.raises(Exception, match="not set up"):
        _ = manager.service
    page = Page(manager.displays, "a")
    manager.dismiss()
    assert page.events == [{"type": "removed"}]


async def test_a_host_has_to_say_what_becomes_of_the_news() -> None:
    manager = SessionManager(UsageBook(date.today), Limiter(LocalCounter(), 10), "tag")
    with pytest.raises(NotImplementedError):
        manager.display_changed("hall")
    with pytest.raises(NotImplementedError):
        manager.publish(SessionChange)  # type: ignore[arg-type]
