"""The configuration check: lists every mistake in the `navai:` block, with file, line and fix."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from homeassistant.config import extract_domain_configs
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.typing import ConfigType

from . import reloading
from .const import DOMAIN
from .navai_core import ConfigError
from .navai_core.config.load import settings_from_block
from .navai_core.config.options import Host
from .navai_core.exceptions import Problem
from .navai_core.redact import name_or_dots
from .packages import defined_twice, place_of

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
    settings = None
    try:
        settings = settings_from_block(
            config[DOMAIN], environ=os.environ, locate=_locator(hass, config), host=Host.HOME_ASSISTANT
        )
    except ConfigError as error:
        problems += error.problems
    if problems:
        # If this is a start, it fails. The action lets people fix the block without a restart.
        reloading.register(hass)
        # Not raised inside the `except`: our error would keep the original one, and with it the invalid values.
        raise HomeAssistantError(ConfigError(problems).message)
    return {**config, DOMAIN: settings}


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


def _locator(hass: HomeAssistant, config: ConfigType) -> Any:
    """Return a function that finds the file and line of a path. Home Assistant's YAML loader stores them."""

    def locate(path: Sequence[str | int]) -> tuple[str, int] | None:
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
        if place is None:
            return None
        file, line = place
        return _relative(hass, file), line

    return locate


def _relative(hass: HomeAssistant, file: str) -> str:
    """Return the path from the configuration folder, as Home Assistant shows it."""
    path = Path(file)
    is_below = path.is_relative_to(hass.config.config_dir)
    return str(path.relative_to(hass.config.config_dir)) if is_below else file
