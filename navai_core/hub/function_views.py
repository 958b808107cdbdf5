"""Functions of the house, in the words of the NAVAI contract.

| route | who |
|---|---|
| `GET  /navai/functions` | a display or a user with `functions: true` |
| `POST /navai/functions/execute` | the same |
"""

from typing import Any

from aiohttp import web

from ..exceptions import InvalidInputError, NotAllowedError, UnknownFunctionError
from ..functions import FunctionArgumentError, FunctionFailedError, execute
from ..models import Caller
from ..options import EXECUTE_REQUEST
from .keys import HUB
from .requests import answer, body_of, caller_of


async def _caller_of(request: web.Request) -> Caller:
    caller = await caller_of(request)
    if not caller.functions:
        raise NotAllowedError("This token may not use functions — set `functions: true` for its display or user.")
    return caller


async def list_functions(request: web.Request) -> web.Response:
    """Names, descriptions and JSON Schemas of the arguments."""
    await _caller_of(request)
    functions = request.app[HUB].house.functions
    items = [
        {
            "name": function.name,
            "description": function.description,
            "source": function.source,
            "parameters": function.parameters,
        }
        for function in functions.items
    ]
    return answer({"items": items, "warnings": list(functions.warnings)})


async def _body_of(request: web.Request) -> dict[str, Any]:
    try:
        return await body_of(request, EXECUTE_REQUEST)
    except InvalidInputError as error:
        if {"missing_key", "too_short"} & {problem["code"] for problem in error.data.get("problems", ())}:
            # The contract's own words.
            raise InvalidInputError("function_name is required.", **error.data) from None
        raise


async def execute_function(request: web.Request) -> web.Response:
    """Run one. A function that fails is an answer too, for the model to hear: `{"ok": false, "error", "details"}`."""
    house = request.app[HUB].house
    caller = await _caller_of(request)
    body = await _body_of(request)
    function = house.functions.get(body["function_name"])
    if function is None:
        raise UnknownFunctionError("Unknown or disallowed function.", available_functions=list(house.functions.names))
    try:
        result = await execute(
            function, body.get("payload"), timeout_s=house.settings.hub.function_timeout, caller=caller.id
        )
    except (FunctionFailedError, FunctionArgumentError) as error:
        details = error.data.get("details", error.message)
        return answer({"ok": False, "error": error.message, "code": error.code, "details": details})
    return answer({"ok": True, "function_name": function.name, "source": function.source, "result": result})
