"""The value types of navai: frozen, without secrets in their `repr`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from .const import (
    DEFAULT_IDLE_TIMEOUT_S,
    DEFAULT_SESSION_LENGTH_S,
    DEFAULT_TOOL_TIMEOUT_S,
    DEFAULT_TTL_S,
    TOTAL_DEADLINE_S,
)
from .exceptions import Problem
from .providers import Provider
from .redact import Secret, mask

CallerKind = Literal["display", "user", "automation", "owner"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a profile. Times in seconds, cost in US$. None means no limit."""

    sessions: int | None = None
    session_length: float = DEFAULT_SESSION_LENGTH_S
    idle_timeout: float = DEFAULT_IDLE_TIMEOUT_S
    secrets_per_minute: int = 30
    daily_minutes: float | None = None
    daily_cost: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceProfile:
    """A named way to speak, from the YAML, with `defaults` already merged.

    Session options have the shapes of the provider's API (docs/wire.md). None uses the provider's default; the word
    "none" turns the feature off (null in the API).
    """

    key: str
    name: str
    model: str
    voice: str
    """A voice's name, or the `voice_…` id of a custom one."""
    instructions: str
    language: str = ""
    accent: str = ""
    tone: str = ""
    enabled: bool = True
    transport: str = "client_secret"
    llm_api: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    """The users who may use it; empty means all. Displays use their own `profile` and `profiles` instead."""
    automations: bool = False
    """Home Assistant: automations that no person started may use it."""
    allow_overrides: frozenset[str] = frozenset()
    keep_warm: bool = False
    tool_timeout: float = DEFAULT_TOOL_TIMEOUT_S
    """How many seconds the model waits for a tool, which continues afterwards."""
    speed: float | None = None
    """1.0 is the normal speed."""
    modality: str | None = None
    turn_detection: Mapping[str, Any] | str | None = None
    noise_reduction: Mapping[str, Any] | str | None = None
    transcription: Mapping[str, Any] | str | None = None
    max_output_tokens: int | str | None = None
    truncation: Mapping[str, Any] | str | None = None
    reasoning_effort: str | None = None
    parallel_tool_calls: bool | None = None
    tools: tuple[Mapping[str, Any], ...] | None = None
    """An MCP server's `authorization` and `headers` are `Secret`s; `payload` reveals them."""
    tool_choice: Mapping[str, Any] | str | None = None
    tracing: Mapping[str, Any] | str | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Overrides:
    """What one request changes in a profile. An empty or blank string changes nothing. Any may be a pasted key."""

    model: str = ""
    voice: str = ""
    instructions: str = ""
    language: str = ""
    accent: str = ""
    tone: str = ""

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The sender of a request, and its profiles.

    `owner` is the person at the shell, who may use all profiles. `automation` is one that no person started, and may
    use profiles with `automations: true`.
    """

    kind: CallerKind
    key: str
    aliases: frozenset[str] = frozenset()
    """Other names that `users` may have, in any letter case."""
    display: str = ""
    """The display in use, which defines where "here" is."""
    profiles: tuple[str, ...] | None = None
    """In the order of the YAML; the first is the default. None means all."""
    secrets_per_minute: int | None = None
    functions: bool = True
    """May call functions."""

    @property
    def id(self) -> str:
        """`display:hallway_tablet`: stable, unique over all kinds, and not secret."""
        return f"{self.kind}:{self.key}"

    def is_among(self, users: tuple[str, ...]) -> bool:
        """Whether a list of `users` names this caller."""
        if self.key in users:
            return True
        names = {name.casefold() for name in self.aliases}
        return any(user.casefold() in names for user in users)


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """A wall tablet, a smart display, a phone. It signs in with its own token and may do nothing else."""

    key: str
    name: str
    profile: str
    profiles: tuple[str, ...]
    """All profiles that it may use, the default first."""
    area: str = ""
    users: tuple[str, ...] = ()
    """The users who may use or control it; empty means all."""
    token: Secret | None = field(default=None, repr=False)
    secrets_per_minute: int = 20
    functions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HubUser:
    """A person or a program that signs in to the standalone hub."""

    key: str
    token: Secret = field(repr=False)
    profiles: tuple[str, ...]
    secrets_per_minute: int = 20
    functions: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSettings:
    """Settings for the standalone hub only. Home Assistant accepts and ignores them."""

    host: str = "127.0.0.1"
    port: int = 8770
    tls_certificate: str = ""
    tls_key: str = ""
    cors: tuple[str, ...] = ()
    users: tuple[HubUser, ...] = ()
    functions: tuple[str, ...] = ()
    redis_url: Secret | None = field(default=None, repr=False)
    trusted_proxies: tuple[str, ...] = ()
    metrics_token: Secret | None = field(default=None, repr=False)
    sign_in_failures_per_minute: int = 10
    shutdown_timeout: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IceServer:
    """A STUN or TURN server, for networks that let a browser's connection through in no other way."""

    urls: tuple[str, ...]
    username: str = ""
    credential: Secret | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole `navai:` block, checked, with every default filled in."""

    provider: Provider
    base_url: str
    """Without a slash at the end."""
    api_key: Secret | None = field(default=None, repr=False)
    organization: str = ""
    project: str = ""
    client_secret_ttl: int = DEFAULT_TTL_S
    timeout: float = TOTAL_DEADLINE_S
    allow_request_api_key: bool = False
    default_profile: str
    profiles: Mapping[str, VoiceProfile]
    displays: Mapping[str, Display]
    hub: HubSettings
    ice_servers: tuple[IceServer, ...] = ()
    """Browsers get them with each client secret."""
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class RealtimeClientSecret:
    """A short-lived credential with which a browser connects to the provider."""

    value: str = field(repr=False)
    expires_at: int
    """Epoch seconds, by the provider's clock."""
    session: Mapping[str, Any] | None = field(default=None, repr=False)
    """The effective session. It has the instructions, so it must not go to a display."""
    request_id: str | None = None
    """The provider's `x-request-id`, for its support."""
    lifetime: float | None = None
    """Seconds from the answer to its expiry, both by the provider's clock; None if the answer has no time."""

    def __str__(self) -> str:
        return f"client secret {mask(self.value)}, expires at {self.expires_at}"
