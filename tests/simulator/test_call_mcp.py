"""MCP servers in a call: their tools are listed, called, approved; responses may end before the tools."""

from typing import Any

import pytest
from call_support import Talk, only, types

from navai_core.simulator.call.script import ScenarioError, parse

SERVER = {"type": "mcp", "server_label": "home", "server_url": "https://home.example/mcp", "require_approval": "never"}
ASKING = {name: value for name, value in SERVER.items() if name != "require_approval"}
CALL = {"server": "home", "name": "lights", "arguments": {"room": "kitchen"}, "output": "On"}
KNOWN = {"home": {"tools": [{"name": "lights", "description": "Switch them."}, {"name": "doors"}]}}
ARGUMENTS = ["response.mcp_call_arguments.delta", "response.mcp_call_arguments.done"]
ADDED = ["response.output_item.added", "conversation.item.added"]
DONE = ["conversation.item.done", "response.output_item.done"]


def talk(turn: Any, server: Any = SERVER, known: Any = KNOWN, **session: Any) -> Talk:
    made = Talk(turns=[{"mcp": CALL, "then": "It says {output}.", **turn}], mcp=known, tools=[server], **session)
    made.pass_ms(200)
    return made


class TestListing:
    @pytest.mark.parametrize(
        ("members", "names"),
        [
            ({}, ["lights", "doors"]),
            ({"allowed_tools": ["doors"]}, ["doors"]),
            ({"allowed_tools": {"tool_names": ["lights"]}}, ["lights"]),
            ({"allowed_tools": {"read_only": True}}, ["lights", "doors"]),
        ],
    )
    def test_the_tools_of_a_server_are_listed(self, members: Any, names: list[str]) -> None:
        got = talk({}, {**SERVER, **members}).got
        assert types(got) == [
            "session.created",
            "mcp_list_tools.in_progress",
            "conversation.item.added",
            "conversation.item.done",
            "mcp_list_tools.completed",
        ]
        item = only(got, "conversation.item.done")["item"]
        assert (item["type"], item["server_label"], item["id"]) == ("mcp_list_tools", "home", got[1]["item_id"])
        assert [tool["name"] for tool in item["tools"]] == names
        assert all(tool["input_schema"] for tool in item["tools"])

    @pytest.mark.parametrize(
        "where",
        [
            {"server_url": "http://home.example/mcp"},
            {"server_url": "https://homeassistant.local/mcp"},
            {"server_url": "https://192.168.1.5:8123/mcp"},
            {"server_url": "https://homeassistant/mcp"},
            {"server_url": "https://[::1/mcp"},
        ],
    )
    def test_a_server_out_of_the_cloud_s_reach_fails(self, where: Any) -> None:
        assert types(talk({}, {**SERVER, **where}, {}).got)[-1] == "mcp_list_tools.failed"

    def test_others_are_reached(self) -> None:
        for where in ({"server_url": "https://8.8.8.8/mcp"}, {"tunnel_id": "tunnel_1"}):
            server = {name: value for name, value in SERVER.items() if name != "server_url"}
            assert types(talk({}, {**server, **where}, {}).got)[-1] == "mcp_list_tools.completed"

    def test_it_may_take_time_and_fail(self) -> None:
        made = talk({}, known={"home": {"ms": 500, "fail": True}})
        assert types(made.got)[-1] == "mcp_list_tools.in_progress"
        assert types(made.pass_ms(500)) == ["mcp_list_tools.failed"]

    def test_an_update_lists_what_is_new_only(self) -> None:
        made = talk({})
        other = {**SERVER, "server_label": "other"}
        made.send("session.update", session={"type": "realtime", "tools": [SERVER, other]})
        events = made.pass_ms(100)
        assert only(events, "conversation.item.done")["item"]["server_label"] == "other"
        made.send("session.update", session={"type": "realtime", "tools": [SERVER, {**other, "allowed_tools": []}]})
        assert only(made.pass_ms(100), "conversation.item.done")["item"]["tools"] == []
        assert made.send("session.update", session={"type": "realtime", "instructions": "x"})
        assert made.pass_ms(100) == []


class TestCalls:
    def test_a_quick_tool_is_done_before_its_response(self) -> None:
        made = talk({})
        events = made.say_something()
        kinds = types(events)
        start = kinds.index("response.output_item.added")
        assert kinds[start:] == [
            *ADDED,
            *ARGUMENTS,
            "response.mcp_call.in_progress",
            "response.mcp_call.completed",
            *DONE,
            "response.done",
        ]
        item = only(events, "response.output_item.done")["item"]
        assert (item["type"], item["server_label"], item["name"]) == ("mcp_call", "home", "lights")
        assert (item["arguments"], item["output"], item["error"]) == ('{"room": "kitchen"}', "On", None)
        assert made.call.response is None, "it does not go on by itself"

    def test_a_response_is_over_before_a_slow_tool(self) -> None:
        made = talk({"mcp": {**CALL, "ms": 2_000}})
        events = made.speak() + made.pass_ms(1_000)
        assert types(events)[-2:] == ["response.mcp_call.in_progress", "response.done"]
        assert only(events, "response.done")["response"]["output"][0]["output"] is None
        later = made.pass_ms(2_000)
        assert types(later) == ["response.mcp_call.completed", *DONE]
        assert only(later, "response.output_item.done")["item"]["output"] == "On"
        made.send("response.create")
        said = only(made.pass_ms(2_000), "response.output_audio_transcript.done")["transcript"]
        assert said == "It says On."

    def test_a_tool_may_fail(self) -> None:
        made = talk({"mcp": [{"server": "home", "name": "doors", "fail": "It is stuck."}]})
        events = made.say_something()
        assert "response.mcp_call.failed" in types(events)
        item = only(events, "response.output_item.done")["item"]
        assert item["error"] == {"type": "tool_execution_error", "message": "It is stuck."}
        made.send("response.create")
        said = only(made.pass_ms(3_000), "response.output_audio_transcript.done")["transcript"]
        assert said == "It says It is stuck.."

    def test_without_the_server_the_model_says_so(self) -> None:
        made = talk({"mcp": {**CALL, "server": "garden"}})
        said = only(made.say_something(), "response.output_audio_transcript.done")["transcript"]
        assert said == "I would call lights now, but this session does not let me."

    def test_a_response_that_fails_calls_half_a_tool(self) -> None:
        made = talk({"mcp": [CALL, CALL], "fail": "server_error"})
        events = made.say_something()
        (item,) = only(events, "response.done")["response"]["output"]
        assert (item["arguments"], item["output"]) == ('{"room": "', None)
        assert "response.mcp_call.in_progress" not in types(events)

    def test_words_functions_and_tools_come_in_this_order(self) -> None:
        made = talk({"say": "One moment.", "mcp": [CALL, CALL]})
        output = only(made.say_something(), "response.done")["response"]["output"]
        assert [item["type"] for item in output] == ["message", "mcp_call", "mcp_call"]


class TestApproval:
    @pytest.mark.parametrize(
        ("rule", "asked"),
        [
            (None, True),
            ("always", True),
            ({"never": {"tool_names": ["lights"]}}, False),
            ({"never": {"tool_names": ["doors"]}}, True),
            ({"always": {"tool_names": ["doors"]}}, False),
            ({"always": {"tool_names": ["lights"]}}, True),
            ({"always": {"read_only": False}}, True),
        ],
    )
    def test_who_is_asked(self, rule: Any, asked: bool) -> None:
        made = talk({}, {**ASKING, "require_approval": rule})
        (item,) = only(made.say_something(), "response.done")["response"]["output"]
        assert item["type"] == ("mcp_approval_request" if asked else "mcp_call")

    def test_it_waits_until_a_person_agrees(self) -> None:
        made = talk({"mcp": {**CALL, "ms": 100}}, ASKING)
        request = only(made.say_something(), "response.output_item.done")["item"]
        assert (request["server_label"], request["name"]) == ("home", "lights")
        assert made.pass_ms(10_000) == []
        answer = {"type": "mcp_approval_response", "approval_request_id": request["id"], "approve": True}
        added, _ = made.send("conversation.item.create", item=answer)
        assert added["item"].items() >= answer.items()
        events = made.pass_ms(500)
        assert types(events) == [
            "conversation.item.added",
            "response.mcp_call.in_progress",
            "response.mcp_call.completed",
            "conversation.item.done",
        ]
        item = only(events, "conversation.item.done")["item"]
        assert (item["approval_request_id"], item["output"]) == (request["id"], "On")
        assert made.error("conversation.item.create", item=answer)["param"] == "item.approval_request_id"

    def test_a_no_calls_nothing(self) -> None:
        made = talk({}, ASKING)
        request = only(made.say_something(), "response.output_item.done")["item"]
        answer = {"type": "mcp_approval_response", "approval_request_id": request["id"], "approve": False}
        made.send("conversation.item.create", item=answer)
        assert made.pass_ms(500) == []


WRONG: list[tuple[Any, str]] = [
    ({"turns": [{"mcp": {"name": "lights"}}]}, "turns[0].mcp.server"),
    ({"turns": [{"mcp": {**CALL, "fail": "x"}}]}, "turns[0] has 'output' and 'fail'"),
    ({"turns": [{"mcp": {**CALL, "ms": -1}}]}, "turns[0].mcp.ms"),
    ({"turns": [{"say": "x"}], "mcp": {"home": {"tools": [{}]}}}, "mcp.home.tools[0].name"),
]


@pytest.mark.parametrize(("document", "reason"), WRONG)
def test_a_wrong_scenario_is_told(document: Any, reason: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(document)
    assert reason in str(caught.value)
