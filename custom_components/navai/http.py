"""The routes, as the standalone hub has them.

| route | who |
|---|---|
| `GET  /api/navai/profiles` | a person or a display: what they may use |
| `POST /api/navai/profiles/{profile}/client-secret` | a person whom the profile lets in, or a display that has it |
| `POST /api/navai/realtime/client-secret` | the same, in the words of the NAVAI contract |
| `GET  /api/navai/functions` | a person, or a display with `functions: true`: the tools of the profile's `llm_api` |
| `POST /api/navai/functions/execute` | the same |
| `GET  /api/navai/functions/running/{running}` | who started that tool: its result, when it takes longer |

`profile` in the query says whose functions; without it, the caller's default. What browsers load is in page_views.py,
what only displays with a token use in display_views.py.
"""

from aiohttp import web
from homeassistant.components.http import KEY_HASS
from homeassistant.components.http.auth import SIGN_QUERY_PARAM
from homeassistant.core import HomeAssistant
from multidict import MultiDict

from .const import HOUSE
from .navai_core import CLIENT_SECRET_REQUEST, CONTRACT_REQUEST, Caller, ToolCall
from .navai_core.answers import contract_body, failed_function_body, profiles_body, secret_body
from .navai_core.requests import overrides_of, profile_in, read_body, read_execute_body
from .runtime import Runtime
from .tools import SOURCE, ToolFailedError, check_allowed
from .views import Answer, NavaiView, body_of


def register(hass: HomeAssistant) -> None:
    """Register all views, once."""
    for view in (ProfilesView, ClientSecretView, ContractSecretView, FunctionsView, ExecuteView, RunningView):
        hass.http.register_view(view())


def _profile_in(request: web.Request) -> str:
    query = MultiDict(request.query)
    # Home Assistant's own, of a signed path.
    query.popall(SIGN_QUERY_PARAM, None)
    return profile_in(query)


class ProfilesView(NavaiView):
    """What the caller may use."""

    url = "/api/navai/profiles"
    name = "api:navai:profiles"

    async def get(self, request: web.Request) -> web.StreamResponse:
        """List the profiles."""

        async def handle(_: web.Request, runtime: Runtime, caller: Caller) -> Answer:
            return profiles_body(runtime.profiles_for(caller))

        return await self.answer_caller(request, handle)


class ClientSecretView(NavaiView):
    """A secret for the profile in the address."""

    url = "/api/navai/profiles/{profile}/client-secret"
    name = "api:navai:profiles:client-secret"

    async def post(self, request: web.Request, profile: str) -> web.StreamResponse:
        """Mint one."""

        async def handle(request: web.Request, runtime: Runtime, caller: Caller) -> Answer:
            body = read_body(await body_of(request), request.content_type, CLIENT_SECRET_REQUEST)
            key = body.pop("apiKey", "")
            return secret_body(await runtime.mint(caller, profile, overrides_of(body), key))

        return await self.answer_caller(request, handle)


class ContractSecretView(NavaiView):
    """The same in the contract's words. `profile` in body or query."""

    url = "/api/navai/realtime/client-secret"
    name = "api:navai:realtime:client-secret"

    async def post(self, request: web.Request) -> web.StreamResponse:
        """Mint one."""

        async def handle(request: web.Request, runtime: Runtime, caller: Caller) -> Answer:
            body = read_body(await body_of(request), request.content_type, CONTRACT_REQUEST)
            in_query = _profile_in(request)
            profile, key = body.pop("profile", "") or in_query, body.pop("apiKey", "")
            return contract_body(await runtime.mint(caller, profile, overrides_of(body), key))

        return await self.answer_caller(request, handle)


class FunctionsView(NavaiView):
    """The tools of the caller's profile."""

    url = "/api/navai/functions"
    name = "api:navai:functions"

    async def get(self, request: web.Request) -> web.StreamResponse:
        """List them."""

        async def handle(request: web.Request, runtime: Runtime, caller: Caller) -> Answer:
            profile = runtime.minter.profile_for(_profile_in(request), caller)
            try:
                functions = await runtime.tools.functions(profile, caller)
            except ToolFailedError as error:
                return {"items": [], "warnings": [error.message]}
            items = [
                {
                    "name": function.name,
                    "description": function.description,
                    "source": SOURCE,
                    "parameters": function.parameters,
                    **function.about,
                }
                for function in functions
            ]
            return {"items": items, "warnings": []}

        return await self.answer_caller(request, handle)


class ExecuteView(NavaiView):
    """Runs a tool, which goes on if nobody waits for it. One that fails is an answer too, for the model to hear."""

    url = "/api/navai/functions/execute"
    name = "api:navai:functions:execute"

    async def post(self, request: web.Request) -> web.StreamResponse:
        """Run it."""

        async def handle(request: web.Request, runtime: Runtime, caller: Caller) -> Answer:
            profile = runtime.minter.profile_for(_profile_in(request), caller)
            body = read_execute_body(await body_of(request), request.content_type)
            arguments = body.get("payload") or {}
            try:
                name, work = await runtime.tools.find(profile, caller, body["function_name"], arguments)
            except ToolFailedError as error:
                return failed_function_body(error)
            call = ToolCall(caller=caller.id, name=name, source=SOURCE, arguments=arguments, id=body.get("call", ""))
            return await request.app[KEY_HASS].data[HOUSE].running_tools.run(call, work, profile.tool_timeout)

        return await self.answer_caller(request, handle)


class RunningView(NavaiView):
    """What a tool that took longer has come to. It waits a while for the end."""

    url = "/api/navai/functions/running/{running}"
    name = "api:navai:functions:running"

    async def get(self, request: web.Request, running: str) -> web.StreamResponse:
        """Tell."""

        async def handle(request: web.Request, _: Runtime, caller: Caller) -> Answer:
            check_allowed(caller)
            return await request.app[KEY_HASS].data[HOUSE].running_tools.result(caller.id, running)

        return await self.answer_caller(request, handle)
