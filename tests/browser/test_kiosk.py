"""A conversation on the hub's kiosk page, in Chromium, with a simulator that really talks."""

import logging
from pathlib import Path
from typing import Any

import pytest
from voice_support import SCENARIO, Stage, VoicePage, until, voice_stage

pytestmark = pytest.mark.browser

_LOGGER = logging.getLogger(__name__)

LINES = [("You", "What shall we cook?"), ("Assistant", "How about soup with bread and a little cheese?")]
NOTHING_HELD = {"peers": 0, "tracks": 0, "locks": 0}


async def all_said(kiosk: VoicePage, lines: list[tuple[str, str]] = LINES) -> None:
    async def said() -> bool:
        return await kiosk.captions() == lines

    await until(said, "the captions")


async def let_go(kiosk: VoicePage) -> None:
    async def nothing() -> bool:
        return (await kiosk.held()).items() >= NOTHING_HELD.items()

    await until(nothing, "everything to be let go of")


def asked(stage: Stage, call: int, kind: str) -> list[dict[str, Any]]:
    """The events of one kind that a page sent."""
    events = stage.calls[call].events
    return [each["event"] for each in events if each["from"] == "channel" and each["event"]["type"] == kind]


def happened(stage: Stage, call: int, kind: str) -> int:
    return sum(each["event"]["type"] == kind for each in stage.calls[call].events)


async def test_tap_and_talk(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        await until(lambda: kiosk.shown("name"), "the name")
        assert (await kiosk.shown("name"), await kiosk.page.title()) == ("Kitchen helper", "Kitchen helper")
        assert await kiosk.shown("state") == "Tap to talk"

        await kiosk.tap()
        await kiosk.wait_for("speaking")
        assert await kiosk.hear() > 0.05
        assert await kiosk.held() == {"peers": 1, "tracks": 1, "locks": 1, "contexts": 1}
        await kiosk.picture("kiosk-speaking")
        await all_said(kiosk)
        await kiosk.wait_for("listening")
        assert await kiosk.states() == ["requesting", "connecting", "listening", "thinking", "speaking", "listening"]
        assert stage.calls[0].detector.peak > 0.02

        await kiosk.press("stop")
        await kiosk.wait_for("ended")
        await let_go(kiosk)
        await until(lambda: stage.calls[0].ended, "the end of the call")
        assert await kiosk.shown("state") == "Tap to talk"


async def test_a_second_conversation_begins_with_nothing_of_the_first(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        for _ in range(2):
            await kiosk.tap()
            await all_said(kiosk)
            await kiosk.press("stop")
        assert [happened(stage, call, "conversation.item.create") for call in (0, 1)] == [0, 0]
        await let_go(kiosk)


async def test_who_leaves_the_page_hangs_up(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        await kiosk.tap()
        await kiosk.wait_for("listening")
        await kiosk.page.goto("about:blank")
        await until(lambda: stage.calls[0].ended == "client", "the end of the call")


async def test_the_voice_falls_silent_when_somebody_speaks_into_it(tmp_path: Path) -> None:
    scenario = {"turns": [{"heard": "Tell me.", "say": "word " * 40}, {"heard": "Stop!", "say": "I am quiet."}]}
    async with voice_stage(tmp_path, speech=[(1.0, 1.0), (2.5, 1.0)], scenario=scenario) as stage:
        kiosk = await stage.open()
        await kiosk.page.evaluate("() => navaiProbe.meter(document.querySelector('navai-kiosk').session)")
        await kiosk.tap()

        async def interruptions() -> list[float]:
            return [each["at"] for each in await kiosk.events() if each["type"].endswith("speech_started")][1:]

        (interrupted,) = await until(interruptions, "the interruption")
        await until(lambda: happened(stage, 0, "output_audio_buffer.cleared"), "the end of the voice")

        async def answered() -> bool:
            return ("Assistant", "I am quiet.") in await kiosk.captions()

        await until(answered, "the answer to the interruption")
        await kiosk.hear()
        loudness = await kiosk.page.evaluate("() => navaiProbe.loudness")
        again = [each["at"] for each in await kiosk.events() if each["type"] == "output_audio_buffer.started"][1]

    loud = [each["at"] for each in loudness if each["level"] > 0.01 and each["at"] < again]
    heard = [each["at"] for each in loudness if each["level"] > 0.01 and each["at"] < again and not each["silenced"]]
    assert any(interrupted - 500 < at <= interrupted for at in heard)  # it was heard until then
    silent_ms, nothing_ms = max(heard) - interrupted, max(loud) - interrupted
    _LOGGER.info("silent %d ms after speech_started, nothing arrived after %d ms", silent_ms, nothing_ms)
    assert silent_ms < 300
    assert any(each["level"] > 0.01 and not each["silenced"] for each in loudness if each["at"] >= again)


async def test_nothing_is_heard_of_who_is_muted(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, speech=[(6.0, 1.5)]) as stage:
        kiosk = await stage.open()
        await kiosk.tap()
        await kiosk.wait_for("listening")
        await kiosk.press("mute")
        assert await kiosk.shown("state") == "Muted"
        assert await kiosk.shown("mute") == "Unmute"
        await until(lambda: stage.calls[0].detector.heard_ms > 8_000, "what was not to be heard")
        assert stage.calls[0].detector.peak < 0.005
        assert happened(stage, 0, "input_audio_buffer.speech_started") == 0
        await kiosk.press("mute")
        assert await kiosk.shown("state") == "Listening"
        assert await kiosk.page.evaluate("() => [...navaiProbe.tracks].map(({ enabled }) => enabled)") == [True]


async def test_the_model_runs_a_function_of_the_house(tmp_path: Path) -> None:
    turn = {"heard": "Six minutes, please.", "call": {"name": "set_timer", "arguments": {"minutes": 6}}}
    async with voice_stage(tmp_path, scenario={"turns": [turn | {"then": "Done: {output}."}]}) as stage:
        kiosk = await stage.open()
        await kiosk.tap()
        await all_said(kiosk, [("You", "Six minutes, please."), ("Assistant", 'Done: "timer of 6 minutes".')])
        assert await kiosk.states() == ["requesting", "connecting", "listening", "thinking", "speaking"]


async def test_a_display_without_functions_asks_for_none(tmp_path: Path) -> None:
    display = {"profile": "kitchen", "token": "tok_other_0123456789"}
    async with voice_stage(tmp_path, block={"displays": {"hall": display}}) as stage:
        kiosk = await stage.open(token="tok_other_0123456789")
        await kiosk.tap()
        await all_said(kiosk)
        assert asked(stage, 0, "session.update") == []


async def test_a_lost_connection_comes_back_and_knows_what_was_said(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        await kiosk.tap()
        await all_said(kiosk)
        await kiosk.wait_for("listening")
        stage.calls[0].end("fault")
        await until(lambda: len(stage.calls) == 2, "another call")
        await kiosk.wait_for("listening")
        items = [event["item"] for event in asked(stage, 1, "conversation.item.create")]
        assert [(item["role"], item["content"][0]["text"]) for item in items] == [
            ("user", LINES[0][1]),
            ("assistant", LINES[1][1]),
        ]
        assert happened(stage, 1, "error") == 0
        assert await kiosk.captions() == LINES
        assert (await kiosk.held())["tracks"] == 1

        await kiosk.session('say({ line: "I am here again." })')
        await kiosk.hear()
        await all_said(kiosk, [*LINES, ("Assistant", "I am here again.")])


async def test_a_server_that_hangs_up_at_once_is_called_again(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, faults=["hangup-ms=500"]) as stage:
        kiosk = await stage.open()
        await kiosk.tap()
        await until(lambda: len(stage.calls) == 2, "another call")
        await all_said(kiosk)
        assert [call.ended for call in stage.calls] == ["fault", None]


async def test_it_moves_to_a_new_session_before_the_old_one_ends(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        await kiosk.page.clock.install()
        await kiosk.use_options(idleMs=2 * 60 * 60_000)
        await kiosk.tap()
        await all_said(kiosk)
        await kiosk.wait_for("listening")
        await kiosk.page.clock.fast_forward("54:00")
        assert len(stage.calls) == 1
        await kiosk.page.clock.fast_forward("01:00")
        await until(lambda: len(stage.calls) == 2, "another session")
        await kiosk.wait_for("listening")
        items = [event["item"] for event in asked(stage, 1, "conversation.item.create")]
        assert [item["role"] for item in items] == ["user", "assistant"]
        assert await kiosk.captions() == LINES
        await until(lambda: stage.calls[0].ended == "client", "the end of the first")


async def test_it_ends_when_nobody_says_anything(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, speech=()) as stage:
        kiosk = await stage.open()
        await kiosk.use_options(idleMs=1_000)
        await kiosk.tap()
        await kiosk.wait_for("ended")
        assert await kiosk.shown("trouble") == ""
        await let_go(kiosk)


async def test_a_tap_in_time_uses_the_secret_that_was_made_when_the_page_was_opened(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, scenario=SCENARIO) as stage:
        kiosk = await stage.open()
        await until(lambda: stage.simulator.requests, "a secret in reserve")
        await kiosk.tap()
        await kiosk.wait_for("listening")
        assert len(stage.simulator.requests) == 1
