"""LLM APIs: one that does not work takes only itself away, and the model knows what is true now."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import voluptuous as vol
from aiohttp.test_utils import TestClient
from conftest import SetUp
from homeassistant.auth.models import User
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers import llm, selector
from homeassistant.setup import async_setup_component
from llm_support import Api, BrokenApi, HangingApi, OddApi, Tool, result_of
from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.navai.const import DOMAIN
from custom_components.navai.llm_apis import REST_S
from custom_components.navai.runtime import runtime_of
from navai_core.simulator import Simulator

Client = TestClient[Any, Any]
Clients = Callable[..., Awaitable[Client]]


@pytest.fixture
def apis(hass: HomeAssistant, set_up: SetUp, anna: User, hass_client: Clients) -> Callable[..., Awaitable[Client]]:
    """Set navai up with these LLM APIs for its only profile; return Anna's client."""

    async def apis(*names: str, **options: Any) -> Client:
        await set_up(profiles={"kitchen": {"llm_api": list(names), **options}}, displays={})
        return await hass_client()

    return apis


Apis = Callable[..., Awaitable[Client]]


async def mint(client: Client, simulator: Simulator) -> dict[str, Any]:
    """Get a secret and return its session as the provider received it."""
    response = await client.post("/api/navai/realtime/client-secret")
    assert response.status == 200, await response.text()
    record = simulator.secrets.lookup((await response.json())["value"])
    assert record
    return dict(record.session)


def names_of(session: dict[str, Any]) -> list[str]:
    return [tool["name"] for tool in session.get("tools", ())]


async def execute(client: Client, name: str) -> Any:
    response = await client.post("/api/navai/functions/execute", json={"function_name": name})
    return await response.json()


async def health(hass: HomeAssistant) -> Any:
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info = await get_system_health_info(hass, DOMAIN)
    info.pop("provider_reachable").close()
    return info["llm_apis_not_working"]


def repairs(hass: HomeAssistant) -> dict[str, str | None]:
    """The repairs of LLM APIs."""
    issues = ir.async_get(hass).issues.values()
    return {issue.issue_id: issue.translation_key for issue in issues if "llm_api" in (issue.translation_key or "")}


@pytest.mark.parametrize(
    ("kind", "why", "repair"),
    [
        (None, "does not exist", "llm_api_missing"),
        (BrokenApi, "failed (KeyError)", "llm_api_failed"),
        (OddApi, "failed (TypeError)", "llm_api_failed"),
        (HangingApi, "did not answer in time", "llm_api_slow"),
    ],
)
async def test_an_api_that_does_not_work_takes_only_itself_away(
    hass: HomeAssistant,
    apis: Apis,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[BrokenApi] | None,
    why: str,
    repair: str,
) -> None:
    monkeypatch.setattr("custom_components.navai.navai_core.sessions.minter.ENRICH_S", 0.05)
    monkeypatch.setattr("custom_components.navai.tools._TOOLS_S", 0.05)
    llm.async_register_api(hass, Api(hass, "mine", [Tool("sing", lambda _, __: result_of("la"))], "Sing often."))
    attic = (kind or BrokenApi)(hass, "attic", [Tool("haunt")], "Haunt at night.")
    if kind:
        llm.async_register_api(hass, attic)
    client = await apis("mine", "attic", instructions="Be kind.")
    for _ in range(2):
        session = await mint(client, simulator)
        assert names_of(session) == ["sing"]
        assert session["instructions"] == "Be kind.\nSing often."
    assert (await execute(client, "sing"))["result"] == "la"
    haunt = await execute(client, "haunt")
    assert (haunt["code"], haunt["details"]) == ("function_failed", "attic")
    listed = await (await client.get("/api/navai/functions")).json()
    assert [item["name"] for item in listed["items"]] == ["sing"]
    assert listed["warnings"] == [f"The LLM API `attic` {why}. Check `llm_api` and the integration that provides it."]
    assert caplog.text.count(f"The LLM API attic {why}, so profile kitchen runs without its tools") == 1
    assert repairs(hass) == {"llm_api_attic": repair}
    assert await health(hass) == f"attic {why}"

    # It works again. One that hung is asked again after a while.
    if kind is None:
        llm.async_register_api(hass, attic)
    attic.whole = True
    tools = runtime_of(hass).tools
    if isinstance(attic, HangingApi):
        assert attic.asked == 1
        assert names_of(await mint(client, simulator)) == ["sing"]
        started = tools._apis._clock()
        monkeypatch.setattr(tools._apis, "_clock", lambda: started + REST_S)
    session = await mint(client, simulator)
    assert names_of(session) == ["sing", "haunt"]
    assert session["instructions"] == (
        "Be kind.\nFor the tools sing:\nSing often.\n\nFor the tools haunt:\nHaunt at night."
    )
    assert repairs(hass) == {}
    assert await health(hass) == "none"
    assert caplog.text.count("The LLM API attic works again") == 1
    if isinstance(attic, HangingApi):
        attic.over.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert "too late" not in caplog.text


async def test_a_repair_stays_ignored_after_a_reload_and_goes_with_the_api(
    hass: HomeAssistant, apis: Apis, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await apis("attic")
    await mint(client, simulator)
    ir.async_ignore_issue(hass, DOMAIN, "llm_api_attic", ignore=True)
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert ir.async_get(hass).issues[DOMAIN, "llm_api_attic"].dismissed_version
    llm.async_register_api(hass, Api(hass, "attic", []))
    await mint(client, simulator)
    assert repairs(hass) == {}


async def test_a_name_that_two_apis_have_means_neither(hass: HomeAssistant, apis: Apis, simulator: Simulator) -> None:
    both = Tool("clean")
    for name, tools in (("hall", ["sing", "dance"]), ("at.tic", ["sing", "haunt", "haunt"])):
        found = [Tool(tool, lambda _, __, name=name: result_of(name)) for tool in tools]
        llm.async_register_api(hass, Api(hass, name, [*found, both], ""))
    client = await apis("hall", "at.tic", "hall")
    assert names_of(await mint(client, simulator)) == ["hall__sing", "at_tic__sing", "dance", "clean", "haunt"]
    assert (await execute(client, "hall__sing"))["result"] == "hall"
    assert (await execute(client, "at_tic__sing"))["result"] == "at.tic"
    assert (await execute(client, "sing"))["code"] == "unknown_function"


async def test_of_too_many_tools_assists_own_come_first(
    hass: HomeAssistant, apis: Apis, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "intent", {})
    assert await async_setup_component(hass, "script", {"script": {"water": {"description": "Water.", "sequence": []}}})
    async_expose_entity(hass, "conversation", "script.water", True)
    llm.async_register_api(hass, Api(hass, "mine", [Tool(f"t{number}") for number in range(130)]))
    client = await apis("mine", "assist")
    names = names_of(await mint(client, simulator))
    assert len(names) == 128
    first = names.index("t0")
    assert [name for name in names if name.endswith("HassTurnOn")]
    assert names[first - 1].endswith("water")
    assert names[first:] == [f"t{number}" for number in range(128 - first)]
    await mint(client, simulator)
    (warning,) = [record.getMessage() for record in caplog.records if "Left out:" in record.getMessage()]
    assert warning.endswith("Left out: " + ", ".join(f"t{number}" for number in range(128 - first, 130)))
    listed = await (await client.get("/api/navai/functions")).json()
    assert [item["name"] for item in listed["items"]] == names


ROOM = {vol.Required("room"): str}
LAMP = {vol.Required("lamp"): str, vol.Optional("level"): int}


async def test_schemas_that_are_not_plain_objects_keep_their_arguments(
    hass: HomeAssistant, apis: Apis, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    choices = vol.In([None, "warm"])
    schemas = {
        "any": vol.Any(ROOM, LAMP),
        "maybe": vol.Any(ROOM, None),
        "at_least": vol.All(
            {vol.Optional("room"): str, vol.Optional("lamp"): str}, cv.has_at_least_one_key("room", "lamp")
        ),
        "both": vol.All(vol.Schema(ROOM, extra=vol.ALLOW_EXTRA), vol.Schema(LAMP, extra=vol.ALLOW_EXTRA)),
        "either": {vol.Required(vol.Any("room", "lamp")): str, vol.Optional("level"): int},
        "described": {vol.Optional("level", description={"suggested_value": 5}): int},
        "mixed": {vol.Optional("level"): vol.In([1, "auto"]), vol.Optional("tone"): choices},
        "sets": {vol.Optional("level"): vol.In({"low", "high"}), vol.Optional("rooms"): [str, int]},
        "nullable": {vol.Optional("level"): vol.Maybe(int), vol.Optional("for"): selector.DurationSelector()},
        "anything": dict,
    }
    refused = {"list": [str], "scalar": str, "none": None}
    tools = [Tool(name, schema=vol.Schema(schema)) for name, schema in (schemas | refused).items()]
    llm.async_register_api(hass, Api(hass, "mine", tools))
    client = await apis("mine")
    for _ in range(2):
        session = await mint(client, simulator)
    found = {tool["name"]: tool for tool in session["tools"]}
    assert found.keys() == schemas.keys()
    parameters = {name: tool["parameters"] for name, tool in found.items()}
    assert all(each["type"] == "object" for each in parameters.values())
    properties = {name: each["properties"] for name, each in parameters.items()}
    text, number = {"type": "string"}, {"type": "integer"}
    assert parameters["any"] == {"type": "object", "properties": {"room": text, "lamp": text, "level": number}}
    assert found["any"]["description"].endswith("\nArguments: room; or lamp (optional: level).")
    assert parameters["maybe"] == {"type": "object", "properties": {"room": text}, "required": ["room"]}
    assert parameters["at_least"] == {"type": "object", "properties": {"room": text, "lamp": text}}
    assert properties["both"] == {"room": text, "lamp": text, "level": number}
    assert sorted(parameters["both"]["required"]) == ["lamp", "room"]
    assert properties["either"] == {"room": text, "lamp": text, "level": number}
    assert properties["described"] == {"level": number}
    assert properties["mixed"] == {
        "level": {"enum": [1, "auto"], "type": ["string", "integer"]},
        "tone": {"enum": [None, "warm"], "type": ["string", "null"]},
    }
    assert properties["sets"] == {
        "level": {"enum": ["high", "low"], "type": "string"},
        "rooms": {"type": "array", "items": {"anyOf": [text, number]}},
    }
    assert {"type": "null"} in properties["nullable"]["level"]["anyOf"]
    assert properties["nullable"]["for"]["properties"]["hours"] == {"type": "number"}
    assert parameters["anything"] == {"type": "object", "properties": {}, "additionalProperties": True}
    # The tool itself still takes null.
    assert choices(None) is None
    for name in refused:
        message = f"The tool {name} is left out: its schema cannot be used, because it does not take an object"
        assert caplog.text.count(message) == 1


@pytest.mark.parametrize(
    ("language", "tag"),
    [("Spanish", "es"), ("es-MX", "es-MX"), ("Mexican Spanish", "es-MX"), ("auto", "de"), ("", "de")],
)
async def test_tools_act_in_the_profiles_language(hass: HomeAssistant, apis: Apis, language: str, tag: str) -> None:
    hass.config.language = "de"
    api = Api(hass, "mine", [Tool("say", lambda _, context: result_of(context.language))])
    llm.async_register_api(hass, api)
    client = await apis("mine", **({"language": language} if language else {}))
    assert (await execute(client, "say"))["result"] == tag


async def test_a_secret_that_is_ready_knows_the_tools_of_now(
    hass: HomeAssistant, apis: Apis, simulator: Simulator
) -> None:
    api = Api(hass, "mine", [Tool("sing")])
    llm.async_register_api(hass, api)
    client = await apis("mine", keep_warm=True)
    assert names_of(await mint(client, simulator)) == ["sing"]
    service = runtime_of(hass).service
    await until(lambda: service.ready() == 1)
    api.tools.append(Tool("dance"))
    assert names_of(await mint(client, simulator)) == ["sing", "dance"]


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


async def test_a_secret_that_is_ready_knows_what_is_exposed_now(
    hass: HomeAssistant, apis: Apis, simulator: Simulator, house_of_lamps: None
) -> None:
    client = await apis("assist", keep_warm=True)
    service = runtime_of(hass).service
    entities = er.async_get(hass)

    async def told(word: str) -> bool:
        """Whether the model knows the word; afterwards the next secret is ready."""
        known = word in (await mint(client, simulator))["instructions"]
        await until(lambda: service.ready() == 1)
        return known

    assert await told("Lantern")
    async_expose_entity(hass, "conversation", "light.lantern", False)
    assert not await told("Lantern")
    async_expose_entity(hass, "conversation", "light.lantern", True)
    assert await told("Lantern")
    entities.async_update_entity("light.lantern", name="Torch")
    await hass.async_block_till_done()
    assert await told("Torch")
    area = ar.async_get(hass).async_create("Cellar")
    await hass.async_block_till_done()
    entities.async_update_entity("light.lantern", area_id=area.id)
    await hass.async_block_till_done()
    assert await told("Cellar")
    # What no model is told leaves the secret ready.
    before = len(simulator.requests)
    entities.async_update_entity("light.lantern", icon="mdi:lamp")
    await hass.async_block_till_done()
    assert service.ready() == 1
    assert len(simulator.requests) == before


@pytest.fixture
async def house_of_lamps(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "intent", {})
    light = {
        "name": "Lantern",
        "unique_id": "lantern",
        "default_entity_id": "light.lantern",
        "turn_on": [],
        "turn_off": [],
    }
    assert await async_setup_component(hass, "template", {"template": [{"light": [light]}]})
    await hass.async_block_till_done()
    async_expose_entity(hass, "conversation", "light.lantern", True)
