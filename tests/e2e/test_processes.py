"""The commands as processes: `navai simulate`, `serve`, `mint`, `check-config`, `hash-token`, `demo`."""

import hashlib
import http.client
import json
import signal
import socket
import ssl
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from e2e_support import (
    ANNA,
    HALL,
    KEY,
    LOG_LINE,
    NOTES,
    ROOT,
    WRONG,
    Process,
    Simulated,
    ask,
    block,
    environment,
    navai,
    open_socket,
    run,
    served,
    until,
    write_config,
)
from secret_watch import WATCH

pytestmark = pytest.mark.once

CONTRACT = "/navai/realtime/client-secret"
IN_FORCE = "The new configuration is in use"
NOT_VALID = "The new configuration is not valid. The old one stays in use:"


def mint(url: str, profile: str = "kitchen", token: str = ANNA, **more: Any) -> Any:
    return ask("POST", f"{url}/navai/profiles/{profile}/client-secret", token=token, **more)


# --- three profiles, field by field

PROFILES: dict[str, Any] = {
    "plain": {"model": "gpt-realtime"},
    "kitchen": {
        "name": "Kitchen helper",
        "voice": "cedar",
        "language": "Spanish",
        "accent": "neutral Latin American",
        "tone": "warm and brief",
        "instructions": "  You help a family cook.\nAsk first.  ",
        "speed": 0.9,
        "turn_detection": {"type": "server_vad", "threshold": 0.7, "silence_duration_ms": 800, "create_response": True},
        "noise_reduction": "far_field",
        "transcription": "gpt-transcribe",
        "max_output_tokens": "inf",
        "truncation": {"retention_ratio": 0.5, "post_instructions": 4000},
    },
    "office": {
        "model": "gpt-realtime-2.1",
        "voice": {"id": "voice_0123abcd"},
        "instructions": "You are precise.",
        "modality": "text",
        "turn_detection": "none",
        "transcription": {"model": "gpt-live-transcribe", "language": "de", "prompt": "Flur, Küche"},
        "truncation": "disabled",
        "reasoning_effort": "low",
        "parallel_tool_calls": False,
        "tools": [
            {
                "type": "function",
                "name": "turn_on",
                "description": "Turn a light on.",
                "parameters": {"type": "object", "properties": {"room": {"type": "string"}}},
            }
        ],
        "tool_choice": {"type": "function", "name": "turn_on"},
        "tracing": {"workflow_name": "office", "metadata": {"floor": "1"}},
        "max_output_tokens": 800,
    },
}
SESSIONS: dict[str, Any] = {
    "plain": {
        "type": "realtime",
        "model": "gpt-realtime",
        "instructions": "You are a helpful assistant.",
        "audio": {"output": {"voice": "marin"}},
    },
    "kitchen": {
        "type": "realtime",
        "model": "gpt-realtime-2.1",
        "instructions": (
            "You help a family cook.\nAsk first.\nAlways reply in Spanish.\n"
            "Use a neutral Latin American accent while speaking.\nUse a warm and brief tone while speaking."
        ),
        "audio": {
            "input": {
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.7,
                    "silence_duration_ms": 800,
                    "create_response": True,
                },
                "noise_reduction": {"type": "far_field"},
                "transcription": {"model": "gpt-transcribe", "languages": ["es"]},
            },
            "output": {"voice": "cedar", "speed": 0.9},
        },
        "max_output_tokens": "inf",
        "truncation": {
            "type": "retention_ratio",
            "retention_ratio": 0.5,
            "token_limits": {"post_instructions": 4000},
        },
    },
    "office": {
        "type": "realtime",
        "model": "gpt-realtime-2.1",
        "instructions": "You are precise.",
        "output_modalities": ["text"],
        "audio": {
            "input": {
                "turn_detection": None,
                "transcription": {"model": "gpt-live-transcribe", "languages": ["de"], "prompt": "Flur, Küche"},
            },
            "output": {"voice": {"id": "voice_0123abcd"}},
        },
        "max_output_tokens": 800,
        "truncation": "disabled",
        "reasoning": {"effort": "low"},
        "parallel_tool_calls": False,
        "tools": PROFILES["office"]["tools"],
        "tool_choice": {"type": "function", "name": "turn_on"},
        "tracing": {"workflow_name": "office", "metadata": {"floor": "1"}},
    },
}


@pytest.fixture
def three(simulator: Simulated, folder: Path) -> Path:
    users = {"anna": {"token": ANNA, "profiles": list(PROFILES)}}
    return write_config(
        folder,
        block(
            simulator.base_url,
            {"users": users},
            profiles=PROFILES,
            defaults={},
            displays={},
            client_secret_ttl=120,
            organization="org-e2e",
            project="proj_e2e",
        ),
    )


def test_the_body_that_reaches_the_provider_is_the_contracts_field_by_field(three: Path, simulator: Simulated) -> None:
    with served(three) as (_, url):
        for name, session in SESSIONS.items():
            simulator.forget()
            reply = mint(url, name)
            assert reply.status == 200
            (arrived,) = simulator.requests()
            assert arrived["body"] == {"expires_after": {"anchor": "created_at", "seconds": 120}, "session": session}
            assert arrived["status"] == 200
            assert arrived["path"] == "/v1/realtime/client_secrets"
            limits = {"idle_timeout", "session_length", "tool_timeout"}
            assert set(reply.body) == {"value", "expires_at", "profile", "model", "voice", "url", *limits}
            assert reply.body["value"].startswith("ek_")
            # The provider answers in whole seconds, and the next one may have begun.
            assert 0 < reply.body["expires_at"] - arrived["time"] <= 121
            assert (reply.body["profile"], reply.body["model"]) == (name, session["model"])
            assert reply.body["url"] == f"{simulator.base_url}/realtime/calls"


def test_the_headers_that_reach_the_provider(three: Path, simulator: Simulated) -> None:
    with served(three) as (_, url):
        for profile in ("plain", "office", "plain", "office"):
            assert mint(url, profile).status == 200
    first, second = (arrived["headers"] for arrived in simulator.requests()[:2])
    assert first["content-type"] == "application/json"
    assert first["user-agent"].startswith("navai/")
    assert first["openai-organization"] == "org-e2e"
    assert first["openai-project"] == "proj_e2e"
    assert len(first["openai-safety-identifier"]) == 64
    assert first["openai-safety-identifier"] == second["openai-safety-identifier"], "the same person"
    assert "openai-beta" not in first
    assert "cookie" not in first
    assert "anna" not in json.dumps(first)
    connections = {arrived["connection"] for arrived in simulator.requests()}
    assert len(connections) <= 2, "the one that was opened ahead, and one for a mint that did not wait for it"


def test_the_contracts_own_route_takes_overrides_in_its_own_words(simulator: Simulated, folder: Path) -> None:
    profile = {"tone": "dry", "allow_overrides": ["model", "voice", "instructions", "language", "accent", "tone"]}
    config = write_config(folder, block(simulator.base_url, profiles={"kitchen": profile}))
    request = {
        "model": "gpt-realtime-2",
        "voice": "sage",
        "instructions": "Sing.",
        "language": "French",
        "voiceAccent": "Parisian",
        "voiceTone": "merry",
    }
    with served(config) as (_, url):
        reply = ask("POST", url + CONTRACT, token=HALL, json_body=request)
        assert reply.status == 200
        assert set(reply.body) == {"value", "expires_at"}
        nothing_said = dict.fromkeys(request, None) | {"voice": "  "}
        assert ask("POST", url + CONTRACT, token=HALL, json_body=nothing_said).status == 200
    first, second = (arrived["body"]["session"] for arrived in simulator.requests())
    assert first == {
        "type": "realtime",
        "model": "gpt-realtime-2",
        "instructions": "Sing.\nAlways reply in French.\nUse a Parisian accent while speaking.\n"
        "Use a merry tone while speaking.",
        "audio": {"output": {"voice": "sage"}},
        "tools": [NOTES | {"authorization": "***", "headers": "***"}],
    }
    assert second["instructions"] == "You are a helpful assistant.\nUse a dry tone while speaking."
    assert second["audio"]["output"]["voice"] == "marin"


# --- stopping


def test_sigterm_lets_a_mint_under_way_end_and_takes_no_new_request(simulator: Simulated, folder: Path) -> None:
    simulator.fault("latency-ms=5000")
    config = write_config(folder, block(simulator.base_url))
    with served(config) as (hub, url), ThreadPoolExecutor() as pool:
        slow = pool.submit(mint, url)
        simulator.wait_for_requests(1)
        hub.send(signal.SIGTERM)
        hub.line("stderr", "Stopping")
        until(lambda: turned_away(url))
        assert not slow.done(), "the hub stopped before the mint ended"
        assert slow.result().status == 200
        assert hub.end() == 0


def turned_away(url: str) -> bool:
    """Whether a new connection is refused, or gets the answer that the hub is stopping."""
    try:
        return bool(ask("GET", f"{url}/navai/health").status == 503)
    except OSError:
        return True


def test_a_client_that_connects_while_the_hub_stops_is_answered_or_refused_at_once(
    simulator: Simulated, folder: Path
) -> None:
    def hammer(url: str) -> float:
        """Send requests over new connections until the hub is gone; return the longest time."""
        longest = 0.0
        while True:
            began = time.monotonic()
            try:
                refused = turned_away(url)
            except http.client.HTTPException:
                refused = True  # closed in the midst
            longest = max(longest, time.monotonic() - began)
            if refused:
                return longest

    command = ("serve", "--config", write_config(folder, block(simulator.base_url)), "--port", "0", "--json")
    for _ in range(4):
        # Not `served`: a socket that nobody has closed when the process ends is what this is about.
        with navai(*command, cwd=folder) as hub, ThreadPoolExecutor() as pool:
            url = json.loads(hub.line("stdout", "url"))["url"]
            asking = [pool.submit(hammer, url) for _ in range(8)]
            until(lambda hub=hub: hub.err.count("/navai/health 200") > 20)
            began = time.monotonic()
            assert hub.stop() == 0
            assert time.monotonic() - began < 5, "it waited for a connection on which nothing came any more"
            assert max(each.result() for each in asking) < 5
            assert " ERROR " not in hub.err


def test_a_connection_that_idles_does_not_hold_the_end_up(simulator: Simulated, folder: Path) -> None:
    config = write_config(folder, block(simulator.base_url, {"shutdown_timeout": 300}))
    with served(config) as (hub, url), open_socket(url) as idle:
        idle.sendall(b"GET /navai/health HTTP/1.1\r\nHost: hub\r\n\r\n")
        assert idle.recv(100).startswith(b"HTTP/1.1 200")
        assert hub.stop() == 0


def test_a_mint_that_takes_longer_than_the_shutdown_timeout_is_cut_off(simulator: Simulated, folder: Path) -> None:
    simulator.fault("latency-ms=8000")
    config = write_config(folder, block(simulator.base_url, {"shutdown_timeout": 0}))
    with served(config) as (hub, url), ThreadPoolExecutor() as pool:
        slow = pool.submit(mint, url)
        simulator.wait_for_requests(1)
        assert hub.stop() == 0
        assert isinstance(slow.exception(), OSError)


def test_a_second_sigterm_does_no_harm(simulator: Simulated, folder: Path) -> None:
    simulator.fault("latency-ms=700")
    config = write_config(folder, block(simulator.base_url))
    with served(config) as (hub, url), ThreadPoolExecutor() as pool:
        slow = pool.submit(mint, url)
        simulator.wait_for_requests(1)
        hub.send(signal.SIGTERM)
        hub.line("stderr", "Stopping")
        hub.send(signal.SIGTERM)
        hub.send(signal.SIGINT)
        assert slow.result().status == 200
        assert hub.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_hub_and_simulator_end_with_0_on_a_signal(simulator: Simulated, folder: Path, number: signal.Signals) -> None:
    with served(write_config(folder, block(simulator.base_url))) as (hub, _):
        assert hub.stop(number) == 0
    with navai("simulate", "--port", "0", cwd=folder) as process:
        process.line("stdout", "http://127.0.0.1:")
        assert process.stop(number) == 0
        assert process.trouble == ""


def test_an_interrupted_mint_is_exit_130(simulator: Simulated, folder: Path) -> None:
    simulator.fault("latency-ms=8000")
    config = write_config(folder, block(simulator.base_url))
    with navai("mint", "kitchen", "--config", config, cwd=folder) as process:
        simulator.wait_for_requests(1)
        assert process.stop(signal.SIGINT) == 130
        assert process.out == ""
        assert process.trouble == ""


# --- reloading


def test_sighup_re_reads_the_yaml(simulator: Simulated, folder: Path) -> None:
    config = write_config(folder, block(simulator.base_url), "config.yaml")
    with served(config) as (hub, url):
        assert mint(url).status == 200
        write_config(folder, block(simulator.base_url, profiles={"kitchen": {"voice": "verse"}}), "config.yaml")
        assert mint(url).status == 200
        hub.send(signal.SIGHUP)
        hub.line("stderr", IN_FORCE)
        assert mint(url).status == 200
    voices = [arrived["body"]["session"]["audio"]["output"]["voice"] for arrived in simulator.requests()]
    assert voices == ["marin", "marin", "verse"]


def test_a_mint_under_way_survives_a_reload(simulator: Simulated, folder: Path) -> None:
    simulator.fault("latency-ms=5000")
    config = write_config(folder, block(simulator.base_url), "config.yaml")
    with served(config) as (hub, url), ThreadPoolExecutor() as pool:
        slow = pool.submit(mint, url)
        simulator.wait_for_requests(1)
        hub.send(signal.SIGHUP)
        hub.line("stderr", IN_FORCE)
        assert not slow.done()
        assert slow.result().status == 200


def test_tokens_and_functions_change_with_a_reload(simulator: Simulated, folder: Path) -> None:
    config = write_config(folder, block(simulator.base_url, {"functions": ["f.py"]}), "config.yaml")
    (folder / "f.py").write_text("def one():\n    return 1\n")
    with served(config) as (hub, url):
        assert [item["name"] for item in ask("GET", f"{url}/navai/functions", token=ANNA).body["items"]] == ["one"]
        (folder / "f.py").write_text("def two():\n    return 22\n")
        users = {"anna": {"token": WATCH.secret("tok_anna_Pw3nGv8KcJ5dHs2F"), "profiles": ["kitchen"]}}
        write_config(folder, block(simulator.base_url, {"functions": ["f.py"], "users": users}), "config.yaml")
        hub.send(signal.SIGHUP)
        hub.line("stderr", IN_FORCE)
        assert ask("GET", f"{url}/navai/functions", token=ANNA).status == 401
        listed = ask("GET", f"{url}/navai/functions", token="tok_anna_Pw3nGv8KcJ5dHs2F")
        assert [item["name"] for item in listed.body["items"]] == ["two"]


def test_a_reload_says_what_needs_a_restart(simulator: Simulated, folder: Path) -> None:
    config = write_config(folder, block(simulator.base_url), "config.yaml")
    with served(config) as (hub, url):
        write_config(folder, block(simulator.base_url, {"cors": ["https://panel.example.org"]}), "config.yaml")
        hub.send(signal.SIGHUP)
        assert "hub.cors" in hub.line("stderr", "Restart the hub for these changes")
        hub.line("stderr", IN_FORCE)
        assert ask("GET", f"{url}/navai/health").status == 200


BROKEN = {
    "a mistake": ("navai:\n  profiles:\n    kitchen:\n      voice: marrin\n", ":4: navai.profiles.kitchen.voice: "),
    "no YAML": ("navai:\n  profiles: [\n", ":3: "),
    "empty": ("", "config.yaml"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_an_invalid_yaml_keeps_the_old_one_and_says_why(simulator: Simulated, folder: Path, kind: str) -> None:
    text, reason = BROKEN[kind]
    config = write_config(folder, block(simulator.base_url), "config.yaml")
    with served(config) as (hub, url):
        config.write_text(text)
        hub.send(signal.SIGHUP)
        hub.line("stderr", NOT_VALID)
        assert "config.yaml" in hub.line("stderr", reason)
        assert mint(url).status == 200
        metrics = ask("GET", f"{url}/metrics").raw.decode()
        assert 'navai_config_reloads_total{outcome="refused"} 1.0' in metrics
        write_config(folder, block(simulator.base_url, profiles={"kitchen": {"voice": "ash"}}), "config.yaml")
        hub.send(signal.SIGHUP)
        hub.line("stderr", IN_FORCE)
        assert mint(url).body["voice"] == "ash"


def test_a_redis_url_that_cannot_be_used_does_not_end_reloading(simulator: Simulated, folder: Path) -> None:
    config = write_config(folder, block(simulator.base_url), "config.yaml")
    with served(config) as (hub, url):
        write_config(folder, block(simulator.base_url, {"redis_url": "nonsense"}), "config.yaml")
        hub.send(signal.SIGHUP)
        hub.line("stderr", NOT_VALID)
        write_config(folder, block(simulator.base_url, profiles={"kitchen": {"voice": "ash"}}), "config.yaml")
        hub.send(signal.SIGHUP)
        hub.line("stderr", IN_FORCE)
        assert mint(url).body["voice"] == "ash"


def test_a_reload_that_takes_the_last_token_away_is_refused_unless_on_loopback(
    simulator: Simulated, folder: Path
) -> None:
    config = write_config(folder, block(simulator.base_url), "config.yaml")
    with served(config, "--host", "0.0.0.0") as (hub, url):
        write_config(folder, block(simulator.base_url, {"users": {}}, displays={}), "config.yaml")
        hub.send(signal.SIGHUP)
        hub.line("stderr", NOT_VALID)
        assert mint(url.replace("0.0.0.0", "127.0.0.1")).status == 200


# --- check-config

MISTAKES = """\
navai:
  api_key: sk-e2e-key-0123456789abcdef
  client_secret_ttl: 5
  profiles:
    kitchen:
      voice: marrin
      toon: warm
    office:
      model: [a, b]
  displays:
    hall:
      profile: kitchn
      token: short
"""


def test_check_config_prints_every_mistake_at_once(folder: Path) -> None:
    (folder / "c.yaml").write_text(MISTAKES)
    code, out, err = run("check-config", "c.yaml", cwd=folder)
    assert code == 1
    assert err == ""
    places = {line.split(": ")[0]: line.split(": ")[1] for line in out.splitlines()}
    assert places == {
        "c.yaml:3": "navai.client_secret_ttl",
        "c.yaml:6": "navai.profiles.kitchen.voice",
        "c.yaml:7": "navai.profiles.kitchen.toon",
        "c.yaml:9": "navai.profiles.office.model",
        "c.yaml:12": "navai.displays.hall.profile",
        "c.yaml:13": "navai.displays.hall.token",
    }
    assert "did you mean `marin`?" in out
    assert "did you mean `tone`?" in out
    assert "did you mean `kitchen`?" in out
    assert "short" not in out.replace("c.yaml", "")


def test_check_config_as_json(folder: Path) -> None:
    (folder / "c.yaml").write_text(MISTAKES)
    code, out, err = run("check-config", "c.yaml", "--json", cwd=folder)
    assert (code, err) == (1, "")
    told = json.loads(out)
    assert told["valid"] is False
    problem = next(each for each in told["problems"] if each["path"] == "navai.profiles.kitchen.voice")
    assert (problem["file"], problem["line"], problem["code"]) == ("c.yaml", 6, "unknown_voice")
    assert len(told["problems"]) == 6


def test_check_config_of_a_good_file(folder: Path) -> None:
    config = write_config(folder, block("http://127.0.0.1:1/v1"), "good.yaml")
    code, out, err = run("check-config", config, cwd=folder)
    assert (code, err) == (0, "")
    assert out == f"{config} is valid: 1 profile, 1 display, 1 user."
    code, out, err = run("check-config", config, "--json", cwd=folder)
    assert (code, json.loads(out), err) == (0, {"valid": True, "problems": [], "warnings": []}, "")


def test_a_warning_is_not_a_mistake(folder: Path) -> None:
    config = write_config(folder, block("http://127.0.0.1:1/v1", profiles={"kitchen": {"model": "gpt-realtime"}}))
    code, out, err = run("check-config", config, cwd=folder)
    assert code == 0
    assert "is valid" in out
    assert err.startswith("warning: ")
    assert "gpt-realtime-2.1" in err
    assert json.loads(run("check-config", config, "--json", cwd=folder)[1])["warnings"][0]["code"] == "model_retires"


UNREADABLE = {"missing.yaml": None, "empty.yaml": "", "other.yaml": "light:\n  a: 1\n", "broken.yaml": "navai: [\n"}


@pytest.mark.parametrize("command", ["check-config", "serve", "mint", "demo"])
@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_used_is_exit_1(folder: Path, name: str, command: str) -> None:
    if (text := UNREADABLE[name]) is not None:
        (folder / name).write_text(text)
    code, out, err = run(command, *([name] if command == "check-config" else ["--config", name]), cwd=folder)
    told, other = (out, err) if command == "check-config" else (err, out)
    assert (code, other) == (1, "")
    assert name in told


# --- mint


def test_mint_masks_the_secret(simulator: Simulated, folder: Path) -> None:
    config = write_config(folder, block(simulator.base_url))
    code, out, err = run("mint", "kitchen", "--config", config, cwd=folder)
    assert (code, err) == (0, "")
    assert out.startswith("kitchen: ek_…")
    assert "(gpt-realtime-2.1, marin)" in out


def test_mint_reveals_the_secret_when_asked(simulator: Simulated, folder: Path) -> None:
    config = write_config(folder, block(simulator.base_url))
    code, out, _ = run("mint", "--config", config, "--reveal", "--json", cwd=folder, shows_secrets=True)
    told = json.loads(out)
    assert code == 0
    assert len(WATCH.secret(told["value"])) > 20
    assert told["profile"] == "kitchen", "the default one"
    code, out, _ = run("mint", "--config", config, "--reveal", cwd=folder, shows_secrets=True)
    assert code == 0
    WATCH.secret(out.removeprefix("kitchen: ").partition(",")[0])


def test_mint_as_json_is_masked_too(simulator: Simulated, folder: Path) -> None:
    config = write_config(folder, block(simulator.base_url))
    code, out, err = run("mint", "kitchen", "--config", config, "--json", cwd=folder)
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["value"].startswith("ek_…")
    assert set(told) == {"profile", "model", "voice", "value", "expires_at", "expires_at_iso", "url"}
    assert told["expires_at_iso"].endswith("+00:00")


REFUSED = {
    "unknown_profile": (["nosuch"], "", {}),
    "api_key_refused": ([], "status=401", {}),
    "quota_exhausted": ([], "error=insufficient_quota", {}),
    "upstream_timeout": ([], "latency-ms=3000", {"timeout": 1}),
    "upstream_unreachable": ([], "", {"base_url": "http://127.0.0.1:1/v1"}),
    "api_key_missing": ([], "", {"api_key": None}),
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_refused_mint_is_exit_3_and_names_the_code(simulator: Simulated, folder: Path, code: str) -> None:
    arguments, fault, changes = REFUSED[code]
    if fault:
        simulator.fault(fault)
    options = {name: value for name, value in (block(simulator.base_url) | changes).items() if value is not None}
    exit_code, out, err = run("mint", *arguments, "--config", write_config(folder, options), cwd=folder)
    assert (exit_code, out) == (3, "")
    assert err.splitlines()[-1].endswith(f"[{code}]")


def test_a_command_that_fails_answers_in_json_where_json_was_asked_for(simulator: Simulated, folder: Path) -> None:
    simulator.fault("status=401")
    config = write_config(folder, block(simulator.base_url))
    code, out, err = run("mint", "--json", "--config", config, cwd=folder)
    assert (code, err) == (3, "")
    told = json.loads(out)
    assert (told["code"], told["upstream_status"]) == ("api_key_refused", 401)
    assert told["error"].startswith("The provider refused the API key")
    code, out, err = run("serve", "--json", "--config", "none.yaml", cwd=folder)
    assert (code, json.loads(out)["code"], err) == (1, "invalid_config", "")
    code, out, err = run("hash-token", "--json", cwd=folder, stdin="short")
    assert (code, json.loads(out)["code"], err) == (2, "cannot_start", "")


def test_the_key_may_come_from_the_environment(simulator: Simulated, folder: Path) -> None:
    options = block(simulator.base_url)
    del options["api_key"]
    config = write_config(folder, options)
    env = environment(OPENAI_API_KEY=KEY)
    assert run("mint", "--config", config, cwd=folder, env=env)[0] == 0


def test_verbose_shows_no_secret_either(simulator: Simulated, folder: Path) -> None:
    config = write_config(folder, block(simulator.base_url))
    code, out, err = run("-v", "mint", "--config", config, cwd=folder)
    assert code == 0
    assert len(out.splitlines()) == 1
    assert all(LOG_LINE.match(line) for line in err.splitlines())


# --- hash-token


def test_a_hash_from_stdin_works_in_a_hub(simulator: Simulated, folder: Path) -> None:
    code, out, err = run("hash-token", cwd=folder, stdin=f"{ANNA}\n")
    assert (code, err) == (0, "")
    assert out == "sha256:" + hashlib.sha256(ANNA.encode()).hexdigest()
    users = {"anna": {"token": out, "profiles": ["kitchen"]}}
    with served(write_config(folder, block(simulator.base_url, {"users": users}))) as (_, url):
        assert mint(url).status == 200
        assert mint(url, token=WRONG).status == 401
        assert mint(url, token=out).status == 401, "the hash itself opens nothing"


def test_a_new_token_is_told_once_with_its_hash(simulator: Simulated, folder: Path) -> None:
    code, out, err = run("hash-token", "--new", "--json", cwd=folder, shows_secrets=True)
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert len(told["token"]) >= 32
    assert told["hash"] == "sha256:" + hashlib.sha256(told["token"].encode()).hexdigest()
    users = {"anna": {"token": told["hash"].upper().replace("SHA256", "sha256"), "profiles": ["kitchen"]}}
    with served(write_config(folder, block(simulator.base_url, {"users": users}))) as (hub, url):
        assert mint(url, token=told["token"]).status == 200
        hub.stop()
        assert told["token"] not in hub.err + hub.out
    code, out, err = run("hash-token", "--new", cwd=folder, shows_secrets=True)
    assert (code, err) == (0, "")
    first, second = out.splitlines()
    token, digest = first.rpartition(" ")[2], second.rpartition(" ")[2]
    assert digest == "sha256:" + hashlib.sha256(token.encode()).hexdigest()


def test_a_short_token_is_exit_2(folder: Path) -> None:
    code, out, err = run("hash-token", cwd=folder, stdin="tooshort\n")
    assert (code, out) == (2, "")
    assert "16 characters" in err
    assert "tooshort" not in err


# --- who may listen where


def test_a_hub_that_nobody_has_a_token_for_listens_on_loopback_only(simulator: Simulated, folder: Path) -> None:
    config = write_config(folder, block(simulator.base_url, {"users": {}}, displays={}))
    code, out, err = run("serve", "--config", config, "--host", "", "--port", "0", cwd=folder)
    assert (code, out) == (2, "")
    assert "0.0.0.0 to listen everywhere" in err
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        code, out, err = run("serve", "--config", config, "--host", host, "--port", "0", cwd=folder)
        assert (code, out) == (2, ""), host
        assert "token" in err
    with served(config) as (_, url):
        assert ask("GET", f"{url}/navai/health").status == 200
        for token in (None, "", ANNA):
            assert ask("GET", f"{url}/navai/profiles", token=token).status == 401
            assert ask("POST", url + CONTRACT, token=token).status == 401
    assert simulator.requests() == []


def test_with_a_token_it_listens_everywhere(simulator: Simulated, folder: Path) -> None:
    with served(write_config(folder, block(simulator.base_url)), "--host", "0.0.0.0") as (_, url):
        assert url.startswith("http://0.0.0.0:")
        assert mint(url.replace("0.0.0.0", "127.0.0.1")).status == 200


def test_a_password_in_a_mistaken_redis_url_is_not_shown(simulator: Simulated, folder: Path) -> None:
    password = WATCH.secret("tok_redis_password_Xq7mZt2LxW9")
    config = write_config(folder, block(simulator.base_url, {"redis_url": f"redys://:{password}@127.0.0.1:1/0"}))
    with navai("serve", "--config", config, "--port", "0", cwd=folder) as process:
        process.end()
        assert password not in process.out + process.err


@pytest.mark.parametrize("command", ["serve", "demo", "simulate"])
def test_a_taken_port_is_exit_2(simulator: Simulated, folder: Path, command: str) -> None:
    config = write_config(folder, block(simulator.base_url))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        arguments = [] if command == "simulate" else ["--config", str(config)]
        code, out, err = run(command, "--port", port, *arguments, cwd=folder)
    assert code == 2
    assert "http" not in out if command != "demo" else "hub" not in out
    assert port in err
    assert "Choose another" in err


WRONG_PLACES = [
    ("serve", "--port", "70000"),
    ("serve", "--port", "-1"),
    ("serve", "--host", "a..b"),
    ("demo", "--port", "70000"),
]


@pytest.mark.parametrize("arguments", WRONG_PLACES, ids=" ".join)
def test_a_place_that_does_not_exist_is_exit_2(simulator: Simulated, folder: Path, arguments: tuple[str, ...]) -> None:
    config = write_config(folder, block(simulator.base_url, {"port": 0}))
    code, _, err = run(*arguments, "--config", config, cwd=folder)
    assert code == 2
    assert err


def test_a_redis_url_that_cannot_be_used_is_a_sentence_not_a_traceback(simulator: Simulated, folder: Path) -> None:
    for url in ("nonsense", "http://127.0.0.1", "redis://127.0.0.1:notaport/0"):
        config = write_config(folder, block(simulator.base_url, {"redis_url": url}))
        code, out, err = run("serve", "--config", config, "--port", "0", cwd=folder)
        assert code in {1, 2}, url
        assert out == ""
        assert "redis_url" in err


USAGE = [[], ["nosuch"], ["serve"], ["mint"], ["check-config"], ["serve", "--config", "c.yaml", "--port", "x"]]


@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_wrong_usage_is_exit_2(folder: Path, arguments: list[str]) -> None:
    code, out, err = run(*arguments, cwd=folder)
    assert (code, out) == (2, "")
    assert err.startswith("usage: navai")


def test_help_tells_the_exit_codes(folder: Path) -> None:
    code, out, err = run("--help", cwd=folder)
    assert (code, err) == (0, "")
    assert "130 interrupted" in " ".join(out.split())


# --- TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def certificate(authority: trustme.CA, folder: Path) -> tuple[Path, Path]:
    issued = authority.issue_cert("127.0.0.1", "localhost")
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(key)
    return chain, key


def test_it_serves_https(
    simulator: Simulated, folder: Path, authority: trustme.CA, certificate: tuple[Path, Path]
) -> None:
    tls = {"certificate": "chain.pem", "key": "key.pem"}
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with served(write_config(folder, block(simulator.base_url, {"tls": tls}))) as (_, url):
        assert url.startswith("https://127.0.0.1:")
        assert mint(url, tls=trusting).status == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            mint(url)
        with open_socket(url) as plain:
            plain.sendall(b"GET /navai/health HTTP/1.1\r\nHost: hub\r\n\r\n")
            assert plain.recv(100) == b"", "plain HTTP gets nothing"
        assert mint(url, tls=trusting).status == 200


def served_serial(url: str, trusting: ssl.SSLContext) -> str:
    with open_socket(url) as plain, trusting.wrap_socket(plain, server_hostname="127.0.0.1") as secured:
        return str((secured.getpeercert() or {})["serialNumber"])


def test_a_renewed_certificate_is_taken_at_sighup_and_a_broken_one_is_not(
    simulator: Simulated, folder: Path, authority: trustme.CA, certificate: tuple[Path, Path]
) -> None:
    chain, key = certificate
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    tls = {"certificate": "chain.pem", "key": "key.pem"}
    config = write_config(folder, block(simulator.base_url, {"tls": tls}), "config.yaml")
    with served(config) as (hub, url):
        first = served_serial(url, trusting)
        chain.write_text("no certificate")
        hub.send(signal.SIGHUP)
        assert "hub.tls" in hub.line("stderr", "The current certificate stays in use")
        hub.line("stderr", IN_FORCE)
        assert served_serial(url, trusting) == first
        renewed = authority.issue_cert("127.0.0.1", "localhost")
        chain.write_bytes(b"".join(part.bytes() for part in renewed.cert_chain_pems))
        renewed.private_key_pem.write_to_path(key)
        seen = hub.count("stderr")
        hub.send(signal.SIGHUP)
        hub.line("stderr", IN_FORCE, after=seen)
        assert served_serial(url, trusting) != first
        assert mint(url, tls=trusting).status == 200


@pytest.mark.parametrize("broken", ["chain.pem", "key.pem", "missing"])
def test_a_certificate_that_does_not_load_is_exit_2(
    simulator: Simulated, folder: Path, certificate: tuple[Path, Path], broken: str
) -> None:
    if broken == "missing":
        certificate[0].unlink()
    else:
        (folder / broken).write_text("no certificate")
    config = write_config(folder, block(simulator.base_url, {"tls": {"certificate": "chain.pem", "key": "key.pem"}}))
    code, out, err = run("serve", "--config", config, "--port", "0", cwd=folder)
    assert (code, out) == (2, "")
    assert ("hub.tls.certificate" if broken == "missing" else "hub.tls") in err


def test_an_encrypted_key_is_an_error_and_no_question(
    simulator: Simulated, folder: Path, certificate: tuple[Path, Path]
) -> None:
    key = serialization.load_pem_private_key(certificate[1].read_bytes(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"tok_password"),
    )
    certificate[1].write_bytes(encrypted)
    config = write_config(folder, block(simulator.base_url, {"tls": {"certificate": "chain.pem", "key": "key.pem"}}))
    code, out, err = run("serve", "--config", config, "--port", "0", cwd=folder)
    assert (code, out) == (2, "")
    assert "The TLS key is encrypted. Decrypt it" in err
    code, out, err = run("simulate", "--port", "0", "--tls-cert", "chain.pem", "--tls-key", "key.pem", cwd=folder)
    assert (code, out) == (2, "")
    assert "is encrypted: decrypt it" in err


def test_the_provider_is_trusted_by_the_systems_certificates_only(
    folder: Path, authority: trustme.CA, certificate: tuple[Path, Path]
) -> None:
    arguments = ("--tls-cert", str(certificate[0]), "--tls-key", str(certificate[1]))
    authority.cert_pem.write_to_path(folder / "ca.pem")
    with Simulated(folder, *arguments).process as process:
        base_url = json.loads(process.out)["base_url"]
        config = write_config(folder, block(base_url))
        code, _, err = run("mint", "--config", config, cwd=folder)
        assert (code, err.endswith("[upstream_unreachable]")) == (3, True)
        assert "certificate" in err
        trusting = environment(SSL_CERT_FILE=str(folder / "ca.pem"))
        assert run("mint", "--config", config, cwd=folder, env=trusting)[0] == 0
        with served(config, env=trusting) as (_, url):
            assert mint(url).status == 200
        with served(config) as (_, url):
            reply = mint(url)
            assert (reply.status, reply.code) == (502, "upstream_unreachable")
        process.send(signal.SIGTERM)
        assert process.end() == 0


# --- functions

FUNCTIONS = '''
import asyncio, threading, time

def turn_on(room: str, brightness: int = 100) -> str:
    """Turn a light on."""
    return f"{room} at {brightness}"

async def breathe(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "done"

def fail(text: str) -> None:
    raise RuntimeError(text)

def hang() -> None:
    time.sleep(30)

def who(context) -> str:
    return context.caller

class Lamp:
    def __init__(self, room: str) -> None:
        self.room = room
    def set(self, level: int) -> str:
        """Set the level."""
        return f"{self.room}={level}"
'''


@pytest.fixture
def house(simulator: Simulated, folder: Path) -> Path:
    (folder / "lights.py").write_text(FUNCTIONS)
    hub = {"functions": ["lights.py", "missing.py"], "function_timeout": 0.5, "shutdown_timeout": 0.1}
    return write_config(folder, block(simulator.base_url, hub))


def execute(url: str, name: Any, payload: Any = None, token: str = ANNA) -> Any:
    body = {"function_name": name, "payload": payload}
    return ask("POST", f"{url}/navai/functions/execute", json_body=body, token=token)


def test_a_function_that_refuses_to_end_keeps_nobody_waiting(simulator: Simulated, folder: Path) -> None:
    (folder / "stubborn.py").write_text(
        "import asyncio\n\nasync def stubborn():\n    while True:\n        try:\n            await asyncio.sleep(60)\n"
        "        except asyncio.CancelledError:\n            pass\n"
    )
    hub_options = {"functions": ["stubborn.py"], "function_timeout": 0.2, "shutdown_timeout": 1}
    with served(write_config(folder, block(simulator.base_url, hub_options))) as (hub, url):
        assert execute(url, "stubborn").body["running"]
        assert hub.stop() == 0
        assert "The hub stops anyway" in hub.err


def test_a_display_executes_no_function_unless_the_yaml_says_so(simulator: Simulated, folder: Path) -> None:
    displays = {"hall": {"profile": "kitchen", "token": HALL}}
    with served(write_config(folder, block(simulator.base_url, displays=displays))) as (_, url):
        assert ask("GET", f"{url}/navai/functions", token=HALL).status == 403
        assert execute(url, "anything", token=HALL).status == 403
        assert ask("GET", f"{url}/navai/functions", token=ANNA).status == 200


def test_functions_are_listed_and_executed(house: Path) -> None:
    with served(house) as (hub, url):
        listed = ask("GET", f"{url}/navai/functions", token=HALL).body
        assert [item["name"] for item in listed["items"]] == ["turn_on", "breathe", "fail", "hang", "who", "lamp_set"]
        assert listed["items"][0]["description"] == "Turn a light on."
        assert listed["items"][0]["source"] == "lights.py#turn_on"
        assert listed["warnings"] == ["missing.py does not exist. Correct its name in functions, or remove it."]
        assert "missing.py does not exist" in hub.err
        done = execute(url, "  Turn_ON ", {"room": "hall", "brightness": 5})
        assert done.body == {
            "ok": True,
            "function_name": "turn_on",
            "source": "lights.py#turn_on",
            "result": "hall at 5",
        }
        assert execute(url, "turn_on", {"args": ["hall", 7]}).body["result"] == "hall at 7"
        assert execute(url, "turn_on", {"value": "hall"}).body["result"] == "hall at 100"
        assert execute(url, "breathe", {"seconds": 0.01}).body["result"] == "done"
        assert execute(url, "lamp_set", {"constructorArgs": ["hall"], "methodArgs": [3]}).body["result"] == "hall=3"
        assert execute(url, "who", None, HALL).body["result"] == "display:hall"
        assert execute(url, "who", {}).body["result"] == "user:anna"


def test_a_function_that_fails_is_an_answer_for_the_model(house: Path) -> None:
    with served(house) as (_, url):
        failed = execute(url, "fail", {"text": "the bulb is broken"})
        assert (failed.status, failed.body["ok"], failed.code) == (200, False, "function_failed")
        assert failed.body["details"] == "the bulb is broken"
        misfit = execute(url, "turn_on", {"room": 5})
        assert (misfit.status, misfit.body["ok"]) == (200, False)
        assert "room" in misfit.body["details"]
        assert execute(url, "hang").body["result"]["status"] == "still running"
        assert execute(url, "breathe", {"seconds": 20}).body["result"]["status"] == "still running"


def test_what_the_contract_says_of_wrong_names(house: Path) -> None:
    with served(house) as (_, url):
        missing = execute(url, "  ")
        assert (missing.status, missing.body["error"]) == (400, "function_name is required.")
        unknown = execute(url, "nosuch")
        assert (unknown.status, unknown.body["error"]) == (404, "Unknown or disallowed function.")
        assert unknown.body["available_functions"] == ["turn_on", "breathe", "fail", "hang", "who", "lamp_set"]


# --- demo


def test_the_demo_mints_from_the_example_and_shows_a_masked_secret(folder: Path) -> None:
    code, out, err = run("demo", "--config", ROOT / "config.example.yaml", "--once", cwd=folder)
    assert code == 0
    simulator, hub, first = out.splitlines()
    assert simulator.startswith("The simulator of OpenAI Realtime runs at http://127.0.0.1:")
    assert hub.startswith("The hub runs at http://127.0.0.1:")
    assert first.startswith("The first client secret for “kitchen”: ek_…")
    assert err == ""
    assert "Bearer" not in out


def test_the_demo_stays_until_it_is_stopped_and_its_curl_works(folder: Path) -> None:
    command = ("demo", "--config", ROOT / "config.example.yaml")
    with navai(*command, cwd=folder, shows_secrets=True) as process:
        process.line("stdout", "Press Ctrl-C to stop the demo.")
        token = process.line("stdout", "Bearer ").partition("Bearer ")[2].rstrip("'")
        url = process.line("stdout", "curl -X POST").split()[3]
        assert ask("POST", url, token=token).status == 200
        assert ask("POST", url, token=WRONG).status == 401
        page = process.line("stdout", "/navai/kiosk/").strip()
        assert page == f"{url.partition('/profiles/')[0]}/kiosk/kitchen#token={token}"
        with urllib.request.urlopen(page) as answer:
            assert b"<navai-kiosk " in answer.read()
        assert process.line("stdout", "openai_api_key, hallway_token, anna_token")
        assert process.stop(signal.SIGINT) == 0
        assert process.out.splitlines()[-1] == "Stopping."
        assert process.trouble == ""
        assert token not in process.err


# --- stdout and stderr


def test_stdout_has_only_results_and_stderr_only_logs(simulator: Simulated, folder: Path) -> None:
    config = write_config(folder, block(simulator.base_url))
    with navai("serve", "--config", config, "--port", "0", cwd=folder) as hub:
        line = hub.line("stdout", "navai listens on ")
        url = line.split()[3]
        assert mint(url).status == 200
        assert mint(url, token=WRONG).status == 401
        assert ask("GET", f"{url}/navai/nothing?token={ANNA}").status == 404
        assert hub.stop() == 0
        assert hub.out.splitlines() == [
            f"navai listens on {url} (profiles: kitchen)",
            f"Kiosk page: {url}/navai/kiosk/kitchen",
            "Only this machine can open it. For other devices, set `hub.host`.",
        ]
        assert hub.err
        assert [log for log in hub.err.splitlines() if not LOG_LINE.match(log)] == []
    assert simulator.process.out.count("\n") == 0


def test_the_access_log_says_who_and_what_but_no_query(simulator: Simulated, folder: Path) -> None:
    with served(write_config(folder, block(simulator.base_url))) as (hub, url):
        request_id = ask("POST", f"{url}{CONTRACT}?profile=kitchen", token=HALL).headers["X-Request-Id"]
        line = until(lambda: next((line for line in hub.err.splitlines() if request_id in line), None))
        assert " INFO navai_core.hub.access: display:hall POST /navai/realtime/client-secret 200 " in line
        assert "profile=" not in hub.err
        request_id = ask("GET", f"{url}/navai/profiles/kitchen/client-secret", token=HALL).headers["X-Request-Id"]
        line = until(lambda: next((line for line in hub.err.splitlines() if request_id in line), None))
        assert " GET /navai/profiles/kitchen/client-secret 405 " in line


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_of_another_encoding_is_no_reason_to_fail(simulator: Simulated, folder: Path, encoding: str) -> None:
    config = write_config(folder, block(simulator.base_url))
    env = environment(PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert run("mint", "--config", config, cwd=folder, env=env)[0] == 0
    assert run("demo", "--config", config, "--once", cwd=folder, env=env)[0] == 0


def test_python_m_navai_core_needs_no_folder_of_its_own(folder: Path) -> None:
    with Process(sys.executable, "-m", "navai_core", "--version", cwd=folder) as process:
        assert process.end() == 0
        assert process.out.startswith("navai ")
