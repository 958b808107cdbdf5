"""Home Assistant's configuration check: every mistake of the `navai:` block, with file, line and cure."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from homeassistant.config import extract_domain_configs
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN
from .navai_core import ConfigError
from .navai_core.config.load import settings_from_block
from .navai_core.config.options import Host
from .navai_core.exceptions import Problem
from .navai_core.redact import name_or_dots
from .packages import place_of, written_twice

PACKAGE_MERGE_HINT: Final = "dict"
"""Profiles of several packages become one block."""


async def async_validate_config(hass: HomeAssistant, config: ConfigType) -> ConfigType:
    """Check the block, and put the settings that it means in its place.

    The error is our own sentence: Home Assistant's would print the value that does not fit, which may be the key.

    Raises:
        HomeAssistantError: with all mistakes.
    """
    # Home Assistant takes `navai kitchen:` for one of several blocks of ours; and we would not see it at all.
    if len(extract_domain_configs(config, DOMAIN)) > (DOMAIN in config):
        raise HomeAssistantError(f"There is one block, `{DOMAIN}:` — write its name without anything behind it.")
    if DOMAIN not in config:
        return config
    problems = _twins(hass, config)
    settings = None
    try:
        settings = settings_from_block(
            config[DOMAIN], environ=os.environ, locate=_locator(hass, config), host=Host.HOME_ASSISTANT
        )
    except ConfigError as error:
        problems += error.problems
    if problems:
        # Not from within: whoever keeps our error would keep the one behind it, and with that the values it is about.
        raise HomeAssistantError(ConfigError(problems).message)
    return {**config, DOMAIN: settings}


def _twins(hass: HomeAssistant, config: ConfigType) -> list[Problem]:
    """What Home Assistant joined from several packages: of one option the first counts, of lists the sum."""
    problems = []
    for group, name, places in written_twice(config):
        where = [(_relative(hass, file), line) for file, line in places]
        listed = " and ".join(f"{file}:{line}" for file, line in where)
        message = f"is written more than once, at {listed}, and Home Assistant joins that — keep it in one file"
        file, line = where[0]
        problems.append(Problem((DOMAIN, group, name_or_dots(name)), message, "duplicate", file, line))
    return problems


def _locator(hass: HomeAssistant, config: ConfigType) -> Any:
    """Where a path stands: Home Assistant's loader notes file and line on what it reads."""

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
    """As Home Assistant names its files: below the configuration folder."""
    whole = Path(file)
    below = whole.is_relative_to(hass.config.config_dir)
    return str(whole.relative_to(hass.config.config_dir)) if below else file
