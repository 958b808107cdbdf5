import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navai_core.redact import Secret, mask, redact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key sk-abcdefgh123 is bad", "key sk-… is bad"),
        ("ek_68af296e8e408191a1120ab6383263c2", "ek_…"),
        ("Authorization: Bearer abc.def.ghi", "Authorization: Bearer …"),
        ("api-key: 0123456789abcdef", "api-key: …"),
        ('{"apiKey": "qwertz", "x": 1}', '{"apiKey": "…", "x": 1}'),
        ("/?token=hunter22&x=1", "/?token=…&x=1"),
        ("nothing to hide, not even task-force", "nothing to hide, not even task-force"),
    ],
)
def test_redact(text: str, expected: str) -> None:
    assert redact(text) == expected
    assert redact(redact(text)) == expected


def test_mask_shows_only_a_tail_and_only_of_long_secrets() -> None:
    assert mask("sk-short") == "sk-…"
    assert mask("hunter2") == "…"
    assert mask("ek_0123456789012345678901234wxyz") == "ek_…wxyz"


@given(st.text(min_size=12, alphabet=st.characters(min_codepoint=33, max_codepoint=126)))
def test_a_secret_never_shows_itself(value: str) -> None:
    secret = Secret("sk-" + value)
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r}", f"{[secret]}"):
        assert value not in shown
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.copy(secret)
    assert secret.reveal() == "sk-" + value


def test_secrets_compare_by_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
