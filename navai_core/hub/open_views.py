"""Routes without a caller: the pages that browsers load, and the operation of the hub.

| route | who |
|---|---|
| `GET /` | anyone: where to go; this machine: with the names of the profiles |
| `GET /navai/kiosk/{profile}` | anyone: a page without secrets; the display's token stays in its browser |
| `GET /navai/kiosk/{profile}/manifest.webmanifest` | anyone: how it is installed |
| `GET /navai/www/{tag}/{name}` | anyone: the modules |
| `GET /navai/health` | anyone: whether it runs |
| `GET /metrics` | this machine, or anyone with the metrics token |
| `GET /navai/openapi.json` | anyone: this description |
"""

import time
from typing import Final

from aiohttp import web

from ..exceptions import NotSignedInError, StoppingError
from ..web.pages import file_response, health_body, kiosk_response, manifest_response, page_response
from .auth import address_of, bearer_of_request, is_of_this_machine
from .keys import HUB
from .metrics import CONTENT_TYPE_LATEST
from .requests import answer
from .runtime import FILES
from .start_page import start_page

PREFIX: Final = "/navai"


async def health(request: web.Request) -> web.Response:
    """Health, version and clock; 503 while the hub stops."""
    if request.app[HUB].stopping:
        raise StoppingError("The hub is stopping. Try again in a minute.")
    return answer(health_body(FILES, time.time()))


async def metrics(request: web.Request) -> web.Response:
    """Prometheus text."""
    hub = request.app[HUB]
    tokens, settings = hub.runtime.tokens, hub.runtime.settings.hub
    if tokens.guards_metrics:
        token = bearer_of_request(request)
        if not tokens.opens_metrics(token):
            if token:
                await hub.limiter.count_failure(address_of(request, settings.trusted_proxies))
            raise NotSignedInError("The metrics need a token. Send the header `Authorization: Bearer …`.")
    elif not is_of_this_machine(request, settings.host):
        raise NotSignedInError(
            "Only this machine can read the metrics, as http://127.0.0.1 and without a proxy. Configure "
            "`hub.metrics_token` for others."
        )
    return web.Response(body=hub.measure(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def kiosk(request: web.Request) -> web.Response:
    """The full-screen page of a display."""
    provider = request.app[HUB].runtime.settings.base_url
    return kiosk_response(FILES, prefix=PREFIX, profile=request.match_info["profile"], provider=provider)


async def manifest(request: web.Request) -> web.Response:
    """Its web manifest."""
    return manifest_response(FILES, prefix=PREFIX, profile=request.match_info["profile"])


async def web_file(request: web.Request) -> web.Response:
    """A module."""
    return file_response(request, FILES, request.match_info["tag"], request.match_info["name"])


async def start(request: web.Request) -> web.Response:
    """Where to go from here. Only this machine sees the names of the profiles."""
    settings = request.app[HUB].runtime.settings
    profiles = list(settings.profiles) if is_of_this_machine(request, settings.hub.host) else []
    text = start_page(profiles, request.headers.get("Accept-Language", ""))
    return page_response(text, {"Vary": "Accept-Language"})


PAGES: Final = (
    (f"{PREFIX}/kiosk/{{profile}}", kiosk),
    (f"{PREFIX}/kiosk/{{profile}}/manifest.webmanifest", manifest),
    (f"{PREFIX}/www/{{tag}}/{{name:.+}}", web_file),
    ("/", start),
)
