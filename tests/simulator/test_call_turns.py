"""A conversation by voice: heard, answered, interrupted, ended. Time passes in steps, without waiting."""

import base64
from array import array
from concurrent.futures import Future
from typing import Any

import pytest
from call_support import Talk, only, types, usage_of
from simulator_support import Clock

ITEM = ["conversation.item.added", "conversation.item.done"]
HEARD = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    *ITEM,
]
MESSAGE = ["response.output_item.added", "conversation.item.added", "response.content_part.added"]
MESSAGE_DONE = ["response.content_part.done", "conversation.item.done", "response.output_item.done"]
SPOKEN = [
    *MESSAGE,
    "output_audio_buffer.started",
    "response.output_audio_transcript.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    *MESSAGE_DONE,
]
CREATED = ["response.created", "rate_limits.updated"]
TRANSCRIPTION = {"input": {"transcription": {"model": "gpt-transcribe"}}}


def test_speech_is_answered() -> None:
    talk = Talk()
    assert types(talk.got) == ["session.created"]
    session = talk.got[0]["session"]
    assert session["tracing"] is None
    assert session["expires_at"] == 1_800_003_600
    talk.pass_ms(1_000)
    events = talk.say_something()

    assert types(events) == [*HEARD, *CREATED, *SPOKEN, "response.done", "output_audio_buffer.stopped"]
    started, stopped = events[:2]
    assert started["audio_start_ms"] == 700  # after a second, less the padding
    assert stopped["audio_end_ms"] == 1_900  # 400 ms of speech, 500 ms of silence
    assert started["item_id"] == stopped["item_id"] == events[2]["item_id"] == talk.ids()[0]
    deltas = [event["delta"] for event in events if event["type"].endswith("transcript.delta")]
    assert deltas == ["Hello", " to", " you", " too,", " my", " friend."]
    response = only(events, "response.done")["response"]
    assert response["status"] == "completed"
    assert response["output"][0]["content"] == [{"type": "output_audio", "transcript": "Hello to you too, my friend."}]
    assert talk.heard_frames == 6 * 240 // 20
    assert len({event["event_id"] for event in talk.got}) == len(talk.got)


def test_usage_counts_audio_by_its_length_and_what_was_sent_before_as_cached() -> None:
    talk = Talk(instructions="x" * 4_000)
    first = usage_of(talk.say_something())
    assert first["input_token_details"]["audio_tokens"] == 9  # 0.9 s with the silence
    assert first["output_token_details"] == {"text_tokens": 7, "audio_tokens": 29}  # 28 characters, 1.44 s
    assert first["input_token_details"]["cached_tokens"] == 0
    second = usage_of(talk.say_something()[:-1])
    cached = second["input_token_details"]["cached_tokens_details"]
    assert 1_000 <= cached["text_tokens"] <= first["input_token_details"]["text_tokens"] + 7
    assert cached["text_tokens"] % 64 == cached["audio_tokens"] % 64 == 0
    assert second["total_tokens"] == second["input_tokens"] + second["output_tokens"]
    assert second["input_token_details"]["audio_tokens"] == 9 + 29 + 12


def test_the_same_seed_gives_the_same_events() -> None:
    first, second = Talk(), Talk()
    assert first.say_something() == second.say_something()


@pytest.mark.parametrize(
    ("model", "usage"),
    [
        ("gpt-4o-mini-transcribe", {"type": "tokens", "total_tokens": 14, "input_tokens": 12, "output_tokens": 2}),
        ("gpt-transcribe", {"type": "duration", "seconds": 1.2}),
        ("gpt-realtime-whisper", {"type": "duration", "seconds": 1.2}),
    ],
)
def test_what_was_heard_is_transcribed(model: str, usage: dict[str, Any]) -> None:
    talk = Talk(audio={"input": {"transcription": {"model": model}}})
    talk.pass_ms(400)
    events = talk.say_something()
    completed = only(events, "conversation.item.input_audio_transcription.completed")
    assert completed["transcript"] == "Hello."
    assert completed["usage"].items() >= usage.items()
    (retrieved,) = talk.send("conversation.item.retrieve", item_id=completed["item_id"])
    assert retrieved["item"]["content"] == [{"type": "input_audio", "transcript": "Hello."}]


def test_a_function_is_called_and_its_output_is_spoken_of() -> None:
    talk = Talk(audio=TRANSCRIPTION)
    talk.say_something()
    events = talk.say_something()
    function = ["response.output_item.added", "conversation.item.added", "response.function_call_arguments.delta"]
    function += ["response.function_call_arguments.done", "conversation.item.done", "response.output_item.done"]
    found = types(events)
    assert found[found.index("output_audio_buffer.started") :] == [
        *SPOKEN[SPOKEN.index("output_audio_buffer.started") :],
        *function,
        "response.done",
        "output_audio_buffer.stopped",
    ]
    call = only(events, "response.done")["response"]["output"][1]
    assert call.items() >= {"type": "function_call", "status": "completed", "name": "weather"}.items()
    assert call["arguments"] == '{"city": "Rome"}'

    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "18 degrees"}
    talk.send("conversation.item.create", item=output)
    talk.send("response.create")
    events = talk.pass_ms(4_000)
    assert only(events, "response.output_audio_transcript.done")["transcript"] == "18 degrees!"


def test_a_function_may_be_called_without_a_word() -> None:
    talk = Talk(turns=[{"call": {"name": "weather"}}])
    (item,) = only(talk.say_something(), "response.done")["response"]["output"]
    assert (item["type"], item["status"], item["arguments"]) == ("function_call", "completed", "{}")
    assert talk.heard_frames == 0


class SlowVoice:
    """Speaks when the test says so."""

    def __init__(self) -> None:
        self.sound: Future[bytes] = Future()

    def utter(self, text: str, *, language: str, speed: float) -> "Future[bytes]":
        return self.sound


def test_the_answer_waits_for_its_voice() -> None:
    voice = SlowVoice()
    talk = Talk(voice=voice)
    assert types(talk.speak() + talk.pass_ms(1_000))[-2:] == ["response.output_item.added", "conversation.item.added"]
    voice.sound.set_result(b"\1\2" * 4_800)
    events = talk.pass_ms(1_000)
    assert usage_of(events)["output_token_details"]["audio_tokens"] == 2
    assert talk.heard_frames == 5


class TestBargeIn:
    def test_speech_before_the_first_word_leaves_an_empty_item(self) -> None:
        talk = Talk(voice=SlowVoice())
        talk.speak()
        talk.pass_ms(1_000)
        events = talk.speak(100)
        assert types(events) == [
            *("input_audio_buffer.speech_started", "conversation.item.done", "response.output_item.done"),
            "response.done",
        ]
        (item,) = events[-1]["response"]["output"]
        assert (item["status"], item["content"]) == ("incomplete", [])

    def test_speech_while_a_function_is_called(self) -> None:
        turns = [{"call": {"name": "weather", "arguments": {"city": "x" * 500}}}]
        talk = Talk(turns=turns)
        talk.speak()
        talk.pass_ms(560)
        events = talk.speak(100)
        (item,) = only(events, "response.done")["response"]["output"]
        assert (item["type"], item["status"]) == ("function_call", "incomplete")

    def test_speech_while_the_answer_is_made_cancels_it(self) -> None:
        talk = Talk()
        talk.speak()
        talk.pass_ms(560)
        assert talk.call.response is not None
        events = talk.speak(80)
        assert types(events)[-9:] == [
            *("input_audio_buffer.speech_started", "response.output_audio.done"),
            *("response.output_audio_transcript.done", *MESSAGE_DONE, "response.done"),
            *("output_audio_buffer.cleared", "conversation.item.truncated"),
        ]
        response = only(events, "response.done")["response"]
        assert response["status"] == "cancelled"
        assert response["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
        assert response["output"][0]["status"] == "incomplete"
        truncated = only(events, "conversation.item.truncated")
        assert truncated["item_id"] == response["output"][0]["id"]
        assert 0 < truncated["audio_end_ms"] <= 120
        (retrieved,) = talk.send("conversation.item.retrieve", item_id=truncated["item_id"])
        assert retrieved["item"]["content"] == [{"type": "output_audio"}]

    def test_speech_while_the_answer_is_heard_clears_it(self) -> None:
        talk = Talk()
        talk.speak()
        talk.pass_ms(1_000)
        assert talk.call.response is None
        assert talk.call.playout.busy
        events = talk.speak(100)
        assert types(events) == [
            *("input_audio_buffer.speech_started", "output_audio_buffer.cleared", "conversation.item.truncated"),
        ]
        heard = talk.heard_frames
        talk.speak(100)
        assert talk.heard_frames == heard

    def test_an_item_that_is_gone_is_not_truncated(self) -> None:
        talk = Talk()
        talk.speak()
        talk.pass_ms(1_000)
        talk.send("conversation.item.delete", item_id=talk.ids()[-1])
        assert types(talk.speak(100))[-1] == "output_audio_buffer.cleared"

    def test_it_may_be_turned_off_and_then_the_next_answer_waits(self) -> None:
        talk = Talk(
            audio={"input": {"turn_detection": {"type": "server_vad", "interrupt_response": False}}}, think_ms=2_000
        )
        talk.speak()
        talk.pass_ms(520)
        events = talk.speak() + talk.pass_ms(520)
        assert "response.done" not in types(events)
        events = talk.pass_ms(8_000)
        assert types(events).count("response.created") == 1
        assert types(events).count("response.done") == 2

    def test_speech_while_it_thinks_cancels_the_thought(self) -> None:
        talk = Talk(think_ms=2_000)
        talk.speak()
        talk.pass_ms(600)
        events = talk.speak(100)
        assert types(events) == ["input_audio_buffer.speech_started", "response.done"]
        assert events[1]["response"]["output"] == []


class TestTurnDetection:
    def test_the_client_may_answer_by_itself(self) -> None:
        detection = {"type": "semantic_vad", "eagerness": "high", "create_response": False}
        talk = Talk(audio={"input": {"turn_detection": detection}})
        talk.pass_ms(1_000)
        events = talk.speak() + talk.pass_ms(1_000)
        assert types(events) == HEARD
        assert events[1]["audio_end_ms"] == 1_700
        talk.send("response.create")
        assert types(talk.pass_ms(5_000))[-1] == "output_audio_buffer.stopped"

    def test_without_it_the_client_commits(self) -> None:
        talk = Talk(audio={"input": {"turn_detection": None}})
        error = talk.error("input_audio_buffer.commit")
        assert error["code"] == "input_audio_buffer_commit_empty"
        assert error["message"].endswith("but buffer only has 0.00ms of audio.")
        assert talk.speak(1_000) == []
        events = talk.send("input_audio_buffer.commit")
        assert types(events) == ["input_audio_buffer.committed", *ITEM]
        talk.speak(500)
        assert types(talk.send("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]
        assert talk.error("input_audio_buffer.commit")["code"] == "input_audio_buffer_commit_empty"
        talk.send("response.create")
        assert usage_of(talk.pass_ms(5_000))["input_token_details"]["audio_tokens"] == 10

    def test_turning_it_off_forgets_the_speech_that_has_begun(self) -> None:
        talk = Talk()
        talk.speak()
        talk.send("session.update", session={"type": "realtime", "audio": {"input": {"turn_detection": None}}})
        assert talk.pass_ms(2_000) == []

    def test_a_short_noise_is_no_speech(self) -> None:
        talk = Talk()
        assert talk.speak(40) + talk.pass_ms(2_000) == []

    def test_silence_counts_when_the_browser_stops_sending(self) -> None:
        talk = Talk()
        talk.speak()
        for _ in range(50):
            talk.call.tick()
        assert "input_audio_buffer.speech_stopped" in types(talk.got)

    def test_time_that_is_made_up_for_is_no_silence(self) -> None:
        talk = Talk()
        talk.speak()
        for _ in range(50):
            talk.call.tick(late=True)
        assert types(talk.speak()) == []
        assert "input_audio_buffer.speech_stopped" in types(talk.pass_ms(1_000))

    def test_a_long_silence_is_broken(self) -> None:
        detection = {"type": "server_vad", "idle_timeout_ms": 5_000}
        talk = Talk(audio={"input": {"turn_detection": detection, **TRANSCRIPTION["input"]}})
        assert talk.pass_ms(10_000) == []  # nobody has said anything yet
        talk.say_something()
        events = talk.pass_ms(6_000)
        triggered = events[0]
        assert triggered["type"] == "input_audio_buffer.timeout_triggered"
        assert triggered["audio_end_ms"] - triggered["audio_start_ms"] == 5_000
        completed = only(events, "conversation.item.input_audio_transcription.completed")
        assert (completed["item_id"], completed["transcript"]) == (triggered["item_id"], "")
        assert only(events, "response.output_audio_transcript.done")["transcript"] == "Is there anything else?"


def test_audio_may_be_appended() -> None:
    talk = Talk()
    loud = base64.b64encode(array("h", [5_000, -5_000] * 12_000).tobytes()).decode()
    quiet = base64.b64encode(bytes(48_000)).decode()
    events = talk.send("input_audio_buffer.append", audio=loud) + talk.send("input_audio_buffer.append", audio=quiet)
    assert types(events) == HEARD
    assert events[1]["audio_end_ms"] == 1_500
    assert talk.error("input_audio_buffer.append", audio="?")["code"] == "invalid_value"
    talk.send("session.update", session={"type": "realtime", "audio": {"input": {"format": {"type": "audio/pcmu"}}}})
    assert "audio/pcm" in talk.error("input_audio_buffer.append", audio=loud)["message"]


class TestEnd:
    def test_after_an_hour(self, clock: Clock) -> None:
        talk = Talk(clock=clock)
        clock.now += 3_599
        assert talk.pass_ms(100) == []
        clock.now += 1
        (event,) = talk.pass_ms(20)
        assert event["error"]["code"] == "session_expired"
        assert event["error"]["message"] == "Your session hit the maximum duration of 60 minutes."
        assert talk.call.ended == "expired"
        talk.call.end("hangup")
        assert talk.call.ended == "expired"
        assert repr(talk.call) == "<Call rtc_1 expired>"
        assert talk.pass_ms(20) == []

    def test_by_a_fault(self) -> None:
        talk = Talk(fault="hangup-ms=200")
        talk.pass_ms(180)
        assert talk.call.ended is None
        talk.pass_ms(20)
        assert talk.call.ended == "fault"

    def test_the_channel_closes_in_the_middle_of_a_sentence(self) -> None:
        talk = Talk(fault="channel-closes")
        said = []
        talk.call.close_channel = lambda: said.append(types(talk.got)[-1])
        talk.say_something()
        assert said == ["response.output_audio_transcript.delta"]
        other = Talk(fault="hangup-ms=60000")
        other.say_something()

    def test_the_credit_runs_out(self) -> None:
        talk = Talk(fault="response-error=insufficient_quota")
        done = only(talk.say_something(), "response.done")["response"]
        error = done["status_details"].pop("error")
        assert (error["type"], error["code"]) == ("insufficient_quota", "insufficient_quota")
        assert error["message"].startswith("You exceeded your current quota")
        assert (done["status"], done["status_details"]) == ("failed", {"type": "failed"})
        assert done["output"] == []
        assert talk.call.ended is None
