"""`navai simulate`, with the arguments that the command line parses."""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from pathlib import Path

import pytest
import trustme
from simulator_support import KEY, Post

from navai_core.simulator import Simulator
from navai_core.simulator.call.script import DEFAULT, Turn
from navai_core.simulator.call.voice import Melody
from navai_core.simulator.command import _call_settings, _rules, add_arguments, run
from navai_core.simulator.rules import SHUTDOWN_DATES, Rules


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(["--port", "0", *arguments])


async def started(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[asyncio.Task[int], str]:
    """Start the command and wait until it has told its address."""
    task = asyncio.create_task(run(parsed(*arguments)))
    out = ""
    while not out.endswith("\n"):
        assert not task.done()
        await asyncio.sleep(0.01)
        out += capsys.readouterr().out
    return task, out.strip()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIMULATOR_API_KEY", raising=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_tells_its_address_and_stops_on_a_signal(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, post: Post, number: signal.Signals
) -> None:
    caplog.set_level(logging.INFO, "navai_core.simulator")
    task, base_url = await started(capsys)
    assert (
        await post(url=f"{base_url}/realtime/client_secrets", authorization="Bearer sk-simulator-0000")
    ).status == 200
    os.kill(os.getpid(), number)
    assert await asyncio.wait_for(task, 5) == 0
    assert [record.message for record in caplog.records] == [f"listening on {base_url}", "stopped"]


async def test_it_says_at_once_that_it_cannot_talk(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("navai_core.simulator.command.find_spec", lambda _: None)
    task, _ = await started(capsys)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await task == 0
    told = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert len(told) == 1
    assert "navai[simulator]" in told[0]


async def test_the_address_may_be_json(capsys: pytest.CaptureFixture[str]) -> None:
    task, line = await started(capsys, "--json")
    told = json.loads(line)
    assert told["base_url"].startswith("http://127.0.0.1:")
    assert told["pid"] == os.getpid()
    os.kill(os.getpid(), signal.SIGTERM)
    assert await task == 0


async def test_options_reach_the_simulator(
    capsys: pytest.CaptureFixture[str], post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMULATOR_API_KEY", f" {KEY}\n")
    task, base_url = await started(capsys, "--fault", "status=503", "--fault", "status=429", "--latency-ms", "20")
    url = f"{base_url}/realtime/client_secrets"
    replies = [await post(url=url) for _ in range(3)]
    assert [reply.status for reply in replies] == [503, 429, 200]
    assert int(replies[2].headers["openai-processing-ms"]) >= 20
    os.kill(os.getpid(), signal.SIGTERM)
    assert await task == 0


async def test_keys_may_come_from_a_file(capsys: pytest.CaptureFixture[str], post: Post, tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"sk-other\n\n{KEY}\n")
    task, base_url = await started(capsys, "--api-key-file", str(path))
    url = f"{base_url}/realtime/client_secrets"
    assert [(await post(url=url, authorization=f"Bearer {key}")).status for key in ("sk-other", KEY, "sk-no")] == [
        200,
        200,
        401,
    ]
    os.kill(os.getpid(), signal.SIGTERM)
    assert await task == 0


async def test_the_options_of_calls(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text("turns: [{say: Hello}]")
    options = ["--scenario", str(path), "--voice", "melody", "--think-ms", "40", "--session-s", "60", "--seed", "3"]
    settings = _call_settings(parsed(*options))
    assert settings.scenario.turns == (Turn(say="Hello"),)
    assert (settings.think_ms, settings.max_session_s) == (40, 60)
    spoken = settings.voice.utter("one", language="en", speed=1.0)
    assert spoken.result() == Melody(3).utter("one", language="en", speed=1.0).result()
    assert _call_settings(parsed()).scenario == DEFAULT


async def test_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert _rules(parsed()) == Rules()
    options = ["--model", "gpt-realtime-9", "--model", "gpt-realtime-10", "--forbidden-model", "gpt-realtime-10"]
    options += ["--shutdown", "gpt-realtime-9=2026-12-24", "--dialect", "xai"]
    rules = _rules(parsed(*options, "--azure-calls-need-secret", "--singular-language"))
    assert rules == Rules(
        models={"gpt-realtime-9", "gpt-realtime-10"},
        forbidden_models={"gpt-realtime-10"},
        shutdown_dates={**SHUTDOWN_DATES, "gpt-realtime-9": "2026-12-24"},
        dialect="xai",
        azure_calls_need_secret=True,
        singular_language=True,
    )


async def test_the_rules_reach_the_simulator(capsys: pytest.CaptureFixture[str], post: Post) -> None:
    task, base_url = await started(capsys, "--forbidden-model", "gpt-realtime")
    headers = {"Content-Type": "application/sdp"}
    key = "Bearer sk-simulator-0000"
    reply = await post(url=f"{base_url}/realtime/calls", data=b"v=0", headers=headers, authorization=key)
    assert (reply.status, reply.error["code"]) == (403, "model_not_found")
    os.kill(os.getpid(), signal.SIGTERM)
    assert await task == 0


async def test_a_seed_makes_runs_the_same(capsys: pytest.CaptureFixture[str], post: Post) -> None:
    values = []
    for _ in range(2):
        task, base_url = await started(capsys, "--seed", "7")
        url = f"{base_url}/realtime/client_secrets"
        values.append((await post(url=url, authorization="Bearer sk-simulator-0000")).body["value"])
        os.kill(os.getpid(), signal.SIGTERM)
        assert await task == 0
    assert values[0] == values[1]


async def test_it_serves_https(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    certificate = trustme.CA().issue_cert("127.0.0.1")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    certificate.cert_chain_pems[0].write_to_path(chain)
    certificate.private_key_pem.write_to_path(key)
    task, base_url = await started(capsys, "--tls-cert", str(chain), "--tls-key", str(key))
    assert base_url.startswith("https://")
    os.kill(os.getpid(), signal.SIGTERM)
    assert await task == 0


MISTAKES = [
    (["--host", "0.0.0.0"], "loopback only"),
    (["--port", "70000"], "--port must be"),
    (["--latency-ms", "-1"], "--latency-ms must be"),
    (["--latency-ms", "nan"], "--latency-ms must be"),
    (["--fault", "explode"], "--fault: there is no action 'explode'"),
    (["--shutdown", "gpt-realtime"], "--shutdown needs a model and a date"),
    (["--shutdown", "gpt-realtime=soon"], "--shutdown needs a model and a date"),
    (["--think-ms", "-1"], "--think-ms must be"),
    (["--session-s", "0"], "--session-s must be"),
    (["--scenario", os.devnull], "--scenario: Invalid type: expected an object, but got null instead."),
    (["--scenario", "/nowhere/scenario.yaml"], "--scenario: cannot read /nowhere/scenario.yaml"),
    (["--tls-key", "key.pem"], "--tls-key needs --tls-cert"),
    (["--tls-cert", "/nowhere/cert.pem"], "cannot load the certificate /nowhere/cert.pem"),
    (["--api-key-file", "/nowhere/key"], "cannot read --api-key-file /nowhere/key"),
    (["--api-key-file", os.devnull], "has no key"),
]


@pytest.mark.parametrize(("arguments", "reason"), MISTAKES)
async def test_a_wrong_option_is_exit_2(capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str) -> None:
    assert await run(parsed(*arguments)) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("navai simulate: ")
    assert reason in printed.err


async def test_a_taken_port_is_exit_2(capsys: pytest.CaptureFixture[str], simulator: Simulator) -> None:
    port = simulator.base_url.rsplit(":", 1)[1].removesuffix("/v1")
    assert await run(parsed("--port", port)) == 2
    told = capsys.readouterr().err
    assert f"cannot listen on 127.0.0.1 port {port} (" in told
    assert "0 uses any free one" in told


async def test_a_process_of_its_own_stops_cleanly(post: Post) -> None:
    program = (
        "import argparse, asyncio, sys; from navai_core.simulator.command import add_arguments, run; "
        "parser = argparse.ArgumentParser(); add_arguments(parser); sys.exit(asyncio.run(run(parser.parse_args())))"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        "-c",
        program,
        "--port",
        "0",
        cwd=Path(__file__).parents[2],
        env={**os.environ, "SIMULATOR_API_KEY": KEY},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    base_url = (await process.stdout.readline()).decode().strip()
    assert (await post(url=f"{base_url}/realtime/client_secrets")).status == 200
    process.send_signal(signal.SIGTERM)
    out, err = await asyncio.wait_for(process.communicate(), 10)
    assert (process.returncode, out, err) == (0, b"", b"")
