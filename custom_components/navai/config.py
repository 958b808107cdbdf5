"""The configuration check: lists every mistake in the `navai:` block, with file, line and fix."""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from homeassistant.config import extract_domain_configs
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.typing import ConfigType

from . import reloading
from .const import DOMAIN
from .instructions import trouble_of
from .navai_core import ConfigError, Settings
from .navai_core.config.load import settings_from_block
from .navai_core.config.options import Host
from .navai_core.config.source import FindTyped, Source, Typed
from .navai_core.config.yaml.reread import Reread
from .navai_core.exceptions import Problem
from .navai_core.redact import name_or_dots
from .packages import Place, defined_twice, place_of

PACKAGE_MERGE_HINT: Final = "dict"
"""Home Assistant merges the `navai:` blocks of several packages."""


async def async_validate_config(hass: HomeAssistant, config: ConfigType) -> ConfigType:
    """Check the block, and replace it with its settings.

    We write the error message ourselves: Home Assistant's would show the invalid value, which may be the key.

    Raises:
        HomeAssistantError: with all mistakes.
    """
    # Home Assistant treats `navai kitchen:` as another block of ours, but does not pass it to us.
    if len(extract_domain_configs(config, DOMAIN)) > (DOMAIN in config):
        raise HomeAssistantError(f"There can only be one `{DOMAIN}:` block. Remove what follows its name.")
    if DOMAIN not in config:
        return config
    problems = _duplicates(hass, config)
    settings, mistakes = _read(hass, config, None)
    if mistakes:
        # Only now, since it reads the files again.
        files = _files_of(config[DOMAIN], _locate(config, (DOMAIN,)))
        words = await hass.async_add_executor_job(Reread, files, Path(hass.config.config_dir))
        settings, mistakes = _read(hass, config, words.typed)
    problems += mistakes
    if problems:
        # If this is a start, it fails. The action lets people fix the block without a restart.
        reloading.register(hass)
        # Not raised inside the `except`: our error would keep the original one, and with it the invalid values.
        raise HomeAssistantError(ConfigError(problems).message)
    return {**config, DOMAIN: settings}


def _read(hass: HomeAssistant, config: ConfigType, typed: FindTyped | None) -> tuple[Settings | None, list[Problem]]:
    """Return the settings, or the mistakes. Home Assistant's loader does not say how words are typed."""

    def locate(path: Sequence[Any]) -> tuple[str, int] | None:
        place = _locate(config, path)
        return (_relative(hass, place[0]), place[1]) if place else None

    def find_typed(path: Sequence[Any], is_key: bool) -> Typed | None:
        found = typed(path, is_key) if typed else None
        return found._replace(file=_relative(hass, found.file)) if found else None

    try:
        settings = settings_from_block(
            config[DOMAIN],
            environ=os.environ,
            source=Source(locate, find_typed),
            host=Host.HOME_ASSISTANT,
            check_template=partial(trouble_of, hass),
        )
    except ConfigError as error:
        return None, list(error.problems)
    return settings, []


def _files_of(block: Any, place: Place | None) -> list[Path]:
    """Return the files that the parts of a block come from, as far as Home Assistant's loader stored them."""
    files = [place[0]] if place else []
    waiting, seen = [block], set()
    for node in waiting:
        if id(node) in seen:
            # An alias: it may even contain itself.
            continue
        seen.add(id(node))
        files += [found[0] for part in (node, *(node if isinstance(node, dict) else ())) if (found := place_of(part))]
        waiting += node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [Path(file) for file in dict.fromkeys(files)]


def _duplicates(hass: HomeAssistant, config: ConfigType) -> list[Problem]:
    """Find what several packages define. Home Assistant merges it: it keeps the first value, and joins lists."""
    problems = []
    for names, places in defined_twice(config):
        where = [(_relative(hass, file), line) for file, line in places]
        listed = " and ".join(f"{file}:{line}" for file, line in where)
        message = f"is defined more than once, at {listed} — keep it in one file"
        file, line = where[0]
        problems.append(Problem((DOMAIN, *map(name_or_dots, names)), message, "duplicate", file, line))
    return problems


def _locate(config: ConfigType, path: Sequence[Any]) -> Place | None:
    """Return the place of a path, or of its nearest ancestor. Home Assistant's YAML loader stores them."""
    node: Any = config
    place = None
    for part in path:
        key = next((key for key in node if key == part), None) if isinstance(node, dict) else None
        place = place_of(key) or place
        try:
            node = node[part]
        except (LookupError, TypeError):
            break
        if not place_of(key):
            place = place_of(node) or place
    return place


def _relative(hass: HomeAssistant, file: str) -> str:
    """Return the path from the configuration folder, as Home Assistant shows it."""
    path = Path(file)
    is_below = path.is_relative_to(hass.config.config_dir)
    return str(path.relative_to(hass.config.config_dir)) if is_below else file
