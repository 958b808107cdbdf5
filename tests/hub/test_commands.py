import io
import logging
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from secret_watch import WATCH

from navai_core.cli import main
from navai_core.commands.demo_scenario import language_of
from navai_core.commands.kiosk_address import kiosk_addresses, own_address, say_kiosk
from navai_core.config.load import settings_from_block
from navai_core.exceptions import StartError
from navai_core.hub.limits import HubLimiter
from navai_core.models import HubSettings, Settings
from navai_core.redact import Secret
from navai_core.simulator import Simulator

ROOT = Path(__file__).parents[2]
EXAMPLE = str(ROOT / "config.example.yaml")
TOKEN = WATCH.secret("tok_typed_Xq7mZt2LxW9")


@pytest.fixture(autouse=True)
def _streams(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_streams_of_another_kind_are_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["hash-token", "--new", "--json"]) == 0
    assert '"hash": "sha256:' in out.getvalue()


@pytest.mark.parametrize(
    "typed",
    [b"tok_\xff\xfe_0123456789012345\n", b"short\n", b"tok with blanks 0123\n", "tok_pässword_Xq7mZt2\n".encode()],
)
def test_a_token_that_is_none_is_a_sentence(
    typed: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for errors in ("strict", "surrogateescape"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed), encoding="utf-8", errors=errors))
        assert main(["hash-token"]) == 2
        assert "navai hash-token --new" in capsys.readouterr().err


@pytest.mark.parametrize("verbose", [False, True])
def test_what_nobody_expected_is_told_without_a_secret(
    verbose: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: int) -> str:
        raise RuntimeError(f"no entropy for {TOKEN}, api_key: {TOKEN}")

    Secret(TOKEN)
    monkeypatch.setattr("secrets.token_urlsafe", fail)
    assert main([*(["-v"] if verbose else []), "hash-token", "--new"]) == 4
    told = capsys.readouterr().err
    assert "Something went wrong in navai" in told
    assert "RuntimeError" in told
    assert TOKEN not in told
    assert ("Traceback" in told) == verbose
    assert ("--verbose" in told) != verbose


def test_a_demo_that_cannot_talk_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("navai_core.commands.demo.find_spec", lambda _: None)
    assert main(["demo", "--config", EXAMPLE]) == 2
    assert 'pip install "navai[hub,simulator]"' in capsys.readouterr().err


def test_a_token_is_asked_for_at_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _: TOKEN)
    assert main(["hash-token"]) == 0
    assert capsys.readouterr().out.startswith("sha256:")


@pytest.mark.parametrize("command", [["serve", "--config", EXAMPLE], ["demo", "--config", EXAMPLE]])
def test_without_the_extra_the_hub_says_what_to_install(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "navai_core.hub.server", None)
    assert main(command) == 2
    assert "pip install" in capsys.readouterr().err


def test_without_redis_the_limiter_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(StartError, match="redis"):
        HubLimiter(HubSettings(redis_url=Secret("redis://127.0.0.1:1/0")))


async def test_counts_move_to_redis_when_the_yaml_says_so() -> None:
    local = HubLimiter(HubSettings())
    assert local.changed_to(HubSettings(sign_in_failures_per_minute=3)) is local
    shared = local.changed_to(HubSettings(redis_url=Secret("redis://127.0.0.1:1/0")))
    assert shared is not local
    assert shared.changed_to(HubSettings(redis_url=Secret("redis://127.0.0.1:1/0"))) is shared
    await shared.close()
    await local.close()


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0?socket_timeout=abc", "redis://127.0.0.1:1/0?nonsense=\x00"])
async def test_a_redis_address_with_strange_options(url: str) -> None:
    try:
        await HubLimiter(HubSettings(redis_url=Secret(url))).close()
    except StartError as error:
        assert "redis://localhost" in error.message


def test_a_configuration_is_checked_by_either_way_of_naming_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("navai:\n  api_key: sk-0123456789\n  profiles:\n    kitchen: {model: gpt-realtime-2.1}\n")
    for arguments in ([str(config)], ["--config", str(config)], ["--json", "--config", str(config)]):
        assert main(["check-config", *arguments]) == 0
        assert "alid" in capsys.readouterr().out
    for arguments in ([], [str(config), "--config", str(config)]):
        with pytest.raises(SystemExit, match="2"):
            main(["check-config", *arguments])


class Screen(io.StringIO):
    """A terminal, of an encoding."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return True


def settings_with(displays: dict[str, Any]) -> Settings:
    profiles = {name: {"model": "gpt-realtime-2.1"} for name in ("office", "kitchen", "hall")}
    return settings_from_block({"api_key": "sk-0123456789", "profiles": profiles, "displays": displays}, environ={})


def test_the_kiosk_pages_are_those_of_the_displays() -> None:
    displays = {name: {"profile": "kitchen", "token": f"{TOKEN}{name}"} for name in ("a", "b")}
    displays |= {"c": {"profile": "hall", "token": f"{TOKEN}c"}, "d": {"profile": "office"}}
    settings = settings_with(displays)
    assert kiosk_addresses("https://hub.example:8770", settings) == [
        "https://hub.example:8770/navai/kiosk/kitchen",
        "https://hub.example:8770/navai/kiosk/hall",
    ]
    for everywhere in ("0.0.0.0", "[::]"):
        found = kiosk_addresses(f"http://{everywhere}:1", settings_with({}), lambda: "192.168.1.7")
        assert found == ["http://192.168.1.7:1/navai/kiosk/office"]
    assert own_address()


def test_a_machine_without_a_network_has_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr("navai_core.commands.kiosk_address.socket.socket.connect", refuse, raising=False)
    assert own_address() == socket.gethostname()


def test_a_terminal_shows_the_address_as_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    segno = pytest.importorskip("segno")
    address = "http://192.168.1.7:8770/navai/kiosk/kitchen"
    say_kiosk([address, "http://192.168.1.7:8770/navai/kiosk/hall"], Screen())
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [f"Kiosk page: {address}", "Kiosk page: http://192.168.1.7:8770/navai/kiosk/hall"]
    assert "HTTPS only: see docs/https.md" in lines[-1]
    drawn = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in lines if any(block in line for block in "█▀▄")]
    upper = [[char in "█▀" for char in line] for line in drawn]
    lower = [[char in "█▄" for char in line] for line in drawn]
    light = [row for pair in zip(upper, lower, strict=True) for row in pair]
    matrix = [[not module for module in row] for row in segno.make_qr(address, error="l").matrix_iter(border=2)]
    assert light[: len(matrix)] == matrix
    say_kiosk([address], Screen("latin-1"))
    assert "█" not in capsys.readouterr().out


def test_a_page_of_this_machine_says_so_and_a_file_gets_no_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    say_kiosk(["http://127.0.0.1:1/navai/kiosk/kitchen"], io.StringIO())
    assert capsys.readouterr().out.splitlines() == [
        "Kiosk page: http://127.0.0.1:1/navai/kiosk/kitchen",
        "Only this machine can open it. For other devices, set `hub.host`.",
    ]
    monkeypatch.setitem(sys.modules, "segno", None)
    say_kiosk(["https://hub.example/navai/kiosk/kitchen"], Screen())
    assert capsys.readouterr().out == "Kiosk page: https://hub.example/navai/kiosk/kitchen\n"


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({"LANG": "es_MX.UTF-8"}, "Spanish"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "es"}, "Spanish"),
        ({"LANG": "es_ES@euro", "LC_MESSAGES": "de_DE.UTF-8", "LC_ALL": ""}, "English"),
        ({"LANG": "C.UTF-8"}, ""),
        ({"LANG": "POSIX"}, ""),
        ({}, ""),
    ],
)
def test_the_demo_speaks_the_language_of_the_terminal(environ: dict[str, str], language: str) -> None:
    assert language_of(environ) == language


@pytest.mark.parametrize(
    ("locale", "spoken", "said"),
    [("es_AR.UTF-8", "es", "Spanish"), ("en_US", "en", "English"), ("C", "es", "Mexican Spanish")],
)
def test_the_demo_speaks_it_and_logs_nothing_between_its_lines(
    locale: str, spoken: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[Simulator] = []

    class Kept(Simulator):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.scenario = options["call_settings"].scenario
            made.append(self)

    monkeypatch.setattr("navai_core.commands.demo.Simulator", Kept)
    monkeypatch.setenv("LC_ALL", locale)
    assert main(["demo", "--config", EXAMPLE, "--once"]) == 0
    (simulator,) = made
    assert simulator.scenario.language == spoken  # type: ignore[attr-defined]
    instructions = simulator.requests[0].body["session"]["instructions"]
    assert f"Always reply in {said}" in instructions
    assert ("neutral Latin American" in instructions) == (locale == "C")
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 3
    assert told.err == ""
    assert main(["--verbose", "demo", "--config", EXAMPLE, "--once"]) == 0
    assert "display:hallway_tablet POST" in capsys.readouterr().err


def test_a_demo_without_a_display_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("navai:\n  profiles:\n    kitchen: {model: gpt-realtime-2.1}\n")
    assert main(["demo", "--config", str(config), "--once"]) == 2
    assert "uses a display" in capsys.readouterr().err


def test_a_demo_whose_first_secret_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        "navai:\n  profiles:\n    kitchen: {transcription: no-such-model}\n"
        "  displays:\n    hall: {profile: kitchen, token: !secret hall}\n"
    )
    assert main(["demo", "--config", str(config), "--once"]) == 2
    assert "The first secret was refused" in capsys.readouterr().err
