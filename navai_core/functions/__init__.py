"""Python functions of the house that a client, and through it the model, may call (the standalone hub)."""

from .calling import execute
from .errors import (
    FunctionArgumentError,
    FunctionBusyError,
    FunctionFailedError,
    FunctionResultError,
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
    "execute",
    "load_functions",
]
