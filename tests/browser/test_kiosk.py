"""A conversation on the hub's kiosk page, in Chromium, with a simulator that really talks."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Route
from voice_page import until
from voice_support import SCENARIO, Stage, VoicePage, voice_stage

pytestmark = pytest.mark.browser

LINES = [("You", "What shall we cook?"), ("Assistant", "How about soup with bread and a little cheese?")]
AGAIN = "I am here again, and I still know what we have talked about: soup with bread, and a little cheese."


async def all_said(kiosk: VoicePage, lines: list[tuple[str, str]] = LINES) -> None:
    async def said() -> bool:
        return await kiosk.captions() == lines

    await until(said, "the captions")


def asked(stage: Stage, call: int, kind: str) -> list[dict[str, Any]]:
    """The events of one kind that a page sent."""
    events = stage.calls[call].events
    return [each["event"] for each in events if each["from"] == "channel" and each["event"]["type"] == kind]


async def carried_over(stage: Stage, call: int) -> list[tuple[str, str]]:
    """Who said what in the call before, as the page tells it; it says that it listens before anybody has read that."""
    await until(lambda: len(asked(stage, call, "conversation.item.create")) >= len(LINES), "what was said before")
    items = [event["item"] for event in asked(stage, call, "conversation.item.create")]
    return [(item["role"], item["content"][0]["text"]) for item in items]


async def answered(kiosk: VoicePage) -> None:
    """Wait until all is said, and it listens again."""
    await all_said(kiosk)
    await kiosk.wait_for("speaking")
    await kiosk.wait_for("listening")


def happened(stage: Stage, call: int, kind: str) -> int:
    return sum(each["event"]["type"] == kind for each in stage.calls[call].events)


async def test_tap_and_talk(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        await until(lambda: kiosk.shown("name"), "the name")
        assert (await kiosk.shown("name"), await kiosk.page.title()) == ("Kitchen helper", "Kitchen helper")
        assert await kiosk.shown("state") == "Tap to talk"

        await kiosk.meter()
        await kiosk.tap()
        await kiosk.wait_for("speaking")
        assert await kiosk.hear() > 0.05
        await kiosk.holds(peers=1, tracks=1, locks=1, contexts=1)
        await kiosk.picture("kiosk-speaking")
        await all_said(kiosk)
        await kiosk.wait_for("listening")
        assert await kiosk.states() == ["requesting", "connecting", "listening", "thinking", "speaking", "listening"]
        assert stage.calls[0].detector.peak > 0.02

        await kiosk.press("stop")
        await kiosk.wait_for("ended")
        await kiosk.let_go()
        await until(lambda: stage.calls[0].ended, "the end of the call")
        assert await kiosk.shown("state") == "Tap to talk"


async def test_a_microphone_that_opens_before_the_call_stands_is_heard(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, speech=[(6.0, 2.0)]) as stage:
        kiosk = await stage.open()
        await kiosk.open_microphone_at_once()
        opened = asyncio.Event()

        async def then(route: Route) -> None:
            await opened.wait()
            await route.continue_()

        await kiosk.page.route("**/realtime/calls", then)
        await kiosk.tap()
        await kiosk.holds(tracks=1)
        assert stage.calls == []
        opened.set()
        await all_said(kiosk)
        await kiosk.press("stop")
        await kiosk.let_go()


async def test_a_second_conversation_begins_with_nothing_of_the_first(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        for _ in range(2):
            await kiosk.tap()
            await all_said(kiosk)
            await kiosk.press("stop")
        assert [happened(stage, call, "conversation.item.create") for call in (0, 1)] == [0, 0]
        await kiosk.let_go()


async def test_who_leaves_the_page_hangs_up(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        await kiosk.tap()
        await kiosk.wait_for("listening")
        await kiosk.page.goto("about:blank")
        await until(lambda: stage.calls[0].ended == "client", "the end of the call")


async def test_the_voice_falls_silent_when_somebody_speaks_into_it(tmp_path: Path) -> None:
    scenario = {"turns": [{"heard": "Tell me.", "say": "word " * 60}, {"heard": "Stop!", "say": "I am quiet."}]}
    async with voice_stage(tmp_path, speech=[(1.0, 1.0), (4.0, 1.0)], scenario=scenario) as stage:
        kiosk = await stage.open()
        await kiosk.meter()
        await kiosk.tap()
        await kiosk.wait_for("speaking")
        await until(lambda: happened(stage, 0, "output_audio_buffer.cleared"), "the end of the voice")
        await kiosk.said("Assistant", "I am quiet.")

        async def voices() -> bool:
            return len(await kiosk.events("output_audio_buffer.started")) == 2

        await until(voices, "the answer to the interruption")
        assert await kiosk.silent_ms() < 300
        await kiosk.hear(since=(await kiosk.events("output_audio_buffer.started"))[1])


async def test_a_call_that_begins_by_itself_ends_the_ringing_of_another(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        await kiosk.page.evaluate(
            """() => {
              const query = navigator.permissions.query.bind(navigator.permissions);
              navigator.permissions.query = async () => ({ state: "prompt" });
              window.allow = () => { navigator.permissions.query = query; };
              window.missed = [];
              const voice = document.querySelector("navai-voice");
              document.querySelector("navai-kiosk").session.api.missed = (request) => window.missed.push(request);
              void voice.call({ line: "Dinner is ready.", request: "r1" });
            }"""
        )
        ringing = "document.querySelector('navai-voice').ringing"
        await until(lambda: kiosk.page.evaluate(ringing), "it to ring")
        await kiosk.page.evaluate(
            "allow(), void document.querySelector('navai-voice').call({ line: 'Come now.', request: 'r2' })"
        )
        await kiosk.wait_for("speaking")
        assert not await kiosk.page.evaluate(ringing)
        await kiosk.press("stop")
        await kiosk.wait_for("ended")
        await kiosk.page.evaluate("document.querySelector('navai-voice').leave()")
        assert await kiosk.page.evaluate("missed") == []


async def test_nothing_is_heard_of_who_is_muted(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        await kiosk.page.evaluate("navaiProbe.makeTheMicrophoneWait()")
        await kiosk.tap()
        await kiosk.wait_for("connecting")
        await kiosk.press("mute")
        await kiosk.page.evaluate("navaiProbe.answer()")
        await kiosk.wait_for("listening")
        assert await kiosk.shown("state") == "Muted"
        assert await kiosk.shown("mute") == "Unmute"
        (call,) = stage.calls
        heard_ms = call.detector.heard_ms
        await until(lambda: call.detector.heard_ms > heard_ms + 4_000, "what was not to be heard")
        assert call.detector.peak < 0.005
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
        assert (await kiosk.states())[:5] == ["requesting", "connecting", "listening", "thinking", "speaking"]


async def test_a_display_without_functions_asks_for_none(tmp_path: Path) -> None:
    display = {"profile": "kitchen", "token": "tok_other_Xq7mZt2LxW9"}
    async with voice_stage(tmp_path, block={"displays": {"hall": display}}) as stage:
        kiosk = await stage.open(token="tok_other_Xq7mZt2LxW9")
        await kiosk.tap()
        await all_said(kiosk)
        assert asked(stage, 0, "session.update") == []


async def test_a_lost_connection_comes_back_and_knows_what_was_said(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        await kiosk.meter()
        await kiosk.tap()
        await answered(kiosk)
        stage.calls[0].end("fault")
        await kiosk.wait_for("connecting")
        await kiosk.wait_for("listening")
        assert await carried_over(stage, 1) == [("user", LINES[0][1]), ("assistant", LINES[1][1])]
        assert happened(stage, 1, "error") == 0
        assert await kiosk.captions() == LINES
        assert (await kiosk.held())["tracks"] == 1

        before = await kiosk.now()
        await kiosk.session(f'say({{ line: "{AGAIN}" }})')
        await kiosk.hear(since=before)
        await all_said(kiosk, [*LINES, ("Assistant", AGAIN)])


async def test_a_server_that_hangs_up_at_once_is_called_again(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, faults=["hangup-ms=500"]) as stage:
        kiosk = await stage.open()
        await kiosk.page.evaluate("navaiProbe.makeTheMicrophoneWait()")
        await kiosk.tap()

        async def created() -> bool:
            return len(await kiosk.events("session.created")) == 2

        await until(created, "another call")
        await kiosk.page.evaluate("navaiProbe.answer()")
        await all_said(kiosk)
        assert [call.ended for call in stage.calls] == ["fault", None]


async def test_it_moves_to_a_new_session_before_the_old_one_ends(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        await kiosk.page.clock.install()
        await kiosk.use_options(idleMs=2 * 60 * 60_000, lengthMs=2 * 60 * 60_000)
        await kiosk.tap()
        await answered(kiosk)
        await kiosk.page.clock.fast_forward("54:00")
        assert len(stage.calls) == 1
        await kiosk.page.clock.fast_forward("01:00")
        await kiosk.wait_for("connecting")
        await kiosk.wait_for("listening")
        assert [role for role, _ in await carried_over(stage, 1)] == ["user", "assistant"]
        assert await kiosk.captions() == LINES
        await until(lambda: stage.calls[0].ended == "client", "the end of the first")


async def test_it_ends_when_nobody_says_anything(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, speech=()) as stage:
        kiosk = await stage.open()
        await kiosk.use_options(idleMs=3_000)
        await kiosk.open_microphone_at_once()
        await kiosk.tap()
        await kiosk.wait_for("ended")
        assert await kiosk.shown("trouble") == ""
        await kiosk.let_go()


async def test_a_tap_in_time_uses_the_secret_that_was_made_when_the_page_was_opened(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, scenario=SCENARIO) as stage:
        kiosk = await stage.open()
        await until(lambda: stage.simulator.requests, "a secret in reserve")
        await kiosk.tap()
        await kiosk.wait_for("listening")
        assert len(stage.simulator.requests) == 1
