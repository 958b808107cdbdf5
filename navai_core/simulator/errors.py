"""What OpenAI says when it refuses: the one error shape, and the errors that clients have to tell apart.

Shape, from status 400 on: ``{"error": {"message": str, "type": str, "param": str | null, "code": str | null}}``.
The texts are those that the API was seen to answer with (issue trackers of its clients, 2025 and 2026) where such a
sighting is known, and plausible ones elsewhere; names and statuses are those of the published error guide.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

INVALID_REQUEST: Final = "invalid_request_error"
_MAX_ECHO_CHARS: Final = 200
_TAIL_CHARS: Final = 4
_MIN_KEY_CHARS_FOR_TAIL: Final = 20
_MAX_STARS: Final = 24


class ApiError(Exception):
    """One refusal: an HTTP status and the four members of the error object."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = INVALID_REQUEST,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.kind = kind

    def to_json(self) -> dict[str, Any]:
        """Return the body as the API sends it, under `error`."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}

    def encode(self) -> bytes:
        """Return the body as bytes, indented as the API does it."""
        return json.dumps(self.to_json(), indent=2).encode()


@dataclass(frozen=True, slots=True)
class ErrorTemplate:
    """A named error of the API, as a fault can ask for it."""

    status: int
    code: str | None
    kind: str
    message: str

    def build(self, status: int | None = None) -> ApiError:
        """Return the error itself, under its own status or another one."""
        return ApiError(status or self.status, self.message, code=self.code, kind=self.kind)


def masked(key: str) -> str:
    """Return a key as the API shows it in a refusal: the prefix, stars, and the last four characters of a long one."""
    prefix = next((known for known in ("sk-proj-", "sk-svcacct-", "sk-", "ek_") if key.startswith(known)), "")
    tail = key[-_TAIL_CHARS:] if len(key) >= _MIN_KEY_CHARS_FOR_TAIL else ""
    stars = min(len(key) - len(prefix) - len(tail), _MAX_STARS)
    return f"{prefix}{'*' * stars}{tail}"


def echoed(value: object) -> str:
    """Return a value of the request as it stands in an error text, cut to a bounded length."""
    text = str(value)
    return text if len(text) <= _MAX_ECHO_CHARS else f"{text[:_MAX_ECHO_CHARS]}..."


def missing_key() -> ApiError:
    """401: there is no `Authorization` header, or one of another scheme."""
    return ApiError(401, "Missing bearer or basic authentication in header")


def wrong_key(key: str) -> ApiError:
    """401: nobody owns the key. The text shows the masked key, as the real one does."""
    message = (
        f"Incorrect API key provided: {masked(key)}. "
        "You can find your API key at https://platform.openai.com/account/api-keys."
    )
    return ApiError(401, message, code="invalid_api_key")


def expired_secret() -> ApiError:
    """401: the client secret was good once."""
    return TEMPLATES["expired_client_secret"].build()


def unknown_url(method: str, path: str) -> ApiError:
    """404: nothing lives at that address."""
    return ApiError(404, f"Invalid URL ({echoed(method)} {echoed(path)})")


def method_not_allowed(method: str, path: str) -> ApiError:
    """405: the address takes another method."""
    hint = "(HINT: Perhaps you meant to use a different HTTP method?)"
    return ApiError(405, f"Not allowed to {echoed(method)} on {echoed(path)} {hint}", code="method_not_supported")


def beta_retired() -> ApiError:
    """400: the request carries `OpenAI-Beta`, which routes to the beta API that was shut down in May 2026."""
    message = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
    return ApiError(400, message, code="beta_api_shape_disabled")


def unsupported_content_type(content_type: str) -> ApiError:
    """400: the body is declared as something else than JSON."""
    message = (
        f"Unsupported content type: '{echoed(content_type)}'. "
        "This API method only accepts 'application/json' requests, but you specified the header "
        f"'Content-Type: {echoed(content_type)}'. Please try again with a supported content type."
    )
    return ApiError(400, message, code="unsupported_content_type")


def unparsable_body() -> ApiError:
    """400: the body is not a JSON object."""
    message = (
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
        "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)"
    )
    return ApiError(400, message)


def body_too_large(limit_bytes: int) -> ApiError:
    """413: the body is longer than the simulator reads."""
    return ApiError(413, f"Request body too large: the limit is {limit_bytes} bytes.", code="request_too_large")


def model_not_found(model: str) -> ApiError:
    """404: no such model, or not any more, or not for this key."""
    message = f"The model `{echoed(model)}` does not exist or you do not have access to it."
    return ApiError(404, message, code="model_not_found")


_LIMIT_MESSAGE: Final = (
    "Rate limit reached for gpt-realtime in organization org-simulator on requests per min (RPM): "
    "Limit 60, Used 60, Requested 1. Please try again in 1s. "
    "Visit https://platform.openai.com/account/rate-limits to learn more."
)
_QUOTA_MESSAGE: Final = (
    "You exceeded your current quota, please check your plan and billing details. "
    "For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
)
_SERVER_MESSAGE: Final = (
    "The server had an error while processing your request. Sorry about that! "
    "You can retry your request, or contact us through our help center at help.openai.com if the error persists."
)

TEMPLATES: Final[Mapping[str, ErrorTemplate]] = MappingProxyType(
    {
        "invalid_request": ErrorTemplate(400, None, INVALID_REQUEST, "The request is invalid."),
        "invalid_api_key": ErrorTemplate(
            401,
            "invalid_api_key",
            INVALID_REQUEST,
            "Incorrect API key provided: sk-*************0000. "
            "You can find your API key at https://platform.openai.com/account/api-keys.",
        ),
        "expired_client_secret": ErrorTemplate(
            401,
            "expired_client_secret",
            INVALID_REQUEST,
            "The client secret has expired. Create a new one with /v1/realtime/client_secrets.",
        ),
        "unsupported_country_region_territory": ErrorTemplate(
            403,
            "unsupported_country_region_territory",
            "request_forbidden",
            "Country, region, or territory not supported",
        ),
        "model_not_found": ErrorTemplate(
            404,
            "model_not_found",
            INVALID_REQUEST,
            "The model `gpt-realtime` does not exist or you do not have access to it.",
        ),
        "invalid_model": ErrorTemplate(
            400,
            "invalid_model",
            INVALID_REQUEST,
            "The model `gpt-realtime` is not supported for Realtime sessions.",
        ),
        "missing_scope": ErrorTemplate(
            403,
            "missing_scope",
            INVALID_REQUEST,
            "You have insufficient permissions for this operation. Missing scopes: api.model.request.",
        ),
        "beta_api_shape_disabled": ErrorTemplate(
            400,
            "beta_api_shape_disabled",
            INVALID_REQUEST,
            "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.",
        ),
        "DeploymentNotFound": ErrorTemplate(
            404,
            "DeploymentNotFound",
            INVALID_REQUEST,
            "The API deployment for this resource does not exist.",
        ),
        "rate_limit_exceeded": ErrorTemplate(429, "rate_limit_exceeded", "requests", _LIMIT_MESSAGE),
        "slow_down": ErrorTemplate(
            429, "slow_down", "rate_limit_error", "Too many requests in a short time. Please slow down."
        ),
        "insufficient_quota": ErrorTemplate(429, "insufficient_quota", "insufficient_quota", _QUOTA_MESSAGE),
        "credit_balance_exhausted": ErrorTemplate(
            429, "credit_balance_exhausted", "insufficient_quota", "Your credit balance is exhausted."
        ),
        "server_error": ErrorTemplate(500, None, "server_error", _SERVER_MESSAGE),
        "server_is_overloaded": ErrorTemplate(
            503,
            "server_is_overloaded",
            "service_unavailable_error",
            "Our servers are currently overloaded. Please try again later.",
        ),
    }
)
"""The errors that a fault can ask for by name."""

_BY_STATUS: Final[Mapping[int, str]] = MappingProxyType(
    {
        401: "invalid_api_key",
        403: "unsupported_country_region_territory",
        404: "model_not_found",
        429: "rate_limit_exceeded",
        503: "server_is_overloaded",
    }
)
_FIRST_SERVER_STATUS: Final = 500


def error_for(name: str | None, status: int | None) -> ApiError:
    """Return the error with that name, under that status; a status alone brings its most usual error."""
    if name is None:
        usual = "server_error" if status is not None and status >= _FIRST_SERVER_STATUS else "invalid_request"
        name = _BY_STATUS.get(status or 0, usual)
    return TEMPLATES[name].build(status)
