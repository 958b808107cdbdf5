"""The tools of the house: what a profile's `llm_api` lets the model do, through Home Assistant's own LLM API.

They act under the caller's identity, and the display's area is "here". Home Assistant renames tools and changes what
they return from release to release; nothing here depends on a name.
"""

import json
import logging
from dataclasses import dataclass, replace
from typing import Any, Final

import voluptuous as vol
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import llm
from homeassistant.helpers.json import json_dumps

from .const import DOMAIN
from .identity import context_of
from .navai_core import Caller, Settings, VoiceProfile, redact
from .navai_core.answers import unknown_function
from .navai_core.exceptions import InvalidInputError, NavaiError, NotAllowedError

try:
    from probatio import to_openapi
except ImportError:  # Home Assistant before 2026.9
    from voluptuous_openapi import convert as to_openapi  # type: ignore[no-redef]

_LOGGER = logging.getLogger(__name__)
SOURCE: Final = "home_assistant"
_ASSISTANT: Final = "conversation"
"""Whose exposed entities count: those that people expose to Assist."""
_MAX_DETAILS_CHARS: Final = 500


class ToolFailedError(NavaiError):
    """A tool of the house failed. `details` are its own words, for the model to hear."""

    code = "function_failed"

    def __init__(self, message: str, details: str) -> None:
        super().__init__(message, details=redact(details)[:_MAX_DETAILS_CHARS])


class ToolArgumentsError(InvalidInputError):
    """The arguments do not fit the tool. It did not run."""

    code = "invalid_arguments"


@dataclass(frozen=True, slots=True)
class Function:
    """A tool as clients see it."""

    name: str
    description: str
    parameters: dict[str, Any]


class Tools:
    """The tools of one `Settings`.

    Args:
        hass: The house.
        settings: The checked settings.
    """

    def __init__(self, hass: HomeAssistant, settings: Settings) -> None:
        self._hass = hass
        self._settings = settings

    async def enrich(self, profile: VoiceProfile, caller: Caller) -> VoiceProfile:
        """The profile with the house's tools, and with what Home Assistant tells a model about the house."""
        if not profile.llm_api or not caller.functions:
            return profile
        try:
            api = await self._api(profile, caller)
        except ToolFailedError as error:
            # A conversation without the house is better than none; the log says what is wrong with it.
            _LOGGER.warning("Profile %s talks without the house's tools: %s", profile.key, error.message)
            return profile
        tools = tuple(
            {
                "type": "function",
                "name": function.name,
                "description": function.description,
                "parameters": function.parameters,
            }
            for function in _functions(api)
        )
        instructions = f"{profile.instructions.strip()}\n{api.api_prompt.strip()}".strip()
        return replace(profile, instructions=instructions, tools=(*(profile.tools or ()), *tools))

    async def functions(self, profile: VoiceProfile, caller: Caller) -> list[Function]:
        """What the profile's model may call for this caller.

        Raises:
            NotAllowedError: the caller's display may use no tools.
            ToolFailedError: an API that the profile names is not there.
        """
        _check(caller)
        return _functions(await self._api(profile, caller)) if profile.llm_api else []

    async def execute(self, profile: VoiceProfile, caller: Caller, name: str, arguments: dict[str, Any]) -> Any:
        """Run a tool, and return its result as JSON-safe data.

        Raises:
            NotAllowedError: the caller's display may use no tools.
            UnknownFunctionError: the profile's model has no tool of that name.
            ToolArgumentsError: the arguments do not fit.
            ToolFailedError: the tool failed.
        """
        _check(caller)
        if not profile.llm_api:
            raise unknown_function([])
        api = await self._api(profile, caller)
        # The contract's clients write names in small letters.
        known = {tool.name.casefold(): tool.name for tool in api.tools}
        tool = known.get(name.strip().casefold())
        if tool is None:
            raise unknown_function([each.name for each in api.tools])
        try:
            result = await api.async_call_tool(llm.ToolInput(tool_name=tool, tool_args=arguments))
        except vol.Invalid as error:
            where = ".".join(str(part) for part in error.path)
            raise ToolArgumentsError(
                "The arguments do not fit the function — see its parameters.", details=where or "arguments"
            ) from None
        except HomeAssistantError as error:
            raise ToolFailedError("The function failed.", str(error) or type(error).__name__) from None
        except Exception as error:
            # A tool is anybody's code: what it throws must not end the conversation.
            _LOGGER.exception("The tool %s failed", tool)
            raise ToolFailedError("The function failed.", type(error).__name__) from None
        data = getattr(result, "data", result)
        plain = json.loads(json_dumps(data))
        if getattr(result, "error", False):
            raise ToolFailedError("The function failed.", json.dumps(plain, ensure_ascii=False))
        return plain

    async def _api(self, profile: VoiceProfile, caller: Caller) -> llm.APIInstance:
        context = llm.LLMContext(
            platform=DOMAIN,
            context=await context_of(self._hass, caller),
            language=self._hass.config.language,
            assistant=_ASSISTANT,
            device_id=self._device_of(caller),
        )
        try:
            return await llm.async_get_api(self._hass, list(profile.llm_api), context)
        except HomeAssistantError:
            missing = ", ".join(profile.llm_api)
            raise ToolFailedError(
                f"Home Assistant has no tools `{missing}` for this caller — check `llm_api`, and that Assist is on.",
                missing,
            ) from None

    def _device_of(self, caller: Caller) -> str | None:
        if not caller.display:
            return None
        device = dr.async_get(self._hass).async_get_device({(DOMAIN, f"display:{caller.display}")})
        return device.id if device else None


def _check(caller: Caller) -> None:
    if not caller.functions:
        raise NotAllowedError("This display may not use the house's tools — set `functions: true` for it.")


def _functions(api: llm.APIInstance) -> list[Function]:
    return [Function(tool.name, tool.description or "", _parameters(tool, api)) for tool in api.tools]


def _parameters(tool: llm.Tool, api: llm.APIInstance) -> dict[str, Any]:
    schema = to_openapi(tool.parameters, custom_serializer=api.custom_serializer, openapi_version="3.1.0")
    parameters = {"type": "object", "properties": schema.get("properties", {})}
    if required := schema.get("required"):
        parameters["required"] = required
    return parameters
