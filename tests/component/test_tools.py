"""Home Assistant's tools: what the model can call, with which identity and area, and what it receives."""

import asyncio
import json
import random
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any
from unittest.mock import patch

import pytest
import voluptuous as vol
from aiohttp.test_utils import TestClient
from component_support import HALL, Person, add_user, block
from conftest import SetUp
from homeassistant.auth.const import GROUP_ID_READ_ONLY
from homeassistant.auth.models import User
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import llm, selector
from homeassistant.setup import async_setup_component
from llm_support import Api, BrokenApi, Tool, result_of
from pytest_homeassistant_custom_component.common import async_capture_events
from secret_watch import WATCH

from custom_components.navai.data import NavaiData
from custom_components.navai.navai_core import Caller
from custom_components.navai.runtime import find_runtime
from navai_core.simulator import Simulator

NEWER = hasattr(llm, "ToolAnnotations")

Client = TestClient[Any, Any]
Clients = Callable[..., Awaitable[Client]]

NAME = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
TYPES = {"string", "number", "integer", "boolean", "array", "object", "null"}
JSON = {"Content-Type": "application/json"}
HALL_TOKEN = {"Authorization": f"Bearer {HALL}"}
LAMPS = {
    "light.hall_lamp": ("Hallway", True),
    "light.study_lamp": ("Study", True),
    "light.secret_lamp": ("Hallway", False),
}


@pytest.fixture
async def lamps(hass: HomeAssistant) -> None:
    """Two lamps with the same name in two rooms, and one that is not exposed."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "intent", {})
    names = {"hall_lamp": "Lamp", "study_lamp": "Lamp", "secret_lamp": "Secret"}
    lights = [
        {"name": name, "unique_id": key, "default_entity_id": f"light.{key}", "turn_on": [], "turn_off": []}
        for key, name in names.items()
    ]
    assert await async_setup_component(hass, "template", {"template": [{"light": lights}]})
    await hass.async_block_till_done()
    areas, entities = ar.async_get(hass), er.async_get(hass)
    for entity_id, (area, exposed) in LAMPS.items():
        found = areas.async_get_area_by_name(area) or areas.async_create(area)
        entities.async_update_entity(entity_id, area_id=found.id)
        async_expose_entity(hass, "conversation", entity_id, exposed)
    for state in hass.states.async_all("conversation"):
        async_expose_entity(hass, "conversation", state.entity_id, False)


@pytest.fixture
async def annas(lamps: None, house: NavaiData, anna: User, hass_client: Clients) -> Client:
    return await hass_client()


@pytest.fixture
async def tablet(lamps: None, house: NavaiData, hass_client_no_auth: Clients) -> Client:
    """The display in the hall."""
    return await hass_client_no_auth()


async def functions(client: Client, **more: Any) -> dict[str, dict[str, Any]]:
    response = await client.get("/api/navai/functions", **more)
    body = await response.json()
    assert response.status == 200, body
    assert body.keys() == {"items", "warnings"}
    assert body["warnings"] == []
    about = {"title", "annotations"} if NEWER else set()
    assert all(item.keys() - about == {"name", "description", "source", "parameters"} for item in body["items"])
    assert {item["source"] for item in body["items"]} <= {"home_assistant"}
    return {item["name"]: item for item in body["items"]}


async def execute(client: Client, name: str, payload: Any = None, status: int = 200, **more: Any) -> dict[str, Any]:
    body = {"function_name": name, "payload": payload}
    response = await client.post("/api/navai/functions/execute", json=body, **more)
    answer: dict[str, Any] = await response.json()
    assert response.status == status, answer
    assert response.headers["Cache-Control"] == "no-store"
    WATCH.text("answer of a function", json.dumps(answer))
    return answer


def named(found: dict[str, Any], intent: str) -> str:
    """Return the tool of an intent. Its name depends on the release."""
    return next(name for name in found if name.endswith(intent))


def lit(hass: HomeAssistant) -> set[str]:
    return {state.entity_id for state in hass.states.async_all("light") if state.state == "on"}


def check_schema(schema: Any) -> None:
    """Assert that it is a JSON Schema, without the keywords of older OpenAPI versions."""
    assert isinstance(schema, dict)
    assert "nullable" not in schema
    kinds = schema.get("type", [])
    assert set([kinds] if isinstance(kinds, str) else kinds) <= TYPES
    assert isinstance(schema.get("description", ""), str)
    assert isinstance(schema.get("enum", []), list)
    assert not isinstance(schema.get("exclusiveMinimum"), bool)
    properties = schema.get("properties", {})
    assert set(schema.get("required", [])) <= set(properties)
    parts = [*properties.values(), *schema.get("anyOf", ()), *schema.get("allOf", ()), *schema.get("oneOf", ())]
    if "items" in schema:
        parts.append(schema["items"])
    if isinstance(schema.get("additionalProperties"), dict):
        parts.append(schema["additionalProperties"])
    for part in parts:
        check_schema(part)


def check_function(function: dict[str, Any]) -> None:
    assert NAME.fullmatch(function["name"])
    assert isinstance(function["description"], str)
    assert function["parameters"]["type"] == "object"
    assert function["parameters"].keys() <= {"type", "properties", "required", "additionalProperties"}
    check_schema(function["parameters"])


async def test_the_tools_are_listed_as_the_provider_accepts_them(annas: Client, tablet: Client) -> None:
    found = await functions(annas)
    assert named(found, "HassTurnOn") in found
    assert found.keys() == (await functions(tablet, headers=HALL_TOKEN)).keys()
    for function in found.values():
        check_function(function)
    assert "name" in found[named(found, "HassTurnOn")]["parameters"]["properties"]
    assert await functions(annas, params={"profile": "office"}) == {}


async def test_a_person_acts_under_their_own_name(hass: HomeAssistant, annas: Client, anna: User) -> None:
    changes = async_capture_events(hass, "state_changed")
    tool = named(await functions(annas), "HassTurnOn")
    answer = await execute(annas, f" {tool.upper()} ", {"name": "Lamp", "area": "Study"})
    assert answer.keys() == {"ok", "function_name", "source", "result"}
    assert answer["ok"] is True
    assert answer["function_name"] == tool
    assert answer["source"] == "home_assistant"
    assert answer["result"]["response_type"] == "action_done"
    assert lit(hass) == {"light.study_lamp"}
    (change,) = [change for change in changes if change.data["entity_id"] == "light.study_lamp"]
    assert change.context.user_id == anna.id


async def test_a_display_acts_under_a_name_of_its_own_and_in_its_own_room(hass: HomeAssistant, tablet: Client) -> None:
    changes = async_capture_events(hass, "state_changed")
    tool = named(await functions(tablet, headers=HALL_TOKEN), "HassTurnOn")
    # There are two lamps with that name.
    assert (await execute(tablet, tool, {"name": "Lamp"}, headers=HALL_TOKEN))["ok"]
    assert lit(hass) == {"light.hall_lamp"}
    (change,) = [change for change in changes if change.data["entity_id"] == "light.hall_lamp"]
    assert change.context.user_id
    user = await hass.auth.async_get_user(change.context.user_id)
    assert user
    assert user.name == "navai display hall"
    assert user.system_generated
    assert not user.is_admin
    assert not user.credentials
    assert not user.refresh_tokens


async def test_a_person_before_a_display_acts_in_its_room_and_under_their_own_name(
    hass: HomeAssistant, annas: Client, anna: User
) -> None:
    changes = async_capture_events(hass, "state_changed")
    tool = named(await functions(annas), "HassTurnOn")
    answer = await execute(annas, tool, {"name": "Lamp"})
    assert answer["ok"] is False
    assert not lit(hass)
    assert (await execute(annas, tool, {"name": "Lamp"}, headers={"X-Navai-Display": "hall"}))["ok"]
    assert lit(hass) == {"light.hall_lamp"}
    assert {change.context.user_id for change in changes} == {anna.id}


async def test_a_display_has_one_user_however_many_ask_at_once_and_loses_it_with_the_display(
    hass: HomeAssistant, tablet: Client, house: NavaiData, simulator: Simulator
) -> None:
    async def users() -> list[str]:
        return [user.name for user in await hass.auth.async_get_users() if "navai" in (user.name or "")]

    await asyncio.gather(*(functions(tablet, headers=HALL_TOKEN) for _ in range(5)))
    assert await users() == ["navai display hall"]
    with patch("homeassistant.config.load_yaml_config_file", return_value={"navai": block(simulator, displays={})}):
        await hass.services.async_call("navai", "reload", blocking=True)
    assert await users() == []


async def test_what_is_not_exposed_is_out_of_reach(hass: HomeAssistant, annas: Client, tablet: Client) -> None:
    tool = named(await functions(annas), "HassTurnOn")
    for payload in ({"name": "Secret"}, {"name": "light.secret_lamp"}, {"name": "Secret", "area": "Hallway"}):
        answer = await execute(annas, tool, payload)
        assert answer["ok"] is False
        assert answer["code"] == "function_failed"
        assert (await execute(tablet, tool, payload, headers=HALL_TOKEN))["ok"] is False
    assert (await execute(annas, tool, {"area": "Hallway", "domain": ["light"]}))["ok"]
    assert lit(hass) == {"light.hall_lamp"}


@pytest.mark.skipif(not hasattr(llm, "ToolResult"), reason="older releases log the refusal as an error")
async def test_a_read_only_person_changes_nothing(
    hass: HomeAssistant, lamps: None, house: NavaiData, local_auth: Any, hass_client: Clients
) -> None:
    guest = await add_user(hass, "Guest", group=GROUP_ID_READ_ONLY)
    client = await hass_client(guest.token)
    tool = named(await functions(client), "HassTurnOn")
    await execute(client, tool, {"name": "Lamp", "area": "Study"})
    await hass.async_block_till_done()
    assert not lit(hass)


async def test_a_display_without_permission_has_no_tools(
    hass: HomeAssistant, lamps: None, set_up: SetUp, hass_client_no_auth: Clients, simulator: Simulator
) -> None:
    await set_up(displays={"hall": {"profile": "kitchen", "token": HALL}})
    client = await hass_client_no_auth()
    for method, path in (("GET", "/api/navai/functions"), ("POST", "/api/navai/functions/execute")):
        response = await client.request(method, path, headers=HALL_TOKEN, json={"function_name": "HassTurnOn"})
        assert response.status == 403
        assert (await response.json())["code"] == "not_allowed"
    response = await client.post("/api/navai/realtime/client-secret", headers=HALL_TOKEN)
    assert response.status == 200
    assert "tools" not in simulator.requests[-1].body["session"]
    assert not [user for user in await hass.auth.async_get_users() if "navai" in (user.name or "")]


async def test_an_unknown_tool_is_reported_with_the_known_ones(annas: Client) -> None:
    found = await functions(annas)
    for name in ("openTheDoor", "", " "):
        answer = await execute(annas, name, status=404 if name.strip() else 400)
        if name.strip():
            assert answer["error"] == "Unknown or disallowed function."
            assert answer["code"] == "unknown_function"
            assert set(answer["available_functions"]) == set(found)
        else:
            assert answer["error"] == "function_name is required."
    response = await annas.post(
        "/api/navai/functions/execute", params={"profile": "office"}, json={"function_name": next(iter(found))}
    )
    assert response.status == 404
    assert (await response.json())["available_functions"] == []


def rubbish(rng: random.Random, depth: int = 0) -> Any:
    """Return a random JSON value."""
    leaves: list[Any] = [None, True, 0, -1, 1.5, 10**400, "", "Lamp", "light.hall_lamp", "\x00\ud83d\ude00", "x" * 300]
    kind = rng.randrange(10 if depth < 3 else 8)
    if kind < 8:
        return rng.choice(leaves)
    parts = [rubbish(rng, depth + 1) for _ in range(rng.randrange(4))]
    keys = ["name", "area", "domain", "brightness", "args", "preferred_area_id", "", "id"]
    return parts if kind == 8 else {rng.choice(keys): part for part in parts}


@pytest.mark.parametrize("seed", range(4))
async def test_rubbish_is_answered_and_leaves_no_traceback(
    annas: Client, house: NavaiData, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    rng = random.Random(seed)
    tools = [*await functions(annas), "nothing"]
    for _ in range(60):
        body: Any = {"function_name": rng.choice(tools), "payload": rubbish(rng)}
        if rng.random() < 0.3:
            body = rubbish(rng)
        response = await annas.post("/api/navai/functions/execute", data=json.dumps(body), headers=JSON)
        answer = await response.json()
        assert response.status in {200, 400, 404}, (body, answer)
        assert response.status == 200 or answer["request_id"]
        if response.status == 200 and not answer["ok"]:
            assert answer.keys() == {"ok", "error", "code", "details"}
        response = await annas.post("/api/navai/realtime/client-secret", data=json.dumps(rubbish(rng)), headers=JSON)
        assert response.status in {200, 400, 403, 429}, await response.text()
    assert "Traceback" not in caplog.text
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


class Colour(StrEnum):
    RED = "red"


class Level(Enum):
    HIGH = 3


class Weekday:
    """A type that JSON does not have."""


RESULTS: dict[str, Any] = {
    "plain": {"a": [1, 2.5, None, True, "x"]},
    "dates": {"at": datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "day": date(2026, 11, 24)},
    "sets": {"rooms": {"hall"}, "pair": (1, 2)},
    "enums": {"colour": Colour.RED, "level": Level.HIGH, Colour.RED: 1},
    "state": {"state": State("light.hall_lamp", "on")},
    "number": {"value": float("nan"), 1: "one"},
    "text": "done",
    "nothing": None,
}
EXPECTED: dict[str, Any] = {
    "plain": {"a": [1, 2.5, None, True, "x"]},
    "dates": {"at": "2026-11-24T08:30:00+00:00", "day": "2026-11-24"},
    "sets": {"rooms": ["hall"], "pair": [1, 2]},
    "enums": {"colour": "red", "level": 3, "red": 1},
    "number": {"value": None, "1": "one"},
    "text": "done",
    "nothing": None,
}
AS_TEXT: dict[str, tuple[Any, Any]] = {
    "bytes": ({"picture": b"\x89PNG", "text": b"on"}, {"picture": "<4 bytes>", "text": "on"}),
    "object": ({"day": Weekday()}, {"day": "<Weekday>"}),
    "span": ({"for": timedelta(minutes=1)}, {"for": 60.0}),
    "large": ({"number": 10**30}, {"number": "1" + "0" * 30}),
    "decimal": ({"price": Decimal("1.10")}, {"price": 1.1}),
    "keys": ({("hall", 2): "on", 7: date(2026, 11, 24)}, {"hall, 2": "on", "7": "2026-11-24"}),
    "surrogate": ("half \ud83d", "half ?"),
}
CIRCLE: dict[str, Any] = {}
CIRCLE["circle"] = CIRCLE


def serialise(schema: Any) -> Any:
    """A serializer of an API for its own types, with a bug."""
    if schema is Weekday:
        raise KeyError(schema)
    return llm.selector_serializer(schema)


OwnTools = Callable[..., Awaitable[Client]]


@pytest.fixture
def own_tools(hass: HomeAssistant, set_up: SetUp, anna: User, hass_client: Clients) -> OwnTools:
    """Anna's client, for a profile that has these tools."""

    async def own_tools(*tools: llm.Tool, **options: Any) -> Client:
        llm.async_register_api(hass, Api(hass, "mine", tools, serialise=serialise))
        await set_up(profiles={"kitchen": {"llm_api": "mine", **options}}, displays={})
        return await hass_client()

    return own_tools


async def test_what_a_tool_returns_reaches_the_model(own_tools: OwnTools) -> None:
    texts = {name: value for name, (value, _) in AS_TEXT.items()}
    long = {"long": ["line of a log"] * 5000, "circle": CIRCLE}
    results = RESULTS | texts | long
    client = await own_tools(*(Tool(name, lambda _, __, data=data: result_of(data)) for name, data in results.items()))
    for name, expected in (EXPECTED | {name: text for name, (_, text) in AS_TEXT.items()}).items():
        assert (await execute(client, name))["result"] == expected, name
    assert (await execute(client, "state"))["result"]["state"]["entity_id"] == "light.hall_lamp"
    assert (await execute(client, "circle"))["result"] == {"circle": "<contains itself>"}
    result = (await execute(client, "long"))["result"]
    assert result[-1] == f"<cut: {5001 - len(result)} more of 5000 items>"
    assert len(json.dumps(result)) <= 16 * 1024


async def test_a_tool_that_fails_is_an_answer_for_the_model(
    own_tools: OwnTools, caplog: pytest.LogCaptureFixture
) -> None:
    def raising(error: Exception) -> Callable[..., Any]:
        def does(_: llm.ToolInput, __: llm.LLMContext) -> Any:
            raise error

        return does

    secret = WATCH.secret("sk-in-a-tools-words-0123")
    client = await own_tools(
        Tool(
            "reason", raising(HomeAssistantError(f"The door is blocked. Authorization: Bearer {secret}\n{'x' * 600}"))
        ),
        Tool("silent", raising(HomeAssistantError())),
        Tool("forbidden", raising(Unauthorized())),
        Tool("broken", raising(ZeroDivisionError(f"{secret}"))),
        Tool("picky", raising(vol.Invalid("no", path=["door", 2]))),
        Tool("pickier", raising(vol.Invalid("no"))),
    )
    answer = await execute(client, "reason")
    assert answer.keys() == {"ok", "error", "code", "details"}
    assert answer["ok"] is False
    assert answer["details"].startswith("The door is blocked.")
    assert len(answer["details"]) == 500
    assert (await execute(client, "silent"))["details"] == "HomeAssistantError"
    assert (await execute(client, "forbidden"))["ok"] is False
    assert (await execute(client, "broken"))["details"] == "ZeroDivisionError"
    answer = await execute(client, "picky")
    assert answer["code"] == "invalid_arguments"
    assert answer["details"] == "door.2"
    assert (await execute(client, "pickier"))["details"] == "arguments"
    assert "The tool broken failed (ZeroDivisionError)" in caplog.text
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.skipif(not hasattr(llm, "ToolResult"), reason="older releases have no such results")
async def test_a_result_that_says_it_is_an_error_is_one(own_tools: OwnTools) -> None:
    client = await own_tools(Tool("jammed", lambda _, __: result_of({"error": "jammed"}, error=True)))
    answer = await execute(client, "jammed")
    assert answer["ok"] is False
    assert answer["details"] == '{"error": "jammed"}'


async def test_a_tool_receives_its_arguments_and_its_caller(own_tools: OwnTools, anna: User) -> None:
    calls: list[Any] = []

    def does(tool_input: llm.ToolInput, context: llm.LLMContext) -> Any:
        assert context.context
        calls.append((tool_input.tool_args, context.context.user_id, context.platform, context.assistant))
        return result_of({})

    client = await own_tools(Tool("listen", does))
    for payload in ({"a": [1]}, {}, None):
        assert (await execute(client, "listen", payload))["ok"]
    assert calls == [(payload, anna.id, "navai", "conversation") for payload in ({"a": [1]}, {}, {})]


async def test_schemas_of_all_kinds_are_accepted(own_tools: OwnTools, simulator: Simulator) -> None:
    schema = {
        vol.Required("room", description="Which room."): vol.In(["hall", "study"]),
        vol.Optional("level", default=5): vol.All(vol.Coerce(int), vol.Range(min=0, max=10)),
        vol.Optional("colour"): vol.Any(str, None),
        vol.Optional("rooms"): [str],
        vol.Optional("when"): selector.DateTimeSelector(),
        vol.Optional("who"): selector.SelectSelector(selector.SelectSelectorConfig(options=["a", "b"], multiple=True)),
        vol.Optional("data"): {vol.Required("x"): float},
        vol.Optional("paint"): vol.In([Colour.RED]),
    }
    tools: list[llm.Tool] = [
        Tool("kinds", lambda _, __: result_of({}), schema),
        Tool("none", lambda _, __: result_of({})),
    ]
    open_ended = Tool("open", lambda _, __: result_of({}))
    open_ended.parameters = vol.Schema({vol.Optional("x"): str}, extra=vol.ALLOW_EXTRA)
    client = await own_tools(*tools, open_ended)
    found = await functions(client)
    for function in found.values():
        check_function(function)
    kinds = found["kinds"]["parameters"]
    assert kinds["required"] == ["room"]
    assert kinds["properties"]["room"]["enum"] == ["hall", "study"]
    assert kinds["properties"]["room"]["description"] == "Which room."
    assert found["none"]["parameters"] == {"type": "object", "properties": {}}
    assert found["open"]["parameters"]["additionalProperties"] is True
    assert (await client.post("/api/navai/realtime/client-secret")).status == 200
    assert [tool["name"] for tool in simulator.requests[-1].body["session"]["tools"]] == ["kinds", "none", "open"]


async def test_a_profile_that_is_turned_off_controls_nothing(
    hass: HomeAssistant, house: NavaiData, annas: Client
) -> None:
    found = await functions(annas)
    house.switch("kitchen", on=False)
    # The conversation continues. Its page receives this as an error of the tool.
    body = {"name": "Lamp"}
    answer = await execute(annas, f"{named(found, 'HassTurnOn')}", body, status=403, params={"profile": "kitchen"})
    assert answer["code"] == "profile_not_allowed"
    assert lit(hass) == set()
    assert (await annas.get("/api/navai/functions", params={"profile": "kitchen"})).status == 403


@pytest.mark.skipif(not NEWER, reason="Home Assistant before 2026.10 has no annotations")
async def test_what_home_assistant_says_of_a_tool_is_passed_on(own_tools: OwnTools) -> None:
    plain, careful = (Tool(name, lambda _, __: result_of({})) for name in ("plain", "careful"))
    careful.title = "Look, do not touch"
    careful.annotations = llm.ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)
    found = await functions(await own_tools(plain, careful))
    assert "title" not in found["plain"]
    assert found["plain"]["annotations"] == {
        "read_only": False,
        "destructive": True,
        "idempotent": False,
        "open_world": True,
    }
    assert found["careful"]["title"] == "Look, do not touch"
    assert found["careful"]["annotations"]["read_only"] is True


async def test_names_that_the_provider_would_refuse_are_changed_and_still_work(
    own_tools: OwnTools, simulator: Simulator
) -> None:
    names = ["script.open door", "script.open_door", "script.öffnen", "x" * 65, "x" * 66, "Open", "open"]
    client = await own_tools(*(Tool(name, lambda _, __, name=name: result_of(name)) for name in names))
    found = await functions(client)
    assert len(found) == len(names)
    results = []
    for name, function in found.items():
        check_function(function)
        answer = await execute(client, name)
        assert answer["function_name"] == name
        results.append(answer["result"])
    assert results == names
    assert (await execute(client, "OPEN"))["function_name"] == "Open"
    assert (await client.post("/api/navai/realtime/client-secret")).status == 200
    assert [tool["name"] for tool in simulator.requests[-1].body["session"]["tools"]] == list(found)


async def test_a_tool_without_a_schema_does_not_affect_the_others(
    own_tools: OwnTools, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Tool("broken", lambda _, __: result_of({}), {vol.Optional("x"): Weekday})
    client = await own_tools(broken, Tool("whole", lambda _, __: result_of({})))
    for _ in range(2):
        assert list(await functions(client)) == ["whole"]
    assert caplog.text.count("The tool broken is left out") == 1


async def test_no_more_tools_than_the_provider_accepts(
    own_tools: OwnTools, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    own = {"type": "function", "name": "t5", "description": "Mine.", "parameters": {"type": "object"}}
    tools = (Tool(f"t{number}", lambda _, __: result_of({})) for number in range(140))
    client = await own_tools(*tools, tools=[own])
    for _ in range(2):
        assert (await client.post("/api/navai/realtime/client-secret")).status == 200
    minted = simulator.requests[-1].body["session"]["tools"]
    assert len(minted) == 128
    # The profile's own tool comes first, and every name is unique.
    assert minted[0]["description"] == "Mine."
    assert len({tool["name"] for tool in minted}) == 128
    assert caplog.text.count("has 139 tools of Home Assistant, but only 127 fit") == 1


async def test_several_apis_are_one(
    hass: HomeAssistant, lamps: None, set_up: SetUp, anna: User, hass_client: Clients, simulator: Simulator
) -> None:
    llm.async_register_api(hass, Api(hass, "mine", [Tool("sing", lambda _, __: result_of("la"))], "Sing often."))
    await set_up(profiles={"kitchen": {"llm_api": ["assist", "mine"], "instructions": "Be kind."}}, displays={})
    client = await hass_client()
    found = await functions(client)
    assert (await execute(client, named(found, "sing")))["result"] == "la"
    assert (await execute(client, named(found, "HassTurnOn"), {"name": "Lamp", "area": "Study"}))["ok"]
    assert (await client.post("/api/navai/realtime/client-secret")).status == 200
    session = simulator.requests[-1].body["session"]
    assert session["instructions"].startswith("Be kind.\n")
    assert "Sing often." in session["instructions"]
    assert {tool["name"] for tool in session["tools"]} == set(found)


@pytest.mark.parametrize("broken", [False, True])
async def test_an_api_that_is_not_there_leaves_a_conversation_without_tools(
    hass: HomeAssistant,
    set_up: SetUp,
    anna: User,
    hass_client: Clients,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
    broken: bool,
) -> None:
    if broken:
        llm.async_register_api(hass, BrokenApi(hass, "attic", []))
    await set_up(profiles={"kitchen": {"llm_api": ["attic"], "instructions": "Be kind."}}, displays={})
    client = await hass_client()
    for _ in range(2):
        assert (await client.post("/api/navai/realtime/client-secret")).status == 200
    session = simulator.requests[-1].body["session"]
    assert session["instructions"] == "Be kind."
    assert "tools" not in session
    assert caplog.text.count("so profile kitchen runs without its tools") == 1
    body = await (await client.get("/api/navai/functions")).json()
    assert body["items"] == []
    assert body["warnings"][0].startswith("The LLM API `attic` ")
    answer = await execute(client, "HassTurnOn")
    assert answer["ok"] is False
    assert answer["details"] == "attic"


@pytest.mark.skipif("requires_admin" not in llm.API.__dataclass_fields__, reason="older releases have no such APIs")
async def test_an_api_for_administrators_is_for_them(
    hass: HomeAssistant, set_up: SetUp, anna: User, bob: Person, hass_client: Clients
) -> None:
    api = Api(hass, "admin", [Tool("sing", lambda _, __: result_of("la"))])
    api.requires_admin = True
    llm.async_register_api(hass, api)
    display = {"profile": "kitchen", "token": HALL, "functions": True}
    await set_up(profiles={"kitchen": {"llm_api": "admin"}}, displays={"hall": display})
    assert (await execute(await hass_client(), "sing"))["ok"]
    assert (await execute(await hass_client(bob.token), "sing"))["ok"] is False
    assert (await execute(await hass_client(HALL), "sing"))["ok"] is False


async def test_a_secret_has_the_tools_and_home_assistants_prompt(
    annas: Client, tablet: Client, simulator: Simulator
) -> None:
    found = await functions(annas)
    for client, headers in ((annas, {"X-Navai-Display": "hall"}), (tablet, HALL_TOKEN)):
        response = await client.post("/api/navai/profiles/kitchen/client-secret", headers=headers)
        assert response.status == 200
        session = simulator.requests[-1].body["session"]
        assert {tool["name"] for tool in session["tools"]} == set(found)
        assert session["tools"] == [
            {key: found[tool["name"]].get(key, "function") for key in ("type", "name", "description", "parameters")}
            for tool in session["tools"]
        ]
        assert "You are in area Hallway" in session["instructions"]
        assert "Secret" not in session["instructions"]
    assert (await annas.post("/api/navai/profiles/kitchen/client-secret")).status == 200
    assert "You are in area" not in simulator.requests[-1].body["session"]["instructions"]


async def test_an_automations_secret_has_no_tools(
    hass: HomeAssistant, lamps: None, set_up: SetUp, simulator: Simulator
) -> None:
    await set_up(profiles={"kitchen": {"llm_api": "assist", "automations": True}}, displays={})
    await hass.services.async_call("navai", "create_client_secret", blocking=True, return_response=True)
    assert "tools" not in simulator.requests[-1].body["session"]


async def test_secrets_created_in_advance_have_the_tools_of_their_caller_and_area(
    hass: HomeAssistant,
    lamps: None,
    set_up: SetUp,
    anna: User,
    hass_client: Clients,
    hass_client_no_auth: Clients,
    simulator: Simulator,
) -> None:
    area = {"profile": "kitchen", "functions": True}
    await set_up(
        profiles={"kitchen": {"llm_api": "assist", "keep_warm": True}},
        displays={"hall": {**area, "area": "Hallway", "token": HALL}, "desk": {**area, "area": "Study"}},
    )
    client, display = await hass_client(), await hass_client_no_auth()
    at_desk = {"X-Navai-Display": "desk"}
    for each, headers, room in ((client, {}, None), (client, at_desk, "Study"), (display, HALL_TOKEN, "Hallway")):
        before = len(simulator.requests)
        assert (await each.get("/api/navai/profiles", headers=headers)).status == 200
        while len(simulator.requests) == before or simulator.requests[-1].status is None:
            await asyncio.sleep(0)
        (minted,) = simulator.requests[before:]
        session = minted.body["session"]
        assert session["tools"]
        assert ("You are in area" in session["instructions"]) is (room is not None)
        assert room is None or f"You are in area {room}" in session["instructions"]
    # Each caller gets the secret that was created for it.
    for each, headers, room in ((display, HALL_TOKEN, "Hallway"), (client, at_desk, "Study"), (client, {}, "You")):
        response = await each.post("/api/navai/realtime/client-secret", headers=headers)
        record = simulator.secrets.lookup((await response.json())["value"])
        assert record
        assert ("You are in area" in record.session["instructions"]) is (room != "You")
        assert room == "You" or f"You are in area {room}" in record.session["instructions"]


async def test_automatic_keywords_are_the_names_of_areas_and_of_exposed_entities(
    hass: HomeAssistant, lamps: None, set_up: SetUp, simulator: Simulator
) -> None:
    ar.async_get(hass).async_create("Room <of> Ana")
    profile = {"transcription": {"model": "gpt-transcribe", "keywords": ["Grandma Rosa", "auto"]}}
    await set_up(profiles={"kitchen": profile, "office": {"transcription": "gpt-transcribe"}}, displays=None)
    runtime = find_runtime(hass)
    assert runtime is not None
    for name in ("kitchen", "office"):
        await runtime.service.mint(Caller(kind="owner", key="test"), name)
    sent, without = (each.body["session"]["audio"]["input"]["transcription"] for each in simulator.requests)
    assert sent["keywords"][0] == "Grandma Rosa", "what people wrote comes first"
    assert {"Hallway", "Study", "Room of Ana", "Lamp"} <= set(sent["keywords"])
    assert "Secret" not in sent["keywords"], "it is not exposed"
    assert sent["keywords"].count("Lamp") == 1
    assert "keywords" not in without


async def test_there_are_at_most_a_hundred_keywords(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    for number in range(130):
        ar.async_get(hass).async_create(f"Room {number}")
    profile = {"transcription": {"model": "gpt-transcribe", "keywords": ["auto", "Rosa"]}}
    await set_up(profiles={"kitchen": profile}, displays=None)
    runtime = find_runtime(hass)
    assert runtime is not None
    await runtime.service.mint(Caller(kind="owner", key="test"), "kitchen")
    words = simulator.requests[0].body["session"]["audio"]["input"]["transcription"]["keywords"]
    assert len(words) == 100
    assert words[0] == "Rosa"
