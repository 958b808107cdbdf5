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

    TEXT = "string"
    TEMPLATE = "string, in Home Assistant also a template"
    WORD = "letters, digits, `_` and `-`"
    SECRET = "secret string"  # noqa: S105  # the name of the kind, not a secret
    KEY = "API key"
    TOKEN = "token"  # noqa: S105
    CHOICE = "one of"
    INTEGER = "whole number"
    NUMBER = "number"
    FLAG = "true or false"
    DURATION = "duration"
    URL = "address"
    VOICE = "voice"
    LANGUAGE = "language, or `auto`"
    LANGUAGE_CODE = "language name or tag, or `auto`"
    LANGUAGES = "list of languages"
    KEYWORDS = "list of strings, or `auto`"
    NAME = "profile name"
    TEXTS = "list of strings"
    NAMES = "list of profile names"
    GROUP = "section"
    GROUPS = "list of sections"
    NAMED_GROUPS = "map of named sections"
    CHOICE_OR_GROUP = "one of, or a section"
    TEXTS_OR_GROUP = "list of strings, or a section"
    OBJECT = "map"
    TEXT_BY_NAME = "map of strings"


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
    """In `unit`; of a string, in characters. Inclusive."""
    maximum: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    open: bool = False
    """Other words are valid too: the provider may add new ones."""
    options: tuple["Option", ...] = ()
    """The options in a section."""
    tag: str = ""
    """The option that selects a section's variant. Options of other variants are refused."""
    variants: tuple[str, ...] = ()
    """In a section with a `tag`: the variants that have this option. Empty means all."""
    required: bool = False
    required_by: tuple[str, ...] = ()
    """In a section with a `tag`: the variants that need this option, if others have it too."""
    cure: str = ""
    """What to do about a string that is too short."""
    lines: bool = False
    """The string may have several lines."""
    example: str = ""
    later: str = ""
    """Not empty: the option is checked now and has an effect later. The text says when."""
    later_choices: tuple[str, ...] = ()
    """The choices that `later` is about. Empty means every value."""
    host: Host | None = None
    """The only host in which the option has an effect."""
