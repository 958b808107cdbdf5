import ast
import json
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from navai_core import VERSION

ROOT = Path(__file__).parents[2]


def test_the_integrations_manifest_follows_the_one_version() -> None:
    manifest = json.loads((ROOT / "custom_components" / "navai" / "manifest.json").read_text())
    assert manifest["version"] == VERSION


def test_the_distribution_takes_its_version_from_the_same_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "navai_core/const.py"
    assert version("navai") == VERSION


@pytest.mark.parametrize("name", ["hacs.json", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "README.md"])
def test_what_the_ecosystem_expects_is_there(name: str) -> None:
    assert (ROOT / name).stat().st_size > 0


def test_locks_name_no_registry_and_every_pin_has_a_hash() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "://" not in re.sub(r"^#.*$", "", text, flags=re.MULTILINE), lock.name
        pins = re.findall(r"^[a-z0-9].*==", text, flags=re.MULTILINE)
        assert pins, lock.name
        assert len(re.findall(r"--hash=sha256:", text)) >= len(pins), lock.name


def test_the_core_needs_three_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[>=<]", dependency)[0] for dependency in project["dependencies"]}
    assert names == {"aiohttp", "voluptuous", "PyYAML"}


def test_the_integration_uses_no_private_name_of_the_core() -> None:
    seen = 0
    for path in (ROOT / "custom_components" / "navai").rglob("*.py"):
        if "navai_core" in path.relative_to(ROOT / "custom_components" / "navai").parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ImportFrom) or "navai_core" not in (node.module or ""):
                continue
            seen += 1
            assert node.level == len(path.relative_to(ROOT / "custom_components" / "navai").parts), path.name
            parts = [*(node.module or "").split("."), *(name.name for name in node.names)]
            assert not [part for part in parts if part.startswith("_")], f"{path.name}: {parts}"
    assert seen > 20
