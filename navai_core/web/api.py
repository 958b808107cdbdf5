"""What both hosts answer to their callers, as JSON. A host finds out who asks, and where these routes begin.

| route | who |
|---|---|
| `GET  profiles` | a person or a display: what it may use |
| `POST profiles/{profile}/client-secret` | whoever may use that profile |
| `POST realtime/client-secret` | the same, in the words of the NAVAI contract |
| `GET  functions` | a person or a display that may use functions |
| `POST functions/execute` | the same |
| `GET  functions/running/{running}` | who started that function: its result, when it takes longer |
| `POST session/report` | a display over its stream of commands: the state and usage of its conversation |

`profile` in the query says whose functions; without it, the caller's default.
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
class Asked:
    """A request whose caller is known."""

    host: StreamHost
    request: web.Request
    caller: Caller
    query: Mapping[str, str]
    """What the caller wrote into it; a host may have its own things there."""

    async def mint(self, fields: Sequence[Option], profile: str = "") -> Minted:
        """A secret for a profile, or the one that the body or else the query names."""
        body = read_body(await body_of(self.request), self.request.content_type, fields)
        in_query = "" if profile else profile_in(self.query)
        profile, key = profile or body.pop("profile", "") or in_query, body.pop("apiKey", "")
        return await self.host.service.mint(self.caller, profile, overrides_of(body), key)

    def tool_context(self) -> ToolContext:
        """For whom tools run."""
        check_tools(self.caller)
        return ToolContext(self.caller, self.host.service.access.profile_for(profile_in(self.query), self.caller))


async def list_profiles(asked: Asked) -> Body:
    """What the caller may use: no instructions, no keys. The caller is near now, so its secrets are made ready."""
    profiles = asked.host.service.profiles_for(asked.caller)
    return {**profiles_body(profiles), "functions": asked.caller.functions}


async def create_client_secret(asked: Asked) -> Body:
    """A secret for the profile in the address, and what is needed to connect with it."""
    return secret_body(await asked.mint(CLIENT_SECRET_REQUEST, asked.request.match_info["profile"]))


async def create_contract_secret(asked: Asked) -> Body:
    """The same in the contract's words, which allow nothing else in the answer. `profile` in body or query."""
    return contract_body(await asked.mint(CONTRACT_REQUEST))


async def list_functions(asked: Asked) -> Body:
    """Names, descriptions and JSON Schemas of the arguments."""
    context = asked.tool_context()
    return (await asked.host.tools.list(context)).body()


async def execute_function(asked: Asked) -> Body:
    """Run one, which goes on if nobody waits for it. One that fails is an answer too, for the model to hear."""
    context = asked.tool_context()
    body = read_execute_body(await body_of(asked.request), asked.request.content_type)
    return await asked.host.running_tools.execute(asked.host.tools, context, body)


async def running_function(asked: Asked) -> Body:
    """What a function that took longer has come to. It waits a while for the end."""
    check_tools(asked.caller)
    return await asked.host.running_tools.result(asked.caller.id, asked.request.match_info["running"])


async def report_session(asked: Asked) -> Body:
    """Tell how the conversation goes."""
    return await take_report_of_stream(asked.request, asked.host, asked.caller)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route, and what a description of it says."""

    method: str
    path: str
    handler: Callable[[Any], Awaitable[Any]]
    """Takes an `Asked`; of a host's own route, what the host gives it."""
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
    """What it may answer besides 200 and what its other fields imply."""
    content_type: str = "application/json"


_MINT_STATUSES: Final = (403, 404, 429, 502, 503, 504)
API: Final = (
    Route(
        method="GET",
        path="profiles",
        handler=list_profiles,
        summary="The profiles that the caller may use",
        answer="Profiles",
    ),
    Route(
        method="POST",
        path="profiles/{profile}/client-secret",
        handler=create_client_secret,
        summary="A client secret for a profile",
        answer="ClientSecret",
        body=CLIENT_SECRET_REQUEST,
        statuses=_MINT_STATUSES,
    ),
    Route(
        method="POST",
        path="realtime/client-secret",
        handler=create_contract_secret,
        summary="A client secret, by the NAVAI contract",
        answer="ContractSecret",
        body=CONTRACT_REQUEST,
        query=PROFILE_QUERY,
        statuses=_MINT_STATUSES,
    ),
    Route(
        method="GET",
        path="functions",
        handler=list_functions,
        summary="The functions that the caller may execute",
        answer="Functions",
        query=PROFILE_QUERY,
        statuses=(400, 403, 404),
    ),
    Route(
        method="POST",
        path="functions/execute",
        handler=execute_function,
        summary="Execute a function",
        answer="Executed",
        body=EXECUTE_REQUEST,
        query=PROFILE_QUERY,
        statuses=(403, 404, 503),
    ),
    Route(
        method="GET",
        path="functions/running/{running}",
        handler=running_function,
        summary="What a function that still ran has come to",
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
