"""Warnings about valid settings: options without effect, unknown users, weak tokens. Others have a module each."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from ..exceptions import Problem
from ..models import Settings
from ..redact import Secret
from ..suggestions import did_you_mean
from ..tokens import is_token_hash
from .guessable import is_guessable
from .model_warnings import model_warnings
from .options import ROOT, Host, Kind, Option
from .places import where_written
from .provider_warnings import provider_warnings
from .validators.base import quoted

FUNCTION_TIMEOUT: Final = "function_timeout"
"""The old name, below `hub`, of the profiles' `tool_timeout`."""
LOOKS_GUESSABLE: Final = (
    "looks easy to guess: only digits, words, or few different characters — run `navai hash-token --new`"
)

_NEAR: Final = tuple(
    ipaddress.ip_network(each)
    for each in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)
"""The networks that nobody on the internet can use."""
_WIDEST: Final = {4: 12, 6: 24}
"""The shortest prefix of another network: those of the large content networks are a little longer."""


def advise(settings: Settings, checked: Mapping[str, Any], today: date, host: Host) -> list[Problem]:
    """The warnings about settings. Paths start below `navai`.

    Args:
        settings: The merged settings.
        checked: The block as it was written, so that a warning points to the right place.
        today: For the dates when models retire.
        host: Where the settings are used.
    """
    warnings = [
        *_not_active(checked, ROOT, (), host),
        *(_unknown_users(settings, checked) if host is Host.HUB else ()),
        *model_warnings(settings, checked, today),
        *provider_warnings(settings, checked, host),
        *_keys(settings),
        *(_deprecated(checked) if host is Host.HUB else ()),
        *(_wide_proxies(settings) if host is Host.HUB else ()),
        *_tokens(settings, host),
    ]
    # The defaults are in every profile, and are reported once.
    return list(dict.fromkeys(warnings))


def _unknown_users(settings: Settings, checked: Mapping[str, Any]) -> Iterator[Problem]:
    known = [user.key for user in settings.hub.users]
    if not known:
        # The hub has no users, so the names are for Home Assistant.
        return
    for key, profile in settings.profiles.items():
        for user in profile.users:
            if user not in known:
                yield Problem(
                    where_written(checked, key, "users"),
                    f"lists {quoted(user) or 'a user'}, who is not in `hub.users`{did_you_mean(user, known)}",
                    "unknown_user",
                )


def _not_active(given: Any, options: Sequence[Option], path: tuple[str | int, ...], host: Host) -> Iterator[Problem]:
    """Options that are checked but have no effect, in this host or in this version."""
    for option in options:
        if option.key not in given:
            continue
        value, here = given[option.key], (*path, option.key)
        if option.later and (not option.later_choices or value in option.later_choices):
            yield Problem(here, f"has no effect yet — it comes with {option.later}", "not_yet_active")
        if option.host not in {None, host}:
            yield Problem(here, f"has no effect here, only in {option.host}", "other_host")
        if option.kind is Kind.GROUP:
            yield from _not_active(value, option.options, here, host)
        elif option.kind is Kind.NAMED_GROUPS:
            for name, inner in value.items():
                yield from _not_active(inner, option.options, (*here, name), host)


def _keys(settings: Settings) -> Iterator[Problem]:
    if settings.api_key is None and not settings.allow_request_api_key:
        yield Problem(
            ("api_key",),
            f"is missing, so nobody can start a conversation — add it, or set {settings.provider.key_variable}",
            "api_key_missing",
        )


def _deprecated(checked: Mapping[str, Any]) -> Iterator[Problem]:
    if FUNCTION_TIMEOUT in (checked.get("hub") or {}):
        yield Problem(
            ("hub", FUNCTION_TIMEOUT),
            "is deprecated since 0.1.0 — remove it, and write `tool_timeout` below `defaults` or in a profile",
            "deprecated",
        )


def _wide_proxies(settings: Settings) -> Iterator[Problem]:
    """Everyone in such a network may write any address into `X-Forwarded-For`, and so avoid the rate limits."""
    for index, written in enumerate(settings.hub.trusted_proxies):
        network = ipaddress.ip_network(written, strict=False)
        near = any(network.version == each.version and network.subnet_of(each) for each in _NEAR)  # type: ignore[arg-type]
        if not near and network.prefixlen < _WIDEST[network.version]:
            yield Problem(
                ("hub", "trusted_proxies", index),
                f"is very wide: navai would believe {network.num_addresses:,} addresses on the internet about who "
                "sends a request — list only your own proxies",
                "wide_network",
            )


def _tokens(settings: Settings, host: Host) -> Iterator[Problem]:
    """Guesses from many addresses are not slowed down, so a token must be impossible to guess."""
    near = [*settings.profiles, *settings.displays]
    near += [name for display in settings.displays.values() for name in (display.name, display.area)]
    owners: list[tuple[tuple[str, ...], Secret | None]] = [
        (("displays", key, "token"), display.token) for key, display in settings.displays.items()
    ]
    if host is Host.HUB:
        near += [user.key for user in settings.hub.users]
        owners += [(("hub", "users", user.key, "token"), user.token) for user in settings.hub.users]
        owners.append((("hub", "metrics_token"), settings.hub.metrics_token))
    for path, secret in owners:
        token = secret.reveal() if secret else ""
        if token and not is_token_hash(token) and is_guessable(token, near):
            yield Problem(path, LOOKS_GUESSABLE, "guessable_token")
