"""Your own Python functions that a client, and so the model, may call (the standalone hub)."""

from .calling import FunctionSource
from .loading import load_functions
from .signatures import FunctionContext

__all__ = ["FunctionContext", "FunctionSource", "load_functions"]
