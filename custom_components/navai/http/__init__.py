"""The HTTP routes, the same as in the standalone hub."""

from homeassistant.core import HomeAssistant

from . import api, pages


def register(hass: HomeAssistant) -> None:
    """Register all views, once."""
    for views in (api, pages):
        views.register(hass)
