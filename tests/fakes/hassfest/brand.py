"""The images of the brand: Home Assistant serves them from the integration's own folder."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .files import UnreadableError

SERVED: Final = {
    f"{dark}{name}{twice}.png" for dark in ("", "dark_") for name in ("icon", "logo") for twice in ("", "@2x")
}
REQUIRED: Final = {"icon.png", "icon@2x.png"}
ICON_PIXELS: Final = 256
LOGO_PIXELS: Final = range(128, 257)
"""The shorter side."""
MAX_BYTES: Final = 32_768
_WITH_ALPHA: Final = {4, 6}
"""Colour types of PNG: grey with alpha, colours with alpha."""


def brand(folder: Path) -> Iterator[str]:
    """Yield what is wrong with the images."""
    images = {path.name: path for path in (folder / "brand").glob("*")}
    for name in sorted(REQUIRED - images.keys()):
        yield f"brand/{name}: is missing"
    for name in sorted(images.keys() - SERVED):
        yield f"brand/{name}: is never served"
    sizes = {name: _size(path) for name, path in images.items() if name in SERVED}
    for name, (width, height) in sorted(sizes.items()):
        is_twice = name.endswith("@2x.png")
        scale = 2 if is_twice else 1
        if "icon" in name and (width, height) != (ICON_PIXELS * scale, ICON_PIXELS * scale):
            yield f"brand/{name}: is {width} by {height} pixels, not {ICON_PIXELS * scale} by {ICON_PIXELS * scale}"
        if "logo" in name and min(width, height) / scale not in LOGO_PIXELS:
            yield f"brand/{name}: its shorter side is {min(width, height)} pixels"
        half = sizes.get(name.replace("@2x", ""))
        if is_twice and half != (width / 2, height / 2):
            yield f"brand/{name}: is not twice as large as {name.replace('@2x', '')}"
        if images[name].stat().st_size > MAX_BYTES:
            yield f"brand/{name}: has more than {MAX_BYTES} bytes"


def _size(path: Path) -> tuple[int, int]:
    head = path.read_bytes()[:26]
    if head[:8] != b"\x89PNG\r\n\x1a\n" or head[12:16] != b"IHDR":
        raise UnreadableError(f"brand/{path.name}: is not a PNG")
    width, height, _, colours = struct.unpack(">IIBB", head[16:26])
    if colours not in _WITH_ALPHA:
        raise UnreadableError(f"brand/{path.name}: has no transparent background")
    return width, height
