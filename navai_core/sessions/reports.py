"""A browser's reports of its conversation: the fields, and what they do."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final

import voluptuous as vol

from ..exceptions import InvalidInputError
from ..models import Caller, VoiceProfile
from ..provider.texts import is_provider_code, is_request_id, safe_words
from ..redact import name_or_dots
from .manager import SessionManager
from .prices import TokenUsage
from .service import SessionService
from .session import ENDED, MAX_NUMBER, OVER, REPORTED, Report, SessionChange, SessionEvent
from .usage import read_usage

NAME: Final = vol.All(str, vol.Length(min=1, max=100))
_ID: Final = vol.All(str, vol.Match(r"^[A-Za-z0-9_-]{1,64}$"))
_CODE: Final = vol.All(str, vol.Match(r"^[a-z0-9_]{1,64}$"))


def _number(value: object) -> int:
    # True is also an int.
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_NUMBER:
        raise vol.Invalid("not a number of a report")
    return value


def _only(shape: Callable[[str], bool]) -> Any:
    """A string of a form that only this value has."""

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
    # As the provider sent it: a wrong one must not stop the rest of the report. `read_usage` reads what it can.
    vol.Optional("usage"): object,
}
REPORT_OF_STREAM: Final[Fields] = {vol.Required("stream"): _ID, **REPORT_FIELDS}
"""A report with the stream that it belongs to."""


def check_fields(body: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    """Check a report from a browser. Wrong values are never quoted.

    Raises:
        InvalidInputError: names the wrong fields.
    """
    try:
        checked: dict[str, Any] = vol.Schema(dict(fields))(dict(body))
    except vol.Invalid as error:
        invalids = error.errors if isinstance(error, vol.MultipleInvalid) else [error]
        # Somebody may have pasted a key in place of a name.
        wrong = [".".join(name_or_dots(part) for part in invalid.path) for invalid in invalids]
    else:
        return checked
    # Raised outside of the `except` block: the original error would keep the wrong values.
    problems = [{"field": field, "code": "invalid_value", "message": "is not valid, or is missing"} for field in wrong]
    raise InvalidInputError(f"The request is not valid. Check `{wrong[0]}`.", problems=problems)


def take_report(
    manager: SessionManager, owner: Hashable, fields: Mapping[str, Any], caller_in: Callable[[SessionService], Caller]
) -> None:
    """Take the state and usage of a conversation. It continues while the YAML is read again.

    With `request`, the report is also the response to the command with that id. A display without a conversation
    reports an end as the response to a stop; one that cannot start reports a failure. `missed` is not a response: it
    comes later, once, from a display that rang for the start with that id and that nobody answered.

    With `problem`, something went wrong in a conversation that continues, such as an answer that failed.

    A report with a `number` may come late, twice or never. Its page sends one every 30 seconds during a conversation.

    Args:
        manager: The manager of the conversation.
        owner: The connection that the report came over.
        fields: The checked fields.
        caller_in: Returns the caller; used if a conversation starts, was missed, or comes over another connection.

    Raises:
        NavaiError: the caller may not report it.
    """
    session, request, number = fields["session"], fields.get("request"), fields.get("number")
    if fields["state"] == SessionEvent.MISSED:
        display = caller_in(manager.service).display
        rang_for = manager.displays.missed(display, request)
        manager.publish(SessionChange(SessionEvent.MISSED, display=display, profile=rang_for))
        return
    known, over = manager.sessions.find(session), fields["state"] in OVER
    talks = manager.sessions.is_under_way(session)
    if not talks and over and request and number is None:
        manager.displays.answered(request, owner, done=fields["state"] == ENDED, talks=False)
        return
    begins = known is None or not (talks or over)
    caller: Caller | None = None
    profile = known.profile if known and (talks or number) else fields.get("profile", "")
    if begins or (known and known.owner != owner):
        service = manager.service
        if not profile:
            raise InvalidInputError("A conversation's first report needs its `profile`. Add it.")
        caller = caller_in(service)
        if begins:
            profile = service.access.profile_for(profile, caller).key
    # If the YAML no longer has its profile, it continues until it ends.
    found = manager.settings.profiles.get(profile) if manager.settings else None
    usage = read_usage(fields["usage"]) if "usage" in fields else None
    report = Report(
        session=session,
        state=fields["state"],
        profile=profile,
        model=fields.get("model") or (_model_of(found, usage) if found else ""),
        number=number,
        display=(caller.display or None) if caller else None,
        user=caller.key if caller and caller.kind == "user" else None,
        # These texts come from the provider.
        code=safe_words(fields.get("code")),
        problem=safe_words(fields.get("problem")),
        provider_code=safe_words(fields.get("provider_code")),
        request_id=fields.get("request_id"),
        usage=usage,
    )
    manager.sessions.report(owner, report)
    manager.reported(report)
    if request:
        manager.displays.answered(request, owner)


def _model_of(profile: VoiceProfile, usage: TokenUsage | None) -> str:
    """The model of a profile that a usage without a model belongs to; an empty string if only the provider knows."""
    if usage is None or not usage.transcription:
        return profile.model
    transcription = profile.transcription
    return (transcription["model"] if isinstance(transcription, Mapping) else transcription) or ""
