"""Bounds and defaults. The names have the units. Every value is defined only here."""

from typing import Final

VERSION: Final = "0.1.0"

DEFAULT_MODEL: Final = "gpt-realtime-2.1"
"""The model of a profile without one."""

# The contract of the seed page (docs/contract.md): the default client secret.
CONTRACT_MODEL: Final = "gpt-realtime"
"""It has an end: see `known_models`."""
DEFAULT_VOICE: Final = "marin"
DEFAULT_INSTRUCTIONS: Final = "You are a helpful assistant."
DEFAULT_TTL_S: Final = 600
MIN_TTL_S: Final = 10
MAX_TTL_S: Final = 7200

# A conversation, unless its profile has other values.
DEFAULT_IDLE_TIMEOUT_S: Final = 60.0
DEFAULT_SESSION_LENGTH_S: Final = 1800.0

# One mint, from the tap to the answer. A person is waiting at the tablet.
TOTAL_DEADLINE_S: Final = 10.0
CONNECT_TIMEOUT_S: Final = 5.0
READ_TIMEOUT_S: Final = 8.0

# While a model waits for a tool, it says nothing.
DEFAULT_TOOL_TIMEOUT_S: Final = 10.0

# OpenAI's limit. With one more tool, it refuses the whole conversation.
MAX_TOOLS: Final = 128

# The retry policy of the official SDKs.
MAX_RETRIES: Final = 2
RETRY_DELAY_S: Final = 0.5
MAX_RETRY_DELAY_S: Final = 8.0
MAX_RETRY_AFTER_S: Final = 120.0
RETRY_JITTER: Final = 0.25

MAX_UPSTREAM_BODY_BYTES: Final = 1024 * 1024
MAX_REQUEST_BODY_BYTES: Final = 64 * 1024
MAX_INSTRUCTIONS_CHARS: Final = 32_000
MAX_OVERRIDE_INSTRUCTIONS_CHARS: Final = 4_000
MAX_OVERRIDE_CHARS: Final = 100
