"""What all views share: the caller, the headers, and one format for errors.

People sign in to Home Assistant. Displays have their own token, which gives no access to anything else.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web
from homeassistant.components.http import KEY_AUTHENTICATED, KEY_HASS, HomeAssistantView
from homeassistant.components.http.ban import process_wrong_login
from homeassistant.components.http.const import KEY_HASS_USER

from ..data import DATA, NavaiData
from ..identity import caller_of_user
from ..navai_core import Caller, NavaiError
from ..navai_core.sessions.rate_limits import machine_of
from ..navai_core.tokens import sign_in
from ..navai_core.web.responses import HEADERS, error_body, error_headers, new_request_id, status_of
from ..runtime import Runtime, runtime_of

_LOGGER = logging.getLogger(__name__)
OUR_HEADERS: Final = {name: value for name, value in HEADERS.items() if name != "Server"}
"""The headers of every response. Home Assistant already hides its own `Server` header."""

Answer = dict[str, Any]


class NavaiView(HomeAssistantView):
    """A view that answers in navai's format."""

    # A display cannot sign in to Home Assistant.
    requires_auth = False

    async def answer_caller(
        self,
        request: web.Request,
        handler: Callable[[web.Request, NavaiData, Caller], Awaitable[Answer | web.StreamResponse]],
    ) -> web.StreamResponse:
        """Answer a caller, who must be signed in or send a display's token."""
        hass = request.app[KEY_HASS]

        async def handle() -> Answer | web.StreamResponse:
            data = hass.data[DATA]
            return await handler(request, data, await _caller_of(request, data, runtime_of(hass)))

        return await self.answer(request, handle)

    async def answer(
        self, request: web.Request, handler: Callable[[], Awaitable[Answer | web.StreamResponse]]
    ) -> web.StreamResponse:
        """Send what the handler returns: JSON or a response. Errors are sent as JSON."""
        request_id = new_request_id()
        failure: NavaiError | None = None
        answer: Answer | web.StreamResponse = {}
        try:
            answer = await handler()
        except NavaiError as error:
            failure = error
            _LOGGER.debug("%s %s: %s (%s)", request.method, request.path, error.code, request_id)
        except Exception:
            failure = NavaiError("Something went wrong in navai. Look for the request id in the log.")
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


async def _caller_of(request: web.Request, data: NavaiData, runtime: Runtime) -> Caller:
    """Return the caller: a signed-in person, who can name a display, or a display that sends its token."""
    if request.get(KEY_AUTHENTICATED):
        display = request.headers.get("X-Navai-Display", "")
        return runtime.service.access.at_display(display, caller_of_user(request[KEY_HASS_USER]))

    async def failed(token: str) -> None:
        address = machine_of(request.remote or "unknown")
        await data.limiter.count_failure(address)
        if data.wrong_tokens.is_new(address, token):
            # Home Assistant notifies the administrator, and bans the address if bans are enabled.
            await process_wrong_login(request)

    return await sign_in(request.headers.get("Authorization", ""), runtime.tokens, failed)
