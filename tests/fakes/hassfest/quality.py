"""quality_scale.yaml: it has every rule of the scale, and each exemption has a reason."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .files import read_yaml

RULES: Final = frozenset(
    {
        # Bronze
        *(
            "action-setup",
            "appropriate-polling",
            "brands",
            "common-modules",
            "config-flow-test-coverage",
            "config-flow",
        ),
        *("dependency-transparency", "docs-actions", "docs-triggers", "docs-conditions", "docs-high-level-description"),
        *("docs-installation-instructions", "docs-removal-instructions", "entity-event-setup", "entity-unique-id"),
        *("has-entity-name", "runtime-data", "test-before-configure", "test-before-setup", "unique-config-entry"),
        # Silver
        *(
            "action-exceptions",
            "config-entry-unloading",
            "docs-configuration-parameters",
            "docs-installation-parameters",
        ),
        *(
            "entity-unavailable",
            "integration-owner",
            "log-when-unavailable",
            "parallel-updates",
            "reauthentication-flow",
        ),
        "test-coverage",
        # Gold
        *("devices", "diagnostics", "discovery", "discovery-update-info", "docs-data-update", "docs-examples"),
        *("docs-known-limitations", "docs-supported-devices", "docs-supported-functions", "docs-troubleshooting"),
        *("docs-use-cases", "dynamic-devices", "entity-category", "entity-device-class", "entity-disabled-by-default"),
        *(
            "entity-translations",
            "exception-translations",
            "icon-translations",
            "reconfiguration-flow",
            "repair-issues",
        ),
        "stale-devices",
        # Platinum
        *("async-dependency", "inject-websession", "strict-typing"),
    }
)
_FILES: Final = {"diagnostics": "diagnostics.py", "config-flow": "config_flow.py"}
"""The files that a rule needs to be done."""


def quality_scale(folder: Path) -> Iterator[str]:
    """Yield what is wrong with quality_scale.yaml."""
    found = read_yaml(folder / "quality_scale.yaml")
    rules = found.get("rules")
    if set(found) != {"rules"} or not isinstance(rules, dict):
        yield "quality_scale.yaml: is to hold `rules:` and nothing else"
        return
    for rule in sorted(RULES - rules.keys()):
        yield f"quality_scale.yaml: {rule} is missing"
    for rule, stated in rules.items():
        if rule not in RULES:
            yield f"quality_scale.yaml: {rule} is no rule"
            continue
        entry = {"status": stated} if isinstance(stated, str) else stated
        if not isinstance(entry, dict) or not entry.keys() <= {"status", "comment"}:
            yield f"quality_scale.yaml: {rule} is to be a status, or a status and a comment"
            continue
        status, comment = entry.get("status"), entry.get("comment")
        if status not in {"done", "exempt", "todo"}:
            yield f"quality_scale.yaml: {rule} is neither done, exempt nor todo"
        if status == "exempt" and not (isinstance(comment, str) and comment.strip()):
            yield f"quality_scale.yaml: {rule} is exempt without a reason"
        if status == "done" and rule in _FILES and not (folder / _FILES[rule]).is_file():
            yield f"quality_scale.yaml: {rule} is done without {_FILES[rule]}"
