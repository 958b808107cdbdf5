"""An integration's modules as syntax trees, and what names in them mean. The code is not run."""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

CORE: Final = "navai_core"
"""The folder with code that is not the integration's own."""
OF_CORE: Final = Path(CORE, "sessions", "session.py")
"""Its module with the states that entities show."""

_TYPE_STATEMENT: Final = re.compile(r"^type (\w+)(?:\[.*?\])? = ", re.MULTILINE)
_CONSTANT_OF_HOME_ASSISTANT: Final = re.compile(r"(?:ATTR|CONF|EVENT|SERVICE|STATE)_([A-Z0-9_]+)")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def parse(text: str, name: str = "<text>") -> ast.Module:
    """Parse Python for the oldest Home Assistant, even if this Python is older."""
    try:
        return ast.parse(text, name)
    except SyntaxError:
        if sys.version_info >= (3, 13):
            raise
    try:
        return ast.parse(_TYPE_STATEMENT.sub(r"\1 = ", text), name)
    except SyntaxError:
        pytest.skip(f"{name} cannot be read by a Python before 3.13")


@dataclass(frozen=True)
class Place:
    """An expression, its module, and the values of the changing names in it."""

    node: ast.expr
    module: str
    bound: Mapping[str, "Place"] = field(default_factory=dict)

    def at(self, node: ast.expr) -> "Place":
        """Return another expression in the same place."""
        return Place(node, self.module, self.bound)


class Code:
    """All modules of an integration."""

    def __init__(self, folder: Path) -> None:
        # The core may be a link, which is not followed.
        found = {path.relative_to(folder) for path in [*sorted(folder.rglob("*.py")), *folder.glob(str(OF_CORE))]}
        self.modules = {
            ".".join(path.with_suffix("").parts): parse((folder / path).read_text(encoding="utf-8"), path.name)
            for path in sorted(found)
            if CORE not in path.parts or path == OF_CORE
        }
        self.parents: dict[ast.AST, ast.AST] = {}
        calls: dict[str, list[tuple[str, ast.Call]]] = defaultdict(list)
        self.texts: set[str] = set()
        """Every string in the code."""
        for name, tree in self.modules.items():
            for node in ast.walk(tree):
                self.parents.update(dict.fromkeys(ast.iter_child_nodes(node), node))
                if isinstance(node, ast.Call):
                    calls[_last(node.func)].append((name, node))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    self.texts.add(node.value)
        self.calls = dict(calls)
        """Every call, by the last part of the function's name."""

    def calls_of(self, name: str) -> list[tuple[str, ast.Call]]:
        """Return the calls with this name, each with its module."""
        return self.calls.get(name, [])

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes that contain a node, the nearest first."""
        while (found := self.parents.get(node)) is not None:
            yield found
            node = found

    def function_of(self, node: ast.AST) -> Function | None:
        """Return the function that a node is in."""
        return next((each for each in self.above(node) if isinstance(each, Function)), None)

    def meanings(self, place: Place) -> list[Place]:
        """Return what a name, or an attribute of a module or class, may mean here, or nothing if that is unknown."""
        if isinstance(place.node, ast.Name):
            return self._of_name(place, place.node.id)
        if isinstance(place.node, ast.Attribute) and isinstance(place.node.value, ast.Name):
            owner, name = place.node.value.id, place.node.attr
            owners = [*self._imported_modules(place.module, owner), *self._classes(place.module, owner)]
            return [each for module, body in owners for each in self._in_body(module, body, name)]
        return []

    def meanings_in(self, module: str, name: str) -> list[Place]:
        """Return what a name means at the top level of a module."""
        return self._in_module(module, name)

    def members(self, place: Place) -> list[Place]:
        """Return the values of the enumeration with this name."""
        if not isinstance(place.node, ast.Name):
            return []
        return [
            Place(each.value, module)
            for module, body in self._classes(place.module, place.node.id)
            for each in body
            if isinstance(each, ast.Assign)
        ]

    def functions(self, name: str) -> Iterator[tuple[str, Function]]:
        """Yield the functions with this name."""
        for module, tree in self.modules.items():
            for node in ast.walk(tree):
                if isinstance(node, Function) and node.name == name:
                    yield module, node

    def _of_name(self, place: Place, name: str) -> list[Place]:
        if name in place.bound:
            return [place.bound[name]]
        for scope in self.above(place.node):
            if isinstance(scope, Function):
                if found := self._in_body(place.module, list(_statements(scope)), name):
                    return [Place(each.node, each.module, place.bound) for each in found]
                if name in parameters(scope):
                    return []
        return self._in_module(place.module, name)

    def _in_module(self, module: str, name: str) -> list[Place]:
        if found := self._in_body(module, self.modules[module].body, name):
            return found
        for source, original in self._imports(module, name):
            if source in self.modules:
                return self._in_module(source, original)
            if source == "homeassistant.const" and (match := _CONSTANT_OF_HOME_ASSISTANT.fullmatch(original)):
                return [Place(ast.Constant(match[1].lower()), module)]
        return []

    @staticmethod
    def _in_body(module: str, body: list[ast.stmt], name: str) -> list[Place]:
        found = []
        for each in body:
            targets = each.targets if isinstance(each, ast.Assign) else []
            if isinstance(each, ast.AnnAssign) and each.value is not None:
                targets = [each.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                assert isinstance(each, ast.Assign | ast.AnnAssign)
                assert each.value is not None
                found.append(Place(each.value, module))
        return found

    def _imports(self, module: str, name: str) -> Iterator[tuple[str, str]]:
        """Yield the module that a name is imported from, and its name there."""
        for node in ast.walk(self.modules[module]):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if (alias.asname or alias.name) == name:
                        yield node.module or "", alias.name

    def _imported_modules(self, module: str, name: str) -> Iterator[tuple[str, list[ast.stmt]]]:
        for source, original in self._imports(module, name):
            if not source and original in self.modules:
                yield original, self.modules[original].body

    def _classes(self, module: str, name: str) -> Iterator[tuple[str, list[ast.stmt]]]:
        here = [(module, name), *(found for found in self._imports(module, name) if found[0] in self.modules)]
        for source, original in here:
            for node in self.modules[source].body:
                if isinstance(node, ast.ClassDef) and node.name == original:
                    yield source, node.body


def parameters(function: Function) -> list[str]:
    """Return the names of a function's parameters, in their order."""
    spec = function.args
    return [each.arg for each in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]


def _statements(function: Function) -> Iterator[ast.stmt]:
    return (node for node in ast.walk(function) if isinstance(node, ast.stmt))


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
