"""One YAML file → its tree of nodes. What is wrong with the file itself is found here; nothing in it is quoted."""

import re
from pathlib import Path
from typing import Final

import yaml

MAX_FILE_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 64
"""Levels of nesting; a household's configuration has about six."""

# A name that may be shown: words of letters, with at most three digits each. A key that was pasted where its name
# belongs (`!secret sk-…`) has more of them, and must not be shown.
_NAME = re.compile(r"(?!sk-|ek_)[a-z]+\d{0,3}(?:[_.-](?:[a-z]+\d{0,3}|\d{1,3}))*", re.IGNORECASE | re.ASCII)
_MAX_NAME_CHARS: Final = 40

# What PyYAML says, and what a householder can do about it. Its own words are never passed on: some quote the file.
_CURES: Final = (
    ("undefined alias", "A value that begins with * points at an anchor (&), and there is none — put text in quotes."),
    ("duplicate anchor", "The same anchor (&) is set twice — give one of the two another name."),
    ("found another document", "A line --- begins a second document — keep one document in a file."),
    ("character '\\t'", "A tab stands where spaces are needed — indent with spaces."),
    ("cannot start any token", "Text that begins with @, %, ` or the like needs quotes around it."),
    (
        "could not find expected ':'",
        "A colon is missing after a key — write `key: value`, with a space after the colon.",
    ),
    (
        "mapping values are not allowed",
        "This line has a colon too many, the one before has none, or one of them is indented wrongly — use quotes.",
    ),
    ("end of stream", "A quote or a bracket is opened and never closed — close it."),
    ("expected <block end>", "This line does not line up with the ones above it — indent it as they are."),
    ("tag handle", "navai understands the tags !secret, !env_var and !include only — remove the other one."),
)
_CURE: Final = "This line is not valid YAML — check its indentation, colons and quotes."


class DocumentError(Exception):
    """The file cannot be used. `line` starts at 1, and is None when the trouble is the file as a whole."""

    def __init__(self, message: str, code: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.line = line


class _TooDeepError(Exception):
    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


class _Composer(yaml.SafeLoader):
    """PyYAML's composer, bounded: it calls itself for every level, and Python's stack is not ours to overflow."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self._depth > MAX_DEPTH:
            raise _TooDeepError(self.line + 1)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def line_of(node: yaml.Node) -> int:
    """Return the line on which a node begins. Starts at 1."""
    return int(node.start_mark.line) + 1


def quotable(text: str, otherwise: str) -> str:
    """Return the text in backquotes if it can only be a name, else the words to say in its place."""
    return f"`{text}`" if len(text) <= _MAX_NAME_CHARS and _NAME.fullmatch(text) else otherwise


def read_document(path: Path, shown: str) -> yaml.Node | None:
    """Read and parse one file, of at most `MAX_FILE_BYTES` bytes and `MAX_DEPTH` levels.

    Args:
        path: The file.
        shown: How messages call it.

    Returns:
        The node at the root, or None when there is nothing but blanks and comments.

    Raises:
        DocumentError: The file is missing, unreadable, too large, not UTF-8, or not YAML.
    """
    return _compose(_text(path, shown), shown)


def _text(path: Path, shown: str) -> str:
    try:
        if path.is_dir():
            raise DocumentError(f"{shown} is a folder — name a YAML file in it.", "not_a_file")
        if path.exists() and not path.is_file():
            raise DocumentError(f"{shown} is not a regular file — name a YAML file.", "not_a_file")
        with path.open("rb") as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise DocumentError(f"{shown} does not exist — create it, or correct its name.", "file_not_found") from None
    except (OSError, ValueError):
        raise DocumentError(f"{shown} cannot be read — check its name and permissions.", "file_unreadable") from None
    if len(raw) > MAX_FILE_BYTES:
        raise DocumentError(
            f"{shown} is larger than 1 MiB — move what is not configuration elsewhere.", "file_too_large"
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DocumentError(f"{shown} is not UTF-8 text — save it with the encoding UTF-8.", "not_utf8", line) from None


def _compose(text: str, shown: str) -> yaml.Node | None:
    try:
        loader = _Composer(text)
        try:
            return loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise DocumentError("There is a control character in the text — remove it.", "invalid_yaml", line) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = f"{error.context} {error.problem}"
        cure = next((cure for part, cure in _CURES if part in said), _CURE)
        raise DocumentError(cure, "invalid_yaml", mark.line + 1 if mark else 1) from None
    except _TooDeepError as error:
        message = f"{shown} is nested more than {MAX_DEPTH} levels deep — make it flatter."
        raise DocumentError(message, "too_deep", error.line) from None
    except (ValueError, OverflowError):
        # PyYAML passes on what chr() says about an escape such as "\UFFFFFFFF", without a place.
        raise DocumentError(r"An escape such as \U… stands for no character — correct it.", "invalid_yaml", 1) from None
