"""What all views share: who asks, what they send, and one shape of errors.

People are signed in by Home Assistant, displays by their own token, which opens nothing else in the house.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web
from aiohttp.http import HttpProcessingError
from homeassistant.components.http import KEY_AUTHENTICATED, KEY_HASS, HomeAssistantView
from homeassistant.components.http.ban import process_wrong_login
from homeassistant.components.http.const import KEY_HASS_USER

from .const import HOUSE
from .house import House
from .identity import caller_of_user, display_for
from .navai_core import Caller, NavaiError, bearer_of, machine_of
from .navai_core.answers import HEADERS, error_body, error_headers, new_request_id, status_of
from .navai_core.exceptions import BodyTooLargeError, InvalidInputError, NotSignedInError, RequestTimeoutError
from .runtime import Runtime, runtime_of

_LOGGER = logging.getLogger(__name__)
MAX_BODY_BYTES: Final = 64 * 1024
BODY_TIMEOUT_S: Final = 10.0
OUR_HEADERS: Final = {name: value for name, value in HEADERS.items() if name != "Server"}
"""The headers of every answer. Home Assistant keeps its own name to itself already."""

Answer = dict[str, Any]


class NavaiView(HomeAssistantView):
    """A view that answers in navai's words."""

    # A display has no user here, so that Home Assistant's own sign-in cannot be asked for.
    requires_auth = False

    async def answer_caller(
        self,
        request: web.Request,
        handler: Callable[[web.Request, Runtime, Caller], Awaitable[Answer | web.StreamResponse]],
    ) -> web.StreamResponse:
        """Answer somebody who has to say who they are."""
        hass = request.app[KEY_HASS]

        async def handle() -> Answer | web.StreamResponse:
            runtime = runtime_of(hass)
            return await handler(request, runtime, await _caller_of(request, hass.data[HOUSE], runtime))

        return await self.answer(request, handle)

    async def answer(
        self, request: web.Request, handler: Callable[[], Awaitable[Answer | web.StreamResponse]]
    ) -> web.StreamResponse:
        """Answer what a handler returns: JSON, or a response of its own. An error is an answer too."""
        request_id = new_request_id()
        failure: NavaiError | None = None
        answer: Answer | web.StreamResponse = {}
        try:
            answer = await handler()
        except NavaiError as error:
            failure = error
            _LOGGER.debug("%s %s: %s (%s)", request.method, request.path, error.code, request_id)
        except Exception:
            failure = NavaiError("Something went wrong here — look for the request id in the log.")
            _LOGGER.exception("Request %s failed", request_id)
        if isinstance(answer, web.StreamResponse):
            return answer
        if failure is None:
            response = self.json(answer)
        else:
            response = self.json(error_body(failure, request_id), status_of(failure))
            response.headers.update(error_headers(failure))
        response.headers.update(OUR_HEADERS)
        response.headers["X-Request-Id"] = request_id
        return response


async def _caller_of(request: web.Request, house: House, runtime: Runtime) -> Caller:
    """Who asks: a signed-in person, perhaps before a display that they name, or a display by its token."""
    if request.get(KEY_AUTHENTICATED):
        user = request[KEY_HASS_USER]
        display = request.headers.get("X-Navai-Display", "")
        return caller_of_user(user, display_for(runtime.settings, display, user) if display else None)
    token = bearer_of(request.headers.get("Authorization", ""))
    if not token:
        raise NotSignedInError("A token is needed — send the header `Authorization: Bearer …`.")
    # Looked up first of all: a known token works, whatever else was sent from its address.
    caller = runtime.tokens.caller_of(token)
    if caller is None:
        address = machine_of(request.remote or "unknown")
        await house.limiter.count_failure(address)
        if house.wrong_tokens.is_new(address, token):
            # Home Assistant notifies its administrator, and bans the address if it was told to.
            await process_wrong_login(request)
        raise NotSignedInError("This token is not known here — check that it is complete and still configured.")
    return caller


async def body_of(request: web.Request) -> bytes:
    """The body of a request, which has to be small and to come at once.

    Raises:
        BodyTooLargeError: it is not small.
        RequestTimeoutError: it does not come at once.
        InvalidInputError: it does not come whole.
    """
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
