"""Writes docs/options.md from the table of options: `options_reference.py [--check]`."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from navai_core.config.options import ROOT, Kind, Option
from navai_core.config.validators.base import counted
from navai_core.providers import OPENAI_VOICES

TARGET = Path(__file__).parents[2] / "docs" / "options.md"

HEAD = """# Options

All options under `navai:`. `scripts/docs` writes this page from `navai_core/config/options`. Do not edit it.

Write durations as seconds, or as `"HH:MM:SS"` in quotes. An option with *Later* has no effect yet: navai checks it and
shows a warning.
"""


def reference() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_section("navai", ROOT)]).rstrip() + "\n"


def _section(title: str, options: Sequence[Option]) -> Iterator[str]:
    yield f"## `{title}`\n"
    yield "| option | takes | default | what it does |"
    yield "|---|---|---|---|"
    yield from (_row(option) for option in options)
    yield ""
    for option in options:
        # `defaults` has the options of a profile, which are not printed twice.
        if option.options and option.key != "defaults":
            inner = f"{title}.{option.key}"
            yield from _section(f"{inner}.<name>" if option.kind is Kind.NAMED_GROUPS else inner, option.options)


def _row(option: Option) -> str:
    default = "" if option.default in (None, "") else f"`{_plain(option.default)}`"
    text = option.text
    if option.variants:
        text = f"({', '.join(option.variants)}) {text}"
    if option.example:
        text += f" Example: `{option.example}`."
    if option.host:
        text += f" *In {option.host} only.*"
    if option.later:
        which = f" (`{'`, `'.join(option.later_choices)}`)" if option.later_choices else ""
        text += f" *Later{which}: {option.later}.*"
    needed_by = f"**required** ({', '.join(option.required_by)})" if option.required_by else default
    required = "**required**" if option.required else needed_by
    return f"| `{option.key}` | {_takes(option)} | {required} | {text} |"


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else counted(value) if isinstance(value, float) else str(value)


def _takes(option: Option) -> str:
    choices = OPENAI_VOICES if option.kind is Kind.VOICE else option.choices
    words = ", ".join(f"`{choice}`" for choice in choices)
    kind = str(option.kind.value)
    if option.kind in {Kind.CHOICE, Kind.CHOICE_OR_GROUP}:
        kind = kind.replace("one of", words)
    elif words:
        kind = f"{kind}: {words}"
    if option.open:
        kind += ", or another model"
    # The bounds of a string are its length, which is rarely important: an error message has it.
    if option.kind in {Kind.INTEGER, Kind.NUMBER, Kind.DURATION}:
        kind += f", {counted(option.minimum or 0)} to {counted(option.maximum or 0)}"
    return f"{kind} {option.unit}".strip()


def main(arguments: Sequence[str]) -> int:
    """Write the page, or compare it. Returns the exit code."""
    page = reference()
    if "--check" in arguments:
        stale = not TARGET.exists() or TARGET.read_text(encoding="utf-8") != page
        print("docs/options.md is out of date. Run scripts/docs" if stale else "docs/options.md is up to date")
        return int(stale)
    TARGET.write_text(page, encoding="utf-8")
    print("docs/options.md is written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
