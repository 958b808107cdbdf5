"""The errors of functions, in addition to those of all tools."""

from ...exceptions import InvalidInputError
from ..base import ToolFailedError


class FunctionArgumentError(InvalidInputError):
    """The payload does not match the function's parameters. The function did not run.

    `parameter` is the wrong one (with a path into it, such as `points[0].x`), `expected` is what it takes.
    """

    code = "invalid_arguments"

    def __init__(self, message: str, *, parameter: str | None = None, expected: str | None = None) -> None:
        super().__init__(message, parameter=parameter, expected=expected)
        self.parameter = parameter
        self.expected = expected


class FunctionBusyError(ToolFailedError):
    """Too many functions are running now, perhaps because some of them hang."""

    code = "function_busy"
