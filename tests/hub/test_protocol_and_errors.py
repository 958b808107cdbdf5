import asyncio
import logging

import pytest
from aiohttp import web
from aiohttp.http import HttpProcessingError
from hub_support import KEY
from secret_watch import WATCH
from yarl import URL

from navai_core import exceptions as errors
from navai_core.hub.errors import from_aiohttp
from navai_core.hub.protocol import HTTP_LOGGER, HubProtocol
from navai_core.hub.server import Running
from navai_core.web.responses import status_of

ODD = WATCH.secret("tok_odd_Xq7mZt2LxW9")


async def raw(url: str, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(URL(url).host, URL(url).port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    return answer


async def test_a_header_that_cannot_be_read_is_not_repeated(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = await raw(
            running.url, f"GET /navai/profiles HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ODD}\x01\r\n\r\n".encode()
        )
    assert answer.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))
    assert b'"code": "invalid_request"' in answer
    assert ODD.encode() not in answer
    assert ODD not in caplog.text
    assert "sent a request that is not HTTP" in caplog.text


async def test_a_client_that_waits_to_go_on_is_told_to(running: Running) -> None:
    head = (
        "POST /navai/functions/execute HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
    )
    answer = await raw(running.url, f"{head}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n{{}}".encode())
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401")


async def test_what_else_a_client_expects_is_left_unanswered(running: Running) -> None:
    answer = await raw(
        running.url, b"GET /navai/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: tea\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200")


class FakeWriter:
    output_size = 0


class FakeRequest:
    remote = "192.0.2.1"
    writer = FakeWriter()


def protocol() -> HubProtocol:
    return HubProtocol.__new__(HubProtocol)


def test_our_own_mistakes_are_logged_whole_and_told_in_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    response = protocol().handle_error(FakeRequest(), 500, RuntimeError("inner"), "inner")  # type: ignore[arg-type]
    assert response.status == 500
    assert "inner" in caplog.text


def test_an_answer_that_has_begun_is_not_begun_again() -> None:
    request = FakeRequest()
    request.writer = FakeWriter()
    request.writer.output_size = 10
    with pytest.raises(ConnectionError):
        protocol().handle_error(request, 400)  # type: ignore[arg-type]


def test_rubbish_is_a_line_and_other_trouble_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        for error in (HttpProcessingError(code=400, message=ODD), RuntimeError("real trouble")):
            HTTP_LOGGER.error("Unhandled exception", exc_info=error)
        HTTP_LOGGER.info("all is well")
    assert ODD not in caplog.text
    assert "A request could not be read (HttpProcessingError)" in caplog.text
    assert "RuntimeError: real trouble" in caplog.text


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (web.HTTPNotFound(), "not_found", 404),
        (web.HTTPForbidden(), "origin_not_allowed", 403),
        (web.HTTPMethodNotAllowed("GET", ["POST"]), "method_not_allowed", 405),
        (web.HTTPRequestEntityTooLarge(max_size=1, actual_size=2), "body_too_large", 413),
        (web.HTTPBadRequest(), "invalid_request", 400),
    ],
)
def test_what_aiohttp_refuses(error: web.HTTPException, code: str, status: int) -> None:
    ours = from_aiohttp(error)
    assert (ours.code, status_of(ours)) == (code, status)


def test_a_new_kind_of_error_has_the_status_of_its_parent() -> None:
    class Newer(errors.QuotaExhaustedError):
        pass

    assert status_of(Newer("x")) == 503


async def test_nothing_of_a_key_reaches_the_hubs_answers(running: Running) -> None:
    assert KEY.encode() not in await raw(running.url, b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
