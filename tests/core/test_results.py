"""The results of tools: what JSON does not have becomes text, what is too long is cut, and nothing fails."""

import dataclasses
import datetime as dt
import decimal
import enum
import json
import uuid
from collections import UserDict, deque
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from secret_watch import WATCH

from navai_core.config.load import settings_from_block
from navai_core.models import Caller
from navai_core.tools.base import ToolContext
from navai_core.tools.cutting import cut_to
from navai_core.tools.functions import FunctionSource, load_functions
from navai_core.tools.results import MAX_RESULT_BYTES, NoJsonError, for_model, to_json
from navai_core.tools.running import RunningTools

FIXTURES = Path(__file__).parent / "functions_fixtures"


class Size(enum.IntEnum):
    BIG = 3


class Shouting(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "LOUD"


@dataclasses.dataclass
class Room:
    name: str
    seen: dt.date


class Lamp:
    def as_dict(self) -> dict[str, Any]:
        return {"on": True}


class Spoken:
    def __str__(self) -> str:
        return "half past nine"


class Silent:
    def __str__(self) -> str:
        raise ValueError("nobody may see this")


class Nothing:
    """Its own text is only an address in memory."""


class Endless(Collection[int]):
    def __len__(self) -> int:
        return 3

    def __contains__(self, _: object) -> bool:
        return True

    def __iter__(self) -> Iterator[int]:
        while True:
            yield 1


def cyclic() -> Any:
    value: list[Any] = []
    value.append({"again": value})
    return value


def deep() -> Any:
    value: Any = 1
    for _ in range(100):
        value = [value]
    return value


def numbers() -> Iterator[int]:
    yield 1


EXACT: list[tuple[Any, Any]] = [
    (float("nan"), None),
    (float("-inf"), None),
    (decimal.Decimal("1.5"), 1.5),
    (decimal.Decimal("NaN"), None),
    (Size.BIG, 3),
    (Shouting("quiet"), "quiet"),
    ({3, 1, 2}, [1, 2, 3]),
    (frozenset({"b", "a"}), ["a", "b"]),
    (deque([1]), [1]),
    (range(2), [0, 1]),
    (UserDict({"a": 1}), {"a": 1}),
    (Room("hall", dt.date(2026, 1, 2)), {"name": "hall", "seen": "2026-01-02"}),
    (Lamp(), {"on": True}),
    (dt.timedelta(minutes=1), 60.0),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (PurePosixPath("/a"), "/a"),
    (
        {2.5: 2, True: 3, None: 4, dt.date(2026, 1, 2): 5, PurePosixPath("p"): 7},
        {"2.5": 2, "true": 3, "null": 4, "2026-01-02": 5, "p": 7},
    ),
    ({Size.BIG: 1, False: 2}, {"3": 1, "false": 2}),
    (
        {1: "one", "1": "text", 1.5: "half", "1 (2)": "third"},
        {"1": "one", "1 (2)": "text", "1.5": "half", "1 (2) (2)": "third"},
    ),
    (10**30, "1" + "0" * 30),
    (decimal.Decimal("1.10"), 1.1),
    (decimal.Decimal("0.10000000000000000001"), "0.10000000000000000001"),
    (decimal.Decimal("1e999"), "1E+999"),
    ("\ud83d lamp", "? lamp"),
]
AS_TEXT: list[tuple[Any, Any]] = [
    (b"x", "x"),
    (b"\x89PNG", "<4 bytes>"),
    ([bytearray(b"\0")], ["<1 bytes>"]),
    (cyclic(), [{"again": "<contains itself>"}]),
    (numbers(), "<generator>"),
    (Nothing(), "<Nothing>"),
    (Spoken(), "half past nine"),
    (Silent(), "<unreadable: ValueError>"),
    (Room, "<Room>"),
    ({(1, "a"): 3}, {"1, a": 3}),
]


@pytest.mark.parametrize(("value", "expected"), EXACT)
def test_results_become_json(value: Any, expected: Any) -> None:
    found = to_json(value)
    assert found == expected
    assert type(found) is type(expected)
    assert to_json(value, exact=True) == expected


@pytest.mark.parametrize(("value", "expected"), AS_TEXT)
def test_what_json_does_not_have_becomes_text(value: Any, expected: Any) -> None:
    assert to_json(value) == expected
    with pytest.raises(NoJsonError):
        to_json(value, exact=True)


def test_what_has_no_end_ends() -> None:
    assert json.dumps(to_json(deep())).count("[") == 50
    assert "<nested too deeply>" in json.dumps(to_json(deep()))
    assert to_json(Endless())[-1] == "<cut: more items>"
    assert to_json(dict.fromkeys(range(100_001)))["<cut>"] == "more keys"
    assert to_json(10**9000) == "<a whole number of 29898 bits>"
    assert to_json({"x" * 500: 1}) == {"x" * 200 + "…": 1}


def test_a_long_result_is_cut_and_says_what_is_missing() -> None:
    assert for_model("é" * 8191) == "é" * 8191
    text = for_model("é" * 50_000)
    assert text.endswith("é… <cut: 50000 characters>")
    assert MAX_RESULT_BYTES - 2 <= len(json.dumps(text, ensure_ascii=False).encode()) <= MAX_RESULT_BYTES
    items = for_model(["line of a log"] * 5000)
    assert items[-1] == f"<cut: {5001 - len(items)} more of 5000 items>"
    assert set(items[:-1]) == {"line of a log"}
    assert len(items) > 900
    # Short values stay whole beside a long one, wherever they stand.
    found = for_model({"content": ["x" * 40_000, "y"], "status": "ok", "more": "z" * 40_000})
    assert found["status"] == "ok"
    assert found["content"][0].endswith("<cut: 40000 characters>")
    assert found["content"][1] == "<cut: 1 more of 2 items>"
    assert len(found["more"]) > 7000
    keys = for_model({f"sensor.number_{number}": number for number in range(3000)})
    assert keys.pop("<cut>") == f"{3000 - len(keys)} more of 3000 keys"
    assert list(keys.values()) == list(range(len(keys)))
    assert len(keys) > 400


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=30), inner, max_size=8),
    max_leaves=40,
)


def size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


def same_start(cut: Any, whole: Any) -> bool:
    """Whether a cut value only has what the whole one has, and notes."""
    if isinstance(whole, str) and cut != whole:
        kept, _, note = cut.rpartition("… <cut: ")
        return whole.startswith(kept) and note == f"{len(whole)} characters>"
    if isinstance(whole, list) and cut != whole:
        lists = isinstance(cut, list) and all(map(same_start, cut[:-1], whole))
        return lists and (
            cut[-1] == f"<cut: {len(whole) - len(cut) + 1} more of {len(whole)} items>"
            or same_start(cut[-1], whole[-1])
        )
    if isinstance(whole, dict) and cut != whole:
        missing = len(whole) - len([key for key in cut if key in whole])
        notes = {"<cut>": f"{missing} more of {len(whole)} keys"} if missing else {}
        return all(
            same_start(part, whole[key]) if key in whole else notes.get(key) == part for key, part in cut.items()
        )
    return bool(cut == whole)


@given(plain, st.integers(128, 1500))
def test_a_cut_value_fits_and_invents_nothing(value: Any, room: int) -> None:
    value = to_json(value)
    found = cut_to(value, room)
    assert size(found) <= room
    assert same_start(found, value)
    assert (found == value) or size(value) > room


anything = st.recursive(
    st.none()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.decimals()
    | st.datetimes()
    | st.uuids()
    | st.sampled_from([Size.BIG, Lamp(), Spoken(), Silent(), Nothing(), Room, object(), cyclic()]),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.integers() | st.text() | st.tuples(st.integers(), st.text()) | st.floats(), inner)
        | st.tuples(inner, inner)
        | st.frozensets(st.integers() | st.text() | st.none())
    ),
)


@given(anything)
def test_every_result_reaches_the_model(value: Any) -> None:
    found = for_model(value)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert size(found) <= MAX_RESULT_BYTES


@pytest.mark.parametrize(("name", "expected"), [("returns_bytes", "x"), ("returns_poison", "<unreadable: HouseError>")])
async def test_a_function_that_was_done_never_failed(name: str, expected: Any) -> None:
    caller = Caller(kind="user", key="anna")
    block = {"api_key": WATCH.secret("sk-results-0123456789abcdef"), "profiles": {"kitchen": {}}}
    context = ToolContext(caller, settings_from_block(block, environ={}).profiles["kitchen"])
    source = FunctionSource(load_functions(["house.py"], FIXTURES))
    body = await RunningTools().execute(source, context, {"function_name": name})
    assert (body["ok"], body["result"]) == (True, expected)
