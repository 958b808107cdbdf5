"""The files for browsers: the modules, the kiosk page and its manifest. Both hosts serve the same files."""

import gzip
import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web
from yarl import URL

from ..const import VERSION
from ..exceptions import NotFoundError

CONTENT_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".css": "text/css",
        ".js": "text/javascript",
        ".png": "image/png",
        ".svg": "image/svg+xml",
    }
)
_TAG_CHARS: Final = 12
_WORTH_IT: Final = 0.9
"""A file is sent compressed only if that is shorter than this part of it: pictures are not."""
_AGAIN: Final = {"Cache-Control": "no-cache"}
FOREVER: Final = "public, max-age=31536000, immutable"
"""A file below a tag never changes: another version has another tag."""
ENTRY: Final = "navai-kiosk.js"
TROUBLE: Final = "navai-trouble.js"
"""A plain script that shows why the modules do not run."""
_LATER: Final = ("card/", "check/", "navai-card")
"""The page loads them later, or never."""
_NO_STYLE: Final = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
"""An empty style element. A module fills it in browsers that need it."""
ICONS: Final = {"navai-icon-256.png": "256x256", "navai-icon-512.png": "512x512"}


@dataclass(frozen=True)
class WebFile:
    """A file as it is sent. Text is UTF-8."""

    body: bytes
    content_type: str

    @cached_property
    def packed(self) -> bytes | None:
        """The same with gzip, made at the first use; None if that is hardly shorter."""
        found = gzip.compress(self.body, mtime=0)
        return found if len(found) < len(self.body) * _WORTH_IT else None


@dataclass(frozen=True, slots=True)
class WebFiles:
    """The files that browsers load, by name: the path below the folder, with `/`."""

    tag: str
    """A part of their addresses, from version and content, so that no browser uses old files after an upgrade."""
    files: Mapping[str, WebFile]


def load_web_files(folder: Path) -> WebFiles:
    """Read the files. Blocking.

    Raises:
        OSError: the folder does not exist.
    """
    files = {
        path.relative_to(folder).as_posix(): WebFile(path.read_bytes(), CONTENT_TYPES[path.suffix])
        for path in sorted(folder.rglob("*.*"))
        if path.suffix in CONTENT_TYPES
    }
    digest = hashlib.sha256()
    for name, file in files.items():
        digest.update(b"%d %s %d " % (len(name), name.encode(), len(file.body)) + file.body)
    return WebFiles(f"{VERSION}-{digest.hexdigest()[:_TAG_CHARS]}", MappingProxyType(files))


def health_body(files: WebFiles, time: float) -> dict[str, Any]:
    """What anyone may know: that it runs, the version of its modules, and its clock in epoch seconds."""
    return {"status": "ok", "version": VERSION, "modules": files.tag, "time": round(time, 3)}


def kiosk_page(files: WebFiles, *, prefix: str, profile: str) -> str:
    """The page of a display. It has no secret in it, and is the same for a profile that does not exist.

    Args:
        files: The files that it loads.
        prefix: Where the routes start: `/navai`, or `/api/navai` in Home Assistant.
        profile: As in the address.
    """
    www = f"{prefix}/www/{files.tag}"
    at_once = {ENTRY, TROUBLE}
    modules = [
        name for name in files.files if name.endswith(".js") and name not in at_once and not name.startswith(_LATER)
    ]
    preload = "\n".join(f'<link rel="modulepreload" href="{www}/{name}">' for name in modules)
    attributes = f'data-prefix="{prefix}" data-profile="{html.escape(profile)}"'
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>navai</title>
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<link rel="manifest" href="{prefix}/kiosk/{quote(profile, safe="")}/manifest.webmanifest">
<link rel="icon" href="{www}/navai-icon-256.png">
<link rel="apple-touch-icon" href="{www}/navai-icon-256.png">
<link rel="stylesheet" href="{www}/navai-kiosk.css">
<script src="{www}/{TROUBLE}"></script>
{preload}
<script type="module" src="{www}/{ENTRY}"></script>
</head>
<body>
<main>
<h1>navai</h1>
<navai-kiosk {attributes}></navai-kiosk>
<noscript>This page needs JavaScript.</noscript>
</main>
</body>
</html>
"""


def kiosk_headers(provider: str) -> dict[str, str]:
    """What the page may do: load from here, connect to here and to the provider, use the microphone. Nothing else.

    Any page may show it, such as a dashboard of Home Assistant: otherwise the browser would show nothing at all. Inside
    a page of another server it starts nothing, and shows where to open it (`navai-kiosk.js`).

    Args:
        provider: The provider's base URL.
    """
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": f"'self' {_NO_STYLE}",
        "img-src": "'self'",
        "manifest-src": "'self'",
        "media-src": "'self' blob: mediastream:",
        "connect-src": f"'self' {URL(provider).origin()}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "*",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        # Browsers without `frame-ancestors` show it only in this server's own pages.
        "X-Frame-Options": "SAMEORIGIN",
        "Permissions-Policy": "microphone=(self), screen-wake-lock=(self), camera=(), geolocation=()",
    }


def manifest_body(files: WebFiles, *, prefix: str, profile: str, name: str) -> str:
    """The web manifest: the page can be installed like an app.

    Args:
        files: The files that it loads.
        prefix: As in `kiosk_page`.
        profile: As in the address.
        name: The name of the app.
    """
    page = f"{prefix}/kiosk/{quote(profile, safe='')}"
    icons = [
        {"src": f"{prefix}/www/{files.tag}/{icon}", "sizes": sizes, "type": "image/png", "purpose": "any"}
        for icon, sizes in ICONS.items()
    ]
    return json.dumps(
        {
            "id": page,
            "name": name,
            "short_name": name,
            "start_url": page,
            "scope": f"{prefix}/kiosk/",
            "display": "fullscreen",
            "background_color": "#101216",
            "theme_color": "#0b6bcb",
            "icons": icons,
        }
    )


def page_response(text: str, headers: Mapping[str, str], status: int = 200) -> web.Response:
    """An HTML page. A browser requests it again each time."""
    return web.Response(
        text=text, content_type="text/html", charset="utf-8", headers={**_AGAIN, **headers}, status=status
    )


def kiosk_response(files: WebFiles, *, prefix: str, profile: str, provider: str) -> web.Response:
    """The full-screen page of a display. It does not reveal whether the profile exists. See `kiosk_page`."""
    return page_response(kiosk_page(files, prefix=prefix, profile=profile), kiosk_headers(provider))


def manifest_response(files: WebFiles, *, prefix: str, profile: str) -> web.Response:
    """Its web manifest."""
    body = manifest_body(files, prefix=prefix, profile=profile, name="navai")
    return web.Response(text=body, content_type="application/manifest+json", headers=_AGAIN)


def file_response(request: web.Request, files: WebFiles, tag: str, name: str) -> web.Response:
    """A module, compressed if the client accepts that. An old page with an old tag gets the current file.

    Raises:
        NotFoundError: there is no file with that name.
    """
    file = files.files.get(name)
    if file is None:
        raise NotFoundError("There is no such file.")
    headers = {"Cache-Control": FOREVER if tag == files.tag else "no-cache", "Vary": "Accept-Encoding"}
    body = file.body
    if _takes_gzip(request.headers.get("Accept-Encoding", "")) and file.packed is not None:
        headers["Content-Encoding"], body = "gzip", file.packed
    charset = "utf-8" if file.content_type.startswith("text/") else None
    return web.Response(body=body, content_type=file.content_type, charset=charset, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    """Whether an `Accept-Encoding` header accepts gzip, with a quality above 0."""
    for each in accepted.lower().split(","):
        coding, _, weight = each.partition(";")
        if coding.strip() == "gzip":
            return not re.fullmatch(r"\s*q\s*=\s*0(?:\.0*)?\s*", weight)
    return False
