"""A real Redis for tests: it can be stopped, killed, started again, and receive commands."""

import os
import shutil
import signal
import socket
from pathlib import Path

import pytest
from e2e_support import Process
from secret_watch import WATCH

PASSWORD = WATCH.secret("tok_redis_Xq7mZt2LxW9bRk4N")
GONE = "Redis does not answer"
BACK = "Redis works again"


def redis_program() -> str:
    found = os.environ.get("NAVAI_TEST_REDIS_SERVER") or shutil.which("redis-server")
    found = found or shutil.which("redis-server", path="/usr/sbin:/usr/local/sbin:/usr/local/bin:/opt/homebrew/bin")
    if not found:
        pytest.fail(
            "There is no redis-server: install it, name it in NAVAI_TEST_REDIS_SERVER, or run `-m 'not redis'`.",
            pytrace=False,
        )
    return found


class Redis:
    """A real Redis on a free port.

    Args:
        folder: Where it keeps its files.
        options: More for its command line.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self._options = options
        self._program = redis_program()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = self.url_with(f":{PASSWORD}@")
        self.process: Process | None = None

    def url_with(self, credentials: str) -> str:
        return f"redis://{credentials}127.0.0.1:{self.port}/0"

    def start(self, *options: str, ready: str = "Ready to accept connections") -> None:
        """Start it and wait until it says that it is ready."""
        command = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--requirepass", PASSWORD]
        command += ["--dir", str(self.folder), *self._options, *options]
        self.process = Process(self._program, *command, cwd=self.folder)
        self.process.line("stdout", ready)

    def send(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send(number)

    def end(self) -> None:
        if self.process:
            self.process.__exit__()
            self.process = None

    def restart(self, *options: str, ready: str = "Ready to accept connections") -> None:
        """End it as a service manager does, and start it again."""
        assert self.process
        assert self.process.stop() == 0
        self.start(*options, ready=ready)

    def tell(self, command: str) -> None:
        """A command that blocks Redis for a while, so that it does not answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(f"AUTH {PASSWORD}\r\n".encode())
            assert connection.recv(65536) == b"+OK\r\n"
            connection.sendall(f"{command}\r\n".encode())

    def ask(self, command: str) -> str:
        """One command in Redis' own words, on a connection of its own."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(f"AUTH {PASSWORD}\r\n{command}\r\nQUIT\r\n".encode())
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        return answer.decode()
