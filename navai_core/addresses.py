"""Whose machine an address is of, and over which of them a key may travel unencrypted."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

INSECURE_URL: Final = "must begin with https:// — over http:// the API key would be readable on its way"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_insecure(url: str) -> bool:
    """Whether what is sent to an address can be read on its way: plain http, and not within the home."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not _is_near(parts.hostname or "")


def _is_near(host: str) -> bool:
    """Whether a host is this machine or one of the home's own network."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".local", ".lan", ".home.arpa", ".internal"))
