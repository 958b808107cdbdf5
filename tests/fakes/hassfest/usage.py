"""strings.json has exactly the texts that the code uses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from .code import Code
from .files import read_json, read_yaml
from .texts import placeholders, texts_of
from .uses import Finder, Use

_DEPTHS: Final = {
    "config": 3,
    "device": 2,
    "device_automation": 3,
    "entity": 3,
    "exceptions": 2,
    "issues": 2,
    "selector": 2,
    "system_health": 3,
}
"""How many keys form the path that the code uses. `services` and `title` are compared elsewhere."""
_ELSEWHERE: Final = {"services", "title"}

_PARTS: Final[dict[str, frozenset[str]]] = {
    "exceptions": frozenset({"message"}),
    "issues": frozenset({"title", "description"}),
    "device": frozenset({"name"}),
}
"""Exactly these parts are allowed."""
_PARTS_OF_ENTITIES: Final = {"name", "state", "state_attributes", "unit_of_measurement"}
_STRUCTURE: Final = {
    *("data", "data_description", "description", "menu_options", "name", "options", "state", "state_attributes"),
    *("event_type", "submit", "title", "unit_of_measurement"),
}
_STATES_OF_ALL: Final = {"on", "off", "true", "false", "unavailable", "unknown"}


def usage(folder: Path) -> Iterator[str]:
    """Yield missing texts, unused texts, and placeholders that are not filled in."""
    strings = read_json(folder / "strings.json")
    code = Code(folder)
    finder = Finder(code)
    uses = [*finder.all(), *_selectors(folder)]
    yield from _missing(strings, uses)
    yield from _unused(strings, {use.path for use in uses})
    yield from _unused_below(strings, code)
    yield from _not_filled_in(strings, uses, finder.names_of_entities_take())


def _selectors(folder: Path) -> Iterator[Use]:
    """Yield the texts that the fields of actions use."""
    if not (folder / "services.yaml").is_file():
        return

    def below(node: object) -> Iterator[Use]:
        if not isinstance(node, dict):
            return
        select = (node.get("selector") or {}).get("select") or {}
        if key := select.get("translation_key"):
            options = select.get("options", [])
            values = (each["value"] if isinstance(each, dict) else each for each in options)
            yield Use(("selector", key), "services.yaml", states=frozenset(map(str, values)))
        for each in node.values():
            yield from below(each)

    yield from below(read_yaml(folder / "services.yaml"))


def _missing(strings: dict[str, Any], uses: list[Use]) -> Iterator[str]:
    for use in uses:
        found = _at(strings, use.path)
        name = ".".join(use.path)
        if found is None:
            yield f"strings.json: {name} is missing ({use.where})"
            continue
        parts = _PARTS.get(use.path[0])
        if parts is not None and (not isinstance(found, dict) or found.keys() != parts):
            yield f"strings.json: {name} is to have {' and '.join(sorted(parts))}"
        if use.path[0] == "entity" and not (isinstance(found, dict) and found.keys() <= _PARTS_OF_ENTITIES):
            yield f"strings.json: {name} may have {', '.join(sorted(_PARTS_OF_ENTITIES))}"
        for state in sorted(use.states - _states(found)):
            yield f"strings.json: {name} has no text for {state} ({use.where})"


def _states(found: Any) -> set[str]:
    if not isinstance(found, dict):
        return set()
    types = found.get("state_attributes", {}).get("event_type", {}).get("state", {})
    return {*found.get("state", {}), *found.get("options", {}), *types}


def _unused(strings: dict[str, Any], asked: set[tuple[str, ...]]) -> Iterator[str]:
    for section, below in strings.items():
        if section in _ELSEWHERE:
            continue
        if section not in _DEPTHS:
            yield f"strings.json: {section} is not checked: teach the check what asks for it"
            continue
        for path in sorted(_paths({section: below}, _DEPTHS[section])):
            if path not in asked:
                yield f"strings.json: {'.'.join(path)} is not used"


def _unused_below(strings: dict[str, Any], code: Code) -> Iterator[str]:
    """Names of states, attributes and fields must be somewhere in the code."""
    for path in texts_of(strings):
        if path[0] in _DEPTHS and path[0] != "selector":
            for key in path[_DEPTHS[path[0]] :]:
                if key not in _STRUCTURE | _STATES_OF_ALL | code.texts and path[0] not in _PARTS:
                    yield f"strings.json: {'.'.join(path)} is not used: there is no {key} in the code"


def _not_filled_in(strings: dict[str, Any], uses: list[Use], named: frozenset[str]) -> Iterator[str]:
    for use in uses:
        found = _at(strings, use.path)
        below = texts_of(found) if isinstance(found, dict) else {(): str(found or "")}
        wanted = frozenset().union(*(placeholders(text) or () for text in below.values()))
        given = named if use.path[0] == "entity" else use.given
        if given is None or found is None:
            continue
        name = ".".join(use.path)
        for each in sorted(wanted - given):
            yield f"strings.json: {name} names {{{each}}}, which is not given ({use.where})"
        for each in sorted(given - wanted) if use.exact else ():
            yield f"strings.json: {name} does not name {{{each}}}, which is given ({use.where})"


def _at(strings: dict[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = strings
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _paths(found: Any, depth: int, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if depth == 0 or not isinstance(found, dict):
        yield above
        return
    for key, value in found.items():
        yield from _paths(value, depth - 1, (*above, key))
