"""The value of an expression in an integration's code, as far as it can be found without running the code."""

import ast
import itertools
from collections.abc import Iterator, Mapping
from typing import Final

from .code import Code, Function, Place, parameters

Bound = Mapping[str, Place]
Entries = list[tuple[Place, Place]]

_COLLECTORS: Final = {"frozenset", "list", "set", "sorted", "tuple"}
_WRAPPERS: Final = {"All", "Schema", "dict", "extend"}
"""Calls whose first argument is the dictionary. `a.extend(b)` also has one before the dot."""
TARGET_FIELDS: Final = {"ENTITY_SERVICE_FIELDS", "TARGET_SERVICE_FIELDS"}
_MAX_DEPTH: Final = 4


class Values:
    """Finds values in one integration. None means that the value is unknown."""

    def __init__(self, code: Code) -> None:
        self._code = code

    def texts(self, place: Place) -> frozenset[str] | None:
        """Return the strings that an expression may be."""
        node = place.node
        if isinstance(node, ast.Constant):
            return frozenset({node.value}) if isinstance(node.value, str) else None
        if isinstance(node, ast.Attribute) and node.attr == "value":
            return self.texts(place.at(node.value))
        if (found := self._code.meanings(place)) and (texts := self._union(found)) is not None:
            return texts
        if isinstance(node, ast.IfExp):
            return self._union([place.at(node.body), place.at(node.orelse)])
        return self._guarded(place)

    def elements(self, place: Place) -> list[Place] | None:
        """Return the elements of a tuple, list or set."""
        node = place.node
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return [place.at(each) for each in node.elts]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _COLLECTORS and node.args:
            return self.elements(place.at(node.args[0]))
        if isinstance(node, ast.Dict):
            return [place.at(key) for key in node.keys if key is not None]
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            rows = self._rows(node, place)
            return None if rows is None else [Place(node.elt, place.module, row) for row in rows]
        if members := self._code.members(place):
            return members
        found = self._code.meanings(place)
        return self.elements(found[0]) if len(found) == 1 else None

    def entries(self, place: Place) -> Entries | None:
        """Return the keys and values of a dictionary, or of a schema created from one."""
        node = place.node
        if isinstance(node, ast.Dict):
            return self._of_dict(node, place)
        if isinstance(node, ast.DictComp):
            rows = self._rows(node, place)
            if rows is None:
                return None
            return [(Place(node.key, place.module, row), Place(node.value, place.module, row)) for row in rows]
        if isinstance(node, ast.Call):
            return self._of_call(node, place)
        if isinstance(node, ast.Attribute) and node.attr in TARGET_FIELDS:
            return []
        found = self._code.meanings(place)
        return self.entries(found[0]) if len(found) == 1 else None

    def ways(self, module: str, node: ast.expr, depth: int = 0) -> list[Bound]:
        """Return the possible combinations of values for the names in an expression: from loops, and from callers."""
        ways: list[Bound] = [{}]
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        function = self._code.function_of(node)
        if function is not None and names & {*parameters(function), _keywords(function)} and depth < _MAX_DEPTH:
            ways = [*self._from_callers(function, depth)] or [{}]
        for scope in self._code.above(node):
            if isinstance(scope, ast.For):
                tables = [(way, self._bindings(scope.target, Place(scope.iter, module, way))) for way in ways]
                ways = [{**way, **row} for way, rows in tables for row in (rows or [{}])]
        return ways

    def _from_callers(self, function: Function, depth: int) -> Iterator[Bound]:
        names = parameters(function)
        for module, call in self._code.calls_of(function.name):
            skipped = 1 if names[:1] == ["self"] else 0
            for way in self.ways(module, call, depth + 1):
                bound = {name: Place(each, module, way) for name, each in zip(names[skipped:], call.args, strict=False)}
                rest = ast.Dict([], [])
                for keyword in call.keywords:
                    if keyword.arg in names:
                        bound[keyword.arg] = Place(keyword.value, module, way)
                    elif keyword.arg:
                        rest.keys.append(ast.Constant(keyword.arg))
                        rest.values.append(keyword.value)
                yield bound | {_keywords(function): Place(rest, module, way)}

    def _union(self, places: list[Place]) -> frozenset[str] | None:
        found = [self.texts(each) for each in places]
        known = [each for each in found if each is not None]
        return frozenset().union(*known) if len(known) == len(found) else None

    def _guarded(self, place: Place) -> frozenset[str] | None:
        """Return what an expression may be inside an `if … in …`."""
        here = ast.dump(place.node)
        for scope in self._code.above(place.node):
            test = scope.test if isinstance(scope, ast.If) else None
            if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.In) and ast.dump(test.left) == here:
                among = self.elements(place.at(test.comparators[0]))
                return None if among is None else self._union(among)
        return None

    def _of_dict(self, node: ast.Dict, place: Place) -> Entries | None:
        found: Entries = []
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                found.append((place.at(key), place.at(value)))
                continue
            more = self.entries(place.at(value))
            if more is None:
                return None
            found += more
        return found

    def _of_call(self, node: ast.Call, place: Place) -> Entries | None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == "All":
            # One of them is the schema; the others check or change.
            found = [self.entries(place.at(each)) for each in node.args]
            return next((each for each in found if each is not None), None)
        if name in _WRAPPERS:
            parts = [place.at(each) for each in node.args[:1]]
            if name == "extend" and isinstance(node.func, ast.Attribute):
                parts.append(place.at(node.func.value))
            found = [self.entries(each) for each in parts]
            known = [each for each in found if each is not None]
            given = [(place.at(ast.Constant(each.arg)), place.at(each.value)) for each in node.keywords if each.arg]
            return [*itertools.chain(*known), *given] if len(known) == len(found) else None
        for module, function in self._code.functions(name):
            returned = [each.value for each in ast.walk(function) if isinstance(each, ast.Return) and each.value]
            if len(returned) == 1:
                return self.entries(Place(returned[0], module))
        return None

    def _rows(
        self, node: ast.DictComp | ast.ListComp | ast.SetComp | ast.GeneratorExp, place: Place
    ) -> list[Bound] | None:
        generator = node.generators[0]
        rows = self._bindings(generator.target, place.at(generator.iter))
        return None if rows is None else [{**place.bound, **row} for row in rows]

    def _bindings(self, target: ast.expr, table: Place) -> list[Bound] | None:
        """Return what each iteration of a loop binds, or None if the table is unknown."""
        elements = self.elements(table)
        if elements is None:
            return None
        if isinstance(target, ast.Name):
            return [{target.id: each} for each in elements]
        names = [each.id if isinstance(each, ast.Name) else "" for each in getattr(target, "elts", [])]
        return [dict(zip(names, self.elements(each) or [], strict=False)) for each in elements]


def _keywords(function: Function) -> str:
    return function.args.kwarg.arg if function.args.kwarg else ""
