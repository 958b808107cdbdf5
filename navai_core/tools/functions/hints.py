"""Reads annotations: normal ones, those in strings, and those that cannot be resolved. Nothing here raises."""

import sys
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

UNKNOWN = Any
"""Stands for an annotation that cannot be resolved."""


@dataclass(frozen=True, slots=True)
class ClassHints:
    """A class's fields by name; `required` is only for a TypedDict."""

    types: Mapping[str, Any]
    required: frozenset[str]


def unwrap(annotation: Any) -> tuple[Any, str | None]:
    """Remove everything around a type: Annotated, NewType, Required, Final, the names of `type` statements.

    Returns:
        The type, and the first string in an `Annotated`.
    """
    description: str | None = None
    # A `type` statement may refer to itself; a dozen layers are more than enough.
    for _ in range(12):
        if typing.get_origin(annotation) is typing.Annotated:
            annotation, *notes = typing.get_args(annotation)
            description = description or next((note for note in notes if isinstance(note, str)), None)
        elif typing.get_origin(annotation) in {typing.Required, typing.NotRequired, typing.Final}:
            annotation = typing.get_args(annotation)[0]
        elif isinstance(annotation, typing.NewType):
            annotation = annotation.__supertype__
        elif type(annotation).__name__ == "TypeAliasType":
            annotation = _value_of_alias(annotation)
        else:
            return annotation, description
    return UNKNOWN, description


def _value_of_alias(alias: Any) -> Any:
    try:
        return alias.__value__
    except Exception:  # noqa: BLE001 -- evaluated now for the first time, in the user's module
        return UNKNOWN


def resolve(annotation: Any, names: Mapping[str, Any]) -> Any:
    """Resolve an annotation with `names`, the globals of its module; `UNKNOWN` if that fails."""

    def holder() -> None: ...

    holder.__annotations__ = {"it": annotation}
    try:
        return typing.get_type_hints(holder, dict(names), include_extras=True)["it"]
    except Exception:  # noqa: BLE001 -- this evaluates a string in the user's module, and may do anything
        return UNKNOWN


def hints_of_class(cls: type) -> ClassHints:
    """Return the fields of a dataclass or a TypedDict. One that cannot be resolved is `UNKNOWN`."""
    try:
        types = typing.get_type_hints(cls, include_extras=True)
    except Exception:  # noqa: BLE001 -- as in resolve()
        names = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
        written = [getattr(base, "__annotations__", {}) for base in reversed(cls.__mro__)]
        types = {name: resolve(hint, names) for part in written for name, hint in part.items()}
    required = set(getattr(cls, "__required_keys__", ()))
    for name, hint in types.items():
        # With `from __future__ import annotations`, the class sees only strings, and its own result is wrong.
        origin = typing.get_origin(hint)
        if origin is typing.NotRequired:
            required.discard(name)
        elif origin is typing.Required:
            required.add(name)
    return ClassHints(types, frozenset(required))
