"""The config flow: it imports the YAML. When people add navai in the interface, it explains how to write the YAML."""

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
    """Creates one entry, from the YAML."""

    VERSION = 1

    async def async_step_import(self, _: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Create the entry for a valid `navai:` block."""
        await self.async_set_unique_id(DOMAIN)
        return self.async_create_entry(title="navai", data={})

    async def async_step_user(self, _: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Explain what to write, and in which file."""
        return self.async_abort(reason="yaml_only", description_placeholders={"snippet": SNIPPET, "docs": DOCS_URL})
