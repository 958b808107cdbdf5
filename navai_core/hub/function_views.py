"""Functions of the house, in the words of the NAVAI contract.

| route | who |
|---|---|
| `GET  /navai/functions` | a display or a user with `functions: true` |
| `POST /navai/functions/execute` | the same |
| `GET  /navai/functions/running/{running}` | who started that function: its result, when it takes longer |

`profile` in the query of the second says for whose `tool_timeout` it waits; without it, that of the caller's default.
"""

from typing import Any

from aiohttp import web

from ..answers import unknown_function
from ..exceptions import NotAllowedError
from ..functions import execute
from ..models import Caller
from ..requests import profile_in, read_execute_body
from ..running_tools import ToolCall
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
    hub = request.app[HUB]
    house = hub.house
    caller = await _caller_of(request)
    profile = house.minter.profile_for(profile_in(request.query), caller)
    body = read_execute_body(await body_of(request), request.content_type)
    function = house.functions.get(body["function_name"])
    if function is None:
        raise unknown_function(house.functions.names)
    payload = body.get("payload")
    call = ToolCall(
        caller=caller.id,
        name=function.name,
        source=function.source,
        arguments=payload,
        id=body.get("call", ""),
    )

    async def work() -> Any:
        return await execute(function, payload, caller=caller.id, profile=profile.key)

    return answer(await hub.tools.run(call, work, profile.tool_timeout))


async def running_function(request: web.Request) -> web.Response:
    """What a function that took longer has come to. It waits a while for the end."""
    caller = await _caller_of(request)
    return answer(await request.app[HUB].tools.result(caller.id, request.match_info["running"]))
