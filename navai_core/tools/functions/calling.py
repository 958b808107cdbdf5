"""Calling a function with a payload: find the arguments, check them, and run it."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..base import Prepared, Tool, ToolContext, ToolFailedError, Tools, unknown_function
from .errors import FunctionArgumentError, FunctionBusyError
from .models import Function, FunctionSet
from .signatures import FunctionContext, Signature
from .threads import NoThreadError, run_in_thread

_LISTS: Final = ("args", "arguments")
_CONSTRUCTOR: Final = "constructorArgs"
_METHOD: Final = "methodArgs"
_MAX_PAYLOAD_DEPTH: Final = 50


async def execute(function: Function, payload: Any, *, caller: str, profile: str | None = None) -> Any:
    """Call a function and return its result, however long that takes.

    A coroutine function runs on the event loop. Anything else runs in its own thread, which continues if this is
    cancelled: Python cannot stop it.

    Args:
        function: One from a `FunctionSet`.
        payload: From JSON: an object, or None. If all its keys are names of parameters, they are passed by name. Else,
            by the contract, `args` (a list) has the positional arguments; or `value` is the only argument; or the
            payload is. A method takes `constructorArgs` and `methodArgs`, each a list, or an object of names. Without
            `methodArgs`, the rules of a function apply to the rest of the payload.
        caller: For the function's context, and its share of the threads.
        profile: The voice profile under which it is called.

    Raises:
        FunctionArgumentError: The payload is not valid. The function did not run.
        ToolFailedError: The function raised.
        FunctionBusyError: Too many threads are still running.
    """
    call = _prepare(function, payload, FunctionContext(caller, profile))
    try:
        outcome = await _outcome(function, call, caller)
    except NoThreadError as error:
        message = f"The function {function.name} must wait: {error}"
        raise FunctionBusyError(message, function=function.name, details=message) from None
    if outcome.error:
        raise _failed(function, outcome.error)
    return outcome.value


class FunctionSource:
    """Your own functions. Every profile has all of them.

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
    """The result of a call. An exception is data here, so that it is never mistaken for one of our own."""

    value: Any = None
    error: BaseException | None = None


def _prepare(function: Function, payload: Any, context: FunctionContext) -> Callable[[], Any]:
    """Check all arguments, and return a function that makes the call."""
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
    # The checks are recursive for classes that contain themselves, and Python's stack is limited.
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
        # A misspelt name also ends here, where "must be a string" alone would be misleading.
        message = f"{error.message} Its parameters are {', '.join(named)}."
        raise FunctionArgumentError(message, parameter=error.parameter, expected=error.expected) from None


async def _outcome(function: Function, call: Callable[[], Any], caller: str) -> _Outcome:
    if function.method is None and inspect.iscoroutinefunction(function.target):
        return await _awaited(call())
    outcome = await run_in_thread(lambda: _guarded(call), caller)
    if outcome.error is None and inspect.isawaitable(outcome.value):
        return await _awaited(outcome.value)
    return outcome


def _guarded(call: Callable[[], Any]) -> _Outcome:
    try:
        return _Outcome(call())
    except BaseException as error:  # noqa: BLE001 -- nothing handles errors above a thread: sys.exit() ends here too
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
        return _Outcome(error=error)  # the function's own task was cancelled, not this one


def _failed(function: Function, error: BaseException) -> ToolFailedError:
    name = type(error).__name__
    try:
        details = str(error)
    except Exception:  # noqa: BLE001 -- the exception and its __str__ are the user's code
        details = ""
    message = f"The function {function.name} failed with {name}."
    return ToolFailedError(message, function=function.name, details=details or name, error=name)
