import base64
import io
import json
import secrets
import string
import uuid
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navai_core.cli import main
from navai_core.config.guessable import is_guessable
from navai_core.config.load import load_settings, settings_from_block
from navai_core.config.options import Host

GUESSABLE = [
    "1234567890123456",
    "4917663081520947",  # digits only, in whichever order
    "aaaaaaaaaaaaaaaaaaaa",
    "abababababababab",
    "deadbeefdeadbeef",
    "0123456789abcdef",
    "passwordpassword",
    "kitchen-kitchen-1",
    "hallwaytablettoken",
    "HallwayTablet2024!",
    "tok_hall_0123456789",
    "my-secret-token-1",
    "familia-garcia-2024",
    "eltokendelacocina",
    "i love my dog rex 2019",
    "blue-elephant-77-x",
    "qwertyuiopasdfgh",
    "ñandúñandúñandúñandú",
    "ßßßßßßßßßßßßßßßß",
]


@pytest.mark.parametrize("token", GUESSABLE)
def test_what_people_make_up_can_be_guessed(token: str) -> None:
    assert is_guessable(token)


@pytest.mark.parametrize(
    "token",
    [
        "tok_hall_Xq7mZt2LxW9",
        "sha256 is not what this is: 8f3Kq",
        "correct-horse-battery-staple-anvil",
        "k9#Lw2$xQ7!vB4@z",
    ],
)
def test_what_has_enough_of_chance_in_it_cannot(token: str) -> None:
    assert not is_guessable(token)


def test_names_of_the_same_yaml_are_guessed_first() -> None:
    assert not is_guessable("xylofonsraumzwei-7f")
    assert is_guessable("xylofonsraumzwei-7f", ["Xylofonsraum"])


@given(st.integers(0, 10**9))
def test_random_tokens_are_never_called_guessable(seed: int) -> None:
    random = Random(seed)
    assert not is_guessable(base64.urlsafe_b64encode(random.randbytes(32)).decode().rstrip("="))
    assert not is_guessable(random.randbytes(16).hex())
    assert not is_guessable(str(uuid.UUID(int=random.getrandbits(128), version=4)))
    assert not is_guessable("".join(random.choices(string.ascii_letters + string.digits, k=32)))


def test_what_hash_token_makes_is_never_called_guessable() -> None:
    assert not any(is_guessable(secrets.token_urlsafe(32)) for _ in range(500))


@pytest.mark.parametrize(
    "alphabet",
    [string.hexdigits.lower()[:16], string.ascii_letters + string.digits + "-_", string.ascii_lowercase],
    ids=["hexadecimal", "base64", "letters"],
)
def test_the_shortest_random_tokens_are_hardly_ever_called_guessable(alphabet: str) -> None:
    random = Random(1)
    tokens = ["".join(random.choices(alphabet, k=16)) for _ in range(2000)]
    assert sum(map(is_guessable, tokens)) <= 20


@given(st.text(min_size=1, max_size=80))
def test_any_text_gets_an_answer_that_is_the_same_when_it_is_repeated(token: str) -> None:
    if is_guessable(token):
        assert is_guessable(token * 2) or len(token) < 16
    assert is_guessable("".join(filter(str.isdecimal, token)) or "7")


# --- where it is told

WORDS = {
    "displays": {
        "hall": {"profile": "kitchen", "token": "hallway-tablet-1"},
        "bath": {"profile": "kitchen", "token": "sha256:" + "0" * 64},
        "desk": {"profile": "kitchen"},
    },
    "hub": {
        "users": {
            "anna": {"token": "annaannaannaanna", "profiles": ["kitchen"]},
            "ben": {"token": "Vq7mZt2LxW9bRk4NcY8s", "profiles": ["kitchen"]},
        },
        "metrics_token": "20240101000000001",
    },
}
BLOCK = {"api_key": "sk-0123456789abcdef", "profiles": {"kitchen": {"model": "gpt-realtime-2.1"}}} | WORDS


def test_guessable_tokens_are_told_by_where_they_stand() -> None:
    settings = settings_from_block(BLOCK, environ={})
    told = [warning for warning in settings.warnings if warning.code == "guessable_token"]
    assert {warning.dotted for warning in told} == {
        "navai.displays.hall.token",
        "navai.hub.users.anna.token",
        "navai.hub.metrics_token",
    }
    for warning in told:
        assert "navai hash-token --new" in warning.message
        for token in ("hallway-tablet-1", "annaanna", "20240101"):
            assert token not in str(warning) + repr(warning)


def test_home_assistant_is_told_of_displays_only() -> None:
    settings = settings_from_block(BLOCK, environ={}, host=Host.HOME_ASSISTANT)
    told = [warning.dotted for warning in settings.warnings if warning.code == "guessable_token"]
    assert told == ["navai.displays.hall.token"]


def test_check_config_names_the_line_and_not_the_token(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "navai.yaml"
    path.write_text(
        """
navai:
  api_key: sk-0123456789abcdef
  profiles:
    kitchen:
      model: gpt-realtime-2.1
  displays:
    hall:
      profile: kitchen
      token: !secret hall_token
""".lstrip()
    )
    (tmp_path / "secrets.yaml").write_text("hall_token: kitchen-tablet-1\n")
    assert [warning.line for warning in load_settings(path, environ={}).warnings] == [9]
    assert main(["check-config", str(path)]) == 0
    told = capsys.readouterr()
    assert f"warning: {path}:9: navai.displays.hall.token: looks easy to guess" in told.err
    assert main(["check-config", str(path), "--json"]) == 0
    listed = capsys.readouterr().out
    (warning,) = json.loads(listed)["warnings"]
    assert (warning["code"], warning["path"]) == ("guessable_token", "navai.displays.hall.token")
    assert "kitchen-tablet-1" not in told.out + told.err + listed


@pytest.mark.parametrize(("token", "warned"), [("kitchen-tablet-1", True), ("Vq7mZt2LxW9bRk4NcY8s", False)])
def test_before_a_token_becomes_a_hash_it_is_looked_at(
    token: str, warned: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{token}\n"))
    assert main(["hash-token"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("sha256:")
    assert ("looks easy to guess" in told.err) is warned
    assert token not in told.out + told.err
