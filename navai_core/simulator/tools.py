"""The rules for `session.tools` in addition to the types of its members."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from navai_core.simulator.checks import invalid, kind_of, missing
from navai_core.simulator.errors import echoed

_TARGETS: Final = ("server_url", "connector_id", "tunnel_id")
_NOT_AT_THE_TOP: Final = ("oneOf", "anyOf", "allOf", "enum", "const", "not")


def check_tools(tools: Sequence[Mapping[str, Any]], path: str = "session.tools") -> None:
    """Raise `ApiError` for the first tool that the API would refuse. The types were checked before."""
    labels: set[str] = set()
    for index, tool in enumerate(tools):
        place = f"{path}[{index}]"
        if tool["type"] == "function":
            _check_parameters(tool, place)
            continue
        _check_server(tool, place)
        if tool["server_label"] in labels:
            message = f"Duplicate server_label '{echoed(tool['server_label'])}': each MCP server needs one of its own."
            raise invalid(f"{place}.server_label", message)
        labels.add(tool["server_label"])


def _check_parameters(tool: Mapping[str, Any], path: str) -> None:
    """Refuse a schema that does not describe an object. Functions without `parameters` take none."""
    if "parameters" not in tool:
        return
    schema, name = tool["parameters"], echoed(tool["name"])
    kind = schema.get("type")
    if any(word in schema for word in _NOT_AT_THE_TOP):
        listed = "'oneOf'/'anyOf'/'allOf'/'enum'/'const'/'not'"
        problem = f"schema must have type 'object' and not have {listed} at the top level."
    elif kind != "object":
        shown = f'"{echoed(kind)}"' if isinstance(kind, str) else kind_of(kind)
        problem = f"schema must be a JSON Schema of 'type: \"object\"', got 'type: {shown}'."
    else:
        return
    message = f"Invalid schema for function '{name}': {problem}"
    raise invalid(f"{path}.parameters", message, "invalid_function_parameters")


def _check_server(tool: Mapping[str, Any], path: str) -> None:
    given = [name for name in _TARGETS if name in tool]
    if not given:
        raise missing(f"{path}.server_url")
    if len(given) > 1:
        raise _both(path, *given)
    headers = tool.get("headers") or {}
    signed = any(name.lower() == "authorization" for name in headers)
    if signed and "authorization" in tool:
        raise _both(path, "authorization", "headers.Authorization")
    if signed and "connector_id" in tool:
        message = "A connector takes its credential as 'authorization', not as a header."
        raise invalid(f"{path}.headers", message)


def _both(path: str, *names: str) -> Exception:
    listed = " and ".join(f"'{name}'" for name in names)
    message = f"Mutually exclusive parameters: {listed}. Ensure you are only providing one of them."
    return invalid(path, message, "mutually_exclusive_parameters")
