"""What does not fit into a page."""

from typing import Final

from playwright.async_api import Locator, Page

_LOOK: Final = """(where) => {
  const wide = [];
  const visit = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) visit(element.shadowRoot);
      const box = element.getBoundingClientRect();
      // What is there for those who listen only is a pixel wide.
      if (box.width <= 1 || element.closest("svg")) continue;
      const out = box.left < -1 || box.right > innerWidth + 1;
      const framed = element.matches(".small, dialog, li, p, h2, .captions");
      const cut = framed && element.scrollWidth > element.clientWidth + 1;
      if (out || cut) wide.push(`${element.localName}.${element.className}`);
    }
  };
  visit(where?.shadowRoot ?? where ?? document);
  return wide;
}"""


async def overflowing(where: Page | Locator) -> list[str]:
    """What sticks out of the page to the side, or out of its own frame: on a page, or within an element."""
    found: list[str] = await where.evaluate(_LOOK)
    return found
