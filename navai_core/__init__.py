"""navai's core: named voice profiles become OpenAI Realtime client secrets. It does not depend on Home Assistant.

The names in `__all__` are stable for other code. Everything else, which both hosts use, may change.
"""

from . import exceptions
from .config.load import load_settings
from .const import VERSION
from .contract import CreateClientSecretRequest, VoiceBackendOptions, create_realtime_client_secret, options_from_env
from .exceptions import ConfigError, NavaiError, Problem
from .models import Caller, Overrides, RealtimeClientSecret, Settings, VoiceProfile
from .sessions.minter import Minted
from .sessions.service import SessionService

__all__ = [
    "VERSION",
    "Caller",
    "ConfigError",
    "CreateClientSecretRequest",
    "Minted",
    "NavaiError",
    "Overrides",
    "Problem",
    "RealtimeClientSecret",
    "SessionService",
    "Settings",
    "VoiceBackendOptions",
    "VoiceProfile",
    "create_realtime_client_secret",
    "exceptions",
    "load_settings",
    "options_from_env",
]
