"""What outlives a reload: today's counts, the conversations under way, the displays that listen."""

import logging
from collections.abc import Hashable
from datetime import datetime
from typing import Any, Final

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Context, Event, HassJob, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.ulid import ulid_now

from . import issues
from .const import DOMAIN, EVENT_SESSION, SIGNAL_DISPLAYS, SIGNAL_USAGE, WEB_FILES, SessionEvent
from .displays import Displays, Find, configuration_event
from .identity import WrongTokens, forget_displays
from .navai_core import Limiter, LocalCounter, NavaiError, NoCookies, RunningTools, Settings, UsageBook
from .reported import Session
from .runtime import NavaiConfigEntry, Runtime
from .sessions import Sessions
from .streams import Streams
from .troubles import Troubles

_LOGGER = logging.getLogger(__name__)
_STORE_VERSION: Final = 1
_SAVE_DELAY_S: Final = 15.0
"""A house that is switched off without a word loses at most this much of today's counts."""
_FAILURES_PER_MINUTE: Final = 10
_TOOLS_END_S: Final = 10.0
"""How long tools that run may take to end when Home Assistant stops. It waits for 20 s at most."""
_EVENT_SIGNAL: Final = "navai_event_{}"


def event_signal(display: str) -> str:
    """The dispatcher's signal with which a display's event entity hears of its conversations."""
    return _EVENT_SIGNAL.format(display)


class House:
    """The one of this Home Assistant, in `hass.data[HOUSE]`."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.hass = hass
        self.session = async_create_clientsession(hass, cookie_jar=NoCookies())
        """For the provider; it outlives a reload, so that requests under way end well."""
        self._store: Store[dict[str, Any]] = Store(hass, _STORE_VERSION, DOMAIN, private=True, atomic_writes=True)
        self.settings: Settings | None = None
        """Those of the YAML, as last found good; None without a `navai:` block."""
        self.switched_off: set[str] = set()
        """The profiles whose switch is off."""
        self.devices: dict[str, str] = {}
        """The displays' devices in the registry, by their ids."""
        self.last_mint: datetime | None = None
        self.last_error: str | None = None
        self.last_error_at: datetime | None = None
        self.usage = UsageBook(lambda: dt_util.now().date(), self._usage_changed)
        self.limiter = Limiter(LocalCounter(), _FAILURES_PER_MINUTE)
        self.running_tools = RunningTools()
        self.wrong_tokens = WrongTokens()
        self.displays = Displays(self._displays_changed)
        self.streams = Streams()
        self.sessions = Sessions(self.usage, self._tell_of_session, self._displays_changed, self._halt)
        self.troubles = Troubles(hass, self)

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
    def dismiss(self) -> None:
        """There is no navai for now: end the conversations, and tell the screens."""
        self.sessions.end_all()
        self.displays.tell_all(lambda _: {"type": "removed"})

    @callback
    def note_error(self, error: NavaiError) -> None:
        """Remember why the house could get no client secret the last time."""
        self.last_error, self.last_error_at = error.code, dt_util.utcnow()

    def configuration(self, settings: Settings, find: Find) -> dict[str, Any]:
        """What a screen must know of its display."""

        def session_at(display: str) -> str | None:
            session = self.sessions.of_display(display)
            return session.id if session else None

        return configuration_event(settings, find, self.hass.data[WEB_FILES].tag, session_at)

    async def stop(self, display: str) -> str:
        """Let a display end its conversation: in its browsers, or here if none of them answers for it.

        Returns:
            `took`: a browser says that it is over. `ended`: none did, so that it was ended here. `no_answer`: neither.
        """
        session = self.sessions.of_display(display)
        took = await self.displays.stop(display, ulid_now(), session.owner if session else None)
        ended = session is not None and self.sessions.give_up(session.id)
        return "took" if took else "ended" if ended else "no_answer"

    def is_removed(self) -> bool:
        """Whether there is no entry any more; one that is loaded again stays."""
        return not self.hass.config_entries.async_entries(DOMAIN)

    def runtime(self) -> Runtime | None:
        """The loaded entry's, if it is loaded."""
        entries: list[NavaiConfigEntry] = self.hass.config_entries.async_loaded_entries(DOMAIN)
        return entries[0].runtime_data if entries else None

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
    def tell(
        self,
        event: SessionEvent,
        *,
        display: str | None,
        profile: str | None,
        user: str | None,
        code: str | None = None,
        session: str | None = None,
        seconds: float | None = None,
        provider_code: str | None = None,
        request_id: str | None = None,
    ) -> None:
        """Let automations, the logbook and the display's event entity know."""
        found = {
            "type": event.value,
            "display": display,
            "profile": profile,
            "user_id": user,
            "code": code,
            "provider_code": provider_code,
            "request_id": request_id,
            "session": session,
            "seconds": None if seconds is None else round(seconds, 1),
            "device_id": self.devices.get(display or ""),
        }
        data = {key: value for key, value in found.items() if value is not None}
        if display:
            async_dispatcher_send(self.hass, event_signal(display), event, data)
        self.hass.bus.async_fire(EVENT_SESSION, data, context=Context(user_id=user))

    def _tell_of_session(self, event: SessionEvent, session: Session, *, code: str | None, seconds: float) -> None:
        if event is SessionEvent.STARTED and session.display:
            self.displays.began(session.display, session.owner)
        self.tell(
            event,
            display=session.display,
            profile=session.profile,
            user=session.user,
            code=code,
            session=session.id,
            seconds=None if event is SessionEvent.STARTED else seconds,
            provider_code=session.provider_code,
            request_id=session.request_id,
        )

    def _halt(self, owner: Hashable, session: Session, code: str) -> None:
        # A browser whose conversation is over here must not go on listening.
        self.displays.tell_owner(owner, session.display or "", {"type": "stop", "session": session.id, "code": code})

    def _usage_changed(self) -> None:
        async_dispatcher_send(self.hass, SIGNAL_USAGE)
        self.save()

    def _displays_changed(self) -> None:
        if runtime := self.runtime():
            issues.of_displays(self.hass, runtime.settings, self.displays)
        async_dispatcher_send(self.hass, SIGNAL_DISPLAYS)

    async def _let_tools_end(self) -> None:
        await self.running_tools.close(_TOOLS_END_S)

    @callback
    def _stopping(self, _: Event) -> None:
        self.sessions.end_all()
        self.streams.end_all()

    def _dump(self) -> dict[str, Any]:
        return {"usage": self.usage.dump(), "switched_off": sorted(self.switched_off)}
