"""The file `.storage/navai`: whatever it contains, navai starts, and what people turned off stays off."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from component_support import Folder, block, entity_id, state
from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_load_restore_state_from_storage,
)

from custom_components.navai.const import DOMAIN
from custom_components.navai.data import DATA, NavaiData
from custom_components.navai.store import Stored, understood
from navai_core.simulator import Simulator

SECRETS, COST = "profile:kitchen:secrets_today", "profile:kitchen:cost_today"
SWITCH, OTHER_SWITCH = "profile:kitchen:enabled", "profile:office:enabled"
COUNTS = {"secrets": 7, "sessions": 3, "seconds": 120.0, "tokens": 900, "cost": 1.5}
Start = Callable[[], Awaitable[NavaiData]]
Remember = Callable[..., Awaitable[None]]


def usage(**counts: Any) -> dict[str, Any]:
    return {"version": 1, "date": dt_util.now().date().isoformat(), "profiles": {"kitchen": COUNTS | counts}}


def envelope(data: object, version: object = 1) -> bytes:
    return json.dumps({"version": version, "minor_version": 1, "key": DOMAIN, "data": data}).encode()


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def shown(hass: HomeAssistant) -> list[ir.IssueEntry]:
    """Our repairs about the file."""
    return [issue for (domain, _), issue in ir.async_get(hass).issues.items() if domain == DOMAIN]


@pytest.fixture
def file(folder: Folder, tmp_path: Path) -> Path:
    (tmp_path / ".storage").mkdir()
    return tmp_path / ".storage" / "navai"


@pytest.fixture
def start(hass: HomeAssistant, folder: Folder, simulator: Simulator) -> Start:
    async def start() -> NavaiData:
        folder.write_block(block(simulator))
        await folder.start()
        return hass.data[DATA]

    return start


@pytest.fixture
def remember(hass: HomeAssistant, hass_storage: dict[str, Any]) -> Remember:
    """What Home Assistant kept with the state of the switch, at the last stop."""

    async def remember(*, off: bool, counts: object) -> None:
        known = er.async_get(hass).async_get_or_create("switch", DOMAIN, SWITCH, suggested_object_id="the_kitchen")
        now = dt_util.utcnow().isoformat()
        kept = {
            "state": {"entity_id": known.entity_id, "state": STATE_OFF if off else STATE_ON},
            "extra_data": {"switched_off": off, "usage": counts, "since": now},
            "last_seen": now,
            "entity_registry_id": known.id,
        }
        hass_storage["core.restore_state"] = {"version": 1, "data": [kept]}
        await async_mock_load_restore_state_from_storage(hass)

    return remember


NOTHING_TO_READ = {
    "no JSON": b"{",
    "empty": b"",
    "no text": b"\xff\xfe\x00",
    "deep": b"[" * 5000 + b"]" * 5000,
    "no number": b'{"version": NaN}',
    "a list": b"[1, 2]",
    "a word": b'"navai"',
    "no data": b'{"version": 1, "minor_version": 1}',
    "no version": b'{"minor_version": 1}',
    "data of another shape": envelope(["kitchen"]),
    "a version that is a word": envelope(7, "two"),
    "parts of another shape": envelope({"usage": [COUNTS], "switched_off": {"kitchen": True}}),
    "a newer navai's shape": envelope({"profiles": {"kitchen": {"off": True}}, "switched_off": 1, "usage": 1}, 2),
}


@pytest.mark.parametrize("content", NOTHING_TO_READ.values(), ids=NOTHING_TO_READ.keys())
async def test_what_cannot_be_read_is_set_aside_reported_and_recovered(
    hass: HomeAssistant, remember: Remember, file: Path, start: Start, folder: Folder, content: bytes
) -> None:
    put(file, content)
    await remember(off=True, counts=usage())
    await start()
    assert (state(hass, SWITCH).state, state(hass, OTHER_SWITCH).state) == (STATE_OFF, STATE_ON)
    assert (state(hass, SECRETS).state, state(hass, COST).state) == ("7", "1.5")
    (kept,) = file.parent.glob("navai.*")
    assert kept.read_bytes() == content
    (issue,) = shown(hass)
    assert issue.translation_key == "store_set_aside"
    assert issue.translation_placeholders == {"files": f"`.storage/{kept.name}`"}
    await folder.reload()
    assert len(shown(hass)) == 1
    await hass.async_add_executor_job(kept.unlink)
    await folder.reload()
    assert not shown(hass)


@pytest.mark.parametrize("version", [1, 2, 99])
async def test_what_a_newer_navai_wrote_is_used_as_far_as_it_is_the_same(
    hass: HomeAssistant, hass_storage: dict[str, Any], file: Path, start: Start, version: int
) -> None:
    content = envelope({"usage": usage(), "switched_off": ["office"], "more": {"new": True}}, version)
    put(file, content)
    await start()
    assert (state(hass, SWITCH).state, state(hass, OTHER_SWITCH).state) == (STATE_ON, STATE_OFF)
    assert state(hass, SECRETS).state == "7"
    assert [kept.read_bytes() for kept in file.parent.glob("navai.*")] == ([] if version == 1 else [content])
    assert len(shown(hass)) == (version > 1)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    if version > 1:
        assert hass_storage[DOMAIN]["version"] == 1
        assert hass_storage[DOMAIN]["data"]["switched_off"] == ["office"]
        assert hass_storage[DOMAIN]["data"]["usage"]["profiles"]["kitchen"] == COUNTS


async def test_only_the_part_that_cannot_be_read_is_recovered(
    hass: HomeAssistant, remember: Remember, file: Path, start: Start
) -> None:
    put(file, envelope({"usage": usage(cost="much"), "switched_off": []}))
    await remember(off=True, counts=usage(secrets=5))
    await start()
    assert state(hass, SWITCH).state == STATE_ON, "the file says so, and it is newer"
    assert state(hass, SECRETS).state == "5"


@pytest.mark.parametrize("was_here", [True, False])
async def test_a_file_that_somebody_took_away_is_recovered(
    hass: HomeAssistant, remember: Remember, file: Path, start: Start, was_here: bool
) -> None:
    await remember(off=True, counts=usage())
    if was_here:
        MockConfigEntry(domain=DOMAIN, unique_id=DOMAIN).add_to_hass(hass)
    await start()
    # A new navai has nothing to recover: somebody removed the former one.
    assert state(hass, SWITCH).state == (STATE_OFF if was_here else STATE_ON)
    assert state(hass, SECRETS).state == ("7" if was_here else "0")
    assert not shown(hass)


@pytest.mark.parametrize(
    "counts", [None, [], {}, {"date": "2020-01-01"}, {"date": None, "profiles": {"kitchen": COUNTS}}], ids=str
)
async def test_what_home_assistant_kept_may_be_anything(
    hass: HomeAssistant, remember: Remember, file: Path, start: Start, counts: object
) -> None:
    put(file, b"")
    await remember(off=False, counts=counts)
    await start()
    assert (state(hass, SWITCH).state, state(hass, SECRETS).state) == (STATE_ON, "0")


async def test_a_file_that_cannot_be_renamed_does_not_stop_the_start(
    hass: HomeAssistant, file: Path, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    put(file / "a folder", b"")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    await start()
    assert state(hass, SWITCH).state == STATE_ON
    assert "Cannot rename .storage/navai: Permission denied" in caplog.text


async def test_counts_that_were_lost_are_no_refund_in_the_statistics(
    hass: HomeAssistant, file: Path, start: Start, freezer: FrozenDateTimeFactory
) -> None:
    now = dt_util.now().replace(hour=12, minute=0, second=0, microsecond=0)
    freezer.move_to(now)
    put(file, b"rubbish")
    await start()
    assert state(hass, COST).state == "0.0"
    # A total that drops without a new time of its last reset would be a negative step.
    assert dt_util.parse_datetime(state(hass, COST).attributes["last_reset"]) == now


async def test_counts_that_are_restored_go_on_since_when_they_began(
    hass: HomeAssistant, file: Path, start: Start
) -> None:
    since = dt_util.as_utc(dt_util.start_of_local_day())
    later = min(dt_util.utcnow(), since.replace(minute=7))
    put(file, envelope({"usage": usage(), "since": later.isoformat(), "switched_off": []}))
    await start()
    assert dt_util.parse_datetime(state(hass, COST).attributes["last_reset"]) == later


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["usage", "switched_off", "since", "version", "date", "profiles", "kitchen", "cost"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(content=st.binary(max_size=60) | st.builds(envelope, _JSON, _JSON) | _JSON.map(json.dumps).map(str.encode))
@example(content=envelope({"usage": {"date": "2026-11-29", "profiles": {"kitchen": {"cost": 10**400}}}}))
def test_any_content_can_be_read_or_not(content: bytes) -> None:
    found = understood(content)
    assert isinstance(found, Stored)
    assert found.switched_off is None or all(isinstance(name, str) for name in found.switched_off)
    assert found.since is None or found.since.tzinfo
    if found.complete:
        assert found.switched_off is not None
        assert found.usage is not None


async def test_the_switch_keeps_what_recovers_it(hass: HomeAssistant, file: Path, start: Start) -> None:
    house = await start()
    house.usage.secret("kitchen")
    house.usage.secret("office")
    await hass.services.async_call("switch", "turn_off", {"entity_id": entity_id(hass, SWITCH)}, blocking=True)
    kept = house.to_recover("kitchen")
    assert kept["switched_off"] is True
    assert list(kept["usage"]["profiles"]) == ["kitchen"]
    assert json.loads(json.dumps(kept)) == kept
