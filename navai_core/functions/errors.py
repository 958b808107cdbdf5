"""What can go wrong between a caller's payload and a function's result."""

from typing import Any

from ..exceptions import InvalidInputError, NavaiError
from ..redact import redact

MAX_DETAILS_CHARS = 500


class FunctionArgumentError(InvalidInputError):
    """The payload does not fit the function's parameters. The function did not run.

    `parameter` is the one that it is about (with a path into it, such as `points[0].x`), `expected` what it takes.
    """

    code = "invalid_arguments"

    def __init__(self, message: str, *, parameter: str | None = None, expected: str | None = None) -> None:
        super().__init__(message, parameter=parameter, expected=expected)
        self.parameter = parameter
        self.expected = expected


class FunctionFailedError(NavaiError):
    """The function ran, and gave no result that can be passed on.

    `error` is the exception's class, `details` its own words, at most `MAX_DETAILS_CHARS` characters: the function is
    the owner's, and its words are meant for who called it.
    """

    code = "function_failed"

    def __init__(self, message: str, *, function: str, details: str, **data: Any) -> None:
        details = redact(details)[:MAX_DETAILS_CHARS]
        super().__init__(message, function=function, details=details, **data)
        self.details = details


class FunctionResultError(FunctionFailedError):
    """The function ended, and what it returned has no JSON."""

    code = "function_result_invalid"


class FunctionBusyError(FunctionFailedError):
    """Too many functions run at this moment, perhaps because some of them hang."""

    code = "function_busy"
