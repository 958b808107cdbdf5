"""Home Assistant's tools: what a profile's `llm_api` lets the model do, through Home Assistant's LLM API.

They run with the caller's identity and in the profile's language, and "here" is the display's area. Home Assistant
releases change the names and results of tools, so that nothing here depends on a name.
"""

import json
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, replace
from functools import partial
from traceback import format_exc
from typing import Any, Final

import voluptuous as vol
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm

from .const import ASSISTANT, DOMAIN
from .identity import context_of
from .llm_apis import Found, LlmApis
from .llm_offers import Offer, offers_of, prompt_of
from .llm_schemas import parameters_of
from .navai_core import Caller, Settings, VoiceProfile
from .navai_core.const import MAX_TOOLS
from .navai_core.exceptions import InvalidInputError
from .navai_core.languages import language_tag
from .navai_core.redact import name_or_dots, redact
from .navai_core.tools.base import Prepared, Tool, ToolContext, ToolFailedError, Tools, unknown_function
from .navai_core.tools.results import to_json
from .navai_core.tools.schemas import NoSchemaError

_LOGGER = logging.getLogger(__name__)
SOURCE: Final = "home_assistant"
_TOOLS_S: Final = 3.0
"""How long the APIs may take before a tool is listed or run."""


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
        self._apis = LlmApis(hass)
        self._warned: set[str] = set()

    def trouble(self, settings: Settings) -> str:
        """Return which LLM APIs of the profiles do not work, and why; an empty string if all do."""
        apis = dict.fromkeys(api for profile in settings.profiles.values() for api in profile.llm_api)
        return ", ".join(f"{name_or_dots(api)} {why}" for api, why in self._apis.failing([*apis]).items())

    async def enrich(self, profile: VoiceProfile, caller: Caller, seconds: float) -> VoiceProfile:
        """Return the profile with Home Assistant's tools, and with its prompts for the model."""
        if not profile.llm_api or not caller.functions:
            return profile
        # A conversation without some of its tools is better than none.
        apis = await self._get(profile, caller, seconds)
        if not apis.instances:
            return profile
        own = profile.tools or ()
        found = self._functions(profile, offers_of(apis.instances), without={tool.get("name") for tool in own})
        tools = (
            {"type": "function", "name": tool.name, "description": tool.description, "parameters": tool.parameters}
            for _, tool in found
        )
        prompt = prompt_of(apis.instances, [offer for offer, _ in found])
        instructions = f"{profile.instructions.strip()}\n{prompt}".strip()
        return replace(profile, instructions=instructions, tools=(*own, *tools))

    async def list(self, context: ToolContext) -> Tools:
        """See `ToolSource.list`. There is a warning for each API of the profile that does not work."""
        if not context.profile.llm_api:
            return Tools()
        apis = await self._get(context.profile, context.caller, _TOOLS_S)
        found = self._functions(context.profile, offers_of(apis.instances))
        return Tools([tool for _, tool in found], [_said(api, why) for api, why in apis.unavailable.items()])

    async def prepare(self, name: str, arguments: Any, context: ToolContext) -> Prepared:
        """See `ToolSource.prepare`.

        Running it raises `ToolArgumentsError` if the arguments are invalid, and `ToolFailedError` if it fails.
        """
        if not context.profile.llm_api:
            raise unknown_function([])
        apis = await self._get(context.profile, context.caller, _TOOLS_S)
        offers = {offer.name: offer for offer in offers_of(apis.instances)}
        wanted = name.strip()
        # The contract's clients send names in lower case.
        found = wanted if wanted in offers else next((x for x in offers if x.casefold() == wanted.casefold()), None)
        if found is not None:
            return Prepared(found, SOURCE, partial(_call, offers[found], arguments or {}))
        if apis.unavailable:
            message = " ".join(_said(api, why) for api, why in apis.unavailable.items())
            raise ToolFailedError(message, details=", ".join(name_or_dots(api) for api in apis.unavailable))
        raise unknown_function([*offers])

    async def _get(self, profile: VoiceProfile, caller: Caller, seconds: float) -> Found:
        context = llm.LLMContext(
            platform=DOMAIN,
            context=await context_of(self._hass, caller),
            language=language_tag(profile.language) or self._hass.config.language,
            assistant=ASSISTANT,
            device_id=self._device_of(caller.display),
        )
        return await self._apis.get(profile, context, seconds)

    def _functions(
        self, profile: VoiceProfile, offers: Iterable[Offer], without: Collection[Any] = ()
    ) -> Sequence[tuple[Offer, Tool]]:
        """Return what the model gets: the tools with a schema, and as many as have room beside the profile's own."""
        found: list[tuple[Offer, Tool]] = []
        for offer in offers:
            if offer.name in without:
                continue
            try:
                found.append((offer, _function(offer)))
            except NoSchemaError as error:
                self._warn(f"The tool {offer.tool.name} is left out: its schema cannot be used, because {error}")
            except Exception as error:  # noqa: BLE001  # one tool without a schema must not affect the others
                self._warn(f"The tool {offer.tool.name} is left out: it has no usable schema ({type(error).__name__})")
        room = max(0, MAX_TOOLS - len(profile.tools or ()))
        if len(found) > room:
            found.sort(key=lambda each: each[0].rank)
            left = ", ".join(tool.name for _, tool in found[room:])
            self._warn(
                f"Profile {profile.key} has {len(found)} tools of Home Assistant, but only {room} fit. Expose fewer "
                f"scripts, or name fewer LLM APIs. Left out: {left}"
            )
        return found[:room]

    def _warn(self, text: str) -> None:
        """Log it only once, although many conversations start."""
        if text not in self._warned:
            self._warned.add(text)
            _LOGGER.warning("%s", text)


def _said(api: str, why: str) -> str:
    return f"The LLM API `{name_or_dots(api)}` {why}. Check `llm_api` and the integration that provides it."


async def _call(offer: Offer, arguments: dict[str, Any]) -> Any:
    tool = offer.tool
    try:
        result = await offer.api.async_call_tool(llm.ToolInput(tool_name=tool.name, tool_args=arguments))
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


def _about(tool: llm.Tool) -> dict[str, Any]:
    # Home Assistant before 2026.10 has neither.
    title, annotations = getattr(tool, "title", None), getattr(tool, "annotations", None)
    found = {"title": title, "annotations": asdict(annotations) if annotations else None}
    return {key: value for key, value in found.items() if value}


def _function(offer: Offer) -> Tool:
    parameters, hint = parameters_of(offer.tool, offer.api)
    description = f"{offer.tool.description or ''}\n{hint}".strip()
    return Tool(offer.name, description, parameters, SOURCE, _about(offer.tool))
