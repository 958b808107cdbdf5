"""The hub's tokens, and the address that a request comes from. `requests.caller_of` finds the caller."""

import hmac
import ipaddress
from functools import lru_cache
from typing import Final

from aiohttp import web

from ..addresses import is_loopback
from ..models import Caller, Settings
from ..sessions.rate_limits import machine_of
from ..tokens import Tokens, bearer_of, callers_of_displays, digest_of, token_digest

_FORWARDED: Final = "x-forwarded"
_OF_PROXIES: Final = frozenset(
    {
        *("forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "x-original-forwarded-for"),
        *("x-original-host", "x-original-url", "x-remote-addr", "x-proxyuser-ip", "true-client-ip", "client-ip"),
        *("cf-connecting-ip", "cf-ray", "fastly-client-ip", "x-envoy-external-address", "x-appengine-user-ip"),
    }
)
"""The headers that proxies add, in small letters."""


class HubTokens(Tokens):
    """The tokens of one `Settings`: of displays, of users, and for the metrics."""

    def __init__(self, settings: Settings) -> None:
        users = (
            Caller(
                kind="user",
                key=user.key,
                profiles=user.profiles,
                secrets_per_minute=user.secrets_per_minute,
                functions=user.functions,
            )
            for user in settings.hub.users
        )
        tokens = (user.token for user in settings.hub.users)
        super().__init__([*callers_of_displays(settings), *zip(tokens, users, strict=True)])
        self._metrics = token_digest(settings.hub.metrics_token) if settings.hub.metrics_token else None

    @property
    def guards_metrics(self) -> bool:
        """Whether the metrics have their own token."""
        return self._metrics is not None

    def opens_metrics(self, token: str) -> bool:
        """Whether a token is the metrics token."""
        return self._metrics is not None and hmac.compare_digest(self._metrics, digest_of(token))


def bearer_of_request(request: web.Request) -> str:
    """The token of a request, or an empty string."""
    return bearer_of(request.headers.get("Authorization", ""))


@lru_cache(maxsize=1024)
def is_within(address: str, networks: tuple[str, ...]) -> bool:
    """Whether an address is in one of the networks."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in ipaddress.ip_network(network, strict=False) for network in networks)


def address_of(request: web.Request, trusted_proxies: tuple[str, ...]) -> str:
    """The address of a request, as the rate limits count it.

    `X-Forwarded-For` is read from the right, as far as trusted proxies wrote it. For IPv6 the /64 counts, because a
    single machine has all of it.
    """
    address = request.remote or "unknown"
    if trusted_proxies and is_within(address, trusted_proxies):
        for hop in reversed(",".join(request.headers.getall("X-Forwarded-For", [])).split(",")):
            if not hop.strip():
                break
            address = _without_port(hop.strip()[:64])
            if not is_within(address, trusted_proxies):
                break
    return machine_of(address)


def _without_port(hop: str) -> str:
    """Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    host, _, port = hop.partition(":")
    return host if port.isdecimal() else hop


def is_of_this_machine(request: web.Request, host: str) -> bool:
    """Whether a request comes from this machine, and for it.

    A header shows that a proxy here passed it on for someone else. Another name in `Host` shows that a web page sent
    it, whose own name leads to this machine (DNS rebinding).

    Args:
        request: The request.
        host: The configured address of the hub.
    """
    if any(name.lower() in _OF_PROXIES or name.lower().startswith(_FORWARDED) for name in request.headers):
        return False
    asked = _without_port(request.headers.get("Host", "")).rstrip(".").lower()
    return is_loopback(request.remote or "") and (is_loopback(asked) or asked == host.lower())
