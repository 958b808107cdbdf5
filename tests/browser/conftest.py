from collections.abc import AsyncIterator
from pathlib import Path

import npm_packages
import pytest
from browser_support import Stage, on_stage
from playwright.async_api import expect
from speech import write_speech

# The machine may be slow.
expect.set_options(timeout=60_000)

HERE = Path(__file__).parent
CLIENTS = ("openai", "agents")


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


@pytest.fixture
async def stage(pages: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    speech = tmp_path / "speech.wav"
    write_speech(speech, [(1.0, 1.5)])
    async with on_stage(pages, speech) as made:
        yield made
