"""Python functions of the house that a client, and through it the model, may call (the standalone hub)."""

from .calling import FunctionSource
from .loading import load_functions
from .signatures import FunctionContext

__all__ = ["FunctionContext", "FunctionSource", "load_functions"]
