"""``develop``: one virtual environment in the checkout with everything for working on it."""

from lib import cache, environment, interpreter
from lib.console import say

NAMES = ["test", "check", "bench"]


def main(_arguments: list[str]) -> int:
    """Make or update ``.venv``."""
    python = interpreter.at_hand()
    folder = cache.ROOT / ".venv"
    environment.sync(folder, NAMES, python)
    say(f"{folder} is ready on Python {python}. Next:")
    print(
        "    source .venv/bin/activate\n"
        "    pytest                  the tests, on this Python\n"
        "    scripts/check --fix     format, lint, types, imports\n"
        "    scripts/test            the whole gate, as continuous integration runs it"
    )
    return 0
