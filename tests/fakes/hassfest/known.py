"""Names of Home Assistant's own, as they are in both the oldest and the newest supported release."""

from typing import Final

PLATFORMS: Final = frozenset(
    {
        *("ai_task", "alarm_control_panel", "assist_satellite", "binary_sensor", "button", "calendar", "camera"),
        *("climate", "conversation", "cover", "date", "datetime", "device_tracker", "event", "fan", "geo_location"),
        *("humidifier", "image", "image_processing", "lawn_mower", "light", "lock", "media_player", "notify", "number"),
        *("remote", "scene", "select", "sensor", "siren", "stt", "switch", "text", "time", "todo", "tts", "update"),
        *("vacuum", "valve", "wake_word", "water_heater", "weather"),
    }
)
"""Entity platforms. A module with this name has the integration's entities of that platform."""

INTEGRATIONS: Final = frozenset(
    {
        *("conversation", "diagnostics", "frontend", "http", "intent", "logbook", "lovelace", "media_source"),
        *("panel_custom", "recorder", "repairs", "system_health", "webhook", "websocket_api"),
    }
)
"""Integrations that others may depend on. `llm` is not one: the oldest release does not have it."""

IMPORTED_FREELY: Final = PLATFORMS | {
    *("automation", "conversation", "device_automation", "frontend", "homeassistant", "media_source", "onboarding"),
    *("panel_custom", "persistent_notification", "person", "script", "system_health", "system_log", "webhook"),
    *("websocket_api", "zone"),
}
"""Integrations that hassfest allows to be imported without a dependency."""

SELECTORS: Final = frozenset(
    {
        *("action", "addon", "app", "area", "assist_pipeline", "attribute", "backup_location", "boolean", "choose"),
        *("color_rgb", "color_temp", "condition", "config_entry", "constant", "conversation_agent", "country", "date"),
        *("datetime", "device", "duration", "entity", "file", "floor", "icon", "label", "language", "location"),
        *("media", "number", "object", "qr_code", "select", "state", "statistic", "target", "template", "text"),
        *("theme", "time", "trigger"),
    }
)
