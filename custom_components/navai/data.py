"""What survives a reload: today's counts, running conversations and connected displays."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Context, Event, HassJob, HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from . import issues
from .const import DOMAIN, EVENT_SESSION, SIGNAL_USAGE
from .day import CountingDay
from .identity import WrongTokens, forget_displays
from .navai_core import NavaiError
from .navai_core.provider.client import NoCookies
from .navai_core.sessions.one_time import OneTimeSecrets
from .navai_core.sessions.rate_limits import Limiter, LocalCounter
from .navai_core.sessions.session import Report, SessionChange
from .navai_core.sessions.usage import UsageBook
from .navai_core.web.pages import load_web_files
from .navai_core.web.streams import StreamHost
from .store import NavaiStore
from .troubles import Troubles

_SAVE_DELAY_S: Final = 15.0
"""If Home Assistant is killed, at most this much of today's counts is lost."""
_FAILURES_PER_MINUTE: Final = 10
_TOOLS_END_S: Final = 10.0
"""How long running tools may take to end when Home Assistant stops. It waits for 20 s at most."""
_EVENT_SIGNAL: Final = "navai_event_{}"
_DISPLAY_SIGNAL: Final = "navai_display_{}"
FILES: Final = load_web_files(Path(__file__).parent / "www")
"""What browsers load. It is read at import, which runs in a thread already. At set-up it would have to wait for a free
thread, longer than everything else takes."""


def event_signal(display: str) -> str:
    """Return the dispatcher signal for events of a display's conversations."""
    return _EVENT_SIGNAL.format(display)


def display_signal(display: str) -> str:
    """Return the dispatcher signal for changes of a display."""
    return _DISPLAY_SIGNAL.format(display)


class NavaiData(StreamHost):
    """The data of this Home Assistant, in `hass.data[DATA]`."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.day = CountingDay()
        usage = UsageBook(self.day.today, self._usage_changed)
        super().__init__(usage, Limiter(LocalCounter(), _FAILURES_PER_MINUTE), FILES.tag)
        self.hass = hass
        self.http = async_create_clientsession(hass, cookie_jar=NoCookies())
        """For the provider. It survives a reload, so that running requests can finish."""
        self.store = NavaiStore(hass)
        self._switches_lost = self._usage_lost = False
        """Whether the stored data of an earlier run could not be read, so that `recover` must help."""
        self.switched_off: set[str] = set()
        """The profiles that people turned off with the switch."""
        self.devices: dict[str, str] = {}
        """The device ids of the displays."""
        self.entities: set[str] = set()
        """The unique ids of the entities that the current settings created."""
        self.last_mint: datetime | None = None
        self.last_error: str | None = None
        self.last_error_at: datetime | None = None
        self.wrong_tokens = WrongTokens()
        self.one_time = OneTimeSecrets()
        self.secrets_in_traces: set[str] = set()
        """The automations and scripts that left a client secret in their trace, as far as that was logged."""
        self.troubles = Troubles(hass, self._model_of, lambda: frozenset(each.id for each in self.sessions.all()))

    async def load(self) -> None:
        """Restore today's counts. When Home Assistant stops, conversations end before the counts are last saved."""
        self.hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._stopping)
        # Shutdown jobs run before that event. With the event, Home Assistant stops the scripts that tools run.
        self.hass.async_add_shutdown_job(HassJob(self._let_tools_end))
        stored = await self.store.load()
        was_here = not stored.complete or not self.is_removed()
        self._switches_lost = was_here and stored.switched_off is None
        self._usage_lost = was_here and stored.usage is None
        self.switched_off.update(stored.switched_off or ())
        self._restore(stored.usage, stored.since)
        if not stored.complete:
            self.save()

    @callback
    def to_recover(self, profile: str) -> dict[str, Any]:
        """Return what `recover` needs of a profile. Home Assistant keeps it with the states of its entities."""
        usage = self.usage.dump()
        profiles = {key: day for key, day in usage["profiles"].items() if key == profile}
        return {
            "switched_off": profile in self.switched_off,
            "usage": {**usage, "profiles": profiles},
            "since": self.day.since.isoformat(),
        }

    @callback
    def recover(self, profile: str, kept: Mapping[str, Any]) -> None:
        """Use what Home Assistant kept of a profile, where our own file is missing or could not be read."""
        if self._switches_lost and kept.get("switched_off") is True:
            self.switched_off.add(profile)
            self.save()
        known, usage = self.usage.dump(), kept.get("usage")
        if self._usage_lost and isinstance(usage, Mapping) and profile not in known["profiles"]:
            found = usage.get("profiles")
            if isinstance(found, Mapping):
                since = dt_util.parse_datetime(str(kept.get("since")))
                self._restore({**usage, "profiles": {**known["profiles"], **found}}, since)
                self._usage_changed()

    def _restore(self, usage: object, since: datetime | None) -> None:
        # Counts of another day are over.
        if isinstance(usage, Mapping) and usage.get("date") == self.day.today().isoformat():
            self.usage.restore(usage)
            self.day.restore(since)

    async def forget(self) -> None:
        """Delete everything, because somebody removed the entry."""
        await self.take_away()
        self.switched_off.clear()
        self.last_mint = self.last_error = self.last_error_at = None
        self.usage.forget(())
        self.day.restart()
        await self.store.remove()

    async def take_away(self) -> None:
        """Remove what people see, because the block is gone.

        Home Assistant may only have left out its package. So what was turned off stays off, and today's counts stay.
        """
        self.dismiss()
        self.one_time.clear()
        self.devices = {}
        issues.clear(self.hass)
        await forget_displays(self.hass, frozenset())

    @callback
    def device_of(self, display: str) -> str | None:
        """Return the device id of a display."""
        return self.devices.get(display)

    @callback
    def note_error(self, error: NavaiError) -> None:
        """Remember why creating the last client secret failed."""
        self.last_error, self.last_error_at = error.code, dt_util.utcnow()

    def is_removed(self) -> bool:
        """Whether the entry was removed. It still exists while it is reloaded."""
        return not self.hass.config_entries.async_entries(DOMAIN)

    @callback
    def switch(self, profile: str, *, on: bool) -> None:
        """Turn a profile on or off."""
        (self.switched_off.discard if on else self.switched_off.add)(profile)
        self.save()

    @callback
    def save(self) -> None:
        """Save soon, and at the latest when Home Assistant stops."""
        self.store.save_later(self._dump, _SAVE_DELAY_S)

    @callback
    def publish(self, change: SessionChange) -> None:
        """Inform automations, the logbook and the display's event entity."""
        data = change.fields()
        user = data.pop("user", None)
        if user:
            data["user_id"] = user
        if device := self.device_of(change.display or ""):
            data["device_id"] = device
        if change.display:
            async_dispatcher_send(self.hass, event_signal(change.display), change.event, data)
        self.hass.bus.async_fire(EVENT_SESSION, data, context=Context(user_id=user))

    @callback
    def display_changed(self, display: str) -> None:
        """Update the display's entities and its repair."""
        if self.is_ready and (found := self.service.settings.displays.get(display)):
            issues.of_display(self.hass, found, secure=self.displays.is_secure(display))
        async_dispatcher_send(self.hass, display_signal(display))

    @callback
    def reported(self, report: Report) -> None:
        """Update the repairs."""
        self.troubles.reported(report)

    def _model_of(self, profile: str) -> str | None:
        found = self.settings.profiles.get(profile) if self.settings else None
        return found.model if found else None

    def _usage_changed(self) -> None:
        async_dispatcher_send(self.hass, SIGNAL_USAGE)
        self.save()

    async def _let_tools_end(self) -> None:
        await self.running_tools.close(_TOOLS_END_S)

    @callback
    def _stopping(self, _: Event) -> None:
        self.sessions.end_all()
        self.streams.end_all()

    def _dump(self) -> dict[str, Any]:
        usage, since = self.usage.dump(), self.day.since.isoformat()
        return {"usage": usage, "since": since, "switched_off": sorted(self.switched_off)}


DATA: HassKey[NavaiData] = HassKey(DOMAIN)
