"""What outlives a reload: today's counts, the conversations under way, the displays that listen."""

import logging
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Context, Event, HassJob, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from . import issues
from .const import DOMAIN, EVENT_SESSION, SIGNAL_USAGE
from .identity import WrongTokens, forget_displays
from .navai_core import NavaiError
from .navai_core.provider.client import NoCookies
from .navai_core.sessions.rate_limits import Limiter, LocalCounter
from .navai_core.sessions.session import Report, SessionNews
from .navai_core.sessions.usage import UsageBook
from .navai_core.web.pages import load_web_files
from .navai_core.web.streams import StreamHost
from .troubles import Troubles

_LOGGER = logging.getLogger(__name__)
_STORE_VERSION: Final = 1
_SAVE_DELAY_S: Final = 15.0
"""A house that is switched off without a word loses at most this much of today's counts."""
_FAILURES_PER_MINUTE: Final = 10
_TOOLS_END_S: Final = 10.0
"""How long tools that run may take to end when Home Assistant stops. It waits for 20 s at most."""
_EVENT_SIGNAL: Final = "navai_event_{}"
_DISPLAY_SIGNAL: Final = "navai_display_{}"
FILES: Final = load_web_files(Path(__file__).parent / "www")
"""What browsers load. Read when this is imported, in a thread: at set-up it would wait for a free one, longer than all
the rest takes."""


def event_signal(display: str) -> str:
    """The dispatcher's signal with which a display's event entity hears of its conversations."""
    return _EVENT_SIGNAL.format(display)


def display_signal(display: str) -> str:
    """The dispatcher's signal with which a display's entities hear that something about it has changed."""
    return _DISPLAY_SIGNAL.format(display)


class NavaiData(StreamHost):
    """The one of this Home Assistant, in `hass.data[DATA]`."""

    def __init__(self, hass: HomeAssistant) -> None:
        usage = UsageBook(lambda: dt_util.now().date(), self._usage_changed)
        super().__init__(usage, Limiter(LocalCounter(), _FAILURES_PER_MINUTE), FILES.tag)
        self.hass = hass
        self.http = async_create_clientsession(hass, cookie_jar=NoCookies())
        """For the provider; it outlives a reload, so that requests under way end well."""
        self._store: Store[dict[str, Any]] = Store(hass, _STORE_VERSION, DOMAIN, private=True, atomic_writes=True)
        self.switched_off: set[str] = set()
        """The profiles whose switch is off."""
        self.devices: dict[str, str] = {}
        """The displays' devices in the registry, by their ids."""
        self.entities: set[str] = set()
        """The unique ids of the entities that were made for the settings in force."""
        self.last_mint: datetime | None = None
        self.last_error: str | None = None
        self.last_error_at: datetime | None = None
        self.wrong_tokens = WrongTokens()
        self.troubles = Troubles(hass, self._model_of, lambda: frozenset(each.id for each in self.sessions.all()))

    async def load(self) -> None:
        """Find today's counts again, and end the conversations before the counts are written for the last time."""
        self.hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._stopping)
        # Before that event: with it Home Assistant stops the scripts that tools run.
        self.hass.async_add_shutdown_job(HassJob(self._let_tools_end))
        try:
            stored: Any = await self._store.async_load()
        except (HomeAssistantError, NotImplementedError):
            # It cannot be read, or a later version of ours wrote it. That never costs the start of the house.
            _LOGGER.warning("Today's counts cannot be read, and begin at zero")
            return
        if isinstance(stored, dict):
            self.usage.restore(stored.get("usage"))
            names = stored.get("switched_off")
            if isinstance(names, list):
                self.switched_off.update(name for name in names if isinstance(name, str))

    async def forget(self) -> None:
        """The entry was removed: leave nothing behind."""
        self.dismiss()
        self.devices = {}
        self.switched_off.clear()
        self.last_mint = self.last_error = self.last_error_at = None
        self.usage.forget(())
        issues.clear(self.hass)
        await forget_displays(self.hass, frozenset())
        await self._store.async_remove()

    @callback
    def device_of(self, display: str) -> str | None:
        """The display's device in the registry, by its id."""
        return self.devices.get(display)

    @callback
    def note_error(self, error: NavaiError) -> None:
        """Remember why the house could get no client secret the last time."""
        self.last_error, self.last_error_at = error.code, dt_util.utcnow()

    def is_removed(self) -> bool:
        """Whether there is no entry any more; one that is loaded again stays."""
        return not self.hass.config_entries.async_entries(DOMAIN)

    @callback
    def switch(self, profile: str, *, on: bool) -> None:
        """Let a profile give out secrets, or refuse them."""
        (self.switched_off.discard if on else self.switched_off.add)(profile)
        self.save()

    @callback
    def save(self) -> None:
        """Write soon, and at the latest when the house stops."""
        self._store.async_delay_save(self._dump, _SAVE_DELAY_S)

    @callback
    def tell(self, news: SessionNews) -> None:
        """Let automations, the logbook and the display's event entity know."""
        data = news.fields()
        user = data.pop("user", None)
        if user:
            data["user_id"] = user
        if device := self.device_of(news.display or ""):
            data["device_id"] = device
        if news.display:
            async_dispatcher_send(self.hass, event_signal(news.display), news.event, data)
        self.hass.bus.async_fire(EVENT_SESSION, data, context=Context(user_id=user))

    @callback
    def display_changed(self, display: str) -> None:
        """Let the display's entities look again, and keep its repair true."""
        if self.is_ready and (found := self.service.settings.displays.get(display)):
            issues.of_display(self.hass, found, secure=self.displays.is_secure(display))
        async_dispatcher_send(self.hass, display_signal(display))

    @callback
    def reported(self, report: Report) -> None:
        """Keep the repairs true."""
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
        return {"usage": self.usage.dump(), "switched_off": sorted(self.switched_off)}


DATA: HassKey[NavaiData] = HassKey(DOMAIN)
