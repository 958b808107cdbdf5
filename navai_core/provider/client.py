"""The provider, with an injected `aiohttp.ClientSession`: one request method, one deadline, no key in any error."""

import asyncio
import hashlib
import hmac
import math
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from time import monotonic
from typing import Final, Self

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from ..const import CONNECT_TIMEOUT_S, MAX_RETRIES, MAX_UPSTREAM_BODY_BYTES, READ_TIMEOUT_S, TOTAL_DEADLINE_S, VERSION
from ..exceptions import (
    UpstreamError,
    UpstreamInvalidResponseError,
    UpstreamTimeoutError,
    UpstreamUnreachableError,
)
from ..models import RealtimeClientSecret, Settings
from ..providers import Provider
from .answers import Answer, read_answer, read_request_id, read_secret
from .errors import error_of
from .model_list import ListedModel, read_models
from .retry import delay_of

MINT_PATH: Final = "/realtime/client_secrets"
MODELS_PATH: Final = "/models"
CALLS_PATH: Final = "/realtime/calls"
_CHUNK_BYTES: Final = 65_536
_TIMED_OUT: Final = "The provider did not answer in time. Check the internet connection, or try again."


Otherwise = Callable[[UpstreamError], bytes | None]
"""Makes another request of a refused one, or None."""


class NoCookies(aiohttp.DummyCookieJar):
    """Keeps no cookies and does not read them: aiohttp logs the parts of a cookie that it cannot read."""

    def update_cookies_from_headers(self, headers: Sequence[str], response_url: URL) -> None:
        """Do nothing."""


class _StaleConnectionError(Exception):
    """The other side closed the connection before it answered, for example a kept one that had expired."""


class _ConnectTimeoutError(Exception):
    """No connection could be opened in time, so nothing was sent."""


@dataclass(frozen=True, slots=True, repr=False)
class _Request:
    """What is sent. It has the key, so it is never shown."""

    method: str
    url: URL
    headers: Mapping[str, str]
    api_key: str
    body: bytes | None = None


def safety_identifier(caller: str, api_key: str) -> str:
    """A stable id of an end user that reveals nothing to the provider: a hash keyed with the API key."""
    return hmac.new(api_key.encode(), f"navai safety identifier\n{caller}".encode(), hashlib.sha256).hexdigest()


class ProviderClient:
    """Mints client secrets, and reads the list of models.

    Args:
        session: It is not closed here. Its cookies (best `NoCookies`), proxy and TLS settings are used unchanged.
        provider: The row of the table of providers.
        base_url: Its address, without a slash at the end.
        organization: Sent if it is not empty and the provider accepts it.
        project: The same.
        deadline: Seconds that one mint may take, including retries.
        clock, sleep, jitter: For tests.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        provider: Provider,
        base_url: str,
        organization: str = "",
        project: str = "",
        deadline: float = TOTAL_DEADLINE_S,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._session = session
        self._provider = provider
        self._url = URL(base_url + MINT_PATH)
        self._models_url = URL(base_url + MODELS_PATH)
        self._deadline = deadline
        self._timeout = _timeout_of(deadline)
        self._clock, self._sleep, self._jitter = clock, sleep, jitter
        self._headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": f"navai/{VERSION}",
        }
        if provider.account_headers:
            account = {"OpenAI-Organization": organization, "OpenAI-Project": project}
            self._headers |= {name: value for name, value in account.items() if value}
        # There are few callers, and each makes many requests.
        self._headers_for = lru_cache(maxsize=256)(self._make_headers)
        self.calls_url = base_url + CALLS_PATH

    @classmethod
    def of(cls, settings: Settings, session: aiohttp.ClientSession) -> Self:
        """The client for some settings."""
        return cls(
            session,
            provider=settings.provider,
            base_url=settings.base_url,
            organization=settings.organization,
            project=settings.project,
            deadline=settings.timeout,
        )

    async def mint(
        self,
        body: bytes,
        *,
        api_key: str,
        caller: str | None = None,
        transient: bool = False,
        otherwise: Otherwise | None = None,
        seconds: float = math.inf,
    ) -> RealtimeClientSecret:
        """Mint one client secret.

        Args:
            body: The serialised request (`payload.build_payload`).
            api_key: Used in the header and nowhere else.
            caller: For the provider's safety identifier.
            transient: The key came with a request and is not kept here.
            otherwise: Called with a refusal, once: another request to send within the same deadline, or None.
            seconds: What is left of the deadline, if something else has already used a part of it.

        Raises:
            UpstreamError: and its subclasses, each with the provider's request id if there was an answer.
        """
        headers = (self._make_headers if transient else self._headers_for)(api_key, caller)
        request = _Request("POST", self._url, headers, api_key, body)
        left = min(self._deadline, seconds)
        ends = self._clock() + left
        try:
            answer = await self._answer(request, ends, left)
        except UpstreamError as error:
            other = otherwise(error) if otherwise else None
            if other is None:
                raise
        else:
            return read_secret(answer.body, answer.request_id, answer.sent_at, api_key=api_key)
        answer = await self._answer(replace(request, body=other), ends, ends - self._clock())
        return read_secret(answer.body, answer.request_id, answer.sent_at, api_key=api_key)

    async def models(self, *, api_key: str) -> tuple[ListedModel, ...]:
        """The models that a key may use.

        Raises:
            UpstreamError: and its subclasses; see `mint`.
        """
        request = _Request("GET", self._models_url, self._headers_for(api_key, None), api_key)
        answer = await self._answer(request, self._clock() + self._deadline, self._deadline)
        return read_models(answer.body, answer.request_id)

    async def _answer(self, request: _Request, ends: float, left: float) -> Answer:
        """Send a request, with retries, until there is a 200. The clock shows `ends` when the deadline is over."""
        stale_retries = attempt = 0
        while True:
            asked = None
            try:
                answer = await self._request(request, left)
            except _StaleConnectionError:
                # aiohttp never repeats a POST itself. A second mint would only leave an unused secret.
                error: UpstreamError = UpstreamUnreachableError("The provider closed the connection. Try again.")
                stale_retries += 1
                left = ends - self._clock()
                if stale_retries == 1:
                    continue
            except _ConnectTimeoutError:
                # The next attempt may use another address, or the router may be ready by then.
                error = UpstreamTimeoutError(_TIMED_OUT)
            except UpstreamUnreachableError as unreachable:
                error = unreachable
            else:
                if answer.status == 200 and not answer.refusal.signs_in:
                    return answer
                asked = answer.retry_after
                error = error_of(answer.refusal, request_id=answer.request_id, retry_after=asked)
                if not answer.is_retried:
                    raise error
            delay = delay_of(attempt, asked, self._jitter())
            attempt += 1
            # Waiting longer than the deadline does not help: report the error now.
            if attempt > MAX_RETRIES or self._clock() + delay >= ends or _is_final(error):
                raise error
            await self._sleep(delay)
            left = ends - self._clock()

    def _make_headers(self, api_key: str, caller: str | None) -> CIMultiDictProxy[str]:
        headers = CIMultiDict(self._headers)
        headers[self._provider.key_header] = self._provider.key_prefix + api_key
        if caller is not None and self._provider.safety_identifier:
            headers["OpenAI-Safety-Identifier"] = safety_identifier(caller, api_key)
        return CIMultiDictProxy(headers)

    async def _request(self, request: _Request, seconds: float) -> Answer:
        # The first attempt has the whole deadline.
        timeout = self._timeout if seconds >= self._deadline else _timeout_of(seconds)
        failure: Exception
        try:
            async with self._session.request(
                request.method,
                request.url,
                data=request.body,
                headers=request.headers,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                content = await _read(response, request.api_key)
                return read_answer(response.status, response.headers, content, api_key=request.api_key)
        except aiohttp.ConnectionTimeoutError:
            failure = _ConnectTimeoutError()
        except TimeoutError:
            failure = UpstreamTimeoutError(_TIMED_OUT)
        except aiohttp.ClientConnectorCertificateError:
            failure = UpstreamUnreachableError(
                "The provider's TLS certificate is not trusted. Check `base_url` and this machine's clock.",
                param="certificate",
            )
        except aiohttp.ClientConnectorError:
            failure = UpstreamUnreachableError(
                "The provider cannot be reached. Check the internet connection and `base_url`."
            )
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            failure = _StaleConnectionError()
        except RuntimeError:
            # The session was closed: the hub is stopping, or its YAML was changed long ago.
            failure = UpstreamUnreachableError("The connection to the provider is closed. Try again.")
        except (aiohttp.ClientError, ValueError):
            failure = UpstreamInvalidResponseError("The provider's answer is incomplete or not HTTP. Check `base_url`.")
        # Raised outside of the `except` block: the original error quotes the answer, and would be kept with ours.
        raise failure


def _timeout_of(seconds: float) -> aiohttp.ClientTimeout:
    seconds = max(seconds, 0.001)
    return aiohttp.ClientTimeout(
        total=seconds, connect=min(CONNECT_TIMEOUT_S, seconds), sock_read=min(READ_TIMEOUT_S, seconds)
    )


def _is_final(error: UpstreamError) -> bool:
    return isinstance(error, UpstreamUnreachableError) and error.param == "certificate"


async def _read(response: aiohttp.ClientResponse, api_key: str) -> bytes:
    """The body, unless it is far too large."""
    if (response.content_length or 0) > MAX_UPSTREAM_BODY_BYTES:
        raise _too_large(response, api_key)
    if response.content_length is not None and "Content-Encoding" not in response.headers:
        return await response.read()
    # With chunks or compression, the size is only known while reading.
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_UPSTREAM_BODY_BYTES:
            raise _too_large(response, api_key)
    return bytes(body)


def _too_large(response: aiohttp.ClientResponse, api_key: str) -> UpstreamInvalidResponseError:
    return UpstreamInvalidResponseError(
        "The provider's answer is far too large. Check `base_url`.",
        status=response.status,
        request_id=read_request_id(response.headers, api_key=api_key),
    )
