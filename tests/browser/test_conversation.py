"""The rules of a conversation (tests/scenarios) on the hub's page, with a simulator that really talks."""

from pathlib import Path
from typing import Any, Final

import pytest
from voice_page import until
from voice_support import BLOCK, Stage, VoicePage, voice_stage

pytestmark = pytest.mark.browser

SLOW: Final = '''
import time

def open_valve() -> str:
    """Open the valve, which takes a while."""
    time.sleep(4)
    return "open"
'''
VALVE: Final = {"heard": "Open the valve.", "call": {"name": "open_valve"}}
STORY: Final = " ".join(["And then the fox went on, deeper into the wood."] * 6)


def asked(stage: Stage, call: int, kind: str) -> list[dict[str, Any]]:
    """The events of one kind that a page sent."""
    events = stage.calls[call].events
    return [each["event"] for each in events if each["from"] == "channel" and each["event"]["type"] == kind]


def codes(stage: Stage) -> list[str]:
    """Of the errors that the provider answered with."""
    events = [each["event"] for call in stage.calls for each in call.events]
    return [event["error"]["code"] for event in events if event["type"] == "error"]


def notes(stage: Stage, call: int) -> list[str]:
    """What the model was told without anybody saying it."""
    items = [event["item"] for event in asked(stage, call, "conversation.item.create")]
    return [item["content"][0]["text"] for item in items if item.get("role") == "system"]


def with_limits(**limits: str) -> dict[str, Any]:
    return {"defaults": {**BLOCK["defaults"], "limits": limits}}


def with_slow_tools(folder: Path) -> dict[str, Any]:
    (folder / "slow.py").write_text(SLOW)
    return {"hub": {"functions": ["slow.py"]}}


async def notice(kiosk: VoicePage, words: str) -> None:
    async def shown() -> bool:
        return words in await kiosk.shown("notice")

    await until(shown, words)


async def test_a_result_that_comes_while_somebody_is_answered_is_spoken_afterwards(tmp_path: Path) -> None:
    scenario = {"turns": [VALVE, {"heard": "What is the time?", "say": "It is nine o'clock in the morning."}]}
    block = with_slow_tools(tmp_path)
    async with voice_stage(tmp_path, speech=[(1.0, 1.0), (2.5, 1.0)], scenario=scenario, block=block) as stage:
        kiosk = await stage.open()
        await kiosk.tap()
        await kiosk.said("Assistant", "It is nine o'clock in the morning.")
        await kiosk.said("Assistant", 'The answer is: "open"')
        await kiosk.wait_for("listening")
        assert len(asked(stage, 0, "response.create")) == 1
        assert codes(stage) == []


async def test_a_tool_that_runs_across_a_loss_is_spoken_about_afterwards(tmp_path: Path) -> None:
    block = with_slow_tools(tmp_path)
    async with voice_stage(tmp_path, scenario={"turns": [VALVE]}, block=block) as stage:
        kiosk = await stage.open()
        await kiosk.tap()
        await kiosk.wait_for("thinking")
        await until(lambda: any(each["event"]["type"] == "response.done" for each in stage.calls[0].events), "a call")
        stage.calls[0].end("fault")
        await until(lambda: len(stage.calls) == 2 and len(notes(stage, 1)) == 2, "the result on the next connection")
        running, ended = notes(stage, 1)
        assert "open_valve" in running
        assert "still running" in running
        assert 'Its result: "open"' in ended
        await until(lambda: asked(stage, 1, "response.create"), "words about it")
        assert codes(stage) == []


async def test_an_answer_that_fails_is_shown_and_the_conversation_goes_on(tmp_path: Path) -> None:
    turns = [
        {"heard": "Tell me a story.", "say": STORY, "fail": "server_error", "after": 0.3},
        {"heard": "Tell me.", "say": "Once upon a time."},
    ]
    async with voice_stage(tmp_path, speech=[(1.0, 1.0), (9.0, 1.0)], scenario={"turns": turns}) as stage:
        kiosk = await stage.open()
        await kiosk.tap()
        await notice(kiosk, "The assistant couldn't answer (server_error).")
        await kiosk.picture("answer-failed")
        assert await kiosk.voice.locator(".captions li[data-cut]").count() == 1
        assert await kiosk.state() in {"listening", "speaking", "thinking"}
        await kiosk.said("Assistant", "Once upon a time.")
        assert await kiosk.shown("notice") == ""


async def test_an_answer_that_reaches_its_length_says_so(tmp_path: Path) -> None:
    turns = [{"heard": "Tell me a story.", "say": STORY, "cut": "max_output_tokens", "after": 0.3}]
    async with voice_stage(tmp_path, scenario={"turns": turns}) as stage:
        kiosk = await stage.open()
        await kiosk.tap()
        await notice(kiosk, "The answer reached its length limit")
        assert await kiosk.voice.locator(".captions li[data-cut]").count() == 1
        await kiosk.wait_for("listening")


@pytest.mark.evidence
async def test_nobody_is_cut_off_who_speaks_for_longer_than_a_silence_may_last(tmp_path: Path) -> None:
    block = with_limits(idle_timeout="00:00:05")
    scenario = {"turns": [{"heard": "A long question.", "say": "A short answer."}]}
    async with voice_stage(tmp_path, speech=[(3.0, 9.0)], scenario=scenario, block=block) as stage:
        kiosk = await stage.open()
        await kiosk.tap()
        await kiosk.said("Assistant", "A short answer.")
        await kiosk.wait_for("ended")
        assert stage.calls[0].now_ms > 15_000
        assert await kiosk.shown("trouble") == ""


async def test_a_conversation_ends_when_it_has_lasted_as_long_as_its_profile_says(tmp_path: Path) -> None:
    scenario = {"turns": [{"heard": "Tell me a story.", "say": STORY}]}
    block = with_limits(session_length="00:00:10")
    async with voice_stage(tmp_path, scenario=scenario, block=block) as stage:
        kiosk = await stage.open()
        await kiosk.tap()
        await kiosk.wait_for("speaking")
        await kiosk.wait_for("ended")
        assert "reached its limit" in await kiosk.shown("notice")
        await kiosk.let_go()


async def test_an_assistant_that_hears_itself_is_interrupted_no_more(tmp_path: Path) -> None:
    scenario = {"turns": [{"heard": "And then?", "say": STORY}]}
    async with voice_stage(tmp_path, speech=[(1.0, 0.8), *[(1.7, 0.8)] * 12], scenario=scenario) as stage:
        kiosk = await stage.open()
        await kiosk.tap()
        await notice(kiosk, "heard its own voice")
        await kiosk.picture("hears-itself")
        updates = [event["session"] for event in asked(stage, 0, "session.update")]
        assert updates[-1]["audio"]["input"]["turn_detection"]["interrupt_response"] is False
        enabled = "() => [...navaiProbe.tracks].map((track) => track.enabled)"

        async def gated() -> bool:
            return await kiosk.state() == "speaking" and await kiosk.page.evaluate(enabled) == [False]

        await until(gated, "a microphone that is closed while the assistant speaks")
        assert await kiosk.shown("state") == "Speaking"
