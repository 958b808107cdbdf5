"""``bundle``: dist/navai.zip, what HACS or a person unpacks into ``custom_components/navai``."""

import argparse
import hashlib

from lib.bundling import ROOT, build
from lib.console import say


def main(arguments: list[str]) -> int:
    """Build it, and say what came of it."""
    description = "Build dist/navai.zip: the integration with the core inside. The same files make the same bytes."
    argparse.ArgumentParser(prog="scripts/bundle", description=description).parse_args(arguments)
    target = build()
    content = target.read_bytes()
    say(f"{target.relative_to(ROOT)}: {len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}")
    return 0
