"""YAML → Settings. The block comes from our own loader (standalone) or from Home Assistant's loader."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from ..exceptions import ConfigError, Problem
from ..models import Display, HubSettings, HubUser, IceServer, Limits, Settings, VoiceProfile
from ..providers import PROVIDERS, Provider
from ..redact import Secret
from .consequences import is_independent
from .cross_checks import check_settings, missing_functions, missing_tls_files
from .options import PROFILE, ROOT, Host, Option
from .options.block import LIMITS
from .schema import check_block
from .source import UNKNOWN_SOURCE, Source
from .source import Path as RawPath
from .validators.base import CheckTemplate, RefusedValueError
from .validators.scalars import api_key
from .warnings import FUNCTION_TIMEOUT, advise
from .yaml.loader import read_yaml

DOMAIN: Final = "navai"
api_key_of: Final = api_key(next(option for option in ROOT if option.key == "api_key"))
"""Checks a key from elsewhere by the same rules as `api_key` in the YAML."""


def load_settings(
    path: Path,
    *,
    environ: Mapping[str, str],
    secrets: Callable[[str], str | None] | None = None,
    today: date | None = None,
    files: bool = False,
) -> Settings:
    """Read the `navai:` block of a YAML file. Other keys in the file belong to other programs and are ignored.

    Args:
        path: The file. `!secret`, `!include` and `!env_var` work as in Home Assistant.
        environ: The environment, for `!env_var` and for the provider's key.
        secrets: Called for every `!secret`, before `secrets.yaml` is used.
        today: For the dates when models retire.
        files: Whether to check also that the files in the hub's options exist.

    Raises:
        ConfigError: with every mistake, each with file and line.
    """
    loaded = read_yaml(path, environ=environ, secrets=secrets, only=DOMAIN)
    if not isinstance(loaded.data, dict) or DOMAIN not in loaded.data:
        missing = f"The file has no `{DOMAIN}:` block. Start it with the line `{DOMAIN}:`."
        raise ConfigError(loaded.problems or [Problem((), missing, "missing_key", str(path), 1)])
    block, base = loaded.data[DOMAIN], path.resolve().parent
    source = Source(loaded.locate, loaded.typed)
    problems = [_located(problem, source) for problem in missing_tls_files(block, base)] if files else []
    try:
        settings = settings_from_block(block, environ=environ, source=source, today=today)
    except ConfigError as error:
        problems = [*error.problems, *problems]
    unknown, doubtful = ({source.shown(path) for path in paths} for paths in (loaded.unknown, loaded.doubtful))
    independent = [problem for problem in problems if is_independent(problem, unknown, doubtful)]
    if loaded.problems or independent:
        raise ConfigError([*loaded.problems, *independent])
    warnings = [_located(warning, source) for warning in missing_functions(block, base)] if files else []
    return replace(settings, warnings=(*settings.warnings, *warnings))


def settings_from_block(
    block: Any,
    *,
    environ: Mapping[str, str],
    source: Source = UNKNOWN_SOURCE,
    today: date | None = None,
    host: Host = Host.HUB,
    check_template: CheckTemplate | None = None,
) -> Settings:
    """Check a `navai:` block and fill in its defaults.

    Args:
        block: The value of `navai:`.
        environ: The environment, for the provider's key.
        source: The files of the YAML.
        today: For the dates when models retire.
        host: Where the settings are used. Options without effect there get a warning.
        check_template: Of the host, if it has templates. Without it, they are refused.

    Raises:
        ConfigError: with every mistake.
    """
    try:
        checked = check_block(block, prefix=(DOMAIN,), source=source, check_template=check_template)
    except ConfigError as error:
        again = partial(
            settings_from_block,
            environ=environ,
            source=source,
            today=today,
            host=host,
            check_template=check_template,
        )
        raise ConfigError([*error.problems, *_beside(block, error, again)]) from None
    provider = PROVIDERS[checked.get("provider", "openai")]
    root = {key: value for key, value in checked.items() if key not in _STRUCTURED}
    key, unfit = _key(root.pop("api_key", ""), environ, provider)
    hub = checked.get("hub") or {}
    defaults = _alias_of_tool_timeout(hub, host) | checked.get("defaults", {})
    profiles = {name: _profile(name, defaults, given) for name, given in checked["profiles"].items()}
    settings = Settings(
        **_defaults(ROOT)
        | root
        | {
            "provider": provider,
            "base_url": checked.get("base_url") or provider.base_url or "",
            "api_key": Secret(key) if key else None,
            "default_profile": checked.get("default_profile") or next(iter(profiles)),
            "profiles": MappingProxyType(profiles),
            "displays": MappingProxyType(
                {name: _display(name, given) for name, given in checked.get("displays", {}).items()}
            ),
            "hub": _hub(hub),
            "ice_servers": tuple(_ice_server(given) for given in checked.get("ice_servers", ())),
        }
    )
    if problems := [*unfit, *check_settings(settings, checked)]:
        raise ConfigError([_located(problem, source) for problem in problems])
    warnings = advise(settings, checked, today or date.today(), host)  # noqa: DTZ011
    return replace(settings, warnings=tuple(_located(warning, source) for warning in warnings))


def _beside(block: Any, error: ConfigError, check: Callable[[Any], Settings]) -> list[Problem]:
    """The problems of the whole block that show when the wrong values are left out."""
    rest = copy.deepcopy(block)
    wrong = {_removed_for(tuple(path[1:]), each.code) for path, each in zip(error.paths, error.problems, strict=True)}
    for path in sorted(wrong, key=len, reverse=True):
        try:
            parent = rest
            for part in path[:-1]:
                parent = parent[part]
            del parent[path[-1]]
        except (LookupError, TypeError):
            return []
    try:
        check(rest)
    except ConfigError as further:
        # Problems that only exist because something was left out are not reported.
        reported = {problem.path for problem in error.problems}
        return [each for each in further.problems if each.path not in reported and each.code in _OF_THE_WHOLE]
    return []


def _removed_for(path: RawPath, code: str) -> RawPath:
    """What to leave out because of a problem."""
    if code == "missing_key":
        path = path[:-1]
    # Without one item of a list, the others would have other indexes.
    while path and type(path[-1]) is int:
        path = path[:-1]
    return path


_OF_THE_WHOLE: Final = {"duplicate", "insecure_url", "misplaced_key", "out_of_range", "invalid_value", "invalid_url"}
_STRUCTURED: Final = {
    "provider",
    "base_url",
    "default_profile",
    "defaults",
    "profiles",
    "displays",
    "hub",
    "ice_servers",
}


def _located(problem: Problem, source: Source) -> Problem:
    return source.problem((DOMAIN, *problem.path), problem.message, problem.code)


def _defaults(options: Sequence[Option]) -> dict[str, Any]:
    return {
        option.key: option.default for option in options if option.default is not None and option.key not in _STRUCTURED
    }


def _alias_of_tool_timeout(hub: Mapping[str, Any], host: Host) -> dict[str, Any]:
    """The value of `hub.function_timeout`, the old name. Home Assistant ignores everything below `hub`."""
    return {"tool_timeout": hub[FUNCTION_TIMEOUT]} if FUNCTION_TIMEOUT in hub and host is Host.HUB else {}


def _profile(key: str, defaults: Mapping[str, Any], given: Mapping[str, Any]) -> VoiceProfile:
    merged: dict[str, Any] = _defaults(PROFILE) | {"name": _in_words(key)} | dict(defaults) | dict(given)
    limits = _defaults(LIMITS) | defaults.get("limits", {}) | given.get("limits", {})
    for name in ("llm_api", "users"):
        if name in merged:
            merged[name] = tuple(merged[name])
    if "tools" in merged:
        merged["tools"] = tuple(_tool(tool) for tool in merged["tools"])
    merged["allow_overrides"] = frozenset(merged.get("allow_overrides", ()))
    return VoiceProfile(**merged | {"key": key, "limits": Limits(**limits)})


def _key(configured: str, environ: Mapping[str, str], provider: Provider) -> tuple[str, list[Problem]]:
    """The provider's key, and its problems if it comes from the environment, which the schema does not check."""
    found = environ.get(provider.key_variable, "").strip()
    if configured or not found:
        return configured, []
    try:
        return api_key_of(found), []
    except RefusedValueError as refusal:
        message = f"comes from the environment variable {provider.key_variable}, which {refusal.message}"
        return "", [Problem(("api_key",), message, refusal.code)]


def _tool(given: Mapping[str, Any]) -> dict[str, Any]:
    tool = dict(given)
    if "authorization" in tool:
        tool["authorization"] = Secret(tool["authorization"])
    if "headers" in tool:
        tool["headers"] = {name: Secret(text) for name, text in tool["headers"].items()}
    return tool


def _ice_server(given: Mapping[str, Any]) -> IceServer:
    return IceServer(
        urls=tuple(given["urls"]),
        username=given.get("username", ""),
        credential=_secret(given.get("credential")),
    )


def _in_words(key: str) -> str:
    return key.replace("_", " ").replace("-", " ").strip().capitalize()


def _display(key: str, given: Mapping[str, Any]) -> Display:
    return Display(
        **{"name": _in_words(key)}
        | dict(given)
        | {
            "key": key,
            "token": _secret(given.get("token")),
            "profiles": tuple(dict.fromkeys([given["profile"], *given.get("profiles", [])])),
            "users": tuple(given.get("users", ())),
        }
    )


def _hub(given: Mapping[str, Any]) -> HubSettings:
    tls = given.get("tls") or {}
    values: dict[str, Any] = {key: value for key, value in given.items() if key not in {"tls", FUNCTION_TIMEOUT}}
    for each in fields(HubSettings):
        if isinstance(values.get(each.name), list):
            values[each.name] = tuple(values[each.name])
    values["users"] = tuple(
        HubUser(**dict(user) | {"key": key, "token": Secret(user["token"]), "profiles": tuple(user["profiles"])})
        for key, user in given.get("users", {}).items()
    )
    values["redis_url"] = _secret(given.get("redis_url"))
    values["metrics_token"] = _secret(given.get("metrics_token"))
    return HubSettings(**values, tls_certificate=tls.get("certificate", ""), tls_key=tls.get("key", ""))


def _secret(value: str | None) -> Secret | None:
    return Secret(value) if value else None
