"""Functions of a house, of every kind that an owner may write."""

from __future__ import annotations

import asyncio
import datetime as dt
import enum
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NewType, NotRequired, Required, TypedDict

from navai_core.tools.functions import FunctionContext

Watts = NewType("Watts", int)


class Mode(enum.Enum):
    HEAT = "heat"
    COOL = "cool"


class Colour(enum.Enum):
    RED = (255, 0, 0)
    BLUE = (0, 0, 255)


class HouseError(Exception):
    pass


@dataclass
class Point:
    x: float
    y: float = 0.0
    tags: list[str] = field(default_factory=list)
    parent: Point | None = None
    area: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("secret words")


class Step(TypedDict, total=False):
    room: Required[str]
    seconds: int


class Strict(TypedDict):
    room: str
    seconds: NotRequired[int]


def turn_on(room: Annotated[str, "Which room"], brightness: int = 100, *, colour: Colour | None = None) -> str:
    """Turn the light
    of a room on.

    Not in the description.
    """
    return f"{room} {brightness} {colour.name if colour else '-'}"


async def set_climate(mode: Mode, degrees: float, level: Literal["low", 2, True] = "low") -> dict[str, Any]:
    await asyncio.sleep(0)
    return {"mode": mode, "degrees": degrees, "level": level}


def nothing() -> None:
    pass


def anything(thing) -> Any:  # noqa: ANN001
    return thing


def walk(
    points: list[Point],
    plan: Sequence[Step],
    strict: Strict | None = None,
    pair: tuple[int, str] = (1, "a"),
    many: tuple[int, ...] = (),
    rooms: set[str] = frozenset(),
    table: Mapping[str, int] = {},
    bare: list = [],  # noqa: B006
    watts: Watts = Watts(5),
    maybe: str = None,  # noqa: RUF013
    odd: NotThere = object(),  # noqa: B008, F821
) -> list[Any]:
    return [points, plan, strict, pair, many, rooms, table, bare, watts, maybe, isinstance(odd, object)]


def wake(at: dt.datetime, day: dt.date | None = None, clock: dt.time | None = None) -> list[Any]:
    return [at, day, clock]


def add(*numbers: int) -> int:
    return sum(numbers)


def label(name: str, /, *words: str, **options: int) -> list[Any]:
    return [name, words, options]


def options(**values: Any) -> dict[str, Any]:
    return values


def who(room: str, context, loud: bool = False) -> list[Any]:  # noqa: ANN001
    return [room, context.caller, context.profile, loud]


def who_typed(*, asker: FunctionContext | None, context: str = "mine") -> list[Any]:
    return [asker.caller if asker else None, context]


def takes_args(args: list[int], value: int = 0) -> list[Any]:
    return [args, value]


def fails(text: str) -> None:
    raise HouseError(text)


async def fails_async() -> None:
    raise asyncio.CancelledError


def exits() -> None:
    sys.exit("bye")


async def exits_async() -> None:
    sys.exit("bye")


def stops() -> None:
    raise StopIteration("late")


class SilentError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def fails_silently() -> None:
    raise SilentError


def sleeps(seconds: float) -> str:
    time.sleep(seconds)
    return "slept"


async def sleeps_async(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "slept"


def returns_bytes() -> bytes:
    return b"x"


class Poison(dict):
    def items(self) -> Any:
        raise HouseError("poisoned")


def returns_poison() -> Any:
    return Poison(a=1)


def gives_coroutine(seconds: float) -> Any:
    return sleeps_async(seconds)


class Lamp:
    """Not a description."""

    def __init__(self, room: str, watts: int = 5) -> None:
        self.room = room
        self.watts = watts

    def turnOn(self, level: int = 1) -> list[Any]:  # noqa: N802
        """Turn it on."""
        return [self.room, self.watts, level]

    async def blink(self, times: int, context: FunctionContext) -> list[Any]:
        return [self.room, times, context.caller]

    def _hidden(self) -> None: ...

    @staticmethod
    def helper() -> None: ...

    @property
    def size(self) -> int:
        return 1


class Plain:
    def hello(self) -> str:
        return "hello"
