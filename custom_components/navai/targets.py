"""The displays that an action is for."""

from collections.abc import Mapping
from typing import Final

import voluptuous as vol
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from .data import DATA
from .errors import NoDisplayMeantError, SeveralDisplaysError
from .identity import check_command
from .navai_core.access import Access
from .navai_core.exceptions import UnknownDisplayError
from .navai_core.models import Display
from .navai_core.redact import name_or_dots
from .navai_core.suggestions import closest

TARGET: Final = {vol.Optional("display"): vol.All(cv.ensure_list, [cv.string]), **cv.ENTITY_SERVICE_FIELDS}


async def displays_of(hass: HomeAssistant, access: Access, call: ServiceCall) -> list[Display]:
    """Return the displays that an action names or selects, after checking that the caller may control them.

    Raises:
        UnknownDisplayError: it selects no display, an unknown one, or several with one name.
        NotAllowedError: the person is not allowed to, or no longer exists.
    """
    displays = _displays(hass, access, call)
    for display in displays:
        await check_command(hass, access, display, call.context)
    return displays


def _displays(hass: HomeAssistant, access: Access, call: ServiceCall) -> list[Display]:
    """Return the displays that an action is for: by their key or name, or by its target."""
    known = access.settings.displays
    found: dict[str, Display] = {}
    for named in call.data.get("display", ()):
        display = known.get(named) or _display_called(known, named)
        found[display.key] = display
    selected = _devices(hass, call)
    found |= {key: known[key] for key, device in hass.data[DATA].devices.items() if device in selected}
    if not found:
        raise NoDisplayMeantError("No display is selected. Name a display, or select its device or area.")
    return list(found.values())


def _display_called(known: Mapping[str, Display], name: str) -> Display:
    """Return the display with this name, which can differ from its key."""
    found = [display for display in known.values() if display.name.casefold() == name.casefold()]
    if len(found) == 1:
        return found[0]
    # The name may be a key that someone pasted by mistake.
    asked = name_or_dots(name)
    if found:
        keys = [display.key for display in found]
        raise SeveralDisplaysError(
            f"Several displays have this name. Use one of these: {', '.join(keys)}.", asked=asked, displays=keys
        )
    raise UnknownDisplayError(
        "There is no display with this name. Check `displays:` in your YAML.", asked=asked, nearest=closest(name, known)
    )


def _devices(hass: HomeAssistant, call: ServiceCall) -> set[str]:
    selected = async_extract_referenced_entity_ids(hass, TargetSelection(call.data))
    registry = er.async_get(hass)
    entities = (registry.async_get(entity_id) for entity_id in selected.referenced | selected.indirectly_referenced)
    return selected.referenced_devices | {entity.device_id for entity in entities if entity and entity.device_id}
