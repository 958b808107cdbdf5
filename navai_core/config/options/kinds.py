"""What an option is. Pure data: `schema` turns it into validators, `scripts/docs` into the reference."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Host(StrEnum):
    """What the core runs in. The value is the word that the reference uses for it."""

    HUB = "the standalone hub"
    HOME_ASSISTANT = "Home Assistant"


class Kind(StrEnum):
    """What an option takes. The value is the word that the reference uses for it."""

    TEXT = "text"
    WORD = "letters, digits, `_` and `-`"
    SECRET = "secret text"  # noqa: S105  # the word for the kind, no secret
    KEY = "API key"
    CHOICE = "one of"
    INTEGER = "whole number"
    NUMBER = "number"
    FLAG = "true or false"
    DURATION = "duration"
    URL = "address"
    VOICE = "voice"
    LANGUAGE = "language"
    NAME = "name of a profile"
    TEXTS = "list of texts"
    NAMES = "list of names of profiles"
    GROUP = "group of options"
    GROUPS = "list of groups of options"
    NAMED_GROUPS = "names, each with a group of options"
    CHOICE_OR_GROUP = "one of, or a group of options"
    OBJECT = "mapping"
    TEXT_BY_NAME = "names, each with a text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One line of the table."""

    key: str
    kind: Kind
    text: str
    """One sentence for the person who writes the YAML."""
    default: Any = None
    """None: nothing is sent or enforced unless it is set."""
    minimum: float | None = None
    """In `unit`; for texts in characters; inclusive."""
    maximum: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    open: bool = False
    """Other words than the choices pass too: what the provider adds tomorrow."""
    options: tuple["Option", ...] = ()
    """What a group holds."""
    tag: str = ""
    """A group's option that tells its variant; the options of other variants are then refused."""
    variants: tuple[str, ...] = ()
    """In a tagged group: the variants that have this option. Empty means all."""
    required: bool = False
    required_by: tuple[str, ...] = ()
    """In a tagged group: the variants that need this option, where others have it too."""
    cure: str = ""
    """What to do about a text that is too short."""
    lines: bool = False
    """A text that may have several lines."""
    example: str = ""
    later: str = ""
    """Not empty: it is checked now and acts later; the sentence says with what."""
    later_choices: tuple[str, ...] = ()
    """The choices that `later` speaks of; empty means every value."""
    host: Host | None = None
    """The only host in which it acts."""
