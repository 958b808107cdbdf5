"""Responses that fail, and responses that are cut off: by a turn of the scenario, or by a fault."""

from typing import Any

import pytest
from call_support import Talk, only, types


def answer(talk: Talk) -> dict[str, Any]:
    """Say something, and return the response to it."""
    response: dict[str, Any] = only(talk.say_something(), "response.done")["response"]
    return response


LONG = "One two three four five six seven eight."
CALL = {"name": "weather", "arguments": {"city": "Rome"}}


class TestResponsesThatEndBadly:
    @pytest.mark.parametrize(
        ("turn", "said"),
        [
            ({}, "One two three four"),
            ({"after": 0.25}, "One two"),
            ({"after": 0.01}, "One"),
            ({"after": 1}, LONG),
        ],
    )
    @pytest.mark.parametrize(
        ("ending", "status", "details"),
        [
            ({"fail": "server_error"}, "failed", {"error": {"type": "server_error", "code": None}}),
            (
                {"fail": "server_is_overloaded"},
                "failed",
                {"error": {"type": "service_unavailable_error", "code": "server_is_overloaded"}},
            ),
            ({"fail": {"type": "gremlin_error"}}, "failed", {"error": {"type": "gremlin_error", "code": None}}),
            (
                {"fail": {"type": "gremlin_error", "code": "gremlins", "message": "They are here."}},
                "failed",
                {"error": {"type": "gremlin_error", "code": "gremlins", "message": "They are here."}},
            ),
            ({"cut": "max_output_tokens"}, "incomplete", {"reason": "max_output_tokens"}),
            ({"cut": "content_filter"}, "incomplete", {"reason": "content_filter"}),
        ],
    )
    def test_a_turn_ends_after_a_part_of_its_words(
        self, turn: Any, said: str, ending: Any, status: str, details: Any
    ) -> None:
        talk = Talk(turns=[{"say": LONG, **ending, **turn}, {"say": "Here I am again."}])
        response = answer(talk)
        assert response["status"] == response["status_details"].pop("type") == status
        found = response["status_details"]
        if "error" in found and "message" not in details["error"]:
            assert found["error"].pop("message")
        assert found == details
        (item,) = response["output"]
        assert item["content"][0]["transcript"] == said
        assert item["status"] == ("completed" if said == LONG else "incomplete")
        assert response["usage"]["output_tokens"] > 0
        assert only(talk.got, "response.output_audio_transcript.done")["transcript"] == said
        assert talk.heard_frames > 0
        assert types(talk.got)[-1] == "output_audio_buffer.stopped"
        assert answer(talk)["status"] == "completed"

    def test_with_nothing_before_it(self) -> None:
        talk = Talk(turns=[{"say": LONG, "cut": "content_filter", "after": 0}])
        assert answer(talk)["output"] == []
        assert talk.heard_frames == 0

    def test_the_functions_of_such_a_turn(self) -> None:
        talk = Talk(turns=[{"say": LONG, "call": CALL, "fail": "server_error", "after": 1}])
        assert [(item["type"], item["status"]) for item in answer(talk)["output"]] == [
            ("message", "completed"),
            ("function_call", "completed"),
        ]
        talk = Talk(turns=[{"say": LONG, "call": CALL, "fail": "server_error"}])
        assert [item["type"] for item in answer(talk)["output"]] == ["message"]

    def test_a_function_is_cut_in_the_middle_of_its_arguments(self) -> None:
        talk = Talk(turns=[{"call": [CALL, CALL], "cut": "max_output_tokens"}])
        (item,) = answer(talk)["output"]
        assert (item["status"], item["arguments"]) == ("incomplete", '{"city":')
        done = only(talk.got, "response.function_call_arguments.done")
        assert done["arguments"] == item["arguments"]

    def test_a_fault_does_it_to_every_response(self) -> None:
        talk = Talk(fault="response-error=gremlin_error/gremlins; response-after=0.5")
        for _ in range(2):
            response = answer(talk)
            assert response["status_details"]["error"]["type"] == "gremlin_error"
            assert response["status_details"]["error"]["code"] == "gremlins"
            assert response["output"][0]["status"] == "incomplete"
        talk = Talk(fault="response-cut=content_filter")
        response = answer(talk)
        assert response["status_details"] == {"type": "incomplete", "reason": "content_filter"}
        assert response["output"][0]["content"][0]["transcript"] == "Hello to you"
        talk = Talk(fault="response-cut=content_filter; response-after=1")
        assert answer(talk)["output"][0]["status"] == "completed"
