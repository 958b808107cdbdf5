"""The content of the demo: areas, simulated lights, switches and sensors, and a dashboard."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ha_socket import HaSocket
from home_assistant import HomeAssistant

DASHBOARD: Final = "demo-house"
"""Its address."""

BLOCK: Final = """
navai:
  api_key: !secret openai_api_key
  base_url: {base_url}
  profiles:
    kitchen:
      name: Kitchen helper
      model: gpt-realtime-2.1
      tone: warm and brief
      instructions: You help a family cook, and you run the house.
      llm_api: [assist]
      transcription: gpt-transcribe
      allow_overrides: [language]
    stories:
      name: Bedtime stories
      model: gpt-realtime-2.1-mini
      voice: cedar
      instructions: You tell short bedtime stories to young children. Never anything scary.
  displays:
    hallway_tablet:
      name: Hallway tablet
      area: Hallway
      profile: kitchen
      profiles: [stories]
      token: !secret hallway_token
      functions: true
    kitchen_display:
      name: Kitchen display
      area: Kitchen
      profile: kitchen
"""
DISPLAYS: Final = ["hallway_tablet", "kitchen_display"]

TEMPLATES: Final = """
- light:
    - {name: Kitchen light, unique_id: kitchen_light, turn_on: [], turn_off: [], set_level: []}
    - {name: Counter light, unique_id: counter_light, turn_on: [], turn_off: []}
    - {name: Hallway light, unique_id: hallway_light, turn_on: [], turn_off: [], set_level: []}
    - {name: Living room light, unique_id: living_room_light, turn_on: [], turn_off: [], set_level: []}
    - {name: Reading lamp, unique_id: reading_lamp, turn_on: [], turn_off: []}
- switch:
    - {name: Coffee machine, unique_id: coffee_machine, turn_on: [], turn_off: []}
    - {name: Television, unique_id: television, turn_on: [], turn_off: []}
- binary_sensor:
    - name: Front door
      unique_id: front_door
      device_class: door
      state: "{{ is_state('input_boolean.front_door_open', 'on') }}"
- sensor:
    - name: Washing machine power
      unique_id: washing_machine_power
      device_class: power
      unit_of_measurement: W
      state: "{{ 480 if is_state('input_boolean.washing_machine_runs', 'on') else 1.5 }}"
"""
"""Lights and switches keep the state that they were last set to."""

SURROUNDINGS: Final = """
automation: !include automations.yaml
config:
conversation:
frontend:
history:
logbook:
recorder:
script:
sun:
system_health:
template: !include templates.yaml
input_boolean:
  front_door_open: {name: Front door open, icon: mdi:door-open}
  washing_machine_runs: {name: Washing machine runs, icon: mdi:washing-machine}
input_button:
  kitchen_button: {name: Kitchen button, icon: mdi:gesture-tap-button}
"""
"""The rest of the configuration: the usual integrations, except those that search for devices or need the internet."""

TRIALS: Final = ("input_boolean.front_door_open", "input_boolean.washing_machine_runs", "input_button.kitchen_button")
"""The entities that trigger the automations."""

LIT: Final = ["light.hallway_light", "light.living_room_light"]
HALF_CHARS: Final = 20
"""The longest text on a tile of the usual width."""
WHOLE: Final = {"columns": 12}
"""Of a section's width."""

FILES: Final = {"templates.yaml": TEMPLATES, "automations.yaml": "[]\n"}


@dataclass(frozen=True, slots=True)
class Room:
    """An area, and the entities in it."""

    name: str
    icon: str
    entities: tuple[str, ...]


ROOMS: Final = (
    Room(
        "Kitchen",
        "mdi:silverware-fork-knife",
        ("light.kitchen_light", "light.counter_light", "switch.coffee_machine", "input_button.kitchen_button"),
    ),
    Room("Hallway", "mdi:coat-rack", ("light.hallway_light", "binary_sensor.front_door")),
    Room("Living room", "mdi:sofa", ("light.living_room_light", "light.reading_lamp", "switch.television")),
)


def blueprints(folder: Path) -> dict[str, bytes]:
    """Return the blueprints as files of the configuration."""
    return {f"blueprints/automation/navai/{path.name}": path.read_bytes() for path in folder.glob("*.yaml")}


async def furnish(house: HomeAssistant) -> None:
    """Assign all areas, expose the entities, and create the automations and the dashboard."""
    async with house.websocket() as socket:
        found = await socket.call("config/area_registry/list")
        areas = {area["name"].casefold(): area["area_id"] for area in found}
        for room in ROOMS:
            look = {"name": room.name, "icon": room.icon}
            # Home Assistant creates some areas during onboarding, and navai those of its displays.
            area = areas.get(room.name.casefold())
            if area:
                await socket.call("config/area_registry/update", area_id=area, **look)
            else:
                area = (await socket.call("config/area_registry/create", **look))["area_id"]
            for entity in room.entities:
                await socket.call("config/entity_registry/update", entity_id=entity, area_id=area)
        things = [entity for room in ROOMS for entity in room.entities if not entity.startswith("input_")]
        await socket.call(
            "homeassistant/expose_entity", assistants=["conversation"], entity_ids=things, should_expose=True
        )
        await house.call_action("homeassistant", "turn_off", {"entity_id": things})
        await house.call_action("light", "turn_on", {"entity_id": LIT, "brightness_pct": 60})
        await _automate(house, socket)
        await _decorate(socket)


async def _automate(house: HomeAssistant, socket: HaSocket) -> None:
    """Create an automation from each blueprint."""
    devices = {each["name"]: each["id"] for each in await socket.call("config/device_registry/list")}
    inputs: dict[str, dict[str, Any]] = {
        "greet_at_the_door": {
            "arrival": ["binary_sensor.front_door"],
            "display": devices["Hallway tablet"],
            "pause": 0,
        },
        "washing_machine_ends": {
            "power": ["sensor.washing_machine_power"],
            "display": [devices["Kitchen display"]],
            "quiet": {"seconds": 1},
        },
        "button_in_the_room": {"button": ["input_button.kitchen_button"]},
    }
    aliases = ("Greet at the door", "The washing machine has ended", "The kitchen button")
    for (name, given), alias in zip(inputs.items(), aliases, strict=True):
        await house.automate(name, alias=alias, use_blueprint={"path": f"navai/{name}.yaml", "input": given})


async def _decorate(socket: HaSocket) -> None:
    """Create the dashboard: things to try, navai's entities by device, and the areas."""
    devices = {each["id"]: each["name"] for each in await socket.call("config/device_registry/list")}
    ours: dict[str, dict[str, str]] = {}
    for each in await socket.call("config/entity_registry/list"):
        if each["platform"] == "navai" and not each["disabled_by"]:
            ours.setdefault(devices[each["device_id"]], {})[each["entity_id"]] = each["original_name"]
    service = ours.pop("navai")
    talk = {"type": "custom:navai-card", "layout": "full", "display": "hallway_tablet", "captions": True}
    sections = [
        {"type": "grid", "cards": [{"type": "heading", "heading": "Talk", "icon": "mdi:microphone"}, talk]},
        _section("Try it", "mdi:hand-pointing-right", dict.fromkeys(TRIALS, "")),
        *(_section(display, "mdi:tablet", entities) for display, entities in sorted(ours.items())),
        *(_section(room.name, room.icon, dict.fromkeys(room.entities, "")) for room in ROOMS),
        _section("Profiles", "mdi:account-voice", service),
    ]
    view = {"title": "House", "type": "sections", "max_columns": 3, "sections": sections}
    about = {"url_path": DASHBOARD, "title": "Demo house", "icon": "mdi:home-heart"}
    await socket.call("lovelace/dashboards/create", show_in_sidebar=True, require_admin=False, **about)
    await socket.call("lovelace/config/save", url_path=DASHBOARD, config={"views": [view]})


def _section(title: str, icon: str, entities: Mapping[str, str]) -> dict[str, Any]:
    """A heading and a tile for each entity, with a name if it differs from the entity's own."""
    cards: list[dict[str, Any]] = [{"type": "heading", "heading": title, "icon": icon}]
    for entity, name in entities.items():
        card: dict[str, Any] = {"type": "tile", "entity": entity}
        card |= {"name": name} if name else {}
        card |= {"grid_options": WHOLE} if len(name) > HALF_CHARS else {}
        cards.append(card)
    return {"type": "grid", "cards": cards}
