"""YAML → Settings. The block comes from our own loader (standalone) or from Home Assistant's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from .checks import check_settings
from .exceptions import ConfigError, Problem
from .models import Display, HubSettings, HubUser, Limits, Settings, VoiceProfile
from .options import PROFILE, ROOT, Option
from .options.tables import LIMITS
from .providers import PROVIDERS
from .redact import Secret
from .schema import Locate, check_block
from .yaml_loader import load_yaml

DOMAIN: Final = "navai"


def load_settings(
    path: Path,
    *,
    environ: Mapping[str, str],
    secrets: Callable[[str], str | None] | None = None,
    today: date | None = None,
) -> Settings:
    """Read the `navai:` block of a YAML file; other keys of the file are another program's and are left alone.

    Args:
        path: The file. `!secret`, `!include` and `!env_var` work as in Home Assistant.
        environ: The environment, for `!env_var` and for the provider's key.
        secrets: Asked before `secrets.yaml` for every `!secret`.
        today: For the models' dates of retirement.

    Raises:
        ConfigError: with every mistake, each with file and line.
    """
    loaded = load_yaml(path, environ=environ, secrets=secrets, only=DOMAIN)
    data = loaded.data
    if not isinstance(data, dict) or DOMAIN not in data:
        raise ConfigError(
            [
                Problem(
                    (),
                    f"The file has no `{DOMAIN}:` block — begin it with the line `{DOMAIN}:`.",
                    "missing_key",
                    str(path),
                    1,
                )
            ]
        )
    return settings_from_block(data[DOMAIN], environ=environ, locate=loaded.locate, today=today)


def settings_from_block(
    block: Any, *, environ: Mapping[str, str], locate: Locate | None = None, today: date | None = None
) -> Settings:
    """Check a `navai:` block and fill in its defaults.

    Raises:
        ConfigError: with every mistake.
    """
    checked = check_block(block, prefix=(DOMAIN,), locate=locate)
    provider = PROVIDERS[checked.get("provider", "openai")]
    root = {key: value for key, value in checked.items() if key not in _STRUCTURED}
    key = str(root.pop("api_key", "") or environ.get(provider.key_variable, "")).strip()
    hub = checked.get("hub") or {}
    profiles = {name: _profile(name, checked.get("defaults", {}), given) for name, given in checked["profiles"].items()}
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
        }
    )
    problems, warnings = check_settings(settings, checked, today or date.today())  # noqa: DTZ011
    located = [_located(problem, locate) for problem in problems]
    if located:
        raise ConfigError(located)
    return replace(settings, warnings=tuple(_located(warning, locate) for warning in warnings))


_STRUCTURED: Final = {"provider", "base_url", "default_profile", "defaults", "profiles", "displays", "hub"}


def _located(problem: Problem, locate: Locate | None) -> Problem:
    problem = replace(problem, path=(DOMAIN, *problem.path))
    place = locate(problem.path) if locate else None
    return replace(problem, file=place[0], line=place[1]) if place else problem


def _defaults(options: Sequence[Option]) -> dict[str, Any]:
    return {
        option.key: option.default for option in options if option.default is not None and option.key not in _STRUCTURED
    }


def _profile(key: str, defaults: Mapping[str, Any], given: Mapping[str, Any]) -> VoiceProfile:
    merged: dict[str, Any] = _defaults(PROFILE) | {"name": _in_words(key)} | dict(defaults) | dict(given)
    limits = _defaults(LIMITS) | defaults.get("limits", {}) | given.get("limits", {})
    for name in ("llm_api", "users", "tools"):
        if name in merged:
            merged[name] = tuple(merged[name])
    merged["allow_overrides"] = frozenset(merged.get("allow_overrides", ()))
    return VoiceProfile(**merged | {"key": key, "limits": Limits(**limits)})


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
        }
    )


def _hub(given: Mapping[str, Any]) -> HubSettings:
    tls = given.get("tls") or {}
    values: dict[str, Any] = {key: value for key, value in given.items() if key != "tls"}
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
