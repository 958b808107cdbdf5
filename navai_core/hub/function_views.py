"""Functions of the house, in the words of the NAVAI contract.

| route | who |
|---|---|
| `GET  /navai/functions` | a display or a user with `functions: true` |
| `POST /navai/functions/execute` | the same |
"""

from aiohttp import web

from ..answers import failed_function_body, unknown_function
from ..exceptions import NotAllowedError
from ..functions import FunctionArgumentError, FunctionFailedError, execute
from ..models import Caller
from ..requests import read_execute_body
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


async def execute_function(request: web.Request) -> web.Response:
    """Run one. A function that fails is an answer too, for the model to hear: `{"ok": false, "error", "details"}`."""
    house = request.app[HUB].house
    caller = await _caller_of(request)
    body = read_execute_body(await body_of(request), request.content_type)
    function = house.functions.get(body["function_name"])
    if function is None:
        raise unknown_function(house.functions.names)
    try:
        result = await execute(
            function, body.get("payload"), timeout_s=house.settings.hub.function_timeout, caller=caller.id
        )
    except (FunctionFailedError, FunctionArgumentError) as error:
        return answer(failed_function_body(error))
    return answer({"ok": True, "function_name": function.name, "source": function.source, "result": result})
