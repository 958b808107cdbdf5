from collections.abc import AsyncIterator
from pathlib import Path

import npm_packages
import pytest
import pytest_asyncio
from browser_support import Stage, on_stage
from playwright.async_api import expect
from speech import write_speech
from voice_support import shared_browsers

# The machine may be slow.
expect.set_options(timeout=60_000)

HERE = Path(__file__).parent
CLIENTS = ("openai", "agents")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run them all in one event loop: browsers that they share belong to it."""
    for item in items:
        ours = HERE in item.path.parents and item.get_closest_marker("browser") is not None
        if ours and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session", autouse=True)
async def _browsers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    async with shared_browsers(tmp_path_factory.mktemp("microphones")):
        yield


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one page for each client, all its modules in one script."""
    packages = npm_packages.installed(HERE) / "node_modules"
    folder = tmp_path_factory.mktemp("pages")
    # Modules are looked up from where the source lies.
    (folder / "node_modules").symlink_to(packages)
    (folder / "listening.js").write_text((HERE / "listening.js").read_text())
    node = npm_packages.program("NAVAI_TEST_NODE", "node")
    for client in CLIENTS:
        (folder / f"{client}_page.js").write_text((HERE / f"{client}_page.js").read_text())
        (folder / f"{client}.html").write_text(
            f"<!doctype html><title>{client}</title><script src={client}.js></script>"
        )
        bundle = [f"{client}_page.js", "--bundle", "--format=iife", f"--outfile={client}.js", "--log-level=error"]
        npm_packages.run(node, str(packages / "esbuild" / "bin" / "esbuild"), *bundle, folder=folder)
    return folder


@pytest_asyncio.fixture(loop_scope="session")
async def stage(pages: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    speech = tmp_path / "speech.wav"
    write_speech(speech, [(1.0, 1.5)])
    async with on_stage(pages, speech) as made:
        yield made
