"""The routes, as the standalone hub has them.

| route | who |
|---|---|
| `GET  /api/navai/profiles` | a person or a display: what they may use |
| `POST /api/navai/profiles/{profile}/client-secret` | a person whom the profile lets in, or a display that has it |
| `POST /api/navai/realtime/client-secret` | the same, in the words of the NAVAI contract |
| `GET  /api/navai/functions` | a person, or a display with `functions: true`: the tools of the profile's `llm_api` |
| `POST /api/navai/functions/execute` | the same |

People are signed in by Home Assistant, displays by their own token, which opens nothing else in the house. `profile` in
the query says whose functions; without it, the caller's default.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web
from aiohttp.http import HttpProcessingError
from homeassistant.components.http import KEY_AUTHENTICATED, KEY_HASS, HomeAssistantView
from homeassistant.components.http.auth import SIGN_QUERY_PARAM
from homeassistant.components.http.ban import process_wrong_login
from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.core import HomeAssistant
from multidict import MultiDict

from .const import HOUSE
from .house import House
from .identity import caller_of_user, display_for
from .navai_core import (
    CLIENT_SECRET_REQUEST,
    CONTRACT_REQUEST,
    Caller,
    NavaiError,
    bearer_of,
    machine_of,
)
from .navai_core.answers import (
    HEADERS,
    contract_body,
    error_body,
    error_headers,
    failed_function_body,
    new_request_id,
    profiles_body,
    secret_body,
    status_of,
)
from .navai_core.exceptions import (
    BodyTooLargeError,
    InvalidInputError,
    NotSignedInError,
    RequestTimeoutError,
)
from .navai_core.requests import overrides_of, profile_in, read_body, read_execute_body
from .runtime import Runtime, runtime_of
from .tools import SOURCE, ToolArgumentsError, ToolFailedError

_LOGGER = logging.getLogger(__name__)
MAX_BODY_BYTES: Final = 64 * 1024
BODY_TIMEOUT_S: Final = 10.0

Answer = dict[str, Any]


def register(hass: HomeAssistant) -> None:
    """Register all views, once."""
    for view in (ProfilesView, ClientSecretView, ContractSecretView, FunctionsView, ExecuteView):
        hass.http.register_view(view())


class NavaiView(HomeAssistantView):
    """What all views share: who asks, and one shape of errors."""

    # A display has no user here, so that Home Assistant's own sign-in cannot be asked for.
    requires_auth = False

    async def _answer(
        self, request: web.Request, handler: Callable[[web.Request, Runtime, Caller], Awaitable[Answer]]
    ) -> web.Response:
        hass, request_id = request.app[KEY_HASS], new_request_id()
        failure: NavaiError | None = None
        answer: Answer = {}
        try:
            runtime = runtime_of(hass)
            answer = await handler(request, runtime, await _caller_of(request, hass.data[HOUSE], runtime))
        except NavaiError as error:
            failure = error
            _LOGGER.debug("%s %s: %s (%s)", request.method, request.path, error.code, request_id)
        except Exception:
            failure = NavaiError("Something went wrong here — look for the request id in the log.")
            _LOGGER.exception("Request %s failed", request_id)
        if failure is None:
            response = self.json(answer)
        else:
            response = self.json(error_body(failure, request_id), status_of(failure))
            response.headers.update(error_headers(failure))
        response.headers.update({name: value for name, value in HEADERS.items() if name != "Server"})
        response.headers["X-Request-Id"] = request_id
        return response


async def _caller_of(request: web.Request, house: House, runtime: Runtime) -> Caller:
    """Who asks: a signed-in person, perhaps before a display that they name, or a display by its token."""
    if request.get(KEY_AUTHENTICATED):
        user = request[KEY_HASS_USER]
        display = request.headers.get("X-Navai-Display", "")
        return caller_of_user(user, display_for(runtime.settings, display, user) if display else None)
    address = machine_of(request.remote or "unknown")
    await house.limiter.check_failures(address)
    token = bearer_of(request.headers.get("Authorization", ""))
    if not token:
        raise NotSignedInError("A token is needed — send the header `Authorization: Bearer …`.")
    caller = runtime.tokens.caller_of(token)
    if caller is None:
        await house.limiter.count_failure(address)
        # Home Assistant tells the owner, and bans the address if it was told to.
        await process_wrong_login(request)
        raise NotSignedInError("This token is not known here — check that it is complete and still configured.")
    return caller


async def _body_of(request: web.Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for chunk in request.content.iter_chunked(MAX_BODY_BYTES):
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise BodyTooLargeError("The request is too large — send at most 64 KiB.")
    except TimeoutError:
        raise RequestTimeoutError("The request's body did not arrive in time — send it at once.") from None
    except (HttpProcessingError, web.RequestPayloadError, ConnectionError):
        # Packed wrongly, or the client went away.
        raise InvalidInputError("The request's body did not arrive whole — send it again.") from None
    return bytes(body)


def _profile_in(request: web.Request) -> str:
    query = MultiDict(request.query)
    # Home Assistant's own, of a signed path.
    query.popall(SIGN_QUERY_PARAM, None)
    return profile_in(query)


class ProfilesView(NavaiView):
    """What the caller may use."""

    url = "/api/navai/profiles"
    name = "api:navai:profiles"

    async def get(self, request: web.Request) -> web.Response:
        """List the profiles."""

        async def handle(_: web.Request, runtime: Runtime, caller: Caller) -> Answer:
            return profiles_body(runtime.profiles_for(caller))

        return await self._answer(request, handle)


class ClientSecretView(NavaiView):
    """A secret for the profile in the address."""

    url = "/api/navai/profiles/{profile}/client-secret"
    name = "api:navai:profiles:client-secret"

    async def post(self, request: web.Request, profile: str) -> web.Response:
        """Mint one."""

        async def handle(request: web.Request, runtime: Runtime, caller: Caller) -> Answer:
            body = read_body(await _body_of(request), request.content_type, CLIENT_SECRET_REQUEST)
            key = body.pop("apiKey", "")
            return secret_body(await runtime.mint(caller, profile, overrides_of(body), key))

        return await self._answer(request, handle)


class ContractSecretView(NavaiView):
    """The same in the contract's words. `profile` in body or query."""

    url = "/api/navai/realtime/client-secret"
    name = "api:navai:realtime:client-secret"

    async def post(self, request: web.Request) -> web.Response:
        """Mint one."""

        async def handle(request: web.Request, runtime: Runtime, caller: Caller) -> Answer:
            body = read_body(await _body_of(request), request.content_type, CONTRACT_REQUEST)
            in_query = _profile_in(request)
            profile, key = body.pop("profile", "") or in_query, body.pop("apiKey", "")
            return contract_body(await runtime.mint(caller, profile, overrides_of(body), key))

        return await self._answer(request, handle)


class FunctionsView(NavaiView):
    """The tools of the caller's profile."""

    url = "/api/navai/functions"
    name = "api:navai:functions"

    async def get(self, request: web.Request) -> web.Response:
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
                }
                for function in functions
            ]
            return {"items": items, "warnings": []}

        return await self._answer(request, handle)


class ExecuteView(NavaiView):
    """Runs a tool. One that fails is an answer too, for the model to hear."""

    url = "/api/navai/functions/execute"
    name = "api:navai:functions:execute"

    async def post(self, request: web.Request) -> web.Response:
        """Run it."""

        async def handle(request: web.Request, runtime: Runtime, caller: Caller) -> Answer:
            profile = runtime.minter.profile_for(_profile_in(request), caller)
            body = read_execute_body(await _body_of(request), request.content_type)
            try:
                name, result = await runtime.tools.execute(
                    profile, caller, body["function_name"], body.get("payload") or {}
                )
            except (ToolFailedError, ToolArgumentsError) as error:
                return failed_function_body(error)
            return {"ok": True, "function_name": name, "source": SOURCE, "result": result}

        return await self._answer(request, handle)
