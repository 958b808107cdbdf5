"""The hub's operation.

| route | who |
|---|---|
| `GET /navai/health` | anyone: whether it runs |
| `GET /metrics` | this machine, or whoever has the metrics' token |
| `GET /navai/openapi.json` | anyone: this description |
"""

import time

from aiohttp import web

from ..exceptions import NotSignedInError, StoppingError
from ..pages import health_body
from .auth import address_of, bearer_of_request, is_of_this_machine
from .keys import HUB
from .metrics import CONTENT_TYPE_LATEST
from .page_views import FILES
from .requests import answer


async def health(request: web.Request) -> web.Response:
    """That it runs, its version and its clock, or 503 while the hub is being stopped."""
    if request.app[HUB].stopping:
        raise StoppingError("The hub is being stopped — try again in a minute.")
    return answer(health_body(FILES, time.time()))


async def metrics(request: web.Request) -> web.Response:
    """Prometheus text."""
    hub = request.app[HUB]
    tokens, proxies = hub.house.tokens, hub.house.settings.hub.trusted_proxies
    if tokens.guards_metrics:
        token = bearer_of_request(request)
        if not tokens.opens_metrics(token):
            if token:
                await hub.limiter.count_failure(address_of(request, proxies))
            raise NotSignedInError("The metrics need their token — send the header `Authorization: Bearer …`.")
    elif not is_of_this_machine(request):
        raise NotSignedInError("The metrics are open to this machine only — configure `hub.metrics_token`.")
    return web.Response(body=hub.measure(), headers={"Content-Type": CONTENT_TYPE_LATEST})
