"""What remains when the YAML changes, on both hosts: the connected displays, the conversations, and the counts."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from time import monotonic
from typing import Any, Final
from uuid import uuid4

from ..const import VERSION
from ..exceptions import DisplayNotConnectedError, NavaiError, NotReadyError, UpstreamError
from ..models import Caller, Display, Settings, VoiceProfile
from ..provider.texts import is_request_id
from ..tools.base import ToolSource
from ..tools.running import RunningTools
from .displays import Displays, Find
from .rate_limits import Limiter
from .registry import SessionRegistry
from .service import MintResult, SessionService
from .session import Report, Session, SessionChange, SessionEvent
from .usage import UsageBook

_REFUSALS_APART_S: Final = 10.0


class SessionManager:
    """The base of both hosts' managers, which publish the events.

    Args:
        usage: Where to count.
        limiter: Its counts remain.
        modules: The tag of the browser modules that are served.
        clock: Monotonic seconds.
    """

    def __init__(
        self, usage: UsageBook, limiter: Limiter, modules: str, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self.settings: Settings | None = None
        """The latest valid settings of the YAML."""
        self.usage = usage
        self.limiter = limiter
        self.running_tools = RunningTools()
        self.displays = Displays(self.display_changed)
        self.sessions = SessionRegistry(usage, self._session_changed, self.display_changed, self._end_in_browser)
        self._modules = modules
        self._clock = clock
        self._refusals: dict[tuple[str, str], float] = {}
        """When a refusal of a display was last published, by its key and the code."""
        self._in_force: tuple[SessionService, ToolSource] | None = None

    @property
    def service(self) -> SessionService:
        """What the current settings allow callers to do.

        Raises:
            NotReadyError: there are no settings.
        """
        return self._ready()[0]

    @property
    def tools(self) -> ToolSource:
        """The source of tools for the current settings; see `service`."""
        return self._ready()[1]

    @property
    def is_ready(self) -> bool:
        """Whether there are current settings."""
        return self._in_force is not None

    def serve(self, parts: tuple[SessionService, ToolSource] | None) -> None:
        """Use other settings, or none."""
        self._in_force = parts

    def _ready(self) -> tuple[SessionService, ToolSource]:
        if self._in_force is None:
            raise NotReadyError("navai is not set up. Check its YAML, its log and that it is enabled. Then reload it.")
        return self._in_force

    async def count_mint(self, caller: Caller, profile: VoiceProfile) -> None:
        """Count one secret; see `Limiter.count_mint`."""
        await self.limiter.count_mint(caller, profile)

    def publish(self, change: SessionChange) -> None:
        """Publish an event for people, programs and logs."""
        raise NotImplementedError

    def display_changed(self, display: str) -> None:
        """A display has another state, or was connected or disconnected."""
        raise NotImplementedError

    def refused(self, result: MintResult) -> None:
        """Publish that a display did not get a secret; not each time if it tries repeatedly."""
        error, now = result.error, self._clock()
        if error is None or not result.caller.display:
            return
        last = self._refusals.get((result.caller.display, error.code))
        if last is not None and now - last < _REFUSALS_APART_S:
            return
        self._refusals[result.caller.display, error.code] = now
        request_id = error.request_id if isinstance(error, UpstreamError) else None
        self.publish(
            SessionChange(
                SessionEvent.REFUSED,
                display=result.caller.display,
                profile=result.profile,
                user=result.caller.key if result.caller.kind == "user" else None,
                code=error.code,
                request_id=request_id if request_id and is_request_id(request_id) else None,
            )
        )

    def reported(self, report: Report) -> None:
        """A browser has reported the state of its conversation."""

    def configuration(self, settings: Settings, find: Find) -> dict[str, Any]:
        """What a screen must know about its display; sent when it connects, and when the YAML changes.

        Args:
            settings: The current ones.
            find: Finds the display in them.
        """
        try:
            known = find(settings)
        except NavaiError:
            return {"type": "removed"}
        session = self.sessions.of_display(known.key)
        return {
            "type": "configuration",
            "display": known.key,
            "name": known.name,
            "profile": known.profile,
            "profiles": list(known.profiles),
            "version": VERSION,
            # A page with another tag is an old one.
            "modules": self._modules,
            # As far as it is known here: a page reports when it has ended.
            "session": session.id if session else None,
        }

    async def start_conversation(
        self, displays: Sequence[Display], profile: str, caller: Caller, opening: Mapping[str, str]
    ) -> Mapping[str, str]:
        """Start a conversation on displays, on all at the same time.

        Args:
            displays: Displays that the caller may control.
            profile: The requested profile; empty for that of the current conversation, or else the display's own.
            caller: Who asks.
            opening: How the conversation starts.

        Returns:
            By the display's key: `responded`, or `no_response` if it did not respond in time.

        Raises:
            NavaiError: the caller or a display may not use the profile, or no page shows any of the displays.
        """
        profiles = {
            display.key: self.service.access.profile_at(display, profile or self._talking(display), caller).key
            for display in displays
        }
        _check_any(displays, self.displays.connected)
        return await _all(displays, lambda display: self._start_at(display, profiles[display], opening))

    async def stop_conversation(self, displays: Sequence[Display]) -> Mapping[str, str]:
        """End the conversations on displays; see `start_conversation` and `stop_at`."""
        _check_any(displays, self.can_stop)
        return await _all(displays, self.stop_at)

    def can_stop(self, display: str) -> bool:
        """Whether a display can receive a command. A conversation can be ended even if no page responds."""
        return self.displays.connected(display) or self.sessions.of_display(display) is not None

    def _talking(self, display: Display) -> str:
        session = self.sessions.of_display(display.key)
        return session.profile if session and session.profile in display.profiles else ""

    async def _start_at(self, display: str, profile: str, opening: Mapping[str, str]) -> str:
        session = self.sessions.of_display(display)
        talking = (session.owner, session.id) if session else None
        event = {"type": "start", "profile": profile, **opening}
        responded = await self.displays.start(display, event, uuid4().hex, talking)
        return "responded" if responded else "no_response"

    async def stop_at(self, display: str) -> str:
        """End the conversation on a display: in its browsers, or here if none of them responds.

        Returns:
            `responded`: a browser has ended it. `ended`: none responded, so it was ended here. `no_response`: neither.
        """
        session = self.sessions.of_display(display)
        responded = await self.displays.stop(display, uuid4().hex, session.owner if session else None)
        ended = session is not None and self.sessions.give_up(session.id)
        return "responded" if responded else "ended" if ended else "no_response"

    def configured(self, settings: Settings) -> None:
        """There are new settings: send them to the screens."""
        self.displays.forget_others(settings.displays)
        self.displays.send_all(lambda screen: self.configuration(settings, screen.find))

    def dismiss(self) -> None:
        """There are no settings for now: end the conversations, and notify the screens."""
        self.sessions.end_all()
        self.displays.send_all(lambda _: {"type": "removed"})

    def _session_changed(self, event: SessionEvent, session: Session, *, code: str | None, seconds: float) -> None:
        if event is SessionEvent.STARTED and session.display:
            self.displays.started(session.display, session.owner)
        self.publish(
            SessionChange(
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
        )

    def _end_in_browser(self, owner: Hashable, session: Session, code: str) -> None:
        # A browser whose conversation is over here must stop listening.
        self.displays.send_to(owner, session.display or "", {"type": "stop", "session": session.id, "code": code})


def _check_any(displays: Sequence[Display], reached: Callable[[str], bool]) -> None:
    if not any(reached(display.key) for display in displays):
        names = ", ".join(display.name for display in displays)
        raise DisplayNotConnectedError(
            "No page shows this display. Wake it up, or open its dashboard or kiosk page.", display=names
        )


async def _all(displays: Sequence[Display], command: Callable[[str], Awaitable[str]]) -> Mapping[str, str]:
    keys = [display.key for display in displays]
    return dict(zip(keys, await asyncio.gather(*map(command, keys)), strict=True))
