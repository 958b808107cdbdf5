"""The actions' forms: they offer the profiles and displays of the YAML as lists.

Home Assistant reads the forms from `services.yaml`, where these fields are plain text. Here they get lists. A list also
takes other text, such as a name that comes later.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import TargetSelector
from homeassistant.helpers.service import async_set_service_schema
from homeassistant.util.yaml import parse_yaml

from .const import DOMAIN
from .navai_core import Settings, VoiceProfile
from .navai_core.models import Display

_FORMS: Final[dict[str, Any]] = parse_yaml((Path(__file__).parent / "services.yaml").read_text("utf-8"))  # type: ignore[assignment]
"""It is read at import, which runs in a thread already."""


@callback
def offer(hass: HomeAssistant, settings: Settings | None) -> None:
    """Offer the profiles and displays of these settings in the forms, or let people type if there are none."""
    lists: dict[str, Mapping[str, Any]] = {}
    if settings:
        lists["profile"] = _list_of(settings.profiles.values(), multiple=False)
        if settings.displays:
            lists["display"] = _list_of(settings.displays.values(), multiple=True)
    for name, form in _FORMS.items():
        if form and any(field in form["fields"] for field in ("profile", "display")):
            described = deepcopy(form)
            for field, selector in lists.items():
                if field in described["fields"]:
                    described["fields"][field]["selector"] = selector
            if "target" in described:
                # As Home Assistant does with what it reads from the file.
                described["target"] = TargetSelector.CONFIG_SCHEMA(described["target"])
            async_set_service_schema(hass, DOMAIN, name, described)


def _list_of(known: Iterable[VoiceProfile | Display], *, multiple: bool) -> Mapping[str, Any]:
    by_name = sorted(known, key=lambda each: each.name.casefold())
    options = [{"value": each.key, "label": each.name} for each in by_name]
    return {"select": {"options": options, "multiple": multiple, "custom_value": True, "mode": "dropdown"}}
