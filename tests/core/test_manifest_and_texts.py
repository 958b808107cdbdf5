"""What `hassfest` and the HACS action check offline: each check is seen to fail, and the integration passes all."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hassfest import CHECKS, findings, hacs
from hassfest_example import write_example, write_image

ROOT = Path(__file__).parents[2]
INTEGRATION = ROOT / "custom_components" / "navai"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_example(tmp_path)
    return tmp_path


@pytest.fixture
def folder(root: Path) -> Path:
    return root / "custom_components" / "parrot"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} has no {old}"
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_the_integration_passes(check: Callable) -> None:
    assert findings(check, INTEGRATION) == []


def test_the_repository_passes() -> None:
    assert findings(hacs, ROOT) == []


def test_hacs_json_names_the_release_that_the_tests_run_on_and_the_bundle() -> None:
    found = json.loads((ROOT / "hacs.json").read_text(encoding="utf-8"))
    assert f"homeassistant=={found['homeassistant']}\n" in (ROOT / "requirements" / "ha-oldest.in").read_text()
    assert found["filename"] == "navai.zip"


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_the_example_has_nothing_wrong_with_it(folder: Path, check: Callable) -> None:
    assert findings(check, folder) == []


def test_the_examples_repository_has_nothing_wrong_with_it(root: Path) -> None:
    assert findings(hacs, root) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "found"),
    [
        ("manifest.json", '"name": "Parrot", ', "", "name is missing"),
        ("manifest.json", '"iot_class": "cloud_push", ', "", "iot_class is missing"),
        ("manifest.json", '"cloud_push"', '"clouds"', "iot_class clouds is unknown"),
        ("manifest.json", '"service"', '"thing"', "integration_type thing is unknown"),
        ("manifest.json", '"version": "1.2.3"', '"version": "1.2"', "version 1.2 is not a semantic version"),
        ("manifest.json", '"version": "1.2.3"', '"version": "01.2.3"', "version 01.2.3 is not a semantic version"),
        ("manifest.json", '"parrot", "name"', '"parrots", "name"', "domain is not the folder's name, parrot"),
        ("manifest.json", '"@somebody"', '"somebody"', "codeowners: somebody is not a handle such as @somebody"),
        ("manifest.json", '["@somebody", "@an-org/a-team"]', "[]", "codeowners is empty"),
        ("manifest.json", '"@somebody"', "7", "codeowners is not a list of texts"),
        ("manifest.json", '"config_flow": true', '"config_flow": "yes"', "config_flow is not a bool"),
        ("manifest.json", '"config_flow": true, ', "", "config_flow does not say whether there is a config_flow.py"),
        ("manifest.json", '"https://example.com/parrot"', '"http://a.b"', "documentation does not begin with https://"),
        ("manifest.json", '"https://example.com/parrot"', '""', "documentation is empty"),
        (
            "manifest.json",
            '"https://example.com/parrot"',
            '"https://www.home-assistant.io/integrations/parrot"',
            "documentation is that of an integration of Home Assistant's own",
        ),
        ("manifest.json", '"requirements": []', '"requirements": ["a==1"]', "requirements is not empty"),
        ("manifest.json", '["http"]', '["http", "llm"]', "dependencies: llm is not known to be in every"),
        ("manifest.json", '["http"]', '["http", "logbook"]', "dependencies: logbook is among after_dependencies too"),
        ("manifest.json", '"requirements": []', '"quality_scale": "best", "requirements": []', "quality_scale best is"),
        (
            "manifest.json",
            '"requirements": []',
            '"homeassistant": "2026.2.3", "requirements": []',
            "homeassistant is un",
        ),
        ("manifest.json", '"iot_class"', '"zeroth": [], "iot_class"', "zeroth is unknown"),
        ("manifest.json", '"name": "Parrot"', '"name": "Parrot", "name": "Parrot"', "twice in the same place: name"),
    ],
)
def test_what_is_wrong_with_a_manifest_is_found(folder: Path, file: str, old: str, new: str, found: str) -> None:
    change(folder / file, old, new)
    assert f"manifest.json: {found}" in "\n".join(findings(CHECKS["manifest"], folder))


def test_the_order_of_a_manifests_keys_is_found(folder: Path) -> None:
    change(folder / "manifest.json", '"domain": "parrot", "name": "Parrot"', '"name": "Parrot", "domain": "parrot"')
    (finding,) = findings(CHECKS["manifest"], folder)
    assert finding.startswith("manifest.json: the order is to be: domain, name, after_dependencies, codeowners, config")


@pytest.mark.parametrize("name", ["manifest.json", "strings.json", "icons.json", "services.yaml", "quality_scale.yaml"])
@pytest.mark.parametrize("text", [None, "{", "[]", "a: b: c"])
def test_a_file_that_cannot_be_read_is_found(folder: Path, name: str, text: str | None) -> None:
    if text is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(text)
    found = [each for check in CHECKS.values() for each in findings(check, folder)]
    assert any(each.startswith(f"{name}: ") for each in found)


@pytest.mark.parametrize(
    ("file", "old", "new", "found"),
    [
        ("hacs.json", '"name": "Parrot"', '"title": "Parrot"', "name is missing"),
        ("hacs.json", '"name": "Parrot"', '"name": "Parrot", "domains": "x"', "domains is unknown"),
        ("hacs.json", '"zip_release": true', '"zip_release": "true"', "zip_release is not a bool"),
        ("hacs.json", '"zip_release": true', '"zip_release": false', "zip_release and filename are to name the bundle"),
        ("hacs.json", '"parrot.zip"', '"parrot.tar"', "zip_release and filename are to name the bundle"),
        ("hacs.json", '"2026.2.3"', '"soon"', "homeassistant is to be the oldest supported release"),
        ("hacs.json", '"hide_default_branch": true', '"hide_default_branch": false', "hide_default_branch is to keep"),
        ("hacs.json", '"name"', '"content_in_root": true, "name"', "content_in_root is not how"),
    ],
)
def test_what_is_wrong_with_hacs_json_is_found(root: Path, file: str, old: str, new: str, found: str) -> None:
    change(root / file, old, new)
    assert f"hacs.json: {found}" in "\n".join(findings(hacs, root))


def test_what_hacs_wants_in_a_repository_is_looked_for(root: Path) -> None:
    (root / "LICENSE").unlink()
    (root / "custom_components" / "second").mkdir()
    (root / "custom_components" / "second" / "manifest.json").touch()
    assert findings(hacs, root) == [
        "LICENSE: is missing",
        "custom_components: holds 2 integrations, and is to hold one",
    ]


@pytest.mark.parametrize(
    ("name", "size", "found"),
    [
        ("icon.png", (256, 255), "is 256 by 255 pixels, not 256 by 256"),
        ("icon@2x.png", (256, 256), "is 256 by 256 pixels, not 512 by 512"),
        ("dark_icon.png", (128, 128), "is 128 by 128 pixels, not 256 by 256"),
        ("logo.png", (500, 100), "its shorter side is 100 pixels"),
        ("logo@2x.png", (1000, 300), "is not twice as large as logo.png"),
        ("dark_logo@2x.png", (1000, 256), "is not twice as large as dark_logo.png"),
        ("banner.png", (256, 256), "is never served"),
    ],
)
def test_an_image_that_does_not_fit_is_found(folder: Path, name: str, size: tuple[int, int], found: str) -> None:
    write_image(folder / "brand" / name, *size)
    assert f"brand/{name}: {found}" in findings(CHECKS["brand"], folder)


def test_an_image_that_is_missing_too_large_or_not_transparent_is_found(folder: Path) -> None:
    icon = folder / "brand" / "icon.png"
    icon.write_bytes(icon.read_bytes() + bytes(40_000))
    assert findings(CHECKS["brand"], folder) == ["brand/icon.png: has more than 32768 bytes"]
    write_image(icon, 256, 256, colours=2)
    assert findings(CHECKS["brand"], folder) == ["brand/icon.png: has no transparent background"]
    icon.write_bytes(b"GIF89a")
    assert findings(CHECKS["brand"], folder) == ["brand/icon.png: is not a PNG"]
    icon.unlink()
    assert "brand/icon.png: is missing" in findings(CHECKS["brand"], folder)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("  devices: done\n", "", "devices is missing"),
        ("  devices: done\n", "  devices: done\n  singing: done\n", "singing is no rule"),
        ("  devices: done\n", "  devices: perhaps\n", "devices is neither done, exempt nor todo"),
        ("  devices: done\n", "  devices: exempt\n", "devices is exempt without a reason"),
        ("    comment: It cannot fly here.\n", "", "discovery is exempt without a reason"),
        ("  devices: done\n", "  devices:\n", "devices is to be a status, or a status and a comment"),
        ("comment: It is green.", "note: It is green.", "brands is to be a status, or a status and a comment"),
        ("rules:", "tier: gold\nrules:", "is to hold `rules:` and nothing else"),
    ],
)
def test_what_is_wrong_with_the_quality_scale_is_found(folder: Path, old: str, new: str, found: str) -> None:
    change(folder / "quality_scale.yaml", old, new)
    assert findings(CHECKS["quality_scale"], folder) == [f"quality_scale.yaml: {found}"]


def test_a_rule_that_is_done_has_its_module(folder: Path) -> None:
    (folder / "diagnostics.py").unlink()
    assert findings(CHECKS["quality_scale"], folder) == [
        "quality_scale.yaml: diagnostics is done without diagnostics.py"
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "found"),
    [
        ("manifest.json", '["http"]', "[]", "services.py:3: http is not among the manifest's dependencies"),
        ("manifest.json", '["logbook"]', "[]", "__init__.py:3: logbook is not among the manifest's dependencies"),
        (
            "config_flow.py",
            "if TYPE_CHECKING:",
            "if True:",
            "config_flow.py:4: recorder is not among the manifest's dependencies",
        ),
        (
            "switch.py",
            "DESCRIPTION",
            "import homeassistant.components.recorder.models\nDESCRIPTION",
            "switch.py:2: recorder is not among the manifest's dependencies",
        ),
        ("__init__.py", "CONFIG_SCHEMA", "SCHEMA", "__init__.py: has async_setup and no CONFIG_SCHEMA"),
    ],
)
def test_what_is_imported_without_a_word_is_found(folder: Path, file: str, old: str, new: str, found: str) -> None:
    change(folder / file, old, new)
    assert findings(CHECKS["dependencies"], folder) == [found]
