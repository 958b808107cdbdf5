"""The one table of routes: the router and the OpenAPI description are both made from it."""

from dataclasses import replace
from typing import Final

from ..config.options import SECURE_QUERY, START_REQUEST
from ..web.api import API, Route
from . import display_views, open_views
from .requests import view

OPENAPI_PATH: Final = "/navai/openapi.json"
ROUTES: Final = (
    *(replace(route, path=f"/navai/{route.path}", handler=view(route.handler)) for route in API),
    Route(
        method="GET",
        path="/navai/displays",
        handler=display_views.list_displays,
        summary="List the displays and their state",
        answer="Displays",
    ),
    Route(
        method="POST",
        path="/navai/displays/{display}/start",
        handler=display_views.start_conversation,
        summary="Start a conversation on a display",
        answer="Started",
        body=START_REQUEST,
        statuses=(403, 404, 409),
    ),
    Route(
        method="POST",
        path="/navai/displays/{display}/stop",
        handler=display_views.stop_conversation,
        summary="End the conversation on a display",
        answer="Stopped",
        body=(),
        statuses=(403, 404, 409),
    ),
    Route(
        method="GET",
        path="/navai/display/commands",
        handler=display_views.display_commands,
        summary="Be a display: receive starts, stops and changes while the answer is open",
        answer="Commands",
        query=SECURE_QUERY,
        statuses=(400, 403, 404),
        content_type="application/x-ndjson",
    ),
    Route(
        method="GET",
        path="/navai/health",
        handler=open_views.health,
        summary="Check that the hub runs",
        answer="Health",
        guarded=False,
        statuses=(503,),
    ),
    Route(
        method="GET",
        path="/metrics",
        handler=open_views.metrics,
        summary="Prometheus metrics",
        answer="Metrics",
        guarded=False,
        statuses=(401, 429),
        content_type="text/plain",
    ),
)
