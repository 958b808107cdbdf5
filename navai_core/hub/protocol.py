"""What reaches the hub and is not HTTP: answered in the hub's own shape, and logged in one line.

aiohttp's own answer and log entry quote what was sent, which may be a token.
"""

import logging
from typing import Any, Final, Self

from aiohttp import web
from aiohttp.http import HttpProcessingError

from ..answers import new_request_id
from ..exceptions import InvalidInputError, NavaiError
from .errors import add_headers, response_of

_LOGGER = logging.getLogger(__name__)
HTTP_LOGGER: Final = logging.getLogger("navai_core.hub.http")
"""For aiohttp's server."""


class _WithoutRubbish(logging.Filter):
    """What a client sent wrongly is a line, not a traceback that quotes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError | web.RequestPayloadError):
            record.levelno, record.levelname = logging.INFO, "INFO"
            record.msg, record.args = "A request could not be read (%s)", (type(error).__name__,)
            record.exc_info = record.exc_text = None
        return True


HTTP_LOGGER.addFilter(_WithoutRubbish())


class HubProtocol(web.RequestHandler):
    """aiohttp's protocol, with other words for what it cannot read."""

    __slots__ = ()

    @classmethod
    def made_by(cls, runner: web.AppRunner) -> Self:
        """A protocol for a new connection. aiohttp's server makes its own kind and has no parameter for another."""
        make = runner.server
        if make is None:
            raise ConnectionError("the hub does not run any more")
        protocol: Any = make()
        protocol.__class__ = cls
        made: Self = protocol
        return made

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  # quotes what was sent
    ) -> web.StreamResponse:
        """Answer what no route was reached for. The connection is closed afterwards."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already")
        request_id = new_request_id()
        error: NavaiError
        if status >= 500:
            _LOGGER.error("Request %s failed", request_id, exc_info=exc)
            error = NavaiError("Something went wrong here — look for the request id in the log.")
        else:
            _LOGGER.info("%s sent what is not HTTP (%s) %s", request.remote, type(exc).__name__, request_id)
            error = InvalidInputError("The request cannot be understood — send HTTP with a JSON body.")
        response = response_of(error, request_id)
        response.set_status(status)
        add_headers(response, request_id)
        response.force_close()
        return response
