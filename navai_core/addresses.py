"""Which addresses are local, and to which of them a key may be sent unencrypted."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

INSECURE_URL: Final = "must start with https:// — with http:// others could read the API key"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_insecure(url: str) -> bool:
    """Whether others can read what is sent to an address: plain http, and not in the home network."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not _is_near(parts.hostname or "")


def is_home(host: str) -> bool:
    """Whether a host only exists on this machine or in the home network, as far as its name tells."""
    name = host.rstrip(".").lower()
    try:
        return not ipaddress.ip_address(name).is_global
    except ValueError:
        return _is_near(name) or name.endswith((".localhost", ".localdomain", ".home"))


def _is_near(host: str) -> bool:
    """Whether a host is this machine or in the home network."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".local", ".lan", ".home.arpa", ".internal"))
