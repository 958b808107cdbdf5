"""The watch is able to fail."""

import os
from pathlib import Path

import pytest

FAKES = Path(__file__).parents[1] / "fakes"


@pytest.fixture(autouse=True)
def _find_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    # Not by the ini file, where a path with a space would be two.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(FAKES), str(FAKES.parents[1])]))


LEAKS = {
    "log": "logging.getLogger('navai_core.x').debug('took %s', SECRET)",
    "exception": "str(NavaiError('bad key ' + SECRET))",
    "data": "NavaiError('bad key', hint=SECRET)",
    "repr": "keep.append(Problem(('a',), SECRET))",
    "output": "WATCH.text('output of a process', SECRET)",
}


@pytest.mark.parametrize("secret", ["sk-planted-000000000", "9f3c7a51e8d24b06a7c1f95e30b8d641"])
@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_fails_the_run(pytester: pytest.Pytester, leak: str, secret: str) -> None:
    pytester.makepyfile(
        f"""
        import logging
        from secret_watch import WATCH
        from navai_core.exceptions import NavaiError, Problem
        SECRET = WATCH.secret("{secret}")
        keep = []
        def test_that_leaks():
            {LEAKS[leak]}
        """
    )
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    result = pytester.runpytest_subprocess("-p", "secret_watch", "-p", "no:cacheprovider", "-W", "ignore")
    result.stdout.fnmatch_lines(["*1 leaks*", "*LEAK in *"])
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
