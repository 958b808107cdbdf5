"""What the tests on a Home Assistant process share: a house with navai in it, and looks into its registries."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from e2e_support import KEY
from ha_log import Record
from home_assistant import HomeAssistant
from secret_watch import WATCH

HALL = WATCH.secret("tok_hall_Xq7mZt2LxW9bRk4N")
DESK = WATCH.secret("tok_desk_Xq7mZt2LxW9bRk4N")
WRONG = WATCH.secret("tok_wrong_Xq7mZt2LxW9bRk4N")

OURS = re.compile(r".*?((?:profile|display):.*)")

SURROUNDINGS = """
automation: !include automations.yaml
config:
conversation:
frontend:
history:
input_boolean:
  valve:
input_button:
logbook:
recorder:
script:
  water:
    alias: Water
    description: Water the plants.
    sequence:
      - action: input_boolean.turn_on
        target: {entity_id: input_boolean.valve}
      - delay: 3
      - action: input_boolean.turn_off
        target: {entity_id: input_boolean.valve}
system_health:
template: !include template.yaml
logger:
  default: info
  logs:
    custom_components.navai: debug
"""
"""The rest of the house. Our own log is at its loudest, where a secret would show soonest."""


def block(base_url: str, **changes: Any) -> dict[str, Any]:
    """A `navai:` block: `kitchen` is for everybody, `office` for Anna and for automations."""
    return {
        "api_key": KEY,
        "base_url": base_url,
        "profiles": {
            "kitchen": {
                "name": "Kitchen helper",
                "model": "gpt-realtime-2.1",
                "llm_api": ["assist"],
                "allow_overrides": ["language"],
            },
            "office": {"name": "Office", "model": "gpt-realtime-2.1", "users": ["Anna"], "automations": True},
        },
        "displays": {
            "hall": {"name": "Hall tablet", "profile": "kitchen", "area": "Hallway", "token": HALL, "functions": True},
            "desk": {"name": "Desk", "profile": "office", "profiles": ["kitchen"], "users": ["Anna"], "token": DESK},
        },
    } | changes


def configuration(block: Mapping[str, Any] | None) -> str:
    """The YAML of the house; without a block it has no navai."""
    # JSON is YAML. A line of its own for each value: mistakes are told with their line.
    ours = "" if block is None else f"navai:\n  {json.dumps(block, indent=2).replace('\n', '\n  ')}\n"
    return ours + SURROUNDINGS


@dataclass(slots=True)
class House:
    """A house, and what the tests did to its log on purpose."""

    running: HomeAssistant
    base_url: str
    on_purpose: list[tuple[str, str]] = field(default_factory=list)
    """Logger and a part of the text of each warning and error that a test caused."""

    def causes(self, logger: str, part: str) -> None:
        self.on_purpose.append((logger, part))

    def unexpected(self) -> list[Record]:
        """The warnings and errors that name navai and that no test caused; each cause is good for one of them."""
        left = list(self.on_purpose)
        found = []
        for record in self.running.log.troubles("navai"):
            cause = next((each for each in left if each[0] == record.logger and each[1] in record.text), None)
            if cause:
                left.remove(cause)
            else:
                found.append(record)
        assert not left, f"these should stand in the log: {left}"
        return found

    async def call(self, kind: str, /, **data: Any) -> Any:
        """Send a command over a WebSocket of the administrator's."""
        async with self.running.websocket() as socket:
            return await socket.call(kind, **data)

    async def entities(self) -> dict[str, str]:
        """Our entities by the end of their unique id, such as `display:hall:session`."""
        found = await self.call("config/entity_registry/list")
        ours = {each["unique_id"]: each["entity_id"] for each in found if each["platform"] == "navai"}
        return {OURS.sub(r"\1", unique_id): entity_id for unique_id, entity_id in ours.items()}

    async def state(self, key: str) -> dict[str, Any]:
        """The state object of one of our entities."""
        return await self.running.state((await self.entities())[key])

    async def devices(self) -> dict[str, str]:
        """Our devices: names and ids."""
        entry = await self.entry()
        found = await self.call("config/device_registry/list")
        return {each["name"]: each["id"] for each in found if entry["entry_id"] in each["config_entries"]}

    async def entry(self) -> dict[str, Any]:
        (entry,) = await self.call("config_entries/get", domain="navai")
        return dict(entry)

    async def mint(self, token: str | None, profile: str = "kitchen", **more: Any) -> tuple[int, Any]:
        """Ask for a client secret over HTTP; one that is given out is watched."""
        path = f"/api/navai/profiles/{profile}/client-secret"
        status, body = await self.running.request("POST", path, token=token, sign_in=token is not None, **more)
        if status == 200:
            WATCH.secret(body["value"])
        return status, body


async def stay_away_from_midnight(house: HomeAssistant) -> None:
    """Let it be noon, roughly: counts of the day would begin again in the middle of a test."""
    ahead = 12 - datetime.now(UTC).hour
    async with house.websocket() as socket:
        await socket.call("config/core/update", time_zone=f"Etc/GMT{-ahead:+d}")
