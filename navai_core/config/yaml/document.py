"""One YAML file → its tree of nodes. Finds mistakes in the file itself, and quotes nothing from it."""

import re
from pathlib import Path
from typing import Final

import yaml

SECRETS_FILE: Final = "secrets.yaml"
MAX_FILE_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 64
"""Levels of nesting; a usual configuration has about six."""

# A name that may be shown: words of letters, with at most three digits each. A key that was pasted in place of its name
# (`!secret sk-…`) has more digits, and must not be shown.
_NAME = re.compile(r"(?!sk-|ek_)[a-z]+\d{0,3}(?:[_.-](?:[a-z]+\d{0,3}|\d{1,3}))*", re.IGNORECASE | re.ASCII)
_MAX_NAME_CHARS: Final = 40

# A part of PyYAML's message, and our own message for it. PyYAML's text is never shown: it may quote the file.
_CURES: Final = (
    (
        "undefined alias",
        "A value that starts with * refers to an anchor (&) that does not exist. Put the text in quotes.",
    ),
    ("duplicate anchor", "The same anchor (&) is set twice. Rename one of them."),
    ("found another document", "The line --- starts a second document. Keep one document in a file."),
    ("character '\\t'", "This line has a tab. Use spaces to indent it."),
    ("cannot start any token", "Text that starts with @, %, ` or a similar character needs quotes around it."),
    (
        "could not find expected ':'",
        "A colon is missing after a key. Write `key: value`, with a space after the colon.",
    ),
    (
        "mapping values are not allowed",
        "This line has too many colons, the line before has none, or the indentation is wrong. Use quotes.",
    ),
    ("end of stream", "A quote or a bracket is not closed. Close it."),
    ("expected <block end>", "This line has a different indentation than the lines above. Indent it like them."),
    ("tag handle", "navai only knows the tags !secret, !env_var and !include. Remove the other one."),
)
_CURE: Final = "This line is not valid YAML. Check its indentation, colons and quotes."


class DocumentError(Exception):
    """The file cannot be used. `line` starts at 1, and is None if the problem is the whole file."""

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
    """PyYAML's composer with a limit: it calls itself for every level, which must not overflow Python's stack."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self._depth > MAX_DEPTH:
            raise _TooDeepError(self.line + 1)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def line_of(node: yaml.Node) -> int:
    """Return the line on which a node starts. Counts from 1."""
    return int(node.start_mark.line) + 1


def quotable(text: str, otherwise: str) -> str:
    """Return the text in backquotes if it can only be a name, else `otherwise`."""
    return f"`{text}`" if len(text) <= _MAX_NAME_CHARS and _NAME.fullmatch(text) else otherwise


def read_document(path: Path, shown: str) -> yaml.Node | None:
    """Read and parse one file, of at most `MAX_FILE_BYTES` bytes and `MAX_DEPTH` levels.

    Args:
        path: The file.
        shown: Its name in messages.

    Returns:
        The root node, or None if the file has nothing but spaces and comments.

    Raises:
        DocumentError: The file is missing, unreadable, too large, not UTF-8, or not YAML.
    """
    return _compose(_text(path, shown), shown)


def _text(path: Path, shown: str) -> str:
    try:
        if path.is_dir():
            raise DocumentError(f"{shown} is a folder. Write the name of a YAML file in it.", "not_a_file")
        if path.exists() and not path.is_file():
            raise DocumentError(f"{shown} is not a regular file. Write the name of a YAML file.", "not_a_file")
        with path.open("rb") as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise DocumentError(f"{shown} does not exist. Create it, or correct its name.", "file_not_found") from None
    except (OSError, ValueError):
        raise DocumentError(f"{shown} cannot be read. Check its name and permissions.", "file_unreadable") from None
    if len(raw) > MAX_FILE_BYTES:
        raise DocumentError(f"{shown} is larger than 1 MiB. Move everything else out of it.", "file_too_large")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DocumentError(f"{shown} is not UTF-8 text. Save it with the encoding UTF-8.", "not_utf8", line) from None


def _compose(text: str, shown: str) -> yaml.Node | None:
    try:
        loader = _Composer(text)
        try:
            return loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise DocumentError("There is a control character in the text. Remove it.", "invalid_yaml", line) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = f"{error.context} {error.problem}"
        cure = next((cure for part, cure in _CURES if part in said), _CURE)
        raise DocumentError(cure, "invalid_yaml", mark.line + 1 if mark else 1) from None
    except _TooDeepError as error:
        message = f"{shown} has more than {MAX_DEPTH} levels. Use fewer."
        raise DocumentError(message, "too_deep", error.line) from None
    except (ValueError, OverflowError):
        # PyYAML passes on the error of chr() for an escape such as "\UFFFFFFFF", without the place.
        raise DocumentError(r"An escape such as \U… is not a valid character. Correct it.", "invalid_yaml", 1) from None
