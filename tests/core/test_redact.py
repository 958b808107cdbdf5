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
        ("Authorization: Basic dXNlcjpodW50ZXIy", "Authorization: Basic …"),
        ("authorization: basic dXNlcjpodW50ZXIy\nHost: x", "authorization: basic …\nHost: x"),
        ("{'Authorization': 'Basic dXNlcjpodW50ZXIy', 'Host': 'x'}", "{'Authorization': 'Basic …', 'Host': 'x'}"),
        ('{"authorization": "Digest a=\\"me\\", b=\\"hunter2\\"", "x": 1}', '{"authorization": "Digest …", "x": 1}'),
        ('Authorization: Digest username="me", response="hunter2"', "Authorization: Digest …"),
        ("Proxy-Authorization: Negotiate YII hunter2=", "Proxy-Authorization: Negotiate …"),
        ("Authorization=hunter2 and more", "Authorization=…"),
        ("sent Basic dXNlcjpodW50ZXIy to it", "sent Basic … to it"),
        ("Basic instructions, basic rules", "Basic instructions, basic rules"),
        ("Send the header `Authorization: Bearer …`.", "Send the header `Authorization: Bearer …`."),
        ("tools.0.authorization: must be a string", "tools.0.authorization: must be a string"),
        ("api-key: 0123456789abcdef", "api-key: …"),
        ('{"apiKey": "qwertz12", "x": 1}', '{"apiKey": "…", "x": 1}'),
        ("/?access_token=hunter22&x=1", "/?access_token=…&x=1"),
        ("hallway_token: hunter22hunter", "hallway_token: …"),
        ("redis://me:hunter2@host/0", "redis://…@host/0"),
        ("key xai-abcdef012345", "key xai-…"),
        ("x_ek_abcdef012345", "x_ek_…"),
        (
            "navai.displays.a.token: must have at least 16 characters",
            "navai.displays.a.token: must have at least 16 characters",
        ),
        ("nothing to hide, not even task-force", "nothing to hide, not even task-force"),
    ],
)
def test_redact(text: str, expected: str) -> None:
    assert redact(text) == expected
    assert redact(redact(text)) == expected


def test_a_secret_is_found_whatever_it_looks_like() -> None:
    Secret("correct horse battery")
    assert redact("it was correct horse battery!") == "it was …!"


def test_only_the_latest_secrets_are_remembered() -> None:
    Secret("the very first secret")
    for number in range(300):
        Secret(f"another secret no {number}")
    assert redact("the very first secret") == "the very first secret"
    assert redact("another secret no 299") == "…"


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


@given(
    st.sampled_from(["Authorization", "authorization", "Proxy-Authorization", "PROXY-AUTHORIZATION"]),
    st.sampled_from(["Basic ", "Bearer ", "Digest ", "Negotiate ", ""]),
    st.sampled_from(["{}: {}", "{}={}", "'{}': '{}'", '{{"{}": "{}", "x": 1}}', "('{}': b'{}')", "-H '{}: {}'"]),
    st.from_regex(r"[A-Za-z0-9+/]{8,40}={0,2}", fullmatch=True),
)
def test_credentials_of_every_scheme_are_redacted_whole(name: str, scheme: str, form: str, value: str) -> None:
    redacted = redact(form.format(name, scheme + value))
    assert value not in redacted
    assert value[:6] not in redacted
    assert redact(redacted) == redacted
