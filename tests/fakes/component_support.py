"""What the component tests share: a `navai:` block, people, browsers and a configuration folder."""

import asyncio
import json
import textwrap
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

import yaml
from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.auth.models import Credentials, User
from homeassistant.config import async_hass_config_yaml
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockUser
from secret_watch import WATCH

import custom_components.navai
from navai_core.simulator import Simulator

KEY = WATCH.secret("sk-component-0123456789")
HALL = WATCH.secret("tok_hall_Xq7mZt2LxW9")
KITCHEN_TABLET = WATCH.secret("tok_kitchen_Xq7mZt2LxW9")

_STRINGS = json.loads(Path(custom_components.navai.__path__[0], "strings.json").read_text(encoding="utf-8"))


def block(simulator: Simulator, **changes: Any) -> dict[str, Any]:
    """A `navai:` block of two profiles and two displays, on the simulator.

    Everyone may use `kitchen`. It has Home Assistant's tools, and a request may change its language. `office` is for
    Anna and for automations. The display `hall` has the profile kitchen, a token, and tools; `desk` has both profiles
    and no token. A change to None removes an option.
    """
    base = {
        "api_key": KEY,
        "base_url": simulator.base_url,
        "profiles": {
            "kitchen": {
                "name": "Kitchen helper",
                "model": "gpt-realtime-2.1",
                "llm_api": ["assist"],
                "allow_overrides": ["language"],
            },
            "office": {
                "name": "Office",
                "model": "gpt-realtime-2.1-mini",
                "voice": "cedar",
                "users": ["Anna"],
                "automations": True,
            },
        },
        "displays": {
            "hall": {"name": "Hall tablet", "profile": "kitchen", "area": "Hallway", "token": HALL, "functions": True},
            "desk": {"name": "Desk", "profile": "office", "profiles": ["kitchen"], "users": ["Anna"]},
        },
    } | changes
    return {key: value for key, value in base.items() if value is not None}


class Person(NamedTuple):
    """A user, with an access token."""

    user: User
    token: str


async def add_user(hass: HomeAssistant, name: str, *, username: str = "", group: str = GROUP_ID_USER) -> Person:
    """Add a user. A username needs the fixture `local_auth`."""
    # The first user that Home Assistant itself creates becomes an owner, so this one is a mock.
    found = await hass.auth.async_get_group(group)
    assert found
    user = MockUser(name=name, groups=[found]).add_to_hass(hass)
    credential = None
    if username:
        credential = Credentials(auth_provider_type="homeassistant", auth_provider_id=None, data={"username": username})
        user.credentials.append(credential)
    refresh = await hass.auth.async_create_refresh_token(user, "https://example.com/app", credential=credential)
    return Person(user, hass.auth.async_create_access_token(refresh))


def sentence_key(error: HomeAssistantError) -> str:
    """Return the key of an error's sentence, which must be in strings.json with all its placeholders filled in."""
    assert error.translation_domain == "navai"
    assert error.translation_key
    sentence = _STRINGS["exceptions"][error.translation_key]["message"]
    placeholders = error.translation_placeholders or {}
    assert str(error) == sentence.rstrip(".").format(**placeholders)
    assert all(placeholders[name] for _, name, _, _ in Formatter().parse(sentence) if name)
    return error.translation_key


class Browser:
    """A page of Home Assistant's interface: what it sends and receives over its websocket."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._events: list[dict[str, Any]] = []

    async def ask(self, command: str, **fields: Any) -> dict[str, Any]:
        """Send a command, and return the whole answer."""
        await self._socket.send_json_auto_id(message := {"type": command, **fields})
        while (answer := await self._receive())["type"] != "result":
            self._events.append(answer)
        assert answer["id"] == message["id"]
        return answer

    async def call(self, command: str, **fields: Any) -> Any:
        """Send a command that must succeed, and return its result."""
        answer = await self.ask(command, **fields)
        assert answer["success"], answer
        return answer["result"]

    async def refused(self, command: str, **fields: Any) -> str:
        """Send a command that must be refused, and return the code."""
        answer = await self.ask(command, **fields)
        assert not answer["success"], answer
        assert answer["error"]["message"]
        return str(answer["error"]["code"])

    async def show(self, display: str, **fields: Any) -> dict[str, Any]:
        """Be a display, and return its configuration."""
        await self.call("navai/subscribe", display=display, **fields)
        return await self.event()

    async def report(self, session: str, state: str, **fields: Any) -> None:
        """Report on a conversation."""
        assert await self.call("navai/session/report", session=session, state=state, **fields) is None

    async def event(self) -> dict[str, Any]:
        """Return the next event."""
        answer = self._events.pop(0) if self._events else await self._receive()
        assert answer["type"] == "event", answer
        event: dict[str, Any] = answer["event"]
        return event

    async def received_nothing_else(self) -> None:
        """Assert that there is no other event. Events sent before an answer arrive before it."""
        await self.call("navai/profiles")
        assert not self._events

    async def close(self) -> None:
        """Close the page."""
        await self._socket.close()

    async def _receive(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            message: dict[str, Any] = await self._socket.receive_json()
        return message


class Folder:
    """A configuration folder with real YAML files. Home Assistant uses it as soon as it is created."""

    def __init__(self, hass: HomeAssistant, path: Path) -> None:
        self._hass = hass
        self._path = path
        hass.config.config_dir = str(path)

    def write(self, **files: str) -> None:
        """Write files by their names without `.yaml`; two underscores are a folder."""
        for name, text in files.items():
            path = self._path / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")

    def write_block(self, contents: dict[str, Any] | None) -> None:
        """Write a `configuration.yaml` of this `navai:` block; None leaves it out."""
        self.write(configuration="" if contents is None else yaml.safe_dump({"navai": contents}))

    async def start(self) -> None:
        """Set navai up, and only what it needs."""
        assert await async_setup_component(self._hass, "homeassistant", {})
        assert await async_setup_component(self._hass, "navai", await async_hass_config_yaml(self._hass))
        await self._hass.async_block_till_done()

    async def reload(self) -> None:
        """Run the action `navai.reload`."""
        await self._hass.services.async_call("navai", "reload", blocking=True)


def entity_id(hass: HomeAssistant, unique_id: str) -> str:
    """Return the id of one of our entities. Newer releases put the area's name into it."""
    return next(
        entity.entity_id
        for entity in er.async_get(hass).entities.values()
        if entity.platform == "navai" and entity.unique_id == unique_id
    )


def state(hass: HomeAssistant, unique_id: str) -> State:
    """Return the state of one of our entities, which must exist."""
    found = hass.states.get(entity_id(hass, unique_id))
    assert found, unique_id
    return found


def activity(hass: HomeAssistant, unique_id: str) -> str:
    """Return what a display's conversation is doing, or the sensor's state if there is none."""
    found = state(hass, unique_id)
    assert (found.state == "in_conversation") is (found.attributes["activity"] is not None)
    return str(found.attributes["activity"] or found.state)
