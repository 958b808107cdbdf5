"""Sources become functions: names, descriptions, schemas, and a warning for what does not load."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from navai_core.tools.functions import hints, load_functions
from navai_core.tools.functions.loading import _snake_case
from navai_core.tools.functions.models import FunctionSet
from navai_core.tools.functions.signatures import read_signature

FIXTURES = Path(__file__).parent / "functions_fixtures"
Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(name: str, text: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))

    return put


@pytest.fixture(autouse=True)
def _modules_are_forgotten() -> Iterator[None]:
    before = set(sys.modules)
    path = list(sys.path)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]
    assert sys.path == path


def schemas(found: FunctionSet) -> dict[str, Any]:
    return {function.name: function.parameters for function in found.items}


def test_a_file_gives_its_public_functions(tmp_path: Path, write: Write) -> None:
    write(
        "lights.py",
        '''
        import functools, typing, enum, abc
        from os.path import join

        UserId = typing.NewType("UserId", int)
        T = typing.TypeVar("T")
        Alias = list[int]

        class Box(typing.Generic[T]):
            pass

        IntBox = Box[int]

        class Kind(enum.Enum):
            A = 1
            def shown(self): return "a"

        class MyError(Exception):
            def explain(self): return 1

        class Base(abc.ABC):
            @abc.abstractmethod
            def run(self): ...
            def stop(self): return "stop"

        class Runner(Base):
            def run(self): return "run"

        class Shape(typing.Protocol):
            def draw(self): ...

        def turnOnHTTPLight():
            """Turn it
            on.

            More."""

        @functools.cache
        def cached(): return 1

        async def größte(): return 1

        def _private(): ...
        def 灯(): ...
        number = 5
        ''',
    )
    found = load_functions(["lights.py"], tmp_path)
    assert found.warnings == ()
    assert [(f.name, f.source, f.description) for f in found.items] == [
        ("runner_run", "lights.py#Runner.run", "Call the function runner_run."),
        ("runner_stop", "lights.py#Runner.stop", "Call the function runner_stop."),
        ("turn_on_http_light", "lights.py#turnOnHTTPLight", "Turn it on."),
        ("cached", "lights.py#cached", "Call the function cached."),
        ("grote", "lights.py#größte", "Call the function grote."),
        ("function", "lights.py#灯", "Call the function function."),
    ]
    assert found.get("  Turn_On_HTTP_light ") is found.items[2]
    assert found.get("nothing") is None
    assert FunctionSet().names == ()
    assert len(_snake_case("x" * 99)) == 60


def test_names_are_made_unique(tmp_path: Path, write: Write) -> None:
    write("a.py", "def go(): ...\ndef go_2(): ...\n")
    write("b.py", "def go(): ...\ndef Go(): ...\n")
    found = load_functions(["a.py", "b.py"], tmp_path)
    assert found.names == ("go", "go_2", "go_3", "go_4")
    assert found.warnings == (
        "b.py#go is called go_3, because go already exists.",
        "b.py#Go is called go_4, because go already exists.",
    )


def test_what_does_not_load_is_a_warning_and_the_rest_loads(tmp_path: Path, write: Write) -> None:
    write("good.py", "def good(): ...\n")
    write("raises.py", "raise RuntimeError('sk-secret')\n")
    write("syntax.py", "def (\n")
    write("exits.py", "import sys; sys.exit(3)\n")
    write("empty.py", "x = 1\n")
    write("needs.py", "import navai_no_such_module\n")
    write("bad_all.py", "__all__ = 5\n")
    write("pack_bad/__init__.py", "import navai_no_such_module\n")
    (tmp_path / "folder.py").mkdir()
    sources = "raises.py syntax.py exits.py empty.py needs.py bad_all.py missing.py folder.py".split()  # noqa: SIM905
    found = load_functions([*sources, "pack_bad", "no.such.module", "..relative", "", "good.py", "./good.py"], tmp_path)
    assert found.names == ("good",)
    assert found.warnings == (
        "raises.py could not be loaded (RuntimeError). The other sources are loaded.",
        "syntax.py could not be loaded (SyntaxError). The other sources are loaded.",
        "exits.py could not be loaded (SystemExit). The other sources are loaded.",
        "empty.py has no public function. Define one, or remove the source from functions.",
        "needs.py could not be loaded (ModuleNotFoundError). The other sources are loaded.",
        "bad_all.py could not be loaded (TypeError). The other sources are loaded.",
        "missing.py does not exist. Correct its name in functions, or remove it.",
        "folder.py does not exist. Correct its name in functions, or remove it.",
        "pack_bad could not be loaded (ModuleNotFoundError). The other sources are loaded.",
        "no.such.module does not exist. Correct its name in functions, or remove it.",
        "..relative could not be loaded (TypeError). The other sources are loaded.",
        " could not be loaded (ValueError). The other sources are loaded.",
        "./good.py is listed twice in functions. Remove one of them.",
    )
    assert "sk-secret" not in str(found)


def test_all_decides_what_a_module_offers(tmp_path: Path, write: Write) -> None:
    write(
        "pack/__init__.py",
        "from os.path import join\n"
        "from pack.inner import helper\n"
        "__all__ = ['join', 'number', 'missing', '_hidden', 7, 'helper']\nnumber = 1\ndef _hidden(): ...\n"
        "def no(): ...\n",
    )
    write("pack/inner.py", "def helper(): ...\n")
    found = load_functions(["pack"], tmp_path)
    assert found.names == ("join", "helper")
    assert found.items[0].source == "pack#join"
    assert found.warnings == (
        "pack lists number in __all__, but clients cannot call it. Remove it from __all__.",
        "pack lists missing in __all__, but clients cannot call it. Remove it from __all__.",
    )


def test_a_file_runs_once_until_it_changes(tmp_path: Path, write: Write) -> None:
    write("runs.txt", "")
    log = tmp_path / "runs.txt"
    write(
        "once.py",
        f"import pathlib\np = pathlib.Path({str(log)!r})\np.write_text(p.read_text() + 'x')\ndef one(): ...\n",
    )
    first = load_functions(["once.py"], tmp_path)
    second = load_functions(["once.py"], tmp_path)
    assert first.items[0].target is second.items[0].target
    assert log.read_text() == "x"
    write(
        "once.py",
        f"import pathlib\np = pathlib.Path({str(log)!r})\np.write_text(p.read_text() + 'y')\ndef two(): ...\n",
    )
    os.utime(tmp_path / "once.py", ns=(1, 1))
    assert load_functions(["once.py"], tmp_path).names == ("two",)
    assert log.read_text() == "xy"


def test_files_may_import_what_is_beside_them_and_hide_nothing(tmp_path: Path, write: Write) -> None:
    write("sub/navai_helper_module.py", "VALUE = 5\n")
    write("sub/json.py", "raise RuntimeError\n")
    write("sub/main.py", "import json, sys, navai_helper_module\nsys.path.append('/elsewhere')\ndef go(): ...\n")
    assert load_functions(["sub/main.py"], tmp_path).names == ("go",)
    assert sys.path.pop() == "/elsewhere"
    write("cleaner.py", "import sys\nKEPT = list(sys.path)\nsys.path.pop()\ndef go(): ...\n")
    assert load_functions(["cleaner.py"], tmp_path).names == ("go",)


def test_schemas(tmp_path: Path) -> None:
    found = load_functions(["house.py"], FIXTURES)
    assert found.warnings == ()
    point = {
        "type": "object",
        "properties": {
            "x": {"type": "number"},
            "y": {"type": "number"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "parent": {"anyOf": [{}, {"type": "null"}]},
        },
        "required": ["x"],
        "additionalProperties": False,
    }
    step = {
        "type": "object",
        "properties": {"room": {"type": "string"}, "seconds": {"type": "integer"}},
        "required": ["room"],
        "additionalProperties": False,
    }
    parameters = schemas(found)
    assert parameters["walk"]["properties"] == {
        "points": {"type": "array", "items": point},
        "plan": {"type": "array", "items": step},
        "strict": {"anyOf": [step, {"type": "null"}], "default": None},
        "pair": {
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"type": "string"}],
            "minItems": 2,
            "maxItems": 2,
            "default": [1, "a"],
        },
        "many": {"type": "array", "items": {"type": "integer"}, "default": []},
        "rooms": {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "default": []},
        "table": {"type": "object", "additionalProperties": {"type": "integer"}, "default": {}},
        "bare": {"type": "array", "items": {}, "default": []},
        "watts": {"type": "integer", "default": 5},
        "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "odd": {},
    }
    assert parameters["walk"]["required"] == ["points", "plan"]
    assert parameters["turn_on"] == {
        "type": "object",
        "properties": {
            "room": {"type": "string", "description": "Which room"},
            "brightness": {"type": "integer", "default": 100},
            "colour": {"anyOf": [{"enum": ["RED", "BLUE"]}, {"type": "null"}], "default": None},
        },
        "required": ["room"],
        "additionalProperties": False,
    }
    assert parameters["set_climate"]["properties"]["level"] == {"enum": ["low", 2, True], "default": "low"}
    assert parameters["wake"]["properties"]["at"] == {"type": "string", "format": "date-time"}
    assert parameters["add"]["properties"] == {"args": {"type": "array", "items": {"type": "integer"}}}
    assert parameters["label"]["additionalProperties"] == {"type": "integer"}
    assert "additionalProperties" not in parameters["options"]
    assert list(parameters["who"]["properties"]) == ["room", "loud"]
    assert list(parameters["who_typed"]["properties"]) == ["context"]
    assert parameters["plain_hello"] == {"type": "object", "properties": {}, "additionalProperties": False}
    assert parameters["lamp_turn_on"]["required"] == ["constructorArgs"]
    assert parameters["lamp_blink"]["required"] == ["constructorArgs", "methodArgs"]
    assert parameters["lamp_blink"]["properties"]["methodArgs"]["required"] == ["times"]
    assert "lamp_helper" not in parameters
    assert "lamp_size" not in parameters


def test_annotations_that_mean_nothing_to_us(tmp_path: Path, write: Write) -> None:
    write(
        "odd.py",
        """
        import dataclasses, typing
        from typing import Final

        class TypeAliasType:  # as from typing_extensions, and from Python 3.12 on
            def __init__(self, read): self._read = read
            @property
            def __value__(self): return self._read()
            def __call__(self): ...

        Count = TypeAliasType(lambda: int)
        Tree = TypeAliasType(lambda: dict[str, Tree] | int)
        Broken = TypeAliasType(lambda: missing)
        Endless = TypeAliasType(lambda: Endless)

        @dataclasses.dataclass
        class Half:
            good: int
            bad: "NotThere"

        def odd(
            a: [int], b: "1/0", c: int = ..., d: typing.Literal[b"x"] = b"x", f: object = 1,
            g: complex = 1j, h: Half = None, i: typing.Annotated[int, 5] = 1, j: set = {1},
        ): ...

        def aliases(count: Count, tree: Tree, broken: Broken, endless: Endless): ...

        class Called:
            def __call__(self, a: int): ...

        called = Called()
        __all__ = ["odd", "aliases", "called"]
        """,
    )
    found = schemas(load_functions(["odd.py"], tmp_path))
    assert found["odd"]["properties"] == {
        "a": {},
        "b": {},
        "c": {"type": "integer"},
        "d": {"enum": ["b'x'"]},
        "f": {"default": 1},
        "g": {},
        "h": {
            "anyOf": [
                {
                    "type": "object",
                    "properties": {"good": {"type": "integer"}, "bad": {}},
                    "required": ["good", "bad"],
                    "additionalProperties": False,
                },
                {"type": "null"},
            ],
            "default": None,
        },
        "i": {"type": "integer", "default": 1},
        "j": {"type": "array", "items": {}, "uniqueItems": True, "default": [1]},
    }
    assert found["aliases"]["properties"] == {
        "count": {"type": "integer"},
        "tree": {"anyOf": [{"type": "object", "additionalProperties": {}}, {"type": "integer"}]},
        "broken": {},
        "endless": {},
    }
    assert found["called"]["required"] == ["a"]


def test_what_has_no_signature_takes_any_arguments() -> None:
    signature = read_signature(max)
    assert signature.schema()["properties"] == {"args": {"type": "array", "items": {}}}


def test_fields_of_a_class_without_a_module() -> None:
    cls = type("Lost", (), {"__annotations__": {"a": "NotThere", "b": "int"}, "__module__": "navai_gone"})
    assert hints.hints_of_class(cls).types == {"a": Any, "b": int}
