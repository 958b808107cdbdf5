"""The README's examples are true: its curl commands run against a real hub, and the answers have the shape it shows."""

import asyncio
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from secret_watch import WATCH

from navai_core.config.load import load_settings
from navai_core.hub.server import running_hub
from navai_core.simulator import Simulator

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sh\n(curl .*?)\n```(?:\n\n```json\n(.*?)\n```)?", README, re.DOTALL)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(api_keys={KEY}) as running:
        yield running


KEY = WATCH.secret("sk-readme-0123456789")


def shape(value: Any) -> Any:
    """Names and types, without the values."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return type(value)


def secret_named(name: str) -> str:
    return KEY if name == "openai_api_key" else WATCH.secret(f"tok_readme_{name}_Xq7mZt2LxW9")


@pytest.mark.curl
@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[example[0].split('"')[1] for example in EXAMPLES])
async def test_the_examples_run(command: str, shown: str, tmp_path: Path, simulator: Simulator) -> None:
    curl = os.environ.get("NAVAI_TEST_CURL") or shutil.which("curl")
    assert curl, "curl is missing: install it, or set NAVAI_TEST_CURL"
    text = (ROOT / "config.example.yaml").read_text().replace("port: 8770", "port: 0")
    text = text.replace("  client_secret_ttl", f"  base_url: {simulator.base_url}\n  client_secret_ttl")
    (tmp_path / "config.yaml").write_text(text)
    settings = load_settings(tmp_path / "config.yaml", environ={}, secrets=secret_named)
    async with running_hub(settings, tmp_path) as running:
        environ = {"HUB": running.url, "TOKEN": secret_named("anna_token"), "PATH": os.environ["PATH"]}
        child = await asyncio.create_subprocess_exec(
            "bash", "-c", command.replace("curl", f"'{curl}' -sS --noproxy '*'", 1), env=environ, stdout=-1, stderr=-1
        )
        out, err = await asyncio.wait_for(child.communicate(), 20)
    assert child.returncode == 0, err.decode()
    if shown:
        assert shape(json.loads(out)) == shape(json.loads(shown))
    else:
        assert b"navai_mints_total" in out or b"navai_http_requests" in out
    WATCH.text("README", "" if "ek_" in shown else out.decode())


def test_there_are_examples_for_every_route() -> None:
    commands = " ".join(command for command, _ in EXAMPLES)
    for path in (
        "profiles",
        "profiles/kitchen/client-secret",
        "realtime/client-secret",
        "functions",
        "functions/execute",
        "functions/running",
    ):
        assert f"/navai/{path}" in commands
    assert "/navai/health" in commands
    assert "/metrics" in commands


def test_the_yaml_of_the_readme_is_valid(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(navai:\n.*?)```", README, re.DOTALL)
    (tmp_path / "config.yaml").write_text(block)
    assert load_settings(tmp_path / "config.yaml", environ={}, secrets=secret_named).warnings == ()


def test_the_links_of_the_readme_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", README):
        assert (ROOT / target).exists(), target
