"""The routes of both hosts, in JSON. A host identifies the caller, and decides where the routes start.

| route | who |
|---|---|
| `GET  profiles` | a person or a display: what it may use |
| `POST profiles/{profile}/client-secret` | anyone who may use that profile |
| `POST realtime/client-secret` | the same, in the words of the NAVAI contract |
| `GET  functions` | a person or a display that may use functions |
| `POST functions/execute` | the same |
| `GET  functions/running/{running}` | the caller of that function: its result, if it takes longer |
| `POST session/report` | a display over its stream of commands: the state and usage of its conversation |

`profile` in the query selects the functions; without it, the caller's default profile counts.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from ..access import check_tools
from ..config.options import CLIENT_SECRET_REQUEST, CONTRACT_REQUEST, EXECUTE_REQUEST, PROFILE_QUERY, Option
from ..models import Caller
from ..sessions.minter import Minted
from ..tools.base import ToolContext
from .bodies import body_of, overrides_of, profile_in, read_body, read_execute_body
from .responses import contract_body, profiles_body, secret_body
from .streams import StreamHost, take_report_of_stream

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request with a known caller."""

    host: StreamHost
    request: web.Request
    caller: Caller
    query: Mapping[str, str]
    """The body of the request, or an object of the host."""

    async def mint(self, fields: Sequence[Option], profile: str = "") -> Minted:
        """A secret for a profile; without a name, for the profile in the body or else in the query."""
        body = read_body(await body_of(self.request), self.request.content_type, fields)
        in_query = "" if profile else profile_in(self.query)
        profile, key = profile or body.pop("profile", "") or in_query, body.pop("apiKey", "")
        return await self.host.service.mint(self.caller, profile, overrides_of(body), key)

    def tool_context(self) -> ToolContext:
        """The context for tools."""
        check_tools(self.caller)
        return ToolContext(self.caller, self.host.service.access.profile_for(profile_in(self.query), self.caller))


async def list_profiles(api: ApiRequest) -> Body:
    """The profiles of the caller, without instructions or keys. It is nearby now, so its secrets are prepared."""
    profiles = api.host.service.profiles_for(api.caller)
    return {**profiles_body(profiles), "functions": api.caller.functions}


async def create_client_secret(api: ApiRequest) -> Body:
    """A secret for the profile in the address, and everything needed to connect with it."""
    return secret_body(await api.mint(CLIENT_SECRET_REQUEST, api.request.match_info["profile"]))


async def create_contract_secret(api: ApiRequest) -> Body:
    """The same in the form of the contract, which allows nothing else in the answer. `profile` in body or query."""
    return contract_body(await api.mint(CONTRACT_REQUEST))


async def list_functions(api: ApiRequest) -> Body:
    """Names, descriptions and JSON Schemas of the arguments."""
    context = api.tool_context()
    return (await api.host.tools.list(context)).body()


async def execute_function(api: ApiRequest) -> Body:
    """Run one. It continues even if nobody waits. A failure is an answer too, for the model."""
    context = api.tool_context()
    body = read_execute_body(await body_of(api.request), api.request.content_type)
    return await api.host.running_tools.execute(api.host.tools, context, body)


async def running_function(api: ApiRequest) -> Body:
    """The result of a function that took longer. Waits a while for it."""
    check_tools(api.caller)
    return await api.host.running_tools.result(api.caller.id, api.request.match_info["running"])


async def report_session(api: ApiRequest) -> Body:
    """Report the state of a conversation."""
    return await take_report_of_stream(api.request, api.host, api.caller)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route and its description."""

    method: str
    path: str
    handler: Callable[[Any], Awaitable[Any]]
    """Takes an `ApiRequest`; for a host's own route, what the host passes."""
    summary: str
    answer: str
    """The name of the answer's schema."""
    guarded: bool = True
    """Whether it needs a token."""
    body: Sequence[Option] | None = None
    body_schema: str = ""
    """Instead of `body`: the name of a schema."""
    query: Sequence[Option] = ()
    statuses: Sequence[int] = ()
    """Other statuses than 200 and those that its other fields imply."""
    content_type: str = "application/json"


_MINT_STATUSES: Final = (403, 404, 429, 502, 503, 504)
API: Final = (
    Route(
        method="GET",
        path="profiles",
        handler=list_profiles,
        summary="List the profiles that the caller may use",
        answer="Profiles",
    ),
    Route(
        method="POST",
        path="profiles/{profile}/client-secret",
        handler=create_client_secret,
        summary="Get a client secret for a profile",
        answer="ClientSecret",
        body=CLIENT_SECRET_REQUEST,
        statuses=_MINT_STATUSES,
    ),
    Route(
        method="POST",
        path="realtime/client-secret",
        handler=create_contract_secret,
        summary="Get a client secret, by the NAVAI contract",
        answer="ContractSecret",
        body=CONTRACT_REQUEST,
        query=PROFILE_QUERY,
        statuses=_MINT_STATUSES,
    ),
    Route(
        method="GET",
        path="functions",
        handler=list_functions,
        summary="List the functions that the caller may call",
        answer="Functions",
        query=PROFILE_QUERY,
        statuses=(400, 403, 404),
    ),
    Route(
        method="POST",
        path="functions/execute",
        handler=execute_function,
        summary="Call a function",
        answer="Executed",
        body=EXECUTE_REQUEST,
        query=PROFILE_QUERY,
        statuses=(403, 404, 503),
    ),
    Route(
        method="GET",
        path="functions/running/{running}",
        handler=running_function,
        summary="Get the result of a running function",
        answer="Running",
        statuses=(403, 404),
    ),
    Route(
        method="POST",
        path="session/report",
        handler=report_session,
        summary="Report the conversation of a display",
        answer="Reported",
        body_schema="Report",
        statuses=(403, 404),
    ),
)
