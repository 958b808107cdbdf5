"""What outlives a change of the YAML, on both hosts: the displays that listen, the conversations, and the counts."""

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
from .service import MintNews, SessionService
from .session import Report, Session, SessionEvent, SessionNews
from .usage import UsageBook

_REFUSALS_APART_S: Final = 10.0


class SessionManager:
    """Hosts derive from it, and say what becomes of the news.

    Args:
        usage: Where to count.
        limiter: What is used up in it stays used up.
        modules: The tag of the browser's modules that are served.
        clock: Seconds that only grow.
    """

    def __init__(
        self, usage: UsageBook, limiter: Limiter, modules: str, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self.settings: Settings | None = None
        """Those of the YAML, as last found good."""
        self.usage = usage
        self.limiter = limiter
        self.running_tools = RunningTools()
        self.displays = Displays(self.display_changed)
        self.sessions = SessionRegistry(usage, self._tell_of_session, self.display_changed, self._halt)
        self._modules = modules
        self._clock = clock
        self._refusals: dict[tuple[str, str], float] = {}
        """When a display's refusal was told of the last time, by its key and the code."""
        self._in_force: tuple[SessionService, ToolSource] | None = None

    @property
    def service(self) -> SessionService:
        """What the settings in force let callers do.

        Raises:
            NotReadyError: there are none.
        """
        return self._ready()[0]

    @property
    def tools(self) -> ToolSource:
        """Where the tools of the settings in force come from; see `service`."""
        return self._ready()[1]

    @property
    def is_ready(self) -> bool:
        """Whether there are settings in force."""
        return self._in_force is not None

    def serve(self, parts: tuple[SessionService, ToolSource] | None) -> None:
        """Put other settings into force, or none."""
        self._in_force = parts

    def _ready(self) -> tuple[SessionService, ToolSource]:
        if self._in_force is None:
            raise NotReadyError("navai is not set up — check its YAML, the log, and that it is enabled, and reload.")
        return self._in_force

    async def count_mint(self, caller: Caller, profile: VoiceProfile) -> None:
        """Count one secret; see `Limiter.count_mint`."""
        await self.limiter.count_mint(caller, profile)

    def tell(self, news: SessionNews) -> None:
        """Let people, programs and logs know."""
        raise NotImplementedError

    def display_changed(self, display: str) -> None:
        """A display shows another state, or is connected now and was not."""
        raise NotImplementedError

    def refused(self, news: MintNews) -> None:
        """Let people know that a display did not get a secret: not each time, when it tries again and again."""
        error, now = news.error, self._clock()
        if error is None or not news.caller.display:
            return
        last = self._refusals.get((news.caller.display, error.code))
        if last is not None and now - last < _REFUSALS_APART_S:
            return
        self._refusals[news.caller.display, error.code] = now
        request_id = error.request_id if isinstance(error, UpstreamError) else None
        self.tell(
            SessionNews(
                SessionEvent.REFUSED,
                display=news.caller.display,
                profile=news.profile,
                user=news.caller.key if news.caller.kind == "user" else None,
                code=error.code,
                request_id=request_id if request_id and is_request_id(request_id) else None,
            )
        )

    def reported(self, report: Report) -> None:
        """A browser has said how its conversation goes."""

    def configuration(self, settings: Settings, find: Find) -> dict[str, Any]:
        """What a screen must know of its display; told when it connects, and when the YAML changes.

        Args:
            settings: As they are now.
            find: How to find the display there.
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
            # A page that runs other ones is an old one.
            "modules": self._modules,
            # For all that is known here: a page that has ended it says so.
            "session": session.id if session else None,
        }

    async def start_conversation(
        self, displays: Sequence[Display], profile: str, caller: Caller, opening: Mapping[str, str]
    ) -> Mapping[str, str]:
        """Let displays begin a conversation, all at a time.

        Args:
            displays: Those that the caller may command.
            profile: What it asks for; empty for that of the conversation under way, or else the display's own.
            caller: Who asks.
            opening: What the command says of how it begins.

        Returns:
            By the display's key: `responded`, or `no_response` when it did not take it in time.

        Raises:
            NavaiError: the profile is none of the caller's or of a display's, or no page shows any of them.
        """
        profiles = {
            display.key: self.service.access.profile_at(display, profile or self._talking(display), caller).key
            for display in displays
        }
        _check_any(displays, self.displays.connected)
        return await _all(displays, lambda display: self._start_at(display, profiles[display], opening))

    async def stop_conversation(self, displays: Sequence[Display]) -> Mapping[str, str]:
        """Let displays end their conversations; see `start_conversation` and `stop_at`."""
        _check_any(displays, self.can_stop)
        return await _all(displays, self.stop_at)

    def can_stop(self, display: str) -> bool:
        """Whether a display can be told; a conversation that nobody answers for can be ended all the same."""
        return self.displays.connected(display) or self.sessions.of_display(display) is not None

    def _talking(self, display: Display) -> str:
        session = self.sessions.of_display(display.key)
        return session.profile if session and session.profile in display.profiles else ""

    async def _start_at(self, display: str, profile: str, opening: Mapping[str, str]) -> str:
        session = self.sessions.of_display(display)
        talking = (session.owner, session.id) if session else None
        event = {"type": "start", "profile": profile, **opening}
        took = await self.displays.start(display, event, uuid4().hex, talking)
        return "responded" if took else "no_response"

    async def stop_at(self, display: str) -> str:
        """Let a display end its conversation: in its browsers, or here if none of them answers for it.

        Returns:
            `responded`: a browser says that it is over. `ended`: none did, so that it was ended here. `no_response`:
            neither.
        """
        session = self.sessions.of_display(display)
        took = await self.displays.stop(display, uuid4().hex, session.owner if session else None)
        ended = session is not None and self.sessions.give_up(session.id)
        return "responded" if took else "ended" if ended else "no_response"

    def configured(self, settings: Settings) -> None:
        """Other settings are in force: tell the screens."""
        self.displays.forget_others(settings.displays)
        self.displays.tell_all(lambda screen: self.configuration(settings, screen.find))

    def dismiss(self) -> None:
        """There is nothing in force for now: end the conversations, and tell the screens."""
        self.sessions.end_all()
        self.displays.tell_all(lambda _: {"type": "removed"})

    def _tell_of_session(self, event: SessionEvent, session: Session, *, code: str | None, seconds: float) -> None:
        if event is SessionEvent.STARTED and session.display:
            self.displays.began(session.display, session.owner)
        self.tell(
            SessionNews(
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

    def _halt(self, owner: Hashable, session: Session, code: str) -> None:
        # A browser whose conversation is over here must not go on listening.
        self.displays.tell_owner(owner, session.display or "", {"type": "stop", "session": session.id, "code": code})


def _check_any(displays: Sequence[Display], reached: Callable[[str], bool]) -> None:
    if not any(reached(display.key) for display in displays):
        names = ", ".join(display.name for display in displays)
        raise DisplayNotConnectedError(
            "No page shows this display — open its dashboard or its kiosk page, or wake it up.", display=names
        )


async def _all(displays: Sequence[Display], tell: Callable[[str], Awaitable[str]]) -> Mapping[str, str]:
    keys = [display.key for display in displays]
    return dict(zip(keys, await asyncio.gather(*map(tell, keys)), strict=True))
