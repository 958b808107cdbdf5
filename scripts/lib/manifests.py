"""What Home Assistant would install by itself when it first starts: read out of its own release, at its own pins."""

import json
import re
import tempfile
from pathlib import Path

from lib import cache, uv

INTEGRATIONS = (
    # Always loaded; `hass` starts in recovery mode without the frontend.
    *("analytics", "application_credentials", "backup", "brands", "frontend", "hardware", "labs", "logger"),
    *("marketplace", "network", "onboarding", "person", "system_health"),
    # Imported to describe all actions to the frontend, which hangs without them.
    *("camera", "ffmpeg", "go2rtc", "hassio", "infrared", "radio_frequency", "stream", "tts", "web_rtc"),
    # What our tests and the demo configure.
    *("assist_pipeline", "conversation", "energy", "history", "llm", "logbook", "media_source", "mobile_app"),
    *("recorder", "shopping_list", "sun", "template"),
)


def requirements(release: str, python: str) -> list[str]:
    """Return what those integrations of the Home Assistant ``release`` require."""
    with tempfile.TemporaryDirectory(prefix="homeassistant-", dir=cache.folder()) as scratch:
        command = ("pip", "install", "--no-deps", "--no-build", "--python-version", python, "--target", scratch)
        uv.run(*command, f"homeassistant=={release}", trouble=f"Home Assistant {release} could not be read")
        package = Path(scratch, "homeassistant")
        found = _of_integrations(package / "components") | _of_second_factors(package / "auth" / "mfa_modules")
    return sorted(found)


def names(requirements: list[str]) -> set[str]:
    """Return the names of the packages that lines of requirements ask for, in the one spelling all tools share."""
    return {re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", line, maxsplit=1)[0]).lower() for line in requirements}


def _of_integrations(components: Path) -> set[str]:
    found: set[str] = set()
    seen: set[str] = set()
    left = list(INTEGRATIONS)
    while left:
        domain = left.pop()
        path = components / domain / "manifest.json"
        # Each release has some integrations that the other lacks.
        if domain in seen or not path.is_file():
            continue
        seen.add(domain)
        manifest = json.loads(path.read_text())
        left += manifest.get("dependencies", [])
        found.update(manifest.get("requirements", []))
    return found


def _of_second_factors(modules: Path) -> set[str]:
    return {pin for path in modules.glob("*.py") for pin in re.findall(r'"([\w.-]+==[\w.]+)"', path.read_text())}
