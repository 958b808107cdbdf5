"""The events that a client may send over the data channel, and the errors for others."""

import json
from typing import Any

import pytest
from call_support import Talk, only, types, usage_of

AUDIO_MESSAGE = {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Hi"}]}


class TestSessionUpdate:
    def test_only_what_it_names_changes(self) -> None:
        talk = Talk(
            instructions="Old", audio={"output": {"voice": "sage"}, "input": {"noise_reduction": {"type": "far_field"}}}
        )
        before = talk.call.session
        (event,) = talk.send(
            "session.update",
            session={
                "type": "realtime",
                "instructions": "New",
                "audio": {"output": {"speed": 1.2}, "input": {"transcription": {"model": "gpt-transcribe"}}},
            },
        )
        assert event["type"] == "session.updated"
        session = event["session"]
        assert session["instructions"] == "New"
        assert session["audio"]["output"] == {**before["audio"]["output"], "speed": 1.2}
        assert session["audio"]["input"] == {**before["audio"]["input"], "transcription": {"model": "gpt-transcribe"}}
        assert session["tools"] == before["tools"]
        assert before["instructions"] == "Old"

    def test_null_turns_off_and_a_new_detection_brings_its_defaults(self) -> None:
        talk = Talk()
        for given, expected in ((None, None), ({"type": "server_vad", "threshold": 0.9}, 500)):
            (event,) = talk.send(
                "session.update", session={"type": "realtime", "audio": {"input": {"turn_detection": given}}}
            )
            found = event["session"]["audio"]["input"]["turn_detection"]
            assert (found if found is None else found["silence_duration_ms"]) == expected

    @pytest.mark.parametrize(
        ("change", "code", "param"),
        [
            ({"model": "gpt-realtime-2"}, "cannot_update_model", "session.model"),
            ({"temperature": 1}, "unknown_parameter", "session.temperature"),
            ({"output_modalities": ["text", "audio"]}, "invalid_value", "session.output_modalities"),
            ({"reasoning": {"effort": "low"}}, "unsupported_parameter", "session.reasoning"),
        ],
    )
    def test_what_may_not_change(self, change: dict[str, Any], code: str, param: str) -> None:
        error = Talk().error("session.update", session={"type": "realtime", **change})
        assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", code, param)

    def test_the_model_it_has_may_be_named(self) -> None:
        (event,) = Talk().send("session.update", session={"type": "realtime", "model": "gpt-realtime"})
        assert event["type"] == "session.updated"

    def test_its_type_stays(self) -> None:
        talk = Talk()
        assert talk.error("session.update", session={})["param"] == "session.type"
        assert talk.error("session.update", session={"type": "transcription"})["code"] == "invalid_value"

    def test_the_voice_stays_after_the_first_audio(self) -> None:
        talk = Talk()
        change = {"type": "realtime", "audio": {"output": {"voice": "sage"}}}
        (event,) = talk.send("session.update", session=change)
        assert event["session"]["audio"]["output"]["voice"] == "sage"
        talk.say_something()
        (event,) = talk.send("session.update", session=change)
        assert event["type"] == "session.updated"
        error = talk.error("session.update", session={"type": "realtime", "audio": {"output": {"voice": "alloy"}}})
        assert error["code"] == "cannot_update_voice"

    def test_tracing_stays_once_it_is_set(self) -> None:
        talk = Talk()
        (event,) = talk.send("session.update", session={"type": "realtime", "tracing": "auto"})
        assert event["session"]["tracing"] == "auto"
        assert types(talk.send("session.update", session={"type": "realtime", "tracing": "auto"})) == [
            "session.updated"
        ]
        assert (
            talk.error("session.update", session={"type": "realtime", "tracing": None})["code"]
            == "cannot_update_tracing"
        )


class TestItems:
    def test_they_are_placed(self) -> None:
        talk = Talk()
        first = talk.item("one")["id"]
        last = talk.item("two", role="assistant")["id"]
        root = talk.item("zero", role="system", previous_item_id="root")["id"]
        middle = talk.item("half", previous_item_id=first)["id"]
        assert talk.ids() == [root, first, middle, last]
        added = [event for event in talk.got if event["type"] == "conversation.item.added"]
        assert [event["previous_item_id"] for event in added] == [None, first, None, first]
        (event,) = talk.send("conversation.item.delete", item_id=middle)
        assert (event["type"], event["item_id"]) == ("conversation.item.deleted", middle)
        assert talk.ids() == [root, first, last]

    def test_their_own_id_counts_and_audio_does_not_come_back(self) -> None:
        talk = Talk()
        content = [
            {"type": "input_audio", "audio": "AAAA", "transcript": "Hey"},
            {"type": "input_image", "image_url": "data:,"},
        ]
        item = {"type": "message", "role": "user", "id": "mine", "content": content}
        talk.send("conversation.item.create", item=item)
        (event,) = talk.send("conversation.item.retrieve", item_id="mine")
        assert event["item"]["content"] == [{"type": "input_audio", "transcript": "Hey"}, {"type": "input_image"}]
        assert talk.error("conversation.item.create", item=item)["code"] == "item_create_duplicate_id"

    @pytest.mark.parametrize(
        ("kind", "members", "code"),
        [
            ("delete", {"item_id": "gone"}, "item_delete_invalid_item_id"),
            ("retrieve", {"item_id": "gone"}, "item_retrieve_invalid_item_id"),
            ("truncate", {"item_id": "gone", "content_index": 0, "audio_end_ms": 0}, "item_truncate_invalid_item_id"),
            ("truncate", {"item_id": "typed", "content_index": 0, "audio_end_ms": 0}, "invalid_value"),
            ("truncate", {"item_id": "model", "content_index": 0, "audio_end_ms": 0}, "invalid_value"),
            ("truncate", {"item_id": "model", "content_index": 1, "audio_end_ms": 0}, "invalid_value"),
            ("create", {"item": AUDIO_MESSAGE, "previous_item_id": "gone"}, "item_create_invalid_previous_item_id"),
            (
                "create",
                {"item": {"type": "function_call_output", "call_id": "x", "output": ""}},
                "invalid_tool_call_id",
            ),
            ("create", {"item": {"type": "mcp_call"}}, "invalid_value"),
            ("create", {"item": {**AUDIO_MESSAGE, "role": "user"}}, "invalid_value"),
        ],
    )
    def test_what_cannot_be_done(self, kind: str, members: dict[str, Any], code: str) -> None:
        talk = Talk()
        for item_id, role, part in (("typed", "user", "input_text"), ("model", "assistant", "output_text")):
            item = {"type": "message", "id": item_id, "role": role, "content": [{"type": part, "text": "x"}]}
            talk.send("conversation.item.create", item=item)
        before = talk.ids()
        assert talk.error(f"conversation.item.{kind}", **members)["code"] == code
        assert talk.ids() == before

    def test_a_spoken_item_is_truncated(self) -> None:
        talk = Talk()
        talk.say_something()
        given: dict[str, Any] = {"item_id": talk.ids()[-1], "content_index": 0}
        error = talk.error("conversation.item.truncate", **given, audio_end_ms=1_441)
        assert error["message"] == "Audio content of 1440ms is already shorter than 1441ms"
        (event,) = talk.send("conversation.item.truncate", **given, audio_end_ms=400)
        assert event.items() >= {"type": "conversation.item.truncated", **given, "audio_end_ms": 400}.items()

    def test_a_function_call_may_be_restored_with_its_output(self) -> None:
        talk = Talk()
        call = {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}"}
        talk.send("conversation.item.create", item=call)
        talk.send(
            "conversation.item.create", item={"type": "function_call_output", "call_id": "call_1", "output": "ok"}
        )
        assert [entry.kind for entry in talk.call.conversation.entries()] == ["function_call", "function_call_output"]
        # Nobody has said anything in this call yet: there is a greeting.
        talk.send("response.create")
        assert only(talk.pass_ms(4_000), "response.done")["response"]["status"] == "completed"


class TestResponses:
    def test_a_typed_text_is_answered_in_text(self) -> None:
        talk = Talk(output_modalities=["text"])
        talk.item("is it WARM? ")
        events = talk.send("response.create") + talk.pass_ms(2_000)
        assert only(events, "response.output_text.done")["text"] == "Wait."
        assert only(events, "response.content_part.added")["part"] == {"type": "text", "text": ""}
        assert "output_audio_buffer.started" not in types(events)
        assert usage_of(events)["output_token_details"]["audio_tokens"] == 0
        assert talk.heard_frames == 0

    def test_its_own_options_count(self) -> None:
        talk = Talk()
        options = {
            "instructions": "Say exactly: “Dinner is ready.”",
            "output_modalities": ["text"],
            "conversation": "none",
            "metadata": {"room": "hall"},
            "audio": {"output": {"voice": "sage"}},
        }
        events = talk.send("response.create", response=options) + talk.pass_ms(2_000)
        response = only(events, "response.done")["response"]
        assert response["output"][0]["content"] == [{"type": "output_text", "text": "Dinner is ready."}]
        assert response["conversation_id"] is None
        assert response["metadata"] == {"room": "hall"}
        assert response["audio"]["output"]["voice"] == "sage"
        assert talk.ids() == []

    def test_without_a_turn_it_greets_and_then_asks(self) -> None:
        talk = Talk(output_modalities=["text"])
        said = []
        for _ in range(2):
            events = talk.send("response.create") + talk.pass_ms(2_000)
            said.append(only(events, "response.output_text.done")["text"])
        assert said == ["Hello. How can I help you?", "Is there anything else?"]

    @pytest.mark.parametrize("options", [{"tools": []}, {"tool_choice": "none"}])
    def test_a_function_that_is_not_there_is_not_called(self, options: dict[str, Any]) -> None:
        talk = Talk(output_modalities=["text"])
        talk.item("Is it warm?")
        events = talk.send("response.create", response=options) + talk.pass_ms(2_000)
        assert "I would call weather now" in only(events, "response.output_text.done")["text"]

    def test_there_is_one_at_a_time(self) -> None:
        talk = Talk()
        (created, _) = talk.send("response.create")[:2]
        error = talk.error("response.create")
        assert error["code"] == "conversation_already_has_active_response"
        assert created["response"]["id"] in error["message"]

    def test_the_audio_of_the_next_one_waits(self) -> None:
        talk = Talk()
        talk.send("response.create")
        talk.pass_ms(600)
        assert talk.call.response is None
        talk.send("response.create")
        events = types(talk.pass_ms(6_000))
        assert events.index("output_audio_buffer.stopped") < events.index("output_audio_buffer.started")

    def test_cancelling(self) -> None:
        talk = Talk(think_ms=200)
        assert talk.error("response.cancel")["code"] == "response_cancel_not_active"
        created = talk.send("response.create")[0]
        assert talk.error("response.cancel", response_id="resp_other")["code"] == "response_cancel_not_active"
        talk.pass_ms(300)
        events = talk.send("response.cancel", response_id=created["response"]["id"])
        assert types(events)[-1] == "response.done"
        assert events[-1]["response"]["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
        (cleared,) = talk.send("output_audio_buffer.clear")
        assert cleared["type"] == "output_audio_buffer.cleared"
        assert talk.send("output_audio_buffer.clear") == []

    def test_it_ends_when_the_tokens_are_used_up(self) -> None:
        talk = Talk(max_output_tokens=12)
        talk.send("response.create")
        response = only(talk.pass_ms(4_000), "response.done")["response"]
        assert response["status"] == "incomplete"
        assert response["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
        assert response["output"][0]["content"][0]["transcript"] == "Hello. How"


class TestShape:
    @pytest.mark.parametrize("text", ["{", "[]", "1", b"\xff", "[" * 100_000])
    def test_no_json_object(self, text: Any) -> None:
        talk = Talk()
        talk.call.receive(text)
        error = talk.got[-1]["error"]
        assert (error["code"], error["event_id"]) == ("invalid_json", None)

    @pytest.mark.parametrize(
        ("event", "code", "param"),
        [
            ({}, "missing_required_parameter", "type"),
            ({"type": "explode"}, "invalid_value", "type"),
            ({"type": "response.cancel", "loud": 1}, "unknown_parameter", "loud"),
            ({"type": "response.create", "response": {"voice": "sage"}}, "unknown_parameter", "response.voice"),
            ({"type": "conversation.item.delete"}, "missing_required_parameter", "item_id"),
            ({"type": "conversation.item.delete", "item_id": 5}, "invalid_type", "item_id"),
        ],
    )
    def test_misfits(self, event: dict[str, Any], code: str, param: str) -> None:
        talk = Talk()
        talk.call.receive(json.dumps(event))
        error = talk.got[-1]["error"]
        assert (error["code"], error["param"]) == (code, param)

    def test_an_event_id_that_is_no_text_is_not_echoed(self) -> None:
        talk = Talk()
        talk.call.receive('{"type": "response.cancel", "event_id": 5}')
        assert talk.got[-1]["error"]["event_id"] is None


def test_what_was_sent_and_received_can_be_read() -> None:
    talk = Talk()
    talk.pass_ms(40)
    talk.call.receive('{"type": "response.cancel"}', sender="sideband")
    seen = [(event["at_ms"], event["from"], event["event"]["type"]) for event in talk.call.events]
    assert seen == [(0, "server", "session.created"), (40, "sideband", "response.cancel"), (40, "server", "error")]
