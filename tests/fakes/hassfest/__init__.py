"""What `hassfest` and the HACS action check in an integration without the internet, and a few more checks.

A check takes the integration's folder (`hacs`: the repository's), and yields a sentence for each finding.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from .actions import actions
from .brand import brand
from .dependencies import dependencies
from .files import UnreadableError
from .icons import icons
from .manifest import hacs, manifest
from .quality import quality_scale
from .texts import strings, translations
from .usage import usage

CHECKS: Final[dict[str, Callable[[Path], Iterator[str]]]] = {
    check.__name__: check
    for check in (actions, brand, dependencies, icons, manifest, quality_scale, strings, translations, usage)
}
"""The checks of an integration's folder."""


def findings(check: Callable[[Path], Iterator[str]], folder: Path) -> list[str]:
    """Run a check. A file that cannot be read is a finding, too."""
    found: dict[str, None] = {}
    try:
        for each in check(folder):
            found[each] = None
    except UnreadableError as error:
        found[str(error)] = None
    return list(found)


__all__ = ["CHECKS", "findings", "hacs"]
