"""Home Assistant ≥ 2026.9 has the library probatio under the name voluptuous: the schema's tests must pass there."""

import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import sys, probatio
sys.modules["voluptuous"] = probatio
import pytest
sys.exit(pytest.main([sys.argv[1], "-q", "-p", "no:cacheprovider", "-k", "not reference_in_the_docs"]))
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="probatio needs Python 3.12; the newest Python's run has it")
def test_the_schema_holds_on_probatio() -> None:
    tests = Path(__file__).with_name("test_config.py")
    done = subprocess.run([sys.executable, "-c", RUN, tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "passed" in done.stdout or "100%" in done.stdout
