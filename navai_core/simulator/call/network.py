"""The network between a call and its browser. It can be cut without notice, as when the Wi-Fi fails."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from aiortc import RTCPeerConnection


def cut_while(connection: RTCPeerConnection, is_cut: Callable[[], bool]) -> None:
    """Lose every packet of a connection, in both directions, including ICE checks, while `is_cut` returns true.

    Args:
        connection: Its local description must be set.
        is_cut: Called for every packet.

    """
    for transport in {transceiver.sender.transport.transport for transceiver in connection.getTransceivers()}:
        # Neither library has a way to lose packets.
        for protocol in cast(list[Any], transport._connection._protocols):  # noqa: SLF001
            protocol.transport = _Sending(protocol.transport, is_cut)
            protocol.datagram_received = _receiving(protocol.datagram_received, is_cut)


class _Sending:
    """A socket whose packets get lost."""

    def __init__(self, transport: asyncio.DatagramTransport, is_cut: Callable[[], bool]) -> None:
        self._transport = transport
        self._is_cut = is_cut

    def sendto(self, data: bytes, address: Any = None) -> None:
        """Send a packet, or lose it."""
        if not self._is_cut():
            self._transport.sendto(data, address)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def _receiving(received: Callable[[bytes, Any], None], is_cut: Callable[[], bool]) -> Callable[[bytes, Any], None]:
    def receive(data: bytes, address: Any) -> None:
        if not is_cut():
            received(data, address)

    return receive
