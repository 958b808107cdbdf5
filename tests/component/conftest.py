"""What every test inside Home Assistant has: our integration, a provider that is a real server, and users."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from component_support import KEY, Browser, Folder, Person, add_user, block
from homeassistant.auth.models import User
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from secret_watch import watch_errors

# Import this first: the pytest plugin has a folder with the same name, and only the first import counts.
import custom_components.navai
from custom_components.navai.const import DOMAIN
from custom_components.navai.data import DATA, NavaiData
from custom_components.navai.navai_core import NavaiError
from navai_core.simulator import Simulator

SetUp = Callable[..., Awaitable[NavaiData]]
Open = Callable[..., Awaitable[Browser]]

watch_errors(NavaiError)


@pytest.fixture(autouse=True)
def _ours(enable_custom_integrations: None, socket_enabled: None) -> None:
    assert custom_components.navai.__path__


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "NAVAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """The provider: a real server on loopback, as strict as the real one."""
    async with Simulator(api_keys={KEY}) as running:
        yield running


@pytest.fixture
async def set_up(hass: HomeAssistant, simulator: Simulator) -> SetUp:
    """Set navai up with a `navai:` block: `component_support.block` with changes on top."""

    async def set_up(**changes: Any) -> NavaiData:
        assert await async_setup_component(hass, "homeassistant", {})
        assert await async_setup_component(hass, "http", {})
        assert await async_setup_component(hass, DOMAIN, {DOMAIN: block(simulator, **changes)})
        await hass.async_block_till_done(wait_background_tasks=True)
        return hass.data[DATA]

    return set_up


@pytest.fixture
async def house(set_up: SetUp) -> NavaiData:
    """navai with the block that most tests use."""
    return await set_up()


@pytest.fixture
def entry(hass: HomeAssistant, house: NavaiData) -> ConfigEntry[Any]:
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    return entry


@pytest.fixture
def anna(hass_admin_user: User) -> User:
    """The administrator, whose name is in the profiles."""
    hass_admin_user.name = "Anna"
    return hass_admin_user


@pytest.fixture
async def bob(hass: HomeAssistant, local_auth: Any) -> Person:
    """An ordinary user, who is in no profile."""
    return await add_user(hass, "Bob", username="bobby")


@pytest.fixture
def browser(hass_ws_client: Callable[..., Awaitable[Any]], hass: HomeAssistant) -> Open:
    """Open a page of Home Assistant's interface: for a given token, or for Anna (needs the fixture `anna`)."""

    async def browser(*token: str) -> Browser:
        return Browser(await hass_ws_client(hass, *token))

    return browser


@pytest.fixture
def folder(hass: HomeAssistant, tmp_path: Path) -> Folder:
    """An empty configuration folder."""
    return Folder(hass, tmp_path)
