"""A provider that puts a secret everywhere an answer can have text, and the search for it afterwards.

No place of an answer may carry a secret, or a part of one, to a display, a log, a repair, an event or a metric. A
secret is recognised in whichever case and with whichever punctuation a program may have given it.
"""

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from aiohttp import web
from aiohttp.test_utils import TestServer
from secret_watch import WATCH

AZURE_KEY: Final = WATCH.secret("9f3c7a51e8d24b06a7c1f95e30b8d642")
"""Azure's keys have no special prefix."""
OPENAI_KEY: Final = WATCH.secret("sk-proj-Vq7mZt2LxW9bRk4NcY8sHf3JdG6pTa5E")
CLIENT_SECRET: Final = WATCH.secret("ek_leaked_68af296e8e408191a1120ab6383263c2")
STRANGERS: Final = (
    WATCH.secret("c4e19b07d35f4a8282fe6b1d7903ac5e"),  # of Azure's shape
    WATCH.secret("sk-Hn5vKq8wPz3rTb6yLm9dXc2fJg7sRa4E"),
    CLIENT_SECRET,
)
"""Secrets of others: they are not configured here, but look like secrets."""

_PART_CHARS: Final = 8
_MARKS: Final = re.compile(r"[^0-9a-z]+")


def bare(text: str) -> str:
    return _MARKS.sub("", text.casefold())


def found_in(text: str, secret: str) -> str | None:
    """The first part of a secret in a text. A few characters do not count."""
    looked, hidden = bare(text), bare(secret)
    parts = (hidden[at : at + _PART_CHARS] for at in range(len(hidden) - _PART_CHARS + 1))
    return next((part for part in parts if part in looked), None)


def forms_of(secret: str) -> dict[str, str]:
    """The forms in which a program may show a secret."""
    middle = len(secret) // 2
    return {
        "whole": secret,
        "in a path": f"session.{secret}.voice",
        "as an id": f"req_{secret}",
        "its end": secret[-12:],
        "its beginning": f"tools.{secret[:14]}",
        "its middle": f"req_{secret[middle - 6 : middle + 6]}",
        "in capitals": secret.upper(),
        "in pieces": ".".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
    }


Answering = Callable[[str], web.Response]


def _refusal(status: int, error: dict[str, Any], **more: Any) -> web.Response:
    return web.json_response({"error": {"message": "no", "type": "x", **error}}, status=status, **more)


def _header(name: str, value: str, status: int = 400) -> web.Response:
    return _refusal(status, {"param": "session.voice"}, headers={name: value})


def _minted(**fields: Any) -> web.Response:
    return web.json_response({"value": "ek_0f1e2d3c4b5a69788796a5b4c3d2e1f0", "expires_at": 4_000_000_000} | fields)


REFUSALS: Final[dict[str, Answering]] = {
    "message": lambda leak: _refusal(400, {"message": f"Incorrect key {leak}."}),
    "param": lambda leak: _refusal(400, {"param": leak}),
    "code": lambda leak: _refusal(400, {"code": leak, "param": "session.voice"}),
    "type": lambda leak: _refusal(400, {"type": leak}),
    "all of 401": lambda leak: _refusal(401, dict.fromkeys(("message", "type", "code", "param"), leak)),
    "all of 404": lambda leak: _refusal(404, dict.fromkeys(("message", "type", "code", "param"), leak)),
    "all of 429": lambda leak: _refusal(
        429, {"code": leak, "param": leak}, headers={"Retry-After": leak, "x-should-retry": "false", "Date": leak}
    ),
    "quota": lambda leak: _refusal(429, {"code": "insufficient_quota", "param": leak}, headers={"x-request-id": leak}),
    "all of 500": lambda leak: _refusal(
        500, {"code": leak, "param": leak}, headers={"x-request-id": leak, "x-should-retry": "false"}
    ),
    "request id": lambda leak: _header("x-request-id", leak),
    "request id of 401": lambda leak: _header("x-request-id", leak, 401),
    "Retry-After": lambda leak: _header("Retry-After", leak),
    "Date": lambda leak: _header("Date", leak),
    "Location": lambda leak: _header("Location", f"https://{leak}.example/{leak}", 307),
    "name of a cookie": lambda leak: _header("Set-Cookie", f"{leak} x=1"),
    "Content-Type": lambda leak: web.Response(status=400, body=b"no", headers={"Content-Type": leak}),
    "x-should-retry": lambda leak: _header("x-should-retry", leak),
    "reason phrase": lambda leak: web.Response(status=400, reason=f"Bad {leak}"),
    "body": lambda leak: web.Response(status=400, text=leak),
    "body of 200": lambda leak: web.Response(text=leak),
    "secret": lambda leak: _minted(value=leak),
    "expiry": lambda leak: _minted(expires_at=leak),
}
"""Refusals, and answers that must be refused: by the place that a secret is in."""
GIFTS: Final[dict[str, Answering]] = {
    "session": lambda leak: _minted(session={"instructions": leak, "id": leak, leak: leak}),
    "more": lambda leak: _minted(id=leak, object=leak, **{leak: leak}),
    "headers": lambda leak: web.json_response(
        {"value": "ek_0f1e2d3c4b5a69788796a5b4c3d2e1f0", "expires_at": 4_000_000_000},
        headers={"x-request-id": leak, "Date": leak, "Set-Cookie": f"{leak} x=1", "openai-organization": leak},
        reason=leak,
    ),
}
"""Good client secrets, with a secret beside them."""


class LeakyProvider:
    """Set `answer` to what the next mints get."""

    def __init__(self) -> None:
        self.base_url = ""
        self.answer: Callable[[], web.Response] = _minted

    async def mint(self, _: web.Request) -> web.Response:
        return self.answer()

    def leaks(self, place: str, leak: str) -> None:
        answering = (REFUSALS | GIFTS)[place]
        self.answer = lambda: answering(leak)


@asynccontextmanager
async def leaky_provider() -> AsyncIterator[LeakyProvider]:
    """A real server on loopback."""
    provider = LeakyProvider()
    app = web.Application()
    app.router.add_post("/{base:.*}/realtime/client_secrets", provider.mint)
    async with TestServer(app) as server:
        provider.base_url = str(server.make_url("/openai/v1"))
        yield provider


def text_of(value: object) -> str:
    """Anything as a text to search."""
    return json.dumps(value, default=repr, ensure_ascii=False)
