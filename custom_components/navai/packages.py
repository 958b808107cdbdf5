"""Finds the profiles and displays that two packages write: Home Assistant joins them, lists too, and says little of it.

At a start or a reload the packages are there to be asked. The configuration check takes them out before; what is left
then is the file that Home Assistant's loader notes on every key. What came with one `!include`, and what
`!include_dir_merge_named` gathered in the main block, is one thing from several files, and good.
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

_GROUPS: Final = ("profiles", "displays")


def place_of(node: object) -> Place | None:
    """Where Home Assistant's loader read a key, a text, a mapping or a list; None for what it did not read as such."""
    file, line = getattr(node, "__config_file__", None), getattr(node, "__line__", None)
    return (str(file), int(line)) if file is not None and line is not None else None


def written_twice(config: ConfigType) -> Iterator[tuple[str, str, list[Place]]]:
    """The group, the name and the places of each profile and display that is not written in one place."""
    packages = [_below(package, DOMAIN) for package in _below(config, HOME_ASSISTANT, CONF_PACKAGES).values()]
    for group in _GROUPS:
        for name, options in _below(config, DOMAIN, group).items():
            # What the packages made is a mapping of Home Assistant's, with no place: only the main block's has one.
            written = [options, *(found for package in packages if (found := _below(package, group, name)))]
            places = [place for each in written if (place := place_of(each))]
            if len(places) < 2:
                places = _sources(options)
            if places:
                yield group, str(name), places


def _below(node: Any, *path: Any) -> dict[Any, Any]:
    """The mapping at a path; an empty one where there is none."""
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}


def _sources(node: Any) -> list[Place]:
    """One place for each file that an option's parts come from; none where that is one file, as it should be."""
    own, found = place_of(node), dict[str, Place]()
    for part in node if isinstance(node, dict | list) else ():
        # A list that was not joined has a place of its own, and a secret stands where all secrets do.
        place = place_of(part) if isinstance(part, str) and (isinstance(node, dict) or own is None) else None
        if place and Path(place[0]).name != SECRET_YAML:
            found.setdefault(place[0], place)
    if len(found) > 1 and (own is None or own[0] in found):
        return list(found.values())
    values = node.values() if isinstance(node, dict) else ()
    return next((sources for value in values if (sources := _sources(value))), [])
