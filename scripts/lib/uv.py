"""Downloads uv, with the version and hashes of requirements/uv.txt, and runs it. Never changes system packages."""

import functools
import hashlib
import html.parser
import os
import platform
import re
import ssl
import stat
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

from lib import cache
from lib.console import TroubleError, say

PINS = cache.REQUIREMENTS / "uv.txt"
INDEX = "https://pypi.org/simple"
OFFLINE_CURE = (
    "Check the network. Behind a proxy set HTTPS_PROXY; with a package mirror set PIP_INDEX_URL. "
    "Finished downloads are kept, so just run the command again."
)
# What a user may set to reach the packages. Any other UV_… could point uv at their own projects and interpreters.
KEPT_SETTINGS = (
    "UV_DEFAULT_INDEX",
    "UV_HTTP_TIMEOUT",
    "UV_INDEX_URL",
    "UV_INSECURE_HOST",
    "UV_NATIVE_TLS",
    "UV_OFFLINE",
    "UV_PYTHON_INSTALL_MIRROR",
    "UV_SYSTEM_CERTS",
)
FOREIGN = re.compile(r"(PYTHON|UV_|CONDA_|PIP_(TARGET|PREFIX|ROOT|USER|CONSTRAINT|REQUIREMENT|DRY_RUN|NO_BINARY))")


def clean_environment() -> dict[str, str]:
    """Return this process's environment without what would lead Python, pip or uv to somebody else's packages."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT_SETTINGS or not FOREIGN.match(name)}
    for name in ("VIRTUAL_ENV", "PYENV_VERSION", "__PYVENV_LAUNCHER__"):
        kept.pop(name, None)
    return kept | {"PYTHONNOUSERSITE": "1"}


@functools.cache
def environment() -> dict[str, str]:
    """Return the environment uv runs in: its own cache, the user's certificates, and pip's index if one is set."""
    settings = {
        "UV_CACHE_DIR": str(cache.folder() / "packages"),
        "UV_NO_PROGRESS": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    }
    if _system_has_certificates():
        settings["UV_SYSTEM_CERTS"] = "1"
    if index := os.environ.get("PIP_INDEX_URL"):
        settings["UV_DEFAULT_INDEX"] = index
    return settings | clean_environment()


def _system_has_certificates() -> bool:
    """Tell whether the system's certificates can be used, with those of the user's company; uv has some of its own."""
    paths = ssl.get_default_verify_paths()
    folder = Path(paths.capath) if paths.capath else None
    return sys.platform == "darwin" or bool(paths.cafile) or bool(folder and folder.is_dir() and any(folder.iterdir()))


def run(
    *arguments: str | Path,
    trouble: str,
    cure: str = OFFLINE_CURE,
    settings: dict[str, str] | None = None,
    timeout: float | None = None,
) -> None:
    """Run uv; raise ``TroubleError`` with the texts ``trouble`` and ``cure`` if it fails. ``timeout`` is in seconds."""
    command = [str(program()), *map(str, arguments)]
    try:
        done = subprocess.run(
            command,
            cwd=cache.ROOT,
            env=environment() | (settings or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired as error:
        raise TroubleError(f"{trouble}: no answer in {timeout:.0f} s.", cure=cure) from error
    if done.returncode:
        raise TroubleError(f"{trouble}.", cure=cure, details=done.stderr)


@functools.cache
def program() -> Path:
    """Return the uv program, fetched on first use."""
    return cache.kept(f"uv-{cache.digest(PINS)}", _fetch) / "bin" / "uv"


def _fetch(folder: Path) -> None:
    say("fetching uv, which installs everything else (once, about 25 MB) ...")
    reasons = []
    with tempfile.TemporaryDirectory(dir=cache.folder()) as scratch:
        for attempt in (_with_pip, _with_ensurepip, _with_nothing):
            try:
                attempt(folder, Path(scratch))
                subprocess.run([folder / "bin" / "uv", "--version"], check=True, capture_output=True)
            except (OSError, subprocess.SubprocessError, ValueError, zipfile.BadZipFile) as error:
                said = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip()
                reasons.append(said or str(error))
            else:
                return
    raise TroubleError("uv could not be fetched.", cure=OFFLINE_CURE, details="\n".join(reasons))


def _with_pip(folder: Path, _scratch: Path) -> None:
    _pip_install(sys.executable, folder)


def _with_ensurepip(folder: Path, scratch: Path) -> None:
    environment = clean_environment()
    subprocess.run([sys.executable, "-m", "venv", scratch / "venv"], check=True, capture_output=True, env=environment)
    _pip_install(scratch / "venv" / "bin" / "python", folder)


def _pip_install(python: str | Path, folder: Path) -> None:
    """Install uv into ``folder`` with pip. The folder is not part of any Python, so the system does not change."""
    command = [python, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--require-hashes", "--target", folder, "--upgrade", "--requirement", PINS]
    settings = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_NO_CACHE_DIR": "1", "PIP_RETRIES": "2"}
    subprocess.run(command, check=True, capture_output=True, env=clean_environment() | settings)


class _Links(html.parser.HTMLParser):
    """The addresses on an index page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the address of a link."""
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def _with_nothing(folder: Path, scratch: Path) -> None:
    """Fetch the wheel from the index with the standard library alone, and accept it only with a pinned hash."""
    pins = PINS.read_text()
    pinned = re.search(r"^uv==([^\s;\\]+)", pins, re.MULTILINE)
    if not pinned:
        raise ValueError(f"{PINS.name} pins no uv")
    page = f"{os.environ.get('PIP_INDEX_URL') or INDEX}".rstrip("/") + "/uv/"
    request = urllib.request.Request(page, headers={"Accept": "text/html"})  # noqa: S310  # the user's own index
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        links = _Links()
        links.feed(answer.read().decode())
        page = answer.url
    for link in links.found:
        address = urllib.parse.urljoin(page, link)
        name = urllib.parse.unquote(urllib.parse.urlsplit(address).path.rpartition("/")[2])
        if name.startswith(f"uv-{pinned[1]}-") and name.endswith(".whl") and _fits(name):
            break
    else:
        raise ValueError(f"the index has no uv {pinned[1]} for {platform.system()} on {platform.machine()}")
    wheel = scratch / "uv.whl"
    with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310
        wheel.write_bytes(answer.read())
    if f"sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}" not in pins:
        raise ValueError(f"{name} does not have a hash that {PINS.name} pins; it was deleted")
    target = folder / "bin" / "uv"
    target.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        target.write_bytes(archive.read(f"uv-{pinned[1]}.data/scripts/uv"))
    target.chmod(target.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def _fits(wheel: str) -> bool:
    """Tell whether a wheel's name is one for this machine."""
    tag = wheel.removesuffix(".whl").rpartition("-")[2]
    machine = platform.machine()
    if platform.system() == "Darwin":
        return "macosx" in tag and tag.endswith(machine)
    return ("manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux") in tag and f"_{machine}" in tag
