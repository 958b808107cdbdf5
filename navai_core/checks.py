"""What one option means for another: checks over the whole of the settings, after each value fits by itself."""

import hashlib
import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final
from urllib.parse import urlsplit

from .exceptions import Problem
from .models import Settings, VoiceProfile
from .options import ROOT, Host, Kind, Option
from .providers import RETIREMENTS, Retirement, takes_reasoning
from .redact import Secret

HASH_PREFIX: Final = "sha256:"
_HASH_HEX_CHARS: Final = 64


def check_settings(
    settings: Settings, checked: Mapping[str, Any], today: date, host: Host
) -> tuple[list[Problem], list[Problem]]:
    """Check settings as a whole.

    Args:
        settings: The merged settings.
        checked: The block as it was written, so that a problem points at what is there.
        today: For the models' dates of retirement.
        host: What the settings are for.

    Returns:
        Problems that forbid the settings, and warnings that come with them. Paths start below `navai`.
    """
    problems = [
        *_provider(settings),
        *_reasoning(settings, checked),
        *_tools(settings),
        *_tokens(settings),
        *_network(settings),
    ]
    warnings = [*_not_active(checked, ROOT, (), host), *_retirements(settings, checked, today), *_keys(settings)]
    return problems, warnings


def _provider(settings: Settings) -> Iterator[Problem]:
    provider = settings.provider
    if not settings.base_url:
        yield Problem(
            ("base_url",),
            f"is missing — `{provider.name}` has no address of its own; add e.g. {provider.base_url_example}",
            "missing_key",
        )
    elif urlsplit(settings.base_url).scheme == "http" and not _is_near(urlsplit(settings.base_url).hostname or ""):
        yield Problem(
            ("base_url",),
            "must begin with https:// — over http:// the API key would be readable on its way",
            "insecure_url",
        )
    if settings.client_secret_ttl > provider.max_ttl_s:
        yield Problem(
            ("client_secret_ttl",), f"must be at most {provider.max_ttl_s} s for `{provider.name}`", "out_of_range"
        )


def _is_near(host: str) -> bool:
    """Whether a host is this machine or one of the home's own network."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".local", ".lan", ".home.arpa", ".internal"))


def _reasoning(settings: Settings, checked: Mapping[str, Any]) -> Iterator[Problem]:
    for key, profile in settings.profiles.items():
        if takes_reasoning(profile.model) or settings.provider.voices is None:
            continue
        for name in ("reasoning_effort", "parallel_tool_calls"):
            if getattr(profile, name) is not None:
                yield Problem(
                    _where(checked, key, name),
                    "is only for models of the gpt-realtime-2 family — remove it or change the model",
                    "misplaced_key",
                )


def _where(checked: Mapping[str, Any], profile: str, option: str) -> tuple[str | int, ...]:
    """Where an option of a profile was written: in the profile itself, else in the defaults."""
    if option in checked["profiles"][profile] or option not in checked.get("defaults", {}):
        return ("profiles", profile, option)
    return ("defaults", option)


def _tools(settings: Settings) -> Iterator[Problem]:
    for key, profile in settings.profiles.items():
        names = [tool.get("name") or tool.get("server_label") for tool in profile.tools or ()]
        for index, tool in enumerate(profile.tools or ()):
            path = ("profiles", key, "tools", index)
            if tool["type"] == "mcp" and ("server_url" in tool) == ("connector_id" in tool):
                yield Problem(path, "needs either `server_url` or `connector_id`", "missing_key")
            if names[index] in names[:index]:
                yield Problem(path, "has the name of another tool — rename it", "duplicate")


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
        if digest in seen:
            yield Problem(path, "is used twice — give each display and user a token of its own", "duplicate")
        seen.add(digest)


def is_token_hash(token: str) -> bool:
    """Whether a configured token is a hash of the real one."""
    digits = token.removeprefix(HASH_PREFIX)
    return (
        digits != token
        and len(digits) == _HASH_HEX_CHARS
        and all(digit in "0123456789abcdef" for digit in digits.lower())
    )


def token_digest(token: Secret) -> bytes:
    """The SHA-256 of a configured token, whether it was written plainly or as its hash."""
    text = token.reveal()
    if is_token_hash(text):
        return bytes.fromhex(text.removeprefix(HASH_PREFIX))
    return hashlib.sha256(text.encode()).digest()


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


def _is_redis_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"redis", "rediss"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _not_active(given: Any, options: Sequence[Option], path: tuple[str | int, ...], host: Host) -> Iterator[Problem]:
    """What is validated and does nothing, here or yet."""
    for option in options:
        if option.key not in given:
            continue
        value, here = given[option.key], (*path, option.key)
        if option.later and (not option.later_choices or value in option.later_choices):
            yield Problem(here, f"is not active yet; it comes with {option.later}", "not_yet_active")
        if option.host not in {None, host}:
            yield Problem(here, f"does nothing here; it acts in {option.host} only", "other_host")
        if option.kind is Kind.GROUP:
            yield from _not_active(value, option.options, here, host)
        elif option.kind is Kind.NAMED_GROUPS:
            for name, inner in value.items():
                yield from _not_active(inner, option.options, (*here, name), host)


def _retirements(settings: Settings, checked: Mapping[str, Any], today: date) -> Iterator[Problem]:
    if settings.provider.voices is None:
        return
    for key, profile in settings.profiles.items():
        for option, model in _models(profile):
            if retirement := RETIREMENTS.get(model):
                ends = "was shut down" if retirement.on <= today else "will be shut down"
                yield Problem(
                    _where(checked, key, option),
                    f"{model} {ends} on {retirement.on.isoformat()} — write {retirement.successor} instead",
                    "model_retires",
                )


def retiring_models(settings: Settings) -> dict[str, Retirement]:
    """The models that the profiles use and that stop answering one day."""
    if settings.provider.voices is None:
        return {}
    models = {model for profile in settings.profiles.values() for _, model in _models(profile)}
    return {model: RETIREMENTS[model] for model in sorted(models) if model in RETIREMENTS}


def _models(profile: VoiceProfile) -> Iterator[tuple[str, str]]:
    yield "model", profile.model
    transcription = profile.transcription
    if transcription is not None:
        yield "transcription", transcription["model"] if isinstance(transcription, Mapping) else transcription


def _keys(settings: Settings) -> Iterator[Problem]:
    if settings.api_key is None and not settings.allow_request_api_key:
        yield Problem(
            ("api_key",),
            f"is missing — add it, or set {settings.provider.key_variable}; until then nobody gets a secret",
            "api_key_missing",
        )
