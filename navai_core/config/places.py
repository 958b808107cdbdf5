"""Where an option was written, so that a problem points to the right line."""

from collections.abc import Mapping
from typing import Any


def where_written(checked: Mapping[str, Any], profile: str, option: str) -> tuple[str | int, ...]:
    """The path where a profile's option was written: in the profile or in the defaults; else the profile's path."""
    if option in checked["profiles"][profile]:
        return ("profiles", profile, option)
    return ("defaults", option) if option in checked.get("defaults", {}) else ("profiles", profile)
