"""The day that is counted: it ends at midnight in Home Assistant's time zone, also if that changes."""

from collections.abc import Callable
from datetime import date, datetime

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_change
from homeassistant.util import dt as dt_util


class CountingDay:
    """The day that is counted, and since when.

    Statistics treat a total that drops as a refund, unless the time of its last reset changes with it. So this time is
    kept, and not worked out: midnight moves with the time zone, and counts can also be lost or deleted during the day.
    """

    def __init__(self) -> None:
        self._date = dt_util.now().date()
        self._since = dt_util.utcnow()

    def today(self) -> date:
        """Return the local date. The counts start at zero whenever it changes, in either direction."""
        today = dt_util.now().date()
        if today != self._date:
            self._date = today
            # After a move to the west, today's midnight may be before the last one.
            midnight = dt_util.as_utc(dt_util.start_of_local_day())
            self._since = midnight if midnight > self._since else dt_util.utcnow()
        return today

    @property
    def since(self) -> datetime:
        """When today's counts started at zero."""
        self.today()
        return self._since

    def restore(self, since: datetime | None) -> None:
        """Today's counts were restored. None: they do not say since when they count."""
        self.today()
        now = dt_util.utcnow()
        self._since = min(now, since or dt_util.as_utc(dt_util.start_of_local_day()))

    def restart(self) -> None:
        """The counts start at zero now."""
        self._since = dt_util.utcnow()


@callback
def follow_days(hass: HomeAssistant, changed: Callable[[], None]) -> CALLBACK_TYPE:
    """Call a function at every midnight, and when the time zone changes; return a function that ends this."""

    @callback
    def midnight(_: datetime) -> None:
        changed()

    def wait() -> CALLBACK_TYPE:
        return async_track_time_change(hass, midnight, hour=0, minute=0, second=0)

    stop_waiting = wait()

    @callback
    def moved(_: Event) -> None:
        # The next midnight was planned in the former time zone.
        nonlocal stop_waiting
        stop_waiting()
        stop_waiting = wait()
        changed()

    stop_listening = hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, moved)

    @callback
    def stop() -> None:
        stop_listening()
        stop_waiting()

    return stop
