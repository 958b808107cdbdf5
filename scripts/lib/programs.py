"""The programs beside Python that some tests start."""

import os
import shutil
import ssl
import subprocess
from pathlib import Path

from lib import debian
from lib.console import TroubleError

CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin")


def redis_server() -> Path:
    """Return a Redis server that runs."""
    return _program("redis-server")


def curl() -> Path:
    """Return a curl that runs, for the examples of the README."""
    return _program("curl")


def _program(name: str) -> Path:
    """Return an installed program, else Debian's of the same name, unpacked into the cache."""
    for folder in (None, *FOLDERS):
        found = shutil.which(name, path=folder)
        if found and _runs(found, "--version"):
            return Path(found)
    program = debian.unpack([name], programs=[f"usr/bin/{name}"]) / "usr" / "bin" / name
    if not _runs(program, "--version"):
        raise TroubleError(f"No {name} that runs could be had.", cure=f"Install {name}, or run scripts/test --fast.")
    return program


def node(environment: Path) -> tuple[Path, Path]:
    """Return node and npm, which the test packages bring along."""
    node, npm = environment / "bin" / "node", environment / "bin" / "npm"
    if not _runs(node, "--version"):
        raise TroubleError("Node, which the test packages bring, does not run here.", cure="Run scripts/test --fast.")
    return node, npm


def node_settings() -> dict[str, str]:
    """Return what makes npm trust the certificates that the rest of the machine trusts."""
    settings = {"NODE_USE_SYSTEM_CA": "1", "npm_config_update_notifier": "false"}
    for bundle in (os.environ.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile, *CERTIFICATES):
        if bundle and Path(bundle).is_file():
            return settings | {"NODE_EXTRA_CA_CERTS": os.environ.get("NODE_EXTRA_CA_CERTS", bundle)}
    return settings


def _runs(*command: str | Path) -> bool:
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return False
    return True
