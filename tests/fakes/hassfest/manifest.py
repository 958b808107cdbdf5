"""manifest.json and hacs.json: their keys, their values, and the order of the keys."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from .files import read_json
from .known import INTEGRATIONS

HANDLE: Final = re.compile(r"@[A-Za-z0-9](?:-?[A-Za-z0-9])*(?:/[\w.-]+)?")
SEMANTIC_VERSION: Final = re.compile(r"(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?")
RELEASE: Final = re.compile(r"20\d\d\.\d{1,2}\.\d+")

IOT_CLASSES: Final = {
    *("assumed_state", "calculated", "cloud_polling", "cloud_push", "local_polling", "local_push"),
}
INTEGRATION_TYPES: Final = {"device", "entity", "hardware", "helper", "hub", "service", "system"}
QUALITY_SCALES: Final = {"bronze", "silver", "gold", "platinum", "custom", "internal", "legacy", "no_score"}

_CHOICES: Final = {
    "iot_class": IOT_CLASSES,
    "integration_type": INTEGRATION_TYPES,
    "quality_scale": QUALITY_SCALES,
}

LISTS: Final = {
    "after_dependencies",
    "categories",
    "codeowners",
    "connectivity",
    "dependencies",
    "loggers",
    "requirements",
}
TYPES: Final[dict[str, type]] = {
    **dict.fromkeys(("domain", "name", "documentation", "integration_type", "iot_class", "issue_tracker"), str),
    **dict.fromkeys(("quality_scale", "version"), str),
    **dict.fromkeys(("config_flow", "import_executor", "single_config_entry"), bool),
    **dict.fromkeys(LISTS, list),
}
"""The keys that an integration without discovery may have. hassfest fails with any other key."""
REQUIRED: Final = {
    *(
        "codeowners",
        "documentation",
        "domain",
        "integration_type",
        "iot_class",
        "issue_tracker",
        "name",
        "requirements",
    ),
    "version",
}

HACS_TYPES: Final[dict[str, type]] = {
    **dict.fromkeys(("filename", "hacs", "homeassistant", "name", "persistent_directory"), str),
    **dict.fromkeys(("content_in_root", "hide_default_branch", "render_readme", "zip_release"), bool),
}


def manifest(folder: Path) -> Iterator[str]:
    """Yield what is wrong with manifest.json."""
    found = read_json(folder / "manifest.json")
    mistyped = list(_mistyped(found, TYPES, REQUIRED))
    yield from (f"manifest.json: {each}" for each in mistyped)
    order = sorted(found, key=lambda key: (key != "domain", key != "name", key))
    if list(found) != order:
        yield f"manifest.json: the order is to be: {', '.join(order)}"
    if mistyped:
        return
    yield from (f"manifest.json: {each}" for each in _values(folder, found))


def hacs(root: Path) -> Iterator[str]:
    """Yield what is wrong with hacs.json, and with the other files that the HACS action checks."""
    found = read_json(root / "hacs.json")
    mistyped = list(_mistyped(found, HACS_TYPES, {"name"}))
    yield from (f"hacs.json: {each}" for each in mistyped)
    if mistyped:
        return
    if not RELEASE.fullmatch(found.get("homeassistant", "")):
        yield "hacs.json: homeassistant is to be the oldest supported release"
    if not found.get("zip_release") or not found.get("filename", "").endswith(".zip"):
        yield "hacs.json: zip_release and filename are to name the bundle, which alone has the core in it"
    if not found.get("hide_default_branch"):
        yield "hacs.json: hide_default_branch is to keep people from installing a branch, which has no bundle"
    if found.get("content_in_root"):
        yield "hacs.json: content_in_root is not how this repository is laid out"
    for name in ("LICENSE", "README.md"):
        if not (root / name).is_file():
            yield f"{name}: is missing"
    integrations = [path.name for path in root.glob("custom_components/*/manifest.json")]
    if len(integrations) != 1:
        yield f"custom_components: holds {len(integrations)} integrations, and is to hold one"


def _mistyped(found: dict[str, Any], types: dict[str, type], required: set[str]) -> Iterator[str]:
    for key in sorted(required - found.keys()):
        yield f"{key} is missing"
    for key, value in found.items():
        if key not in types:
            yield f"{key} is unknown"
        elif type(value) is not types[key]:
            yield f"{key} is not a {types[key].__name__}"
        elif isinstance(value, list) and not all(isinstance(each, str) and each for each in value):
            yield f"{key} is not a list of texts"
        elif value == "":
            yield f"{key} is empty"


def _values(folder: Path, found: dict[str, Any]) -> Iterator[str]:
    if found["domain"] != folder.name:
        yield f"domain is not the folder's name, {folder.name}"
    for key, known in _CHOICES.items():
        if key in found and found[key] not in known:
            yield f"{key} {found[key]} is unknown"
    if not SEMANTIC_VERSION.fullmatch(found["version"]):
        yield f"version {found['version']} is not a semantic version"
    if (folder / "config_flow.py").is_file() is not found.get("config_flow", False):
        yield "config_flow does not say whether there is a config_flow.py"
    yield from _people(found)
    yield from _needs(found)


def _people(found: dict[str, Any]) -> Iterator[str]:
    """Yield problems that keep people from finding help."""
    if not found["codeowners"]:
        yield "codeowners is empty"
    for owner in found["codeowners"]:
        if not HANDLE.fullmatch(owner):
            yield f"codeowners: {owner} is not a handle such as @somebody"
    for key in ("documentation", "issue_tracker"):
        address = urlsplit(found[key])
        if address.scheme != "https" or not address.hostname:
            yield f"{key} does not begin with https://"
        if address.hostname == "www.home-assistant.io":
            yield f"{key} is that of an integration of Home Assistant's own"


def _needs(found: dict[str, Any]) -> Iterator[str]:
    """Yield dependencies that Home Assistant may not have."""
    if found["requirements"]:
        yield "requirements is not empty: pip would run in the house"
    for key in ("after_dependencies", "dependencies"):
        for domain in found.get(key, []):
            if domain not in INTEGRATIONS:
                yield f"{key}: {domain} is not known to be in every supported release"
    for domain in sorted({*found.get("dependencies", [])} & {*found.get("after_dependencies", [])}):
        yield f"dependencies: {domain} is among after_dependencies too"
