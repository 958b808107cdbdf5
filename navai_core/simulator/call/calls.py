"""The calls of one simulator: the current ones, and the latest ended ones."""

import random
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final

from navai_core.simulator.call.call import Call
from navai_core.simulator.call.context import CallSettings
from navai_core.simulator.errors import ApiError, echoed
from navai_core.simulator.faults import Fault

_CAPACITY: Final = 200
EXTRA: Final = 'Calls over WebRTC need the extra `simulator`: pip install "navai[simulator]".'


class Calls:
    """Opens calls and finds them again.

    Args:
        settings: What all calls have in common.
        clock: Returns the time in seconds since the epoch.
        new_id: Returns a fresh id with a prefix and a number of random bytes.

    """

    def __init__(self, settings: CallSettings, clock: Callable[[], float], new_id: Callable[..., str]) -> None:
        self._settings = settings
        self._clock = clock
        self._new_id = new_id
        self._calls: OrderedDict[str, Call] = OrderedDict()
        self._peers: set[Any] = set()

    async def open(
        self,
        session: Mapping[str, Any],
        offer: str,
        fault: Fault | None,
        *,
        project: str = "",
        by_secret: bool = False,
    ) -> tuple[Call, str]:
        """Open a call, and return it with the answer to its offer.

        Args:
            session: The effective session.
            offer: The SDP of the browser.
            fault: The fault of the call.
            project: The project of the call.
            by_secret: Whether a client secret opened it: then it has no sideband.

        Raises:
            ApiError: The offer is not valid (400), or the extra is not installed (501).

        """
        try:
            from navai_core.simulator.call.peer import Peer  # noqa: PLC0415  # the rest works without its packages
        except ImportError as error:
            raise ApiError(501, EXTRA, code="not_installed", kind="simulator_error") from error
        # Calls run at the same time: each has its own random numbers, so that its ids depend on nothing else.
        numbers = random.Random(self._new_id(""))  # noqa: S311 - ids of events need no secrecy

        def new_id(prefix: str, size_bytes: int = 10) -> str:
            return prefix + numbers.randbytes(size_bytes).hex()

        call = Call(
            self._new_id("rtc_"),
            session,
            settings=self._settings,
            clock=self._clock,
            new_id=new_id,
            fault=fault,
            project=project,
            by_secret=by_secret,
        )
        peer = Peer(call, reachable=fault is None or not fault.no_ice)
        self._peers.add(peer)
        peer.when_closed = lambda: self._peers.discard(peer)
        answer = await peer.answer(offer)
        self._calls[call.id] = call
        if len(self._calls) > _CAPACITY:
            _, oldest = self._calls.popitem(last=False)
            oldest.end("stopped")
        return call, answer

    def on(self, call_id: str, project: str) -> Call:
        """Return a current call of a project.

        Raises:
            ApiError: 404, the project has none with that id.

        """
        call = self._calls.get(call_id)
        if call is None or call.ended is not None or call.project != project:
            raise _not_found(call_id)
        return call

    def watchable(self, call_id: str, project: str) -> Call:
        """Return a call that a sideband may attach to.

        Raises:
            ApiError: 404, the project has none with that id, or none yet, or a client secret opened it.

        """
        call = self.on(call_id, project)
        if call.by_secret or not call.up:
            raise _not_found(call_id)
        return call

    def to_list(self) -> list[Call]:
        """Return the calls, oldest first."""
        return list(self._calls.values())

    async def close(self) -> None:
        """End all calls, and wait until all resources are released."""
        for call in self._calls.values():
            call.end("stopped")
        for peer in list(self._peers):
            await peer.closed()


def _not_found(call_id: str) -> ApiError:
    return ApiError(404, f"No session found for call_id: {echoed(call_id)}", code="call_id_not_found")
