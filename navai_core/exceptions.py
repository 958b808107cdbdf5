"""Every error that navai raises on purpose: one tree, each with a message, a stable `code` and data.

The message is for people and has the cure. The code is for programs and never changes. The data is JSON-safe and never
has a key, a token or a client secret. `web.responses` maps the tree to HTTP statuses in one table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


class NavaiError(Exception):
    """The base of all errors. `data` is for programs, in addition to the code."""

    code: ClassVar[str] = "internal_error"

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.data: Mapping[str, Any] = {key: value for key, value in data.items() if value is not None}


class InvalidInputError(NavaiError):
    """The caller sent or wrote something that is not valid."""

    code = "invalid_request"


class InvalidTtlError(InvalidInputError):
    """A client secret's time to live is not an integer within the bounds (seconds)."""

    code = "invalid_ttl"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a configuration: its place, kind and cure. It never quotes a value that may be secret."""

    path: tuple[str | int, ...]
    message: str
    code: str = "invalid_value"
    file: str | None = None
    line: int | None = None
    """Starts at 1."""

    @property
    def dotted(self) -> str:
        """The path as a person writes it: `navai.profiles.kitchen.voice`."""
        return ".".join(str(part) for part in self.path)

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.file and self.line else ""
        return f"{where}{self.dotted}: {self.message}" if self.path else f"{where}{self.message}"


class ConfigError(InvalidInputError):
    """The configuration has mistakes. `problems` holds all of them, not just the first.

    `paths` are those of the problems as YAML reads them; a problem itself has its path as people see it.
    """

    code = "invalid_config"

    def __init__(self, problems: Sequence[Problem], paths: Sequence[Sequence[object]] = ()) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
        self.paths = tuple(paths)


class BodyTooLargeError(InvalidInputError):
    """The request body is too large for the route."""

    code = "body_too_large"


class RequestTimeoutError(InvalidInputError):
    """The request's body did not arrive in time."""

    code = "request_timeout"


class UnsupportedContentTypeError(InvalidInputError):
    """The request body is not `application/json`."""

    code = "unsupported_content_type"


class NotSignedInError(NavaiError):
    """No token, or an unknown one."""

    code = "not_signed_in"


class NotAllowedError(NavaiError):
    """The caller is known, but may not do this."""

    code = "not_allowed"


class ProfileNotAllowedError(NotAllowedError):
    """The caller may not use this profile."""

    code = "profile_not_allowed"


class OverrideNotAllowedError(NotAllowedError):
    """The request changes something that the profile's `allow_overrides` does not list."""

    code = "override_not_allowed"


class RequestKeyNotAllowedError(NotAllowedError):
    """The request carries an API key while `allow_request_api_key` is off."""

    code = "request_key_not_allowed"


class OriginNotAllowedError(NotAllowedError):
    """A page of an origin that is not in the allow-list."""

    code = "origin_not_allowed"


class NotFoundError(NavaiError):
    """There is nothing at that address."""

    code = "not_found"


class AddressUsedError(NotFoundError):
    """A one-time address was used, has expired, or never existed. Nobody learns which."""

    code = "one_time_address_used"


class UnknownProfileError(NotFoundError):
    """No profile has that name."""

    code = "unknown_profile"


class UnknownFunctionError(NotFoundError):
    """No function has that name."""

    code = "unknown_function"


class UnknownDisplayError(NotFoundError):
    """No display has that name."""

    code = "unknown_display"


class DisplayNotConnectedError(NavaiError):
    """A conversation should start or end on a display, but no browser shows it now."""

    code = "display_not_connected"


class StreamNotOpenError(NotFoundError):
    """A display's page reports over a stream of commands that is not open."""

    code = "stream_not_open"


class UnknownSessionError(NotFoundError):
    """No conversation has that id."""

    code = "unknown_session"


class MethodNotAllowedError(NavaiError):
    """The address exists, but not for this HTTP method."""

    code = "method_not_allowed"


class RateLimitedError(NavaiError):
    """Too many requests. `retry_after` is in seconds."""

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: float, **data: Any) -> None:
        super().__init__(message, **data)
        self.retry_after = retry_after


class TooManyFailuresError(RateLimitedError):
    """Too many wrong tokens from one address."""

    code = "too_many_failures"


class StartError(NavaiError):
    """The server cannot start with this configuration."""

    code = "cannot_start"


class StoppingError(NavaiError):
    """The server is stopping."""

    code = "stopping"


class NotReadyError(NavaiError):
    """The host runs, but navai in it does not, or not yet."""

    code = "not_ready"


class ApiKeyMissingError(NavaiError):
    """There is no API key to mint with."""

    code = "api_key_missing"


class UpstreamError(NavaiError):
    """The provider refused, for a reason that the caller cannot fix. Its own text is never shown.

    `status` is the provider's HTTP status, `request_id` its `x-request-id`, `param` the field that it named.
    """

    code = "upstream_refused"

    def __init__(
        self, message: str, *, status: int | None = None, request_id: str | None = None, param: str | None = None
    ) -> None:
        super().__init__(message, upstream_status=status, upstream_request_id=request_id, param=param)
        self.status = status
        self.request_id = request_id
        self.param = param


class ApiKeyRefusedError(UpstreamError):
    """401 from the provider: the key is wrong, revoked, or not for this organisation or address."""

    code = "api_key_refused"


class PermissionRefusedError(UpstreamError):
    """403 from the provider: the region is not supported, or the key may not use Realtime."""

    code = "permission_refused"


class MissingScopeError(PermissionRefusedError):
    """`missing_scope` from the provider: the key is a restricted one without the permission for Realtime."""

    code = "missing_scope"


class CountryNotSupportedError(PermissionRefusedError):
    """403 `unsupported_country_region_territory`: the provider is not available where the request came from."""

    code = "country_not_supported"


class QuotaExhaustedError(UpstreamError):
    """429 `insufficient_quota` from the provider: the account has no credit left."""

    code = "quota_exhausted"


class ModelNotFoundError(UpstreamError):
    """404 from the provider: the model does not exist, or not for this key."""

    code = "model_not_found"


class InvalidModelError(UpstreamError):
    """400 `invalid_model` from the provider: the model exists, but not for Realtime conversations."""

    code = "invalid_model"


class DeploymentNotFoundError(UpstreamError):
    """404 `DeploymentNotFound` from Azure: the resource has no deployment with that name."""

    code = "deployment_not_found"


class BetaApiRetiredError(UpstreamError):
    """400 `beta_api_shape_disabled` from the provider: the request reached its old beta interface."""

    code = "beta_api_retired"


class UpstreamSignInError(UpstreamError):
    """Something in between answered instead of the provider, with a web page: often to sign in."""

    code = "upstream_sign_in"


class UpstreamRateLimitedError(UpstreamError):
    """429 from the provider, still after the retries. `retry_after` is in seconds."""

    code = "upstream_rate_limited"

    def __init__(self, message: str, *, retry_after: float, status: int | None, request_id: str | None) -> None:
        super().__init__(message, status=status, request_id=request_id)
        self.retry_after = retry_after


class UpstreamUnavailableError(UpstreamError):
    """5xx from the provider, still after the retries."""

    code = "upstream_unavailable"


class UpstreamUnreachableError(UpstreamError):
    """No connection to the provider: no network, no such host, or a wrong TLS certificate."""

    code = "upstream_unreachable"


class UpstreamInvalidResponseError(UpstreamError):
    """The provider answered 200 with something that is not a client secret."""

    code = "upstream_invalid_response"


class UpstreamTimeoutError(UpstreamError):
    """The provider did not answer within the deadline."""

    code = "upstream_timeout"
