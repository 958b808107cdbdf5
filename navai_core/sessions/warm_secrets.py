"""One unused secret ready per profile and caller, so that a tap does not wait for the provider.

Rules, each with a test: a secret is never used twice, never with less than half of its time left, never for another
caller, and never with other tools than the caller has now; none is minted while nobody is nearby. A caller counts as
nearby for a while after each `touch`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import Final, Protocol

from ..exceptions import NavaiError, UpstreamTimeoutError
from ..models import RealtimeClientSecret

NEAR_S: Final = 300.0
"""How long after its last `touch` a caller counts as nearby."""
TEMPLATE_FRESH_S: Final = 30.0
"""How long a secret is fresh whose instructions come from a template: what they say of the home gets old. A browser
may keep it as long again, so that it is a minute at most."""
RETRY_AFTER_FAILURE_S: Final = 30.0
"""How long to wait after a failed mint in advance, until it is tried again. A tap always tries at once."""

SETTLE_S: Final = 2.0
"""How long after a `drop` new secrets are prepared: changes often come in groups."""

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReadySecret:
    """A secret, and what it was minted with."""

    secret: RealtimeClientSecret = field(repr=False)
    tools: bytes = b""
    """Identifies the tools that the session was given."""


Mint = Callable[[], Awaitable[ReadySecret]]
Key = tuple[str, str]
"""Profile and caller."""


class _Timer(Protocol):
    def cancel(self) -> None: ...


CallLater = Callable[[float, Callable[[], None]], _Timer]


@dataclass(slots=True)
class _Place:
    """The place of one ready secret."""

    mint: Mint = field(repr=False)
    near_until: float
    fresh_s: float
    secret: asyncio.Task[ReadySecret] | None = None
    fresh_until: float = 0.0
    not_before: float = 0.0
    timer: _Timer | None = None


class WarmSecrets:
    """Keeps the secrets.

    Args:
        ttl: A secret's time to live in seconds. A secret may be kept ready for half of it.
        clock: Monotonic seconds, for the age of a secret: the wall clock may be wrong.
        call_later: Of the event loop; for tests.
    """

    def __init__(
        self, ttl: float, *, clock: Callable[[], float] = monotonic, call_later: CallLater | None = None
    ) -> None:
        self._half_life = ttl / 2
        self._clock = clock
        self._call_later = call_later
        self._places: dict[Key, _Place] = {}
        self._troubles: set[str] = set()
        """The codes in the log since the last secret was prepared."""
        self._closed = False

    def touch(self, profile: str, caller: str, mint: Mint, *, fresh_s: float = inf) -> None:
        """A caller is nearby: prepare a secret, or keep the ready one.

        Args:
            profile: The profile.
            caller: The caller.
            mint: Mints a secret.
            fresh_s: How many seconds it may be kept ready, at most.
        """
        if self._closed:
            return
        near_until = self._clock() + NEAR_S
        fresh_s = min(fresh_s, self._half_life)
        place = self._places.setdefault((profile, caller), _Place(mint, near_until, fresh_s))
        place.mint, place.near_until, place.fresh_s = mint, near_until, fresh_s
        self._fill((profile, caller), place)

    async def take(self, profile: str, caller: str, tools: bytes = b"") -> RealtimeClientSecret | None:
        """Return the ready secret, once; None if there is no fresh one with these tools.

        Waits for a mint that is already running: this never takes longer than a new mint.

        Raises:
            UpstreamTimeoutError: the running mint took the whole deadline.
        """
        place = self._places.get((profile, caller))
        if place is None or place.secret is None or self._clock() >= place.fresh_until:
            return None
        task, place.secret = place.secret, None
        try:
            ready = await task
        except UpstreamTimeoutError:
            # The person has already waited the whole deadline.
            raise
        except NavaiError:
            # The tap mints a secret itself, and reports the error if that fails too.
            return None
        return ready.secret if ready.tools == tools else None

    def drop(self) -> None:
        """Forget all secrets: what their sessions were told is no longer true. Soon prepare new ones where needed."""
        for key, place in self._places.items():
            if place.secret is not None:
                place.secret.cancel()
                place.secret = None
            self._end_later(key, place, SETTLE_S)

    async def close(self) -> None:
        """Forget all secrets and cancel all running mints."""
        self._closed = True
        for place in self._places.values():
            for pending in (place.timer, place.secret):
                if pending:
                    pending.cancel()
        tasks = [place.secret for place in self._places.values() if place.secret]
        self._places.clear()
        await asyncio.gather(*tasks, return_exceptions=True)

    def ready(self) -> int:
        """How many secrets are ready now."""
        now = self._clock()
        return sum(
            1 for place in self._places.values() if place.secret and place.secret.done() and now < place.fresh_until
        )

    def _fill(self, key: Key, place: _Place) -> None:
        now = self._clock()
        if (place.secret is not None and now < place.fresh_until) or now < place.not_before:
            return
        place.fresh_until = now + place.fresh_s
        place.secret = asyncio.ensure_future(_awaited(place.mint))
        place.secret.add_done_callback(lambda task: self._minted(key, place, task))
        self._end_later(key, place, place.fresh_s)

    def _end_later(self, key: Key, place: _Place, seconds: float) -> None:
        if place.timer:
            place.timer.cancel()
        call_later = self._call_later or asyncio.get_running_loop().call_later
        place.timer = call_later(seconds, lambda: self._grow_old(key, place))

    def _minted(self, key: Key, place: _Place, task: asyncio.Task[ReadySecret]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._troubles.clear()
            lifetime = task.result().secret.lifetime
            if lifetime is not None:
                # The provider may use a shorter time than requested.
                place.fresh_until = min(place.fresh_until, self._clock() + lifetime / 2)
        else:
            # A tap reports the error to the person. Here it is only logged, and once: displays are nearby all day.
            code = getattr(error, "code", type(error).__name__)
            if code not in self._troubles:
                self._troubles.add(code)
                _LOGGER.warning("No secret could be prepared in advance: %s", code)
            place.not_before = self._clock() + RETRY_AFTER_FAILURE_S
            if place.secret in {task, None} and not self._closed:
                place.secret = None
                # Not at the end of a secret's time, which there is none of: until then every tap would wait.
                self._end_later(key, place, RETRY_AFTER_FAILURE_S)

    def _grow_old(self, key: Key, place: _Place) -> None:
        """A secret is no longer fresh, or failed a while ago: mint one if somebody is nearby, else forget it."""
        place.timer = None
        place.secret = None
        if self._clock() < place.near_until:
            self._fill(key, place)
        else:
            del self._places[key]


async def _awaited(mint: Mint) -> ReadySecret:
    return await mint()
