"""The commands of this folder: ``lib/start COMMAND`` finds a Python and runs this file with it."""

import importlib
import sys

from lib.console import TroubleError, report

COMMANDS = ("bundle", "check", "demo", "develop", "lock", "run", "test")


def main() -> int:
    """Run the command named first; its module is ``lib/commands/COMMAND.py``."""
    name, *arguments = sys.argv[1:] or [""]
    if name not in COMMANDS:
        print(f"usage: lib/start {{{','.join(COMMANDS)}}} [ARGUMENT…]", file=sys.stderr)
        return 2
    try:
        return int(importlib.import_module(f"lib.commands.{name}").main(arguments))
    except TroubleError as trouble:
        report(trouble)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
