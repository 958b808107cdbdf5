"""Typed keys for the parts of the hub."""

from typing import Final

from aiohttp import web

from .runtime import Hub

HUB: Final = web.AppKey("HUB", Hub)
ADDRESS: Final = web.RequestKey("ADDRESS", str)
REQUEST_ID: Final = web.RequestKey("REQUEST_ID", str)
CALLER: Final = web.RequestKey("CALLER", str)
