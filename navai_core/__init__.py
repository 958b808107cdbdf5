"""navai's core: named voice profiles become OpenAI Realtime client secrets. It knows nothing of Home Assistant."""

from .client import ProviderClient
from .config import load_settings, settings_from_block
from .connection import ProviderConnection
from .const import VERSION
from .exceptions import ConfigError, NavaiError, Problem
from .minter import Minted, Minter
from .models import Caller, Overrides, RealtimeClientSecret, Settings, VoiceProfile
from .realtime import (
    CreateClientSecretRequest,
    VoiceBackendOptions,
    create_realtime_client_secret,
    options_from_env,
)
from .redact import redact
from .warm import WarmSecrets

__all__ = [
    "VERSION",
    "Caller",
    "ConfigError",
    "CreateClientSecretRequest",
    "Minted",
    "Minter",
    "NavaiError",
    "Overrides",
    "Problem",
    "ProviderClient",
    "ProviderConnection",
    "RealtimeClientSecret",
    "Settings",
    "VoiceBackendOptions",
    "VoiceProfile",
    "WarmSecrets",
    "create_realtime_client_secret",
    "load_settings",
    "options_from_env",
    "redact",
    "settings_from_block",
]
