"""Python functions of the house that a client, and through it the model, may call (the standalone hub)."""

from .calling import execute, still_running
from .errors import (
    FunctionArgumentError,
    FunctionBusyError,
    FunctionFailedError,
    FunctionResultError,
    FunctionTimeoutError,
)
from .loading import load_functions
from .models import Function, FunctionSet
from .signatures import FunctionContext

__all__ = [
    "Function",
    "FunctionArgumentError",
    "FunctionBusyError",
    "FunctionContext",
    "FunctionFailedError",
    "FunctionResultError",
    "FunctionSet",
    "FunctionTimeoutError",
    "execute",
    "load_functions",
    "still_running",
]
