"""What the commands say while one waits, and how they fail."""

import sys


class TroubleError(Exception):
    """Something this machine lacks.

    The text says what, ``cure`` what to do about it, and ``details`` is what a failing program printed.
    """

    def __init__(self, text: str, *, cure: str, details: str = "") -> None:
        super().__init__(text)
        self.cure = cure
        self.details = details


def say(text: str) -> None:
    """Print one line about what happens now."""
    print(f"navai: {text}", flush=True)


def warn(text: str) -> None:
    """Print a line that must not be overlooked."""
    rule = "!" * min(len(text) + 7, 120)
    print(f"{rule}\nnavai: {text}\n{rule}", flush=True)


def report(trouble: TroubleError) -> None:
    """Print what went wrong, the end of what the failing program said, and the cure."""
    sys.stdout.flush()
    for line in trouble.details.strip().splitlines()[-15:]:
        print(f"    {line}", file=sys.stderr)
    print(f"navai: {trouble}\nnavai: {trouble.cure}", file=sys.stderr, flush=True)
