"""The errors that clients must distinguish, by name, for faults and for turns of a scenario."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from navai_core.simulator.errors import INVALID_REQUEST, ApiError


@dataclass(frozen=True, slots=True)
class ErrorTemplate:
    """A named error of the API."""

    status: int
    code: str | None
    kind: str | None
    message: str

    def build(self, status: int | None = None) -> ApiError:
        """Return the error itself, under its own status or another one."""
        return ApiError(status or self.status, self.message, code=self.code, kind=self.kind)


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

_SCOPE_MESSAGE: Final = (
    "You have insufficient permissions for this operation. Missing scopes: api.model.request. "
    "Check that you have the correct role in your organization (Reader, Writer, Owner) and project (Member, Owner), "
    "and if you're using a restricted API key, that it has the necessary scopes."
)
_DEPLOYMENT_MESSAGE: Final = (
    "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, "
    "please wait a moment and try again."
)

TEMPLATES: Final[Mapping[str, ErrorTemplate]] = MappingProxyType(
    {
        "invalid_request": ErrorTemplate(400, None, INVALID_REQUEST, "The request is invalid."),
        "invalid_model": ErrorTemplate(
            400, "invalid_model", INVALID_REQUEST, 'Model "gpt-live-1" is not supported in realtime mode.'
        ),
        "beta_api_shape_disabled": ErrorTemplate(
            400,
            "beta_api_shape_disabled",
            INVALID_REQUEST,
            "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.",
        ),
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
        # Seen with 401 and with 403.
        "missing_scope": ErrorTemplate(401, "missing_scope", INVALID_REQUEST, _SCOPE_MESSAGE),
        # Azure, on `/calls` with a key. Its own errors have a code and a message, and no more.
        "ephemeral_token_required": ErrorTemplate(
            401, "Unauthorized", None, "This endpoint requires ephemeral tokens for authentication."
        ),
        "unsupported_country_region_territory": ErrorTemplate(
            403,
            "unsupported_country_region_territory",
            "request_forbidden",
            "Country, region, or territory not supported",
        ),
        "model_not_permitted": ErrorTemplate(
            403,
            "model_not_found",
            INVALID_REQUEST,
            "Project `proj_simulator` does not have access to model `gpt-realtime`.",
        ),
        "model_not_found": ErrorTemplate(
            404,
            "model_not_found",
            INVALID_REQUEST,
            "The model `gpt-realtime` does not exist or you do not have access to it.",
        ),
        "DeploymentNotFound": ErrorTemplate(404, "DeploymentNotFound", None, _DEPLOYMENT_MESSAGE),
        "call_id_not_found": ErrorTemplate(
            404, "call_id_not_found", INVALID_REQUEST, "No session found for call_id: rtc_simulator"
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
"""The errors that a fault can name."""

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
    """Return the error with that name, under that status; a status alone means its most common error."""
    if name is None:
        usual = "server_error" if status is not None and status >= _FIRST_SERVER_STATUS else "invalid_request"
        name = _BY_STATUS.get(status or 0, usual)
    return TEMPLATES[name].build(status)
