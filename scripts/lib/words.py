"""Finds words that only insiders understand, in every text of the repository: `python scripts/lib/words.py [FILE…]`."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KINDS = {".css", ".html", ".js", ".json", ".md", ".py", ".sh", ".toml", ".yaml", ".yml", ""}
LEFT_OUT = ("requirements/", "scripts/lib/words.py", "tests/browser/package-lock.json", "tests/npm/", "LICENSE")
"""What is compiled, what others wrote, and this list."""

PLAINLY = {
    r"the house (speaks|sees|says|lets|may|tells)": "Home Assistant, your home, the assistant",
    r"\bwhoever\b": "anyone who, the caller",
    r"stethoscope": "check icon",
    r"\bthe doctor\b": "device check",
    r"\btook it\b": "responded, accepted it",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\banew\b": "again",
    r"\bthe owner\b": "your administrator, the user",
    r"\bis no (option|good name|voice|profile|language)\b": "is not a valid …",
    r"1e\+0": "1,000,000",
    r"busy with you": "Too many requests",
    r"\bfor ever\b": "forever",
    r"a slip of the pen": "a typo",
    r"things of weight": "important things",
}
"""A pattern, and what to write instead."""


def findings(name: str, text: str) -> list[str]:
    """Return a line for each word that a newcomer stumbles over."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, instead in PLAINLY.items():
            if match := re.search(pattern, line, re.IGNORECASE):
                found.append(f"{name}:{number}: “{match.group()}” — write: {instead}")
    return found


def texts() -> list[str]:
    """Return the names of all text files that are kept."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return [
        name
        for name in listed
        if Path(name).suffix in KINDS
        and not name.startswith(LEFT_OUT)
        and (ROOT / name).is_file()
        and not (ROOT / name).is_symlink()
    ]


def main(arguments: list[str]) -> int:
    """Print what was found."""
    found = [line for name in arguments or texts() for line in findings(name, (ROOT / name).read_text("utf-8"))]
    print("\n".join(found) or "no word that only insiders understand")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
