"""The events that a client may send over the data channel or the sideband, described with `checks`."""

import json
from typing import Any, Final

from navai_core.simulator.checks import (
    Array,
    Boolean,
    ByKind,
    Check,
    Choice,
    FreeForm,
    Mapped,
    Nullable,
    Number,
    Record,
    Tagged,
    Text,
    missing,
)
from navai_core.simulator.errors import ApiError
from navai_core.simulator.wire import REALTIME, SESSION

_ID: Final = Text(min_chars=1, max_chars=512)
_OWN_ID: Final = Text(min_chars=1, max_chars=64)
_STATUS: Final = Choice(("completed", "incomplete", "in_progress"))
_COMMON: Final[dict[str, Check]] = {
    "type": Text(),
    "id": _OWN_ID,
    "object": Choice(("realtime.item",)),
    "status": _STATUS,
}
_PART: Final = Tagged(
    {
        "input_text": Record({"type": Text(), "text": Text()}, required=("text",)),
        "input_audio": Record({"type": Text(), "audio": Nullable(Text()), "transcript": Nullable(Text())}),
        "input_image": Record(
            {"type": Text(), "image_url": Text(), "detail": Choice(("auto", "low", "high"))}, required=("image_url",)
        ),
        "output_text": Record({"type": Text(), "text": Text()}, required=("text",)),
        "output_audio": Record({"type": Text(), "audio": Nullable(Text()), "transcript": Nullable(Text())}),
    }
)
_ITEM: Final = Tagged(
    {
        "message": Record(
            {**_COMMON, "role": Choice(("user", "assistant", "system")), "content": Array(_PART, max_items=64)},
            required=("role", "content"),
        ),
        "function_call": Record(
            {**_COMMON, "call_id": _ID, "name": Text(min_chars=1, max_chars=64), "arguments": Text()},
            required=("call_id", "name", "arguments"),
        ),
        "mcp_approval_response": Record(
            {**_COMMON, "approval_request_id": _ID, "approve": Boolean(), "reason": Nullable(Text())},
            required=("approval_request_id", "approve"),
        ),
        "function_call_output": Record({**_COMMON, "call_id": _ID, "output": Text()}, required=("call_id", "output")),
    }
)
_PARTS_OF_ROLE: Final = {
    "system": ("input_text",),
    "user": ("input_text", "input_audio", "input_image"),
    "assistant": ("output_text", "output_audio"),
}
_RESPONSE_NAMES: Final = (
    *("instructions", "max_output_tokens", "output_modalities", "parallel_tool_calls", "reasoning"),
    *("tool_choice", "tools"),
)
_RESPONSE: Final = Record(
    {
        **{name: REALTIME[name] for name in _RESPONSE_NAMES},
        "audio": Record({"output": Record({"format": FreeForm(), "voice": ByKind({"string": Text(min_chars=1)})})}),
        "conversation": Choice(("auto", "none")),
        "input": Array(ByKind({"object": FreeForm()}), max_items=1_000),
        "metadata": Nullable(Mapped(Text(max_chars=512))),
    }
)
_AT: Final = Number(minimum=0, whole=True)


def _event(*required: str, **members: Check) -> Record:
    return Record({"type": Text(), "event_id": Text(max_chars=512), **members}, required=required)


_EVENT: Final = Tagged(
    {
        "session.update": _event("session", session=SESSION),
        "conversation.item.create": _event("item", item=_ITEM, previous_item_id=Nullable(_ID)),
        "conversation.item.delete": _event("item_id", item_id=_ID),
        "conversation.item.retrieve": _event("item_id", item_id=_ID),
        "conversation.item.truncate": _event(
            *("item_id", "content_index", "audio_end_ms"), item_id=_ID, content_index=_AT, audio_end_ms=_AT
        ),
        "input_audio_buffer.append": _event("audio", audio=Text(max_chars=20_000_000)),
        "input_audio_buffer.clear": _event(),
        "input_audio_buffer.commit": _event(),
        "output_audio_buffer.clear": _event(),
        "response.create": _event(response=Nullable(_RESPONSE)),
        "response.cancel": _event(response_id=_ID),
    }
)
_UNPARSABLE: Final = "The event could not be parsed: the API expects one JSON object in each message."


def read(text: str | bytes) -> dict[str, Any]:
    """Return the JSON object in a message.

    Raises:
        ApiError: There is none.

    """
    try:
        event = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, _UNPARSABLE, code="invalid_json") from error
    if not isinstance(event, dict):
        raise ApiError(400, _UNPARSABLE, code="invalid_json")
    return event


def check(event: dict[str, Any]) -> None:
    """Raise `ApiError` unless the API accepts the event."""
    if "type" not in event:
        raise missing("type")
    _EVENT.check(event, "")
    item = event.get("item", {})
    if item.get("type") == "message":
        for index, part in enumerate(item["content"]):
            Choice(_PARTS_OF_ROLE[item["role"]]).check(part["type"], f"item.content[{index}].type")
