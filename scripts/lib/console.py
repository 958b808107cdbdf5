"""The output of the commands: progress and failures."""

import sys


class TroubleError(Exception):
    """Something that this machine does not have.

    The message says what, ``cure`` how to fix it, and ``details`` is the output of a failed program.
    """

    def __init__(self, text: str, *, cure: str, details: str = "") -> None:
        super().__init__(text)
        self.cure = cure
        self.details = details


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"navai: {text}", flush=True)


def warn(text: str) -> None:
    """Print an important warning."""
    rule = "!" * min(len(text) + 7, 120)
    print(f"{rule}\nnavai: {text}\n{rule}", flush=True)


def report(trouble: TroubleError) -> None:
    """Print the problem, the end of the failed program's output, and the cure."""
    sys.stdout.flush()
    for line in trouble.details.strip().splitlines()[-15:]:
        print(f"    {line}", file=sys.stderr)
    print(f"navai: {trouble}\nnavai: {trouble.cure}", file=sys.stderr, flush=True)
