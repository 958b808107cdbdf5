"""The files that the hub's options name: whether they are there."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .exceptions import Problem

_CODE = "file_missing"


def missing_tls_files(block: Any, base: Path) -> list[Problem]:
    """The certificate and the key that are named and not there; the hub would not start.

    Args:
        block: The `navai:` block as it was written, right or wrong.
        base: The folder that files are relative to.

    Returns:
        Problems; their paths start below `navai`.
    """
    tls = _inside(block, "hub", "tls")
    return [
        Problem(("hub", "tls", name), "names a file that does not exist — correct it, or create the file", _CODE)
        for name in ("certificate", "key")
        if isinstance(file := _inside(tls, name), str) and not (base / file.strip()).is_file()
    ]


def missing_functions(block: Any, base: Path) -> list[Problem]:
    """The files of functions that are named and not there; the hub would start without them.

    Args:
        block: The `navai:` block as it was written, right or wrong.
        base: The folder that files are relative to.

    Returns:
        Warnings; their paths start below `navai`.
    """
    return [
        Problem(path, "names a file that does not exist — correct its name, or remove it", _CODE)
        for path, file in _sources(_inside(block, "hub", "functions"))
        if isinstance(file, str) and file.strip().endswith(".py") and not (base / file.strip()).is_file()
    ]


def _sources(given: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(given, list):
        for index, file in enumerate(given):
            yield ("hub", "functions", index), file
    else:
        yield ("hub", "functions"), given


def _inside(data: Any, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data
