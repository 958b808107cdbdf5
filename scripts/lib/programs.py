"""The programs other than Python that some tests start."""

import ctypes.util
import os
import shutil
import ssl
import subprocess
from pathlib import Path

from lib import cache, debian
from lib.console import TroubleError

CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
CHROMIUMS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
FIREFOXES = ("firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox")
CHROMIUM_PACKAGES = ["chromium", "fonts-dejavu-core", "fonts-noto-color-emoji"]
FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin")


def redis_server() -> Path:
    """Return a Redis server that runs."""
    return _program("redis-server")


def curl() -> Path:
    """Return a curl that runs, for the examples of the README."""
    return _program("curl")


def turnserver() -> Path:
    """Return the TURN server of coturn."""
    return _program("turnserver", package="coturn")


def chromium() -> Path:
    """Return an installed Chromium or Chrome, else Debian's, unpacked into the cache together with some fonts."""
    for name in CHROMIUMS:
        if (found := shutil.which(name)) and _runs(found, "--version"):
            return Path(found)
    inside = Path("usr", "lib", "chromium")
    folder = debian.unpack(
        CHROMIUM_PACKAGES,
        programs=[str(inside / "chromium"), str(inside / "chrome_crashpad_handler")],
        keep=("fonts", "fontconfig", "mime"),
    )
    program = folder / "chromium"
    # The core's tests and those of the integration ask for it at the same time.
    with cache.locked("chromium-launcher"):
        if not program.exists():
            _write_launcher(program, folder, inside / "chromium")
    if not _runs(program, "--version"):
        raise TroubleError("No working Chromium is available.", cure="Install chromium, or run scripts/test --fast.")
    return program


def firefox() -> Path:
    """Return an installed Firefox, else Debian's, unpacked into the cache."""
    for name in FIREFOXES:
        if (found := shutil.which(name)) and _runs(found, "--version"):
            return Path(found)
    inside = Path("usr", "lib", "firefox-esr", "firefox-esr")
    keep = ("fonts", "fontconfig", "mime")
    program = debian.unpack(["firefox-esr", "fonts-dejavu-core"], programs=[str(inside)], keep=keep) / inside
    if not _runs(program, "--version"):
        raise TroubleError("No working Firefox is available.", cure="Install firefox, or run scripts/test --fast.")
    return program


def old_libraries() -> Path | None:
    """Return the folder of the libraries that Chromium 89 needs, where the system has none."""
    if ctypes.util.find_library("nspr4"):
        return None
    return next(debian.unpack(["libnspr4"], programs=[]).glob("usr/lib/*-linux-gnu*"))


def _write_launcher(program: Path, folder: Path, binary: Path) -> None:
    """Write what starts a Chromium that was unpacked: it looks for its fonts and libraries below its folder."""
    fonts = folder / "fonts.conf"
    fonts.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
        f"<dir>{folder}/usr/share/fonts</dir>\n<dir>/usr/share/fonts</dir>\n"
        f"<cachedir>{folder}/fonts.cache</cachedir>\n"
        f'<include ignore_missing="yes">{folder}/etc/fonts/conf.d</include>\n'
        "</fontconfig>\n"
    )
    hidden = ":".join(map(str, folder.glob("usr/lib/*/pulseaudio")))  # one library asks for another in there
    draft = program.with_suffix(".draft")
    draft.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={hidden} FONTCONFIG_FILE={fonts} exec {folder / binary} "$@"\n')
    draft.chmod(0o755)
    draft.replace(program)


def _program(name: str, package: str = "") -> Path:
    """Return an installed program, else Debian's of the same name (or of ``package``), unpacked into the cache."""
    for folder in (None, *FOLDERS):
        found = shutil.which(name, path=folder)
        if found and _runs(found, "--version"):
            return Path(found)
    program = debian.unpack([package or name], programs=[f"usr/bin/{name}"]) / "usr" / "bin" / name
    if not _runs(program, "--version"):
        raise TroubleError(f"No working {name} is available.", cure=f"Install {name}, or run scripts/test --fast.")
    return program


def node(environment: Path) -> tuple[Path, Path]:
    """Return node and npm, which the test packages bring along."""
    node, npm = environment / "bin" / "node", environment / "bin" / "npm"
    if not _runs(node, "--version"):
        raise TroubleError("Node from the test packages does not run here.", cure="Run scripts/test --fast.")
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
