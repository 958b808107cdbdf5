"""The functions of a house as values."""

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
    """Where it is from: `lights.py#turn_on`."""
    parameters: dict[str, Any]
    """A JSON Schema of the payload, by the names of the parameters."""
    signature: Signature = field(repr=False)
    target: Callable[..., Any] = field(repr=False)
    """The function, or the class when it is a method."""
    method: str | None = field(default=None, repr=False)
    constructor: Signature | None = field(default=None, repr=False)
    """Of a method's class."""


@dataclass(frozen=True, slots=True)
class FunctionSet:
    """All functions of a house, in the order of their sources."""

    items: tuple[Function, ...] = ()
    warnings: tuple[str, ...] = ()
    """Sentences for the owner. Clients see them too, so they hold no texts of exceptions."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in the same order."""
        return tuple(function.name for function in self.items)

    def get(self, name: str) -> Function | None:
        """Return the function of a name, which is trimmed and compared in lower case, or None."""
        wanted = name.strip().lower()
        return next((function for function in self.items if function.name == wanted), None)
