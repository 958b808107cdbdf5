"""`scripts/demo --home-assistant`: a house that a person can try, and that is gone afterwards."""

import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import e2e_support
import pytest
from e2e_support import Process, environment
from ha_socket import HaSocket
from home_assistant import START_PATIENCE_S, free_port
from talking import interpreter

from scripts.lib.bundling import ROOT

PROGRAM = ROOT / "scripts" / "demo_house"


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e2e_support, "PATIENCE_S", START_PATIENCE_S)


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[Process]:
    paths = os.pathsep.join([str(ROOT / "tests" / "fakes"), str(ROOT)])
    talking = f"--simulator-python={interpreter()}"
    command = (sys.executable, "-B", PROGRAM, "--folder", folder, talking, *options)
    with Process(*command, cwd=folder, env=environment(PYTHONPATH=paths)) as process:
        try:
            yield process
        finally:
            if process.child.poll() is None:
                process.stop()  # so that it ends its Home Assistant too


def test_the_demo_mints_once_and_leaves_nothing(tmp_path: Path) -> None:
    with demo(tmp_path, "--once") as process:
        process.line("stdout", "The first client secret")
        assert process.end() == 0
        assert re.search(r"The first client secret for “kitchen”: ek_…\w{4} \(gpt-realtime-2.1, marin\)", process.out)
        assert process.err == ""
    assert list(tmp_path.iterdir()) == []


async def test_the_demo_is_a_house_to_try_until_it_is_ended(tmp_path: Path) -> None:
    with demo(tmp_path, f"--port={free_port()}") as process:
        process.line("stdout", "Press Ctrl-C to stop the demo")
        url = process.line("stdout", "  Home Assistant  ").split()[-1].removesuffix("/demo-house")
        token = _read(process.line("stdout", "  Token  ").split()[-1])
        async with aiohttp.ClientSession() as session, HaSocket(session, url, token) as socket:
            user = await socket.call("auth/current_user")
            assert (user["name"], user["is_owner"]) == ("Demo", True)
            await _look_around(socket)
            await _press_the_button(socket, process)
        assert token not in process.out
        assert process.stop(signal.SIGINT) == 0
        assert process.out.splitlines()[-1] == "navai: ending ..."
        assert process.err == ""
    with pytest.raises(aiohttp.ClientConnectorError):
        async with aiohttp.ClientSession() as session:
            await session.get(url)


def _read(path: str) -> str:
    return Path(path).read_text()


async def _look_around(socket: HaSocket) -> None:
    areas = {area["area_id"]: area["name"] for area in await socket.call("config/area_registry/list")}
    rooms: dict[str, set[str]] = {}
    for entity in await socket.call("config/entity_registry/list"):
        rooms.setdefault(areas.get(entity["area_id"], ""), set()).add(entity["entity_id"])
    assert "light.kitchen_light" in rooms["Kitchen"]
    assert "light.hallway_light" in rooms["Hallway"]
    assert "switch.television" in rooms["Living room"]
    exposed = await socket.call("homeassistant/expose_entity/list")
    assert exposed["exposed_entities"]["light.reading_lamp"] == {"conversation": True}
    states = {state["entity_id"]: state["state"] for state in await socket.call("get_states")}
    assert (states["light.kitchen_light"], states["light.hallway_light"]) == ("off", "on")
    shown: dict[str, Any] = await socket.call("lovelace/config", url_path="demo-house")
    on_tiles = set(re.findall(r'"entity": "([^"]+)"', json.dumps(shown)))
    assert on_tiles <= set(states)
    assert {entity for entity in states if "hallway_tablet" in entity} <= on_tiles


async def _press_the_button(socket: HaSocket, process: Process) -> None:
    """The automation of a blueprint takes it from there, and the terminal shows it."""
    await socket.call(
        "call_service",
        domain="input_button",
        service="press",
        target={"entity_id": "input_button.kitchen_button"},
    )
    process.line("stdout", "kitchen_display starts a conversation with “kitchen”")
