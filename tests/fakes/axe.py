"""axe-core, which looks for what keeps people from using a page: bad contrast, names that are missing, wrong roles.

assert await violations(page) == []
assert await violations(page.locator("navai-card").first) == []
"""

from functools import cache
from pathlib import Path
from typing import Any

import npm_packages
from playwright.async_api import Locator, Page

PACKAGE = Path(__file__).parents[1] / "browser"
_RUN = "async (where) => (await axe.run(where ?? document, { resultTypes: ['violations'] })).violations"


@cache
def _source() -> str:
    folder = npm_packages.installed(PACKAGE) / "node_modules" / "axe-core"
    return (folder / "axe.min.js").read_text()


async def violations(part: Page | Locator) -> list[str]:
    """Return what is wrong with a page, or with one element of it and all within, shadow trees included.

    Every rule of axe's counts, those of good practice too. It comes through the developer's tools, so that no content
    security policy has to be weakened for it.
    """
    page = part if isinstance(part, Page) else part.page
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_source())
    found: list[dict[str, Any]]
    found = await (page.evaluate(_RUN) if isinstance(part, Page) else part.evaluate(_RUN))
    return [
        f"{rule['id']} ({rule['impact']}) at {node['target']}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]
