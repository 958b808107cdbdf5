"""The browser's modules, without a browser: types, format, which way they import, and what they must never do."""

import json
import posixpath
import re
import subprocess
from collections.abc import Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

import npm_packages
import pytest
from web_modules import WWW, exported

pytestmark = pytest.mark.npm

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
MODULES: Final = {path.relative_to(WWW).as_posix(): path.read_text() for path in sorted(WWW.rglob("*.js"))}
SHEETS: Final = {path.name: path.read_text() for path in sorted(WWW.glob("*.css"))}
UPWARDS: Final = {("voice/voice.js", "check/open.js")}
"""What imports upwards all the same: the voice has a button that opens the check."""
LOOKS: Final = ("captions", "face", "icons", "missed", "pulse", "ring", "sheets", "style", "voice")
"""What of `voice/` is there to be looked at, with what it needs for that."""
FOR_LOOKS: Final = ("autoplay", "chime", "display")
"""What else of it needs a page."""
FOLDERS: Final = {"": 4, "card": 3, "kiosk": 3, "check": 2, "voice": 1, "server": 0}
"""Where a module may import from: its own folder, and those with a smaller number. The voice opens the check later."""
OLDEST: Final = "chrome89,edge89,firefox140,safari15.4"
"""The browsers that navai supports: see docs/browser.md."""
LACKING: Final = {
    r"\bnew AudioContext\b": "voice/audio-context.js",
    r"\bnew CSSStyleSheet\b|\badoptedStyleSheets\b": "voice/sheets.js",
    r"\bcolor-mix\(": "voice/style.js",
    # One of the oldest has none of these. Where there is a way without, that is taken.
    r"\bstructuredClone\b|\bAbortSignal\.|\bthrowIfAborted\b|\bscheduler\.|\brequestIdleCallback\b": "",
    r"(?<!Talk)\.(?:at|findLast|findLastIndex|toSorted|toReversed|toSpliced|isWellFormed)\(|\bhasOwn\(|\bgroupBy\(": "",
    r"\brandomUUID\b|\bwithResolvers\b|\bcheckVisibility\b|\bshowPopover\b|\bURL\.(?:canParse|parse)\b": "",
    r"\bfor await \([^)]*\bof response\.body\b": "",
}
"""Patterns of what one of them lacks, and the only module that may use it."""
NOT_FOR_A_PERSON: Final = {
    "invalid_config": "only the command line says it",
    "cannot_start": "only the command line says it",
    "invalid_ttl": "no page asks for a time to live",
    "invalid_request": "a page that asks wrongly is a mistake of ours, which these tests would show",
    "override_not_allowed": "no page asks for a change",
    "request_key_not_allowed": "no page brings a key",
    "origin_not_allowed": "the pages are of this origin",
    "not_found": "a page asks for what there is",
    "method_not_allowed": "a page asks as it should",
    "unsupported_content_type": "a page sends JSON",
    "request_timeout": "bodies of a page are a few bytes",
    "body_too_large": "bodies of a page are a few bytes",
    "display_not_connected": "an action says it to an automation",
    "stream_not_open": "reports are answered to nobody",
    "unknown_session": "reports are answered to nobody",
    "unknown_function": "the model receives it",
    "invalid_arguments": "the model receives it",
    "function_failed": "the model receives it",
    "function_busy": "the model receives it",
    "too_many_functions": "the model receives it",
    "function_stopped": "the model receives it",
    "one_time_address_used": "devices that an automation gives the address to receive it",
    "unknown_running_tool": "the model is told that it is not known how it ended",
}
"""Codes of docs/errors.md that no page shows, and why."""


def node(package: str, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of a package that tests/browser pins."""
    packages = npm_packages.installed(HERE) / "node_modules"
    command = [npm_packages.program("NAVAI_TEST_NODE", "node"), str(packages / package / program), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def code_of(name: str) -> str:
    """A module without its comments."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", MODULES[name], flags=re.DOTALL)


def imports(name: str) -> set[str]:
    """The modules that one loads, at once or later; what only its types name is not loaded."""
    code = re.sub(r"/\*.*?\*/", "", MODULES[name], flags=re.DOTALL)
    found = re.findall(r"""(?:from |import\(|import )"(\.{1,2}/[\w./-]+)\"""", code)
    return {posixpath.normpath(posixpath.join(posixpath.dirname(name), each)) for each in found}


def test_the_types_fit() -> None:
    done = node("typescript", "bin/tsc", "-p", str(HERE / "tsconfig.json"))
    assert done.returncode == 0, done.stdout


def written_for(folder: Path, names: list[str], targets: str) -> dict[str, str]:
    """What esbuild makes of files for some browsers: what one of them cannot read is written in another way."""
    # In Chromium before 91 it is at fault in a rare case only, which the modules do not have.
    settings = [f"--target={targets}", "--supported:optional-chain=true", "--log-level=error"]
    places = [f"--outdir={folder / targets}", f"--outbase={WWW}"]
    done = node("esbuild", "bin/esbuild", *(str(WWW / name) for name in names), *places, *settings)
    assert done.returncode == 0, done.stderr
    written = (folder / targets).rglob("*.*")
    return {path.relative_to(folder / targets).as_posix(): path.read_text() for path in written if path.is_file()}


@pytest.mark.parametrize(
    ("names", "targets"),
    [
        ([*MODULES, *SHEETS], OLDEST),
        # It says that a browser is too old, so it must be read by one that is.
        (["navai-trouble.js"], "es5"),
        (["navai-card.js"], "chrome63,edge79,firefox67,safari11.1"),
    ],
    ids=["all", "trouble", "card"],
)
def test_the_oldest_browsers_can_read_them(tmp_path: Path, names: list[str], targets: str) -> None:
    assert written_for(tmp_path, names, targets) == written_for(tmp_path, names, "esnext")


@pytest.mark.parametrize("name", MODULES)
def test_what_the_oldest_browsers_lack_has_one_place(name: str) -> None:
    lacking = {word for word, home in LACKING.items() if name != home and re.search(word, code_of(name))}
    assert lacking == set()


def test_the_browsers_are_named_alike(texts: Mapping[str, Mapping[str, str]]) -> None:
    names = "Chrome or Edge 89, Firefox 140, Safari 15.4"
    spanish = names.replace(" or ", " o ")
    assert names in texts["en"]["browser_too_old"]
    assert spanish in texts["es"]["browser_too_old"]
    assert {names, spanish} <= set(
        re.findall(r"Chrome o[\w ]+ 89, Firefox 140, Safari 15\.4", MODULES["navai-trouble.js"])
    )
    for page in ("browser.md", "kiosk.md", "home-assistant.md"):
        assert names in (ROOT / "docs" / page).read_text(), page
    assert OLDEST == "chrome89,edge89,firefox140,safari15.4"


def test_everything_is_formatted() -> None:
    done = node("prettier", "bin/prettier.cjs", "--check", str(WWW))
    assert done.returncode == 0, done.stdout + done.stderr


def test_they_import_in_one_direction() -> None:
    graph = {name: imports(name) for name in MODULES}
    assert {needed for names in graph.values() for needed in names} <= MODULES.keys()
    order = list(TopologicalSorter(graph).static_order())  # it raises where there is a circle
    assert sorted(order) == sorted(MODULES)
    assert {posixpath.dirname(name) for name in MODULES} == FOLDERS.keys()
    upwards = {
        (name, needed)
        for name, names in graph.items()
        for needed in names
        if FOLDERS[posixpath.dirname(needed)] > FOLDERS[posixpath.dirname(name)]
    }
    assert upwards == UPWARDS


def test_a_conversation_needs_nothing_to_look_at() -> None:
    """What holds it works without a page, and is tested without one."""
    seen = {f"voice/{part}.js" for part in (*LOOKS, *FOR_LOOKS)}
    quiet = {name for name in MODULES if name.startswith(("voice/", "server/"))} - seen
    assert len(quiet) > 35
    assert {name: imports(name) - quiet for name in quiet if imports(name) - quiet} == {}


@pytest.mark.parametrize("name", [*MODULES, *SHEETS])
def test_nothing_comes_from_elsewhere(name: str) -> None:
    # A link to the documentation is followed by a person, not by a page.
    text = {**MODULES, **SHEETS}[name].replace('"https://github.com/', "")
    assert re.findall(r"""["'`(=]\s*(?:https?:)?//[\w.]+""", text) == []


@pytest.mark.parametrize("name", MODULES)
def test_no_value_becomes_html(name: str) -> None:
    text = MODULES[name]
    given = re.findall(r"(?:innerHTML|outerHTML)\s*\+?=\s*([^;]+);", text)
    # A constant of the module, or a text without a value in it.
    assert [value for value in given if not re.fullmatch(r"[A-Z_]+|`[^`$]*`", value)] == []
    assert re.findall(r"insertAdjacentHTML|document\.write|\beval\(|new Function|javascript:", text) == []


@pytest.fixture(scope="module")
def texts() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = exported("voice/texts.js", "TEXTS")
    return found


def test_both_languages_say_the_same(texts: Mapping[str, Mapping[str, str]]) -> None:
    assert list(texts) == ["en", "es"]
    assert list(texts["en"]) == list(texts["es"])
    for key, english in texts["en"].items():
        spanish = texts["es"][key]
        assert re.findall(r"\{\w+\}", english) == re.findall(r"\{\w+\}", spanish), key
        assert english.strip() == english
        assert spanish.strip() == spanish
    alike = {key for key, english in texts["en"].items() if english == texts["es"][key]}
    assert alike == set()


def test_each_error_that_a_page_can_meet_has_a_message_with_a_cure(texts: Mapping[str, Mapping[str, str]]) -> None:
    codes = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "errors.md").read_text(), re.MULTILINE)
    assert len(codes) > 30
    thrown = {code for text in MODULES.values() for code in re.findall(r'Failure\("(\w+)"', text)} - {"session_ended"}
    assert "microphone_denied" in texts["en"]
    shown = (set(codes) - NOT_FOR_A_PERSON.keys()) | thrown
    assert set(codes) >= NOT_FOR_A_PERSON.keys()
    for language, messages in texts.items():
        assert sorted(shown - messages.keys()) == []
        for code in shown:
            # What happened, and what to do about it.
            assert len(re.findall(r"[.;,](?:\s|$)", messages[code])) >= 2, (language, code)


def test_each_microphone_failure_has_a_message(texts: Mapping[str, Mapping[str, str]]) -> None:
    named = set(re.findall(r'Error: "(\w+)"', MODULES["voice/microphone.js"]))
    assert json.dumps(sorted(named)) == '["microphone_busy", "microphone_denied", "microphone_missing"]'
    assert named <= texts["en"].keys()
