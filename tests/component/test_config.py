"""The `navai:` block in real YAML files: how packages merge, and the message of every mistake."""

import gc
from typing import Any

import pytest
from component_support import KEY, Folder, sentence_key
from homeassistant import bootstrap
from homeassistant.config import async_hass_config_yaml, async_process_component_and_handle_errors
from homeassistant.config_entries import SOURCE_IMPORT, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigValidationError, HomeAssistantError
from homeassistant.helpers.check_config import async_check_ha_config_file
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from secret_watch import WATCH

from custom_components.navai.const import DOMAIN
from custom_components.navai.data import DATA
from custom_components.navai.navai_core import Settings

MISPLACED = WATCH.secret("sk-misplaced-0123456789")
SHOUTED = WATCH.secret("sk-MISPLACED-9876543210")
GOOD = f"""
navai:
  api_key: {KEY}
  profiles:
    kitchen:
      model: gpt-realtime-2.1
"""


async def check(hass: HomeAssistant) -> str:
    """Return what the button "Check configuration" shows."""
    found = await async_check_ha_config_file(hass)
    return "\n".join(problem.message for problem in (*found.errors, *found.warnings))


async def settings_of(hass: HomeAssistant) -> Settings:
    """Return the settings that a start reads from the folder."""
    config = await async_hass_config_yaml(hass)
    integration = await async_get_integration(hass, DOMAIN)
    config = await async_process_component_and_handle_errors(hass, config, integration, raise_on_failure=True)
    settings = config[DOMAIN]
    assert isinstance(settings, Settings)
    return settings


async def message_at_a_start(hass: HomeAssistant) -> str:
    """Return the mistakes that a start or a reload reports."""
    with pytest.raises(ConfigValidationError) as raised:
        await settings_of(hass)
    assert raised.value.translation_placeholders
    return raised.value.translation_placeholders["error"]


async def test_a_good_block_passes_the_check_and_becomes_settings(hass: HomeAssistant, folder: Folder) -> None:
    folder.write(configuration=GOOD)
    assert await check(hass) == ""
    settings = await settings_of(hass)
    assert list(settings.profiles) == ["kitchen"]
    assert settings.api_key is not None
    assert settings.api_key.reveal() == KEY


async def test_secrets_includes_and_the_environment_work_as_everywhere(
    hass: HomeAssistant, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAVAI_TONE", "calm")
    folder.write(
        configuration="""
            navai:
              api_key: !secret openai
              defaults:
                tone: !env_var NAVAI_TONE
              profiles: !include_dir_named profiles
              displays: !include displays.yaml
            """,
        secrets=f"openai: {KEY}",
        profiles__kitchen="model: gpt-realtime-2.1",
        profiles__office="model: gpt-realtime-2.1-mini",
        displays="hall:\n  profile: office\n",
    )
    assert await check(hass) == ""
    settings = await settings_of(hass)
    assert {key: (profile.model, profile.tone) for key, profile in settings.profiles.items()} == {
        "kitchen": ("gpt-realtime-2.1", "calm"),
        "office": ("gpt-realtime-2.1-mini", "calm"),
    }
    assert settings.displays["hall"].profile == "office"
    assert settings.api_key is not None
    assert settings.api_key.reveal() == KEY


async def test_the_block_of_the_standalone_hub_works_without_a_warning(hass: HomeAssistant, folder: Folder) -> None:
    folder.write(
        configuration=f"""
            navai:
              api_key: {KEY}
              profiles:
                kitchen:
                  model: gpt-realtime-2.1
              hub:
                port: 8770
                cors: [https://panel.example.org]
                functions: [functions/lights.py]
            """
    )
    assert await check(hass) == ""
    assert (await settings_of(hass)).warnings == ()


@pytest.mark.parametrize("main", [f"navai:\n  api_key: {KEY}\n", ""], ids=["beside a block", "alone"])
async def test_profiles_and_displays_of_packages_merge(hass: HomeAssistant, folder: Folder, main: str) -> None:
    folder.write(
        configuration=f"{main}homeassistant:\n  packages: !include_dir_named packages\n",
        packages__upstairs="""
            navai:
              profiles:
                bedroom:
                  model: gpt-realtime-2.1
                  llm_api: [assist]
              displays:
                bedside:
                  profile: bedroom
            """,
        packages__downstairs="""
            navai:
              profiles:
                kitchen:
                  model: gpt-realtime-2.1-mini
            """,
        packages__empty="navai:\n",
    )
    assert await check(hass) == ""
    settings = await settings_of(hass)
    assert sorted(settings.profiles) == ["bedroom", "kitchen"]
    assert settings.profiles["bedroom"].llm_api == ("assist",)
    assert list(settings.displays) == ["bedside"]


async def test_two_packages_with_different_values_are_reported(hass: HomeAssistant, folder: Folder) -> None:
    folder.write(
        configuration="homeassistant:\n  packages: !include_dir_named packages\n" + GOOD,
        packages__other="navai:\n  profiles:\n    kitchen:\n      model: gpt-realtime-2.1-mini\n",
    )
    said = await check(hass)
    assert "Setup of package 'other' failed: integration 'navai' has duplicate key 'model'" in said


PACKAGES = "homeassistant:\n  packages: !include_dir_named packages\n"
# For each: what two packages contain, next to a valid block; what they both define, and where.
DUPLICATES: dict[str, tuple[dict[str, str], str, list[str]]] = {
    "of different options": (
        {
            "packages__a": "navai:\n  profiles:\n    bedroom:\n      tone: warm\n",
            "packages__b": "navai:\n  profiles:\n    bedroom:\n      name: Bed\n",
        },
        "profiles.bedroom",
        ["packages/a.yaml:", "packages/b.yaml:"],
    ),
    "of lists": (
        {
            "packages__a": "navai:\n  profiles:\n    bedroom:\n      users: [anna]\n",
            "packages__b": "navai:\n  profiles:\n    bedroom:\n      users: [ben]\n",
        },
        "profiles.bedroom",
        ["packages/a.yaml:", "packages/b.yaml:"],
    ),
    "of inner options": (
        {
            "packages__a": "navai:\n  profiles:\n    bedroom:\n      limits: {secrets_per_minute: 5}\n",
            "packages__b": "navai:\n  profiles:\n    bedroom:\n      limits: {sessions: 2}\n",
        },
        "profiles.bedroom",
        ["packages/a.yaml:", "packages/b.yaml:"],
    ),
    "with the main block": (
        {"packages__a": "navai:\n  profiles:\n    kitchen:\n      users: [anna]\n"},
        "profiles.kitchen",
        ["configuration.yaml:", "packages/a.yaml:"],
    ),
    "of defaults": (
        {
            "packages__a": "navai:\n  defaults:\n    tone: warm\n",
            "packages__b": "navai:\n  defaults:\n    language: Spanish\n",
        },
        "defaults",
        ["packages/a.yaml:", "packages/b.yaml:"],
    ),
    "of lists in defaults, with the main block": (
        {
            "configuration": PACKAGES + GOOD + "  defaults:\n    llm_api: [assist]\n",
            "packages__a": "navai:\n  defaults:\n    llm_api: [mine]\n",
        },
        "defaults",
        ["configuration.yaml:", "packages/a.yaml:"],
    ),
    "of the hub's part": (
        {
            "packages__a": "navai:\n  hub:\n    port: 8770\n",
            "packages__b": "navai:\n  hub:\n    cors: [https://panel.example.org]\n",
        },
        "hub",
        ["packages/a.yaml:", "packages/b.yaml:"],
    ),
    "of displays": (
        {
            "packages__a": "navai:\n  displays:\n    hall:\n      profile: kitchen\n",
            "packages__b": "navai:\n  displays:\n    hall:\n      functions: true\n",
        },
        "displays.hall",
        ["packages/a.yaml:", "packages/b.yaml:"],
    ),
}


@pytest.mark.parametrize(("files", "what", "places"), DUPLICATES.values(), ids=DUPLICATES.keys())
async def test_what_two_packages_define_is_refused_with_its_places(
    hass: HomeAssistant, folder: Folder, files: dict[str, str], what: str, places: list[str]
) -> None:
    folder.write(**{"configuration": PACKAGES + GOOD, **files})
    for said in (await check(hass), await message_at_a_start(hass)):
        assert f"navai.{what}: is defined more than once, at " in said
        assert "keep it in one file" in said
        assert [place for place in places if place not in said.partition("more than once")[2]] == []


async def test_duplicates_that_home_assistant_ignores_are_refused(hass: HomeAssistant, folder: Folder) -> None:
    folder.write(
        configuration=PACKAGES + GOOD,
        packages__other="navai:\n  profiles:\n    kitchen:\n      model: gpt-realtime\n    attic:\n      tone: warm\n",
    )
    assert "duplicate key" not in await check(hass)
    said = await message_at_a_start(hass)
    assert "kitchen: is defined more than once, at configuration.yaml:8 and packages/other.yaml:4" in said


# For each option: what two packages, or the main block and a package, say about it.
TWICE = {
    "client_secret_ttl": ("client_secret_ttl: 60", "client_secret_ttl: 90"),
    "default_profile": ("default_profile: kitchen", "default_profile: kitchen"),
    "timeout": ("timeout: 5", "timeout:"),
    "allow_request_api_key": ("allow_request_api_key: false", "allow_request_api_key: true"),
}


@pytest.mark.parametrize("main", [True, False], ids=["with the main block", "between packages"])
@pytest.mark.parametrize(("option", "lines"), TWICE.items(), ids=TWICE.keys())
async def test_an_option_that_is_given_twice_is_refused_with_both_places(
    hass: HomeAssistant, folder: Folder, option: str, lines: tuple[str, str], main: bool
) -> None:
    first, second = lines
    folder.write(
        configuration=PACKAGES + GOOD + (f"  {first}\n" if main else ""),
        packages__a="" if main else f"navai:\n  {first}\n",
        packages__b=f"navai:\n  {second}\n",
    )
    place = "configuration.yaml:9" if main else "packages/a.yaml:2"
    said = await message_at_a_start(hass)
    assert f"navai.{option}: is defined more than once, at {place} and packages/b.yaml:2 — keep it in one" in said
    # The check gets the packages merged, after Home Assistant has said so in its own words.
    assert f"duplicate key '{option}'" in await check(hass)


async def test_a_misplaced_key_that_is_given_twice_is_not_quoted(hass: HomeAssistant, folder: Folder) -> None:
    folder.write(
        configuration=PACKAGES + GOOD,
        packages__a=f"navai:\n  {MISPLACED}: {{a: 1}}\n",
        packages__b=f"navai:\n  {MISPLACED}: {{b: 1}}\n",
    )
    for said in (await check(hass), await message_at_a_start(hass)):
        assert "navai.…: is defined more than once, at packages/a.yaml:2 and packages/b.yaml:2" in said
        WATCH.text("what is said of two packages", said)


async def test_home_assistant_leaves_out_of_packages_what_the_docs_say(
    hass: HomeAssistant, folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write(
        configuration=PACKAGES + GOOD,
        packages__a="navai:\n  api_key: other\n  profiles:\n    attic:\n",
        packages__b="navai:\n  - profiles\n",
        packages__c="navai:\n  profiles:\n    garden:\n      users: [anna, '']\n",
        **{"packages__not a slug": "navai:\n  profiles:\n    cellar:\n"},
    )
    config = await async_hass_config_yaml(hass)
    assert list(config[DOMAIN]["profiles"]) == ["kitchen", "garden"]
    assert config[DOMAIN]["profiles"]["garden"]["users"] == ["anna"]
    for package, reason in (("a", "duplicate key 'api_key'"), ("b", "expected a dict"), ("not a slug", "Invalid")):
        assert any(f"package '{package}'" in said and reason in said for said in caplog.text.splitlines())
    folder.write(
        configuration=PACKAGES + "navai:\n  profiles:\n", packages__a="navai:\n  profiles:\n    attic: {name: A}\n"
    )
    with pytest.raises(AttributeError):
        await async_hass_config_yaml(hass)


async def test_packages_in_one_file_are_distinguished_by_their_lines(hass: HomeAssistant, folder: Folder) -> None:
    package = "    {}:\n      navai:\n        profiles:\n          attic:\n            {}: warm\n"
    folder.write(
        configuration="homeassistant:\n  packages:\n" + package.format("a", "tone") + package.format("b", "name") + GOOD
    )
    assert "at configuration.yaml:7 and configuration.yaml:12 — " in await message_at_a_start(hass)


async def test_a_profile_from_several_files_is_one_profile(hass: HomeAssistant, folder: Folder) -> None:
    folder.write(
        configuration=f"""
            homeassistant:
              packages: !include_dir_named packages
            navai:
              api_key: {KEY}
              profiles:
                kitchen:
                  <<: &common
                    tone: warm
                    limits: !include limits.yaml
                  name: Kitchen
                  users: [anna, !secret ben]
                office:
                  <<: *common
                attic: !include_dir_merge_named attic
                cellar: !include cellar.yaml
                garden:
                  users: !include_dir_merge_list people
            """,
        secrets="ben: Benjamin",
        limits="secrets_per_minute: 5",
        attic__one="tone: calm\n",
        attic__two="name: Attic\n",
        people__one="- anna\n",
        people__two="- ben\n",
        cellar="name: Cellar\n",
        packages__bedroom="""
            navai:
              profiles:
                bedroom:
                  users: [anna, !secret ben]
                  limits: !include ../limits.yaml
                  tools:
                    - !include ../search.yaml
                    - !include ../weather.yaml
            """,
        packages__hall="navai:\n  profiles:\n    hall: !include ../cellar.yaml\n",
        packages__list="sensor:\n",
        search="type: mcp\nserver_label: search\nserver_url: https://search.example.org\n",
        weather="type: mcp\nserver_label: weather\nserver_url: https://weather.example.org\n",
    )
    assert await check(hass) == ""
    settings = await settings_of(hass)
    assert sorted(settings.profiles) == ["attic", "bedroom", "cellar", "garden", "hall", "kitchen", "office"]
    assert settings.profiles["bedroom"].users == ("anna", "Benjamin")


# For each: the files, and the place, the path and the fix of every mistake.
MISTAKES: dict[str, tuple[dict[str, str], list[str]]] = {
    "a typing mistake": (
        {
            "configuration": """
                navai:
                  profiles:
                    kitchen:
                      modle: gpt-realtime-2.1
                """
        },
        ["configuration.yaml:4: navai.profiles.kitchen.modle: is not a valid option — did you mean `model`?"],
    ),
    "several at a time": (
        {
            "configuration": """
                navai:
                  client_secret_ttl: 5
                  profiles:
                    kitchen:
                      voice: marvin
                    Kitchen Helper:
                      name: x
                """
        },
        [
            "configuration.yaml:2: navai.client_secret_ttl: ",
            "configuration.yaml:5: navai.profiles.kitchen.voice: ",
            "configuration.yaml:6: navai.profiles.Kitchen Helper: `Kitchen Helper` is not a valid name: use ",
            "`-`, such as `kitchen_helper`",
        ],
    ),
    "something missing": (
        {
            "configuration": """
                navai:
                  profiles:
                    kitchen:
                  displays:
                    hall:
                      name: Hall
                """
        },
        ["configuration.yaml:5: navai.displays.hall.profile: is missing — add it"],
    ),
    "nothing at all": ({"configuration": "navai:\n"}, ["configuration.yaml:1: navai.profiles: is missing — add it"]),
    "a list where names belong": (
        {"configuration": "navai:\n  profiles:\n    - kitchen\n"},
        ["configuration.yaml:2: navai.profiles: must be a map: names, each with its options indented below it"],
    ),
    "a string for a block": (
        {"configuration": f"navai: {MISPLACED}\n"},
        ["configuration.yaml:1: navai: must be a section: options, indented below its name"],
    ),
    "in a list": (
        {
            "configuration": """
                navai:
                  profiles:
                    kitchen:
                      allow_overrides:
                        - language
                        - tune
                """
        },
        ["configuration.yaml:6: navai.profiles.kitchen.allow_overrides.1: can only list `model`"],
    ),
    "in a list of maps": (
        {
            "configuration": """
                navai:
                  profiles:
                    kitchen:
                      tools:
                        - type: mcp
                          server_label: a
                          server_url: https://a.example.org
                        -
                          server_label: a
                """
        },
        ["configuration.yaml:9: navai.profiles.kitchen.tools.1.type: is missing — add it"],
    ),
    "in a package": (
        {
            "configuration": "homeassistant:\n  packages: !include_dir_named packages\n" + GOOD,
            "packages__upstairs": "navai:\n  profiles:\n    bedroom:\n      speed: 9\n",
        },
        ["packages/upstairs.yaml:4: navai.profiles.bedroom.speed: "],
    ),
    "between packages": (
        {
            "configuration": "homeassistant:\n  packages: !include_dir_named packages\n",
            "packages__displays": "navai:\n  displays:\n    hall:\n      profile: kichen\n",
            "packages__profiles": "navai:\n  profiles:\n    kitchen:\n      tone: warm\n",
        },
        ["packages/displays.yaml:4: navai.displays.hall.profile: "],
    ),
    "in an included file": (
        {
            "configuration": "navai:\n  profiles: !include voices/all.yaml\n",
            "voices__all": "kitchen:\n  tone: warm\noffice:\n  speed: fast\n",
        },
        ["voices/all.yaml:4: navai.profiles.office.speed: must be a number — not `fast`"],
    ),
    "in a folder of included files": (
        {
            "configuration": "navai:\n  profiles: !include_dir_named voices\n",
            "voices__kitchen": "tone: warm\n",
            "voices__office": "- warm\n",
        },
        ["voices/office.yaml:1: navai.profiles.office: must be a section: options, indented below its name"],
    ),
    "what is wrong as a whole": (
        {
            "configuration": f"""
                navai:
                  api_key: {KEY}
                  base_url: http://example.org/v1
                  profiles:
                    kitchen:
                  displays:
                    hall:
                      profile: kitchen
                      token: {MISPLACED}
                    desk:
                      profile: kitchen
                      token: {MISPLACED}
                """
        },
        [
            "configuration.yaml:3: navai.base_url: must start with https://",
            "configuration.yaml:12: navai.displays.desk.token: is used twice",
        ],
    ),
    "a key wherever it does not fit": (
        {
            "configuration": f"""
                navai:
                  {MISPLACED}: 1
                  client_secret_ttl: {MISPLACED}
                  provider: {MISPLACED}
                  base_url: {MISPLACED}
                  default_profile: {MISPLACED}
                  allow_request_api_key: {MISPLACED}
                  profiles:
                    kitchen:
                      {MISPLACED}: {MISPLACED}
                      voice: [{MISPLACED}]
                      speed: {MISPLACED}
                      turn_detection: {MISPLACED}
                      limits: {MISPLACED}
                      allow_overrides: [{MISPLACED}]
                  displays:
                    hall:
                      profile: {MISPLACED}
                      functions: {MISPLACED}
                """
        },
        [f"configuration.yaml:{line}: navai." for line in (2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 18, 19)],
    ),
    "a key for a name": (
        {"configuration": f"navai:\n  profiles:\n    kitchen:\n    {SHOUTED}: {SHOUTED}\n"},
        ["configuration.yaml:4: navai.profiles.…: is not a valid name"],
    ),
    "names that YAML does not read as strings": (
        {
            "configuration": """
                navai:
                  profiles:
                    kitchen:
                    on:
                    0123:
                    12:30:
                    ~:
                    1.5:
                    2026-01-01:
                    客厅:
                """
        },
        [
            *(
                f"configuration.yaml:{line}: navai.profiles.{word}: is not a valid name: use lowercase letters, "
                f"digits, `_` and `-` — `{word}` is read as {kind}; put it in quotes"
                for line, word, kind in (
                    (4, "on", "a boolean"),
                    (5, "0123", "a number"),
                    (6, "12:30", "a number"),
                    (7, "~", "an empty value"),
                    (8, "1.5", "a number"),
                    (9, "2026-01-01", "a date"),
                )
            ),
            "configuration.yaml:10: navai.profiles.客厅: `客厅` is not a valid name",
        ],
    ),
    "items that YAML does not read as strings": (
        {
            "configuration": """
                homeassistant:
                  packages: !include_dir_named packages
                navai:
                  profiles:
                    kitchen:
                      users:
                        - anna
                        - No
                        - 123
                      tone: on
                      noise_reduction: Yes
                  displays: !include displays.yaml
                """,
            "displays": "hall:\n  profile: kitchen\n  users: !include people.yaml\nno:\n  profile: kitchen\n",
            "people": "- ben\n- off\n",
            "packages__attic": "navai:\n  profiles:\n    attic:\n      users: [2026-02-03]\n",
        },
        [
            "configuration.yaml:8: navai.profiles.kitchen.users.1: must be a string — `No` is read as a boolean;",
            "configuration.yaml:9: navai.profiles.kitchen.users.2: must be a string — `123` is read as a number;",
            "configuration.yaml:10: navai.profiles.kitchen.tone: must be a string — `on` is read as a boolean;",
            "configuration.yaml:11: navai.profiles.kitchen.noise_reduction: must be one of `near_field`, ",
            "`none` — not `Yes`",
            "people.yaml:2: navai.displays.hall.users.1: must be a string — `off` is read as a boolean;",
            "displays.yaml:4: navai.displays.no: is not a valid name",
            "packages/attic.yaml:4: navai.profiles.attic.users.0: must be a string — `2026-02-03` is read as a date;",
        ],
    ),
    "an included file that begins with the block's name": (
        {
            "configuration": "navai: !include navai.yaml\n",
            "navai": "navai:\n  profiles:\n    kitchen:\n",
        },
        ["navai.yaml:1: navai.navai: is the name of a section that includes this file — remove the first line"],
    ),
    "two blocks": (
        {"configuration": f"{GOOD}navai kitchen:\n  profiles:\n    kitchen:\n"},
        ["There can only be one `navai:` block. Remove what follows its name."],
    ),
}


@pytest.mark.parametrize(("files", "sentences"), MISTAKES.values(), ids=MISTAKES.keys())
async def test_a_mistake_shows_with_file_line_and_cure(
    hass: HomeAssistant, folder: Folder, files: dict[str, str], sentences: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    folder.write(**files)
    checked = await check(hass)
    for said in (checked, await message_at_a_start(hass), caplog.text):
        assert [sentence for sentence in sentences if sentence not in said] == [], said
        WATCH.text("what a mistake says", said)
    assert checked.startswith("Invalid config for 'navai' at ")
    # The log keeps our error, which must not keep a reference to the invalid values.
    gc.collect()
    WATCH.objects(None)


@pytest.mark.parametrize("was_here", [False, True], ids=["new", "known"])
async def test_an_invalid_block_at_the_start_affects_nothing_else_and_a_reload_is_enough(
    hass: HomeAssistant, folder: Folder, caplog: pytest.LogCaptureFixture, was_here: bool
) -> None:
    if was_here:
        MockConfigEntry(domain=DOMAIN, unique_id=DOMAIN, source=SOURCE_IMPORT).add_to_hass(hass)
    broken = f"""
        navai:
          profiles:
            kitchen:
              modle: {MISPLACED}
        input_boolean:
          guests:
            name: Guests
        """
    folder.write(configuration=broken)
    config = await async_hass_config_yaml(hass)
    assert await bootstrap.async_from_config_dict(config, hass) is hass
    await hass.async_start()
    await hass.async_block_till_done()
    assert hass.states.get("input_boolean.guests") is not None
    assert hass.is_running
    assert DOMAIN not in hass.config.components
    assert DATA not in hass.data
    assert "configuration.yaml:4: navai.profiles.kitchen.modle: is not a valid option" in caplog.text
    assert list(hass.services.async_services_for_domain(DOMAIN)) == ["reload"]
    with pytest.raises(ConfigValidationError):
        await folder.reload()
    assert DOMAIN not in hass.config.components
    folder.write(configuration=GOOD)
    await folder.reload()
    await hass.async_block_till_done()
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    assert entry.state is ConfigEntryState.LOADED
    assert hass.states.get("switch.navai_enabled_kitchen")
    assert hass.services.has_service(DOMAIN, "start_conversation")
    assert DOMAIN in hass.config.components
    await folder.reload()
    assert entry.state is ConfigEntryState.LOADED


async def test_a_block_with_mistakes_that_goes_away_leaves_nothing_to_set_up(
    hass: HomeAssistant, folder: Folder
) -> None:
    folder.write(configuration="navai:\n  profiles:\n    kitchen:\n      modle: x\n")
    assert await async_setup_component(hass, "homeassistant", {})
    assert not await async_setup_component(hass, DOMAIN, await async_hass_config_yaml(hass))
    folder.write(configuration="")
    await folder.reload()
    assert DOMAIN not in hass.config.components
    known = MockConfigEntry(domain=DOMAIN, unique_id=DOMAIN, source=SOURCE_IMPORT)
    known.add_to_hass(hass)
    await folder.reload()
    await hass.async_block_till_done()
    assert not hass.config_entries.async_entries(DOMAIN)


async def test_if_home_assistant_does_not_try_again_a_reload_says_to_restart(
    hass: HomeAssistant, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(configuration="navai:\n  profiles:\n    kitchen:\n      modle: x\n")
    assert await async_setup_component(hass, "homeassistant", {})
    assert not await async_setup_component(hass, DOMAIN, await async_hass_config_yaml(hass))
    # As if another release kept its failed set-ups elsewhere.
    monkeypatch.setattr("custom_components.navai.reloading._SETUP_TASKS", "elsewhere")
    folder.write(configuration=GOOD)
    with pytest.raises(HomeAssistantError) as raised:
        await folder.reload()
    assert sentence_key(raised.value) == "restart_needed"


OTHER_KEY = WATCH.secret("0123456789abcdef0123456789abcdef")
# For each: the YAML, and what the action says. Nobody can tell a key without a prefix from the name of a file.
QUOTED = {
    "a key for a secret's name": (
        "navai:\n  api_key: !secret {key}\n",
        r"Write the name of a secret here \(configuration\.yaml:2\), not the secret itself",
    ),
    "in a package, in quotation marks": (
        "homeassistant:\n  packages: !include_dir_named packages\n",
        r"Write the name of a secret here \(packages/a\.yaml:3\), not the secret itself",
    ),
    "for an environment variable": ("navai:\n  api_key: !env_var {key}\n", "Environment variable … not defined"),
    "for a file": ("navai:\n  api_key: !include {key}\n", "Unable to read file"),
    "for a tag": ("navai:\n  api_key: !{key}\n", "could not determine a constructor"),
    "for an alias": ("navai:\n  api_key: *{key}\n", "found undefined alias"),
}


@pytest.mark.parametrize(
    ("text", "sentence", "key"),
    [(*each, MISPLACED) for each in QUOTED.values()] + [(*each, OTHER_KEY) for each in list(QUOTED.values())[:3]],
    ids=[f"openai, {name}" for name in QUOTED] + [f"azure, {name}" for name in list(QUOTED)[:3]],
)
async def test_a_reload_neither_answers_nor_logs_a_key_that_home_assistant_quotes(
    hass: HomeAssistant, folder: Folder, caplog: pytest.LogCaptureFixture, text: str, sentence: str, key: str
) -> None:
    folder.write(configuration=GOOD)
    await folder.start()
    caplog.clear()
    folder.write(
        configuration=text.format(key=key),
        packages__a=f"# {key}\nnavai:\n  api_key: !secret '{key}'\n",
        secrets="other: x",
    )
    with pytest.raises(HomeAssistantError, match=sentence) as raised:
        await folder.reload()
    error: BaseException | None = raised.value
    while error:
        WATCH.text("the answer and what it keeps", f"{error} {getattr(error, 'translation_placeholders', '')}")
        error = error.__cause__ or error.__context__
    WATCH.text("the log", caplog.text)
    assert key not in caplog.text
    assert list(hass.data[DATA].settings.profiles) == ["kitchen"]


async def test_a_name_that_is_missing_in_the_secrets_is_named(hass: HomeAssistant, folder: Folder) -> None:
    folder.write(configuration=GOOD)
    await folder.start()
    folder.write(configuration="navai:\n  api_key: !secret open_ai\n", secrets="other: x")
    with pytest.raises(HomeAssistantError, match="Secret open_ai not defined"):
        await folder.reload()


async def test_without_a_block_navai_is_not_loaded(hass: HomeAssistant, folder: Folder) -> None:
    folder.write(configuration="input_boolean:\n")
    config = await async_hass_config_yaml(hass)
    assert await bootstrap.async_from_config_dict(config, hass) is hass
    await hass.async_block_till_done()
    assert DOMAIN not in hass.config.components


async def test_warnings_without_a_repair_are_logged_once(
    hass: HomeAssistant, folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write(
        configuration="""
            navai:
              profiles:
                kitchen:
                  model: gpt-realtime
                  transport: brokered
                  users: [Nobody, sk-somebody-0123456789]
              displays:
                hall:
                  profile: kitchen
                  users: [Nobody]
            """
    )
    assert await check(hass) == ""
    await folder.start()
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    assert entry.state is ConfigEntryState.LOADED
    said = [record.getMessage() for record in caplog.records if record.name.startswith("custom_components.navai")]
    assert said == [
        (
            "configuration.yaml:5: navai.profiles.kitchen.transport: has no effect yet — it comes with a later "
            "release; until then, this profile uses client secrets"
        ),
        "navai.profiles.kitchen.users: there is no user called Nobody (no. 1)",
        "navai.profiles.kitchen.users: there is no user called … (no. 2)",
        "navai.displays.hall.users: there is no user called Nobody (no. 1)",
    ]


async def test_users_are_known_by_name_id_or_username(
    hass: HomeAssistant, folder: Folder, local_auth: Any, caplog: pytest.LogCaptureFixture
) -> None:
    anna = await hass.auth.async_create_user("Anna")
    await hass.async_add_executor_job(local_auth.data.add_auth, "anna.m", "a password")
    credentials = await local_auth.async_get_or_create_credentials({"username": "anna.m"})
    await hass.auth.async_link_user(anna, credentials)
    folder.write(
        configuration=f"""
            navai:
              api_key: {KEY}
              profiles:
                kitchen:
                  model: gpt-realtime-2.1
                  users: [ANNA, anna.m, {anna.id}]
            """
    )
    await folder.start()
    assert "there is no user called" not in caplog.text
