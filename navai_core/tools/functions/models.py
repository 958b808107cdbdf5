"""Functions as values."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .signatures import Signature


@dataclass(frozen=True, slots=True)
class Function:
    """One function that a client may call."""

    name: str
    """In snake_case, unique in its set."""
    description: str
    source: str
    """Its source: `lights.py#turn_on`."""
    parameters: dict[str, Any]
    """A JSON Schema of the payload, by the names of the parameters."""
    signature: Signature = field(repr=False)
    target: Callable[..., Any] = field(repr=False)
    """The function; of a method, its class."""
    method: str | None = field(default=None, repr=False)
    constructor: Signature | None = field(default=None, repr=False)
    """Of the class, if it is a method."""


@dataclass(frozen=True, slots=True)
class FunctionSet:
    """All functions, in the order of their sources."""

    items: tuple[Function, ...] = ()
    warnings: tuple[str, ...] = ()
    """Messages for your administrator. Clients see them too, so they have no texts of exceptions."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in the same order."""
        return tuple(function.name for function in self.items)

    def get(self, name: str) -> Function | None:
        """Return the function with a name (trimmed, in lower case), or None."""
        wanted = name.strip().lower()
        return next((function for function in self.items if function.name == wanted), None)
