"""One unused secret ready per profile and caller, so that a tap does not wait for the provider.

Rules, each with a test: never handed out twice; never with less than half its time left; never to another caller; none
is minted while nobody is near. A caller is near for a while after each sign of it (`touch`).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, Protocol

from ..exceptions import NavaiError, UpstreamTimeoutError
from ..models import RealtimeClientSecret

NEAR_S: Final = 300.0
"""How long after its last sign a caller counts as near."""
RETRY_AFTER_FAILURE_S: Final = 30.0
"""A warm mint that failed is not tried again before; a tap always tries by itself."""

_LOGGER = logging.getLogger(__name__)

Mint = Callable[[], Awaitable[RealtimeClientSecret]]
Key = tuple[str, str]
"""Profile and caller."""


class _Timer(Protocol):
    def cancel(self) -> None: ...


CallLater = Callable[[float, Callable[[], None]], _Timer]


@dataclass(slots=True)
class _Place:
    """Where one secret stands ready."""

    mint: Mint = field(repr=False)
    near_until: float
    secret: asyncio.Task[RealtimeClientSecret] | None = None
    fresh_until: float = 0.0
    not_before: float = 0.0
    timer: _Timer | None = None


class WarmSecrets:
    """Keeps the secrets.

    Args:
        ttl: A secret's time to live in seconds; half of it is how long one may stand ready.
        clock: Monotonic seconds. A secret's age is counted here, since the house's clock may be wrong.
        call_later: Of the event loop; injected by tests.
    """

    def __init__(
        self, ttl: float, *, clock: Callable[[], float] = monotonic, call_later: CallLater | None = None
    ) -> None:
        self._half_life = ttl / 2
        self._clock = clock
        self._call_later = call_later
        self._places: dict[Key, _Place] = {}
        self._troubles: set[str] = set()
        """The codes that the log has told of since a secret could last be made ready."""
        self._closed = False

    def touch(self, profile: str, caller: str, mint: Mint) -> None:
        """A caller gave a sign of itself: have a secret ready, or keep the one that is."""
        if self._closed:
            return
        near_until = self._clock() + NEAR_S
        place = self._places.setdefault((profile, caller), _Place(mint, near_until))
        place.mint, place.near_until = mint, near_until
        self._fill((profile, caller), place)

    async def take(self, profile: str, caller: str) -> RealtimeClientSecret | None:
        """Hand the ready secret out, once; None when there is none that is fresh.

        One that is on its way is waited for: that is never longer than a mint of its own.

        Raises:
            UpstreamTimeoutError: the one on its way took the whole deadline.
        """
        place = self._places.get((profile, caller))
        if place is None or place.secret is None or self._clock() >= place.fresh_until:
            return None
        task, place.secret = place.secret, None
        try:
            return await task
        except UpstreamTimeoutError:
            # The person has waited the whole deadline already.
            raise
        except NavaiError:
            # The tap mints by itself, and tells what is wrong if that fails too.
            return None

    async def close(self) -> None:
        """Forget all secrets and end all that is under way."""
        self._closed = True
        for place in self._places.values():
            if place.timer:
                place.timer.cancel()
            if place.secret:
                place.secret.cancel()
        tasks = [place.secret for place in self._places.values() if place.secret]
        self._places.clear()
        await asyncio.gather(*tasks, return_exceptions=True)

    def ready(self) -> int:
        """How many secrets stand ready now."""
        now = self._clock()
        return sum(
            1 for place in self._places.values() if place.secret and place.secret.done() and now < place.fresh_until
        )

    def _fill(self, key: Key, place: _Place) -> None:
        now = self._clock()
        if (place.secret is not None and now < place.fresh_until) or now < place.not_before:
            return
        place.fresh_until = now + self._half_life
        place.secret = asyncio.ensure_future(_awaited(place.mint))
        place.secret.add_done_callback(lambda task: self._minted(place, task))
        if place.timer:
            place.timer.cancel()
        call_later = self._call_later or asyncio.get_running_loop().call_later
        place.timer = call_later(self._half_life, lambda: self._grow_old(key, place))

    def _minted(self, place: _Place, task: asyncio.Task[RealtimeClientSecret]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._troubles.clear()
            lifetime = task.result().lifetime
            if lifetime is not None:
                # The provider may give less than it was asked for.
                place.fresh_until = min(place.fresh_until, self._clock() + lifetime / 2)
        else:
            # Whoever taps gets the error itself; here it is only noted, and once: displays stay near all day.
            code = getattr(error, "code", type(error).__name__)
            if code not in self._troubles:
                self._troubles.add(code)
                _LOGGER.warning("No secret could be made ready: %s", code)
            place.not_before = self._clock() + RETRY_AFTER_FAILURE_S
            if place.secret is task:
                place.secret = None

    def _grow_old(self, key: Key, place: _Place) -> None:
        """Half of a secret's time is over: replace it while somebody is near, else forget it."""
        place.timer = None
        place.secret = None
        if self._clock() < place.near_until:
            self._fill(key, place)
        else:
            del self._places[key]


async def _awaited(mint: Mint) -> RealtimeClientSecret:
    return await mint()
