"""The turns: from the start and end of speech to items, transcriptions and responses."""

from typing import Any

from navai_core.simulator.call import usage
from navai_core.simulator.call.context import CallContext
from navai_core.simulator.call.detector import Speech
from navai_core.simulator.call.items import Entry


class Turns:
    """Follows one call's input, as its `turn_detection` says."""

    def __init__(self, call: CallContext) -> None:
        self._call = call
        self._item_id: str | None = None
        self._wanted = False
        self._quiet_since_ms: int | None = None

    def changed(self, speech: Speech | None) -> None:
        """Notify the clients that speech has started or stopped, and act on it."""
        if speech is None:
            return
        self._quiet_since_ms = None
        if speech.started:
            self._started(speech.at_ms)
            return
        item_id = self._reserved_id()
        self._call.emit("input_audio_buffer.speech_stopped", audio_end_ms=speech.at_ms, item_id=item_id)
        self.commit(self._call.script.listen())
        self._wanted = self._detection().get("create_response", True)

    def tick(self) -> None:
        """Start a due response, and end a silence that lasts too long."""
        call = self._call
        if self._wanted and call.in_progress is None:
            self._wanted = False
            call.respond({})
        if call.in_progress is not None or call.playout.busy or call.detector.speaking:
            self._quiet_since_ms = None
            return
        patience_ms = self._detection().get("idle_timeout_ms")
        if self._quiet_since_ms is None:
            self._quiet_since_ms = call.now_ms
        elif patience_ms is not None and call.has_spoken and call.now_ms - self._quiet_since_ms >= patience_ms:
            self._break_silence(patience_ms)

    def commit(self, transcript: str) -> None:
        """Turn the content of the input buffer into an item."""
        call = self._call
        item_id = self._reserved_id()
        self._item_id = None
        audio_ms = call.detector.take()
        content = {"type": "input_audio", "transcript": None}
        item: dict[str, Any] = {
            "id": item_id,
            "type": "message",
            "object": "realtime.item",
            "status": "completed",
            "role": "user",
            "content": [content],
        }
        before = call.conversation.append(Entry(item, audio_ms))
        call.emit("input_audio_buffer.committed", previous_item_id=before, item_id=item_id)
        call.emit("conversation.item.added", previous_item_id=before, item=item)
        call.emit("conversation.item.done", previous_item_id=before, item=item)
        transcription = call.session["audio"]["input"]["transcription"]
        if transcription is None:
            return
        content["transcript"] = transcript
        place = {"item_id": item_id, "content_index": 0}
        name = "conversation.item.input_audio_transcription"
        if transcript:
            call.emit(f"{name}.delta", **place, delta=transcript)
        report = usage.of_transcription(transcription.get("model", ""), transcript, audio_ms)
        call.emit(f"{name}.completed", **place, transcript=transcript, usage=report)

    def clear_output(self) -> None:
        """Stop the current audio, and notify the clients."""
        if self._call.playout.busy:
            self._call.emit("output_audio_buffer.cleared", response_id=self._call.playout.clear())

    def _started(self, at_ms: int) -> None:
        call = self._call
        item_id = self._reserved_id()
        call.emit("input_audio_buffer.speech_started", audio_start_ms=at_ms, item_id=item_id)
        if not self._detection().get("interrupt_response", True):
            return
        self._wanted = False
        call.cancel("turn_detected")
        spoken, played_ms = call.playout.item_id, call.playout.played_ms
        self.clear_output()
        if call.conversation.holds(spoken):
            call.conversation.truncate(spoken, played_ms)
            call.emit("conversation.item.truncated", item_id=spoken, content_index=0, audio_end_ms=played_ms)

    def _break_silence(self, patience_ms: int) -> None:
        call = self._call
        self._quiet_since_ms = None
        end_ms = call.detector.heard_ms
        call.emit(
            "input_audio_buffer.timeout_triggered",
            audio_start_ms=max(0, end_ms - patience_ms),
            audio_end_ms=end_ms,
            item_id=self._reserved_id(),
        )
        self.commit("")
        self._wanted = True

    def _reserved_id(self) -> str:
        """Return the id of the item for the current speech."""
        if self._item_id is None:
            self._item_id = self._call.new_id("item_", 10)
        return self._item_id

    def _detection(self) -> dict[str, Any]:
        found: dict[str, Any] = self._call.session["audio"]["input"]["turn_detection"] or {}
        return found
