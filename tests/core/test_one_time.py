"""An address hands out a client secret once, within a minute, and then says the same as for one that never was."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from secret_watch import WATCH

from navai_core.exceptions import AddressUsedError
from navai_core.sessions.one_time import VALID_S, OneTimeSecrets

BODY = {"value": WATCH.secret("ek_one_time_0123456789abcdef"), "profile": "kitchen"}


def refused(kept: OneTimeSecrets, token: str) -> str:
    with pytest.raises(AddressUsedError) as raised:
        kept.take(token)
    return raised.value.message


def test_it_works_once_and_every_refusal_is_the_same() -> None:
    clock = SimpleNamespace(now=100.0)
    kept = OneTimeSecrets(lambda: clock.now)
    token, other, late = kept.add(BODY), kept.add(BODY), kept.add(BODY)
    assert len(token) >= 43
    assert kept.take(token) == BODY
    clock.now += VALID_S - 0.1
    assert kept.take(other) == BODY
    clock.now += 0.1
    said = {refused(kept, token), refused(kept, late), refused(kept, "nobody"), refused(kept, "")}
    assert len(said) == 1
    kept_now = kept.add(BODY)
    kept.clear()
    refused(kept, kept_now)
    WATCH.objects(None)


@given(steps=st.lists(st.tuples(st.sampled_from(["add", "take", "wait"]), st.integers(0, 70)), max_size=30))
def test_only_what_is_fresh_is_kept_and_handed_out_once(steps: list[tuple[str, int]]) -> None:
    clock = SimpleNamespace(now=0.0)
    kept = OneTimeSecrets(lambda: clock.now)
    added: list[tuple[str, float]] = []
    used: set[str] = set()
    for step, number in steps:
        if step == "add":
            added.append((kept.add({"number": len(added)}), clock.now))
            fresh = [token for token, at in added if clock.now < at + VALID_S and token not in used]
            assert len(kept._kept) == len(fresh), "old ones are forgotten"
        elif step == "wait":
            clock.now += number
        elif added:
            at = number % len(added)
            token, since = added[at]
            if token in used or clock.now >= since + VALID_S:
                refused(kept, token)
            else:
                assert kept.take(token) == {"number": at}
            used.add(token)
