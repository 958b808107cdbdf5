"""The provider's answers → our errors. Its own text is never shown: it may quote a key. Source: docs/wire.md."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from ..exceptions import (
    ApiKeyRefusedError,
    BetaApiRetiredError,
    CountryNotSupportedError,
    DeploymentNotFoundError,
    InvalidModelError,
    MissingScopeError,
    ModelNotFoundError,
    PermissionRefusedError,
    QuotaExhaustedError,
    UpstreamError,
    UpstreamRateLimitedError,
    UpstreamSignInError,
    UpstreamUnavailableError,
)
from .texts import safe_words

_QUOTA_WORDS: Final = frozenset(
    {"insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached", "billing_not_active"}
)
_DEFAULT_RETRY_AFTER_S: Final = 5.0
_SIGN_IN_STATUSES: Final = frozenset({407, 511})
_PAGE: Final = re.compile(rb"\s*(?:<!--|<!doctype\s+html|<html|<\?xml)", re.IGNORECASE)
_ASKS_TO_SIGN_IN: Final = re.compile(
    rb"""type\s*=\s*["']?password|\b(?:sign|log)[\s_-]?(?:in|on)\b|captive|hotspot|WISPAccessGateway|iniciar\ sesi""",
    re.IGNORECASE | re.VERBOSE,
)
_MAX_PAGE_BYTES: Final = 65_536
_REDIRECTS_TO_SIGN_IN: Final = frozenset({302, 303})
"""An API has no reason to send one. 307 and 308 may only add a slash to the address."""
_OWN_PAGES: Final = frozenset({301, 307, 308, 404, 429})
"""With these, a page says that `base_url` is wrong or that there are too many requests, unless it asks to sign in."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A provider's error body, reduced to the words that programs compare."""

    status: int
    type: str | None = None
    code: str | None = None
    param: str | None = None
    signs_in: bool = False
    """The answer is not from the provider: something in between answered, such as a proxy that asks to sign in."""

    @property
    def is_quota(self) -> bool:
        """The account has no credit, so retries do not help."""
        return self.type in _QUOTA_WORDS or self.code in _QUOTA_WORDS


def asks_to_sign_in(status: int, body: bytes) -> bool:
    """Whether something between here and the provider answered, such as a proxy that asks you to sign in first.

    The provider answers in JSON. A web page is never believed: not that it works (200), and not that the key is wrong
    (401), the profile (400) or the permission (403).
    """
    if status in _SIGN_IN_STATUSES or status in _REDIRECTS_TO_SIGN_IN:
        return True
    # The error page of a server that has problems may also have a sign-in link.
    page = body[:_MAX_PAGE_BYTES] if status < 500 else b""
    if not _PAGE.match(page):
        return False
    return status not in _OWN_PAGES or bool(_ASKS_TO_SIGN_IN.search(page))


def read_refusal(status: int, body: bytes, *, api_key: str) -> Refusal:
    """Read `{"error": {message, type, param, code}}`. Leaves out everything unexpected or possibly secret."""
    if asks_to_sign_in(status, body):
        return Refusal(status, signs_in=True)
    if status == 200:
        return Refusal(status)
    try:
        error: Any = json.loads(body)["error"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return Refusal(status)
    if not isinstance(error, dict):
        return Refusal(status)
    kind, code, param = (safe_words(error.get(name), api_key) for name in ("type", "code", "param"))
    return Refusal(status, kind, code, param)


def error_of(refusal: Refusal, *, request_id: str | None, retry_after: float | None) -> UpstreamError:
    """The error for an answer that is not 200."""
    status = refusal.status
    if refusal.is_quota:
        return QuotaExhaustedError(
            "The provider's account has no credit left. Add credit or increase its limit, then try again.",
            status=status,
            request_id=request_id,
        )
    if status == 429:
        return UpstreamRateLimitedError(
            "The provider received too many requests. Wait a moment and try again.",
            retry_after=_DEFAULT_RETRY_AFTER_S if retry_after is None else retry_after,
            status=status,
            request_id=request_id,
        )
    kind, message = _kind_of(refusal)
    if kind is UpstreamError and refusal.param:
        message = f"The provider refused `{refusal.param}`. Change it in the profile."
        return UpstreamError(message, status=status, request_id=request_id, param=refusal.param)
    return kind(message, status=status, request_id=request_id)


_BY_CODE: Final[Mapping[str, tuple[type[UpstreamError], str]]] = MappingProxyType(
    {
        "model_not_found": (
            ModelNotFoundError,
            "The provider does not know the profile's model. Check `model` in the profile.",
        ),
        "invalid_model": (
            InvalidModelError,
            "The profile's model does not support Realtime conversations. Choose another `model` in the profile.",
        ),
        "DeploymentNotFound": (
            DeploymentNotFoundError,
            "Azure has no deployment with that name. Check that the profile's `model` is the name of the deployment.",
        ),
        "missing_scope": (
            MissingScopeError,
            "The API key has no permission for Realtime. Add the permission to the key at the provider.",
        ),
        "unsupported_country_region_territory": (
            CountryNotSupportedError,
            "The provider is not available in the country that the request came from. Check your VPN or proxy.",
        ),
        "beta_api_shape_disabled": (
            BetaApiRetiredError,
            "The request reached the provider's old beta interface. Check `base_url` and any proxy behind it.",
        ),
    }
)
_BY_STATUS: Final[Mapping[int, tuple[type[UpstreamError], str]]] = MappingProxyType(
    {
        401: (
            ApiKeyRefusedError,
            "The provider refused the API key. Check that it is complete, not revoked, and from the right project.",
        ),
        403: (
            PermissionRefusedError,
            "The provider does not let this key use Realtime from here. Check the key's permissions and the region.",
        ),
        404: (UpstreamError, "There is no Realtime API at the configured address. Check `base_url`."),
    }
)
_UNAVAILABLE: Final = (UpstreamUnavailableError, "The provider has problems at the moment. Try again in a minute.")
_REDIRECTED: Final = (UpstreamError, "The provider's address redirects elsewhere. Set `base_url` to the final address.")
_REFUSED: Final = (
    UpstreamError,
    "The provider refused the profile's session. Check the options of the profile.",
)


_SIGN_IN: Final = (
    UpstreamSignInError,
    "A web page came instead of the provider's answer, perhaps to sign in. Sign in, or check the proxy and `base_url`.",
)


def _kind_of(refusal: Refusal) -> tuple[type[UpstreamError], str]:
    if refusal.signs_in:
        return _SIGN_IN
    if found := _BY_CODE.get(refusal.code or "") or _BY_STATUS.get(refusal.status):
        return found
    if refusal.status in {408, 409} or refusal.status >= 500:
        return _UNAVAILABLE
    return _REDIRECTED if 300 <= refusal.status < 400 else _REFUSED
