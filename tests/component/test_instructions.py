"""Templates in a profile's `instructions`: Home Assistant renders them when a conversation starts."""

from typing import Any

import pytest
from component_support import KEY, Browser, Folder
from conftest import Open, SetUp
from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from test_config import check, message_at_a_start

from custom_components.navai.data import NavaiData
from navai_core.simulator import Simulator

MODEL = "gpt-realtime-2.1"
ADVICE = "You help a family cook.\nIt is {{ states('sensor.outside') | float }} degrees outside. Be brief."


async def instructions(
    hass: HomeAssistant, simulator: Simulator, user: User | None, profile: str, **overrides: str
) -> str:
    """Create a client secret, and return the instructions of its session."""
    answer = await hass.services.async_call(
        "navai",
        "create_client_secret",
        {"profile": profile, **overrides},
        blocking=True,
        context=Context(user_id=user.id if user else None),
        return_response=True,
    )
    assert answer
    record = simulator.secrets.lookup(str(answer["value"]))
    assert record is not None
    assert answer.get("ready_for") == (None if profile == "office" else 30)
    found: str = record.session["instructions"]
    return found


@pytest.fixture
async def home(hass: HomeAssistant, set_up: SetUp) -> NavaiData:
    """A profile whose instructions have the temperature; one with overrides; one with names; one without a template."""
    hass.states.async_set("sensor.outside", "21.5")
    open_to_all = {"model": MODEL, "allow_overrides": ["instructions"]}
    names = "{{ user_name }} talks at {{ ha_name }}, {{ area_name(device_id) if device_id else 'nowhere' }}."
    return await set_up(
        profiles={
            "kitchen": {"model": MODEL, "instructions": ADVICE, "language": "Spanish", "llm_api": ["assist"]},
            "open": {**open_to_all, "instructions": "{# a note #}Plain {{ 1 + 1 }}."},
            "names": {"model": MODEL, "instructions": names},
            "office": {"model": MODEL, "allow_overrides": ["instructions"], "instructions": "Plain."},
        },
        displays={"hall": {"profile": "kitchen", "profiles": ["names"], "area": "Hallway"}},
    )


async def test_they_say_how_the_home_is_when_the_conversation_starts(
    hass: HomeAssistant, home: NavaiData, simulator: Simulator, anna: User
) -> None:
    first = await instructions(hass, simulator, anna, "kitchen")
    assert first.startswith("You help a family cook.\nIt is 21.5 degrees outside. Be brief.\n")
    hass.states.async_set("sensor.outside", "-3")
    assert "It is -3.0 degrees outside." in await instructions(hass, simulator, anna, "kitchen")
    assert (await instructions(hass, simulator, anna, "open")) == "Plain 2."


async def test_only_the_yaml_is_a_template_and_never_a_request(
    hass: HomeAssistant, home: NavaiData, simulator: Simulator, anna: User, browser: Open
) -> None:
    template = "Say {{ states('sensor.outside') }}."
    for profile in ("open", "office"):
        record = await _override(hass, simulator, anna, profile, template)
        assert record == template
    tablet: Browser = await browser()
    await tablet.show("hall")
    fields = {"start_message": template, "extra_system_prompt": template}
    data = {"display": "hall", **fields}
    call = hass.async_create_task(hass.services.async_call("navai", "start_conversation", data, blocking=True))
    command = await tablet.event()
    assert {key: command[key] for key in fields} == fields
    await tablet.report("s1", "connecting", request=command["request"], profile="kitchen")
    await call


async def _override(hass: HomeAssistant, simulator: Simulator, user: User, profile: str, text: str) -> str:
    return await instructions(hass, simulator, user, profile, instructions=text)


async def test_they_know_who_talks_and_where(
    hass: HomeAssistant, home: NavaiData, simulator: Simulator, anna: User, hass_ws_client: Any
) -> None:
    hass.config.location_name = "Villa"
    assert await instructions(hass, simulator, anna, "names") == "Anna talks at Villa, nowhere."
    area = ar.async_get(hass).async_get_area_by_name("Hallway")
    device = dr.async_get(hass).async_get(home.devices["hall"])
    assert area
    assert device
    assert device.area_id == area.id
    tablet = Browser(await hass_ws_client(hass))
    await tablet.show("hall")
    answer = await tablet.call("navai/client_secret", profile="names", display="hall")
    record = simulator.secrets.lookup(answer["value"])
    assert record is not None
    assert record.session["instructions"] == "Anna talks at Villa, Hallway."


async def test_one_that_fails_is_logged_once_and_nothing_else_is_lost(
    hass: HomeAssistant,
    home: NavaiData,
    simulator: Simulator,
    anna: User,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = await instructions(hass, simulator, anna, "kitchen")
    hass.states.async_set("sensor.outside", "unavailable")
    for _ in range(2):
        found = await instructions(hass, simulator, anna, "kitchen")
    assert found == before.replace("21.5", "")
    said = [record.getMessage() for record in caplog.records if record.name.endswith("navai.instructions")]
    assert len(said) == 1
    assert "`instructions` of the profile kitchen cannot be rendered: ValueError: Template error: float got" in said[0]
    assert "reload navai" in said[0]
    assert await instructions(hass, simulator, anna, "open") == "Plain 2."
    # It is logged again only after it worked.
    hass.states.async_set("sensor.outside", "4")
    assert "It is 4.0" in await instructions(hass, simulator, anna, "kitchen")
    hass.states.async_set("sensor.outside", "unavailable")
    await instructions(hass, simulator, anna, "kitchen")
    assert sum("cannot be rendered" in record.getMessage() for record in caplog.records) == 2


async def test_a_result_without_an_end_and_one_without_text(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, anna: User, caplog: pytest.LogCaptureFixture
) -> None:
    await set_up(
        profiles={
            "long": {"model": MODEL, "instructions": "{% for n in range(40000) %}x{% endfor %}"},
            "failing": {"model": MODEL, "instructions": "{% if 'x' | float %}A{% else %}B{% endif %}"},
        },
        displays={},
    )
    for profile in ("long", "failing"):
        assert await instructions(hass, simulator, anna, profile) == "You are a helpful assistant."
    assert "the profile long cannot be rendered: ValueError: the result has more than 32000 characters." in caplog.text


async def test_an_invalid_one_is_found_when_the_configuration_is_checked(hass: HomeAssistant, folder: Folder) -> None:
    folder.write(
        configuration=f"""
            navai:
              api_key: {KEY}
              defaults:
                instructions: "{{{{ states('sensor.x' }}}}"
              profiles:
                kitchen:
                  model: {MODEL}
                  instructions: |
                    You help.
                    {{% if %}}
                office:
                  modle: {MODEL}
                attic:
                  instructions: "{{{{ states('sensor.x') }}}}"
            """
    )
    for said in (await check(hass), await message_at_a_start(hass)):
        assert "configuration.yaml:4: navai.defaults.instructions: is not a valid template: TemplateSyntaxError" in said
        assert "configuration.yaml:8: navai.profiles.kitchen.instructions: is not a valid template: Template" in said
        assert "configuration.yaml:12: navai.profiles.office.modle: " in said
        assert said.count("is not a valid template") == 2
