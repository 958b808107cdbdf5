"""The published npm client of NAVAI, unmodified but for the base URL and a `fetch` that adds the token, on our hub."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import npm_packages
import pytest
from e2e_support import ANNA, CODES, HALL, NOTES, ROOT, WRONG, Process, Simulated, block, served, write_config
from secret_watch import WATCH

pytestmark = [pytest.mark.npm, pytest.mark.once]

PACKAGE = ROOT / "tests" / "npm"
LOCK = PACKAGE / "package-lock.json"

FUNCTIONS = '''
def turn_on(room: str, brightness: int = 100) -> dict:
    """Turn a light on."""
    return {"room": room, "brightness": brightness}

def fail() -> None:
    raise RuntimeError("the bulb is broken")
'''


@pytest.fixture(scope="module")
def installed() -> Path:
    """The packages of the lock file, and our program beside them."""
    folder = npm_packages.installed(PACKAGE)
    shutil.copy(PACKAGE / "client.mjs", folder)
    return folder


Call = Callable[..., list[Any]]


@pytest.fixture
def hub(simulator: Simulated, folder: Path) -> Iterator[tuple[Process, str]]:
    (folder / "lights.py").write_text(FUNCTIONS)
    allowed = ["model", "voice", "instructions", "language", "accent", "tone"]
    profiles = {"kitchen": {"allow_overrides": allowed}, "strict": {}}
    displays = {"hall": {"profile": "strict", "token": HALL}}
    options = block(simulator.base_url, {"functions": ["lights.py", "gone.py"]}, profiles=profiles, displays=displays)
    with served(write_config(folder, options)) as running:
        yield running


@pytest.fixture
def call(installed: Path, hub: tuple[Process, str]) -> Call:
    """Make calls with the client, one after the other; each gives `{"value": …}` or `{"error": …}`."""

    def run(*calls: tuple[str, Any], token: str | None = ANNA) -> list[Any]:
        node = npm_packages.program("NAVAI_TEST_NODE", "node")
        asked = json.dumps({"baseUrl": hub[1], "token": token, "calls": calls})
        with Process(node, "client.mjs", cwd=installed, stdin=asked, shows_secrets=True) as process:
            assert process.end() == 0, process.err
            results: list[Any] = json.loads(process.out)
        for result in results:
            if value := isinstance(result.get("value"), dict) and result["value"].get("value"):
                WATCH.secret(value)
            else:
                WATCH.text("npm client", json.dumps(result))
        return results

    return run


def test_the_lock_pins_the_client_and_names_no_registry() -> None:
    lock = json.loads(LOCK.read_text())
    assert json.loads((PACKAGE / "package.json").read_text())["dependencies"]["@navai/voice-frontend"] == "0.1.7"
    assert lock["packages"]["node_modules/@navai/voice-frontend"]["version"] == "0.1.7"
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if not package["integrity"].startswith("sha512-")] == []


def test_a_client_secret(call: Call, simulator: Simulated) -> None:
    for result in call(("createClientSecret", {}), ("createClientSecret", None)):
        assert set(result["value"]) == {"value", "expires_at", "speech"}
        assert result["value"]["value"].startswith("ek_")
        assert result["value"]["expires_at"] > 1_700_000_000
    session = simulator.requests()[0]["body"]["session"]
    assert session["instructions"] == "You are a helpful assistant."
    assert session["audio"]["output"]["voice"] == "marin"


def test_a_client_secret_with_overrides(call: Call, simulator: Simulated) -> None:
    overrides = {
        "model": "gpt-realtime-2",
        "voice": "sage",
        "instructions": "Sing.",
        "language": "French",
        "voiceAccent": "Parisian",
        "voiceTone": "merry",
    }
    (result,) = call(("createClientSecret", overrides))
    assert result["value"]["value"].startswith("ek_")
    (arrived,) = simulator.requests()
    assert arrived["body"] == {
        "expires_after": {"anchor": "created_at", "seconds": 600},
        "session": {
            "type": "realtime",
            "model": "gpt-realtime-2",
            "instructions": "Sing.\nAlways reply in French.\nUse a Parisian accent while speaking.\n"
            "Use a merry tone while speaking.",
            "audio": {"output": {"voice": "sage"}},
            "tools": [NOTES | {"authorization": "***", "headers": "***"}],
        },
    }


REFUSALS = [
    (HALL, {"voice": "sage"}, "override_not_allowed"),
    (HALL, {"apiKey": WATCH.secret("sk-npm-0123456789abcdef")}, "request_key_not_allowed"),
    (WRONG, {}, "not_signed_in"),
    (None, {}, "not_signed_in"),
]


@pytest.mark.parametrize(("token", "given", "code"), REFUSALS, ids=[row[2] for row in REFUSALS])
def test_the_client_shows_our_sentence(call: Call, token: str | None, given: Any, code: str) -> None:
    (result,) = call(("createClientSecret", given), token=token)
    shown = json.loads(result["error"])
    assert shown["code"] == code
    assert shown["code"] in CODES
    assert len(shown["error"]) > 15


def test_the_functions_are_listed(call: Call) -> None:
    (result,) = call(("listFunctions", None))
    assert result["value"]["functions"] == [
        {"name": "turn_on", "description": "Turn a light on.", "source": "lights.py#turn_on"},
        {"name": "fail", "description": "Call the function fail.", "source": "lights.py#fail"},
    ]
    assert result["value"]["warnings"] == ["gone.py does not exist. Correct its name in functions, or remove it."]


def test_a_function_is_executed_and_its_failure_is_told(call: Call) -> None:
    done, failed, misfit, unknown = call(
        ("executeFunction", {"functionName": "turn_on", "payload": {"room": "hall"}}),
        ("executeFunction", {"functionName": "fail", "payload": None}),
        ("executeFunction", {"functionName": "turn_on", "payload": {"room": 5}}),
        ("executeFunction", {"functionName": "nosuch", "payload": {}}),
    )
    assert done == {"value": {"room": "hall", "brightness": 100}}
    assert failed == {"error": "the bulb is broken"}
    assert "room" in misfit["error"]
    answer = json.loads(unknown["error"])
    assert answer["error"] == "Unknown or disallowed function."
    assert answer["available_functions"] == ["turn_on", "fail"]
