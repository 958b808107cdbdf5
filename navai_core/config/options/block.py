"""The options of a profile and of the whole `navai:` block."""

from typing import Final

from ...const import (
    DEFAULT_IDLE_TIMEOUT_S,
    DEFAULT_INSTRUCTIONS,
    DEFAULT_MODEL,
    DEFAULT_SESSION_LENGTH_S,
    DEFAULT_TOOL_TIMEOUT_S,
    DEFAULT_TTL_S,
    DEFAULT_VOICE,
    MAX_INSTRUCTIONS_CHARS,
    MAX_TTL_S,
    MIN_TTL_S,
    TOTAL_DEADLINE_S,
)
from ...providers import PROVIDERS
from .hub import DISPLAY, HUB
from .kinds import Host, Kind, Option
from .session import SESSION

_BROKERED = "brokered calls; until then, `idle_timeout`, `session_length` and the provider's own limits apply"

OVERRIDABLE: Final = ("model", "voice", "instructions", "language", "accent", "tone")

LIMITS: Final = (
    Option(
        key="sessions",
        kind=Kind.INTEGER,
        minimum=1,
        maximum=1_000,
        text="How many conversations may run at the same time.",
        later=_BROKERED,
    ),
    Option(
        key="session_length",
        kind=Kind.DURATION,
        minimum=10,
        maximum=3600,
        unit="s",
        default=DEFAULT_SESSION_LENGTH_S,
        text="How long one conversation may last. The browser warns a minute before and then ends it.",
    ),
    Option(
        key="idle_timeout",
        kind=Kind.DURATION,
        minimum=5,
        maximum=3600,
        unit="s",
        default=DEFAULT_IDLE_TIMEOUT_S,
        text="How long a silence ends a conversation: nobody speaks, no tool runs and no question is open.",
    ),
    Option(
        key="secrets_per_minute",
        kind=Kind.INTEGER,
        minimum=1,
        maximum=1_000_000,
        unit="per minute",
        default=30,
        text="How many client secrets this profile may create in a minute, for all callers together.",
    ),
    Option(
        key="daily_minutes",
        kind=Kind.NUMBER,
        minimum=0,
        maximum=1440,
        unit="min",
        text="How long people may talk with this profile in a day.",
        later=_BROKERED,
    ),
    Option(
        key="daily_cost",
        kind=Kind.NUMBER,
        minimum=0,
        maximum=100_000,
        unit="US$",
        text="What this profile may cost in a day.",
        later=_BROKERED,
    ),
)

PROFILE: Final = (
    Option(
        key="name",
        kind=Kind.TEXT,
        maximum=100,
        text="The name that people see. Without it, navai makes one from the key.",
    ),
    Option(
        key="model",
        kind=Kind.TEXT,
        minimum=1,
        maximum=200,
        default=DEFAULT_MODEL,
        text="The Realtime model. On Azure, the name of your deployment.",
    ),
    Option(
        key="voice",
        kind=Kind.VOICE,
        default=DEFAULT_VOICE,
        text="The voice: a name from the provider, or the `voice_…` id of a custom voice.",
    ),
    Option(
        key="instructions",
        kind=Kind.TEMPLATE,
        maximum=MAX_INSTRUCTIONS_CHARS,
        lines=True,
        default=DEFAULT_INSTRUCTIONS,
        text="Who the assistant is and how it should behave. Home Assistant fills in its templates when a conversation "
        "starts.",
    ),
    Option(
        key="language",
        kind=Kind.LANGUAGE,
        maximum=100,
        default="",
        example="es-MX",
        text="The language that it always replies in: a name such as Spanish, or a tag such as es-MX. With `auto`, it "
        "replies in the language that people speak.",
    ),
    Option(
        key="accent",
        kind=Kind.TEXT,
        maximum=100,
        default="",
        example="neutral Latin American",
        text="The accent that it speaks with.",
    ),
    Option(
        key="tone",
        kind=Kind.TEXT,
        maximum=100,
        default="",
        example="warm and brief",
        text="The tone that it speaks in.",
    ),
    Option(
        key="enabled",
        kind=Kind.FLAG,
        default=True,
        text="Set to false to keep the profile but create no secrets for it.",
    ),
    Option(
        key="transport",
        kind=Kind.CHOICE,
        choices=("client_secret", "brokered"),
        default="client_secret",
        text="Whether the browser calls the provider with a short-lived secret, or the server makes the call.",
        later="a later release; until then, this profile uses client secrets",
        later_choices=("brokered",),
    ),
    Option(
        key="llm_api",
        kind=Kind.TEXTS,
        example="assist",
        text="The Home Assistant tools that the model may call: `assist`, or the id of another LLM API.",
        host=Host.HOME_ASSISTANT,
    ),
    Option(
        key="users",
        kind=Kind.TEXTS,
        text="The only users who may use it. Displays use their own `profile` and `profiles` instead.",
    ),
    Option(
        key="automations",
        kind=Kind.FLAG,
        default=False,
        text="Whether automations that no person started may get client secrets. Their traces then have the secrets.",
        host=Host.HOME_ASSISTANT,
    ),
    Option(
        key="allow_overrides",
        kind=Kind.TEXTS,
        choices=OVERRIDABLE,
        text="What a request may change. Without it, nothing.",
    ),
    Option(
        key="keep_warm",
        kind=Kind.FLAG,
        default=False,
        text="Keep one unused secret ready for each caller nearby, so that a tap does not wait for the provider.",
    ),
    Option(
        key="tool_timeout",
        kind=Kind.DURATION,
        minimum=0.1,
        maximum=300,
        unit="s",
        default=DEFAULT_TOOL_TIMEOUT_S,
        text="How long the model waits for a tool. A slower tool continues, and its result follows later.",
    ),
    *SESSION,
    Option(key="limits", kind=Kind.GROUP, options=LIMITS, text="How much it may use."),
)

ICE_SERVERS: Final = Option(
    key="ice_servers",
    kind=Kind.GROUPS,
    text="STUN and TURN servers for browsers whose network blocks UDP. They get these with each client secret.",
    options=(
        Option(
            key="urls",
            kind=Kind.TEXTS,
            required=True,
            example="turns:turn.example.org:443?transport=tcp",
            text="The server's addresses: `stun:`, `turn:` or `turns:`. With `?transport=tcp` it works without UDP.",
        ),
        Option(key="username", kind=Kind.TEXT, minimum=1, maximum=512, text="The user name for a TURN server."),
        Option(
            key="credential",
            kind=Kind.SECRET,
            minimum=1,
            maximum=512,
            text="The password for a TURN server. Every browser that may talk can read it, so give it no other use.",
        ),
    ),
)

ROOT: Final = (
    Option(
        key="api_key",
        kind=Kind.KEY,
        minimum=1,
        maximum=1000,
        example="!secret openai_api_key",
        text="The provider's API key. Without it, navai reads the environment variable `OPENAI_API_KEY` (Azure: "
        "`AZURE_OPENAI_API_KEY`; a compatible provider: `NAVAI_API_KEY`).",
    ),
    Option(
        key="provider",
        kind=Kind.CHOICE,
        choices=tuple(PROVIDERS),
        default="openai",
        text="The Realtime API to use: OpenAI, Azure, or a compatible one (a LiteLLM proxy).",
    ),
    Option(
        key="base_url",
        kind=Kind.URL,
        example="https://eu.api.openai.com/v1",
        text="The address of the API: a regional host, an Azure resource, a proxy, the simulator.",
    ),
    Option(key="organization", kind=Kind.TEXT, maximum=200, default="", text="The OpenAI organization to bill."),
    Option(key="project", kind=Kind.TEXT, maximum=200, default="", text="The OpenAI project to bill."),
    Option(
        key="client_secret_ttl",
        kind=Kind.INTEGER,
        minimum=MIN_TTL_S,
        maximum=MAX_TTL_S,
        unit="s",
        default=DEFAULT_TTL_S,
        text="How long a client secret can be used to start a conversation.",
    ),
    Option(
        key="timeout",
        kind=Kind.DURATION,
        minimum=1,
        maximum=120,
        unit="s",
        default=TOTAL_DEADLINE_S,
        text="How long it may take to get a client secret, including retries.",
    ),
    Option(
        key="allow_request_api_key",
        kind=Kind.FLAG,
        default=False,
        text="Whether a request may bring its own API key if none is configured here.",
    ),
    Option(
        key="default_profile",
        kind=Kind.NAME,
        text="The profile to use if neither the request nor the caller has one. Without it, the first profile.",
    ),
    Option(
        key="defaults", kind=Kind.GROUP, options=PROFILE, text="Any profile option. Every profile starts with these."
    ),
    Option(
        key="profiles",
        kind=Kind.NAMED_GROUPS,
        options=PROFILE,
        required=True,
        minimum=1,
        text="The voice profiles, by name.",
    ),
    Option(
        key="displays",
        kind=Kind.NAMED_GROUPS,
        options=DISPLAY,
        text="Wall tablets and other devices, by name. Each signs in with its own token.",
    ),
    ICE_SERVERS,
    Option(
        key="hub",
        kind=Kind.GROUP,
        options=HUB,
        text="Only for the standalone server. Home Assistant accepts and ignores it.",
    ),
)
