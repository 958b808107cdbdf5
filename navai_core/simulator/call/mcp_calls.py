"""MCP servers in a scenario: their tools, and which of them the model calls."""

from dataclasses import dataclass
from typing import Final

from navai_core.simulator.checks import Array, Boolean, ByKind, Check, FreeForm, Mapped, Number, Record, Text

_NAME: Final = Text(min_chars=1, max_chars=128)
_MS: Final = Number(0, 600_000, whole=True)
_CALL: Final = Record(
    {
        "server": _NAME,
        "name": _NAME,
        "arguments": FreeForm(),
        "output": Text(max_chars=10_000),
        "fail": Text(min_chars=1, max_chars=1_000),
        "ms": _MS,
    },
    required=("server", "name"),
)
_TOOL: Final = Record({"name": _NAME, "description": Text(), "input_schema": FreeForm()}, required=("name",))
SERVERS: Final[Check] = Mapped(
    Record({"tools": Array(_TOOL, max_items=128), "ms": _MS, "fail": Boolean()}),
)
"""The keys of a scenario for servers, by label."""
CALLS: Final[Check] = ByKind({"object": _CALL, "array": Array(_CALL, max_items=16)})
"""The keys of a scenario's turn for calls of their tools."""


@dataclass(frozen=True, slots=True)
class McpCall:
    """One call of a server's tool, and its result after some milliseconds."""

    server: str
    name: str
    arguments: str
    output: str | None
    error: str | None
    ms: int
