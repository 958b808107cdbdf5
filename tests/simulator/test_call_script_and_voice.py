"""Scenarios, and the voices that speak them."""

import stat
import wave
from array import array
from pathlib import Path
from typing import Any

import pytest

from navai_core.simulator.call.detector import level_of
from navai_core.simulator.call.playout import Playout, frames_of
from navai_core.simulator.call.script import Scenario, ScenarioError, Script, Turn, load, parse
from navai_core.simulator.call.voice import FRAME_BYTES, Espeak, Melody, choose

WRONG: list[tuple[Any, str]] = [
    ([], "Invalid type: expected an object"),
    ({}, "'turns'"),
    ({"turns": []}, "at least one turn"),
    ({"turns": [{"heard": "x"}]}, "turns[0] needs 'say', 'call' or 'mcp'"),
    ({"turns": [{"say": "x", "then": "y"}]}, "turns[0] has 'then' without 'call' or 'mcp'"),
    ({"turns": [{"say": "x", "shout": "y"}]}, "turns[0].shout"),
    ({"turns": [{"call": {"arguments": {}}}]}, "turns[0].call.name"),
    ({"turns": [{"say": "x", "after": 0.5}]}, "turns[0] has 'after' without 'fail' or 'cut'"),
    ({"turns": [{"say": "x", "fail": "server_error", "cut": "content_filter"}]}, "turns[0] has 'fail' and 'cut'"),
    ({"turns": [{"say": "x", "fail": "gremlins"}]}, "'gremlins'"),
    ({"turns": [{"say": "x", "fail": {"code": "gremlins"}}]}, "turns[0].fail.type"),
    ({"turns": [{"say": "x", "cut": "boredom"}]}, "'boredom'"),
    ({"turns": [{"say": "x", "cut": "content_filter", "after": 2}]}, "turns[0].after"),
    ({"turns": [{"say": "x"}], "language": "e/n"}, "language"),
    ({"turns": [{"say": {1, 2}}]}, "only have strings, numbers, lists and objects"),
]


@pytest.mark.parametrize(("document", "reason"), WRONG)
def test_a_wrong_scenario_is_told(document: Any, reason: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(document)
    assert reason in str(caught.value)


def test_a_scenario_comes_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(
        "language: es\ngreeting: Hola\nturns:\n- heard: Buenos días\n"
        "  call: [{name: a}, {name: b, arguments: {x: 1}}]\n  then: Listo"
    )
    scenario = load(path)
    assert (scenario.language, scenario.greeting) == ("es", "Hola")
    (turn,) = scenario.turns
    assert [(call.name, call.arguments) for call in turn.calls] == [("a", "{}"), ("b", '{"x": 1}')]
    assert (turn.heard, turn.say, turn.then) == ("Buenos días", None, "Listo")


@pytest.mark.parametrize("content", [None, b"\xff", b"turns: ["])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "scenario.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ScenarioError, match="cannot read"):
        load(path)


def test_the_turns_go_round() -> None:
    script = Script(Scenario((Turn("a", "A"), Turn("b", "B"), Turn("c", "C"))))
    assert [script.listen() for _ in range(4)] == ["a", "b", "c", "a"]
    assert script.listen("C ") == "c"
    assert script.listen("unheard of") == "a"


def test_a_melody_is_the_same_for_the_same_seed_and_shorter_when_faster() -> None:
    def melody(seed: int, text: str = "one two three", speed: float = 1.0) -> bytes:
        return Melody(seed).utter(text, language="en", speed=speed).result()

    assert melody(1) == melody(1)
    assert melody(1) != melody(2)
    assert len(melody(1)) == 3 * 12 * FRAME_BYTES
    assert len(melody(1, speed=1.5)) == 3 * 8 * FRAME_BYTES
    assert level_of(memoryview(melody(1))) > 0.1
    assert level_of(memoryview(b"")) == 0


def fake_espeak(folder: Path, script: str) -> None:
    program = folder / "espeak-ng"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def wav(path: Path, samples: "array[int]") -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24_000)
        file.writeframes(samples.tobytes())


class TestEspeak:
    @pytest.fixture
    def on_path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        return tmp_path

    def test_its_speech_comes_at_our_rate(self, on_path: Path) -> None:
        wav(on_path / "said.wav", array("h", [0, 100, 200, 300]))
        fake_espeak(on_path, f'echo "$@" > {on_path}/options; cat > {on_path}/text; cat {on_path}/said.wav')
        voice = choose("auto")
        assert isinstance(voice, Espeak)
        audio = voice.utter("Good day", language="es", speed=1.2).result()
        assert array("h", audio).tolist() == [0, 50, 100, 150, 200, 250, 300, 300]
        assert (on_path / "text").read_text() == "Good day"
        assert (on_path / "options").read_text().split() == ["--stdin", "--stdout", "-v", "es", "-s", "198"]

    def test_nothing_said_is_nothing_heard(self, on_path: Path) -> None:
        wav(on_path / "said.wav", array("h"))
        fake_espeak(on_path, f"cat {on_path}/said.wav")
        assert choose("espeak-ng").utter("x", language="en", speed=1.0).result() == b""

    @pytest.mark.parametrize("script", ["exit 1", "echo rubbish", "true"])
    def test_when_it_fails_there_is_a_melody(
        self, on_path: Path, caplog: pytest.LogCaptureFixture, script: str
    ) -> None:
        fake_espeak(on_path, script)
        audio = choose("espeak-ng", 3).utter("one", language="en", speed=1.0).result()
        assert audio == Melody(3).utter("one", language="en", speed=1.0).result()
        assert "espeak-ng produced no speech" in caplog.text

    def test_without_it_auto_is_a_melody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        assert isinstance(choose("auto"), Melody)
        assert isinstance(choose("melody"), Melody)
        assert isinstance(choose("espeak-ng"), Espeak)


def test_the_last_frame_is_filled_up() -> None:
    frames = frames_of(b"\1" * (FRAME_BYTES + 2))
    assert [len(frame) for frame in frames] == [FRAME_BYTES, FRAME_BYTES]
    playout = Playout()
    playout.begin("resp", "item")
    playout.push(frames)
    assert [playout.next()[0] is None for _ in range(3)] == [False, False, True]
    assert playout.busy  # there may be more
    playout.finish()
    assert playout.next() == (None, "resp")
    assert playout.next() == (None, None)
