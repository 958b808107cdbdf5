"""The imports of Home Assistant's integrations, which the manifest must list."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .code import Code
from .files import read_json
from .known import IMPORTED_FREELY

_COMPONENTS: Final = "homeassistant.components"


def dependencies(folder: Path) -> Iterator[str]:
    """Yield what is imported but not in the manifest, and what else the set-up must have."""
    found = read_json(folder / "manifest.json")
    code = Code(folder)
    allowed = {*found.get("dependencies", []), *found.get("after_dependencies", []), *IMPORTED_FREELY}
    # A platform for another integration may import that integration.
    allowed |= code.modules.keys()
    for module, tree in code.modules.items():
        for node, domain in _imported(code, tree):
            if domain not in allowed:
                yield f"{module}.py:{node.lineno}: {domain} is not among the manifest's dependencies"
    setup = code.modules.get("__init__")
    names = {each.name for each in setup.body if isinstance(each, ast.AsyncFunctionDef)} if setup else set()
    if "async_setup" in names and not code.meanings_in("__init__", "CONFIG_SCHEMA"):
        yield "__init__.py: has async_setup and no CONFIG_SCHEMA"


def _imported(code: Code, tree: ast.Module) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom) or _only_for_types(code, node):
            continue
        source = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        names = [each.name for each in node.names]
        if source == _COMPONENTS:
            yield from ((node, name) for name in names)
        for name in (source, *(names if isinstance(node, ast.Import) else ())):
            if name.startswith(f"{_COMPONENTS}."):
                yield node, name.split(".")[2]


def _only_for_types(code: Code, node: ast.AST) -> bool:
    return any(
        isinstance(each, ast.If) and isinstance(each.test, ast.Name) and each.test.id == "TYPE_CHECKING"
        for each in code.above(node)
    )
