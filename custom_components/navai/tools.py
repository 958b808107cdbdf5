"""Home Assistant's tools: what a profile's `llm_api` lets the model do, through Home Assistant's LLM API.

They run with the caller's identity, and "here" is the display's area. Home Assistant releases change the names and
results of tools, so that nothing here depends on a name.
"""

import json
import logging
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, replace
from functools import partial
from hashlib import sha256
from traceback import format_exc
from typing import Any, Final

import voluptuous as vol
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm
from homeassistant.helpers.json import json_dumps

from .const import DOMAIN
from .identity import context_of
from .navai_core import Caller, VoiceProfile
from .navai_core.exceptions import InvalidInputError
from .navai_core.redact import redact
from .navai_core.tools.base import (
    Prepared,
    Tool,
    ToolContext,
    ToolFailedError,
    Tools,
    unknown_function,
)
from .navai_core.tools.results import to_json

try:
    from probatio import to_openapi
except ImportError:  # Home Assistant before 2026.9
    from voluptuous_openapi import convert as to_openapi  # type: ignore[no-redef]

_LOGGER = logging.getLogger(__name__)
SOURCE: Final = "home_assistant"
_ASSISTANT: Final = "conversation"
"""The tools can use the entities that people exposed to Assist."""
MAX_TOOLS: Final = 128
"""The provider's limit. With one more, it refuses the whole conversation."""

_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""The function names that the provider accepts. With any other name, it refuses the whole conversation."""
_NOT_IN_A_NAME: Final = re.compile(r"[^a-zA-Z0-9_-]")
_KEPT_CHARS: Final = 55
_HASH_CHARS: Final = 8


class ToolArgumentsError(InvalidInputError):
    """The arguments do not match the tool's parameters. It did not run."""

    code = "invalid_arguments"


class HomeAssistantTools:
    """The source of the tools that profiles may use.

    Args:
        hass: Home Assistant.
        device_of: Returns the device id of a display.
    """

    def __init__(self, hass: HomeAssistant, device_of: Callable[[str], str | None]) -> None:
        self._hass = hass
        self._device_of = device_of
        self._warned: set[str] = set()

    async def enrich(self, profile: VoiceProfile, caller: Caller) -> VoiceProfile:
        """Return the profile with Home Assistant's tools, and with its prompt for the model."""
        if not profile.llm_api or not caller.functions:
            return profile
        try:
            api = await self._api(profile, caller)
        except ToolFailedError as error:
            # A conversation without tools is better than none. The log says what is wrong.
            self._warn(f"Profile {profile.key} runs without Home Assistant's tools: {error.message}")
            return profile
        own = profile.tools or ()
        found = self._functions(api, without={tool.get("name") for tool in own})
        room = MAX_TOOLS - len(own)
        if len(found) > room:
            self._warn(
                f"Profile {profile.key} has {len(found)} tools of Home Assistant, but only {room} fit. Expose fewer"
            )
        tools = tuple(
            {
                "type": "function",
                "name": function.name,
                "description": function.description,
                "parameters": function.parameters,
            }
            for function in found[:room]
        )
        instructions = f"{profile.instructions.strip()}\n{api.api_prompt.strip()}".strip()
        return replace(profile, instructions=instructions, tools=(*own, *tools))

    async def list(self, context: ToolContext) -> Tools:
        """See `ToolSource.list`. If an API of the profile does not exist, there is a warning."""
        if not context.profile.llm_api:
            return Tools()
        try:
            return Tools(self._functions(await self._api(context.profile, context.caller)))
        except ToolFailedError as error:
            return Tools(warnings=(error.message,))

    async def prepare(self, name: str, arguments: Any, context: ToolContext) -> Prepared:
        """See `ToolSource.prepare`.

        Running it raises `ToolArgumentsError` if the arguments are invalid, and `ToolFailedError` if it fails.
        """
        if not context.profile.llm_api:
            raise unknown_function([])
        api = await self._api(context.profile, context.caller)
        tools = _by_name(api.tools)
        found: str | None = name.strip()
        if found not in tools:
            # The contract's clients send names in lower case.
            found = next((each for each in tools if each.casefold() == name.strip().casefold()), None)
        if found is None:
            raise unknown_function([*tools])
        return Prepared(found, SOURCE, partial(_call, api, tools[found], arguments or {}))

    async def _api(self, profile: VoiceProfile, caller: Caller) -> llm.APIInstance:
        context = llm.LLMContext(
            platform=DOMAIN,
            context=await context_of(self._hass, caller),
            language=self._hass.config.language,
            assistant=_ASSISTANT,
            device_id=self._device_of(caller.display),
        )
        try:
            return await llm.async_get_api(self._hass, list(profile.llm_api), context)
        except Exception as error:  # noqa: BLE001  # an API is third-party code, and must not end the conversation
            _LOGGER.debug("Home Assistant's tools are not available (%s)", type(error).__name__)
            missing = ", ".join(profile.llm_api)
            raise ToolFailedError(
                f"Home Assistant has no tools `{missing}` for this caller. Check `llm_api` and that Assist is enabled.",
                details=missing,
            ) from None

    def _functions(self, api: llm.APIInstance, without: Collection[Any] = ()) -> Sequence[Tool]:
        found = []
        for name, tool in _by_name(api.tools).items():
            if name in without:
                continue
            try:
                found.append(Tool(name, tool.description or "", _parameters(tool, api), SOURCE, _about(tool)))
            except Exception as error:  # noqa: BLE001  # one tool without a schema must not affect the others
                self._warn(f"The tool {name} is skipped: its parameters have no schema ({type(error).__name__})")
        return found

    def _warn(self, text: str) -> None:
        """Log it only once, although many conversations start."""
        if text not in self._warned:
            self._warned.add(text)
            _LOGGER.warning("%s", text)


async def _call(api: llm.APIInstance, tool: llm.Tool, arguments: dict[str, Any]) -> Any:
    try:
        result = await api.async_call_tool(llm.ToolInput(tool_name=tool.name, tool_args=arguments))
    except vol.Invalid as error:
        where = ".".join(str(part) for part in error.path)
        raise ToolArgumentsError(
            "The arguments do not match the function's parameters.", details=where or "arguments"
        ) from None
    except HomeAssistantError as error:
        raise ToolFailedError("The function failed.", details=str(error) or type(error).__name__) from None
    except Exception as error:  # noqa: BLE001  # a tool is third-party code, and must not end the conversation
        # In one line, so that a caller cannot fill the log with tracebacks.
        _LOGGER.warning("The tool %s failed (%s)", tool.name, type(error).__name__)
        _LOGGER.debug("The tool %s failed: %s", tool.name, redact(format_exc()))
        raise ToolFailedError("The function failed.", details=type(error).__name__) from None
    data = getattr(result, "data", result)
    if getattr(result, "error", False):
        raise ToolFailedError("The function failed.", details=json.dumps(to_json(data), ensure_ascii=False))
    return data


def _by_name(tools: Sequence[llm.Tool]) -> dict[str, llm.Tool]:
    """Return the tools by the names that the provider accepts. If two have one name, Home Assistant runs the first."""
    found: dict[str, llm.Tool] = {}
    for tool in tools:
        found.setdefault(_name_for_provider(tool.name), tool)
    return found


def _name_for_provider(name: str) -> str:
    if _NAME.fullmatch(name):
        return name
    # The hash makes names different that are the same after shortening.
    return f"{_NOT_IN_A_NAME.sub('_', name)[:_KEPT_CHARS]}_{sha256(name.encode()).hexdigest()[:_HASH_CHARS]}"


def _about(tool: llm.Tool) -> dict[str, Any]:
    # Home Assistant before 2026.10 has neither.
    title, annotations = getattr(tool, "title", None), getattr(tool, "annotations", None)
    found = {"title": title, "annotations": asdict(annotations) if annotations else None}
    return {key: value for key, value in found.items() if value}


def _parameters(tool: llm.Tool, api: llm.APIInstance) -> dict[str, Any]:
    schema = to_openapi(tool.parameters, custom_serializer=api.custom_serializer, openapi_version="3.1.0")
    parameters = {"type": "object", "properties": schema.get("properties", {})}
    for key in ("required", "additionalProperties"):
        if schema.get(key):
            parameters[key] = schema[key]
    # Choices and defaults can be any Python object.
    plain: dict[str, Any] = json.loads(json_dumps(parameters))
    return plain
