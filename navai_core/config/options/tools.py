"""The options of a profile's tools, with the names that the provider uses (docs/wire.md)."""

from typing import Final

from ...const import MAX_INSTRUCTIONS_CHARS
from .kinds import Kind, Option

_MAX_NAME = 200

_FILTER: Final = (
    Option(key="tool_names", kind=Kind.TEXTS, text="The tools with these names."),
    Option(key="read_only", kind=Kind.FLAG, text="The tools that the server marks as read-only."),
)

TOOLS: Final = Option(
    key="tools",
    kind=Kind.GROUPS,
    tag="type",
    text="Tools that the model may call: functions that your client executes, or remote MCP servers.",
    options=(
        Option(key="type", kind=Kind.CHOICE, choices=("function", "mcp"), required=True, text="The kind of tool."),
        Option(
            key="name",
            kind=Kind.WORD,
            minimum=1,
            maximum=64,
            variants=("function",),
            required=True,
            text="The function's name.",
        ),
        Option(
            key="description",
            kind=Kind.TEXT,
            maximum=MAX_INSTRUCTIONS_CHARS,
            lines=True,
            variants=("function",),
            text="What it does and when to call it.",
        ),
        Option(
            key="parameters", kind=Kind.OBJECT, variants=("function",), text="JSON Schema of the function's arguments."
        ),
        Option(
            key="server_label",
            kind=Kind.TEXT,
            minimum=1,
            maximum=_MAX_NAME,
            variants=("mcp",),
            required=True,
            text="The MCP server's name in this session.",
        ),
        Option(key="server_url", kind=Kind.URL, variants=("mcp",), text="The MCP server's address."),
        Option(
            key="connector_id",
            kind=Kind.TEXT,
            minimum=1,
            maximum=_MAX_NAME,
            variants=("mcp",),
            text="A connector of the provider, instead of an address.",
        ),
        Option(
            key="authorization",
            kind=Kind.SECRET,
            minimum=1,
            variants=("mcp",),
            text="The MCP server's access token. The provider receives it with every session.",
        ),
        Option(
            key="headers",
            kind=Kind.TEXT_BY_NAME,
            variants=("mcp",),
            text="Headers for the MCP server. They stay as secret as `authorization`.",
        ),
        Option(
            key="allowed_tools",
            kind=Kind.TEXTS_OR_GROUP,
            options=_FILTER,
            variants=("mcp",),
            text="The server's tools that the model may call: a list of names, or a filter.",
        ),
        Option(
            key="require_approval",
            kind=Kind.CHOICE_OR_GROUP,
            choices=("always", "never"),
            options=(
                Option(key="always", kind=Kind.GROUP, options=_FILTER, text="The tools whose calls a person approves."),
                Option(key="never", kind=Kind.GROUP, options=_FILTER, text="The tools that run without an approval."),
            ),
            variants=("mcp",),
            text="Whether a person approves each call. Without it, the provider waits for an approval.",
        ),
        Option(
            key="server_description",
            kind=Kind.TEXT,
            maximum=2_000,
            variants=("mcp",),
            text="What the server is for.",
        ),
    ),
)

TOOL_CHOICE: Final = Option(
    key="tool_choice",
    kind=Kind.CHOICE_OR_GROUP,
    choices=("auto", "none", "required"),
    tag="type",
    text="Whether the model may, must or must not call tools, or which tool it must call.",
    options=(
        Option(key="type", kind=Kind.CHOICE, choices=("function", "mcp"), required=True, text="The kind of tool."),
        Option(
            key="name",
            kind=Kind.TEXT,
            minimum=1,
            maximum=64,
            required_by=("function",),
            text="The name of the function or of the MCP server's tool.",
        ),
        Option(
            key="server_label",
            kind=Kind.TEXT,
            minimum=1,
            maximum=_MAX_NAME,
            variants=("mcp",),
            required=True,
            text="The MCP server.",
        ),
    ),
)
