"""Each blueprint becomes an automation, as in the interface, and starts a conversation on a connected display."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from conftest import BLUEPRINTS
from ha_socket import PATIENCE_S, HaSocket, Subscription
from home_assistant import HomeAssistant, User
from house_support import House

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAMES = sorted(path.name for path in BLUEPRINTS.glob("*.yaml"))


async def automate(house: House, blueprint: str, inputs: Mapping[str, Any]) -> str:
    """Create an automation from a blueprint, as the interface does, and return its entity."""
    blueprint_input = {"path": f"navai/{blueprint}", "input": dict(inputs)}
    name = blueprint.removesuffix(".yaml")
    return await house.running.automate(name, alias=name, use_blueprint=blueprint_input, trace={"stored_traces": 20})


async def become(house: HomeAssistant, entity: str, state: str, **attributes: Any) -> None:
    """Set the state of an entity that has no device."""
    status, _ = await house.request(
        "POST", f"/api/states/{entity}", json={"state": state, "attributes": attributes, "force_update": True}
    )
    assert status in {200, 201}


class Screen:
    """A browser that is a display: the commands that it receives, and its reports."""

    def __init__(self, socket: HaSocket, events: Subscription, display: str) -> None:
        self._socket = socket
        self._events = events
        self._display = display
        self._conversations = 0

    async def next_start(self) -> dict[str, Any]:
        """Wait for a start command, end the conversation at once, and return the command."""
        command = await self._events.next()
        self._conversations += 1
        about = {"session": f"{self._display}-{self._conversations}", "display": self._display}
        about["profile"] = command["profile"]
        await self._socket.call("navai/session/report", state="connecting", request=command.pop("request"), **about)
        await self._socket.call("navai/session/report", state="ended", **about)
        return dict(command)

    @property
    def has_commands(self) -> bool:
        return not self._events.events.empty()


@asynccontextmanager
async def screen(house: House, display: str, user: User | None = None) -> AsyncIterator[Screen]:
    async with house.running.websocket(user.token if user else None) as socket:
        events = await socket.subscribe("navai/subscribe", display=display)
        await events.next()
        yield Screen(socket, events, display)


async def ran(house: House, automation: str, times: int) -> list[str]:
    """Wait until an automation has run this many times, and return how its runs ended."""
    item = automation.removeprefix("automation.")
    async with house.running.websocket() as socket, asyncio.timeout(PATIENCE_S):
        runs: list[dict[str, str]] = []
        while len(runs) < times or any(run["state"] == "running" for run in runs):
            runs = await socket.call("trace/list", domain="automation", item_id=item)
    return sorted(run["script_execution"] for run in runs)


async def test_the_blueprints_match_the_schema_of_this_release(house: House) -> None:
    found = await house.call("blueprint/list", domain="automation")
    ours = {path: each for path, each in found.items() if path.startswith("navai/")}
    assert [path.removeprefix("navai/") for path in sorted(ours)] == NAMES
    for blueprint in ours.values():
        about = blueprint["metadata"]
        assert about["homeassistant"] == {"min_version": "2026.2.0"}
        assert about["name"].startswith("navai: ")
        inputs = [each for given in about["input"].values() for each in given.get("input", {"": given}).values()]
        assert all(each["name"] and each["selector"] for each in inputs)
        assert about["description"]


async def test_people_who_come_in_are_greeted_once(house: House) -> None:
    hall = (await house.devices())["Hall tablet"]
    await become(house.running, "binary_sensor.front_door", "off", device_class="door")
    name = "greet_at_the_door.yaml"
    doors = ["binary_sensor.front_door", "binary_sensor.side_door"]
    inputs = {"arrival": doors, "display": hall, "extra_system_prompt": "It's {{ 40 + 2 }} o'clock."}
    automation = await automate(house, name, inputs)
    async with screen(house, "hall") as tablet:
        # A new sensor, as when Home Assistant starts.
        await become(house.running, "binary_sensor.side_door", "on", device_class="door")
        await become(house.running, "binary_sensor.front_door", "on", device_class="door")
        assert await tablet.next_start() == {
            "type": "start",
            "profile": "kitchen",
            "start_message": "Welcome home!",
            "extra_system_prompt": "It's 42 o'clock.",
        }
        # The door opens again a moment later. A sensor that becomes available again does not count.
        for state in ("off", "on", "unavailable", "on"):
            await become(house.running, "binary_sensor.front_door", state, device_class="door")
        assert await ran(house, automation, 3) == ["failed_conditions", "failed_conditions", "finished"]
        assert not tablet.has_commands


async def test_a_machine_that_no_longer_needs_power_starts_a_conversation(house: House) -> None:
    hall = (await house.devices())["Hall tablet"]
    await become(house.running, "sensor.washing_power", "1200", device_class="power")
    inputs = {"power": ["sensor.washing_power"], "display": [hall], "quiet": {"milliseconds": 1}}
    await automate(house, "washing_machine_ends.yaml", inputs)
    async with screen(house, "hall") as tablet:
        await become(house.running, "sensor.washing_power", "1.5", device_class="power")
        command = await tablet.next_start()
        assert command["extra_system_prompt"].startswith("The washing machine has just finished.")
        assert "start_message" not in command
        assert command["profile"] == "kitchen"


async def test_a_machine_with_a_state_starts_a_conversation_with_its_profile(house: House, anna: User) -> None:
    desk = (await house.devices())["Desk"]
    await become(house.running, "sensor.dishwasher", "run")
    inputs = {"machine": ["sensor.dishwasher"], "display": [desk], "profile": "kitchen"}
    await automate(house, "washing_machine_ends.yaml", inputs)
    async with screen(house, "desk", anna) as desktop:
        await become(house.running, "sensor.dishwasher", "finished")
        assert (await desktop.next_start())["profile"] == "kitchen"


async def test_a_button_starts_a_conversation_in_its_room(house: House, anna: User) -> None:
    devices = await house.devices()
    await house.call("input_button/create", name="Hallway button")
    await house.call("input_button/create", name="Attic button")
    areas = {each["name"]: each["area_id"] for each in await house.call("config/area_registry/list")}
    await house.call("config/entity_registry/update", entity_id="input_button.hallway_button", area_id=areas["Hallway"])
    name = "button_in_the_room.yaml"
    buttons = ["input_button.hallway_button", "input_button.attic_button", "event.remote"]
    device_trigger = {"trigger": "event", "event_type": "remote_pressed"}
    inputs = {"button": buttons, "display": [devices["Desk"]], "presses": ["single"], "other": [device_trigger]}
    automation = await automate(house, name, inputs)

    async def press(button: str) -> None:
        await house.running.call_action("input_button", "press", {"entity_id": f"input_button.{button}"})

    # It appears, but is not pressed.
    await become(house.running, "event.remote", "2026-01-01T00:00:00+00:00", event_type="single")
    async with screen(house, "hall") as tablet, screen(house, "desk", anna) as desktop:
        # A button on a dashboard has only one type of press, without a name.
        await press("hallway_button")
        assert await tablet.next_start() == {"type": "start", "profile": "kitchen"}
        await press("attic_button")
        assert await desktop.next_start() == {"type": "start", "profile": "office"}
        await become(house.running, "event.remote", "2026-01-01T00:00:01+00:00", event_type="double")
        await become(house.running, "event.remote", "2026-01-01T00:00:02+00:00", event_type="single")
        assert (await desktop.next_start())["type"] == "start"
        await house.running.request("POST", "/api/events/remote_pressed", json={"device_id": devices["Hall tablet"]})
        assert (await tablet.next_start())["type"] == "start"
        assert not desktop.has_commands
        assert await ran(house, automation, 6) == [*["failed_conditions"] * 2, *["finished"] * 4]


async def test_the_automations_log_no_problems(house: House) -> None:
    assert house.unexpected() == []
    loggers = ("homeassistant.components.automation", "homeassistant.components.blueprint", "homeassistant.helpers")
    records = [record for record in house.running.log.records() if record.logger.startswith(loggers)]
    assert not [record for record in records if record.level != "INFO"]
