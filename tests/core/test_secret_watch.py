"""The watch can fail."""

import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

FAKES = Path(__file__).parents[1] / "fakes"


@pytest.fixture(autouse=True)
def _find_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    # Not by the ini file, where a path with a space would be two.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(FAKES), str(FAKES.parents[1])]))


LEAKS = {
    "log": "logging.getLogger('navai_core.x').debug('took %s', SECRET)",
    "output of a process": "WATCH.text('output of a process', SECRET)",
    "exception": "str(NavaiError('bad key ' + SECRET))",
    "exception with data": "NavaiError('bad key', hint=SECRET)",
    "repr of Problem": "keep.append(Problem(('a',), SECRET))",
}
SHAPES = ("sk-planted-00000000", "9f3c7a51e8d24b06a7c1f95e30b8d64")


def test_each_planted_leak_fails_the_run(pytester: pytest.Pytester) -> None:
    """Each kind of leak has two secrets, because the watch only reports the first place of each."""
    planted = {f"{shape}{number}": leak for number, leak in enumerate(LEAKS) for shape in SHAPES}
    pytester.makepyfile(
        "\n".join(
            [
                "import logging",
                "from secret_watch import WATCH",
                "from navai_core.exceptions import NavaiError, Problem",
                "keep = []",
                "def test_that_leaks():",
                *(f"    SECRET = WATCH.secret({secret!r}); {LEAKS[leak]}" for secret, leak in planted.items()),
            ]
        )
    )
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    result = pytester.runpytest_subprocess("-p", "secret_watch", "-p", "no:cacheprovider", "-W", "ignore")
    result.stdout.fnmatch_lines([f"*{len(planted)} leaks*"])
    found = "\n".join(line for line in result.outlines if line.startswith("LEAK in "))
    for secret, leak in planted.items():
        assert f"LEAK in {leak.removesuffix(' with data')}: " in found
        assert secret in found
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_without_a_leak_the_run_passes(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import logging
        from secret_watch import WATCH
        from navai_core.redact import mask
        SECRET = WATCH.secret("sk-planted-000000000")
        def test_that_masks():
            logging.getLogger().warning("took %s", mask(SECRET))
        """
    )
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    result = pytester.runpytest_subprocess("-p", "secret_watch", "-p", "no:cacheprovider", "-W", "ignore")
    result.stdout.fnmatch_lines(["*0 leaks*"])
    assert result.ret == pytest.ExitCode.OK
