"""The effect of each client event. The events were already checked."""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, Final

from navai_core.simulator.call.context import CallContext
from navai_core.simulator.call.detector import STEP_MS, level_of
from navai_core.simulator.call.items import new_entry
from navai_core.simulator.call.session_update import updated
from navai_core.simulator.checks import invalid
from navai_core.simulator.errors import ApiError
from navai_core.simulator.tools import check_tools

Event = Mapping[str, Any]

_MIN_COMMIT_MS: Final = 100
_APPENDED_RATE: Final = 24_000
_STEP_BYTES: Final = _APPENDED_RATE * STEP_MS // 1_000 * 2


def handle(call: CallContext, event: Event) -> None:
    """Handle an event.

    Raises:
        ApiError: It is not possible.

    """
    _HANDLERS[event["type"]](call, event)


def _session_update(call: CallContext, event: Event) -> None:
    call.session = updated(call.session, event["session"], has_spoken=call.has_spoken, rules=call.settings.rules)
    call.detector.configure(call.session["audio"]["input"]["turn_detection"])
    call.emit("session.updated", session=call.session)
    call.servers.configure()


def _item_create(call: CallContext, event: Event) -> None:
    given = event["item"]
    if given["type"] == "mcp_approval_response":
        call.servers.answered(given["approval_request_id"], approve=given["approve"])
    entry = new_entry(event["item"], call.new_id("item_", 10))
    before = call.conversation.insert(entry, event.get("previous_item_id"))
    if entry.item.get("role") == "user":
        call.script.listen(" ".join(entry.texts()))
    call.emit("conversation.item.added", previous_item_id=before, item=entry.item)
    call.emit("conversation.item.done", previous_item_id=before, item=entry.item)


def _item_delete(call: CallContext, event: Event) -> None:
    call.conversation.delete(event["item_id"])
    call.emit("conversation.item.deleted", item_id=event["item_id"])


def _item_retrieve(call: CallContext, event: Event) -> None:
    call.emit("conversation.item.retrieved", item=call.conversation.get(event["item_id"], "retrieve").item)


def _item_truncate(call: CallContext, event: Event) -> None:
    if event["content_index"] != 0:
        raise invalid("content_index", "Invalid 'content_index': a spoken message has one part, with index 0.")
    call.conversation.truncate(event["item_id"], event["audio_end_ms"])
    call.emit(
        "conversation.item.truncated",
        item_id=event["item_id"],
        content_index=0,
        audio_end_ms=event["audio_end_ms"],
    )


def _append(call: CallContext, event: Event) -> None:
    if call.session["audio"]["input"]["format"]["type"] != "audio/pcm":
        raise invalid("audio", "The simulator reads appended audio as 'audio/pcm' only.")
    try:
        audio = base64.b64decode(event["audio"], validate=True)
    except binascii.Error as error:
        raise invalid("audio", "Invalid 'audio'. Expected base64-encoded audio bytes.") from error
    for start in range(0, len(audio) - _STEP_BYTES + 1, _STEP_BYTES):
        call.hear(level_of(memoryview(audio)[start : start + _STEP_BYTES]))


def _commit(call: CallContext, _: Event) -> None:
    buffered_ms = call.detector.buffered_ms
    if buffered_ms < _MIN_COMMIT_MS:
        message = (
            f"Error committing input audio buffer: buffer too small. Expected at least {_MIN_COMMIT_MS}ms of audio, "
            f"but buffer only has {buffered_ms:.2f}ms of audio."
        )
        raise ApiError(400, message, code="input_audio_buffer_commit_empty")
    call.listening.commit(call.script.listen())


def _clear_input(call: CallContext, _: Event) -> None:
    call.detector.take()
    call.emit("input_audio_buffer.cleared")


def _clear_output(call: CallContext, _: Event) -> None:
    call.listening.clear_output()


def _respond(call: CallContext, event: Event) -> None:
    options = event.get("response") or {}
    check_tools(options.get("tools", ()), "response.tools")
    call.respond(options)


def _cancel(call: CallContext, event: Event) -> None:
    if call.in_progress is None or event.get("response_id", call.in_progress.id) != call.in_progress.id:
        raise ApiError(400, "Cancellation failed: no active response found", code="response_cancel_not_active")
    call.cancel("client_cancelled")


_HANDLERS: Final[Mapping[str, Callable[[CallContext, Event], None]]] = {
    "session.update": _session_update,
    "conversation.item.create": _item_create,
    "conversation.item.delete": _item_delete,
    "conversation.item.retrieve": _item_retrieve,
    "conversation.item.truncate": _item_truncate,
    "input_audio_buffer.append": _append,
    "input_audio_buffer.clear": _clear_input,
    "input_audio_buffer.commit": _commit,
    "output_audio_buffer.clear": _clear_output,
    "response.create": _respond,
    "response.cancel": _cancel,
}
