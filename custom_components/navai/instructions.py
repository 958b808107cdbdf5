"""Renders the templates in the profiles' `instructions`, when a client secret is created for a conversation.

Only what the YAML says is a template: never what a request brings (`instructions`, `start_message`,
`extra_system_prompt`), since its sender may not read the states of entities.
"""

import logging
from dataclasses import replace
from typing import Any, Final

import jinja2
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import TemplateError
from homeassistant.helpers.template import Template
from jinja2 import nodes

from .data import NavaiData
from .navai_core import Caller, Settings, VoiceProfile
from .navai_core.config.validators.scalars import is_template
from .navai_core.const import DEFAULT_INSTRUCTIONS, MAX_INSTRUCTIONS_CHARS
from .navai_core.redact import redact

_LOGGER = logging.getLogger(__name__)
_MAX_REASON_CHARS: Final = 150
_PARSER: Final = jinja2.Environment(  # noqa: S701  # it only parses
    extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do"]
)
"""Knows the statements that Home Assistant's templates have."""


def trouble_of(hass: HomeAssistant, text: str) -> str:
    """Return what is wrong with a template; empty if it is valid."""
    try:
        Template(text, hass).ensure_valid()
    except TemplateError as error:
        return _reason(error)
    return ""


class Instructions:
    """The instructions of the profiles of one `Settings`.

    Args:
        hass: Home Assistant.
        data: Has the devices of the displays.
        settings: The checked settings.
    """

    def __init__(self, hass: HomeAssistant, data: NavaiData, settings: Settings) -> None:
        self._hass = hass
        self._data = data
        self._templates = {
            profile.instructions: Template(profile.instructions, hass)
            for profile in settings.profiles.values()
            if is_template(profile.instructions)
        }
        self._own = {key: profile.instructions for key, profile in settings.profiles.items()}
        self._failed: set[str] = set()
        """The profiles whose template could not be rendered. It is logged once, not at every tap."""

    async def render(self, profile: VoiceProfile, caller: Caller) -> VoiceProfile:
        """Return the profile with the instructions as they are now.

        If the template fails, everything else remains: the text outside of it, the language, the tone, the tools.
        """
        text = profile.instructions
        template = self._templates.get(text) if text == self._own[profile.key] else None
        if template is None:
            return profile
        try:
            rendered = _rendered(template, await self._variables(caller))
        except TemplateError as error:
            if profile.key not in self._failed:
                self._failed.add(profile.key)
                _LOGGER.warning(
                    "The template in the `instructions` of the profile %s cannot be rendered: %s. Its conversations "
                    "use only the text outside of the template. Correct it in the YAML, and reload navai",
                    profile.key,
                    _reason(error),
                )
            rendered = _text_outside(text)
        else:
            self._failed.discard(profile.key)
        return replace(profile, instructions=rendered)

    async def _variables(self, caller: Caller) -> dict[str, Any]:
        """Return what a template can use in addition, with Home Assistant's own names."""
        user = await self._hass.auth.async_get_user(caller.key) if caller.kind == "user" else None
        return {
            "ha_name": self._hass.config.location_name,
            "user_name": user.name if user else None,
            "device_id": self._data.device_of(caller.display),
        }


def _rendered(template: Template, variables: dict[str, Any]) -> str:
    text = str(template.async_render(variables, parse_result=False)).strip()
    if len(text) > MAX_INSTRUCTIONS_CHARS:
        raise TemplateError(ValueError(f"the result has more than {MAX_INSTRUCTIONS_CHARS} characters"))
    return text


def _reason(error: TemplateError) -> str:
    """Return an error of a template in one line. It may quote the template, or the state of an entity."""
    text = redact(" ".join(str(error).split()))
    return text if len(text) <= _MAX_REASON_CHARS else f"{text[:_MAX_REASON_CHARS]}…"


def _text_outside(template: str) -> str:
    """Return the text of a template that does not depend on anything."""
    found = [
        each.data
        for node in _PARSER.parse(template).body
        if isinstance(node, nodes.Output)
        for each in node.nodes
        if isinstance(each, nodes.TemplateData)
    ]
    return "".join(found).strip() or DEFAULT_INSTRUCTIONS
