"""Checks of several options together, after each value is valid on its own."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from ..addresses import INSECURE_URL, is_insecure
from ..const import MAX_TOOLS
from ..exceptions import Problem
from ..known_models import transcribes_one_language
from ..models import Settings
from ..providers import TRANSCRIBES_WITHOUT_PROMPT, takes_reasoning
from ..redact import Secret
from ..tokens import HASH_PREFIX, is_token_hash, token_digest
from ..tools.schemas import NoSchemaError, faults
from .places import where_written
from .validators.scalars import NO_WORD, WORD

_NO_FILE: Final = "file_missing"
_ANY_OBJECT: Final = {"type": "object"}
_NOT_AT_THE_TOP: Final = frozenset({"oneOf", "anyOf", "allOf", "enum", "const", "not"})
"""JSON Schema keywords that must not be at the top of a function's `parameters`."""
_HOST_OF_ICE: Final = r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_ICE_URL: Final = re.compile(rf"stuns?:{_HOST_OF_ICE}|turns?:{_HOST_OF_ICE}(?:\?transport=(?:udp|tcp))?")
"""What every browser accepts: another address would stop all conversations."""


def check_settings(settings: Settings, checked: Mapping[str, Any]) -> list[Problem]:
    """Check settings as a whole.

    Args:
        settings: The merged settings.
        checked: The block as it was written, so that a problem points to the right place.

    Returns:
        The problems that make the settings invalid. Paths start below `navai`.
    """
    problems = [
        *_provider(settings),
        *_reasoning(settings, checked),
        *_tools(settings, checked),
        *_tool_choices(settings, checked),
        *_transcriptions(settings, checked),
        *_tokens(settings),
        *_network(settings),
        *_ice_servers(settings),
    ]
    # A mistake in the defaults shows in every profile, and is reported once.
    return list(dict.fromkeys(problems))


def _provider(settings: Settings) -> Iterator[Problem]:
    provider = settings.provider
    if not settings.base_url:
        yield Problem(
            ("base_url",),
            f"is missing, and `{provider.name}` has no default address — add e.g. {provider.base_url_example}",
            "missing_key",
        )
    elif is_insecure(settings.base_url):
        yield Problem(("base_url",), INSECURE_URL, "insecure_url")
    if settings.client_secret_ttl > provider.max_ttl_s:
        yield Problem(
            ("client_secret_ttl",), f"must be at most {provider.max_ttl_s} s for `{provider.name}`", "out_of_range"
        )


def _reasoning(settings: Settings, checked: Mapping[str, Any]) -> Iterator[Problem]:
    for key, profile in settings.profiles.items():
        if takes_reasoning(profile.model) or not settings.provider.names_models:
            continue
        for name in ("reasoning_effort", "parallel_tool_calls"):
            if getattr(profile, name) is not None:
                yield Problem(
                    where_written(checked, key, name),
                    "is only for models of the gpt-realtime-2 family — remove it or change the model",
                    "misplaced_key",
                )


def _tools(settings: Settings, checked: Mapping[str, Any]) -> Iterator[Problem]:
    for key, profile in settings.profiles.items():
        if settings.provider.voices is not None and len(profile.tools or ()) > MAX_TOOLS:
            yield Problem(
                where_written(checked, key, "tools"),
                f"can have at most {MAX_TOOLS} tools, not {len(profile.tools or ())} — remove some",
                "out_of_range",
            )
        names = [tool.get("name") or tool.get("server_label") for tool in profile.tools or ()]
        for index, tool in enumerate(profile.tools or ()):
            path = ("profiles", key, "tools", index)
            if tool["type"] == "mcp" and ("server_url" in tool) == ("connector_id" in tool):
                yield Problem(path, "needs either `server_url` or `connector_id`", "missing_key")
            if names[index] in names[:index]:
                yield Problem(path, "has the name of another tool — rename it", "duplicate")
            if settings.provider.voices is not None:
                yield from _refused(tool, path)


def _refused(tool: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Problem]:
    """What would make the provider refuse the whole session."""
    schema = tool.get("parameters", _ANY_OBJECT)
    if schema.get("type") != "object" or not _NOT_AT_THE_TOP.isdisjoint(schema):
        yield Problem(
            (*path, "parameters"),
            "must describe an object — write `type: object`, and move oneOf, anyOf, allOf, enum, const and not into "
            "its properties",
            "invalid_value",
        )
    try:
        for inner, words in faults(schema):
            yield Problem((*path, "parameters", *inner), words, "invalid_value")
    except NoSchemaError as error:
        yield Problem((*path, "parameters"), f"is not a JSON Schema: {error} — correct it", "invalid_value")
    if any(name.lower() == "authorization" for name in tool.get("headers", ())):
        if "authorization" in tool:
            yield Problem(
                (*path, "headers"),
                "has an Authorization header in addition to `authorization` — remove one of them",
                "duplicate",
            )
        elif "connector_id" in tool:
            yield Problem(
                (*path, "headers"),
                "cannot have an Authorization header for a connector — write `authorization`",
                "misplaced_key",
            )


def _tool_choices(settings: Settings, checked: Mapping[str, Any]) -> Iterator[Problem]:
    for key, profile in settings.profiles.items():
        choice = profile.tool_choice
        # The tools of an MCP server may have any name.
        if isinstance(choice, Mapping) and choice["type"] == "function" and not WORD.fullmatch(choice["name"]):
            yield Problem((*where_written(checked, key, "tool_choice"), "name"), NO_WORD)


def _transcriptions(settings: Settings, checked: Mapping[str, Any]) -> Iterator[Problem]:
    for key, profile in settings.profiles.items():
        transcription = profile.transcription
        if not isinstance(transcription, Mapping):
            continue
        where, model = where_written(checked, key, "transcription"), transcription["model"]
        if "language" in transcription and "languages" in transcription:
            yield Problem((*where, "language"), "stands beside `languages` — remove one of them", "duplicate")
        if settings.provider.voices is None:
            continue
        if model in TRANSCRIBES_WITHOUT_PROMPT and "prompt" in transcription:
            yield Problem(
                (*where, "prompt"), f"is not for {model} — remove it, or use the model gpt-transcribe", "misplaced_key"
            )
        if transcribes_one_language(model):
            for name, instead in (("languages", "write `language`"), ("keywords", "remove it")):
                if name in transcription:
                    yield Problem(
                        (*where, name),
                        f"is not for this model — {instead}, or use the model gpt-transcribe",
                        "misplaced_key",
                    )


def _tokens(settings: Settings) -> Iterator[Problem]:
    owners: list[tuple[tuple[str | int, ...], Secret]] = [
        (("displays", key, "token"), display.token) for key, display in settings.displays.items() if display.token
    ]
    owners += [(("hub", "users", user.key, "token"), user.token) for user in settings.hub.users]
    if settings.hub.metrics_token:
        owners.append((("hub", "metrics_token"), settings.hub.metrics_token))
    seen = set()
    for path, token in owners:
        if token.reveal().startswith(HASH_PREFIX) and not is_token_hash(token.reveal()):
            yield Problem(
                path, "must be `sha256:` and 64 hexadecimal digits — make it with `navai hash-token`", "invalid_value"
            )
        digest = token_digest(token)
        if settings.api_key and digest == token_digest(settings.api_key):
            yield Problem(path, "is the API key, which displays must not know — use a separate token", "duplicate")
        if digest in seen:
            yield Problem(path, "is used twice — give each display and user its own token", "duplicate")
        seen.add(digest)


def _network(settings: Settings) -> Iterator[Problem]:
    if settings.hub.redis_url and not _is_redis_url(settings.hub.redis_url.reveal()):
        yield Problem(("hub", "redis_url"), "must be an address such as redis://localhost:6379/0", "invalid_url")
    for index, network in enumerate(settings.hub.trusted_proxies):
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            yield Problem(
                ("hub", "trusted_proxies", index),
                "must be an address or a network such as 192.168.1.0/24",
                "invalid_value",
            )
    for index, origin in enumerate(settings.hub.cors):
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}":
            yield Problem(
                ("hub", "cors", index),
                "must be an origin such as https://panel.example.org, with nothing after the host",
                "invalid_value",
            )


def _ice_servers(settings: Settings) -> Iterator[Problem]:
    for index, server in enumerate(settings.ice_servers):
        path = ("ice_servers", index)
        if not server.urls or not all(_ICE_URL.fullmatch(url) for url in server.urls):
            yield Problem(
                (*path, "urls"),
                "must be addresses such as turns:turn.example.org:443?transport=tcp or stun:stun.example.org",
                "invalid_url",
            )
        elif any(url.startswith("turn") for url in server.urls) and not (server.username and server.credential):
            yield Problem(path, "is a TURN server, which needs `username` and `credential` — add both", "missing_key")


def _is_redis_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"redis", "rediss"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def missing_tls_files(block: Any, base: Path) -> list[Problem]:
    """The TLS files that the YAML names and that do not exist. The hub would not start.

    Args:
        block: The `navai:` block as it was written; it may have mistakes.
        base: The folder that files are relative to.

    Returns:
        Problems; their paths start below `navai`.
    """
    tls = _inside(block, "hub", "tls")
    return [
        Problem(
            ("hub", "tls", name), "names a file that does not exist — correct the name, or create the file", _NO_FILE
        )
        for name in ("certificate", "key")
        if isinstance(file := _inside(tls, name), str) and not (base / file.strip()).is_file()
    ]


def missing_functions(block: Any, base: Path) -> list[Problem]:
    """The function files that the YAML names and that do not exist. The hub would start without them.

    Args:
        block: The `navai:` block as it was written; it may have mistakes.
        base: The folder that files are relative to.

    Returns:
        Warnings; their paths start below `navai`.
    """
    return [
        Problem(path, "names a file that does not exist — correct the name, or remove it", _NO_FILE)
        for path, file in _sources(_inside(block, "hub", "functions"))
        if isinstance(file, str) and file.strip().endswith(".py") and not (base / file.strip()).is_file()
    ]


def _sources(given: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(given, list):
        for index, file in enumerate(given):
            yield ("hub", "functions", index), file
    else:
        yield ("hub", "functions"), given


def _inside(data: Any, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data
