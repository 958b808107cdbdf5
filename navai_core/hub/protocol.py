"""Answers requests that are not valid HTTP in the hub's own shape, and logs them in one line.

aiohttp's own answer and log entry quote the request, which may contain a token.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, cast

from aiohttp import hdrs, web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.http import HttpProcessingError, RawRequestMessage
from multidict import CIMultiDict, CIMultiDictProxy

from ..exceptions import InvalidInputError, NavaiError
from ..web.responses import new_request_id
from .accepting import Connection
from .errors import add_headers, response_of

_LOGGER = logging.getLogger(__name__)
HTTP_LOGGER: Final = logging.getLogger("navai_core.hub.http")
"""For aiohttp's server."""

KEEP_ALIVE_S: Final = 75.0
"""How long a connection may wait for its next request: longer than most reverse proxies keep it."""


class _WithoutRubbish(logging.Filter):
    """Logs an invalid request as one line, not as a traceback that quotes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError | web.RequestPayloadError):
            record.levelno, record.levelname = logging.INFO, "INFO"
            record.msg, record.args = "A request could not be read (%s)", (type(error).__name__,)
            record.exc_info = record.exc_text = None
        return True


HTTP_LOGGER.addFilter(_WithoutRubbish())


class HubProtocol(web.RequestHandler):
    """aiohttp's protocol with our own answers to invalid requests. It reports to its `Connection`.

    Args:
        server: aiohttp's, with the application.
        connection: Its connection.
        access_log_class: Writes the line of each request.
        access_log: Where to.
    """

    __slots__ = ("connection",)

    def __init__(
        self,
        server: web.Server,
        connection: Connection,
        access_log_class: type[AbstractAccessLogger],
        access_log: logging.Logger,
    ) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=KEEP_ALIVE_S,
            logger=HTTP_LOGGER,
            access_log_class=access_log_class,
            access_log=access_log,
        )
        self.connection = connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.BaseProtocol`."""
        self.connection.transport = cast(asyncio.WriteTransport, transport)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """See `asyncio.BaseProtocol`."""
        self.connection.ended()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  # quotes what was sent
    ) -> web.StreamResponse:
        """Answer a request that reached no route. The connection is closed afterwards."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has already started")
        request_id = new_request_id()
        error: NavaiError
        if status >= 500:
            _LOGGER.error("Request %s failed", request_id, exc_info=exc)
            error = NavaiError("Something went wrong in navai. Look for the request id in the log.")
        else:
            _LOGGER.info("%s sent a request that is not HTTP (%s) %s", request.remote, type(exc).__name__, request_id)
            error = InvalidInputError("The request is not valid. Send HTTP with a JSON body.")
        response = response_of(error, request_id)
        response.set_status(status)
        add_headers(response, request_id)
        response.force_close()
        return response


def without_expectations(make: Callable[..., web.BaseRequest]) -> Callable[..., web.BaseRequest]:
    """Aiohttp's factory of requests, for clients with an `Expect` header other than `100-continue`.

    The standard allows servers to ignore it. aiohttp would refuse it before any route, and quote it.
    """

    def make_request(message: RawRequestMessage, *others: Any) -> web.BaseRequest:
        expected = message.headers.get(hdrs.EXPECT)
        if expected is not None and expected.lower() != "100-continue":
            headers = CIMultiDict(message.headers)
            del headers[hdrs.EXPECT]
            message = message._replace(headers=CIMultiDictProxy(headers))
        return make(message, *others)

    return make_request
