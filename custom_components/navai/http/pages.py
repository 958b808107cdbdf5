"""What browsers load.

| route | who may load it |
|---|---|
| `GET /api/navai/kiosk/{profile}` | anyone: the kiosk page, without secrets; the display's token stays in its browser |
| `GET /api/navai/kiosk/{profile}/manifest.webmanifest` | anyone: for installing the page as an app |
| `GET /api/navai/www/{tag}/{name}` | anyone: the modules, for the card and the kiosk |
| `GET /api/navai/health` | anyone: whether navai runs, its version and its clock |
"""

import html
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web
from homeassistant.components.http import KEY_HASS
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN, PREFIX
from ..data import FILES
from ..navai_core.exceptions import NotReadyError
from ..navai_core.web.pages import file_response, health_body, kiosk_response, manifest_response, page_response
from ..navai_core.web.responses import HEADERS
from ..runtime import runtime_of
from .base import Answer, NavaiView

Page = Callable[[web.Request], Awaitable[Answer | web.StreamResponse]]
_LANGUAGES: Final = ("en", "es")
_RETRY_S: Final = 15


def register(hass: HomeAssistant) -> None:
    """Register all views, once."""
    for path, page in PAGES.items():
        hass.http.register_view(PageView(path, page))


class PageView(NavaiView):
    """A page that anyone may load."""

    def __init__(self, path: str, page: Page) -> None:
        self.url = f"{PREFIX}/{path}"
        self.name = f"api:navai:{path}"
        self._page = page

    async def get(self, request: web.Request, **_: str) -> web.StreamResponse:
        """Send the page."""
        return await self.answer(request, lambda: self._page(request))


async def _file(request: web.Request) -> web.Response:
    return file_response(request, FILES, request.match_info["tag"], request.match_info["name"])


async def _kiosk(request: web.Request) -> web.Response:
    """The kiosk page, or one that reloads itself, since nobody reloads a tablet on the wall."""
    hass = request.app[KEY_HASS]
    try:
        settings = runtime_of(hass).settings
    except NotReadyError:
        return await _not_ready(hass, request)
    return kiosk_response(FILES, prefix=PREFIX, profile=request.match_info["profile"], provider=settings.base_url)


async def _manifest(request: web.Request) -> web.Response:
    return manifest_response(FILES, prefix=PREFIX, profile=request.match_info["profile"])


async def _health(request: web.Request) -> Answer:
    runtime_of(request.app[KEY_HASS])
    return health_body(FILES, time.time())


PAGES: Final[Mapping[str, Page]] = {
    "www/{tag}/{name:.+}": _file,
    "kiosk/{profile}": _kiosk,
    "kiosk/{profile}/manifest.webmanifest": _manifest,
    "health": _health,
}


async def _not_ready(hass: HomeAssistant, request: web.Request) -> web.Response:
    """A page that says so in the browser's language, and reloads itself."""
    accepted = request.headers.get("Accept-Language", "")[:2].lower()
    language = accepted if accepted in _LANGUAGES else _LANGUAGES[0]
    texts = await async_get_translations(hass, language, "exceptions", {DOMAIN})
    sentence = html.escape(texts[f"component.{DOMAIN}.exceptions.not_ready.message"])
    page = f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<title>navai</title>
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="{_RETRY_S}">
</head>
<body>
<main>
<dialog open><p role="alert">{sentence}</p></dialog>
</main>
</body>
</html>
"""
    headers = {"Cache-Control": "no-store", "Retry-After": str(_RETRY_S)}
    return page_response(page, headers | {"Content-Security-Policy": HEADERS["Content-Security-Policy"]}, 503)
