"""Every example in the documents does what it says: commands, YAML, Python, JavaScript, and the links between pages."""

import ast
import asyncio
import inspect
import json
import os
import re
import shutil
import textwrap
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from secret_watch import WATCH

import navai_core
from navai_core.config.load import load_settings
from navai_core.hub.routes import ROUTES
from navai_core.hub.server import running_hub
from navai_core.simulator import Simulator
from navai_core.simulator.call.script import load as load_scenario

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
KEY = WATCH.secret("sk-snippets-0123456789")
ELSEWHERE = {
    "actions": "tests/component/test_docs.py",
    "triggers": "tests/component/test_docs.py",
    "conditions": "tests/component/test_docs.py",
    "type": "tests/component/test_docs.py",
}
"""YAML of Home Assistant's own, by its first key, and the tests that run it."""


@dataclass(frozen=True)
class Snippet:
    """One example: where it stands, its language, and what it says."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def snippets() -> list[Snippet]:
    found = []
    for page in PAGES:
        lines = page.read_text(encoding="utf-8").splitlines()
        fence = None
        for number, line in enumerate(lines):
            if line.lstrip().startswith("```"):
                if fence is None:
                    fence = number
                    continue
                language = lines[fence].strip().removeprefix("```")
                text = textwrap.dedent("\n".join(lines[fence + 1 : number]))
                found.append(Snippet(str(page.relative_to(ROOT)), fence + 1, language, text))
                fence = None
        assert fence is None, f"{page} leaves a block open"
    return found


ALL = snippets()


def of(*languages: str) -> list[Snippet]:
    return [snippet for snippet in ALL if snippet.language in languages]


CURL = [snippet for snippet in of("sh") if snippet.text.startswith("curl ")]


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(api_keys={KEY}) as running:
        yield running


def shape(value: Any) -> Any:
    """Names and types, without the values."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return type(value)


def secret_named(name: str) -> str:
    return KEY if name == "openai_api_key" else WATCH.secret(f"tok_snippets_{name}_Xq7mZt2LxW9")


def answer_to(command: Snippet) -> str:
    """What the page shows as the answer: the block of JSON behind it, if there is one."""
    following = ALL[ALL.index(command) + 1]
    return following.text if following.language == "json" else ""


@pytest.mark.curl
@pytest.mark.parametrize("command", CURL, ids=str)
async def test_the_commands_run(command: Snippet, tmp_path: Path, simulator: Simulator) -> None:
    curl = os.environ.get("NAVAI_TEST_CURL") or shutil.which("curl")
    assert curl, "curl is missing: install it, or set NAVAI_TEST_CURL"
    text = (ROOT / "config.example.yaml").read_text().replace("port: 8770", "port: 0")
    text = text.replace("  client_secret_ttl", f"  base_url: {simulator.base_url}\n  client_secret_ttl")
    (tmp_path / "config.yaml").write_text(text)
    settings = load_settings(tmp_path / "config.yaml", environ={}, secrets=secret_named)
    async with running_hub(settings, tmp_path) as running:
        environ = {"HUB": running.url, "TOKEN": secret_named("anna_token"), "PATH": os.environ["PATH"]}
        called = command.text.replace("curl", f"'{curl}' -sS --noproxy '*'", 1)
        child = await asyncio.create_subprocess_exec("bash", "-c", called, env=environ, stdout=-1, stderr=-1)
        out, err = await asyncio.wait_for(child.communicate(), 20)
    assert child.returncode == 0, err.decode()
    shown = answer_to(command)
    if shown:
        assert shape(json.loads(out)) == shape(json.loads(shown))
    else:
        assert b"navai_mints_total" in out or b"navai_http_requests" in out
    WATCH.text("documents", "" if "ek_" in shown else out.decode())


def test_there_is_an_example_for_every_route_of_people() -> None:
    commands = " ".join(command.text for command in CURL)
    for route in ROUTES:
        if route.summary and "session/report" not in route.path and "display/commands" not in route.path:
            path = route.path.format(profile="kitchen", display="hallway_tablet", running="run_")
            assert path.removesuffix("/stop") in commands, route.path


@pytest.mark.parametrize("snippet", [s for s in of("sh") if s not in CURL], ids=str)
def test_programs_are_there(snippet: Snippet) -> None:
    for line in snippet.text.splitlines():
        program, *arguments = line.partition("#")[0].split()
        if program == "navai":
            assert f"navai {arguments[0]}" in (ROOT / "docs" / "server.md").read_text()
        else:
            assert os.access(ROOT / program, os.X_OK), line


@pytest.mark.parametrize("snippet", of("yaml"), ids=str)
def test_the_yaml_is_valid(snippet: Snippet, tmp_path: Path) -> None:
    if snippet.text.startswith("navai:"):
        text = snippet.text
        if "api_key" not in text:
            text = text.replace("navai:", "navai:\n  api_key: !secret openai_api_key", 1)
        if "profiles" not in yaml.safe_load(re.sub("!secret", "", text))["navai"]:
            text += "\n  profiles: {kitchen: {model: gpt-realtime-2.1}}"
        (tmp_path / "config.yaml").write_text(text)
        found = load_settings(tmp_path / "config.yaml", environ={}, secrets=secret_named).warnings
        # A part of a block has no model, and what is for Home Assistant does nothing here.
        assert {warning.code for warning in found} <= {"model_retires", "other_host"}
        return
    (first, *_) = yaml.safe_load(snippet.text)
    if first in ELSEWHERE:
        assert (ROOT / ELSEWHERE[first]).exists()
    elif snippet.page == "docs/simulator.md":
        (tmp_path / "scenario.yaml").write_text(snippet.text)
        assert load_scenario(tmp_path / "scenario.yaml").turns
    else:
        assert set(yaml.safe_load(snippet.text)) == {"openai_api_key", "hallway_token", "anna_token"}


@pytest.mark.parametrize("snippet", of("python"), ids=str)
async def test_the_python_runs(snippet: Snippet, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    options_from_env = navai_core.options_from_env

    def here(environ: Any) -> Any:
        return replace(options_from_env(environ), base_url=simulator.base_url)

    monkeypatch.setattr(navai_core, "options_from_env", here)
    code = compile(snippet.text, str(snippet), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    done = eval(code, {"__name__": "snippet"})  # our own documents
    if inspect.isawaitable(done):
        await done


@pytest.mark.parametrize("snippet", of("js"), ids=str)
async def test_the_javascript_can_be_read(snippet: Snippet, tmp_path: Path) -> None:
    """What it calls is run by tests/e2e/test_npm_client.py and tests/browser/test_session.py."""
    node = os.environ.get("NAVAI_TEST_NODE") or shutil.which("node")
    if node is None:
        pytest.skip("node is not here; the full run brings it")
    (tmp_path / "snippet.mjs").write_text(snippet.text)
    child = await asyncio.create_subprocess_exec(node, "--check", str(tmp_path / "snippet.mjs"), stderr=-1)
    _, err = await child.communicate()
    assert child.returncode == 0, err.decode()


@pytest.mark.parametrize("snippet", of("json"), ids=str)
def test_the_json_is_json(snippet: Snippet) -> None:
    json.loads(snippet.text)


def test_no_block_is_of_another_kind() -> None:
    known = {"sh", "yaml", "python", "js", "json", "text", "mermaid", "{toctree}"}
    assert {snippet.language for snippet in ALL} <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target, _, anchor in re.findall(r"\]\((?!https?:|homeassistant:)([^)#]*)(#([^)]+))?\)", page.read_text()):
        file = (page.parent / target) if target else page
        assert file.exists(), target
        if anchor and file.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in anchors, f"{target}#{anchor}"


def test_the_product_links_to_pages_that_exist() -> None:
    address = re.compile(r"https://github\.com/navai-home/navai/blob/main/([\w./-]+)")
    named = {
        found
        for pattern in ("custom_components/navai/**/*.js*", "custom_components/navai/*.py", "navai_core/**/*.py")
        for path in ROOT.glob(pattern)
        for found in address.findall(path.read_text(encoding="utf-8"))
    }
    assert {"docs/https.md", "docs/home-assistant.md"} <= named
    assert [page for page in named if not (ROOT / page).is_file()] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


def test_what_troubleshooting_quotes_is_said_somewhere() -> None:
    said = " ".join(
        path.read_text(encoding="utf-8")
        for pattern in (
            "custom_components/navai/www/**/*.js",
            "custom_components/navai/*.[jp][sy]*",
            "navai_core/**/*.py",
        )
        for path in ROOT.glob(pattern)
        if path.suffix in {".js", ".json", ".py"}
    )
    said = said.replace("\\'", "'")
    said = re.sub(r'"\s*\n?\s*(f?")|\s+', lambda found: "" if found.group(1) else " ", said)
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    headings = re.findall(r"^- \*\*(.*?)\*\*", page, re.MULTILINE | re.DOTALL)
    quoted = [text for heading in headings for text in re.findall(r"\"([^\"]+)\"", " ".join(heading.split()))]
    assert len(quoted) > 30
    left_open = "[…‘’“”]"  # noqa: RUF001  # where a name or a number stands
    unsaid = [text for text in quoted if not all(part.strip(" .()") in said for part in re.split(left_open, text))]
    assert unsaid == []
