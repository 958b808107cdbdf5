"""Options and fields that no longer exist. Their errors say since when, and what to use instead."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .kinds import Option
from .request_fields import START_REQUEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """An option that was removed."""

    section: Sequence[Option]
    """The table of options that it was in."""
    key: str
    since: str
    """The version that does not have it anymore."""
    cure: str
    """What to do instead."""

    @property
    def message(self) -> str:
        """What is wrong with it."""
        return f"was removed in {self.since} — {self.cure}"


REMOVED: Final = (
    Removed(section=START_REQUEST, key="opening_line", since="0.1.0", cure="use `start_message` instead"),
    Removed(section=START_REQUEST, key="opening_context", since="0.1.0", cure="use `extra_system_prompt` instead"),
)
