"""The browser's modules, and Node to look into them."""

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import npm_packages

WWW: Final = Path(__file__).parents[2] / "custom_components" / "navai" / "www"


def exported(module: str, name: str) -> Any:
    """What a module that needs no browser exports under a name: data, as JSON holds it."""
    program = f"import {{ {name} }} from {json.dumps((WWW / module).as_uri())}; console.log(JSON.stringify({name}));"
    node = npm_packages.program("NAVAI_TEST_NODE", "node")
    command = [node, "--no-warnings", "--input-type=module", "-e", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)
