"""The modules of the small integration in `hassfest_example`: it has every form of code that the checks can read."""

from typing import Final

MODULES: Final = {
    "__init__": """
import voluptuous as vol
from homeassistant.components import logbook
from .const import DOMAIN

CONFIG_SCHEMA = vol.Schema({DOMAIN: dict}, extra=vol.ALLOW_EXTRA)

async def async_setup(hass, config):
    return True
""",
    "const": """
from enum import StrEnum
from typing import Final

DOMAIN: Final = "parrot"

class Mood(StrEnum):
    CALM = "calm"
    ANGRY = "angry"
""",
    "config_flow": """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from homeassistant.components.recorder import Recorder

class Flow:
    async def async_step_import(self, _):
        self._abort_if_unique_id_configured()

    async def async_step_user(self, _):
        errors = {"base": "deaf"}
        if errors:
            return self.async_show_form(step_id="user", errors=errors, data_schema={"word": str})
        return self.async_abort(reason="yaml_only", description_placeholders={"snippet": "x", "docs": "y"})
""",
    "device_trigger": 'TRIGGER_TYPES = {"spoke", "slept"}\n',
    "errors": """
from homeassistant.exceptions import HomeAssistantError
from .const import DOMAIN

TRANSLATED = frozenset({"asleep", "mute"})

def error_of(error):
    if error.code in TRANSLATED:
        return HomeAssistantError(
            translation_domain=DOMAIN, translation_key=error.code, translation_placeholders=given(error)
        )
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key="other", translation_placeholders={"text": "x"}
    )

def given(error):
    return {"bird": error.bird, "time": error.time}

def refuse(key):
    raise HomeAssistantError(translation_domain=DOMAIN, translation_key=key)

def refused(is_gone):
    refuse("gone" if is_gone else "shy")
    raise HomeAssistantError(translation_domain="homeassistant", translation_key="of_somebody_else")
""",
    "event": """
class Talk:
    _attr_translation_key = "talk"
    _attr_event_types = ["began", "ended"]
""",
    "issues": """
from homeassistant.helpers import issue_registry as ir
from .const import DOMAIN

HUNGRY = "hungry"

def check(hass, bird):
    create(hass, HUNGRY, {"bird": bird, "food": "seeds"})
    given = {"bird": bird}
    create(hass, key="thirsty", placeholders=given)

def create(hass, key, placeholders):
    ir.async_create_issue(hass, DOMAIN, key, translation_key=key, translation_placeholders=placeholders)
""",
    "sensor": """
from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription
from homeassistant.helpers.device_registry import DeviceInfo
from .const import Mood

type Moods = list[Mood]

DESCRIPTIONS = (
    SensorEntityDescription(
        key="mood",
        translation_key="mood",
        device_class=SensorDeviceClass.ENUM,
        options=[mood.value for mood in Mood],
    ),
    SensorEntityDescription(key="words", translation_key="words", device_class=SensorDeviceClass.DURATION),
)

class Sensor:
    def __init__(self, bird):
        self._attr_translation_placeholders = {"bird": bird}
        self._attr_extra_state_attributes = {"since": 0}
        self._attr_device_info = DeviceInfo(translation_key="cage")
""",
    "services": """
import voluptuous as vol
from homeassistant.components.http import HomeAssistantView
from homeassistant.const import ATTR_DEVICE_ID, SERVICE_RELOAD
from homeassistant.helpers.service import async_register_admin_service
from .const import DOMAIN

SAY = "say"
_TARGET = {vol.Optional(name): str for name in ("area_id", ATTR_DEVICE_ID)}
SCHEMA = vol.Schema({vol.Required("text"): str, **_TARGET}).extend({vol.Optional("tone"): str})

def register(hass):
    actions = ((SAY, SCHEMA), ("list", vol.Schema({})))
    for name, schema in actions:
        hass.services.async_register(DOMAIN, name, print, schema)
    async_register_admin_service(hass, DOMAIN, SERVICE_RELOAD, print)
""",
    "switch": """
DESCRIPTION = SwitchEntityDescription(key="talkative", translation_key="talkative")
""",
    "system_health": """
async def info(hass):
    if hass is None:
        return {"awake": False}
    return {"awake": True, "words": 3}

def async_register(hass, register):
    register.async_register_info(info)
""",
    # The core is bundled: what it does is not the integration's.
    "navai_core/stray": 'HomeAssistantError(translation_domain="parrot", translation_key="not_looked_at")\n',
}
