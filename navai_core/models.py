"""The values that travel through navai: frozen, and nothing secret in their `repr`."""

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
    """What a profile may use. Times in seconds, cost in US$. None is without a limit."""

    sessions: int | None = None
    session_length: float = DEFAULT_SESSION_LENGTH_S
    idle_timeout: float = DEFAULT_IDLE_TIMEOUT_S
    secrets_per_minute: int = 30
    daily_minutes: float | None = None
    daily_cost: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceProfile:
    """A named way to speak, as the YAML says it, with `defaults` already merged under it.

    Session options keep the wire's own shapes (docs/wire.md). None leaves a thing to the provider; the word "none"
    switches it off (null on the wire).
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
    """The users who may use it; empty means all. Displays are bound by their own `profile` and `profiles`."""
    automations: bool = False
    """Home Assistant: automations that no person asked for may use it."""
    allow_overrides: frozenset[str] = frozenset()
    keep_warm: bool = False
    tool_timeout: float = DEFAULT_TOOL_TIMEOUT_S
    """How many seconds the model waits for a tool, which goes on afterwards."""
    speed: float | None = None
    """1.0 is the voice's own pace."""
    modality: str | None = None
    turn_detection: Mapping[str, Any] | str | None = None
    noise_reduction: str | None = None
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
    """What one request changes in a profile. Empty and blank mean: not changed. Any may be a pasted key."""

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
    """Who asks, and for which profiles.

    `owner` is the person at the shell, who may use them all; `automation` one that no person asked for, which may use
    those with `automations: true`.
    """

    kind: CallerKind
    key: str
    aliases: frozenset[str] = frozenset()
    """Other names that `users` may say, in whichever case."""
    display: str = ""
    """The display at hand, which tells where "here" is."""
    profiles: tuple[str, ...] | None = None
    """In the order of the YAML; the first is the default. None means all."""
    secrets_per_minute: int | None = None
    functions: bool = True
    """May execute the functions of the house."""

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
    """A wall tablet, a smart display, a phone: it speaks with its own token and may do nothing else."""

    key: str
    name: str
    profile: str
    profiles: tuple[str, ...]
    """All that it may use, the default first."""
    area: str = ""
    users: tuple[str, ...] = ()
    """Home Assistant: whose browsers may be this display; empty means all."""
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
    """What only the standalone hub has. Home Assistant accepts and ignores it."""

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
class Settings:
    """The whole `navai:` block, checked, with every default filled in."""

    provider: Provider
    base_url: str
    """Without a slash at its end."""
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
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class RealtimeClientSecret:
    """A short-lived credential with which a browser connects by itself."""

    value: str = field(repr=False)
    expires_at: int
    """Epoch seconds, by the provider's clock."""
    session: Mapping[str, Any] | None = field(default=None, repr=False)
    """The effective session. It carries the instructions: not for a display."""
    request_id: str | None = None
    """The provider's `x-request-id`, for its support."""
    lifetime: float | None = None
    """Seconds from the answer to its expiry, both by the provider's clock; None when it does not tell the time."""

    def __str__(self) -> str:
        return f"client secret {mask(self.value)}, expires at {self.expires_at}"
