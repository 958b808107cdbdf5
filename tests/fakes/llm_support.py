"""LLM APIs and tools as other integrations provide them to Home Assistant."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import voluptuous as vol
from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm


def result_of(data: Any, *, error: bool = False) -> Any:
    """Return what a tool returns: newer releases wrap the data."""
    if hasattr(llm, "ToolResult"):
        return llm.ToolResult(data=data, error=error)
    return data


def nothing(_: llm.ToolInput, __: llm.LLMContext) -> Any:
    return result_of({})


class Tool(llm.Tool):
    """A tool that does what the test wants."""

    integration = "navai_test"
    description = "Does what a test wants."

    def __init__(
        self, name: str, does: Callable[[llm.ToolInput, llm.LLMContext], Any] = nothing, schema: Any = None
    ) -> None:
        self.name = name
        self.parameters = schema if isinstance(schema, vol.Schema) else vol.Schema(schema or {})
        self._does = does

    async def async_call(self, hass: HomeAssistant, tool_input: llm.ToolInput, llm_context: llm.LLMContext) -> Any:
        return self._does(tool_input, llm_context)


class Api(llm.API):
    """A custom API. Tests change its tools."""

    def __init__(
        self,
        hass: HomeAssistant,
        name: str,
        tools: Sequence[llm.Tool],
        prompt: str = "Be brief.",
        serialise: Callable[[Any], Any] | None = llm.selector_serializer,
    ) -> None:
        super().__init__(hass=hass, id=name, name=name.title())
        self.tools: Any = list(tools)
        self._prompt = prompt
        self._serialise = serialise

    async def async_get_api_instance(self, llm_context: llm.LLMContext) -> llm.APIInstance:
        return llm.APIInstance(self, self._prompt, llm_context, self.tools, custom_serializer=self._serialise)


class BrokenApi(Api):
    """An API with a bug, until it is `whole`."""

    whole = False

    async def async_get_api_instance(self, llm_context: llm.LLMContext) -> llm.APIInstance:
        if self.whole:
            return await super().async_get_api_instance(llm_context)
        return await self.fail(llm_context)

    async def fail(self, llm_context: llm.LLMContext) -> Any:
        raise KeyError(llm_context.platform)


class HangingApi(BrokenApi):
    """An API that does not answer, and does not let itself be cancelled."""

    asked = 0

    async def fail(self, _: llm.LLMContext) -> Any:
        self.asked += 1
        self.over = asyncio.Event()
        while not self.over.is_set():
            try:
                await self.over.wait()
            except asyncio.CancelledError:
                continue
        raise RuntimeError("too late")


class OddApi(BrokenApi):
    """An API whose answer is not as Home Assistant describes it."""

    async def fail(self, llm_context: llm.LLMContext) -> Any:
        instance = llm.APIInstance(self, "", llm_context, [])
        instance.tools = None  # type: ignore[assignment]
        return instance
