"""Cuts a JSON value to a length, with notes of what is missing, so that a model does not take a part for the whole."""

import json
from typing import Any, Final

_NOTE_BYTES: Final = 72
"""Room for a note, with its separator."""
_SHARE_BYTES: Final = 64
"""A value of an object may always have this much."""
_WORTH_BYTES: Final = 256
"""An item of a list is not cut to less than this, but left out."""


def cut_to(value: Any, room: int) -> Any:
    """Return the value if it has at most `room` bytes as JSON in UTF-8, or else the beginning of everything in it.

    Args:
        value: JSON-safe data. Keys have at most some hundred characters.
        room: At least 64 bytes.
    """
    if _size(value) <= room:
        return value
    if isinstance(value, str):
        return _cut_text(value, room)
    # A number always has room.
    return _cut_object(value, room) if isinstance(value, dict) else _cut_list(value, room)


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


def _cut_text(text: str, room: int) -> str:
    note = f"… <cut: {len(text)} characters>"
    left = room - _size(note)
    kept = text[:left]
    while (size := _size(kept) - 2) > left:
        kept = kept[: min(len(kept) - 1, len(kept) * left // size)]
    return kept + note


def _cut_list(items: list[Any], room: int) -> list[Any]:
    """Return the first items: whole ones, and a part of the one that has too little room."""
    kept: list[Any] = []
    left = room - _NOTE_BYTES
    while (size := _size(items[len(kept)]) + 2) <= left:
        kept.append(items[len(kept)])
        left -= size
    if left >= _WORTH_BYTES:
        kept.append(cut_to(items[len(kept)], left - 2))
    return [*kept, f"<cut: {len(items) - len(kept)} more of {len(items)} items>"]


def _cut_object(found: dict[str, Any], room: int) -> dict[str, Any]:
    """Return all keys that have room: the short values whole, and the same share of each long one."""
    sizes: dict[str, int] = {}
    left = room - _NOTE_BYTES
    for key, value in found.items():
        size = _size(value)
        needed = _size(key) + 4
        if needed + min(size, _SHARE_BYTES) > left - sum(min(each, _SHARE_BYTES) for each in sizes.values()):
            break
        sizes[key] = size
        left -= needed
    kept = dict.fromkeys(sizes)
    for number, key in enumerate(sorted(sizes, key=lambda key: sizes[key])):
        share = min(sizes[key], left // (len(sizes) - number))
        kept[key] = cut_to(found[key], share)
        left -= share
    missing = len(found) - len(kept)
    return {**kept, "<cut>": f"{missing} more of {len(found)} keys"} if missing else kept
