"""Warnings about what only shows in a conversation: addresses that do not fit, MCP servers, approvals, keywords."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from ..addresses import is_home
from ..exceptions import Problem
from ..known_models import AUTOMATIC_KEYWORDS
from ..models import Settings, VoiceProfile
from .options import Host
from .places import where_written

_AZURE_HOSTS: Final = (".azure.com", ".azure.us", ".azure.cn")
_AZURE_PATH: Final = "/openai/v1"
_OPENAI_PATH: Final = "/v1"
_ADDRESS: Final = "wrong_address"


def provider_warnings(settings: Settings, checked: Mapping[str, Any], host: Host) -> Iterator[Problem]:
    """The warnings about settings and their provider.

    Args:
        settings: The merged settings.
        checked: The block as it was written, so that a warning points to the right place.
        host: Where the settings are used.
    """
    yield from _address(settings)
    # A provider at home may reach servers at home.
    is_cloud = not is_home(urlsplit(settings.base_url).hostname or "")
    for key, profile in settings.profiles.items():
        where = where_written(checked, key, "tools")
        for index, tool in enumerate(profile.tools or ()):
            if tool["type"] == "mcp":
                yield from _reach(tool, (*where, index)) if is_cloud else ()
                yield from _approval(tool, (*where, index))
        if host is Host.HUB and AUTOMATIC_KEYWORDS in _keywords(profile):
            yield Problem(
                (*where_written(checked, key, "transcription"), "keywords"),
                f"`{AUTOMATIC_KEYWORDS}` adds nothing here, only in {Host.HOME_ASSISTANT} — list the names instead",
                "other_host",
            )


def _keywords(profile: VoiceProfile) -> tuple[str, ...]:
    return tuple(profile.transcription.get("keywords", ())) if isinstance(profile.transcription, Mapping) else ()


def _address(settings: Settings) -> Iterator[Problem]:
    """Addresses that lead to another API, or to nothing. Those of proxies may be anything."""
    parts, provider = urlsplit(settings.base_url), settings.provider.name
    host, path = parts.hostname or "", parts.path
    if host == "x.ai" or host.endswith(".x.ai"):
        message = "is an address of xAI, which navai cannot talk with yet — use OpenAI, Azure or a LiteLLM proxy"
    elif host.endswith(_AZURE_HOSTS):
        fits = f"https://{host}{_AZURE_PATH}"
        if provider != "azure":
            message = f"is an address of Azure — write `provider: azure` and {fits}"
        elif path == _AZURE_PATH:
            return
        else:
            message = f"does not end with `{_AZURE_PATH}` after the host — write {fits}"
    elif host == "openai.com" or host.endswith(".openai.com"):
        if provider != "openai":
            message = "is an address of OpenAI — write `provider: openai`"
        elif path == _OPENAI_PATH:
            return
        else:
            message = f"does not end with `{_OPENAI_PATH}` after the host — write https://{host}{_OPENAI_PATH}"
    else:
        return
    yield Problem(("base_url",), message, _ADDRESS)


def _reach(tool: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Problem]:
    """An MCP server that the provider's cloud cannot reach. The provider calls it, not navai."""
    parts = urlsplit(tool.get("server_url", ""))
    if parts.hostname and is_home(parts.hostname):
        fact = "is an address that only works at home, and the provider calls it over the internet"
        yield Problem((*path, "server_url"), f"{fact} — use a public https:// address", "unreachable_server")
    elif parts.scheme == "http":
        fact = "starts with http://, and the provider only calls MCP servers over TLS"
        yield Problem((*path, "server_url"), f"{fact} — use an https:// address", "unreachable_server")


def _approval(tool: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Problem]:
    """A server whose calls wait for an approval, for which neither the card nor the kiosk page can ask."""
    if not _waits(tool):
        return
    waits = "the conversation waits forever, because no screen of navai can approve a call"
    if "require_approval" in tool:
        yield Problem(
            (*path, "require_approval"),
            f"lets calls wait for an approval, and {waits} — write `never`, and limit the tools with `allowed_tools`",
            "nobody_approves",
        )
    else:
        yield Problem(
            path,
            f"has no `require_approval`, so each call needs an approval, and {waits} — add `require_approval: never`, "
            "and limit the tools with `allowed_tools`",
            "nobody_approves",
        )


def _waits(tool: Mapping[str, Any]) -> bool:
    rule = tool.get("require_approval", "always")
    if not isinstance(rule, Mapping):
        return bool(rule == "always")
    free = rule.get("never") or {}
    if rule.get("always") or not free:
        return True
    allowed = tool.get("allowed_tools", {})
    if not isinstance(allowed, Mapping):
        allowed = {"tool_names": allowed}
    names = allowed.get("tool_names")
    if "tool_names" in free:
        return not names or not set(names) <= set(free["tool_names"])
    return not (free.get("read_only") and allowed.get("read_only"))
