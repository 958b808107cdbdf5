"""A callable's parameters, read once: for a JSON Schema, and to check arguments before anything runs."""

import importlib
import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ..results import NoJsonError, to_json
from .errors import FunctionArgumentError
from .hints import UNKNOWN, resolve, unwrap
from .kinds import kind_of
from .scalars import JsonSchema, Kind, mismatch

# Since Python 3.14, reading an annotation evaluates it. One unknown name would make the whole signature fail.
_LENIENT: Final[dict[str, Any]] = (
    {"annotation_format": importlib.import_module("annotationlib").Format.FORWARDREF}
    if sys.version_info >= (3, 14)
    else {}
)
_POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_MAX_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class FunctionContext:
    """The caller. A function gets it as the parameter `context`, or as one that is annotated with this class."""

    caller: str
    """The id of the display or the user."""
    profile: str | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `optional` means that it has a default."""

    name: str
    kind: Kind
    optional: bool
    default: Any = field(repr=False)

    def convert(self, value: Any) -> Any:
        """Check one argument and return the value for the function.

        Raises:
            FunctionArgumentError: It is not valid.
        """
        # `def f(room: str = None)` is wrong but common: null is valid here.
        if value is None and self.optional and self.default is None:
            return None
        return self.kind.convert(value, self.name)

    @property
    def schema(self) -> JsonSchema:
        """The JSON Schema, with the default if it is JSON-safe."""
        schema = self.kind.schema
        if not self.optional:
            return schema
        if self.default is None and "type" in schema:
            schema = {"anyOf": [schema, {"type": "null"}]}
        try:
            return {**schema, "default": to_json(self.default, exact=True)}
        except NoJsonError:  # it may be any object of the user, and the schema works without it
            return schema


@dataclass(frozen=True, slots=True)
class Signature:
    """A callable's parameters, without the contexts, which navai fills in."""

    positional: tuple[Parameter, ...]
    keyword_only: tuple[Parameter, ...]
    rest: Parameter | None
    """`*args`"""
    others: Parameter | None
    """`**kwargs`"""
    contexts: frozenset[str]
    inspected: inspect.Signature = field(repr=False)

    @property
    def named(self) -> dict[str, Parameter]:
        """All named parameters."""
        return {parameter.name: parameter for parameter in (*self.positional, *self.keyword_only)}

    @property
    def takes_any(self) -> bool:
        """Whether it takes any argument from a caller."""
        return bool(self.positional or self.keyword_only or self.rest or self.others)

    def schema(self) -> JsonSchema:
        """Return the JSON Schema of an object of named arguments."""
        named = self.named
        properties = {name: parameter.schema for name, parameter in named.items()}
        if self.rest and not self.positional:
            # They need a list, and the contract calls it `args`.
            properties["args"] = {"type": "array", "items": self.rest.kind.schema}
        schema: JsonSchema = {"type": "object", "properties": properties}
        if required := [name for name, parameter in named.items() if not parameter.optional]:
            schema["required"] = required
        if not self.others:
            schema["additionalProperties"] = False
        elif self.others.kind.schema:
            schema["additionalProperties"] = self.others.kind.schema
        return schema

    def bind_list(self, arguments: Sequence[Any]) -> dict[str, Any]:
        """Check positional arguments.

        Raises:
            FunctionArgumentError: One is not valid, or there are too many or too few.
        """
        count = len(self.positional)
        if len(arguments) > count and not self.rest:
            raise FunctionArgumentError(f"Too many arguments: send at most {count}, not {len(arguments)}.")
        bound = {
            parameter.name: parameter.convert(value)
            for parameter, value in zip(self.positional, arguments, strict=False)
        }
        if self.rest:
            bound[self.rest.name] = tuple(
                self.rest.kind.convert(value, f"{self.rest.name}[{index}]")
                for index, value in enumerate(arguments[count:])
            )
        return self._complete(bound)

    def bind_named(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Check arguments by name.

        Raises:
            FunctionArgumentError: One is not valid, is missing, or is unknown.
        """
        named = self.named
        unknown = {name: value for name, value in arguments.items() if name not in named}
        if unknown and not self.others:
            name = next(iter(unknown))[:_MAX_SHOWN]
            takes = ", ".join(named) or "nothing"
            raise FunctionArgumentError(f"There is no parameter `{name}`. The function takes {takes}.", parameter=name)
        bound = {name: named[name].convert(value) for name, value in arguments.items() if name in named}
        if self.others:
            # A name that is used by a context or by *args would be passed twice.
            if taken := [name for name in unknown if name in self.inspected.parameters]:
                raise FunctionArgumentError(f"`{taken[0]}` is filled in by navai. Leave it out.", parameter=taken[0])
            bound[self.others.name] = {name: self.others.kind.convert(value, name) for name, value in unknown.items()}
        return self._complete(bound)

    def _complete(self, bound: dict[str, Any]) -> dict[str, Any]:
        missing = [p.name for p in self.named.values() if not p.optional and p.name not in bound]
        if missing:
            raise mismatch("given", missing[0])
        return bound

    def call(self, target: Callable[..., Any], bound: Mapping[str, Any], context: FunctionContext) -> Any:
        """Call the target with arguments from `bind_list` or `bind_named`."""
        values = {**bound, **dict.fromkeys(self.contexts, context)}
        parameters = self.inspected.parameters
        arguments = inspect.BoundArguments(
            self.inspected,
            {name: values[name] for name in parameters if name in values},
        )
        # If an argument is missing before others, its default is passed.
        arguments.apply_defaults()
        return target(*arguments.args, **arguments.kwargs)


def read_signature(target: Callable[..., Any], *, method: bool = False) -> Signature:
    """Return the signature of a function or a class; of a method without its `self`. Raises nothing.

    A callable without a readable signature, such as some functions written in C, takes any positional arguments.
    """
    try:
        inspected = inspect.signature(target, **_LENIENT)
        names = _globals_of(target)
    except Exception:  # noqa: BLE001 -- a user's decorator may raise anything here
        inspected = inspect.Signature([inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL)])
        names = {}
    if method:
        inspected = inspected.replace(parameters=list(inspected.parameters.values())[1:])
    positional, keyword_only, contexts = [], [], set()
    rest = others = None
    for parameter in inspected.parameters.values():
        written = parameter.annotation
        annotation = UNKNOWN if written is inspect.Parameter.empty else resolve(written, names)
        if _is_context(parameter, annotation):
            contexts.add(parameter.name)
            continue
        optional = parameter.default is not inspect.Parameter.empty
        read = Parameter(parameter.name, kind_of(annotation), optional, parameter.default)
        if parameter.kind in _POSITIONAL:
            positional.append(read)
        elif parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            keyword_only.append(read)
        elif parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            rest = read
        else:
            others = read
    return Signature(tuple(positional), tuple(keyword_only), rest, others, frozenset(contexts), inspected)


def _globals_of(target: Callable[..., Any]) -> Mapping[str, Any]:
    found = getattr(inspect.unwrap(target), "__globals__", None)
    return found if isinstance(found, dict) else vars(sys.modules[target.__module__])


def _is_context(parameter: inspect.Parameter, annotation: Any) -> bool:
    if parameter.kind in {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}:
        return False
    annotation = unwrap(annotation)[0]
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        return FunctionContext in typing.get_args(annotation)
    # `context: str` is a normal parameter.
    return annotation is FunctionContext or (parameter.name == "context" and annotation is UNKNOWN)
