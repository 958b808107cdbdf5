"""What can go wrong between a caller's payload and a function's result, beside what can with every tool."""

from ...exceptions import InvalidInputError
from ..base import ToolFailedError


class FunctionArgumentError(InvalidInputError):
    """The payload does not fit the function's parameters. The function did not run.

    `parameter` is the one that it is about (with a path into it, such as `points[0].x`), `expected` what it takes.
    """

    code = "invalid_arguments"

    def __init__(self, message: str, *, parameter: str | None = None, expected: str | None = None) -> None:
        super().__init__(message, parameter=parameter, expected=expected)
        self.parameter = parameter
        self.expected = expected


class FunctionBusyError(ToolFailedError):
    """Too many functions run at this moment, perhaps because some of them hang."""

    code = "function_busy"
