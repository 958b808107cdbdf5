"""What both hosts answer over HTTP: bodies, statuses and headers. Pure; a host only sends them.

An error's body is `{"error": "a message with the cure", "code": "stable", "request_id": "…", …data}`. The NAVAI
contract defines the name of `error`.
"""

import os
from collections.abc import Mapping
from math import ceil
from types import MappingProxyType
from typing import Any, Final

from .. import exceptions as errors
from ..models import IceServer, VoiceProfile
from ..sessions.minter import Minted

STATUS: Final[Mapping[type[errors.NavaiError], int]] = MappingProxyType(
    {
        errors.NavaiError: 500,
        errors.InvalidInputError: 400,
        errors.NotSignedInError: 401,
        errors.NotAllowedError: 403,
        errors.NotFoundError: 404,
        errors.MethodNotAllowedError: 405,
        errors.DisplayNotConnectedError: 409,
        errors.RequestTimeoutError: 408,
        errors.BodyTooLargeError: 413,
        errors.UnsupportedContentTypeError: 415,
        errors.RateLimitedError: 429,
        errors.UpstreamRateLimitedError: 429,
        errors.UpstreamError: 502,
        errors.ApiKeyMissingError: 503,
        errors.ApiKeyRefusedError: 503,
        errors.PermissionRefusedError: 503,
        errors.QuotaExhaustedError: 503,
        errors.StartError: 503,
        errors.StoppingError: 503,
        errors.NotReadyError: 503,
        errors.UpstreamTimeoutError: 504,
    }
)

HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        # Do not reveal the server software.
        "Server": "navai",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)
"""The headers of every answer."""


def new_request_id() -> str:
    """An id for one request, in its answer and in the log."""
    return f"req_{os.urandom(8).hex()}"


def status_of(error: errors.NavaiError) -> int:
    """The HTTP status of an error: that of its nearest base class in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def error_body(error: errors.NavaiError, request_id: str) -> dict[str, Any]:
    """The body of a request that failed."""
    return {**error.data, "error": error.message, "code": error.code, "request_id": request_id}


def error_headers(error: errors.NavaiError) -> dict[str, str]:
    """The additional headers of an error."""
    if isinstance(error, errors.RateLimitedError | errors.UpstreamRateLimitedError):
        return {"Retry-After": str(max(1, ceil(error.retry_after)))}
    if isinstance(error, errors.MethodNotAllowedError):
        return {"Allow": ", ".join(error.data["allowed"])}
    if isinstance(error, errors.NotSignedInError):
        return {"WWW-Authenticate": 'Bearer realm="navai"'}
    return {}


def profiles_body(profiles: Mapping[str, VoiceProfile]) -> dict[str, Any]:
    """The profiles of a caller, its default first, without instructions or keys."""
    items = [
        {
            "profile": profile.key,
            "name": profile.name,
            "model": profile.model,
            "voice": profile.voice,
            "language": profile.language,
            "transport": "client_secret",
            "allow_overrides": sorted(profile.allow_overrides),
        }
        for profile in profiles.values()
    ]
    return {"profiles": items, "default_profile": next(iter(profiles), None)}


def secret_body(minted: Minted) -> dict[str, Any]:
    """A secret, and everything needed to connect with it. `ice_servers` is there only if some are configured."""
    servers = [_ice_server(server) for server in minted.ice_servers]
    # What was filled in the instructions gets old.
    ready_for = {} if minted.ready_for is None else {"ready_for": minted.ready_for}
    return {
        "value": minted.secret.value,
        "expires_at": minted.secret.expires_at,
        "profile": minted.profile,
        "model": minted.model,
        "voice": minted.voice,
        "url": minted.url,
        "idle_timeout": minted.limits.idle_timeout,
        "session_length": minted.limits.session_length,
        "tool_timeout": minted.tool_timeout,
        **ready_for,
        **({"ice_servers": servers} if servers else {}),
    }


def _ice_server(server: IceServer) -> dict[str, Any]:
    """A server as `RTCPeerConnection` takes it. A browser must know the credential."""
    body: dict[str, Any] = {"urls": list(server.urls)}
    if server.username:
        body["username"] = server.username
    if server.credential:
        body["credential"] = server.credential.reveal()
    return body


def contract_body(minted: Minted) -> dict[str, Any]:
    """The same in the form of the contract, which allows nothing else in the answer."""
    return {"value": minted.secret.value, "expires_at": minted.secret.expires_at}
