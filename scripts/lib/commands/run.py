"""``run LOCK PROGRAM [ARGUMENT…]``: a program of the environment that the lock file pins, with this checkout in it."""

import os

from lib import environment, interpreter


def main(arguments: list[str]) -> int:
    """Prepare the environment and become the program."""
    lock, program, *rest = arguments
    folder = environment.prepare(lock, interpreter.at_hand())
    os.execve(folder / "bin" / program, [program, *rest], environment.variables(folder))  # noqa: S606
