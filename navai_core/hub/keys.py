"""Where the hub's parts are found: typed keys."""

from typing import Final

from aiohttp import web

from .house import Hub

HUB: Final = web.AppKey("HUB", Hub)
REQUEST_ID: Final = "navai_request_id"
CALLER: Final = "navai_caller"
