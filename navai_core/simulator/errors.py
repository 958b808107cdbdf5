"""OpenAI's errors: the shape, and the errors that depend on the request.

Shape, from status 400 on: ``{"error": {"message": str, "type": str, "param": str | null, "code": str | null}}``.
The errors that a fault can name are in `named_errors`. The texts are real answers of the API where such are known
(issue trackers of its clients, 2025 and 2026), else plausible ones. Names and statuses are from the published error
guide.
"""

import json
from typing import Any, Final

INVALID_REQUEST: Final = "invalid_request_error"
_MAX_ECHO_CHARS: Final = 200
_TAIL_CHARS: Final = 4
_MIN_KEY_CHARS_FOR_TAIL: Final = 20
_MAX_STARS: Final = 24


class ApiError(Exception):
    """One refusal: an HTTP status and the four members of the error object.

    Azure's own have no `kind` and no `param`.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str | None = INVALID_REQUEST,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.kind = kind

    def to_json(self) -> dict[str, Any]:
        """Return the body as the API sends it, under `error`."""
        if self.kind is None:
            return {"error": {"code": self.code, "message": self.message}}
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}

    def encode(self) -> bytes:
        """Return the body as bytes, indented as the API does it."""
        return json.dumps(self.to_json(), indent=2).encode()


def masked(key: str) -> str:
    """Return a key as the API shows it in a refusal: the prefix, stars, and the last four characters of a long one."""
    prefix = next((known for known in ("sk-proj-", "sk-svcacct-", "sk-", "ek_") if key.startswith(known)), "")
    tail = key[-_TAIL_CHARS:] if len(key) >= _MIN_KEY_CHARS_FOR_TAIL else ""
    stars = min(len(key) - len(prefix) - len(tail), _MAX_STARS)
    return f"{prefix}{'*' * stars}{tail}"


def echoed(value: object) -> str:
    """Return a value of the request for an error text, cut to a maximum length."""
    text = str(value)
    return text if len(text) <= _MAX_ECHO_CHARS else f"{text[:_MAX_ECHO_CHARS]}..."


def missing_key() -> ApiError:
    """401: there is no `Authorization` header, or one of another scheme."""
    return ApiError(401, "Missing bearer or basic authentication in header")


def wrong_key(key: str) -> ApiError:
    """401: the key is unknown. The text shows the masked key, like the real one."""
    message = (
        f"Incorrect API key provided: {masked(key)}. "
        "You can find your API key at https://platform.openai.com/account/api-keys."
    )
    return ApiError(401, message, code="invalid_api_key")


def unknown_url(method: str, path: str) -> ApiError:
    """404: there is nothing at that address."""
    return ApiError(404, f"Invalid URL ({echoed(method)} {echoed(path)})")


def method_not_allowed(method: str, path: str) -> ApiError:
    """405: the address needs another method."""
    hint = "(HINT: Perhaps you meant to use a different HTTP method?)"
    return ApiError(405, f"Not allowed to {echoed(method)} on {echoed(path)} {hint}", code="method_not_supported")


def beta_retired() -> ApiError:
    """400: the request has `OpenAI-Beta`, which leads to the beta API that was shut down in May 2026."""
    message = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
    return ApiError(400, message, code="beta_api_shape_disabled")


def unsupported_content_type(content_type: str) -> ApiError:
    """400: the content type is not JSON."""
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
    """413: the body is longer than the simulator's limit."""
    return ApiError(413, f"Request body too large: the limit is {limit_bytes} bytes.", code="request_too_large")


def model_not_found(model: str) -> ApiError:
    """404: the model does not exist, no longer exists, or is not for this key."""
    message = f"The model `{echoed(model)}` does not exist or you do not have access to it."
    return ApiError(404, message, code="model_not_found")
