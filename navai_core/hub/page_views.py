"""What browsers load.

| route | who |
|---|---|
| `GET /navai/kiosk/{profile}` | anyone: a page without secrets; the display's token stays in its browser |
| `GET /navai/kiosk/{profile}/manifest.webmanifest` | anyone: how it is installed |
| `GET /navai/www/{tag}/{name}` | anyone: the modules |
"""

from pathlib import Path
from typing import Final

from aiohttp import web

from ..exceptions import NotFoundError
from ..pages import FOREVER, kiosk_headers, kiosk_page, load_web_files, manifest_body
from .keys import HUB

PREFIX: Final = "/navai"
FILES: Final = load_web_files(Path(__file__).parents[1] / "www")
"""Read when the hub starts: none is read while it answers."""
_FOREVER: Final = {"Cache-Control": FOREVER}
_AGAIN: Final = {"Cache-Control": "no-cache"}


async def kiosk(request: web.Request) -> web.Response:
    """The full-screen page of a display."""
    settings = request.app[HUB].house.settings
    page = kiosk_page(FILES, prefix=PREFIX, profile=request.match_info["profile"], commands=False)
    headers = kiosk_headers(settings.base_url) | _AGAIN
    return web.Response(text=page, content_type="text/html", charset="utf-8", headers=headers)


async def manifest(request: web.Request) -> web.Response:
    """Its web manifest. It does not tell whether there is such a profile."""
    body = manifest_body(FILES, prefix=PREFIX, profile=request.match_info["profile"], name="navai")
    return web.Response(text=body, content_type="application/manifest+json", headers=_AGAIN)


async def web_file(request: web.Request) -> web.Response:
    """A module. An old page may ask for one of an old tag: it gets what there is."""
    file = FILES.files.get(request.match_info["name"])
    if file is None:
        raise NotFoundError("There is no such file here.")
    headers = _FOREVER if request.match_info["tag"] == FILES.tag else _AGAIN
    charset = "utf-8" if file.content_type.startswith("text/") else None
    return web.Response(body=file.body, content_type=file.content_type, charset=charset, headers=headers)


PAGES: Final = (
    (f"{PREFIX}/kiosk/{{profile}}", kiosk),
    (f"{PREFIX}/kiosk/{{profile}}/manifest.webmanifest", manifest),
    (f"{PREFIX}/www/{{tag}}/{{name}}", web_file),
)
