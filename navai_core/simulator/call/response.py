"""One response of the simulated model: a generator of events that is advanced by one step every 20 ms.

It produces its audio faster than it is played, like the real one: `response.done` comes while the output buffer still
plays, `output_audio_buffer.stopped` when that has ended.
"""

from collections.abc import Generator, Mapping
from typing import Any, Final

from navai_core.simulator.call import mcp, usage
from navai_core.simulator.call.context import CallContext
from navai_core.simulator.call.items import Entry
from navai_core.simulator.call.mcp_calls import McpCall
from navai_core.simulator.call.playout import frames_of
from navai_core.simulator.call.script import FunctionCall, Reply
from navai_core.simulator.call.voice import FRAME_MS

_TICKS_PER_WORD: Final = 2
_ARGUMENT_CHARS: Final = 12
_RATE_LIMITS: Final = (
    {"name": "requests", "limit": 5_000, "remaining": 4_999, "reset_seconds": 0.012},
    {"name": "tokens", "limit": 400_000, "remaining": 399_000, "reset_seconds": 0.15},
)


class Response:
    """A response from `response.created` to `response.done`.

    Args:
        call: The call that it belongs to.
        servers: The MCP servers.
        options: The `response` of the client's `response.create`; the session has the rest.

    """

    def __init__(self, call: CallContext, servers: mcp.Servers, options: Mapping[str, Any]) -> None:
        self.id = call.new_id("resp_")
        self._call = call
        self._servers = servers
        self._options = options
        self._session = {**call.session, **{name: value for name, value in options.items() if name in call.session}}
        voice = options.get("audio", {}).get("output", {}).get("voice", call.session["audio"]["output"]["voice"])
        self._output_audio = {**call.session["audio"]["output"], "voice": voice}
        self._kept = options.get("conversation") != "none"
        self._output: list[Entry] = []
        self._given = usage.of_input(self._session, call.conversation.entries())
        self._steps = self._run()

    def advance(self) -> bool:
        """Do one step. Returns whether there is another one."""
        try:
            next(self._steps)
        except StopIteration:
            return False
        return True

    def cancel(self, reason: str) -> None:
        """End it now: "turn_detected" or "client_cancelled"."""
        self._steps.close()
        # A response never stops between two items: the last one is the current one.
        for entry in self._output[-1:]:
            (self._close if entry.item.get("content") else self._end)(entry, "incomplete")
        self._done("cancelled", {"type": "cancelled", "reason": reason})

    def _run(self) -> Generator[None]:
        call = self._call
        call.emit("response.created", response=self._to_json("in_progress", None, None))
        call.emit("rate_limits.updated", rate_limits=_RATE_LIMITS)
        for _ in range(call.settings.think_ms // FRAME_MS):
            yield
        allowed = [] if self._session["tool_choice"] == "none" else self._session["tools"]
        reply = call.script.reply(
            tools=[tool["name"] for tool in allowed if tool["type"] == "function"],
            servers=[tool["server_label"] for tool in allowed if tool["type"] == "mcp"],
            output=call.conversation.output_of_last(),
            asked=self._options.get("instructions"),
            spoken=any(entry.by_model for entry in call.conversation.entries()),
        )
        ending = call.ending or reply.ending
        after = 1.0 if ending is None else ending.after
        if after > 0:
            yield from self._do(reply, after)
        if self._cut_off():
            self._done("incomplete", {"type": "incomplete", "reason": "max_output_tokens"})
        elif ending is not None:
            self._done(ending.status, ending.details)
        else:
            self._done("completed", None)

    def _do(self, reply: Reply, share: float) -> Generator[None]:
        """Say the words and call the functions, or only the first part of them."""
        if reply.say is not None:
            yield from self._say(reply.say, share)
            if share < 1 or self._cut_off():
                return
        for function in reply.calls:
            yield from self._call_function(function, share)
            if share < 1:
                return
        for tool in reply.mcp:
            yield from self._call_tool(tool, share)
            if share < 1:
                return

    def _say(self, text: str, share: float) -> Generator[None]:
        call, aloud = self._call, self._session["output_modalities"] == ["audio"]
        entry = self._begin({"type": "message", "role": "assistant", "content": []})
        frames: list[bytes] = []
        words = [word if not index else f" {word}" for index, word in enumerate(text.split())]
        said = max(1, round(len(words) * share))
        if aloud:
            while call.playout.busy:  # the previous one is still playing
                yield
            speed = self._output_audio["speed"]
            sound = call.voice.utter(text, language=call.script.language, speed=speed)
            while not sound.done():
                yield
            frames = frames_of(sound.result())
        part = {"type": "audio", "transcript": ""} if aloud else {"type": "text", "text": ""}
        call.emit("response.content_part.added", **self._place(entry), content_index=0, part=part)
        name = "transcript" if aloud else "text"
        content = {"type": "output_audio" if aloud else "output_text", name: ""}
        entry.item["content"].append(content)
        if aloud:
            call.playout.begin(self.id, entry.id)
            call.emit("output_audio_buffer.started", response_id=self.id)
            call.has_spoken = True
        delta = f"response.output_{'audio_transcript' if aloud else 'text'}.delta"
        for index, word in enumerate(words[:said]):
            if self._cut_off():
                break
            content[name] += word
            call.emit(delta, **self._place(entry), content_index=0, delta=word)
            piece = frames[index * len(frames) // len(words) : (index + 1) * len(frames) // len(words)]
            call.playout.push(piece)
            entry.audio_ms += len(piece) * FRAME_MS
            if index == len(words) // 2:
                call.reach_mid_sentence()
            for _ in range(_TICKS_PER_WORD):
                yield
        self._close(entry, "incomplete" if share < 1 or self._cut_off() else "completed")

    def _cut_off(self) -> bool:
        """Whether the response has used up its tokens."""
        limit = self._session["max_output_tokens"]
        return bool(limit != "inf" and usage.of_entries(self._output).total >= limit)

    def _close(self, entry: Entry, status: str) -> None:
        """End the current message."""
        content = entry.item["content"][0]
        place = {**self._place(entry), "content_index": 0}
        if content["type"] == "output_audio":
            self._call.playout.finish()
            self._call.emit("response.output_audio.done", **place)
            self._call.emit("response.output_audio_transcript.done", **place, transcript=content["transcript"])
            part = {"type": "audio", "transcript": content["transcript"]}
        else:
            self._call.emit("response.output_text.done", **place, text=content["text"])
            part = {"type": "text", "text": content["text"]}
        self._call.emit("response.content_part.done", **place, part=part)
        self._end(entry, status)

    def _call_function(self, function: FunctionCall, share: float) -> Generator[None]:
        call = self._call
        call_id = call.new_id("call_", 8)
        item = {"type": "function_call", "call_id": call_id, "name": function.name, "arguments": ""}
        entry = self._begin(item)
        text = function.arguments[: round(len(function.arguments) * share)]
        for start in range(0, len(text), _ARGUMENT_CHARS):
            delta = text[start : start + _ARGUMENT_CHARS]
            call.emit("response.function_call_arguments.delta", **self._place(entry), call_id=call_id, delta=delta)
            yield
        call.emit(
            "response.function_call_arguments.done",
            **self._place(entry),
            call_id=call_id,
            name=function.name,
            arguments=text,
        )
        entry.item["arguments"] = text
        self._end(entry, "completed" if share == 1 else "incomplete")

    def _call_tool(self, asked: McpCall, share: float) -> Generator[None]:
        """Call a tool of an MCP server, or request an approval."""
        servers = self._servers
        text = asked.arguments[: round(len(asked.arguments) * share)]
        if servers.asks(asked):
            item = {"type": "mcp_approval_request", "arguments": text, "name": asked.name}
            entry = self._begin({**item, "server_label": asked.server})
            yield
            servers.ask(entry.id, asked)
            self._end(entry, "completed")
            return
        entry = self._begin(mcp.new_item(self._call.new_id("item_", 10), asked, "", None))
        for start in range(0, len(text), _ARGUMENT_CHARS):
            delta = text[start : start + _ARGUMENT_CHARS]
            self._call.emit("response.mcp_call_arguments.delta", **self._place(entry), delta=delta)
            yield
        entry.item["arguments"] = text
        self._call.emit("response.mcp_call_arguments.done", **self._place(entry), arguments=text)
        if share < 1:
            self._end(entry, "incomplete")
            return
        servers.run(asked, entry, self._output.index(entry), lambda: self._end(entry, "completed"))

    def _begin(self, item: Mapping[str, Any]) -> Entry:
        entry = Entry(
            {"id": self._call.new_id("item_", 10), "object": "realtime.item", "status": "in_progress", **item}
        )
        self._output.append(entry)
        place = self._place(entry)
        del place["item_id"]
        self._call.emit("response.output_item.added", **place, item=entry.item)
        if self._kept:
            before = self._call.conversation.append(entry)
            self._call.emit("conversation.item.added", previous_item_id=before, item=entry.item)
        return entry

    def _end(self, entry: Entry, status: str) -> None:
        entry.item["status"] = status
        place = self._place(entry)
        del place["item_id"]
        if self._kept:
            before = self._call.conversation.before(entry.id)
            self._call.emit("conversation.item.done", previous_item_id=before, item=entry.item)
        self._call.emit("response.output_item.done", **place, item=entry.item)

    def _place(self, entry: Entry) -> dict[str, Any]:
        return {"response_id": self.id, "item_id": entry.id, "output_index": self._output.index(entry)}

    def _done(self, status: str, details: Mapping[str, Any] | None) -> None:
        made = usage.of_entries(self._output)
        cached = self._call.context.cached(self._given)
        self._call.context = self._given + made
        report = usage.report(self._given, cached, made)
        self._call.emit("response.done", response=self._to_json(status, details, report))

    def _to_json(
        self, status: str, details: Mapping[str, Any] | None, report: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        output = self._output_audio
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": [entry.item for entry in self._output],
            "conversation_id": self._call.conversation_id if self._kept else None,
            "output_modalities": self._session["output_modalities"],
            "max_output_tokens": self._session["max_output_tokens"],
            "audio": {"output": {"format": output["format"], "voice": output["voice"]}},
            "usage": report,
            "metadata": self._options.get("metadata"),
        }
