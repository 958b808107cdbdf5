"""The card's resource and a kiosk page in a real house: they come with its start and do not keep it from stopping."""

import asyncio
import json
from typing import Any

import pytest
from home_assistant import User
from house_support import HALL, House, block, configuration
from secret_watch import WATCH

pytestmark = pytest.mark.asyncio(loop_scope="session")

COMMANDS = "/api/navai/display/commands"
REPORT = "/api/navai/session/report"
YAML_RESOURCES = "\nlovelace:\n  resource_mode: yaml\n  resources: []\n"


async def card_of(house: House) -> str:
    """The address of the card's module, as the running version serves it."""
    status, health = await house.running.request("GET", "/api/navai/health", sign_in=False)
    assert status == 200
    return f"/api/navai/www/{health['modules']}/navai-card.js"


async def resources(house: House) -> list[tuple[str, str]]:
    return [(item["type"], item["url"]) for item in await house.call("lovelace/resources")]


async def test_the_first_start_gives_the_dashboards_the_card(house: House) -> None:
    card = await card_of(house)
    assert await resources(house) == [("module", card)]
    status, module = await house.running.request("GET", card, sign_in=False)
    assert status == 200
    assert "navai-card" in module
    assert house.unexpected() == []


async def test_a_kiosk_page_is_commanded_and_lets_the_house_restart(house: House, anna: User) -> None:
    running, headers = house.running, {"Authorization": f"Bearer {HALL}"}
    status, page = await running.request("GET", "/api/navai/kiosk/kitchen", sign_in=False)
    assert status == 200
    WATCH.text("kiosk page", page)
    before = await resources(house)
    async with running.session.get(running.url + COMMANDS, headers=headers, timeout=None) as stream:  # type: ignore[arg-type]

        async def event() -> dict[str, Any]:
            async with asyncio.timeout(30):
                found: dict[str, Any] = json.loads(await stream.content.readline())
            return found

        number = (await event())["stream"]
        assert (await event())["display"] == "hall"
        starting = asyncio.create_task(
            running.call_action("navai", "start_conversation", {"display": "hall"}, respond=True)
        )
        command = await event()
        assert (command["type"], command["profile"]) == ("start", "kitchen")
        body = {"stream": number, "session": "s1", "state": "listening", "profile": "kitchen"}
        asked = {"request": command["request"]}
        assert await running.request("POST", REPORT, token=HALL, json=body | asked) == (200, {})
        assert await starting == {"responded": ["hall"], "no_response": []}
        found = await house.state("display:hall:session")
        assert (found["state"], found["attributes"]["activity"]) == ("in_conversation", "listening")
        assert found["attributes"]["connected"] is True
        await running.stop()
        assert await stream.content.read() == b"", "the house ends it, and waits for nobody"
    await running.start()
    assert await resources(house) == before
    assert (await house.state("display:hall:session"))["attributes"]["connected"] is False
    assert house.unexpected() == []


async def test_where_resources_are_yaml_the_card_is_loaded_beside_them(house: House) -> None:
    running = house.running
    running.config.configure(configuration(block(house.base_url)) + YAML_RESOURCES)
    await running.restart()
    assert await resources(house) == []
    _, page = await running.request("GET", "/", sign_in=False)
    assert await card_of(house) in page
    running.config.configure(configuration(block(house.base_url)))
    await running.restart()
    assert await resources(house) == [("module", await card_of(house))]
    _, page = await running.request("GET", "/", sign_in=False)
    assert "navai-card.js" not in page, "it would be loaded twice"
    assert house.unexpected() == []
