"""What a browser reports of the conversation that it holds, whichever way it comes: its fields, and what they do."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final

import voluptuous as vol

from ..exceptions import InvalidInputError
from ..models import Caller
from ..provider.texts import is_provider_code, is_request_id, safe_words
from ..redact import name_or_dots
from .manager import SessionManager
from .service import SessionService
from .session import ENDED, MAX_NUMBER, OVER, REPORTED, Report, SessionEvent, SessionNews
from .usage import read_usage

NAME: Final = vol.All(str, vol.Length(min=1, max=100))
_ID: Final = vol.All(str, vol.Match(r"^[A-Za-z0-9_-]{1,64}$"))
_CODE: Final = vol.All(str, vol.Match(r"^[a-z0-9_]{1,64}$"))


def _number(value: object) -> int:
    # True is an int, too.
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_NUMBER:
        raise vol.Invalid("not a number of a report")
    return value


def _only(shape: Callable[[str], bool]) -> Any:
    """A text of a shape, which could be nothing else."""

    def check(text: str) -> str:
        if not shape(text):
            raise vol.Invalid("has another shape")
        return text

    return vol.All(str, check)


Fields = Mapping[str | vol.Marker, Any]
REPORT_FIELDS: Final[Fields] = {
    vol.Required("session"): _ID,
    vol.Required("state"): vol.In((*REPORTED, SessionEvent.MISSED)),
    vol.Optional("profile"): NAME,
    vol.Optional("display"): NAME,
    vol.Optional("model"): vol.All(str, vol.Length(min=1, max=200)),
    vol.Optional("number"): _number,
    vol.Optional("request"): _ID,
    vol.Optional("code"): _CODE,
    vol.Optional("problem"): _CODE,
    vol.Optional("provider_code"): _only(is_provider_code),
    vol.Optional("request_id"): _only(is_request_id),
    vol.Optional("usage"): dict,
}
REPORT_OF_STREAM: Final[Fields] = {vol.Required("stream"): _ID, **REPORT_FIELDS}
"""A report that names the stream which it belongs to."""


def check_fields(body: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    """Check what a browser sends. What does not fit is quoted nowhere.

    Raises:
        InvalidInputError: names the fields that do not fit.
    """
    try:
        checked: dict[str, Any] = vol.Schema(dict(fields))(dict(body))
    except vol.Invalid as error:
        invalids = error.errors if isinstance(error, vol.MultipleInvalid) else [error]
        # Somebody may have pasted a key where a name belongs.
        wrong = [".".join(name_or_dots(part) for part in invalid.path) for invalid in invalids]
    else:
        return checked
    # Not from within: the error behind ours would keep the values that it is about.
    problems = [{"field": field, "code": "invalid_value", "message": "does not fit, or is missing"} for field in wrong]
    raise InvalidInputError(f"The request does not fit: see `{wrong[0]}`.", problems=problems)


def take_report(
    manager: SessionManager, owner: Hashable, fields: Mapping[str, Any], caller_in: Callable[[SessionService], Caller]
) -> None:
    """Take the state and usage of a conversation; it goes on while the YAML is read again.

    With `request` it says too that the display took the command of that id. One that is told to stop and holds no
    conversation reports the end of any; one that cannot start, a failure. `missed` is no such answer: it comes
    later, once, from a display that took the start of that id by ringing, and was not answered.

    With `problem` it says what went wrong in a conversation that goes on, such as an answer that failed.

    A report with a `number` may come late, twice or not at all; its page sends one every 30 seconds while it talks.

    Args:
        manager: Whose conversation it is.
        owner: The connection that the report came over.
        fields: The checked fields.
        caller_in: Who reports; asked for where a conversation begins, was missed, or comes over another connection.

    Raises:
        NavaiError: it is not theirs to report.
    """
    session, request, number = fields["session"], fields.get("request"), fields.get("number")
    if fields["state"] == SessionEvent.MISSED:
        display = caller_in(manager.service).display
        rang_for = manager.displays.missed(display, request)
        manager.tell(SessionNews(SessionEvent.MISSED, display=display, profile=rang_for))
        return
    known, over = manager.sessions.find(session), fields["state"] in OVER
    talks = manager.sessions.is_under_way(session)
    if not talks and over and request and number is None:
        manager.displays.answered(request, owner, took=fields["state"] == ENDED, talks=False)
        return
    begins = known is None or not (talks or over)
    caller: Caller | None = None
    profile = known.profile if known and (talks or number) else fields.get("profile", "")
    if begins or (known and known.owner != owner):
        service = manager.service
        if not profile:
            raise InvalidInputError("A conversation's first report must name its `profile`.")
        caller = caller_in(service)
        if begins:
            profile = service.access.profile_for(profile, caller).key
    # One whose profile the YAML has no more goes on until it ends.
    found = manager.settings.profiles.get(profile) if manager.settings else None
    report = Report(
        session=session,
        state=fields["state"],
        profile=profile,
        model=fields.get("model") or (found.model if found else ""),
        number=number,
        display=(caller.display or None) if caller else None,
        user=caller.key if caller and caller.kind == "user" else None,
        # A browser passes on what the provider says to it.
        code=safe_words(fields.get("code")),
        problem=safe_words(fields.get("problem")),
        provider_code=safe_words(fields.get("provider_code")),
        request_id=fields.get("request_id"),
        usage=read_usage(fields["usage"]) if "usage" in fields else None,
    )
    manager.sessions.report(owner, report)
    manager.reported(report)
    if request:
        manager.displays.answered(request, owner)
