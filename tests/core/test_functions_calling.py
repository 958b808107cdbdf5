"""Calling functions: the contract's argument rules, checks before anything runs, results, and failures."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from navai_core.exceptions import InvalidInputError, NavaiError
from navai_core.tools.base import ToolFailedError
from navai_core.tools.functions import load_functions, threads
from navai_core.tools.functions.calling import execute
from navai_core.tools.functions.errors import FunctionArgumentError, FunctionBusyError
from navai_core.tools.functions.models import FunctionSet
from navai_core.tools.results import to_json

FIXTURES = Path(__file__).parent / "functions_fixtures"


@pytest.fixture(scope="module")
def house() -> FunctionSet:
    return load_functions(["house.py"], FIXTURES)


Call = Callable[..., Any]


@pytest.fixture
def call(house: FunctionSet) -> Call:
    async def run(name: str, payload: Any = None, *, profile: str | None = None) -> Any:
        function = house.get(name)
        assert function
        return to_json(await execute(function, payload, caller="tablet", profile=profile))

    return run


@pytest.mark.parametrize(
    ("name", "payload", "result"),
    [
        ("nothing", None, None),
        ("nothing", {}, None),
        ("turn_on", {"args": ["hall"]}, "hall 100 -"),
        ("turn_on", {"arguments": ["hall", 5.0]}, "hall 5 -"),
        ("turn_on", {"value": "hall"}, "hall 100 -"),
        ("turn_on", {"room": "hall", "colour": "RED"}, "hall 100 RED"),
        ("anything", {"a": 1, "b": [None]}, {"a": 1, "b": [None]}),
        ("anything", {"args": "no list", "b": 1}, {"args": "no list", "b": 1}),
        ("anything", {"thing": 1}, 1),
        ("anything", {"value": None}, None),
        ("set_climate", {"mode": "cool", "degrees": 20}, {"mode": "cool", "degrees": 20.0, "level": "low"}),
        ("set_climate", {"mode": "heat", "degrees": 1.5, "level": 2}, {"mode": "heat", "degrees": 1.5, "level": 2}),
        ("add", {"args": [1, 2, 3]}, 6),
        ("add", None, 0),
        ("label", {"args": ["a", "b", "c"]}, ["a", ["b", "c"], {}]),
        ("label", {"name": "a", "size": 3}, ["a", [], {"size": 3}]),
        ("options", {"x": 1, "y": {}}, {"x": 1, "y": {}}),
        ("who", {"room": "hall", "loud": True}, ["hall", "tablet", "kitchen", True]),
        ("who", {"args": ["hall", True]}, ["hall", "tablet", "kitchen", True]),
        ("who_typed", {"context": "yours"}, ["tablet", "yours"]),
        ("takes_args", {"args": [1, 2]}, [[1, 2], 0]),
        ("takes_args", {"args": [1], "value": 3}, [[1], 3]),
        ("gives_coroutine", {"seconds": 0}, "slept"),
        ("sleeps", {"seconds": 0}, "slept"),
        ("lamp_turn_on", {"constructorArgs": ["hall", 9], "methodArgs": [3]}, ["hall", 9, 3]),
        ("lamp_turn_on", {"constructorArgs": {"room": "hall"}, "methodArgs": None}, ["hall", 5, 1]),
        ("lamp_turn_on", {"constructorArgs": ["hall"], "level": 7}, ["hall", 5, 7]),
        ("lamp_blink", {"constructorArgs": ["hall"], "methodArgs": {"times": 2}}, ["hall", 2, "tablet"]),
        ("plain_hello", None, "hello"),
        (
            "wake",
            {"at": "2026-01-31T18:30:00Z", "day": "2026-01-31", "clock": "18:30"},
            ["2026-01-31T18:30:00+00:00", "2026-01-31", "18:30:00"],
        ),
    ],
)
async def test_arguments(call: Call, name: str, payload: Any, result: Any) -> None:
    assert await call(name, payload, profile="kitchen") == result


async def test_nested_arguments(call: Call) -> None:
    payload = {
        "points": [{"x": 1, "parent": {"x": 2, "tags": ["a"]}}],
        "plan": [{"room": "hall"}, {"room": "hall", "seconds": 3}],
        "strict": {"room": "a", "seconds": 1},
        "pair": [2, "b"],
        "many": [1, 2],
        "rooms": ["b", "a"],
        "table": {"x": 1},
        "bare": [1, "a"],
        "watts": 7,
        "maybe": None,
        "odd": {"any": "thing"},
    }
    parent = {"x": 2.0, "y": 0.0, "tags": ["a"], "parent": None, "area": 0.0}
    assert await call("walk", payload) == [
        [{"x": 1.0, "y": 0.0, "tags": [], "parent": parent, "area": 0.0}],
        [{"room": "hall"}, {"room": "hall", "seconds": 3}],
        {"room": "a", "seconds": 1},
        [2, "b"],
        [1, 2],
        ["a", "b"],
        {"x": 1},
        [1, "a"],
        7,
        None,
        True,
    ]


@pytest.mark.parametrize(
    ("name", "payload", "parameter", "words"),
    [
        ("turn_on", None, "room", "`room` must be given."),
        ("turn_on", {"room": 5}, "room", "`room` must be a string."),
        ("turn_on", {"rom": "hall"}, "room", "`room` must be a string. Its parameters are room, brightness, colour."),
        ("turn_on", {"args": ["a", 1, 2]}, None, "Too many arguments: send at most 2, not 3."),
        ("turn_on", {"room": "a", "brightness": True}, "brightness", "`brightness` must be a whole number."),
        ("turn_on", {"room": "a", "brightness": 1.5}, "brightness", "`brightness` must be a whole number."),
        ("turn_on", {"room": "a", "brightness": "1"}, "brightness", "`brightness` must be a whole number."),
        ("turn_on", {"room": "a", "colour": "GREEN"}, "colour", "`colour` must be one of RED, BLUE or null."),
        ("set_climate", {"mode": "dry", "degrees": 1}, "mode", "`mode` must be one of heat, cool."),
        ("set_climate", {"mode": "heat", "degrees": float("nan")}, "degrees", "`degrees` must be a number."),
        ("set_climate", {"mode": "heat", "degrees": 10**400}, "degrees", "`degrees` must be a number."),
        ("set_climate", {"mode": "heat", "degrees": 1, "level": 1}, "level", "`level` must be one of low, 2, True."),
        ("who", {"room": "a", "loud": 1}, "loud", "`loud` must be true or false."),
        ("nothing", {"a": 1}, None, "Too many arguments: send at most 0, not 1."),
        ("add", {"args": [1, "x"]}, "numbers[1]", "`numbers[1]` must be a whole number."),
        ("label", {"name": "a", "words": 1}, "words", "`words` is filled in by navai. Leave it out."),
        ("label", {"name": "a", "size": "x"}, "size", "`size` must be a whole number."),
        ("walk", {"points": 1, "plan": []}, "points", "`points` must be a list."),
        ("walk", {"points": [5], "plan": []}, "points[0]", "`points[0]` must be an object."),
        ("walk", {"points": [{}], "plan": []}, "points[0].x", "`points[0].x` must be given."),
        ("walk", {"points": [{"x": 1, "z": 1}], "plan": []}, "points[0].z", None),
        (
            "walk",
            {"points": [{"x": -1}], "plan": []},
            "points[0]",
            "`points[0]` must be an object with valid values.",
        ),
        ("walk", {"points": [], "plan": [{}]}, "plan[0].room", "`plan[0].room` must be given."),
        ("walk", {"points": [], "plan": [], "pair": [1]}, "pair", "`pair` must be a list of 2."),
        ("walk", {"points": [], "plan": [], "pair": [1, 2]}, "pair[1]", "`pair[1]` must be a string."),
        ("walk", {"points": [], "plan": [], "table": {"a": "b"}}, "table.a", "`table.a` must be a whole number."),
        ("wake", {"at": "soon"}, "at", "`at` must be a date and time such as 2026-01-31T18:30:00Z."),
        ("wake", {"at": 5}, "at", "`at` must be a date and time such as 2026-01-31T18:30:00Z."),
        ("lamp_turn_on", {"constructorArgs": 5}, "constructorArgs", "`constructorArgs` must be a list."),
        (
            "lamp_turn_on",
            {"constructorArgs": {"x": 5}},
            "x",
            "There is no parameter `x`. The function takes room, watts.",
        ),
        ("plain_hello", {"methodArgs": {"x": 5}}, "x", "There is no parameter `x`. The function takes nothing."),
        ("nothing", [1], "payload", "The payload must be an object or null."),
    ],
)
async def test_wrong_arguments(call: Call, name: str, payload: Any, parameter: str | None, words: str | None) -> None:
    with pytest.raises(FunctionArgumentError) as caught:
        await call(name, payload)
    assert isinstance(caught.value, InvalidInputError)
    assert caught.value.code == "invalid_arguments"
    assert caught.value.parameter == parameter
    assert words is None or caught.value.message == words


async def test_a_class_with_any_arguments(tmp_path: Path) -> None:
    (tmp_path / "any.py").write_text(
        dedent(
            """
            class Sum:
                def __init__(self, *numbers: int): self.numbers = numbers
                def total(self, *more: int): return sum(self.numbers + more)
            def unique(items: set): return items
            """
        )
    )
    found = load_functions(["any.py"], tmp_path)
    total, unique = found.items[:2]
    payload = {"constructorArgs": {"args": [1, 2]}, "methodArgs": {"args": [3]}}
    assert await execute(total, payload, caller="x") == 6
    with pytest.raises(FunctionArgumentError, match="simple values"):
        await execute(unique, {"items": [[]]}, caller="x")


async def test_values_nested_without_end_are_refused(tmp_path: Path) -> None:
    (tmp_path / "deep.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Node:\n    below: Node | None = None\n"
        "def dig(node: Node): return 'dug'\n"
    )
    (dig,) = load_functions(["deep.py"], tmp_path).items
    node: dict[str, Any] = {}
    for depth in range(5000):
        node = {"below": node}
        if depth == 40:
            assert await execute(dig, {"node": node}, caller="x") == "dug"
    with pytest.raises(FunctionArgumentError, match="50 levels"):
        await execute(dig, {"node": node}, caller="x")


@pytest.mark.parametrize(
    ("name", "payload", "error", "details"),
    [
        ("fails", {"text": "the lamp is gone"}, "HouseError", "the lamp is gone"),
        ("fails", {"text": "x" * 900}, "HouseError", "x" * 500),
        ("fails", {"text": ""}, "HouseError", "HouseError"),
        ("fails_async", None, "CancelledError", "CancelledError"),
        ("exits", None, "SystemExit", "bye"),
        ("exits_async", None, "SystemExit", "bye"),
        ("stops", None, "StopIteration", "late"),
        ("fails_silently", None, "SilentError", "SilentError"),
    ],
)
async def test_a_function_that_fails(call: Call, name: str, payload: Any, error: str, details: str) -> None:
    with pytest.raises(ToolFailedError) as caught:
        await call(name, payload)
    assert caught.value.code == "function_failed"
    assert caught.value.message == f"The function {name} failed with {error}."
    assert caught.value.data["details"] == details
    assert caught.value.data == {"function": name, "error": error, "details": details}


async def test_cancelling_the_call_cancels_the_function(call: Call) -> None:
    task = asyncio.create_task(call("sleeps_async", {"seconds": 5}))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_thread_that_nobody_waits_for_ends_by_itself(call: Call) -> None:
    before = set(threading.enumerate())
    task = asyncio.create_task(call("sleeps", {"seconds": 0.05}))
    while not (started := set(threading.enumerate()) - before):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for thread in started:
        await asyncio.to_thread(thread.join, 5)
    # Its late result is ignored, and is not an error.
    await asyncio.sleep(0)


async def test_hanging_functions_leave_the_server_its_threads(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "MAX_PER_CALLER", 1)
    slow = asyncio.create_task(call("sleeps", {"seconds": 0.1}))
    await asyncio.sleep(0.02)
    with pytest.raises(FunctionBusyError) as caught:
        await call("nothing")
    assert caught.value.code == "function_busy"
    assert await slow == "slept"
    assert await call("nothing") is None

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    for _ in range(2):
        with pytest.raises(FunctionBusyError, match="no more threads"):
            await call("nothing")


async def test_sleeping_functions_of_one_caller_leave_the_others_their_threads(house: FunctionSet) -> None:
    sleeps, nothing = house.get("sleeps"), house.get("nothing")
    assert sleeps
    assert nothing
    calls = [
        asyncio.create_task(execute(sleeps, {"seconds": 0.4}, caller=caller))
        for caller in ("display:a", "display:b", "display:c")
        for _ in range(32)
    ]
    refused, _ = await asyncio.wait(calls, timeout=0.1)
    assert {type(task.exception()) for task in refused} == {FunctionBusyError}
    assert {str(task.exception()).partition(": ")[2] for task in refused} == {
        "16 of your functions are still running.",
        "32 others are still running.",
    }
    # Each has two threads of its own; the first two share 14 more each, and the third gets the last four.
    assert [sum(task not in refused for task in calls[start : start + 32]) for start in (0, 32, 64)] == [16, 16, 6]
    assert await execute(nothing, None, caller="display:d") is None
    assert await asyncio.gather(*(task for task in calls if task not in refused)) == ["slept"] * 38
    assert await execute(nothing, None, caller="display:a") is None


def test_a_thread_that_outlives_its_loop(house: FunctionSet) -> None:
    function = house.get("sleeps")
    assert function
    before = set(threading.enumerate())

    async def give_up() -> None:
        async with asyncio.timeout(0.01):
            await execute(function, {"seconds": 0.2}, caller="x")

    with pytest.raises(TimeoutError):
        asyncio.run(give_up())
    for thread in set(threading.enumerate()) - before:
        thread.join(5)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["heat", "RED"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["x", "y", "room", "tags", "parent", "a"]), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = [
    *("room", "brightness", "colour", "mode", "degrees", "level", "points", "plan", "pair", "rooms", "table", "at"),
    *("args", "value", "thing", "name", "context", "arguments", "constructorArgs", "methodArgs", "numbers"),
]
payloads = values | st.dictionaries(st.sampled_from(NAMES), values, max_size=4)
HARMLESS = [
    *("turn_on", "set_climate", "nothing", "anything", "walk", "wake", "add", "label", "options", "who", "who_typed"),
    *("takes_args", "fails", "lamp_turn_on", "lamp_blink", "plain_hello"),
]


@given(name=st.sampled_from(HARMLESS), payload=payloads)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_payload_raises_anything_outside_the_tree(house: FunctionSet, name: str, payload: Any) -> None:
    function = house.get(name)
    assert function
    with contextlib.suppress(NavaiError):
        asyncio.run(execute(function, payload, caller="x"))
