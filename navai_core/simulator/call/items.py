"""The conversation of a call: its items in order, as the client may read and change them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from navai_core.simulator.checks import invalid
from navai_core.simulator.errors import ApiError, echoed

ROOT: Final = "root"


@dataclass(slots=True)
class Entry:
    """One item as it is sent, and the length of its audio."""

    item: dict[str, Any] = field(repr=False)
    audio_ms: int = 0

    @property
    def id(self) -> str:
        """The item's id."""
        return str(self.item["id"])

    @property
    def kind(self) -> str:
        """The item's type."""
        return str(self.item["type"])

    @property
    def by_model(self) -> bool:
        """Whether it is a message of the model."""
        return self.item.get("role") == "assistant"

    def texts(self) -> list[str]:
        """Return all its text, as a model reads it."""
        found = [str(self.item[name]) for name in ("name", "arguments", "output") if self.item.get(name)]
        for part in self.item.get("content", ()):
            found += [part[name] for name in ("text", "transcript") if part.get(name)]
        return found


class Conversation:
    """The items, oldest first."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def entries(self) -> list[Entry]:
        """Return all of them."""
        return list(self._entries)

    @property
    def last(self) -> Entry | None:
        """The newest item."""
        return self._entries[-1] if self._entries else None

    def append(self, entry: Entry) -> str | None:
        """Add an item at the end, and return the id of the one before it."""
        before = self.last
        self._entries.append(entry)
        return before.id if before else None

    def holds(self, item_id: str) -> bool:
        """Return whether there is an item with that id."""
        return self._find(item_id) is not None

    def before(self, item_id: str) -> str | None:
        """Return the id of the item before another one; None for the first, and for a removed one."""
        place = self._find(item_id)
        return self._entries[place - 1].id if place else None

    def insert(self, entry: Entry, after: str | None) -> str | None:
        """Add an item after another one ("root": before all; None: at the end), and return that one's id.

        Raises:
            ApiError: There is no item to place it after, or its id already exists.

        """
        if self.holds(entry.id):
            raise _error("create", f"an item with id '{echoed(entry.id)}' already exists.", "item_create_duplicate_id")
        if entry.kind == "function_call_output" and entry.item["call_id"] not in self._call_ids():
            message = f"Tool call ID '{echoed(entry.item['call_id'])}' not found in conversation."
            raise invalid("item.call_id", message, "invalid_tool_call_id")
        if after is None:
            return self.append(entry)
        if after == ROOT:
            self._entries.insert(0, entry)
            return None
        place = self._find(after)
        if place is None:
            raise _error("create", _missing("previous item", after), "item_create_invalid_previous_item_id")
        self._entries.insert(place + 1, entry)
        return after

    def get(self, item_id: str, doing: str) -> Entry:
        """Return an item.

        Raises:
            ApiError: There is none with that id. The message has the attempted action (`doing`).

        """
        place = self._find(item_id)
        if place is None:
            raise _error(doing, _missing("item", item_id), f"item_{doing}_invalid_item_id")
        return self._entries[place]

    def delete(self, item_id: str) -> None:
        """Remove an item.

        Raises:
            ApiError: There is none with that id.

        """
        self._entries.remove(self.get(item_id, "delete"))

    def truncate(self, item_id: str, audio_end_ms: int) -> None:
        """Forget the audio of a model's message after a point, and its transcript: it is unknown what was heard.

        Raises:
            ApiError: There is no such item, it is not a spoken message of the model, or it is shorter.

        """
        entry = self.get(item_id, "truncate")
        if not entry.by_model or entry.item["content"][0]["type"] != "output_audio":
            raise invalid("item_id", "Only model output audio messages can be truncated.")
        if audio_end_ms > entry.audio_ms:
            message = f"Audio content of {entry.audio_ms}ms is already shorter than {audio_end_ms}ms"
            raise invalid("audio_end_ms", message)
        entry.audio_ms = audio_end_ms
        entry.item["content"] = [{"type": "output_audio"}]

    def output_of_last(self) -> str | None:
        """Return the result of a function, or of an MCP server's tool, if that is the latest item."""
        last = self.last
        if last is None or last.kind not in {"function_call_output", "mcp_call"}:
            return None
        if (error := last.item.get("error")) is not None:
            return str(error["message"])
        return None if last.item["output"] is None else str(last.item["output"])

    def _call_ids(self) -> set[str]:
        return {entry.item["call_id"] for entry in self._entries if entry.kind == "function_call"}

    def _find(self, item_id: str) -> int | None:
        return next((place for place, entry in enumerate(self._entries) if entry.id == item_id), None)


def new_entry(item: Mapping[str, Any], new_id: str) -> Entry:
    """Return the stored form of a client's item."""
    content: Sequence[Mapping[str, Any]] = item.get("content", ())
    made = {"id": new_id, "object": "realtime.item", "status": "completed", **item}
    if content:
        # Audio and pictures are not returned: the API leaves them out too.
        hidden = ("audio", "image_url")
        made["content"] = [{name: value for name, value in part.items() if name not in hidden} for part in content]
    return Entry(made)


def _missing(what: str, item_id: str) -> str:
    return f"the {what} with id '{echoed(item_id)}' does not exist."


def _error(doing: str, reason: str, code: str) -> ApiError:
    gerund = {"create": "creating", "delete": "deleting", "retrieve": "retrieving", "truncate": "truncating"}[doing]
    return ApiError(400, f"Error {gerund} item: {reason}", code=code)
