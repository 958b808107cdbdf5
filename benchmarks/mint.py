"""How fast the hub mints, compared with FastAPI and the official OpenAI SDK. See docs/performance.md.

    python benchmarks/mint.py [--quick] [--rounds N] [--json FILE]

It needs requirements/bench.txt, only listens on loopback, and ends every process that it starts.
"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import program
from measures import FULL, QUICK, measure
from report import lines_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds: under 90 seconds in total")
    parser.add_argument("--rounds", type=int, metavar="N", help="how many alternating rounds of the closed loop")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    arguments = parser.parse_args()
    plan = QUICK if arguments.quick else FULL
    if arguments.rounds:
        plan = replace(plan, rounds=arguments.rounds)

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    results = program.run(lambda folder: measure(plan, folder, say))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    print("\n".join(lines_of(results)))


if __name__ == "__main__":
    main()
