"""Finds what several packages define: a profile, a display or another option of the block.

Home Assistant merges it, often without a warning.

At a start or a reload, the configuration still has its packages. The configuration check removes them first. Then there
is only the file that Home Assistant's YAML loader stored with every key. What one `!include`, or an
`!include_dir_merge_named` in the main block, collects from several files is one definition, and valid.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from homeassistant.const import CONF_PACKAGES
from homeassistant.core import DOMAIN as HOME_ASSISTANT
from homeassistant.helpers.typing import ConfigType
from homeassistant.util.yaml import SECRET_YAML

from .const import DOMAIN

Place = tuple[str, int]
"""File and line; lines start at 1."""

_SECTIONS: Final = ("profiles", "displays")


def place_of(node: object) -> Place | None:
    """Return where Home Assistant's loader read a key, a string, a map or a list; None if it did not store that."""
    file, line = getattr(node, "__config_file__", None), getattr(node, "__line__", None)
    return (str(file), int(line)) if file is not None and line is not None else None


def defined_twice(config: ConfigType) -> Iterator[tuple[tuple[str, ...], list[Place]]]:
    """Yield the path below `navai:` and the places of everything that is defined in more than one place.

    Only profiles and displays can come from several packages. All other options belong in one.
    """
    packages = [_below(package, DOMAIN) for package in _below(config, HOME_ASSISTANT, CONF_PACKAGES).values()]
    for key, value in _below(config, DOMAIN).items():
        if key not in _SECTIONS:
            # Home Assistant keeps the first key. If it is no package's, it is the main block's.
            keys = [each for package in packages for each in package if each == key]
            first = [] if any(each is key for each in keys) else [key]
            if places := _two_or_more([*first, *keys]) or _sources(value):
                yield (str(key),), places
            continue
        for name, options in _below(value).items():
            # The main block has a place. A map that Home Assistant merged from packages has none.
            definitions = [options, *(found for package in packages if (found := _below(package, key, name)))]
            if places := _two_or_more(definitions) or _sources(options):
                yield (str(key), str(name)), places


def _two_or_more(definitions: list[Any]) -> list[Place]:
    """Return the places of these definitions if there are at least two, else nothing."""
    places = [place for each in definitions if (place := place_of(each))]
    return places if len(places) > 1 else []


def _below(node: Any, *path: Any) -> dict[Any, Any]:
    """Return the map at a path, or an empty one."""
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}


def _sources(node: Any) -> list[Place]:
    """Return one place for each file that an option's parts come from, or nothing if there is only one file."""
    own, found = place_of(node), dict[str, Place]()
    for part in node if isinstance(node, dict | list) else ():
        # A list with its own place was not merged. A secret is always in the file of secrets.
        place = place_of(part) if isinstance(part, str) and (isinstance(node, dict) or own is None) else None
        if place and Path(place[0]).name != SECRET_YAML:
            found.setdefault(place[0], place)
    if len(found) > 1 and (own is None or own[0] in found):
        return list(found.values())
    values = node.values() if isinstance(node, dict) else ()
    return next((sources for value in values if (sources := _sources(value))), [])
