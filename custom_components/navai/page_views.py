"""What browsers load.

| route | who |
|---|---|
| `GET /api/navai/kiosk/{profile}` | anyone: a page without secrets; the display's token stays in its browser |
| `GET /api/navai/kiosk/{profile}/manifest.webmanifest` | anyone: how it is installed |
| `GET /api/navai/www/{tag}/{name}` | anyone: the modules, for the card and the kiosk |
| `GET /api/navai/health` | anyone: that navai runs, which version, and its clock |
"""

import html
import time
from typing import Final

from aiohttp import web
from homeassistant.components.http import KEY_HASS
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN, PREFIX, WEB_FILES
from .navai_core.answers import HEADERS
from .navai_core.exceptions import NotFoundError, NotReadyError
from .navai_core.pages import FOREVER, health_body, kiosk_headers, kiosk_page, manifest_body
from .runtime import runtime_of
from .views import Answer, NavaiView

_AGAIN: Final = {"Cache-Control": "no-cache"}
_LANGUAGES: Final = ("en", "es")
_RETRY_S: Final = 15


def register(hass: HomeAssistant) -> None:
    """Register all views, once."""
    for view in (WebFileView, KioskView, ManifestView, HealthView):
        hass.http.register_view(view())


class WebFileView(NavaiView):
    """A module. An old page may ask for one of an old tag: it gets what there is."""

    url = f"{PREFIX}/www/{{tag}}/{{name}}"
    name = "api:navai:www"

    async def get(self, request: web.Request, tag: str, name: str) -> web.StreamResponse:
        """Send it."""

        async def handle() -> web.StreamResponse:
            files = request.app[KEY_HASS].data[WEB_FILES]
            file = files.files.get(name)
            if file is None:
                raise NotFoundError("There is no such file here.")
            return web.Response(
                body=file.body,
                content_type=file.content_type,
                charset="utf-8" if file.content_type.startswith("text/") else None,
                headers={"Cache-Control": FOREVER} if tag == files.tag else _AGAIN,
            )

        return await self.answer(request, handle)


class KioskView(NavaiView):
    """The full-screen page of a display. It does not tell whether there is such a profile."""

    url = f"{PREFIX}/kiosk/{{profile}}"
    name = "api:navai:kiosk"

    async def get(self, request: web.Request, profile: str) -> web.StreamResponse:
        """Send it, or one that tries again: what hangs on a wall has nobody who does."""

        async def handle() -> web.StreamResponse:
            hass = request.app[KEY_HASS]
            try:
                settings = runtime_of(hass).settings
            except NotReadyError:
                return await _not_ready(hass, request)
            page = kiosk_page(hass.data[WEB_FILES], prefix=PREFIX, profile=profile, commands=True)
            return _page(page, kiosk_headers(settings.base_url) | _AGAIN)

        return await self.answer(request, handle)


class ManifestView(NavaiView):
    """Its web manifest."""

    url = f"{PREFIX}/kiosk/{{profile}}/manifest.webmanifest"
    name = "api:navai:kiosk:manifest"

    async def get(self, request: web.Request, profile: str) -> web.StreamResponse:
        """Send it."""

        async def handle() -> web.StreamResponse:
            files = request.app[KEY_HASS].data[WEB_FILES]
            body = manifest_body(files, prefix=PREFIX, profile=profile, name="navai")
            return web.Response(text=body, content_type="application/manifest+json", headers=_AGAIN)

        return await self.answer(request, handle)


class HealthView(NavaiView):
    """Whether navai runs here."""

    url = f"{PREFIX}/health"
    name = "api:navai:health"

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Tell."""

        async def handle() -> Answer:
            hass = request.app[KEY_HASS]
            runtime_of(hass)
            return health_body(hass.data[WEB_FILES], time.time())

        return await self.answer(request, handle)


def _page(page: str, headers: dict[str, str], status: int = 200) -> web.Response:
    return web.Response(text=page, content_type="text/html", charset="utf-8", headers=headers, status=status)


async def _not_ready(hass: HomeAssistant, request: web.Request) -> web.Response:
    """Say it in the language of who looks, and look again by itself."""
    asked = request.headers.get("Accept-Language", "")[:2].lower()
    language = asked if asked in _LANGUAGES else _LANGUAGES[0]
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
    return _page(page, headers | {"Content-Security-Policy": HEADERS["Content-Security-Policy"]}, 503)
