"""The names that people say in this home, for a better transcription: `keywords: auto`."""

from collections.abc import Iterator

from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar

from .navai_core import VoiceProfile
from .navai_core.provider.keywords import as_keywords, wants_names, with_names

_ASSISTANT = "conversation"


@callback
def add_keywords(hass: HomeAssistant, profile: VoiceProfile) -> VoiceProfile:
    """Return the profile with the names of areas, and of entities that are exposed to Assist, if it wants them."""
    # Only as many are read as the provider accepts.
    return with_names(profile, as_keywords(_names(hass))) if wants_names(profile) else profile


def _names(hass: HomeAssistant) -> Iterator[str]:
    for area in ar.async_get(hass).async_list_areas():
        yield area.name
    for state in hass.states.async_all():
        if async_should_expose(hass, _ASSISTANT, state.entity_id):
            yield state.name
