"""Home Assistant as a process: an empty folder, the unpacked bundle, and the simulator as another process."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from e2e_support import Simulated
from home_assistant import HomeAssistant, User
from house_support import House, block, configuration, stay_away_from_midnight
from playwright.async_api import expect
from secret_watch import WATCH

from scripts.lib.bundling import ROOT, build

# The machine may be slow.
expect.set_options(timeout=60_000)

BLUEPRINTS = ROOT / "blueprints" / "automation" / "navai"


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a person unpacks."""
    return build(tmp_path_factory.mktemp("bundle") / "navai.zip")


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """The provider."""
    simulated = Simulated(tmp_path_factory.mktemp("simulator"))
    with simulated.process:
        yield simulated


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory, bundle: Path, simulated: Simulated) -> AsyncIterator[House]:
    """A house with an owner and the blueprints, begun in an empty folder, for all tests of a module."""
    files = {f"blueprints/automation/navai/{path.name}": path.read_bytes() for path in BLUEPRINTS.glob("*.yaml")}
    files |= {"automations.yaml": b"[]\n", "template.yaml": b"[]\n"}
    async with HomeAssistant(
        tmp_path_factory.mktemp("home") / "house",
        configuration=configuration(block(simulated.base_url)),
        bundle=bundle,
        files=files,
    ) as running:
        await running.onboard()
        await stay_away_from_midnight(running)
        house = House(running, simulated.base_url)
        for where in ("profiles.office", "displays.desk"):
            # At the first start nobody lives there yet.
            house.causes("custom_components.navai", f"navai.{where}.users: there is no user called")
        yield house
        # Whatever a test did, nothing secret is in what the house wrote.
        for line in running.log.lines:
            WATCH.text("log of Home Assistant", line)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def anna(house: House) -> User:
    """Whom the profile `office` lists."""
    return await house.running.add_user("anna")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ben(house: House) -> User:
    """Whom it does not."""
    return await house.running.add_user("ben")
