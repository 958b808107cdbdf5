"""Texts, actions and icons: the checks see whatever an integration's code, YAML and texts tell differently."""

from pathlib import Path

import pytest
from hassfest import CHECKS, findings
from hassfest_example import write_example


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_example(tmp_path)


def found_after(check: str, folder: Path, file: str, old: str, new: str) -> list[str]:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} has no {old}"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return findings(CHECKS[check], folder)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("Gives", "", "is empty, or not a text"),
        ("Gives", "   ", "is empty, or not a text"),
        ("Gives", " Gives", "begins or ends with a space"),
        ("Gives", "Gives\\n", "begins or ends with a space"),
        ("Gives", "Gives <b>it</b>", "has HTML in it"),
        ("Gives", "See https://example.com/a", "has an address in it, which is to be a placeholder"),
        ("Gives", "See www.example.com", "has an address in it, which is to be a placeholder"),
        ("Gives", "[%key:common::state::on%]", "points to another text, which only Home Assistant's own may do"),
        ("Gives", "Gives '{food}'", "has a placeholder in single quotes, which would not be filled in"),
        ("Gives", "Gives {the food}", "has a placeholder that is not a name"),
        ("Gives", "Gives {}", "has a placeholder that is not a name"),
        ("Gives", "Gives {food", "has braces that make no sense"),
        ('"Gives"', "7", "is empty, or not a text"),
    ],
)
def test_a_text_that_home_assistant_would_not_take_is_found(folder: Path, old: str, new: str, found: str) -> None:
    assert found_after("strings", folder, "strings.json", "Lists all words that it knows.", "Gives") == []
    assert found_after("strings", folder, "strings.json", old, new) == [
        f"strings.json: services.list.description {found}"
    ]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ('"calm": "Calm"', '"calm": "Calm {bird}"', "entity.sensor.mood.state.calm has a placeholder, which is never"),
        ('"mood"', '"mood_"', "entity.sensor.mood_.name has a key that is not a name: 'mood_'"),
        ('"mood"', '"Mood"', "entity.sensor.Mood.name has a key that is not a name: 'Mood'"),
        ('"step": ', '"steps": ', "config has no step, which hassfest wants even if it is empty"),
    ],
)
def test_a_key_or_a_place_that_does_not_fit_is_found(folder: Path, old: str, new: str, found: str) -> None:
    assert f"strings.json: {found}" in "\n".join(found_after("strings", folder, "strings.json", old, new))


@pytest.mark.parametrize(
    ("file", "old", "new", "found"),
    [
        ("en", "Words today", "Words of today", "entity.sensor.words.name is not what strings.json says"),
        ("en", '"Words today", ', '"Words today", "state": {}, ', "has not the sections of strings.json"),
        ("es", '"gone": {"message": "Se ha ido."}, ', "", "exceptions.gone.message is missing"),
        ("es", '"Se ha ido."', '"Se ha ido.", "title": "Ido"', "exceptions.gone.title is not in strings.json"),
        ("es", "Se ha ido.", "{bird} se ha ido.", "exceptions.gone.message has other placeholders than strings.json"),
        ("es", "Se ha ido.", "It has flown away.", "exceptions.gone.message is not translated"),
        ("es", "Se ha ido.", "", "exceptions.gone.message is empty, or not a text"),
    ],
)
def test_a_translation_that_does_not_fit_is_found(folder: Path, file: str, old: str, new: str, found: str) -> None:
    name = f"translations/{file}.json"
    assert found_after("translations", folder, name, old, new) == [f"{name}: {found}"]


def test_a_language_that_nobody_cares_for_is_found(folder: Path) -> None:
    (folder / "translations" / "de.json").write_text("{}")
    assert findings(CHECKS["translations"], folder) == ["translations/de.json: is not one of our languages"]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        # A text is missing, whichever way the code names it.
        ('"mute": {', '"dumb": {', "exceptions.mute is missing (errors.py:9)"),
        ('"shy": {', '"timid": {', "exceptions.shy is missing (errors.py:20)"),
        ('"other": {', '"others": {', "exceptions.other is missing (errors.py:12)"),
        ('"hungry": {', '"greedy": {', "issues.hungry is missing (issues.py:13)"),
        ('"thirsty": {', '"dry": {', "issues.thirsty is missing (issues.py:13)"),
        ('"mood": {', '"moods": {', "entity.sensor.mood is missing (sensor.py:9)"),
        ('"talk": {', '"talks": {', "entity.event.talk is missing (event.py:2)"),
        ('"cage": {', '"cages": {', "device.cage is missing (sensor.py:22)"),
        ('"user": {', '"users": {', "config.step.user is missing (config_flow.py:13)"),
        ('"deaf": ', '"deafen": ', "config.error.deaf is missing (config_flow.py:13)"),
        ('"yaml_only": ', '"yaml": ', "config.abort.yaml_only is missing (config_flow.py:14)"),
        ('"already_configured": ', '"already": ', "config.abort.already_configured is missing (config_flow.py:8)"),
        ('"slept": ', '"sleeps": ', "device_automation.trigger_type.slept is missing (device_trigger)"),
        ('"awake": ', '"waking": ', "system_health.info.awake is missing (system_health.py:4)"),
        ('"tone": {"options"', '"tones": {"options"', "selector.tone is missing (services.yaml)"),
        ('"angry": "Angry"', '"cross": "Cross"', "entity.sensor.mood has no text for angry (sensor.py:9)"),
        ('"ended": "Ended"', '"over": "Over"', "entity.event.talk has no text for ended (event.py:2)"),
        ('"high": "High"', '"shrill": "Shrill"', "selector.tone has no text for high (services.yaml)"),
        # Nobody asks for it.
        ('"gone": {', '"lost": {"message": "Lost."}, "gone": {', "exceptions.lost is not used"),
        ('"mood": {', '"spirit": {"name": "Spirit"}, "mood": {', "entity.sensor.spirit is not used"),
        (
            '"Talk", ',
            '"Talk", "state": {"yawned": "Yawned"}, ',
            "entity.event.talk.state.yawned is not used: there is no",
        ),
        ('"since": {', '"until": {', "entity.sensor.mood.state_attributes.until.name is not used: there is no until"),
        ('"word": "Word"', '"phrase": "Phrase"', "config.step.user.data.phrase is not used: there is no phrase in"),
        ('"device": {', '"triggers": {}, "device": {', "triggers is not checked: teach the check what asks for it"),
        # Placeholders.
        ("{bird} is asleep", "{name} is asleep", "exceptions.asleep names {name}, which is not given (errors.py:9)"),
        ("{bird} is hungry", "It is hungry", "issues.hungry does not name {bird}, which is given (issues.py:13)"),
        ("Give it {food},", "Give it food,", "issues.hungry does not name {food}, which is given (issues.py:13)"),
        ("Give it water", "Give it {water}", "issues.thirsty names {water}, which is not given (issues.py:13)"),
        ("Mood of {bird}", "Mood of {pet}", "entity.sensor.mood names {pet}, which is not given (sensor.py:9)"),
        (
            "as {docs} says",
            "as said",
            "config.abort.yaml_only does not name {docs}, which is given (config_flow.py:14)",
        ),
        # Parts.
        ('"message": "It has flown', '"text": "It has flown', "exceptions.gone is to have message"),
        (
            '"description": "Give it water."',
            '"cure": "Give it water."',
            "issues.thirsty is to have description and title",
        ),
        ('"Words today"', '"Words today", "title": "Words"', "entity.sensor.words may have name, state, state_attrib"),
    ],
)
def test_texts_that_the_code_does_not_ask_for_or_lacks_are_found(folder: Path, old: str, new: str, found: str) -> None:
    assert f"strings.json: {found}" in "\n".join(found_after("usage", folder, "strings.json", old, new))


@pytest.mark.parametrize(
    ("file", "old", "new", "found"),
    [
        (
            "errors.py",
            "if error.code in TRANSLATED:",
            "if error.code:",
            "errors.py:10: its key cannot be read from the",
        ),
        ("errors.py", 'refuse("gone"', 'partial(refuse, "gone"', "errors.py:20: its key cannot be read from the code"),
        ("errors.py", "return {", "return error.data or {", "errors.py:10: its names cannot be read from the code"),
        ("sensor.py", "for mood in Mood", "for mood in known()", "sensor.py:13: its states cannot be read"),
        ("sensor.py", "for mood in Mood", "for mood in Mood if mood", None),
        ("const.py", '"calm"', "auto()", "sensor.py:13: its key cannot be read from the code"),
        (
            "config_flow.py",
            'errors = {"base": "deaf"}',
            "errors = self.errors()",
            "config_flow.py:13: its errors cannot",
        ),
        ("config_flow.py", 'errors = {"base": "deaf"}', "errors = {}", "strings.json: config.error.deaf is not used"),
        ("config_flow.py", '"yaml_only"', '"sorry"', "strings.json: config.abort.sorry is missing (config_flow.py:14)"),
        (
            "issues.py",
            '"seeds"',
            '"seeds", "when": 1',
            "strings.json: issues.hungry does not name {when}, which is giv",
        ),
        ("entity.py", "", 'D = Description(translation_key="x")', "entity.py:1: entities are described in the module"),
        ("device_trigger.py", '"slept"', '"sang"', "strings.json: device_automation.trigger_type.sang is missing"),
        ("system_health.py", '"words": 3', '"seeds": 3', "strings.json: system_health.info.seeds is missing"),
    ],
)
def test_code_that_asks_for_other_texts_is_found(
    folder: Path, file: str, old: str, new: str, found: str | None
) -> None:
    (folder / "entity.py").touch()
    seen = "\n".join(found_after("usage", folder, file, old, new)) if old else ""
    if not old:
        (folder / file).write_text(new)
        seen = "\n".join(findings(CHECKS["usage"], folder))
    assert (found or "") in seen
    assert bool(seen) is bool(found)


@pytest.mark.parametrize(
    ("file", "old", "new", "found"),
    [
        ("services.py", 'SAY = "say"', 'SAY = "speak"', "services.yaml: speak is missing"),
        ("services.py", 'SAY = "say"', 'SAY = "speak"', "services.yaml: say is no action"),
        ("services.py", "SERVICE_RELOAD, print", '"restart", print', "services.yaml: restart is missing"),
        ("services.py", '"tone"', '"volume"', "services.yaml: say lacks the field volume"),
        ("services.py", '"tone"', '"volume"', "services.yaml: say has a field that the schema lacks: tone"),
        (
            "services.py",
            'vol.Required("text")',
            'vol.Optional("text")',
            "services.yaml: say does not say whether the fi",
        ),
        ("services.py", ", schema)", ", other())", "services.py:15: the action's schema cannot be read from the code"),
        ("services.py", "in actions:", "in other():", "services.py:15: the action's name cannot be read from the code"),
        (
            "services.py",
            'vol.Required("text")',
            "TEXT",
            "services.py:15: the action's schema cannot be read from the code",
        ),
        ("services.yaml", "\nlist:", "\nlist:\nsing:", "services.yaml: sing is no action"),
        ("services.yaml", "      required: true\n", "", "services.yaml: say does not say whether the field text is"),
        (
            "services.yaml",
            "        text:\n    more",
            "        words:\n    more",
            "services.yaml: say has no selector that",
        ),
        (
            "services.yaml",
            "      selector:\n        text:\n",
            "",
            "services.yaml: say has no selector that all releases",
        ),
        ("services.yaml", "example: hello", "description: Hello", "services.yaml: say has more than default, example"),
        (
            "services.yaml",
            "  fields:\n    text",
            "  name: Say\n  fields:\n    text",
            "services.yaml: say has name, which",
        ),
        (
            "services.yaml",
            "collapsed: true",
            "folded: true",
            "services.yaml: say has more than fields in the section more",
        ),
        ("services.yaml", "        tone:\n", "        text:\n", "services.yaml: say has a field in two sections"),
        (
            "services.yaml",
            "  target:\n    device:\n      integration: parrot\n",
            "",
            "services.yaml: say lacks the field device_id",
        ),
        ("strings.json", '"say": {"name"', '"speak": {"name"', "strings.json: services: say is missing"),
        ("strings.json", '"say": {"name"', '"speak": {"name"', "strings.json: services: speak is no action"),
        ("strings.json", '"text": {"name"', '"words": {"name"', "strings.json: services.say lacks the field text"),
        (
            "strings.json",
            '"text": {"name"',
            '"words": {"name"',
            "services.say tells of a field that is not there: words",
        ),
        (
            "strings.json",
            '"description": "What it says."',
            '"title": "x"',
            "services.say is to have a name and a descrip",
        ),
        (
            "strings.json",
            '"more": {"name"',
            '"less": {"name"',
            "strings.json: services.say is to tell of the sections mo",
        ),
        (
            "strings.json",
            '"List", "description"',
            '"List", "title"',
            "services.list is to have a name and a description,",
        ),
    ],
)
def test_actions_that_are_told_differently_are_found(folder: Path, file: str, old: str, new: str, found: str) -> None:
    assert found in "\n".join(found_after("actions", folder, file, old, new))


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ('"list": {', '"lists": {', "services.list is missing"),
        ('"list": {', '"lists": {', "services.lists is no action"),
        ('{"service": "mdi:reload"}', '"mdi:reload"', "services.reload is to have a service, and may have sections"),
        ('"mdi:reload"', '"reload"', "services.reload is not an icon such as mdi:home"),
        ('"sections": {"more"', '"sections": {"less"', "services.say.sections.less is no section"),
        ('"mdi:tune"', '"hue:tune"', "services.say.sections.more is not an icon such as mdi:home"),
        ('"mood": {', '"moods": {', "entity.sensor.mood is missing"),
        ('"mood": {', '"moods": {', "entity.sensor.moods is no entity"),
        ('"default": "mdi:emoticon", ', "", "entity.sensor.mood is to have a default"),
        (
            '"default": "mdi:emoticon"',
            '"default": "mdi:emoticon", "icon": "mdi:x"',
            "entity.sensor.mood is to have a def",
        ),
        ('"angry": "mdi:emoticon-angry"', '"cross": "mdi:x"', "entity.sensor.mood.state.cross is no state"),
        ('"mdi:emoticon-angry"', '"mdi:emoticon"', "entity.sensor.mood.state.angry is the same as the default"),
        ('"mdi:emoticon-angry"', '"mdi:Emoticon"', "entity.sensor.mood.state.angry is not an icon such as mdi:home"),
        ('"event_type": {', '"kind": {', "entity.event.talk.state_attributes.kind is no attribute"),
        (
            '"began": "mdi:play"',
            '"start": "mdi:play"',
            "entity.event.talk.state_attributes.event_type.state.start is no",
        ),
        ('"services": {', '"triggers": {}, "services": {', "triggers is not checked: teach the check what it is for"),
    ],
)
def test_icons_that_do_not_fit_are_found(folder: Path, old: str, new: str, found: str) -> None:
    assert f"icons.json: {found}" in "\n".join(found_after("icons", folder, "icons.json", old, new))


def test_an_entity_whose_device_class_brings_an_icon_needs_none_of_its_own(folder: Path) -> None:
    assert found_after("icons", folder, "sensor.py", ", device_class=SensorDeviceClass.DURATION", "") == [
        "icons.json: entity.sensor.words is missing"
    ]
