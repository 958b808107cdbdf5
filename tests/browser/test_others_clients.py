"""Clients that others have published, unmodified, in Chromium: they talk with the simulator."""

import json
from pathlib import Path
from typing import Any

import pytest
from browser_support import Stage, on_stage
from speech import write_speech

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
SAID = "In Rome it is 18 degrees now."


def test_the_lock_pins_the_clients_and_names_no_registry() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text())
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    assert {name: lock["packages"][f"node_modules/{name}"]["version"] for name in wanted} == wanted
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if not package["integrity"].startswith("sha512-")] == []


def types(result: Any) -> list[str]:
    return [event["type"] for event in result["events"]]


def spoken(result: Any) -> list[str]:
    return [
        event["transcript"] for event in result["events"] if event["type"] == "response.output_audio_transcript.done"
    ]


async def test_openai(stage: Stage) -> None:
    result = await stage.talk("openai", await stage.secret())

    (call,) = stage.simulator.calls
    assert result["state"] == "connected"
    assert result["location"] == f"/v1/realtime/calls/{call.id}"
    assert result["peak"] > 0.02
    assert call.detector.peak > 0.02
    assert [json.loads(given) for given in result["outputs"]] == [{"city": "Rome"}]
    assert spoken(result) == [SAID]
    assert "error" not in types(result)


async def test_agents(stage: Stage) -> None:
    result = await stage.talk("agents", await stage.secret())

    (call,) = stage.simulator.calls
    assert result["status"] == "connected"
    assert result["callId"] == call.id
    assert result["errors"] == []
    assert result["peak"] > 0.02
    assert call.detector.peak > 0.02
    assert [json.loads(given) for given in result["outputs"]] == [{"city": "Rome"}]
    assert spoken(result) == [SAID]
    assert [item["type"] for item in result["history"]] == ["message", "function_call", "message"]
    assert result["history"][0]["content"][0]["transcript"] == "How warm is it in Rome?"
    assert result["usage"]["outputTokens"] > 0


async def test_an_expired_secret_is_told_to_the_page(stage: Stage) -> None:
    stage.simulator.faults.push("on=call; error=expired_client_secret")
    result = await stage.talk("openai", await stage.secret())
    assert result["failure"] == {"code": "signaling_failed", "phase": "signaling"}
    assert (result["refusal"]["status"], result["refusal"]["code"]) == (401, "expired_client_secret")


async def test_without_a_way_to_the_server_the_page_waits_in_vain(stage: Stage) -> None:
    stage.simulator.faults.push("no-ice")
    result = await stage.talk("openai", await stage.secret(), timeout_ms=6_000)
    assert result["failure"] == {"code": "timeout", "phase": "transport"}


async def test_the_voice_stops_when_it_is_interrupted(pages: Path, tmp_path: Path) -> None:
    speech = tmp_path / "speech.wav"
    write_speech(speech, [(1.0, 1.0), (4.0, 1.0)])
    async with on_stage(pages, speech, {"turns": [{"say": "word " * 60}]}) as stage:
        result = await stage.talk("openai", await stage.secret(), until="conversation.item.truncated")
    at = {event["type"]: event["atMs"] for event in result["events"]}
    interrupted = [event["atMs"] for event in result["events"] if event["type"].endswith("speech_started")][1]
    assert at["output_audio_buffer.started"] < interrupted <= at["output_audio_buffer.cleared"]
    loud = [moment["atMs"] for moment in result["history"] if moment["level"] > 0.01]
    assert any(at["output_audio_buffer.started"] < moment <= interrupted for moment in loud)
    # It would go on for ten seconds. What has been sent by then still sounds: how much Chromium keeps is the machine's.
    assert max(loud) - interrupted < 1_500
