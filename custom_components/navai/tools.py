"""The tools of the house: what a profile's `llm_api` lets the model do, through Home Assistant's own LLM API.

They act under the caller's identity, and the display's area is "here". Home Assistant renames tools and changes what
they return from release to release; nothing here depends on a name.
"""

import json
import logging
import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from hashlib import sha256
from traceback import format_exc
from typing import Any, Final

import voluptuous as vol
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm
from homeassistant.helpers.json import json_dumps

from .const import DOMAIN, HOUSE
from .identity import context_of
from .navai_core import Caller, VoiceProfile, redact
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
MAX_TOOLS: Final = 128
"""How many the provider takes; one more, and it refuses the whole conversation."""

_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What the provider takes as a function's name; one other name, and it refuses the whole conversation."""
_ODD: Final = re.compile(r"[^a-zA-Z0-9_-]")
_KEPT_CHARS: Final = 55
_HASH_CHARS: Final = 8


class ToolFailedError(NavaiError):
    """A tool of the house failed. `details` are its own words, for the model to hear."""

    code = "function_failed"

    def __init__(self, message: str, details: str) -> None:
        super().__init__(message, details=redact(details)[:_MAX_DETAILS_CHARS])


class ToolResultError(ToolFailedError):
    """A tool of the house ended, and what it returned has no JSON."""

    code = "function_result_invalid"


class ToolArgumentsError(InvalidInputError):
    """The arguments do not fit the tool. It did not run."""

    code = "invalid_arguments"


@dataclass(frozen=True, slots=True)
class Function:
    """A tool as clients see it."""

    name: str
    description: str
    parameters: dict[str, Any]
    about: dict[str, Any]
    """A title, and what it does to the house, as far as Home Assistant says so, in its words."""


class Tools:
    """The tools that profiles may use.

    Args:
        hass: The house.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._warned: set[str] = set()

    async def enrich(self, profile: VoiceProfile, caller: Caller) -> VoiceProfile:
        """The profile with the house's tools, and with what Home Assistant tells a model about the house."""
        if not profile.llm_api or not caller.functions:
            return profile
        try:
            api = await self._api(profile, caller)
        except ToolFailedError as error:
            # A conversation without the house is better than none; the log says what is wrong with it.
            self._warn(f"Profile {profile.key} talks without the house's tools: {error.message}")
            return profile
        own = profile.tools or ()
        found = self._functions(api, without={tool.get("name") for tool in own})
        room = MAX_TOOLS - len(own)
        if len(found) > room:
            self._warn(
                f"Profile {profile.key} has {len(found)} tools of the house, and the first {room} fit: expose less"
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

    async def functions(self, profile: VoiceProfile, caller: Caller) -> list[Function]:
        """What the profile's model may call for this caller.

        Raises:
            NotAllowedError: the caller's display may use no tools.
            ToolFailedError: an API that the profile names is not there.
        """
        check_allowed(caller)
        return self._functions(await self._api(profile, caller)) if profile.llm_api else []

    async def find(
        self, profile: VoiceProfile, caller: Caller, name: str, arguments: dict[str, Any]
    ) -> tuple[str, Callable[[], Awaitable[Any]]]:
        """A tool's name, and what runs it and returns its result as JSON-safe data.

        To run it raises a `ToolArgumentsError` where the arguments do not fit, and a `ToolFailedError` where it failed.

        Raises:
            NotAllowedError: the caller's display may use no tools.
            UnknownFunctionError: the profile's model has no tool of that name.
            ToolFailedError: an API that the profile names is not there.
        """
        check_allowed(caller)
        if not profile.llm_api:
            raise unknown_function([])
        api = await self._api(profile, caller)
        tools = _by_name(api.tools)
        found: str | None = name.strip()
        if found not in tools:
            # The contract's clients write names in small letters.
            found = next((each for each in tools if each.casefold() == name.strip().casefold()), None)
        if found is None:
            raise unknown_function(list(tools))
        return found, partial(_call, api, tools[found], arguments)

    async def _api(self, profile: VoiceProfile, caller: Caller) -> llm.APIInstance:
        context = llm.LLMContext(
            platform=DOMAIN,
            context=await context_of(self._hass, caller),
            language=self._hass.config.language,
            assistant=_ASSISTANT,
            device_id=self._hass.data[HOUSE].devices.get(caller.display),
        )
        try:
            return await llm.async_get_api(self._hass, list(profile.llm_api), context)
        except Exception as error:  # noqa: BLE001  # an API is anybody's code, and must not end the conversation
            _LOGGER.debug("Home Assistant's tools cannot be had (%s)", type(error).__name__)
            missing = ", ".join(profile.llm_api)
            raise ToolFailedError(
                f"Home Assistant has no tools `{missing}` for this caller — check `llm_api`, and that Assist is on.",
                missing,
            ) from None

    def _functions(self, api: llm.APIInstance, without: Collection[Any] = ()) -> list[Function]:
        found = []
        for name, tool in _by_name(api.tools).items():
            if name in without:
                continue
            try:
                found.append(Function(name, tool.description or "", _parameters(tool, api), _about(tool)))
            except Exception as error:  # noqa: BLE001  # one tool without a schema must not take the others along
                self._warn(f"The tool {name} is left out: its parameters have no schema ({type(error).__name__})")
        return found

    def _warn(self, text: str) -> None:
        """Say it once; a conversation begins many times."""
        if text not in self._warned:
            self._warned.add(text)
            _LOGGER.warning("%s", text)


async def _call(api: llm.APIInstance, tool: llm.Tool, arguments: dict[str, Any]) -> Any:
    try:
        result = await api.async_call_tool(llm.ToolInput(tool_name=tool.name, tool_args=arguments))
    except vol.Invalid as error:
        where = ".".join(str(part) for part in error.path)
        raise ToolArgumentsError(
            "The arguments do not fit the function — see its parameters.", details=where or "arguments"
        ) from None
    except HomeAssistantError as error:
        raise ToolFailedError("The function failed.", str(error) or type(error).__name__) from None
    except Exception as error:  # noqa: BLE001  # a tool is anybody's code, and must not end the conversation
        # In one line: a caller could fill the log with tracebacks.
        _LOGGER.warning("The tool %s failed (%s)", tool.name, type(error).__name__)
        _LOGGER.debug("The tool %s failed: %s", tool.name, redact(format_exc()))
        raise ToolFailedError("The function failed.", type(error).__name__) from None
    try:
        plain = json.loads(json_dumps(getattr(result, "data", result)))
    except (TypeError, ValueError, RecursionError) as error:
        _LOGGER.warning("The result of the tool %s has no JSON (%s)", tool.name, type(error).__name__)
        raise ToolResultError("The function's result cannot be passed on.", "The result has no JSON.") from None
    if getattr(result, "error", False):
        raise ToolFailedError("The function failed.", json.dumps(plain, ensure_ascii=False))
    return plain


def check_allowed(caller: Caller) -> None:
    """Whether a caller may use tools at all.

    Raises:
        NotAllowedError: its display may not.
    """
    if not caller.functions:
        raise NotAllowedError("This display may not use the house's tools — set `functions: true` for it.")


def _by_name(tools: Sequence[llm.Tool]) -> dict[str, llm.Tool]:
    """The tools by the names that the provider takes. Of two with one name, Home Assistant runs the first."""
    found: dict[str, llm.Tool] = {}
    for tool in tools:
        found.setdefault(_name_for_provider(tool.name), tool)
    return found


def _name_for_provider(name: str) -> str:
    if _NAME.fullmatch(name):
        return name
    # The hash tells apart what is the same once it is cut.
    return f"{_ODD.sub('_', name)[:_KEPT_CHARS]}_{sha256(name.encode()).hexdigest()[:_HASH_CHARS]}"


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
    # Choices and defaults may be anything that Python has.
    plain: dict[str, Any] = json.loads(json_dumps(parameters))
    return plain
