"""MCP servers of a call: their tools are listed, called by the model, and perhaps approved by a person.

There are no real connections: the scenario has the tools and answers of a server. A server that the provider's cloud
cannot reach (no https, a private address, `.local`) fails to list its tools, as with the real API.
"""

import ipaddress
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from navai_core.simulator.call.context import CallContext
from navai_core.simulator.call.items import Entry
from navai_core.simulator.call.mcp_calls import McpCall
from navai_core.simulator.checks import invalid
from navai_core.simulator.errors import echoed


class Servers:
    """The MCP servers of one call."""

    def __init__(self, call: CallContext, known: Mapping[str, Any]) -> None:
        self._call = call
        self._known = known
        self._seen: dict[str, Mapping[str, Any]] = {}
        self._due: list[tuple[int, Callable[[], None]]] = []
        self._asked: dict[str, McpCall] = {}
        self.configure()

    def configure(self) -> None:
        """List the tools of every server that is new in the session."""
        tools = {tool["server_label"]: tool for tool in self._call.session["tools"] if tool["type"] == "mcp"}
        for label, tool in tools.items():
            if self._seen.get(label) != tool:
                self.after(0, partial(self._list, label, tool))
        self._seen = tools

    def after(self, ms: int, do: Callable[[], None]) -> None:
        """Do something after some milliseconds of the call."""
        self._due.append((self._call.now_ms + ms, do))

    def tick(self) -> None:
        """Do what is due."""
        due = [do for at, do in self._due if at <= self._call.now_ms]
        self._due = [(at, do) for at, do in self._due if at > self._call.now_ms]
        for do in due:
            do()

    def asks(self, call: McpCall) -> bool:
        """Return whether a person must approve a call: always, unless the session says otherwise."""
        rule = self._seen[call.server].get("require_approval") or "always"
        if isinstance(rule, str):
            return rule == "always"
        if call.name in rule.get("never", {}).get("tool_names", ()):
            return False
        return "always" not in rule or call.name in rule["always"].get("tool_names", (call.name,))

    def ask(self, request_id: str, call: McpCall) -> None:
        """Remember a request for approval."""
        self._asked[request_id] = call

    def answered(self, request_id: str, *, approve: bool) -> None:
        """Take the answer of a person.

        Raises:
            ApiError: There is no such request.

        """
        asked = self._asked.pop(request_id, None)
        if asked is None:
            message = f"Approval request '{echoed(request_id)}' not found in conversation."
            raise invalid("item.approval_request_id", message)
        if approve:
            self.after(0, partial(self._call_approved, asked, request_id))

    def _list(self, label: str, tool: Mapping[str, Any]) -> None:
        item_id = self._call.new_id("mcpl_", 10)
        server = self._known.get(label, {})
        fails = server.get("fail", not _reachable(tool))
        self._call.emit("mcp_list_tools.in_progress", item_id=item_id)

        def done() -> None:
            if fails:
                self._call.emit("mcp_list_tools.failed", item_id=item_id)
                return
            offered = [{"input_schema": {"type": "object"}, **one} for one in server.get("tools", ())]
            item = {
                "id": item_id,
                "type": "mcp_list_tools",
                "server_label": label,
                "tools": [one for one in offered if _allowed(tool, one["name"])],
            }
            before = self._call.conversation.append(Entry(item))
            self._call.emit("conversation.item.added", previous_item_id=before, item=item)
            self._call.emit("conversation.item.done", previous_item_id=before, item=item)
            self._call.emit("mcp_list_tools.completed", item_id=item_id)

        self.after(server.get("ms", 0), done)

    def _call_approved(self, asked: McpCall, request_id: str) -> None:
        """Call a tool after a person has approved it: no response is open then."""
        call = self._call
        entry = Entry(new_item(call.new_id("item_", 10), asked, asked.arguments, request_id))
        before = call.conversation.append(entry)
        call.emit("conversation.item.added", previous_item_id=before, item=entry.item)
        self.run(
            asked,
            entry,
            0,
            lambda: call.emit("conversation.item.done", previous_item_id=before, item=entry.item),
        )

    def run(self, asked: McpCall, entry: Entry, output_index: int, end: Callable[[], None]) -> None:
        """Run a tool, at once or after its delay, even if the response has ended by then."""
        place = {"item_id": entry.id, "output_index": output_index}
        self._call.emit("response.mcp_call.in_progress", **place)

        def done() -> None:
            if asked.error is not None:
                entry.item["error"] = {"type": "tool_execution_error", "message": asked.error}
            else:
                entry.item["output"] = asked.output or ""
            self._call.emit(f"response.mcp_call.{'completed' if asked.error is None else 'failed'}", **place)
            end()

        if asked.ms:
            self.after(asked.ms, done)
        else:
            done()


def new_item(item_id: str, asked: McpCall, arguments: str, request_id: str | None) -> dict[str, Any]:
    """Return the item of a call of a tool."""
    return {
        "id": item_id,
        "type": "mcp_call",
        "server_label": asked.server,
        "name": asked.name,
        "arguments": arguments,
        "approval_request_id": request_id,
        "output": None,
        "error": None,
    }


def _allowed(tool: Mapping[str, Any], name: str) -> bool:
    allowed = tool.get("allowed_tools")
    if isinstance(allowed, dict):
        allowed = allowed.get("tool_names")
    return allowed is None or name in allowed


def _reachable(tool: Mapping[str, Any]) -> bool:
    """Return whether the provider's cloud can reach a server. It can reach connectors and tunnels."""
    if "server_url" not in tool:
        return True
    try:
        parts = urlsplit(tool["server_url"])
        host = parts.hostname or ""
    except ValueError:
        return False
    try:
        return parts.scheme == "https" and ipaddress.ip_address(host).is_global
    except ValueError:
        return parts.scheme == "https" and "." in host and not host.endswith(".local")
