"""Who may use which profile and display; docs/home-assistant.md explains the same."""

from dataclasses import replace
from typing import Any

import pytest
from secret_watch import WATCH

from navai_core import exceptions as errors
from navai_core.access import Access, DisplayLacksProfileError, DisplayNotTheirsError
from navai_core.config.load import settings_from_block
from navai_core.models import Caller, Settings

OWNER = Caller(kind="owner", key="shell")
HALL = Caller(kind="display", key="hall", display="hall", profiles=("kitchen", "warm"))
ANNA = Caller(kind="user", key="anna", profiles=("office", "private"))
BEN = Caller(kind="user", key="5f2c", aliases=frozenset({"Ben"}))
AUTOMATION = Caller(kind="automation", key="automation", functions=False)
TOKEN = WATCH.secret("tok_access_hall_0001")
ANOTHER = WATCH.secret("tok_access_hall_0002")


def settings_for(**more: Any) -> Settings:
    block = {
        "default_profile": "office",
        "profiles": {
            "kitchen": {},
            "office": {},
            "warm": {},
            "private": {"users": ["ben"]},
            "closed": {"enabled": False},
        },
        "displays": {
            "hall": {"profile": "kitchen", "profiles": ["warm"], "token": TOKEN},
            "desk": {"name": "A desk", "profile": "private", "users": ["ben"]},
        },
    }
    return settings_from_block(block | more, environ={})


@pytest.fixture
def access() -> Access:
    return Access(settings_for())


def test_defaults_per_caller(access: Access) -> None:
    assert access.profile_for(None, HALL).key == "kitchen"
    assert access.profile_for("", ANNA).key == "office"
    assert access.profile_for(None, OWNER).key == "office"
    assert list(access.profiles_of(OWNER)) == ["kitchen", "office", "warm", "private"]
    assert list(access.profiles_of(ANNA)) == ["office"]
    assert access.profile_for("private", replace(ANNA, key="ben")).key == "private"


@pytest.mark.parametrize(
    ("name", "caller", "kind", "says"),
    [
        ("kitchn", HALL, errors.UnknownProfileError, "did you mean `kitchen`?"),
        ("offic", HALL, errors.UnknownProfileError, "No profile has that name."),
        ("office", HALL, errors.ProfileNotAllowedError, "cannot use this profile"),
        ("private", ANNA, errors.ProfileNotAllowedError, "cannot use this profile"),
        ("closed", OWNER, errors.ProfileNotAllowedError, "turned off"),
        (None, Caller(kind="user", key="x", profiles=()), errors.ProfileNotAllowedError, "cannot use any profile"),
    ],
)
def test_refused_profiles(access: Access, name: str | None, caller: Caller, kind: type, says: str) -> None:
    with pytest.raises(kind, match=None) as caught:
        access.profile_for(name, caller)
    assert says in str(caught.value)


def test_a_profile_that_is_switched_off_for_now() -> None:
    off = {"office"}
    access = Access(settings_for(), off)
    with pytest.raises(errors.ProfileNotAllowedError, match="turned off"):
        access.profile_for("office", OWNER)
    off.clear()
    assert access.profile_for("office", OWNER).key == "office"


def test_automations_use_what_is_open_to_them_and_nothing_else() -> None:
    profiles = {"open": {"automations": True, "users": ["anna"]}, "closed": {}}
    access = Access(settings_for(profiles=profiles, default_profile="closed", displays={}))
    assert list(access.profiles_of(AUTOMATION)) == ["open"]
    assert access.profile_for(None, AUTOMATION).key == "open"
    with pytest.raises(errors.ProfileNotAllowedError):
        access.profile_for("closed", AUTOMATION)


@pytest.mark.parametrize(
    ("caller", "profiles", "displays"),
    [
        (OWNER, ["kitchen", "office", "warm", "private"], ["desk", "hall"]),
        (HALL, ["kitchen", "warm"], ["hall"]),
        (ANNA, ["office"], ["hall"]),
        (BEN, ["kitchen", "office", "warm", "private"], ["desk", "hall"]),
        (AUTOMATION, [], ["desk", "hall"]),
    ],
)
def test_the_table(access: Access, caller: Caller, profiles: list[str], displays: list[str]) -> None:
    """The table at the top of `access`, line by line."""
    assert list(access.profiles_of(caller)) == profiles
    assert [display.key for display in access.displays_of(caller)] == displays
    for key in ("desk", "hall"):
        if key in displays:
            assert access.display_for(key, caller).key == key
        else:
            with pytest.raises(DisplayNotTheirsError, match="cannot use this display"):
                access.display_for(key, caller)


def test_a_display_is_known_by_its_key_alone(access: Access) -> None:
    with pytest.raises(errors.UnknownDisplayError):
        access.display_for("A desk", OWNER)


def test_a_conversation_begins_with_a_profile_of_the_display(access: Access) -> None:
    hall, desk = access.settings.displays["hall"], access.settings.displays["desk"]
    assert access.profile_at(hall, "", AUTOMATION).key == "kitchen"
    assert access.profile_at(hall, "warm", AUTOMATION).key == "warm"
    assert access.profile_at(desk, "", BEN).key == "private"
    with pytest.raises(DisplayLacksProfileError) as lacks:
        access.profile_at(hall, "office", ANNA)
    assert lacks.value.data == {"display": hall.name, "profile": "office"}
    with pytest.raises(errors.ProfileNotAllowedError, match="cannot use this profile"):
        access.profile_at(hall, "kitchen", ANNA)
    with pytest.raises(errors.UnknownProfileError):
        access.profile_at(hall, "nosuch", OWNER)


def test_a_page_is_its_display_for_as_long_as_its_token_is_good(access: Access) -> None:
    hall = access.own_display(HALL)
    assert access.current_display(hall) is hall
    with pytest.raises(errors.NotAllowedError, match="Only displays"):
        access.own_display(ANNA)
    other = {"hall": {"profile": "kitchen", "token": ANOTHER}}
    with pytest.raises(errors.NotAllowedError, match="new token"):
        Access(settings_for(displays=other)).current_display(hall)
    with pytest.raises(errors.UnknownDisplayError):
        Access(settings_for(displays={})).current_display(hall)


def test_before_a_display_a_person_has_its_profiles(access: Access) -> None:
    before = access.at_display("hall", BEN)
    assert (before.display, before.profiles) == ("hall", access.settings.displays["hall"].profiles)
    assert access.at_display("", BEN) is BEN
    with pytest.raises(errors.UnknownDisplayError):
        access.at_display("nosuch", BEN)
