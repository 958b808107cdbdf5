"""The options of displays, of the hub's users, and of the hub itself."""

from typing import Final

from .kinds import Host, Kind, Option

_TOKEN_MIN_CHARS = 16
_PER_MINUTE_MAX = 1_000_000

_TOKEN_CURE = "run `navai hash-token --new` to make one, and copy its whole hash"  # noqa: S105
_TOKEN = "Its token, or `sha256:` and the token's hash (`navai hash-token`). At least 16 characters."  # noqa: S105

_SECRETS_PER_MINUTE: Final = Option(
    key="secrets_per_minute",
    kind=Kind.INTEGER,
    default=20,
    minimum=1,
    maximum=_PER_MINUTE_MAX,
    unit="per minute",
    text="How many client secrets it may get in a minute, for all profiles together.",
)

DISPLAY: Final = (
    Option(
        key="name",
        kind=Kind.TEXT,
        maximum=100,
        text="The name that people see. Without it, navai makes one from the key.",
    ),
    Option(
        key="area",
        kind=Kind.TEXT,
        maximum=100,
        default="",
        text="The area it is in, by its name or id. The assistant then knows where “here” is.",
        host=Host.HOME_ASSISTANT,
    ),
    Option(
        key="users",
        kind=Kind.TEXTS,
        text="The only users who may use or control this display. Without it, all users.",
    ),
    Option(key="profile", kind=Kind.NAME, required=True, text="The profile that it uses if a request names none."),
    Option(key="profiles", kind=Kind.NAMES, text="Other profiles that it may use."),
    Option(key="token", kind=Kind.TOKEN, minimum=_TOKEN_MIN_CHARS, maximum=512, cure=_TOKEN_CURE, text=_TOKEN),
    _SECRETS_PER_MINUTE,
    Option(
        key="functions",
        kind=Kind.FLAG,
        default=False,
        text="Whether it may list and call functions: those of `hub.functions`, or of `llm_api`.",
    ),
)

USER: Final = (
    Option(
        key="token",
        kind=Kind.TOKEN,
        minimum=_TOKEN_MIN_CHARS,
        maximum=512,
        cure=_TOKEN_CURE,
        required=True,
        text=_TOKEN,
    ),
    Option(
        key="profiles",
        kind=Kind.NAMES,
        required=True,
        text="The profiles that this user may use. The first one is the default.",
    ),
    _SECRETS_PER_MINUTE,
    Option(
        key="functions",
        kind=Kind.FLAG,
        default=True,
        text="Whether this user may list and call the functions of `hub.functions`.",
    ),
)


TLS: Final = (
    Option(key="certificate", kind=Kind.TEXT, maximum=4096, required=True, text="Path to the certificate chain (PEM)."),
    Option(key="key", kind=Kind.TEXT, maximum=4096, required=True, text="Path to the private key (PEM)."),
)

HUB: Final = (
    Option(
        key="host",
        kind=Kind.TEXT,
        minimum=1,
        maximum=255,
        cure="write 127.0.0.1 for this machine only, or 0.0.0.0 to listen everywhere",
        default="127.0.0.1",
        text="The address to listen on. Anything but loopback needs at least one token.",
    ),
    Option(
        key="port",
        kind=Kind.INTEGER,
        minimum=0,
        maximum=65535,
        default=8770,
        text="The port to listen on. 0 uses a free port and prints it.",
    ),
    Option(key="tls", kind=Kind.GROUP, options=TLS, text="Serve HTTPS with this certificate."),
    Option(
        key="cors",
        kind=Kind.TEXTS,
        example="https://panel.example.org",
        text="The origins whose pages may call the hub from a browser. Without it, none. `*` is not possible.",
    ),
    Option(
        key="users",
        kind=Kind.NAMED_GROUPS,
        options=USER,
        text="People and programs, by name. Each signs in with its own token.",
    ),
    Option(
        key="functions",
        kind=Kind.TEXTS,
        example="functions/lights.py",
        text="Python files (relative to the YAML) and modules whose functions a client may list and call.",
    ),
    Option(
        key="function_timeout",
        kind=Kind.DURATION,
        minimum=0.1,
        maximum=300,
        unit="s",
        text="Deprecated. Use `tool_timeout` below `defaults` instead.",
    ),
    Option(
        key="redis_url",
        kind=Kind.SECRET,
        example="redis://localhost:6379/0",
        text="Count the rate limits in Redis, so that several replicas of the hub share them.",
    ),
    Option(
        key="trusted_proxies",
        kind=Kind.TEXTS,
        example="192.168.1.2",
        text="Addresses or networks of reverse proxies whose `X-Forwarded-For` header navai trusts.",
    ),
    Option(
        key="metrics_token",
        kind=Kind.TOKEN,
        minimum=_TOKEN_MIN_CHARS,
        maximum=512,
        cure=_TOKEN_CURE,
        text="The token for reading `/metrics`. Without it, only this machine can read them.",
    ),
    Option(
        key="sign_in_failures_per_minute",
        kind=Kind.INTEGER,
        minimum=1,
        maximum=1_000,
        unit="per minute",
        default=10,
        text="How many wrong tokens one address may send in a minute. More get the answer 429. "
        "A known token always works.",
    ),
    Option(
        key="shutdown_timeout",
        kind=Kind.DURATION,
        minimum=0,
        maximum=300,
        unit="s",
        default=10.0,
        text="How long running requests may take to end when the hub stops.",
    ),
)
