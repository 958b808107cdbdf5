"""A network that blocks UDP: a conversation over a real TURN server (coturn), with TCP only."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from secret_watch import WATCH
from voice_page import until
from voice_support import voice_stage

# The gate checks in session.test.js that the servers reach the connection; this one needs another program.
pytestmark = [pytest.mark.browser, pytest.mark.evidence]

USER: Final = "navai"
CREDENTIAL: Final = WATCH.secret("tok_turn_Xq7mZt2LxW9bRk4N")
ONLY_RELAYED: Final = """() => {
  const { setConfiguration } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.setConfiguration = function (configuration) {
    setConfiguration.call(this, { ...configuration, iceTransportPolicy: "relay" });
  };
}"""
"""As in a network without UDP: no way but the relay is tried."""
WAY: Final = """async () => {
  const stats = await [...navaiProbe.peers].at(-1).getStats();
  for (const pair of stats.values()) {
    if (pair.type !== "candidate-pair" || !pair.nominated) continue;
    const { candidateType, relayProtocol } = stats.get(pair.localCandidateId);
    return `${candidateType} over ${relayProtocol}`;
  }
}"""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture
def turn(tmp_path: Path) -> Iterator[str]:
    """The address of a TURN server that takes TCP only."""
    program = os.environ.get("NAVAI_TEST_TURNSERVER") or shutil.which("turnserver")
    if not program:
        pytest.fail("There is no turnserver: install coturn, or name it in NAVAI_TEST_TURNSERVER.", pytrace=False)
    port, log = free_port(), tmp_path / "turn.log"
    command = [program, "-n", "--no-cli", "--no-udp", "--no-tls", "--no-dtls", "--no-multicast-peers"]
    command += ["--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}"]
    command += ["--allow-loopback-peers", "--lt-cred-mech", f"--user={USER}:{CREDENTIAL}", "--realm=navai.test"]
    command += [
        f"--log-file={log}",
        "--simple-log",
        f"--pidfile={tmp_path / 'turn.pid'}",
        f"--userdb={tmp_path / 'db'}",
    ]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert process.poll() is None, log.read_text()
                try:
                    process.wait(0.05)
                except subprocess.TimeoutExpired:
                    continue
            yield f"turn:127.0.0.1:{port}?transport=tcp"
        finally:
            sys.stdout.write(log.read_text() if log.exists() else "")
            process.terminate()


async def test_people_talk_where_udp_is_blocked(turn: str, tmp_path: Path) -> None:
    servers = [{"urls": [turn], "username": USER, "credential": CREDENTIAL}]
    async with voice_stage(tmp_path, block={"ice_servers": servers}) as stage:
        page = await stage.open()
        await page.page.evaluate(ONLY_RELAYED)
        await page.tap()
        assert await page.wait_for("listening", "failed") == "listening"
        await page.wait_for("speaking")
        assert await until(lambda: page.page.evaluate(WAY), "a way") == "relay over tcp"


async def test_without_the_servers_nothing_gets_through(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        page = await stage.open()
        await page.page.evaluate(
            """() => {
              const { setLocalDescription } = RTCPeerConnection.prototype;
              RTCPeerConnection.prototype.setLocalDescription = function (description) {
                this.setConfiguration({ iceTransportPolicy: "relay" });
                return setLocalDescription.call(this, description);
              };
            }"""
        )
        await page.tap()
        assert await page.wait_for("listening", "failed") == "failed"
