"""Calling a function with a payload: find the arguments, check them, run it, and make its result JSON."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..base import Prepared, Tool, ToolContext, ToolFailedError, ToolResultError, Tools, unknown_function
from .errors import FunctionArgumentError, FunctionBusyError
from .models import Function, FunctionSet
from .results import NoJsonError, to_json
from .signatures import FunctionContext, Signature
from .threads import NoThreadError, run_in_thread

_LISTS: Final = ("args", "arguments")
_CONSTRUCTOR: Final = "constructorArgs"
_METHOD: Final = "methodArgs"
_MAX_PAYLOAD_DEPTH: Final = 50


async def execute(function: Function, payload: Any, *, caller: str, profile: str | None = None) -> Any:
    """Call a function and return its result as JSON-safe data, however long that takes.

    A coroutine function runs on the event loop, anything else in a thread of its own, which goes on alone when this is
    cancelled: Python cannot end it.

    Args:
        function: One from a `FunctionSet`.
        payload: From JSON: an object, or None. By the contract `args` (a list) are the positional arguments, else
            `value` is the one argument, else the payload is. Ahead of that, a payload whose keys are all names of
            parameters gives them by name. A method takes `constructorArgs` and `methodArgs`, each a list, or an object
            of names; without `methodArgs`, what is left of the payload goes by the rules of a function.
        caller: Who calls, for the function's context.
        profile: The voice profile under which it is called.

    Raises:
        FunctionArgumentError: The payload does not fit. The function did not run.
        ToolFailedError: The function raised.
        ToolResultError: The result has no JSON.
        FunctionBusyError: Too many threads still run.
    """
    call = _prepare(function, payload, FunctionContext(caller, profile))
    try:
        outcome = await _outcome(function, call)
    except NoThreadError as error:
        message = f"The function {function.name} must wait: {error}"
        raise FunctionBusyError(message, function=function.name, details=message) from None
    if outcome.error:
        raise _failed(function, outcome.error)
    return _json(function, outcome.value)


class FunctionSource:
    """Functions of the owner's own; every profile has them all.

    Args:
        functions: The loaded ones.
    """

    def __init__(self, functions: FunctionSet) -> None:
        self._functions = functions
        items = (Tool(each.name, each.description, each.parameters, each.source) for each in functions.items)
        self._tools = Tools(tuple(items), functions.warnings)

    async def list(self, _: ToolContext) -> Tools:
        """See `ToolSource.list`."""
        return self._tools

    async def prepare(self, name: str, arguments: Any, context: ToolContext) -> Prepared:
        """See `ToolSource.prepare`."""
        function = self._functions.get(name)
        if function is None:
            raise unknown_function(self._functions.names)

        async def work() -> Any:
            return await execute(function, arguments, caller=context.caller.id, profile=context.profile.key)

        return Prepared(function.name, function.source, work)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of a call. An exception travels as data, so that it is never taken for one of our own."""

    value: Any = None
    error: BaseException | None = None


def _prepare(function: Function, payload: Any, context: FunctionContext) -> Callable[[], Any]:
    """Check all arguments, and return the call that is left to do."""
    if payload is not None and not isinstance(payload, dict):
        raise FunctionArgumentError("The payload must be an object or null.", parameter="payload", expected="an object")
    if _is_too_deep(payload):
        raise FunctionArgumentError(f"The payload is nested more than {_MAX_PAYLOAD_DEPTH} levels deep.")
    given: dict[str, Any] = dict(payload or {})
    signature, constructor, method = function.signature, function.constructor, function.method
    if constructor is None or method is None:
        bound = _arguments(signature, given)
        return lambda: signature.call(function.target, bound, context)
    first = _listed(constructor, given.pop(_CONSTRUCTOR, None), _CONSTRUCTOR)
    second = _listed(signature, given[_METHOD], _METHOD) if _METHOD in given else _arguments(signature, given)

    def call() -> Any:
        instance = constructor.call(function.target, first, context)
        return signature.call(getattr(instance, method), second, context)

    return call


def _is_too_deep(payload: Any) -> bool:
    # The checks call themselves for every level where a class contains itself, and Python's stack has an end.
    level = [payload]
    for _ in range(_MAX_PAYLOAD_DEPTH):
        level = [
            part
            for value in level
            if isinstance(value, dict | list)
            for part in (value.values() if isinstance(value, dict) else value)
        ]
    return bool(level)


def _listed(signature: Signature, given: Any, name: str) -> dict[str, Any]:
    if isinstance(given, dict):
        only_list = signature.rest and set(given) == {"args"} and isinstance(given["args"], list)
        return signature.bind_list(given["args"]) if only_list else signature.bind_named(given)
    if given is None or isinstance(given, list):
        return signature.bind_list(given or [])
    raise FunctionArgumentError(f"`{name}` must be a list.", parameter=name, expected="a list")


def _arguments(signature: Signature, payload: Mapping[str, Any]) -> dict[str, Any]:
    if not payload:
        return signature.bind_list([])
    named = signature.named
    if all(key in named for key in payload):
        return signature.bind_named(payload)
    for key in _LISTS:
        if isinstance(payload.get(key), list):
            return signature.bind_list(payload[key])
    if "value" in payload:
        return signature.bind_list([payload["value"]])
    if signature.others and all(name in payload for name, parameter in named.items() if not parameter.optional):
        return signature.bind_named(payload)
    try:
        return signature.bind_list([payload])
    except FunctionArgumentError as error:
        if not named:
            raise
        # A misspelt name ends here, and "must be text" alone would send its author the wrong way.
        message = f"{error.message} Its parameters are {', '.join(named)}."
        raise FunctionArgumentError(message, parameter=error.parameter, expected=error.expected) from None


async def _outcome(function: Function, call: Callable[[], Any]) -> _Outcome:
    if function.method is None and inspect.iscoroutinefunction(function.target):
        return await _awaited(call())
    outcome = await run_in_thread(lambda: _guarded(call))
    if outcome.error is None and inspect.isawaitable(outcome.value):
        return await _awaited(outcome.value)
    return outcome


def _guarded(call: Callable[[], Any]) -> _Outcome:
    try:
        return _Outcome(call())
    except BaseException as error:  # noqa: BLE001 -- a thread has nobody above it: sys.exit() ends here as well
        return _Outcome(error=error)


async def _awaited(awaitable: Awaitable[Any]) -> _Outcome:
    task = asyncio.current_task()
    try:
        return _Outcome(await awaitable)
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- SystemExit in a task would stop the whole server
        return _Outcome(error=error)
    except asyncio.CancelledError as error:
        if task and task.cancelling():
            raise
        return _Outcome(error=error)  # the function's own task was cancelled, not we


def _failed(function: Function, error: BaseException) -> ToolFailedError:
    name = type(error).__name__
    try:
        details = str(error)
    except Exception:  # noqa: BLE001 -- the exception is the owner's, and so is its __str__
        details = ""
    message = f"The function {function.name} failed with {name}."
    return ToolFailedError(message, function=function.name, details=details or name, error=name)


def _json(function: Function, value: Any) -> Any:
    try:
        return to_json(value)
    except NoJsonError as error:
        message = f"The function {function.name} returned what has no JSON."
        raise ToolResultError(message, function=function.name, details=str(error)) from None
    except Exception as error:  # noqa: BLE001 -- the value may be of the owner's class, and do anything when read
        raise _failed(function, error) from None
