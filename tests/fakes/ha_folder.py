"""A configuration folder of Home Assistant, for the releases that we test."""

import json
import shutil
import zipfile
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any


class HaFolder:
    """Nothing is written outside `path`, which is created if needed. An existing folder keeps its users.

    `http` holds options of the `http` integration.
    """

    def __init__(self, path: Path, http: Mapping[str, Any]) -> None:
        self.path = path
        self._http = http
        (path / ".storage").mkdir(parents=True, exist_ok=True)
        # The active settings. Newer releases only try those of the YAML, and revert them after five minutes.
        self._store("http", 1, http)
        if not (path / ".storage" / "onboarding").exists():
            # The steps after the first would set up a weather service, radio stations and more from the internet.
            self._store("onboarding", 4, {"done": ["core_config", "analytics", "integration"]})

    @property
    def head(self) -> str:
        """The first lines of the configuration."""
        if Path(str(distribution("homeassistant").locate_file("homeassistant/components/http/config.py"))).is_file():
            return ""  # it is in the storage, and a second one in the YAML would raise a repair
        return f"http: {json.dumps(self._http)}\n"

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def configure(self, configuration: str) -> None:
        """Replace the configuration. Home Assistant uses it after a reload or a restart."""
        self.write("configuration.yaml", self.head + configuration)

    def copy(self, custom_components: Path) -> None:
        """Copy a folder of integrations."""
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(custom_components, self.path / "custom_components", dirs_exist_ok=True, ignore=ignore)

    def unpack(self, bundle: Path) -> None:
        """Unpack the zip of an integration, and replace an older one."""
        target = self.path / "custom_components"
        with zipfile.ZipFile(bundle) as archive:
            if "manifest.json" in archive.namelist():  # as HACS does
                target /= json.loads(archive.read("manifest.json"))["domain"]
                shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True, exist_ok=True)
            archive.extractall(target)

    def _store(self, key: str, number: int, data: Mapping[str, Any]) -> None:
        """Write a file that Home Assistant usually writes itself."""
        stored = {"version": number, "minor_version": 1, "key": key, "data": data}
        self.write(f".storage/{key}", json.dumps(stored))
