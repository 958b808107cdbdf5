"""Makes Home Assistant's interface load the card automatically.

If Home Assistant stores the dashboards' resources, the card becomes one of them. If people write them in YAML, the card
is loaded as an extra module. Its URL changes with its content, so that no browser keeps an old version.
"""

import re
from typing import Any, Final

from homeassistant.components.frontend import add_extra_js_url, remove_extra_js_url
from homeassistant.components.lovelace.const import LOVELACE_DATA
from homeassistant.components.lovelace.resources import ResourceStorageCollection
from homeassistant.core import HomeAssistant, callback
from homeassistant.setup import async_when_setup

from .const import DOMAIN, PREFIX
from .data import FILES
from .runtime import NavaiConfigEntry

_CARD: Final = "navai-card.js"
_OURS: Final = re.compile(rf"{re.escape(PREFIX)}/www/(?:.+/)?{re.escape(_CARD)}(?:\?.*)?")
"""The card's URL in this version and in any other."""
_INTERFACE: Final = "frontend"
"""Home Assistant can run without it. The dashboards are set up before it."""


@callback
def await_interface(hass: HomeAssistant) -> None:
    """Show the card if the interface is set up after navai. Call this once."""

    async def interface_ready(hass: HomeAssistant, _: str) -> None:
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            await _show(hass, entry)

    if _INTERFACE not in hass.config.components:
        async_when_setup(hass, _INTERFACE, interface_ready)


@callback
def show_card(hass: HomeAssistant, entry: NavaiConfigEntry) -> None:
    """Let the interface load the card, if the interface is set up. Errors are only logged."""
    if _INTERFACE in hass.config.components:
        async_when_setup(hass, _INTERFACE, lambda hass, _: _show(hass, entry))


async def forget_card(hass: HomeAssistant) -> None:
    """Remove the card from the resources."""
    if (resources := _stored_resources(hass)) is not None:
        for item in await _ours(resources):
            await resources.async_delete_item(item["id"])


async def _show(hass: HomeAssistant, entry: NavaiConfigEntry) -> None:
    url = f"{PREFIX}/www/{FILES.tag}/{_CARD}"
    if (resources := _stored_resources(hass)) is not None:
        await _keep_one(resources, url)
    else:
        add_extra_js_url(hass, url)
        entry.async_on_unload(lambda: remove_extra_js_url(hass, url))


def _stored_resources(hass: HomeAssistant) -> ResourceStorageCollection | None:
    """Return the dashboards' resources, if Home Assistant stores them."""
    lovelace = hass.data.get(LOVELACE_DATA)
    resources = lovelace.resources if lovelace else None
    return resources if isinstance(resources, ResourceStorageCollection) else None


async def _ours(resources: ResourceStorageCollection) -> list[dict[str, Any]]:
    # Home Assistant reads them from disk at the first request. Before that, the list is empty.
    await resources.async_get_info()
    return [item for item in resources.async_items() if _OURS.fullmatch(str(item.get("url")))]


async def _keep_one(resources: ResourceStorageCollection, url: str) -> None:
    ours, wanted = await _ours(resources), {"res_type": "module", "url": url}
    for item in ours[1:]:
        await resources.async_delete_item(item["id"])
    if not ours:
        await resources.async_create_item(wanted)
    elif (ours[0].get("type"), ours[0]["url"]) != ("module", url):
        await resources.async_update_item(ours[0]["id"], wanted)
