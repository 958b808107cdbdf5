"""The addresses of the kiosk pages for `navai serve`, and their QR code on a terminal. They have no token in them."""

import io
import socket
from collections.abc import Callable
from typing import Final, TextIO
from urllib.parse import urlsplit

from ..addresses import is_loopback
from ..models import Settings
from .command import say

_EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104  # what to replace
_NOWHERE: Final = ("192.0.2.1", 9)
"""An address for documentation. Nothing is sent to it."""
_BLOCKS: Final = "█▀▄"


def own_address() -> str:
    """The address of this machine in the home network, or its name if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # It only selects a network interface.
            probe.connect(_NOWHERE)
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()


def kiosk_addresses(url: str, settings: Settings, find_own: Callable[[], str] = own_address) -> list[str]:
    """The kiosk pages of the displays' profiles; without a display, of the default profile.

    Args:
        url: Where the hub listens.
        settings: The checked settings.
        find_own: Finds the address of this machine, for a hub that listens everywhere.
    """
    parts = urlsplit(url)
    if parts.hostname in _EVERYWHERE:
        url = f"{parts.scheme}://{find_own()}:{parts.port}"
    profiles = [display.profile for display in settings.displays.values() if display.token]
    return [f"{url}/navai/kiosk/{profile}" for profile in dict.fromkeys(profiles or [settings.default_profile])]


def say_kiosk(addresses: list[str], out: TextIO) -> None:
    """Write the addresses, and on a terminal the QR code of the first one.

    Args:
        addresses: From `kiosk_addresses`.
        out: The stream that `say` writes to.
    """
    for address in addresses:
        say(f"Kiosk page: {address}")
    if out.isatty() and (code := _qr_code(addresses[0], out.encoding)):
        say(f"\n{code}")
    parts = urlsplit(addresses[0])
    if is_loopback(parts.hostname or ""):
        say("Only this machine can open it. For other devices, set `hub.host`.")
    elif parts.scheme == "http":
        say("On other devices, browsers allow the microphone over HTTPS only: see docs/https.md.")


def _qr_code(address: str, encoding: str) -> str:
    """The code as text; empty if the terminal lacks the characters, or the hub was installed without its extra."""
    try:
        import segno  # noqa: PLC0415  # only a terminal needs it

        _BLOCKS.encode(encoding)
    except (ImportError, UnicodeEncodeError):
        return ""
    drawn = io.StringIO()
    segno.make_qr(address, error="l").terminal(drawn, border=2, compact=True)
    return drawn.getvalue().rstrip("\n")
