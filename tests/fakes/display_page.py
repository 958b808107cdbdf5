"""The page of a display as a host sees it, over real connections, and the rules of both hosts for it.

A host hands in what is its own way: how a person lets a display begin and end, and where one looks what it does.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any, ClassVar, Final, Protocol

from aiohttp import ClientResponse

USAGE: Final = {"total_tokens": 30, "input_tokens": 10, "output_tokens": 20}


class DisplayPage:
    """The page of a display, over real connections."""

    all: ClassVar[list["DisplayPage"]] = []
    """The open pages. Close them before their client."""

    def __init__(self, client: Any, prefix: str, token: str, response: ClientResponse) -> None:
        self._client = client
        self._prefix = prefix
        self._headers = {"Authorization": f"Bearer {token}"}
        self.response = response
        self.stream = ""
        self.configuration: dict[str, Any] = {}

    @classmethod
    async def opened(cls, client: Any, token: str, *, prefix: str = "/api/navai", **query: str) -> "DisplayPage":
        response = await client.get(
            f"{prefix}/display/commands", params=query, headers={"Authorization": f"Bearer {token}"}
        )
        assert response.status == 200, await response.text()
        page = cls(client, prefix, token, response)
        cls.all.append(page)
        first = await page.event()
        assert first.keys() == {"type", "stream"}
        assert first["type"] == "stream"
        page.stream = first["stream"]
        page.configuration = await page.event()
        return page

    async def line(self) -> bytes:
        async with asyncio.timeout(10):
            return await self.response.content.readline()

    async def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(await self.line())
        return event

    async def over(self) -> None:
        """Assert that nothing more comes."""
        assert await self.line() == b""

    async def send(self, body: Any) -> ClientResponse:
        return await self._client.post(f"{self._prefix}/session/report", json=body, headers=self._headers)

    async def mint(self, profile: str) -> tuple[int, str]:
        """Ask for a secret that is refused; returns status and code."""
        response = await self._client.post(
            f"{self._prefix}/profiles/{profile}/client-secret", json={}, headers=self._headers
        )
        return await refusal(response)

    async def report(self, session: str, state: str, **fields: Any) -> None:
        response = await self.send({"stream": self.stream, "session": session, "state": state, **fields})
        assert (response.status, await response.json()) == (200, {})
        assert response.headers["Cache-Control"] == "no-store"

    async def refused(self, **fields: Any) -> tuple[int, str]:
        response = await self.send({"stream": self.stream, "session": "s1", "state": "listening"} | fields)
        return await refusal(response)

    def leave(self) -> None:
        self.response.close()

    @classmethod
    def leave_all(cls) -> None:
        while cls.all:
            cls.all.pop().leave()


async def refusal(response: ClientResponse) -> tuple[int, str]:
    """Return status and code of a refusal, which has the shape of all."""
    body = await response.json()
    assert body["error"]
    assert body["request_id"] == response.headers["X-Request-Id"]
    return response.status, body["code"]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


class Host(Protocol):
    """The host of the display `hall`, whose profile is `kitchen`."""

    events: list[dict[str, Any]]
    """The published events of conversations."""

    async def open(self) -> DisplayPage:
        """A page of the display."""

    async def start(self, **fields: str) -> str:
        """Start a conversation on the display: `responded` or `no_response`."""

    async def stop(self) -> str:
        """End the conversation on the display: `responded`, `ended` or `no_response`."""

    async def state(self) -> str:
        """The state of the display on the host."""

    def connected(self) -> bool:
        """Whether a page shows it."""

    def tokens(self) -> int:
        """How many tokens are counted today."""


async def it_is_told_to_begin_and_to_end(host: Host) -> None:
    hall = await host.open()
    starting = asyncio.ensure_future(host.start(start_message="¡Bienvenida!"))
    command = await hall.event()
    assert command == {
        "type": "start",
        "profile": "kitchen",
        "start_message": "¡Bienvenida!",
        "request": command["request"],
    }
    await hall.report("s1", "connecting", profile="kitchen", request=command["request"])
    assert await starting == "responded"
    for doing in ("listening", "thinking", "speaking"):
        await hall.report("s1", doing)
        assert await host.state() == doing
    await hall.report("s1", "speaking", usage=USAGE, model="gpt-realtime-2.1")
    assert host.tokens() == 30
    # The state of a report counts, whatever the provider has counted.
    for wrong in ({**USAGE, "total_tokens": 1}, {"input_tokens": -1, "output_tokens": "many"}, [1]):
        await hall.report("s1", "thinking", usage=wrong)
        assert await host.state() == "thinking"
    assert host.tokens() == 60
    # What people say is transcribed by another model, which is named in the profile.
    await hall.report("s1", "listening", usage={"type": "tokens", "input_tokens": 12, "output_tokens": 3})
    assert host.tokens() == 75
    stopping = asyncio.ensure_future(host.stop())
    command = await hall.event()
    assert command.keys() == {"type", "request"}
    assert command["type"] == "stop"
    await hall.report("s1", "ended", request=command["request"])
    assert await stopping == "responded"
    assert await host.state() == "idle"
    assert [event["type"] for event in host.events] == ["started", "ended"]
    assert all(event["display"] == "hall" for event in host.events)


async def it_begins_in_its_own_words(host: Host) -> None:
    hall = await host.open()
    starting = asyncio.ensure_future(host.start(extra_system_prompt="The washing machine has ended."))
    command = await hall.event()
    assert command["extra_system_prompt"] == "The washing machine has ended."
    assert "start_message" not in command
    await hall.report("s1", "connecting", profile="kitchen", request=command["request"])
    assert await starting == "responded"


async def it_may_be_unable_to_begin_and_have_nothing_to_end(host: Host) -> None:
    hall = await host.open()
    starting = asyncio.ensure_future(host.start())
    request = (await hall.event())["request"]
    await hall.report(f"none-{request}", "failed", request=request)
    assert await starting == "no_response"
    stopping = asyncio.ensure_future(host.stop())
    request = (await hall.event())["request"]
    await hall.report(f"none-{request}", "ended", request=request)
    assert await stopping == "responded"
    assert await host.state() == "idle"


async def its_conversation_ends_with_its_page(host: Host) -> None:
    hall = await host.open()
    await hall.report("s1", "listening", profile="kitchen")
    hall.leave()
    await until(lambda: not host.connected())
    assert await host.state() == "idle"
    assert (host.events[-1]["type"], host.events[-1]["code"]) == ("ended", "connection_lost")
    assert await hall.refused(profile="kitchen") == (404, "stream_not_open")
    assert await host.state() == "idle"


async def reports_that_overtake_each_other_revive_nothing(host: Host) -> None:
    hall = await host.open()
    await hall.report("s1", "connecting", profile="kitchen", number=1)
    await hall.report("s1", "ended", profile="kitchen", number=4)
    for _ in range(2):
        await hall.report("s1", "speaking", profile="kitchen", number=3, usage=USAGE)
    await hall.report("s1", "listening", profile="kitchen", number=2)
    assert await host.state() == "idle"
    assert host.tokens() == 30
    assert [event["type"] for event in host.events] == ["started", "ended"]
    # An end may arrive before the start.
    await hall.report("s2", "ended", profile="kitchen", number=6)
    await hall.report("s2", "connecting", profile="kitchen", number=5)
    assert await host.state() == "idle"
    assert len(host.events) == 2


async def a_page_that_lost_its_stream_goes_on_over_another_one(host: Host) -> None:
    hall = await host.open()
    await hall.report("s1", "listening", profile="kitchen", number=1)
    # The Wi-Fi is back before the host notices the loss of the old connection.
    again = await host.open()
    assert again.configuration["session"] == "s1"
    assert await again.refused(session="s1", state="speaking", profile="kitchen") == (403, "not_allowed")
    await again.report("s1", "speaking", profile="kitchen", number=2)
    hall.leave()
    again.leave()
    await until(lambda: not host.connected())
    assert await host.state() == "idle"
    once_more = await host.open()
    assert once_more.configuration["session"] is None
    await once_more.report("s1", "speaking", profile="kitchen", number=3)
    assert await host.state() == "speaking"
    # Its earlier reports are only late.
    await once_more.report("s1", "ended", profile="kitchen", number=5)
    await once_more.report("s1", "listening", profile="kitchen", number=4)
    assert await host.state() == "idle"


async def a_start_goes_where_somebody_talks(host: Host) -> None:
    talking, latest = await host.open(), await host.open()
    await talking.report("s1", "listening", profile="kitchen", number=1)
    starting = asyncio.ensure_future(host.start())
    command = await talking.event()
    assert (command["type"], command["session"]) == ("start", "s1")
    await talking.report("s1", "listening", number=2, request=command["request"])
    assert await starting == "responded"
    # A tap at the other one moves the conversation, and the first one is notified.
    await latest.report("s2", "connecting", profile="kitchen", number=1)
    command = await talking.event()
    assert (command["type"], command["session"], command["code"]) == ("stop", "s1", "replaced")


async def a_secret_that_is_refused_is_told_once(host: Host) -> None:
    page = await host.open()
    for _ in range(3):
        assert await page.mint("nosuch") == (404, "unknown_profile")
    assert [(event["type"], event["display"], event["code"]) for event in host.events] == [
        ("refused", "hall", "unknown_profile")
    ]
    assert await host.state() == "idle"


async def nobody_answers_where_it_rings(host: Host) -> None:
    page = await host.open()
    starting = asyncio.ensure_future(host.start())
    request = (await page.event())["request"]
    about = {"session": f"none-{request}", "request": request}
    # Before it took the command, it cannot have rung for it.
    assert await page.refused(**about, state="missed") == (404, "unknown_session")
    await page.report(about["session"], "ended", request=request)
    assert await starting == "responded"
    # Its connection was lost meanwhile.
    page.leave()
    page = await host.open()
    await page.report(about["session"], "missed", request=request)
    assert await page.refused(**about, state="missed") == (404, "unknown_session")
    (event,) = host.events
    assert (event["type"], event["display"], event["profile"]) == ("missed", "hall", "kitchen")


async def a_report_that_does_not_fit_is_refused(host: Host) -> None:
    page = await host.open()
    for field in (
        {"number": True},
        {"number": 0},
        {"provider_code": "sk-this-is-no-code"},
        {"request_id": "not one"},
        {"state": "asleep"},
        {"display": "another"},
        {},
    ):
        status, code = await page.refused(profile="kitchen", **field) if field else await page.refused()
        assert (status, code) in {(400, "invalid_request"), (403, "not_allowed")}, field
    assert host.events == []
    await page.report(
        "s1", "failed", profile="kitchen", code="upstream_refused", provider_code="server_error", number=1
    )
    assert host.events[-1]["provider_code"] == "server_error"


RULES: Final = (
    nobody_answers_where_it_rings,
    a_report_that_does_not_fit_is_refused,
    a_secret_that_is_refused_is_told_once,
    it_is_told_to_begin_and_to_end,
    it_begins_in_its_own_words,
    it_may_be_unable_to_begin_and_have_nothing_to_end,
    its_conversation_ends_with_its_page,
    reports_that_overtake_each_other_revive_nothing,
    a_page_that_lost_its_stream_goes_on_over_another_one,
    a_start_goes_where_somebody_talks,
)
