"""What browsers load, and that Home Assistant's interface loads the card automatically."""

import json
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from component_support import HALL, KEY, Browser, Folder, block
from conftest import SetUp
from homeassistant.auth.models import User
from homeassistant.components.onboarding.const import STEPS
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from secret_watch import WATCH

import custom_components.navai
from custom_components.navai.data import FILES, NavaiData
from custom_components.navai.navai_core import VERSION
from custom_components.navai.runtime import find_runtime
from navai_core.simulator import Simulator

Client = TestClient[Any, Any]
Clients = Callable[..., Awaitable[Client]]
Open = Callable[..., Awaitable[Browser]]

FOLDER = Path(custom_components.navai.__path__[0], "www")
WWW = sorted(path for path in FOLDER.rglob("*.*") if path.is_file())
KIOSK = "/api/navai/kiosk/kitchen"
HEALTH = "/api/navai/health"
OLD_CARD = "/api/navai/www/0.0.9-0123456789ab/navai-card.js"
OTHERS = [
    {"id": "a1", "type": "module", "url": "/hacsfiles/mushroom/mushroom.js"},
    {"id": "a2", "type": "js", "url": "/local/navai-card.js"},
    {"id": "a3", "type": "css", "url": "/api/navai/www/0.0.9-0123456789ab/navai-kiosk.css"},
    {"id": "a4", "type": "module", "url": "https://elsewhere.example/api/navai/www/1/navai-card.js"},
]
YAML_MODE = {"lovelace": {"resource_mode": "yaml", "resources": [{"type": "module", "url": "/local/other.js"}]}}


@pytest.fixture
def tag(hass: HomeAssistant, house: NavaiData) -> str:
    return FILES.tag


@pytest.fixture
async def anybody(house: NavaiData, hass_client_no_auth: Clients) -> Client:
    return await hass_client_no_auth()


def card(hass: HomeAssistant) -> str:
    return f"/api/navai/www/{FILES.tag}/navai-card.js"


def not_cached(response: ClientResponse) -> bool:
    return response.headers["Cache-Control"] in {"no-cache", "no-store"}


# --- the files


async def test_every_module_is_served_to_keep_forever(anybody: Client, tag: str) -> None:
    types = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".png": "image/png"}
    assert len(WWW) > 10
    for path in WWW:
        response = await anybody.get(f"/api/navai/www/{tag}/{path.relative_to(FOLDER).as_posix()}")
        assert response.status == 200, path.name
        assert response.headers["Content-Type"] == types[path.suffix]
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in response.headers
        assert await response.read() == path.read_bytes()
    assert tag.startswith(f"{VERSION}-")


async def test_an_old_page_gets_what_there_is_and_keeps_nothing(anybody: Client, tag: str) -> None:
    response = await anybody.get("/api/navai/www/0.0.1-abc/voice/face.js")
    assert response.status == 200
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "nothing.js",
        "navai-face",
        "..%2Fmanifest.json",
        "%2e%2e%2fsecrets.yaml",
        "NAVAI-FACE.JS",
        "voice/face.js%00",
    ],
)
async def test_what_is_not_there_is_not_found(anybody: Client, tag: str, path: str) -> None:
    response = await anybody.get(f"/api/navai/www/{tag}/{path}")
    # Home Assistant itself refuses requests that look like an attack.
    assert response.status in {400, 404}
    if response.status == 404 and response.content_type == "application/json":
        assert (await response.json())["code"] == "not_found"
        assert response.headers["Cache-Control"] == "no-store"
    assert (await anybody.get(f"/api/navai/www/{tag}/nothing.js")).status == 404


async def test_other_methods_get_nothing(anybody: Client, tag: str) -> None:
    for path in (f"/api/navai/www/{tag}/voice/face.js", KIOSK, f"{KIOSK}/manifest.webmanifest", HEALTH):
        for method in ("POST", "PUT", "DELETE"):
            assert (await anybody.request(method, path)).status == 405, (method, path)


# --- the kiosk page


async def test_the_kiosk_page_is_for_anybody_and_has_no_secrets(
    anybody: Client, tag: str, simulator: Simulator
) -> None:
    response = await anybody.get(KIOSK)
    page = await response.text()
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    # A dashboard may show it in a frame. tests/browser/test_frames.py tests what the page does there.
    assert policy.endswith("frame-ancestors *")
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    origin = simulator.base_url.removesuffix("/v1")
    assert f"connect-src 'self' {origin};" in policy
    assert "microphone=(self)" in response.headers["Permissions-Policy"]
    assert 'data-prefix="/api/navai" data-profile="kitchen"' in page
    WATCH.text("kiosk page", page)
    assert HALL not in page
    assert KEY not in page
    # Everything that the page loads exists.
    addresses = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert f"/api/navai/www/{tag}/navai-kiosk.js" in addresses
    for address in addresses:
        assert (await anybody.get(address)).status == 200, address


async def test_the_page_does_not_tell_which_profiles_there_are_nor_runs_what_an_address_says(anybody: Client) -> None:
    known, unknown = [await (await anybody.get(f"/api/navai/kiosk/{name}")).text() for name in ("kitchen", "attic")]
    assert known.replace("kitchen", "attic") == unknown
    response = await anybody.get('/api/navai/kiosk/x"onload="y')
    assert response.status in {200, 400}
    assert '"onload="y' not in await response.text()


async def test_the_page_can_be_installed(anybody: Client) -> None:
    response = await anybody.get(f"{KIOSK}/manifest.webmanifest")
    assert response.headers["Content-Type"].startswith("application/manifest+json")
    assert not_cached(response)
    found = json.loads(await response.text())
    assert found["start_url"] == found["id"] == KIOSK
    assert found["scope"] == "/api/navai/kiosk/"
    assert found["display"] == "fullscreen"
    for icon in found["icons"]:
        assert (await anybody.get(icon["src"])).content_type == "image/png"


@pytest.mark.parametrize(
    ("accepted", "language", "text"),
    [
        ("es-MX,es;q=0.9", "es", "navai no está configurado"),
        ("en-GB", "en", "navai is not set up"),
        ("de", "en", "navai is not set up"),
        ("", "en", "navai is not set up"),
        ("../../secrets", "en", "navai is not set up"),
    ],
)
async def test_while_navai_is_not_ready_the_page_says_so_and_tries_again(
    hass: HomeAssistant, anybody: Client, accepted: str, language: str, text: str
) -> None:
    (entry,) = hass.config_entries.async_entries("navai")
    await hass.config_entries.async_unload(entry.entry_id)
    response = await anybody.get(KIOSK, headers={"Accept-Language": accepted})
    page = await response.text()
    assert response.status == 503
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Retry-After"] == "15"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert f'<html lang="{language}">' in page
    assert text in page
    assert '<meta http-equiv="refresh" content="15">' in page
    await hass.config_entries.async_setup(entry.entry_id)
    assert (await anybody.get(KIOSK)).status == 200


async def test_whether_it_runs_and_its_clock_is_for_anybody(hass: HomeAssistant, anybody: Client, tag: str) -> None:
    response = await anybody.get(HEALTH)
    assert response.status == 200
    assert response.headers["Cache-Control"] == "no-store"
    body = await response.json()
    assert body.keys() == {"status", "version", "modules", "time"}
    assert (body["status"], body["version"], body["modules"]) == ("ok", VERSION, tag)
    assert abs(body["time"] - time.time()) < 60
    (entry,) = hass.config_entries.async_entries("navai")
    await hass.config_entries.async_unload(entry.entry_id)
    response = await anybody.get(HEALTH)
    assert response.status == 503
    assert (await response.json())["code"] == "not_ready"


# --- the card


@pytest.fixture
def interface(hass: HomeAssistant, hass_storage: dict[str, Any]) -> Callable[..., Awaitable[None]]:
    """Set up Home Assistant's interface, after onboarding."""
    hass_storage["onboarding"] = {"version": 4, "minor_version": 1, "key": "onboarding", "data": {"done": STEPS}}

    async def interface(config: dict[str, Any] | None = None) -> None:
        assert await async_setup_component(hass, "homeassistant", {})
        assert await async_setup_component(hass, "frontend", config or {})
        await hass.async_block_till_done()

    return interface


Interface = Callable[..., Awaitable[None]]


def store(hass_storage: dict[str, Any], *items: dict[str, Any]) -> None:
    """Store these resources before the start."""
    hass_storage["lovelace_resources"] = {
        "version": 1,
        "minor_version": 1,
        "key": "lovelace_resources",
        "data": {"items": list(items)},
    }


async def resources(browser: Open) -> list[dict[str, Any]]:
    """Return the resources that the interface loads."""
    page = await browser()
    found: list[dict[str, Any]] = await page.call("lovelace/resources")
    await page.close()
    return found


async def start_page(hass_client: Clients) -> str:
    client = await hass_client()
    return await (await client.get("/")).text()


async def test_the_card_becomes_a_resource_and_stays_one(
    hass: HomeAssistant, interface: Interface, set_up: SetUp, browser: Open, hass_client: Clients
) -> None:
    await interface()
    await set_up()
    first = await resources(browser)
    assert [(item["type"], item["url"]) for item in first] == [("module", card(hass))]
    (entry,) = hass.config_entries.async_entries("navai")
    for _ in range(2):
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
    assert await resources(browser) == first
    assert "navai-card.js" not in await start_page(hass_client), "it would be loaded twice"


async def test_after_an_upgrade_its_address_is_another_one(
    hass: HomeAssistant, interface: Interface, set_up: SetUp, browser: Open, hass_storage: dict[str, Any]
) -> None:
    store(hass_storage, OTHERS[0], {"id": "ours", "type": "js", "url": OLD_CARD}, *OTHERS[1:])
    await interface()
    await set_up()
    found = await resources(browser)
    assert [item["id"] for item in found] == ["a1", "ours", "a2", "a3", "a4"]
    assert found[1] == {"id": "ours", "type": "module", "url": card(hass)}
    assert [found[0], *found[2:]] == OTHERS


async def test_of_several_one_is_left_and_all_others_are_left_alone(
    hass: HomeAssistant, interface: Interface, set_up: SetUp, browser: Open, hass_storage: dict[str, Any]
) -> None:
    more = [
        {"id": "c1", "type": "module", "url": f"{OLD_CARD}?v=3"},
        {"id": "c2", "type": "module", "url": OLD_CARD},
        {"id": "c3", "type": "module", "url": "/api/navai/www/navai-card.js"},
    ]
    store(hass_storage, *OTHERS, *more)
    await interface()
    await set_up()
    assert await resources(browser) == [*OTHERS, {"id": "c1", "type": "module", "url": card(hass)}]


async def test_a_resource_that_is_right_is_not_written_again(
    hass: HomeAssistant, interface: Interface, set_up: SetUp, browser: Open, hass_storage: dict[str, Any]
) -> None:
    await interface()
    await set_up()
    before = await resources(browser)
    resource = hass.data["lovelace"].resources  # type: ignore[index]
    changes: list[str] = []

    async def changed(change: str, *_: object) -> None:
        changes.append(change)

    resource.async_add_listener(changed)
    (entry,) = hass.config_entries.async_entries("navai")
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert changes == []
    assert await resources(browser) == before


async def test_when_the_interface_comes_later_it_gets_the_card(
    hass: HomeAssistant, set_up: SetUp, interface: Interface, browser: Open, hass_storage: dict[str, Any]
) -> None:
    store(hass_storage, *OTHERS)
    await set_up()
    await interface()
    assert [item["url"] for item in await resources(browser)] == [*(item["url"] for item in OTHERS), card(hass)]


async def test_when_the_interface_comes_after_the_entry_has_gone_it_gets_nothing(
    hass: HomeAssistant, set_up: SetUp, interface: Interface, browser: Open
) -> None:
    await set_up()
    (entry,) = hass.config_entries.async_entries("navai")
    await hass.config_entries.async_remove(entry.entry_id)
    await interface()
    assert await resources(browser) == []


async def test_with_its_entry_it_goes_and_nothing_else(
    hass: HomeAssistant, interface: Interface, set_up: SetUp, browser: Open, hass_storage: dict[str, Any]
) -> None:
    store(hass_storage, *OTHERS)
    await interface()
    await set_up()
    (entry,) = hass.config_entries.async_entries("navai")
    await hass.config_entries.async_unload(entry.entry_id)
    assert len(await resources(browser)) == len(OTHERS) + 1, "a reload, or one that is disabled"
    await hass.config_entries.async_remove(entry.entry_id)
    assert await resources(browser) == OTHERS


async def test_the_card_is_removed_at_a_start_without_the_block(
    hass: HomeAssistant, interface: Interface, browser: Open, hass_storage: dict[str, Any]
) -> None:
    MockConfigEntry(domain="navai", unique_id="navai", source="import").add_to_hass(hass)
    store(hass_storage, *OTHERS, {"id": "ours", "type": "module", "url": OLD_CARD})
    await interface()
    assert await async_setup_component(hass, "navai", {})
    await hass.async_block_till_done()
    assert await resources(browser) == OTHERS


async def test_the_card_is_removed_with_an_entry_whose_block_has_mistakes(
    hass: HomeAssistant, interface: Interface, browser: Open, hass_storage: dict[str, Any]
) -> None:
    entry = MockConfigEntry(domain="navai", unique_id="navai", source="import")
    entry.add_to_hass(hass)
    store(hass_storage, {"id": "ours", "type": "module", "url": OLD_CARD})
    await interface()
    assert not await async_setup_component(hass, "navai", {"navai": {}})
    await hass.config_entries.async_remove(entry.entry_id)
    assert await resources(browser) == []


async def test_where_resources_are_yaml_it_is_loaded_beside_them(
    hass: HomeAssistant, interface: Interface, set_up: SetUp, browser: Open, hass_client: Clients
) -> None:
    await interface(YAML_MODE)
    await set_up()
    assert [item["url"] for item in await resources(browser)] == ["/local/other.js"]
    first = await start_page(hass_client)
    assert f'import("{card(hass)}")' in first.replace("'", '"')
    (entry,) = hass.config_entries.async_entries("navai")
    await hass.config_entries.async_reload(entry.entry_id)
    assert await start_page(hass_client) == first
    await hass.config_entries.async_unload(entry.entry_id)
    assert "navai" not in await start_page(hass_client)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.config_entries.async_remove(entry.entry_id)
    assert "navai" not in await start_page(hass_client)


async def test_where_resources_are_yaml_the_interface_may_come_later(
    hass: HomeAssistant, interface: Interface, set_up: SetUp, hass_client: Clients
) -> None:
    await set_up()
    await interface(YAML_MODE)
    assert card(hass) in await start_page(hass_client)


@pytest.mark.parametrize("later", [False, True])
async def test_resources_that_cannot_be_read_keep_nothing_from_working(
    hass: HomeAssistant,
    interface: Interface,
    set_up: SetUp,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    later: bool,
) -> None:
    async def broken(*_: object) -> None:
        raise HomeAssistantError("the disk is tired")

    monkeypatch.setattr("homeassistant.components.lovelace.resources.ResourceStorageCollection.async_load", broken)
    if not later:
        await interface()
    house = await set_up()
    if later:
        await interface()
    assert find_runtime(house.hass) is not None
    assert "the disk is tired" in caplog.text
    caplog.clear()


async def test_the_card_waits_for_nothing_else_to_be_ready(
    hass: HomeAssistant, interface: Interface, folder: Folder, simulator: Simulator, browser: Open, anna: User
) -> None:
    """As when Home Assistant starts: first the interface, then navai, because of `after_dependencies`."""
    folder.write_block(block(simulator))
    await interface()
    await folder.start()
    assert [item["url"] for item in await resources(browser)] == [card(hass)]
    folder.write_block(None)
    await folder.reload()
    assert await resources(browser) == []
