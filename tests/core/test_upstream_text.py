import pytest
from hypothesis import given
from hypothesis import strategies as st

from navai_core.exceptions import UpstreamInvalidResponseError
from navai_core.provider.answers import read_answer, read_secret
from navai_core.provider.texts import safe_request_id, safe_words
from navai_core.redact import Secret, redact, shares_secret

KEY = "9f3c7a51e8d24b06a7c1f95e30b8d641"


@pytest.mark.parametrize(
    "words",
    [
        "invalid_request_error",
        "unsupported_country_region_territory",
        "session.audio.input.transcription.model",
        "session.tools[12].function.parameters",
        "DeploymentNotFound",
        "ResponsibleAIPolicyViolation",
        "RESOURCE_EXHAUSTED",
        "401",
        "g711_ulaw",
        "gpt-realtime-2025-08-28",
    ],
)
def test_words_that_programs_compare_are_kept(words: str) -> None:
    assert safe_words(words, KEY) == words


@pytest.mark.parametrize(
    "other",
    [
        None,
        401,
        ["param"],
        "",
        "two words",
        "línea",
        "a" * 101,
        KEY,
        f"session.{KEY}",
        KEY.upper(),
        f"session.{KEY[3:11]}",
        ".".join(KEY[at : at + 4] for at in range(0, 32, 4)),
        "c4e19b07d35f4a8282fe6b1d7903ac5e",  # somebody else's
        "c4e1.9b07.d35f.4a82.82fe",
        "sk-proj-abcdefgh",
        "session.ek_abcdefgh",
        "AKiaIoSfoDNN7EXAmple",
        "hQzKwLmTbXcVnRsYpJdF",
        "x" * 41,
    ],
)
def test_anything_else_is_left_out(other: object) -> None:
    assert safe_words(other, KEY) is None


@pytest.mark.parametrize(
    ("given_id", "kept"),
    [
        ("req_4b1f0e6c2d7a4e3f9a8b7c6d5e4f3a2b", True),
        ("req_1", True),
        ("4b1f0e6c-2d7a-4e3f-9a8b-7c6d5e4f3a2b", True),
        ("abc-123", True),
        ("4b1f0e6c2d7a4e3f9a8b7c6d5e4f3a2b", False),  # as an Azure key
        (f"req_{KEY}", False),
        (f"req_{KEY[20:]}", False),
        ("req_sk-abcdefgh", False),
        ("req 1", False),
        ("", False),
    ],
)
def test_an_id_of_a_request_looks_like_one(given_id: str, kept: bool) -> None:
    assert safe_request_id(given_id, KEY) == (given_id if kept else None)


@given(st.text(), st.text())
def test_nothing_that_shares_a_part_with_the_key_gets_through(before: str, after: str) -> None:
    for at in range(len(KEY) - 8):
        text = f"{before}{KEY[at : at + 8]}{after}"
        assert safe_words(text, KEY) is None
        assert safe_request_id(text, KEY) is None


def test_parts_of_what_is_configured_are_found_whichever_way_they_are_written() -> None:
    Secret("Correct Horse Battery Staple")
    assert shares_secret("it was HORSE_BATTERY")
    assert not shares_secret("it was a horse")
    assert not shares_secret("")


def test_a_short_key_is_found_as_a_whole() -> None:
    assert shares_secret("the key is Hunt-er", "hunter")
    assert not shares_secret("the hunt", "hunter")
    # Nobody keeps anything by three letters.
    assert not shares_secret("the fox", "fox")


def test_a_secret_that_is_used_again_is_remembered_longer() -> None:
    kept = "kept as long as it is used"
    Secret(kept)
    for number in range(200):
        Secret(f"some other secret no {number}")
    Secret(kept)
    for number in range(200):
        Secret(f"yet another secret no {number}")
    assert redact(kept) == "…"


def test_a_key_is_no_client_secret() -> None:
    for value in (KEY, f"ek_{KEY}", KEY[4:24]):
        with pytest.raises(UpstreamInvalidResponseError):
            read_secret(b'{"value": "%s", "expires_at": 1}' % value.encode(), None, api_key=KEY)
    body = b'{"value": "ek_0", "expires_at": 1, "session": {"instructions": "say %s"}}'
    assert read_secret(body % KEY.encode(), None, api_key=KEY).session is None
    assert read_secret(body % b"hello", None, api_key=KEY).session == {"instructions": "say hello"}


def test_an_answer_holds_nothing_as_it_was_written() -> None:
    headers = {"x-request-id": KEY, "Date": KEY, "Retry-After": KEY, "x-should-retry": KEY}
    body = b'{"error": {"message": "%(k)s", "type": "%(k)s", "code": "%(k)s", "param": "%(k)s"}}' % {b"k": KEY.encode()}
    for status in (400, 429, 500):
        answer = read_answer(status, headers, body, api_key=KEY)
        assert KEY not in repr(answer)
        assert answer.body == b""
    assert KEY not in repr(read_answer(200, headers, body, api_key=KEY))
    assert read_answer(400, {}, b'{"error": "no object"}', api_key=KEY).refusal.param is None
