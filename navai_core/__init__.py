"""navai's core: named voice profiles become OpenAI Realtime client secrets. It knows nothing of Home Assistant."""

from . import answers, exceptions, pages, requests
from .advice import retiring_models
from .client import NoCookies, ProviderClient
from .config import load_settings, settings_from_block
from .connection import ProviderConnection
from .const import VERSION
from .exceptions import ConfigError, NavaiError, Problem
from .minter import Minted, Minter
from .models import Caller, Display, Overrides, RealtimeClientSecret, Settings, VoiceProfile
from .options import CLIENT_SECRET_REQUEST, CONTRACT_REQUEST, Host
from .prices import TokenUsage
from .rates import Limiter, LocalCounter, machine_of
from .realtime import (
    CreateClientSecretRequest,
    VoiceBackendOptions,
    create_realtime_client_secret,
    options_from_env,
)
from .redact import name_or_dots, redact
from .running_tools import RunningTools, ToolCall
from .schema import check_request
from .tokens import Tokens, bearer_of, callers_of_displays, digest_of
from .upstream_text import safe_request_id, safe_words
from .usage import DayUsage, UsageBook, read_usage
from .validators import closest
from .warm import WarmSecrets

__all__ = [
    "CLIENT_SECRET_REQUEST",
    "CONTRACT_REQUEST",
    "VERSION",
    "Caller",
    "ConfigError",
    "CreateClientSecretRequest",
    "DayUsage",
    "Display",
    "Host",
    "Limiter",
    "LocalCounter",
    "Minted",
    "Minter",
    "NavaiError",
    "NoCookies",
    "Overrides",
    "Problem",
    "ProviderClient",
    "ProviderConnection",
    "RealtimeClientSecret",
    "RunningTools",
    "Settings",
    "TokenUsage",
    "Tokens",
    "ToolCall",
    "UsageBook",
    "VoiceBackendOptions",
    "VoiceProfile",
    "WarmSecrets",
    "answers",
    "bearer_of",
    "callers_of_displays",
    "check_request",
    "closest",
    "create_realtime_client_secret",
    "digest_of",
    "exceptions",
    "load_settings",
    "machine_of",
    "name_or_dots",
    "options_from_env",
    "pages",
    "read_usage",
    "redact",
    "requests",
    "retiring_models",
    "safe_request_id",
    "safe_words",
    "settings_from_block",
]
