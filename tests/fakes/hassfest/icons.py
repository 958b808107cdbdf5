"""icons.json: it has an icon for each action and each entity, and no other icons."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from .code import Code
from .files import read_json, read_yaml
from .uses import Finder

ICON: Final = re.compile(r"mdi:[a-z0-9]+(?:-[a-z0-9]+)*")
_ENTITY_KEYS: Final = {"default", "range", "state", "state_attributes"}


def icons(folder: Path) -> Iterator[str]:
    """Yield what is wrong with icons.json."""
    found = read_json(folder / "icons.json")
    for key in sorted(found.keys() - {"entity", "services"}):
        yield f"icons.json: {key} is not checked: teach the check what it is for"
    yield from (f"icons.json: {each}" for each in _of_actions(folder, found.get("services", {})))
    yield from (f"icons.json: {each}" for each in _of_entities(folder, found.get("entity", {})))


def _of_actions(folder: Path, found: dict[str, Any]) -> Iterator[str]:
    described = read_yaml(folder / "services.yaml")
    for name in sorted(described.keys() - found.keys()):
        yield f"services.{name} is missing"
    for name, entry in found.items():
        where = f"services.{name}"
        if name not in described:
            yield f"{where} is no action"
            continue
        if not isinstance(entry, dict) or not {"service"} <= entry.keys() <= {"service", "sections"}:
            yield f"{where} is to have a service, and may have sections"
            continue
        fields = (described[name] or {}).get("fields", {})
        sections = {key for key, field in fields.items() if field and "fields" in field}
        for key in sorted(entry.get("sections", {}).keys() - sections):
            yield f"{where}.sections.{key} is no section"
        yield from _not_icons({where: entry["service"], **_below(f"{where}.sections", entry.get("sections", {}))})


def _of_entities(folder: Path, found: dict[str, Any]) -> Iterator[str]:
    uses = {use.path[1:]: use for use in Finder(Code(folder)).all() if use.path[0] == "entity"}
    texts = read_json(folder / "strings.json").get("entity", {})
    for (platform, key), use in uses.items():
        if not use.has_own_icon and key not in found.get(platform, {}):
            yield f"entity.{platform}.{key} is missing"
    for platform, entities in found.items():
        for key, entry in entities.items():
            where = f"entity.{platform}.{key}"
            if (platform, key) not in uses:
                yield f"{where} is no entity"
            if not entry.keys() <= _ENTITY_KEYS or not ({"default", "state_attributes"} & entry.keys()):
                yield f"{where} is to have a default"
            yield from _wrong_with(where, entry, texts.get(platform, {}).get(key, {}))


def _wrong_with(where: str, entry: dict[str, Any], texts: dict[str, Any]) -> Iterator[str]:
    default, states = entry.get("default"), entry.get("state", {})
    known = {*texts.get("state", {}), "on", "off"}
    yield from (f"{where}.state.{state} is no state" for state in sorted(states.keys() - known))
    for state, icon in states.items():
        if icon == default:
            yield f"{where}.state.{state} is the same as the default"
    yield from _not_icons({**({where: default} if default else {}), **_below(f"{where}.state", states)})
    for attribute, below in entry.get("state_attributes", {}).items():
        described = texts.get("state_attributes", {}).get(attribute)
        if described is None:
            yield f"{where}.state_attributes.{attribute} is no attribute"
        yield from _wrong_with(f"{where}.state_attributes.{attribute}", below, described or {})


def _below(where: str, found: dict[str, Any]) -> dict[str, Any]:
    return {f"{where}.{key}": value for key, value in found.items()}


def _not_icons(found: dict[str, Any]) -> Iterator[str]:
    for where, icon in found.items():
        if not isinstance(icon, str) or not ICON.fullmatch(icon):
            yield f"{where} is not an icon such as mdi:home"
