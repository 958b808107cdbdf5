"""The output of a Home Assistant process, as lines and as records."""

import asyncio
import re
import sys
from dataclasses import dataclass

START = re.compile(
    r"\S+ \d\d:\d\d:\d\d\.\d+\S* (?P<level>[A-Z]+) \((?P<thread>.+?)\) \[(?P<logger>[^]]+)\] (?P<text>.*)"
)
UNTESTED = "has not been tested by Home Assistant"
"""Home Assistant logs this about every custom integration."""


@dataclass(frozen=True, slots=True)
class Record:
    """A log record. `text` includes the lines of a traceback."""

    level: str
    logger: str
    text: str

    def __str__(self) -> str:
        return f"{self.level} [{self.logger}] {self.text}"


class Log:
    """The output of one Home Assistant, over all its starts."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._news = asyncio.Condition()
        self.ended = False

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    async def follow(self, stream: asyncio.StreamReader) -> None:
        """Read every line until the process ends."""
        while line := await stream.readline():
            async with self._news:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))
                self._news.notify_all()
        async with self._news:
            self.ended = True
            self._news.notify_all()

    async def wait_for(self, part: str, *, after: int = 0, patience: float = 120.0) -> str:
        """Wait for a line that contains `part`, after the first `after` lines."""

        def found() -> str | None:
            return next((line for line in self.lines[after:] if part in line), None)

        try:
            async with asyncio.timeout(patience), self._news:
                await self._news.wait_for(lambda: found() or self.ended)
        except TimeoutError:
            raise AssertionError(f"no {part!r} in the log:\n{self.text}") from None
        line = found()
        assert line, f"Home Assistant ended without {part!r} in its log:\n{self.text}"
        return line

    def records(self, *, after: int = 0) -> list[Record]:
        found: list[Record] = []
        for line in self.lines[after:]:
            if start := START.match(line):
                found.append(Record(start["level"], start["logger"], start["text"]))
            elif found:
                last = found.pop()
                found.append(Record(last.level, last.logger, f"{last.text}\n{line}"))
        return found

    def troubles(self, name: str) -> list[Record]:
        """Return warnings, errors and reports of blocking calls that name an integration, also in the traceback."""
        return [
            record
            for record in self.records()
            if record.level in {"WARNING", "ERROR", "CRITICAL"}
            and name in _without_paths(str(record))
            and UNTESTED not in record.text
        ]


def _without_paths(text: str) -> str:
    """Remove the path of the environment: every traceback has it, and it may contain our name."""
    for prefix in {sys.prefix, sys.base_prefix}:
        text = text.replace(prefix, "")
    return text
