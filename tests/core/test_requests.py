import pytest
from multidict import MultiDict
from secret_watch import WATCH

from navai_core.config.load import settings_from_block
from navai_core.exceptions import InvalidInputError
from navai_core.models import Caller
from navai_core.redact import Secret
from navai_core.tokens import Tokens, callers_of_displays
from navai_core.web.bodies import overrides_of, profile_in

HALL = WATCH.secret("tok_hall_Xq7mZt2LxW9")


def test_the_profile_in_a_query() -> None:
    assert profile_in({}) == ""
    assert profile_in({"profile": "kitchen"}) == "kitchen"
    with pytest.raises(InvalidInputError, match="twice"):
        profile_in(MultiDict([("profile", "kitchen"), ("profile", "office")]))
    with pytest.raises(InvalidInputError) as caught:
        profile_in({"profil": "kitchen"})
    assert caught.value.data["problems"][0]["field"] == "profil"


def test_overrides_in_the_words_of_the_contract() -> None:
    assert overrides_of({}) is None
    found = overrides_of({"voiceAccent": "soft", "voiceTone": "warm", "language": "es"})
    assert found is not None
    assert (found.accent, found.tone, found.language) == ("soft", "warm", "es")


def test_a_token_stands_for_its_caller_only() -> None:
    hall = Caller(kind="display", key="hall")
    tokens = Tokens([(Secret(HALL), hall)])
    assert len(tokens) == 1
    assert tokens.caller_of(HALL) is hall
    assert tokens.caller_of(HALL + "x") is None


def test_a_display_without_a_token_has_no_way_in_by_one() -> None:
    block = {
        "profiles": {"kitchen": {}},
        "displays": {"hall": {"profile": "kitchen", "token": HALL}, "desk": {"profile": "kitchen"}},
    }
    ((token, caller),) = callers_of_displays(settings_from_block(block, environ={}))
    assert token.reveal() == HALL
    assert (caller.id, caller.display, caller.functions) == ("display:hall", "hall", False)


@pytest.mark.parametrize(
    ("users", "is_there"),
    [((), False), (("anna",), True), (("ANNA",), True), (("u1",), True), (("U1",), False), (("Bob", "Anna"), True)],
)
def test_a_person_is_found_by_key_or_by_any_name_in_any_case(users: tuple[str, ...], *, is_there: bool) -> None:
    assert Caller(kind="user", key="u1", aliases=frozenset({"Anna"})).is_among(users) is is_there
