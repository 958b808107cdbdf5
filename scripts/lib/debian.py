"""Unpacks programs from Debian's packages into the cache, without root rights and without changing the system.

All dependencies are unpacked too, even the C library, so that packages of a newer Debian run on an older one. The
programs are then changed to use only those libraries.
"""

import os
import platform
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from lib import cache, uv
from lib.console import TroubleError, say

CURE = "Install it with the system's own package manager, or run scripts/test --fast, which does not need it."


@dataclass(frozen=True, slots=True)
class Source:
    """Where this machine's own packages come from."""

    uri: str
    components: str
    signed_by: str


def unpack(packages: list[str], *, programs: list[str], suite: str | None = None, keep: tuple[str, ...] = ()) -> Path:
    """Return a folder with ``packages`` and all they need; ``suite`` is this machine's own release unless given.

    Of what lies in ``usr/share`` only the folders ``keep`` remain.
    """
    release = _release()
    suite = suite or release.get("VERSION_CODENAME", "")
    foreign = suite != release.get("VERSION_CODENAME")
    missing = [name for name in ("apt-get", "apt-config", "dpkg-deb") if not shutil.which(name)]
    if missing or not suite or (foreign and release.get("ID") != "debian"):
        raise TroubleError("This machine does not run Debian.", cure=CURE)

    def make(folder: Path) -> None:
        say(f"fetching {' '.join(packages)} from Debian's {suite} into the cache (once) ...")
        apt = folder / ".apt"
        source = _source(release["VERSION_CODENAME"])
        for archive in _download(apt, packages, suite, source, components="main" if foreign else source.components):
            _checked(["dpkg-deb", "--extract", archive, folder])
        shutil.rmtree(apt)
        for shared in (folder / "usr" / "share").glob("*"):  # manuals and translations: most of the size
            if shared.is_dir() and shared.name not in keep:
                shutil.rmtree(shared)
        _drop_privileges(folder)
        for program in programs:
            _use_own_libraries(folder, folder / program)

    return cache.kept(f"debian-{suite}-{'-'.join(packages)}", make)


def _release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def _source(suite: str) -> Source:
    """Return the mirror this machine takes ``suite`` from, out of either format of apt's source lists."""
    folder = Path("/etc/apt")
    for path in sorted(folder.glob("sources.list.d/*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text(errors="replace")):
            fields = dict(re.findall(r"^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t]+.*)*)", stanza, re.MULTILINE))
            if suite in fields.get("Suites", "").split() and "deb" in fields.get("Types", "").split():
                return Source(fields["URIs"].split()[0], fields["Components"], fields.get("Signed-By", ""))
    for path in (folder / "sources.list", *sorted(folder.glob("sources.list.d/*.list"))):
        text = path.read_text(errors="replace") if path.is_file() else ""
        line = rf"^deb[ \t]+(?:\[(.*?)\][ \t]+)?(\S+)[ \t]+{re.escape(suite)}[ \t]+(.+)$"
        entry = re.search(line, text, re.MULTILINE)
        if entry:
            signed = re.search(r"signed-by=(\S+)", entry[1] or "", re.IGNORECASE)
            return Source(entry[2], entry[3].split("#")[0].strip(), signed[1] if signed else "")
    raise TroubleError(f"apt's source lists name no mirror of {suite}.", cure=CURE)


def _download(apt: Path, packages: list[str], suite: str, source: Source, components: str) -> list[Path]:
    """Fetch the packages and all they depend on, with an apt that knows no installed package and no system folder."""
    for name in ("parts", "lists/partial", "cache/archives/partial", "none"):
        (apt / name).mkdir(parents=True)
    (apt / "status").touch()
    lines = ["Types: deb", f"URIs: {source.uri}", f"Suites: {suite}", f"Components: {components}"]
    lines += [f"Signed-By: {source.signed_by}"] if source.signed_by else []
    (apt / "parts" / "own.sources").write_text("\n".join(lines) + "\n")
    # Of the system's settings only those for reaching the mirror; its hooks would clean the system's own folders.
    reaching = subprocess.run(["apt-config", "dump", "Acquire"], capture_output=True, text=True, check=False).stdout
    directories = {
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": apt / "parts",
        "Dir::Etc::main": "/dev/null",
        "Dir::Etc::parts": apt / "none",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": apt / "none",
        "Dir::State::lists": apt / "lists",
        "Dir::State::status": apt / "status",
        "Dir::State::extended_states": apt / "extended",
        "Dir::Cache": apt / "cache",
        "Dir::Log": apt / "none",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "",
        "Debug::NoLocking": "true",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
    }
    settings = apt / "apt.conf"
    settings.write_text(reaching + "".join(f'{name} "{value}";\n' for name, value in directories.items()))
    environment = os.environ | {"APT_CONFIG": str(settings), "DEBIAN_FRONTEND": "noninteractive"}
    _checked(["apt-get", "--quiet", "--error-on=any", "update"], environment)
    _checked(["apt-get", "--quiet", "--yes", "--download-only", "install", *packages], environment)
    return sorted((apt / "cache" / "archives").glob("*.deb"))


def _checked(command: list[str | Path], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise TroubleError("Debian's packages could not be fetched.", cure=CURE, details=done.stderr or done.stdout)


def _drop_privileges(folder: Path) -> None:
    """Take away the set-user-id marks of programs such as su: nothing in a cache may have them."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID):
            path.chmod(path.stat().st_mode & 0o755)


def _use_own_libraries(folder: Path, program: Path) -> None:
    libraries = sorted({path.parent for path in folder.glob("**/lib/*-linux-gnu*/*.so.*")})
    loaders = [path for parts in ("lib*", "usr/lib*") for path in folder.glob(f"{parts}/ld-linux*.so.*")]
    if not loaders:
        raise TroubleError("Debian's packages hold no loader for this machine.", cure=CURE)
    loader = loaders[0].resolve() if loaders[0].exists() else next(folder.glob(f"**/*-linux-gnu/{loaders[0].name}"))
    command: list[str | Path] = [patchelf(), "--set-interpreter", loader, "--force-rpath"]
    _checked([*command, "--set-rpath", ":".join(map(str, libraries)), program.resolve()])


def patchelf() -> Path:
    """Return the program that rewrites where programs look for their libraries."""
    pins = cache.REQUIREMENTS / "tools.txt"

    def make(folder: Path) -> None:
        command = ["pip", "install", "--require-hashes", "--no-deps", "--no-build", "--python", sys.executable]
        uv.run(*command, "--target", folder, "--requirement", pins, trouble="patchelf could not be installed")

    return cache.kept(f"tools-{cache.digest(pins)}", make) / "bin" / "patchelf"
