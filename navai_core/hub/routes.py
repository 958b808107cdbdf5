"""The one table of routes: the router and the OpenAPI description are both made from it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from ..options import CLIENT_SECRET_REQUEST, CONTRACT_REQUEST, EXECUTE_REQUEST, PROFILE_QUERY, Option
from . import function_views, operation_views, views

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

OPENAPI_PATH: Final = "/navai/openapi.json"
_MINT_STATUSES = (403, 404, 429, 502, 503, 504)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route."""

    method: str
    path: str
    handler: Handler
    summary: str
    answer: str
    """The name of the answer's schema in the OpenAPI description."""
    guarded: bool = True
    """Whether it needs a token."""
    body: Sequence[Option] | None = None
    query: Sequence[Option] = ()
    statuses: Sequence[int] = ()
    """What it may answer besides 200 and what its other fields imply."""
    content_type: str = "application/json"


ROUTES: Final = (
    Route(
        method="GET",
        path="/navai/profiles",
        handler=views.list_profiles,
        summary="The profiles that the caller may use",
        answer="Profiles",
    ),
    Route(
        method="POST",
        path="/navai/profiles/{profile}/client-secret",
        handler=views.create_client_secret,
        summary="A client secret for a profile",
        answer="ClientSecret",
        body=CLIENT_SECRET_REQUEST,
        statuses=_MINT_STATUSES,
    ),
    Route(
        method="POST",
        path="/navai/realtime/client-secret",
        handler=views.create_contract_secret,
        summary="A client secret, by the NAVAI contract",
        answer="ContractSecret",
        body=CONTRACT_REQUEST,
        query=PROFILE_QUERY,
        statuses=_MINT_STATUSES,
    ),
    Route(
        method="GET",
        path="/navai/functions",
        handler=function_views.list_functions,
        summary="The functions that the caller may execute",
        answer="Functions",
        statuses=(403,),
    ),
    Route(
        method="POST",
        path="/navai/functions/execute",
        handler=function_views.execute_function,
        summary="Execute a function",
        answer="Executed",
        body=EXECUTE_REQUEST,
        query=PROFILE_QUERY,
        statuses=(403, 404, 503),
    ),
    Route(
        method="GET",
        path="/navai/functions/running/{running}",
        handler=function_views.running_function,
        summary="What a function that still ran has come to",
        answer="Running",
        statuses=(403, 404),
    ),
    Route(
        method="GET",
        path="/navai/health",
        handler=operation_views.health,
        summary="Whether the hub runs",
        answer="Health",
        guarded=False,
        statuses=(503,),
    ),
    Route(
        method="GET",
        path="/metrics",
        handler=operation_views.metrics,
        summary="Prometheus metrics",
        answer="Metrics",
        guarded=False,
        statuses=(401, 429),
        content_type="text/plain",
    ),
)
