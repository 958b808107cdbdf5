"""Finds the texts that an integration's code uses, and their placeholders."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .code import Code, Place
from .files import UnreadableError
from .known import PLATFORMS
from .values import Bound, Values

Path = tuple[str, ...]

_NOT_ENTITIES: Final = {"DeviceInfo", "SelectSelectorConfig", "async_create_issue"}
_ABORTS_BY_ITSELF: Final = {
    "_abort_if_unique_id_configured": "already_configured",
    "_abort_if_unique_id_mismatch": "unique_id_mismatch",
    "_async_abort_entries_match": "already_configured",
}


@dataclass(frozen=True)
class Use:
    """One place that uses a text."""

    path: Path
    where: str
    given: frozenset[str] | None = None
    """The placeholders, or None if they are given elsewhere."""
    exact: bool = False
    """They are only for this text, so it must use all of them."""
    states: frozenset[str] = frozenset()
    """Values that each need a text."""
    has_own_icon: bool = False
    """The entity's device class has an icon."""


class Finder:
    """Finds the uses in the code of one integration."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._values = Values(code)

    def all(self) -> list[Use]:
        """Return every use.

        Raises:
            UnreadableError: the key of a use cannot be read from the code.
        """
        return [*self._keys(), *self._class_attributes(), *self._flow(), *self._health(), *self._triggers()]

    def names_of_entities_take(self) -> frozenset[str]:
        """Return the placeholders for the names of entities."""
        found: set[str] = set()
        for module, tree in self._code.modules.items():
            for node in ast.walk(tree):
                target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
                name = getattr(target, "attr", getattr(target, "id", ""))
                if name == "_attr_translation_placeholders" and isinstance(node, ast.Assign | ast.AnnAssign):
                    given, _ = self._placeholders(node.value, module, {})
                    found |= given or frozenset()
        return frozenset(found)

    def _keys(self) -> Iterator[Use]:
        """Calls with a `translation_key`."""
        for name, calls in self._code.calls.items():
            for module, call in calls:
                keywords = {each.arg: each.value for each in call.keywords if each.arg}
                key = keywords.get("translation_key")
                if key is None or (isinstance(key, ast.Constant) and key.value is None):
                    continue
                for way in self._values.ways(module, call):
                    if not self._is_ours(keywords.get("translation_domain"), module, way):
                        continue
                    given, exact = self._placeholders(keywords.get("translation_placeholders"), module, way)
                    for text in self._texts(key, module, way):
                        path = self._path(name, text, module, call, keywords)
                        if path[0] == "entity":
                            yield Use(
                                path,
                                _where(module, call),
                                states=self._states(keywords, module, way),
                                has_own_icon=_brings_icon(keywords.get("device_class")),
                            )
                        else:
                            yield Use(path, _where(module, call), given, exact)

    def _path(self, name: str, key: str, module: str, call: ast.Call, keywords: dict[str, ast.expr]) -> Path:
        if name == "async_create_issue":
            return ("issues", key)
        if "translation_domain" in keywords:
            return ("exceptions", key)
        if name == "DeviceInfo":
            return ("device", key)
        if name == "SelectSelectorConfig":
            return ("selector", key)
        return ("entity", self._platform(module, call), key)

    def _class_attributes(self) -> Iterator[Use]:
        """Entities whose class has the key of their text."""
        for module, tree in self._code.modules.items():
            for node in ast.walk(tree):
                if not isinstance(node, ast.ClassDef):
                    continue
                own = {
                    target.id: each.value
                    for each in node.body
                    if isinstance(each, ast.Assign | ast.AnnAssign) and each.value is not None
                    for target in (each.targets if isinstance(each, ast.Assign) else [each.target])
                    if isinstance(target, ast.Name)
                }
                key = own.get("_attr_translation_key")
                if key is None:
                    continue
                attributes = {name.removeprefix("_attr_"): value for name, value in own.items()}
                for text in self._texts(key, module, {}):
                    yield Use(
                        ("entity", self._platform(module, node), text),
                        _where(module, node),
                        states=self._states(attributes, module, {}),
                        has_own_icon=_brings_icon(attributes.get("device_class")),
                    )

    def _flow(self) -> Iterator[Use]:
        """Steps, errors and aborts of the config flow."""
        for name, section, argument in (("async_abort", "abort", "reason"), ("async_show_form", "step", "step_id")):
            for module, call in self._code.calls_of(name):
                keywords = {each.arg: each.value for each in call.keywords if each.arg}
                key = keywords.get(argument) or call.args[0]
                for way in self._values.ways(module, call):
                    given, exact = self._placeholders(keywords.get("description_placeholders"), module, way)
                    for text in self._texts(key, module, way):
                        yield Use(("config", section, text), _where(module, call), given, exact)
                    for error in self._errors(keywords.get("errors"), module, way):
                        yield Use(("config", "error", error), _where(module, call), given, exact=False)
        for name, ending in _ABORTS_BY_ITSELF.items():
            calls = self._code.calls_of(name)
            yield from (Use(("config", "abort", ending), _where(*found), frozenset()) for found in calls)

    def _errors(self, node: ast.expr | None, module: str, way: Bound) -> Iterator[str]:
        if node is None:
            return
        entries = self._values.entries(Place(node, module, way))
        if entries is None:
            raise UnreadableError(f"{_where(module, node)}: its errors cannot be read from the code")
        for _, value in entries:
            yield from self._texts(value.node, value.module, value.bound)

    def _health(self) -> Iterator[Use]:
        """Lines of the system health."""
        if "system_health" not in self._code.modules:
            return
        for module, call in self._code.calls_of("async_register_info"):
            name = getattr(call.args[0], "id", "")
            for _, function in self._code.functions(name):
                for node in ast.walk(function):
                    if isinstance(node, ast.Return) and node.value is not None:
                        for key in self._keys_of(node.value, module):
                            yield Use(("system_health", "info", key), _where(module, node.value))

    def _triggers(self) -> Iterator[Use]:
        """The types of device triggers."""
        module = "device_trigger"
        if module in self._code.modules:
            place = Place(ast.Name("TRIGGER_TYPES", ast.Load()), module)
            for each in self._values.elements(place) or []:
                for text in self._texts(each.node, each.module, each.bound):
                    yield Use(("device_automation", "trigger_type", text), module)

    def _platform(self, module: str, node: ast.AST) -> str:
        if module not in PLATFORMS:
            raise UnreadableError(f"{_where(module, node)}: entities are described in the module of their platform")
        return module

    def _is_ours(self, domain: ast.expr | None, module: str, way: Bound) -> bool:
        if domain is None:
            return True
        found = self._values.texts(Place(domain, module, way))
        own = self._values.texts(Place(ast.Name("DOMAIN", ast.Load()), "const"))
        return found is None or own is None or found == own

    def _states(self, keywords: dict[str, ast.expr], module: str, way: Bound) -> frozenset[str]:
        """Return the listed states of a sensor, or types of an event."""
        listed = keywords.get("options") or keywords.get("event_types")
        if listed is None:
            return frozenset()
        elements = self._values.elements(Place(listed, module, way))
        if elements is None:
            raise UnreadableError(f"{_where(module, listed)}: its states cannot be read from the code")
        return frozenset(text for each in elements for text in self._texts(each.node, each.module, each.bound))

    def _texts(self, node: ast.expr, module: str, way: Bound) -> frozenset[str]:
        found = self._values.texts(Place(node, module, way))
        if found is None:
            raise UnreadableError(f"{_where(module, node)}: its key cannot be read from the code")
        return found

    def _placeholders(self, node: ast.expr | None, module: str, way: Bound) -> tuple[frozenset[str] | None, bool]:
        """Return the names, and whether they are only for one text."""
        if node is None or (isinstance(node, ast.Constant) and node.value is None):
            return frozenset(), True
        place = Place(node, module, way)
        meant = self._code.meanings(place)
        direct = isinstance(meant[0].node if len(meant) == 1 else node, ast.Dict)
        return self._keys_of(node, module, way), direct

    def _keys_of(self, node: ast.expr, module: str, way: Bound | None = None) -> frozenset[str]:
        entries = self._values.entries(Place(node, module, way or {}))
        if entries is None:
            raise UnreadableError(f"{_where(module, node)}: its names cannot be read from the code")
        return frozenset(text for key, _ in entries for text in self._texts(key.node, key.module, key.bound))


def _where(module: str, node: ast.AST) -> str:
    return f"{module}.py:{getattr(node, 'lineno', '?')}"


def _brings_icon(device_class: ast.expr | None) -> bool:
    return isinstance(device_class, ast.Attribute) and device_class.attr != "ENUM"
