"""The config flow: navai is written in YAML, so the flow carries it over and, by hand, explains how to begin."""

from typing import Any

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult

from .const import DOCS_URL, DOMAIN

SNIPPET = """navai:
  api_key: !secret openai_api_key
  profiles:
    kitchen:
      name: Kitchen helper
      model: gpt-realtime-2.1
      language: English
      llm_api: [assist]"""


class NavaiConfigFlow(ConfigFlow, domain=DOMAIN):
    """One entry, made from the YAML."""

    VERSION = 1

    async def async_step_import(self, _: dict[str, Any] | None = None) -> ConfigFlowResult:
        """The YAML holds a good `navai:` block."""
        await self.async_set_unique_id(DOMAIN)
        return self.async_create_entry(title="navai", data={})

    async def async_step_user(self, _: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Somebody looks for it in the interface: say what to write, and where."""
        return self.async_abort(reason="yaml_only", description_placeholders={"snippet": SNIPPET, "docs": DOCS_URL})
