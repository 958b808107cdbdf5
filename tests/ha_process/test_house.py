"""navai in a real house: from the empty folder to the day the YAML is taken out. The tests run in this order."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from e2e_support import KEY, Simulated
from ha_socket import CommandError
from home_assistant import User
from house_support import DESK, HALL, WRONG, House, block, configuration
from secret_watch import WATCH

pytestmark = pytest.mark.asyncio(loop_scope="session")

BAN = "homeassistant.components.http.ban"
WEBSOCKET = "homeassistant.components.websocket_api.http.connection"
MINT_BY_AUTOMATION = {
    "triggers": [{"trigger": "event", "event_type": "navai_test_mint"}],
    "actions": [
        {
            "action": "navai.create_client_secret",
            "data": {"profile": "office"},
            "response_variable": "answer",
        },
        {"event": "navai_test_minted", "event_data": {"answer": "{{ answer }}"}},
    ],
}
USAGE = {
    "input_tokens": 100,
    "output_tokens": 20,
    "input_token_details": {"audio_tokens": 100},
    "output_token_details": {"audio_tokens": 20},
}


async def called(house: House, user: User, action: str, **data: Any) -> tuple[int, Any]:
    """An action over REST: status and response."""
    path = f"/api/services/navai/{action}?return_response"
    status, body = await house.running.request("POST", path, token=user.token, json=data)
    return status, body["service_response"] if status == 200 else body


# --- the first start


async def test_the_first_start_makes_the_entry_devices_and_entities(house: House) -> None:
    entry = await house.entry()
    assert (entry["title"], entry["state"], entry["source"]) == ("navai", "loaded", "import")
    assert set(await house.devices()) == {"navai", "Hall tablet", "Desk"}
    entities = await house.entities()
    displays = {f"display:{name}:{key}" for name in ("hall", "desk") for key in ("session", "conversation", "stop")}
    assert displays <= set(entities)
    assert (await house.state("display:hall:session"))["state"] == "idle"
    assert (await house.state("profile:office:enabled"))["state"] == "on"
    # The area that the YAML names was made, and the display is in it.
    areas = {each["area_id"]: each["name"] for each in await house.call("config/area_registry/list")}
    hall = (await house.devices())["Hall tablet"]
    (area,) = (each["area_id"] for each in await house.call("config/device_registry/list") if each["id"] == hall)
    assert areas[area] == "Hallway"


# --- who gets a client secret


async def test_an_automation_mints_and_uses_the_response(house: House, simulated: Simulated) -> None:
    # A profile whose `users` would let nobody in but Anna, and which says `automations: true`.
    await house.running.automate("mint", alias="Mint", **MINT_BY_AUTOMATION)
    house.causes("custom_components.navai.services", "automation.mint creates client secrets")
    simulated.forget()
    async with house.running.websocket() as socket:
        minted = await socket.subscribe("subscribe_events", event_type="navai_test_minted")
        await house.running.request("POST", "/api/events/navai_test_mint", json={})
        answer = (await minted.next())["data"]["answer"]
    WATCH.secret(answer["value"])
    assert (answer["profile"], answer["model"], answer["voice"]) == ("office", "gpt-realtime-2.1", "marin")
    assert answer["url"] == f"{house.base_url}/realtime/calls"
    assert answer["expires_at_iso"].endswith("+00:00")
    assert [request["status"] for request in simulated.requests()] == [200]


async def test_a_person_mints_over_rest_for_the_profiles_that_list_them(house: House, anna: User, ben: User) -> None:
    status, answer = await called(house, anna, "create_client_secret", profile="office")
    assert status == 200
    assert WATCH.secret(answer["value"]).startswith("ek_")
    status, answer = await called(house, ben, "create_client_secret", profile="kitchen")
    assert status == 200
    WATCH.secret(answer["value"])
    _, answer = await called(house, ben, "list_profiles")
    assert [each["profile"] for each in answer["profiles"]] == ["kitchen"]


async def test_a_person_mints_over_http(house: House, anna: User) -> None:
    status, body = await house.mint(anna.token, "office")
    assert (status, body["profile"]) == (200, "office")
    path = "/api/navai/realtime/client-secret"
    status, body = await house.running.request("POST", path, token=anna.token, json={"profile": "kitchen"})
    assert status == 200
    assert set(body) == {"value", "expires_at"}
    WATCH.secret(body["value"])


async def test_a_display_mints_with_its_own_token(house: House) -> None:
    status, body = await house.mint(HALL, "kitchen", json={"language": "French"})
    assert (status, body["profile"]) == (200, "kitchen")
    status, body = await house.mint(DESK, "kitchen")
    assert status == 200


async def test_a_display_uses_the_tools_of_the_house(house: House) -> None:
    path = "/api/navai/functions"
    status, body = await house.running.request("GET", path, token=HALL)
    assert (status, body["warnings"]) == (200, [])
    (time,) = (item["name"] for item in body["items"] if item["name"].endswith("GetDateTime"))
    call = {"function_name": time, "payload": {}}
    status, body = await house.running.request("POST", f"{path}/execute", token=HALL, json=call)
    assert (status, body["ok"]) == (200, True)
    assert body["result"]


async def test_a_tool_that_has_started_ends_though_its_page_is_gone(house: House) -> None:
    await house.call(
        "homeassistant/expose_entity", assistants=["conversation"], entity_ids=["script.water"], should_expose=True
    )
    path = "/api/navai/functions"
    _, body = await house.running.request("GET", path, token=HALL)
    (water,) = (item["name"] for item in body["items"] if item["name"].endswith("water"))

    async def valve() -> str:
        return str((await house.running.state("input_boolean.valve"))["state"])

    async with house.running.websocket() as socket:
        changes = await socket.subscribe(
            "subscribe_trigger", trigger={"trigger": "state", "entity_id": "input_boolean.valve"}
        )
        call = {"function_name": water, "payload": {}, "call": "call_1"}
        asked = asyncio.create_task(house.running.request("POST", f"{path}/execute", token=HALL, json=call))
        await changes.next()
        assert await valve() == "on"
        # The page is closed: its connection breaks.
        asked.cancel()
        await changes.next()
    assert await valve() == "off"
    status, body = await house.running.request("GET", f"{path}/running/call_1", token=HALL)
    assert (status, body["ok"], body["function_name"]) == (200, True, water)


# --- who does not


async def test_nobody_mints_without_a_token(house: House) -> None:
    status, body = await house.mint(None)
    assert (status, body["code"]) == (401, "not_signed_in")


async def test_nobody_mints_with_a_wrong_token_and_the_owner_hears_of_it(house: House) -> None:
    status, body = await house.mint(WRONG)
    assert (status, body["code"]) == (401, "not_signed_in")
    house.causes(BAN, "Requested URL: '/api/navai/profiles/kitchen/client-secret'")
    async with house.running.websocket() as socket:
        notes = await socket.subscribe("persistent_notification/subscribe")
        told = (await notes.next())["notifications"]
    assert "http-login" in told


async def test_a_person_whom_the_profile_does_not_list_is_refused(house: House, ben: User) -> None:
    status, body = await house.mint(ben.token, "office")
    assert (status, body["code"]) == (403, "profile_not_allowed")
    async with house.running.websocket(ben.token) as socket:
        action = {"domain": "navai", "service": "create_client_secret", "service_data": {"profile": "office"}}
        with pytest.raises(CommandError) as refused:
            await socket.call("call_service", return_response=True, **action)
    assert refused.value.code == "service_validation_error"
    assert "not allowed to use it" in refused.value.message


async def test_a_display_is_refused_a_profile_that_it_does_not_have(house: House) -> None:
    status, body = await house.mint(HALL, "office")
    assert (status, body["code"]) == (403, "profile_not_allowed")


@pytest.mark.parametrize("path", ["/api/states", "/api/services/navai/list_profiles", "/api/config", "/auth/token"])
async def test_a_displays_token_opens_nothing_else_in_the_house(house: House, path: str) -> None:
    method = "POST" if "token" in path or "services" in path else "GET"
    status, _ = await house.running.request(method, path, token=HALL)
    assert status == (400 if path == "/auth/token" else 401)
    if "navai" in path:
        house.causes(BAN, f"Requested URL: '{path}'")


async def test_a_displays_token_opens_no_websocket(house: House) -> None:
    with pytest.raises(CommandError) as refused:
        async with house.running.websocket(HALL):
            pass
    assert refused.value.code == "auth_invalid"


# --- a conversation


async def test_a_display_is_told_to_start_and_the_house_follows_the_conversation(house: House, anna: User) -> None:
    desk = (await house.devices())["Desk"]
    async with house.running.websocket(anna.token) as browser:
        events = await browser.subscribe("navai/subscribe", display="desk")
        told = await events.next()
        assert (told["type"], told["profile"], told["profiles"]) == ("configuration", "office", ["office", "kitchen"])

        data = {"device_id": desk, "start_message": "Welcome home!"}
        action = asyncio.create_task(called(house, anna, "start_conversation", **data))
        start = await events.next()
        assert start == {
            "type": "start",
            "profile": "office",
            "start_message": "Welcome home!",
            "request": start["request"],
        }

        async def report(state: str, **more: Any) -> str:
            await browser.call("navai/session/report", session="s1", state=state, display="desk", **more)
            found = await house.state("display:desk:session")
            return str(found["attributes"]["activity"] or found["state"])

        assert await report("connecting", profile="office", request=start["request"]) == "connecting"
        assert await action == (200, {"responded": ["desk"], "no_response": []})
        assert (await house.state("display:desk:conversation"))["attributes"]["event_type"] == "started"
        for state in ("listening", "thinking", "speaking"):
            assert await report(state) == state
        assert await report("ended", usage=USAGE) == "idle"
    assert (await house.state("display:desk:conversation"))["attributes"]["event_type"] == "ended"
    assert 0 < float((await house.state("profile:office:cost_today"))["state"]) < 0.01


async def test_the_logbook_tells_of_conversations_in_sentences(house: House, anna: User) -> None:
    now = datetime.now(UTC).isoformat()
    async with house.running.websocket() as socket, house.running.websocket(anna.token) as browser:
        logbook = await socket.subscribe("logbook/event_stream", start_time=now)
        for state in ("connecting", "ended"):
            about = {"session": "s2", "display": "desk", "profile": "office"}
            await browser.call("navai/session/report", state=state, **about)
        found: dict[str, str] = {}
        while not any(re.fullmatch(r"ended a conversation with Office after \d+ s", message) for message in found):
            entries = (await logbook.next())["events"]
            found |= {entry["message"]: entry["name"] for entry in entries if entry.get("domain") == "navai"}
    assert found["started a conversation with Office"] == "Desk"


async def test_a_display_that_is_not_connected_is_an_error_that_says_so(house: House, anna: User) -> None:
    async with house.running.websocket(anna.token) as socket:
        action = {"domain": "navai", "service": "start_conversation", "service_data": {"display": "hall"}}
        with pytest.raises(CommandError) as refused:
            await socket.call("call_service", **action)
    told = "Hall tablet is not connected. Wake it up, or open a dashboard"
    assert told in refused.value.message
    house.causes(WEBSOCKET, told)


# --- another YAML


@pytest_asyncio.fixture(loop_scope="session")
async def yaml_as_before(house: House) -> AsyncIterator[None]:
    yield
    house.running.config.configure(configuration(block(house.base_url)))
    await house.running.call_action("navai", "reload")


async def test_a_reload_takes_a_good_yaml_and_keeps_who_is_connected(
    house: House, anna: User, yaml_as_before: None
) -> None:
    changed = block(house.base_url)
    changed["profiles"]["bedtime"] = {"name": "Bedtime stories", "model": "gpt-realtime-2.1"}
    changed["displays"]["hall"]["profile"] = "bedtime"
    async with house.running.websocket(anna.token) as browser:
        events = await browser.subscribe("navai/subscribe", display="hall")
        assert (await events.next())["profile"] == "kitchen"
        house.running.config.configure(configuration(changed))
        await house.running.call_action("navai", "reload")
        assert (await events.next())["profile"] == "bedtime"
    assert "profile:bedtime:enabled" in await house.entities()
    assert (await house.mint(HALL, "bedtime"))[0] == 200


async def test_a_reload_of_a_bad_yaml_says_where_it_is_wrong_and_changes_nothing(
    house: House, yaml_as_before: None
) -> None:
    before = await house.entities()
    changed = block(house.base_url)
    changed["profiles"]["office"]["voise"] = "cedar"
    changed["displays"]["hall"]["profile"] = "kitchn"
    text = configuration(changed)
    lines = text.splitlines()
    house.running.config.configure(text)
    # In older releases a part of ours stands above it.
    above = len(house.running.config.head.splitlines())
    voice = next(number for number, line in enumerate(lines, above + 1) if "voise" in line)
    profile = next(number for number, line in enumerate(lines, above + 1) if "kitchn" in line)
    async with house.running.websocket() as socket:
        with pytest.raises(CommandError) as refused:
            await socket.call("call_service", domain="navai", service="reload", service_data={})
    assert f"configuration.yaml:{voice}" in refused.value.message
    assert "voice" in refused.value.message
    assert f"configuration.yaml:{profile}" in refused.value.message
    house.causes("homeassistant.config", f"configuration.yaml:{voice}")
    house.causes(WEBSOCKET, f"configuration.yaml:{voice}")
    assert await house.entities() == before
    assert (await house.mint(HALL, "kitchen"))[0] == 200
    _, checked = await house.running.request("POST", "/api/config/core/check_config")
    # What another integration than the few that the frontend needs has wrong is a warning there.
    assert f"configuration.yaml:{voice}" in checked["warnings"]


# --- another start


async def test_a_restart_finds_todays_counts_and_what_was_switched_off(house: House) -> None:
    switch = (await house.entities())["profile:office:enabled"]
    await house.running.call_action("switch", "turn_off", {"entity_id": switch})
    assert (await house.mint(DESK, "office"))[1]["code"] == "profile_not_allowed"
    assert (await house.mint(HALL, "kitchen"))[0] == 200
    keys = [f"profile:{name}:{what}_today" for name in ("kitchen", "office") for what in ("secrets", "cost")]
    before = [(await house.state(key))["state"] for key in keys]
    assert int(before[0]) > 0

    await house.running.restart()

    assert [(await house.state(key))["state"] for key in keys] == before
    assert (await house.state("profile:office:enabled"))["state"] == "off"
    assert (await house.mint(DESK, "office"))[1]["code"] == "profile_not_allowed"
    await house.running.call_action("switch", "turn_on", {"entity_id": switch})
    assert (await house.mint(DESK, "office"))[0] == 200


async def test_without_the_yaml_nothing_is_left(house: House) -> None:
    # A tool of the house acts under a user made for the display: that one goes too.
    await house.running.request("GET", "/api/navai/functions", token=HALL)
    house.running.config.configure(configuration(None))
    await house.running.restart()
    house.causes("custom_components.navai.yaml_entry", "The YAML no longer has a `navai:` block")
    assert await house.call("config_entries/get", domain="navai") == []
    assert await house.entities() == {}
    assert not [each for each in await house.call("config/device_registry/list") if "navai" in json.dumps(each)]
    assert not [each for each in await house.call("config/auth/list") if "navai" in each["name"]]
    assert not [each for each in (await house.call("repairs/list_issues"))["issues"] if each["domain"] == "navai"]
    # What was switched off, and today's counts, are there when the block returns.
    kept = json.loads((house.running.config.path / ".storage" / "navai").read_text())["data"]
    assert kept.keys() <= {"usage", "since", "switched_off"}
    stored = {path.name: path.read_text() for path in (house.running.config.path / ".storage").iterdir()}
    assert not [name for name, text in stored.items() if HALL in text or KEY in text]
    await house.running.stop()


# --- and what all of this wrote


async def test_the_log_has_no_trouble_but_what_was_caused_on_purpose(house: House) -> None:
    assert house.unexpected() == []
    assert "Detected blocking call" not in house.running.log.text
    assert "custom_components.navai" in house.running.log.text


async def test_the_log_has_no_secret(house: House, anna: User, ben: User) -> None:
    owner = house.running.owner
    assert owner
    secrets = WATCH.secrets | {anna.token, ben.token, owner.token}
    assert not [line for line in house.running.log.lines if any(secret in line for secret in secrets)]
